"""What an attempt has used is told with its end: of the tool, of its children, and nothing where nothing is known."""

import asyncio
from collections.abc import Awaitable, Callable
from dataclasses import replace
from pathlib import Path

import pytest
from wrenchai_contracts.events import ResourceSample
from wrenchai_journey.outcome import Failed, Outcome, Succeeded

from tests.integration import hungry_tools
from tests.integration.hungry_tools import MIB
from tests.integration.lone_worker import attempt_of, tool_process
from tests.samples import until

Run = Callable[..., Awaitable[Outcome]]
MUCH = 0.4


@pytest.fixture
def run(tmp_path: Path) -> Run:
    async def run(tool: str, *, seconds: float = 60.0, **inputs: object) -> Outcome:
        attempt = replace(
            attempt_of("hang", tmp_path, seconds=seconds), tool=tool, module=hungry_tools.__name__, inputs=inputs
        )
        return await tool_process(attempt, tmp_path).run(asyncio.Event())

    return run


def sample(outcome: Outcome) -> ResourceSample:
    assert isinstance(outcome, Succeeded | Failed)
    assert outcome.resources is not None
    return outcome.resources


@pytest.mark.parametrize("how", ["itself", "program", "grandchild", "orphan"])
async def test_processor_time_counts_whoever_of_the_tool_s_processes_took_it(how: str, run: Run) -> None:
    used = sample(await run("burn", much=MUCH, how=how))
    assert used.cpu_seconds is not None
    assert used.cpu_seconds >= MUCH
    assert used.seconds > 0


async def test_a_tool_that_failed_has_used_what_it_used(run: Run) -> None:
    outcome = await run("burn", much=MUCH, ending="badly")
    assert isinstance(outcome, Failed)
    assert (sample(outcome).cpu_seconds or 0) >= MUCH
    assert sample(outcome).seconds == pytest.approx(outcome.seconds, abs=0.1)


async def test_memory_of_children_that_run_together_adds_up(run: Run) -> None:
    assert (sample(await run("hold", much=50 * MIB)).peak_rss or 0) >= 100 * MIB


async def test_memory_of_the_shortest_tool_is_known(run: Run) -> None:
    assert (sample(await run("burn")).peak_rss or 0) > MIB


async def test_what_a_child_wrote_counts_where_the_kernel_counts_it(run: Run) -> None:
    outcome = await run("write", much=3 * MIB)
    assert isinstance(outcome, Succeeded)
    counted, used = outcome.output["bytes"], sample(outcome).written_bytes
    assert used is None if counted is None else used is not None and used >= counted


async def test_a_tool_that_is_killed_has_used_what_was_seen_of_it(run: Run, tmp_path: Path) -> None:
    attempt = asyncio.ensure_future(run("linger", much=MUCH, seconds=8))
    await until((tmp_path / "workspace" / "seen").exists, within=20)
    outcome = await attempt
    assert isinstance(outcome, Failed)
    assert outcome.kind == "timeout"
    used = sample(outcome)
    assert (used.cpu_seconds or 0) >= MUCH
    assert (used.peak_rss or 0) > MIB
    assert used.tokens == 42


async def test_of_a_tool_that_spent_no_tokens_none_are_told(run: Run) -> None:
    assert sample(await run("burn")).tokens is None


@pytest.mark.parametrize("lie", ["", "nonsense", "[]", '{"peak_rss": -1}', '{"cpu_seconds": "a lot"}', '{"a": 1}'])
async def test_a_tool_that_writes_nonsense_over_its_account_is_not_measured_and_harms_nobody(
    lie: str, run: Run
) -> None:
    used = sample(await run("forge", how=lie))
    assert (used.cpu_seconds, used.peak_rss, used.read_bytes) == (None, None, None)
    assert used.seconds > 0
