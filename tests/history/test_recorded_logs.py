"""Logs that a release has written fold to what they came to then, with today's code and for ever."""

import json
from collections import Counter
from pathlib import Path

import pytest
from wrenchai_chassis.invariants import log_violations
from wrenchai_chassis.log import Stored
from wrenchai_contracts.envelope import unseal_all
from wrenchai_contracts.events import JourneyDispatched, PlanCreated
from wrenchai_contracts.subjects import task_of
from wrenchai_orchestrator.decision import decide
from wrenchai_orchestrator.staffing import Catalogue
from wrenchai_orchestrator.task import Task

from tests.history.recorded_log import OUTCOMES, RELEASES, outcomes_of, read_log
from tests.samples import AT
from wrenchai.invariants import step_violations, task_violations

LOGS = sorted(RELEASES.glob("*/*.jsonl"))


@pytest.mark.parametrize("log", LOGS, ids=lambda log: f"{log.parent.name}-{log.stem}")
class TestRecordedLog:
    def test_it_comes_to_what_it_came_to_when_it_was_written(self, log: Path) -> None:
        recorded = json.loads((log.parent / OUTCOMES).read_text())[log.stem]
        assert outcomes_of(read_log(log)) == recorded

    def test_it_breaks_no_invariant(self, log: Path) -> None:
        events = unseal_all(read_log(log))
        rows = [Stored(e.position, e.stream, e.version, e.type, e.tenant, b"") for e in events]
        assert log_violations(rows) + task_violations(events, settled=True) + step_violations(events) == []

    def test_today_s_decider_has_nothing_to_add(self, log: Path) -> None:
        tasks: dict[str, Task] = {}
        for event in unseal_all(read_log(log)):
            tasks.setdefault(task_of(event.stream), Task(task_of(event.stream))).evolve(event)
        assert [decide(task, Catalogue(), AT) for task in tasks.values() if task.request] == [[]]

    def test_a_task_it_left_unfinished_goes_on_with_the_journeys_that_release_would_have_begun(self, log: Path) -> None:
        events = unseal_all(read_log(log))
        begun = {event.event.journey for event in events if isinstance(event.event, JourneyDispatched)}
        planned = next(place for place, event in enumerate(events) if isinstance(event.event, PlanCreated))
        for length in range(planned + 1, len(events)):
            task = Task(task_of(events[0].stream))
            for event in events[:length]:
                task.evolve(event)
            following = [step.event for step in decide(task, Catalogue(), AT)]
            assert {event.journey for event in following if isinstance(event, JourneyDispatched)} <= begun


def test_every_release_left_a_log_of_each_scenario() -> None:
    kept = Counter(log.parent.name for log in LOGS)
    assert kept
    assert set(kept.values()) == {6}


def test_the_scenarios_ended_as_their_names_say() -> None:
    for outcomes in RELEASES.glob(f"*/{OUTCOMES}"):
        (facts,) = zip(*(told.values() for told in json.loads(outcomes.read_text()).values()), strict=True)
        sequential, parallel, failed, cancelled, retried, killed = facts
        assert [told["status"] for told in facts] == [
            "completed", "completed", "failed", "cancelled", "completed", "completed",
        ]  # fmt: skip
        assert sequential["failed_attempts"] == 0 < retried["failed_attempts"]
        assert killed["failed_attempts"] > 0, "attempts were lost with their workers"
        assert parallel["result_sha256"] == killed["result_sha256"], "faults change no result"
        assert failed["steps_completed"] == 0 < cancelled["steps_completed"] < cancelled["steps_total"]
