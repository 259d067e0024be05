"""Thousands of runs of the whole system, each with other plans and other faults, and what none of them may break."""

import os
from collections import Counter
from concurrent.futures import ProcessPoolExecutor
from itertools import chain
from multiprocessing import get_context

import pytest

from tests.simulation.random_runs import problems_of, run_race, run_seed

RUNS = int(os.environ.get("WRENCHAI_SIMULATION_RUNS", "2000"))
FIRST = int(os.environ.get("WRENCHAI_SIMULATION_FIRST_SEED", "0"))
CHUNK = 50


@pytest.mark.timeout(600)
def test_whatever_fails_every_task_ends_once_and_no_work_is_recorded_twice() -> None:
    chunks = [range(first, min(first + CHUNK, FIRST + RUNS)) for first in range(FIRST, FIRST + RUNS, CHUNK)]
    with ProcessPoolExecutor(mp_context=get_context("spawn")) as pool:
        found = list(chain.from_iterable(pool.map(problems_of, chunks)))
    assert not found, f"{len(found)} problems; repeat each with:\n" + "\n".join(found[:40])


def test_replicas_that_decide_at_the_same_moment_never_begin_work_of_an_ended_task() -> None:
    found = [f"run_race({seed}): {problem}" for seed in range(150) for problem in run_race(seed).problems]
    assert not found, "\n".join(found[:40])


def test_a_seed_gives_the_same_log_to_the_byte_every_time() -> None:
    for seed in (3, 2583):
        assert run_seed(seed).aftermath.rows == run_seed(seed).aftermath.rows


def test_the_runs_reach_every_kind_of_end_and_every_fault() -> None:
    runs = [run_seed(seed) for seed in range(100)]
    seen = Counter(event.type for run in runs for event in run.events)
    kinds = {getattr(event.event, "kind", None) for run in runs for event in run.events}
    decisions = {getattr(event.event, "decision", None) for run in runs for event in run.events}
    assert {"TaskCompleted", "TaskFailed", "TaskCancelled", "PlanAborted", "PlanExecuted", "JourneyCancelled"} <= set(
        seen
    )
    assert {"bad_reference", "simulated", "quality"} <= kinds
    assert {"accepted", "escalated", "accept", "escalate", "reject"} <= decisions
    assert any(run.faults.kills for run in runs)
    assert any(run.faults.bus_losses for run in runs)
    assert any(run.faults.drains for run in runs)
    assert any(run.aftermath.carried[0].position > 1 for run in runs)
