"""Logs that a release has written fold to what they came to then, with today's code and for ever."""

import json
from collections import Counter
from collections.abc import Iterator, Sequence
from pathlib import Path

import pytest
from wrenchai_chassis.invariants import log_violations
from wrenchai_chassis.log import Stored
from wrenchai_contracts.envelope import Recorded, unseal_all
from wrenchai_contracts.events import JourneyDispatched, PlanCreated
from wrenchai_contracts.subjects import task_of
from wrenchai_orchestrator.decision import decide
from wrenchai_orchestrator.forking import origin_of
from wrenchai_orchestrator.staffing import Catalogue
from wrenchai_orchestrator.task import Task

from tests.history.recorded_log import OUTCOMES, RELEASES, outcomes_of, read_log
from tests.history.scenarios import SCENARIOS
from wrenchai.invariants import step_violations, task_violations

LOGS = sorted(RELEASES.glob("*/*.jsonl"))
FIRST_RELEASE = "0.1.0"
ITS_SCENARIOS = ("sequential", "parallel", "failed", "cancelled", "retried", "killed")


def families(events: Sequence[Recorded]) -> Iterator[list[Recorded]]:
    """The events of each task that was planned."""
    planned = dict.fromkeys(task_of(e.stream) for e in events if isinstance(e.event, PlanCreated))
    for task_id in planned:
        yield [event for event in events if task_of(event.stream) == task_id]


def folded(story: Sequence[Recorded], events: Sequence[Recorded]) -> Task:
    """The task that `story` tells; what it was forked from is in the same log."""
    task = Task(task_of(story[0].stream))
    for event in story:
        task.evolve(event)
    fork = task.request.forked_from if task.request is not None else None
    if fork is not None:
        task.origin = origin_of((e for e in events if task_of(e.stream) == fork.task_id), fork.step)
    return task


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
        events = unseal_all(read_log(log))
        for story in families(events):
            assert decide(folded(story, events), Catalogue(), story[-1].at) == []

    def test_a_task_it_left_unfinished_goes_on_with_the_journeys_that_release_would_have_begun(self, log: Path) -> None:
        events = unseal_all(read_log(log))
        for story in families(events):
            begun = {event.event.journey for event in story if isinstance(event.event, JourneyDispatched)}
            planned = next(place for place, event in enumerate(story) if isinstance(event.event, PlanCreated))
            for length in range(planned + 1, len(story)):
                task = folded(story[:length], events)
                following = [step.event for step in decide(task, Catalogue(), story[length - 1].at)]
                assert {event.journey for event in following if isinstance(event, JourneyDispatched)} <= begun


def test_every_release_left_a_log_of_each_scenario() -> None:
    kept = {directory.name: {log.stem for log in directory.glob("*.jsonl")} for directory in RELEASES.iterdir()}
    assert kept.pop(FIRST_RELEASE) == set(ITS_SCENARIOS)
    assert all(names == SCENARIOS.keys() for names in kept.values())


@pytest.mark.parametrize("directory", sorted(RELEASES.iterdir()), ids=lambda directory: directory.name)
def test_the_scenarios_ended_as_their_names_say(directory: Path) -> None:
    told = json.loads((directory / OUTCOMES).read_text())
    first = {name: told[name]["task_00000001"] for name in told}
    assert {name: facts["status"] for name, facts in first.items()} == {name: SCENARIOS[name].status for name in told}
    sequential, parallel, failed, cancelled, retried, killed = (first[name] for name in ITS_SCENARIOS)
    assert sequential["failed_attempts"] == 0 < retried["failed_attempts"]
    assert killed["failed_attempts"] > 0, "attempts were lost with their workers"
    assert parallel["result_sha256"] == killed["result_sha256"], "faults change no result"
    assert failed["steps_completed"] == 0 < cancelled["steps_completed"] < cancelled["steps_total"]


SHOWS = {
    "loop": {"RoundEnded"},
    "partners": {"RoundEnded"},
    "process": {"TimerFired", "UndoBegan", "EffectSettled"},
    "versus": {"StepOpened", "StepSettled"},
    "handoff": {"StepOpened", "StepSettled"},
    "playbook_inside": {"StepOpened", "StepSettled"},
    "paused": {"TaskPaused", "JourneyPaused", "TaskResumed", "JourneyResumed"},
    "undone": {"TaskCancellationRequested", "UndoBegan"},
    "changed": {"ApprovalDecided"},
    "extended": {"LimitsExtended"},
    "tried_again": {"StepRetryRequested", "StepRepeated"},
    "skipped": {"StepSkipRequested"},
    "forked": {"JourneyReused"},
    "in_doubt": {"EffectClaimed", "JourneyPaused", "EffectResolved"},
    "timer": {"TimerFired"},
    "scheduled": {"ScheduleSet", "ScheduleFired", "ScheduleDeleted"},
}
"""What a log is kept for."""


@pytest.mark.parametrize(
    "log", [log for log in LOGS if log.stem in SHOWS], ids=lambda log: f"{log.parent.name}-{log.stem}"
)
def test_a_log_shows_what_it_is_kept_for(log: Path) -> None:
    assert set(Counter(event.type for event in unseal_all(read_log(log)))) >= SHOWS[log.stem]
