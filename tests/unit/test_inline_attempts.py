"""What is checked before a tool is touched, and how a tool inside the worker's own loop may end."""

import asyncio
from datetime import timedelta
from hashlib import sha256
from pathlib import Path
from typing import Any

import pytest
from pydantic import SecretStr
from wrenchai_chassis.artifacts import ArtifactStore
from wrenchai_chassis.memory_bus import MemoryBus
from wrenchai_chassis.memory_log import MemoryLog
from wrenchai_chassis.postgres_log import PostgresLog
from wrenchai_contracts.envelope import Recorded
from wrenchai_contracts.events import JourneyDispatched, JourneyResumed, Question, StepCompleted
from wrenchai_contracts.evidence import Evidence
from wrenchai_contracts.plan import PlannedStep, action_digest
from wrenchai_contracts.shape import JsonObject
from wrenchai_contracts.spending import Spending
from wrenchai_journey.attempts import Attempts
from wrenchai_journey.journey import Journey
from wrenchai_journey.outcome import Asked, Failed, Outcome, Succeeded
from wrenchai_journey.settings import JourneySettings
from wrenchai_journey.stops import Stops
from wrenchai_journey.tool import ToolAsks, ToolFailed, ToolRun, ToolShape, tool

from tests.samples import AT, TASK

FACT = Evidence(judge="sum", dimension="arithmetic", passed=1, tried=1)


class Numbers(ToolShape):
    one: int
    other: int = 1


class Sum(ToolShape):
    total: int


@tool(name="add", summary="Adds.", inputs=Numbers, outputs=Sum, inline=True)
def add(inputs: Numbers, run: ToolRun) -> Sum:
    run.evidence(FACT)
    run.progress(0.5, "halfway")
    return Sum(total=inputs.one + inputs.other)


@tool(name="divide", summary="Divides.", inputs=Numbers, outputs=Sum, inline=True)
def divide(inputs: Numbers, run: ToolRun) -> Sum:
    run.evidence(FACT)
    if inputs.other < 0:
        raise ToolFailed("negative numbers are not for me", retryable=True, kind="squeamish")
    return Sum(total=inputs.one // inputs.other)


@tool(name="reach_out", summary="Wants a file.", inputs=Numbers, outputs=Sum, inline=True)
def reach_out(inputs: Numbers, run: ToolRun) -> Sum:
    match inputs.one:
        case 1:
            run.workspace.mkdir()
        case 2:
            run.command(["ls"])
        case _:
            run.artifact(Path("x"))
    return Sum(total=0)


@tool(name="ask", summary="Asks before it adds.", inputs=Numbers, outputs=Sum, inline=True)
def ask(inputs: Numbers, run: ToolRun) -> Sum:
    run.spend(tokens=7)
    if run.answer is None:
        raise ToolAsks("Which other number?", {"type": "object", "required": ["other"]})
    run.spend(tokens=3, money=0.25)
    return Sum(total=inputs.one + run.answer["other"])


TOOLS = {tool.name: tool for tool in (add, divide, reach_out, ask)}


async def attempt(name: str, inputs: dict[str, Any], answer: JsonObject | None = None, **dispatched: Any) -> Outcome:
    step = PlannedStep(id="b", tool=name, inputs=inputs)
    before = PlannedStep(id="a", tool=name)
    facts = {
        "journey": "a",
        "role": "worker",
        "steps": (before, step),
        "tools": [f"{name}@1" for name in TOOLS],
        **dispatched,
    }
    dispatch = JourneyDispatched.model_validate(facts)
    journey = Journey()
    journey.note(dispatch, AT, 1)
    journey.note(StepCompleted(step="a", attempt=1, output={"total": 40}), AT, 2)
    if answer is not None:
        journey.note(JourneyResumed(journey="a", answer=answer), AT, 3)
    settings = JourneySettings(postgres_url=SecretStr(""))
    store = ArtifactStore(PostgresLog("", application_name=""), Path("/nowhere"))
    attempts = Attempts(TOOLS, store, MemoryBus(), Stops(MemoryLog()), settings, lambda: AT)
    cause = Recorded(1, f"{TASK}/a", 1, "default", "", TASK, "", None, AT, dispatch)
    return await attempts.run(cause, journey, journey.start_of(step, "w1"), asyncio.Event())


async def failure(name: str, inputs: dict[str, Any], **dispatched: Any) -> Failed:
    outcome = await attempt(name, inputs, **dispatched)
    assert isinstance(outcome, Failed)
    return outcome


async def test_a_tool_gets_what_earlier_steps_of_its_journey_gave() -> None:
    outcome = await attempt("add", {"one": "${steps.a.output.total}", "other": 2})
    assert isinstance(outcome, Succeeded)
    assert (outcome.output, outcome.evidence) == ({"total": 42}, (FACT,))


@pytest.mark.parametrize(
    ("inputs", "said"),
    [
        ({"one": "many"}, "add cannot use its inputs: one: Input should be a valid integer"),
        ({}, "one: Field required"),
        ({"one": 1, "tow": 2}, "tow: Extra inputs are not permitted"),
    ],
)
async def test_inputs_that_break_the_tool_s_schema_fail_for_good_and_name_the_field(
    inputs: dict[str, Any], said: str
) -> None:
    failed = await failure("add", inputs)
    assert (failed.kind, failed.retryable) == ("bad_input", False)
    assert said in failed.reason


async def test_a_reference_to_what_no_step_gave_fails_for_good() -> None:
    failed = await failure("add", {"one": "${steps.a.output.sum}"})
    assert (failed.kind, failed.retryable) == ("bad_reference", False)


async def test_a_tool_that_the_role_may_not_use_is_not_run() -> None:
    failed = await failure("add", {"one": 1}, tools=["divide@1"])
    assert (failed.kind, failed.retryable) == ("tool_not_allowed", False)
    assert failed.reason == "the role 'worker' may not use 'add'; it may use: divide"


async def test_a_tool_that_this_worker_has_not_fails_for_good() -> None:
    failed = await failure("multiply", {"one": 1}, tools=["multiply@1"])
    assert (failed.kind, failed.retryable) == ("unknown_tool", False)


async def test_after_the_task_s_deadline_no_step_begins() -> None:
    failed = await failure("add", {"one": 1}, deadline=AT)
    assert (failed.kind, failed.retryable) == ("deadline", False)
    assert isinstance(await attempt("add", {"one": 1}, deadline=AT + timedelta(seconds=1)), Succeeded)


async def test_what_a_tool_says_of_its_failure_is_passed_on_with_what_it_measured() -> None:
    failed = await failure("divide", {"one": 1, "other": -1})
    assert (failed.reason, failed.kind, failed.retryable) == ("negative numbers are not for me", "squeamish", True)
    assert failed.evidence == (FACT,)


async def test_a_tool_s_bug_is_its_own_failure_and_not_the_worker_s() -> None:
    failed = await failure("divide", {"one": 1, "other": 0})
    assert (failed.kind, failed.retryable) == ("tool_crashed", True)
    assert "divide crashed: ZeroDivisionError" in failed.reason


@pytest.mark.parametrize(("number", "what"), [(1, "use the workspace"), (2, "run ls"), (3, "keep x")])
async def test_an_inline_tool_cannot_touch_files_or_programs(number: int, what: str) -> None:
    failed = await failure("reach_out", {"one": number})
    assert (failed.kind, failed.retryable) == ("inline_tool", False)
    assert what in failed.reason


async def test_a_tool_that_asks_is_run_again_with_the_answer_and_tells_what_it_spent_each_time() -> None:
    asked = await attempt("ask", {"one": 1})
    assert isinstance(asked, Asked)
    assert asked.question == Question(title="Which other number?", form={"type": "object", "required": ["other"]})
    assert asked.spent == Spending(tokens=7)
    outcome = await attempt("ask", {"one": 1}, answer={"other": 41})
    assert isinstance(outcome, Succeeded)
    assert (outcome.output, outcome.spent) == ({"total": 42}, Spending(tokens=10, micros=250_000))


@pytest.mark.parametrize("inputs", [{"one": 1}, {"one": 1, "other": 0}])
async def test_what_takes_microseconds_is_not_measured(inputs: dict[str, Any]) -> None:
    outcome = await attempt("divide", inputs)
    assert isinstance(outcome, Succeeded | Failed)
    assert outcome.resources is None


WRITTEN = {"one": "${steps.a.output.total}", "other": 2}


@pytest.mark.parametrize(
    ("tool", "inputs", "void"),
    [
        ("add", {"one": 40, "other": 2}, False),
        ("add", {"other": 2, "one": 40}, False),
        ("add", {"one": 40, "other": 3}, True),
        ("add", {"one": "40", "other": 2}, True),
        ("add", {"one": 40}, True),
        ("divide", {"one": 40, "other": 2}, True),
    ],
)
async def test_a_call_is_made_only_if_it_is_exactly_what_people_agreed_to(
    tool: str, inputs: dict[str, Any], *, void: bool
) -> None:
    outcome = await attempt("add", WRITTEN, approved=action_digest(tool, inputs))
    if void:
        assert isinstance(outcome, Failed)
        assert (outcome.kind, outcome.retryable) == ("approval_void", False)
    else:
        assert isinstance(outcome, Succeeded)


def test_the_digest_of_a_call_does_not_depend_on_how_it_was_written_down() -> None:
    one = action_digest("send", {"to": "Zoë", "parts": [1, {"b": None, "a": 1.5}]})
    assert one == action_digest("send", {"parts": [1, {"a": 1.5, "b": None}], "to": "Zoë"})
    canonical = '{"inputs":{"parts":[1,{"a":1.5,"b":null}],"to":"Zoë"},"tool":"send"}'
    assert one == sha256(canonical.encode()).hexdigest()
