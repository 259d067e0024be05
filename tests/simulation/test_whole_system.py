"""Hundreds of runs of the whole system, each with other plans, people and faults, and what none of them may break."""

import os
import subprocess
import sys
from collections import Counter
from concurrent.futures import ProcessPoolExecutor
from hashlib import sha256
from itertools import chain
from multiprocessing import get_context

import pytest
from wrenchai_contracts.events import ExecutionEvaluated, JourneyPaused, StepOpened, StepSettled
from wrenchai_contracts.plan import WHOLE_RESULT
from wrenchai_orchestrator.judgements import LOOKED_AT

from tests.simulation.random_runs import Run, problems_of, run_race, run_seed

RUNS = int(os.environ.get("WRENCHAI_SIMULATION_RUNS", "600"))
FIRST = int(os.environ.get("WRENCHAI_SIMULATION_FIRST_SEED", "0"))
CHUNK = 20

DIGEST_OF = "import sys; from tests.simulation.test_whole_system import digest_of; print(digest_of(int(sys.argv[1])))"


@pytest.mark.timeout(600)
def test_whatever_fails_and_whatever_people_ask_every_task_ends_once_and_as_it_may() -> None:
    chunks = [range(first, min(first + CHUNK, FIRST + RUNS)) for first in range(FIRST, FIRST + RUNS, CHUNK)]
    with ProcessPoolExecutor(mp_context=get_context("spawn")) as pool:
        found = list(chain.from_iterable(pool.map(problems_of, chunks)))
    assert not found, f"{len(found)} problems; repeat each with:\n" + "\n".join(found[:40])


def test_replicas_that_decide_at_the_same_moment_never_begin_work_of_an_ended_task() -> None:
    found = [f"run_race({seed}): {problem}" for seed in range(100) for problem in run_race(seed).problems]
    assert not found, "\n".join(found[:40])


def digest_of(seed: int) -> str:
    """What stands for every byte of a run's log."""
    return sha256(repr(run_seed(seed).aftermath.rows).encode()).hexdigest()


def test_a_seed_gives_the_same_log_to_the_byte_every_time_and_in_every_process() -> None:
    for seed in (3, 2583, 125):
        said = subprocess.run(
            [sys.executable, "-c", DIGEST_OF, str(seed)], capture_output=True, text=True, check=True, timeout=60,
            env={**os.environ, "PYTHONHASHSEED": str(seed)},
        )  # fmt: skip
        assert said.stdout.strip() == digest_of(seed)


@pytest.fixture(scope="module")
def runs() -> list[Run]:
    return [run_seed(seed) for seed in range(120)]


def test_the_runs_reach_every_kind_of_end_and_every_fault(runs: list[Run]) -> None:
    seen = Counter(event.type for run in runs for event in run.events)
    kinds = {getattr(event.event, "kind", None) for run in runs for event in run.events}
    decisions = {getattr(event.event, "decision", None) for run in runs for event in run.events}
    assert {"TaskCompleted", "TaskFailed", "TaskCancelled", "PlanAborted", "PlanExecuted", "JourneyCancelled"} <= set(
        seen
    )
    assert {"bad_reference", "simulated", "quality", "deadline", "schedule_to_start", "rejected", "timeout"} <= kinds
    assert {"accepted", "escalated", "accept", "escalate", "reject"} <= decisions
    assert any(run.faults.kills for run in runs)
    assert any(run.faults.bus_losses for run in runs)
    assert any(run.faults.drains for run in runs)
    assert any(run.aftermath.carried[0].position > 1 for run in runs)


def test_the_runs_reach_every_type_of_step_every_wait_and_every_command(runs: list[Run]) -> None:
    events = [recorded.event for run in runs for recorded in run.events]
    opened = [event for event in events if isinstance(event, StepOpened)]
    assert {one.type for one in opened} == {"wait", "fan", "loop", "process", "versus", "handoff", "playbook"}
    assert {one.wait.waits_for for one in opened if one.wait is not None} == {
        "approval", "answer", "signal", "time", "decision", "budget",
    }  # fmt: skip
    assert {one.why for one in events if isinstance(one, JourneyPaused)} == {"paused", "budget", "question", "in_doubt"}
    assert {
        "TaskCancellationRequested", "TaskPaused", "TaskResumed", "StepRetryRequested", "StepSkipRequested",
        "SignalReceived", "QuestionAnswered", "ApprovalDecided", "LimitsExtended", "TaskPrioritised", "EffectResolved",
        "UndoBegan", "StepRepeated", "JourneysStopped", "RoundEvaluated", "JourneyReused", "TimerFired",
    } <= {type(event).__name__ for event in events}  # fmt: skip


def test_the_runs_reach_every_judgement_of_a_step_and_every_draw(runs: list[Run]) -> None:
    events = [recorded.event for run in runs for recorded in run.events]
    judged = [event for event in events if isinstance(event, ExecutionEvaluated) and event.step is not None]
    assert {"accept", "retry", "ask_judge", "escalate"} <= {one.decision for one in judged}
    settled = [event for event in events if isinstance(event, StepSettled) and LOOKED_AT in event.verdict]
    assert {one.verdict[LOOKED_AT] for one in settled} == {"accepted", "refused"}
    assert WHOLE_RESULT in {one.step for one in settled}
    assert {"ChoiceDrawn", "ContestEvaluated"} <= {type(event).__name__ for event in events}
