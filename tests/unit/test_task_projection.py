"""The view of all tasks, batch by batch, without a database: a dictionary stands for the tables."""

import json
from collections.abc import Iterable, Sequence
from itertools import pairwise
from typing import Any

import pytest
from hypothesis import given
from hypothesis import strategies as st
from pydantic_core import to_json
from wrenchai_chassis.projection import UNREADABLE, Entry, Row, entry_of
from wrenchai_contracts.events import (
    EVENT_TYPES,
    ApprovalDecided,
    EffectClaimed,
    EffectSettled,
    Event,
    EventParked,
    EventRedriven,
    JourneyDispatched,
    JourneyPaused,
    JourneyResumed,
    PlanCreated,
    RoundEnded,
    Schedule,
    ScheduleDeleted,
    ScheduleFired,
    SchedulePaused,
    ScheduleSet,
    StepCompleted,
    StepOpened,
    StepRepeated,
    StepSettled,
    StepStarted,
    TaskCancellationRequested,
    TaskCompleted,
    TaskPaused,
    TaskRequested,
    TaskResumed,
    TasksAdmitted,
    Wait,
)
from wrenchai_contracts.plan import Approval, Plan, PlannedFan, PlannedJourney, PlannedLoop, PlannedWait
from wrenchai_contracts.subjects import schedule_stream
from wrenchai_contracts.views import EventView
from wrenchai_gateway.event_view import event_view
from wrenchai_gateway.task_projection import TaskProjection

from tests.made_up_log import DIGEST, MadeUpLog, interleaved, planned, whole_task
from tests.samples import AT
from tests.unit.quality.judged_story import judged_task, spoken_of

TABLES = {table.name: table for table in TaskProjection.tables}
ONE, TWO = "task_01jd3k0001", "task_01jd3k0002"


class Tables:
    """What a database would hold: loads and upserts as the projector's statements do."""

    def __init__(self) -> None:
        self.rows: dict[str, dict[tuple[Any, ...], Row]] = {table.name: {} for table in TaskProjection.tables}

    def project(self, projection: TaskProjection, entries: Sequence[Entry]) -> None:
        for name, values in projection.missing(entries).items():
            projection.remember(name, self._load(name, values))
        projection.fold(entries)
        for name, changed in projection.changes().items():
            self._upsert(name, json.loads(json.dumps(changed)))
        projection.settle()

    def _load(self, name: str, values: Iterable[str]) -> list[Row]:
        table = TABLES[name]
        found = (row for _, row in sorted(self.rows[name].items()) if row[table.loaded_by] in set(values))
        return [{k: v for k, v in json.loads(json.dumps(row)).items() if k not in table.once} for row in found]

    def _upsert(self, name: str, changed: Iterable[Row]) -> None:
        table = TABLES[name]
        for row in changed:
            key = tuple(row[column] for column in table.key)
            kept = self.rows[name].get(key, {})
            self.rows[name][key] = row | {column: kept[column] for column in table.once if column in kept}


def two_tasks() -> list[Entry]:
    one, two = whole_task(MadeUpLog(), ONE, "a", "b"), whole_task(MadeUpLog(), TWO, "a")
    two.record("parked/journey/7", parked(), story=TWO)
    two.record("parked/journey/7", EventRedriven(consumer="journey", position=7), story=TWO)
    mixed = interleaved(one.sealed, two.sealed)
    return [entry_of(place, event.state) for place, event in enumerate(mixed, 1)]


THREE, NIGHTLY = "task_01jd3k0003", schedule_stream("nightly")
SCHEDULE = Schedule(playbook="book", cron="0 2 * * *")
ASKS = Wait(waits_for="approval", title="Publish?", digest=DIGEST, approval=Approval(need=1))


def steered() -> MadeUpLog:
    """A task of every kind of row: a list, a loop, an approval, a pause, an effect in doubt, a second go."""
    journey = PlannedJourney(id="look", role="worker", steps=planned("look", "then"))
    edit = PlannedJourney(id="edit", role="worker", steps=planned("edit"))
    nodes = (
        PlannedFan(id="scan", body=(journey,), for_each="${inputs.x}"),
        PlannedLoop(id="polish", body=(edit,), output_from="edit", max_rounds=2),
        PlannedWait(id="ok", waits_for="approval"),
    )
    plan = Plan(playbook="book", nodes=nodes, result_from=("scan", "ok"))
    log = MadeUpLog().record(THREE, TaskRequested(task_id=THREE, held=True))
    log.record("admission/1", TasksAdmitted(tasks=(THREE,)))
    log.record(THREE, PlanCreated(plan=plan, digest=DIGEST, playbook_digest=DIGEST))
    log.record(THREE, StepOpened(step="scan", type="fan", count=2))
    for path in ("scan.0.look", "scan.1.look", "scan.1.look~2"):
        stream = f"{THREE}/{path}"
        log.record(stream, JourneyDispatched(journey=path, role="worker", steps=planned("look", "then")))
        log.record(stream, StepStarted(step="look", attempt=1, tool="noop", worker="w"), after=1)
        claimed = EffectClaimed(key=f"{stream}/look", step="look", attempt=1, tool="noop", digest=DIGEST)
        log.record(stream, claimed, after=1)
        log.record(stream, JourneyPaused(journey=path, step="look", why="in_doubt", effect=f"{stream}/look"))
        log.record(THREE, TaskPaused()).record(THREE, TaskResumed())
        log.record(stream, JourneyResumed(journey=path, resolution="retry"), after=3)
        log.record(stream, StepStarted(step="look", attempt=2, tool="noop", worker="w"), after=1)
        log.record(stream, StepCompleted(step="look", attempt=2, output={"at": path}, seconds=2), after=2)
        log.record(stream, EffectSettled(key=f"{stream}/look", step="look", outcome="done"))
        log.record(stream, StepStarted(step="then", attempt=1, tool="noop", worker="w"), after=1)
        log.record(stream, StepCompleted(step="then", attempt=1, output={"at": path}, seconds=2), after=2)
        if path == "scan.1.look":
            log.record(THREE, StepRepeated(step="scan.1.look", go=2))
    log.record(THREE, StepSettled(step="scan", outcome="completed", gathered=True))
    log.record(THREE, StepOpened(step="polish", type="loop"))
    log.record(THREE, RoundEnded(step="polish", round=1)).record(THREE, RoundEnded(step="polish", round=2, last="all"))
    log.record(THREE, StepSettled(step="polish", outcome="completed"))
    log.record(THREE, StepOpened(step="ok", type="wait", wait=ASKS, due=AT))
    log.record(THREE, ApprovalDecided(step="ok", digest=DIGEST, decision="approve"))
    log.record(THREE, StepSettled(step="ok", outcome="completed", output={"approved": True}))
    log.record(THREE, TaskCompleted())
    log.record(NIGHTLY, ScheduleSet(name="nightly", schedule=SCHEDULE))
    log.record(NIGHTLY, ScheduleFired(name="nightly", due=AT, task_id=THREE))
    log.record(NIGHTLY, SchedulePaused(name="nightly", reason="holidays"))
    return log.record(NIGHTLY, ScheduleSet(name="nightly", schedule=SCHEDULE))


def parked() -> EventParked:
    return EventParked(consumer="journey", position=7, subject="ev", reason="poison", deliveries=5, payload="")


@given(cuts=st.sets(st.integers(1, 30)), restarts=st.sets(st.integers(1, 30)))
def test_the_view_is_the_same_however_the_log_is_cut_into_batches_and_whatever_was_forgotten(
    cuts: set[int], restarts: set[int]
) -> None:
    entries, whole, cut = two_tasks(), Tables(), Tables()
    whole.project(TaskProjection(), entries)
    projection, edges = TaskProjection(), [0, *sorted(cuts), len(entries)]
    for start, end in pairwise(edges):
        if start in restarts:
            projection.forget()
        cut.project(projection, entries[start:end])
    assert cut.rows == whole.rows


@given(cuts=st.sets(st.integers(1, 60)), restarts=st.sets(st.integers(1, 60)))
def test_a_task_that_was_steered_is_the_same_however_often_it_was_forgotten(cuts: set[int], restarts: set[int]) -> None:
    entries, whole, cut = steered().entries, Tables(), Tables()
    whole.project(TaskProjection(), entries)
    projection, edges = TaskProjection(), [0, *sorted(cut_at for cut_at in cuts if cut_at < len(entries)), len(entries)]
    for start, end in pairwise(edges):
        if start in restarts:
            projection.forget()
        cut.project(projection, entries[start:end])
    assert not projection.complaints()
    assert cut.rows == whole.rows


@given(cuts=st.sets(st.integers(1, 60)), restarts=st.sets(st.integers(1, 60)))
def test_a_judged_task_is_the_same_however_often_it_was_forgotten(cuts: set[int], restarts: set[int]) -> None:
    entries, whole, cut = spoken_of(judged_task(MadeUpLog()), "write~2").entries, Tables(), Tables()
    whole.project(TaskProjection(), entries)
    projection, edges = TaskProjection(), [0, *sorted(cut_at for cut_at in cuts if cut_at < len(entries)), len(entries)]
    for start, end in pairwise(edges):
        if start in restarts:
            projection.forget()
        cut.project(projection, entries[start:end])
    assert not projection.complaints()
    assert cut.rows == whole.rows


def test_a_steered_task_comes_to_what_it_says() -> None:
    tables = Tables()
    tables.project(TaskProjection(), steered().entries)
    task = tables.rows["task"][THREE,]
    assert task["result"] == {"scan": [{"at": "scan.0.look"}, {"at": "scan.1.look~2"}], "ok": {"approved": True}}
    assert (task["open_waits"], task["at_work"], task["held"], task["waiting_for"]) == (0, 0, False, {})
    assert (task["steps_total"], task["passed"]) == (2 * 2 + 2 + 2 * 1 + 1, 3 * 2 + 1)


def test_approvals_effects_and_schedules_have_rows_of_their_own() -> None:
    tables = Tables()
    tables.project(TaskProjection(), steered().entries)
    (approval,) = tables.rows["approval"].values()
    assert (approval["step"], approval["state"], approval["digest"]) == ("ok", "approved", DIGEST)
    assert [said["decision"] for said in approval["decided"]] == ["approve"]
    assert {effect["state"] for effect in tables.rows["effect"].values()} == {"done"}
    assert len(tables.rows["effect"]) == 3
    (schedule,) = tables.rows["schedule"].values()
    assert (schedule["paused"], schedule["last_task"], schedule["deleted"]) == (True, THREE, False)


@pytest.mark.parametrize(
    ("event", "state"),
    [
        (StepSettled(step="ok", outcome="failed", kind="approval_expired"), "expired"),
        (StepSettled(step="ok", outcome="failed", kind="rejected"), "rejected"),
        (StepSettled(step="ok", outcome="skipped"), "void"),
        (TaskCompleted(), "void"),
    ],
)
def test_an_approval_that_nobody_can_decide_any_more_says_why(event: Event, state: str) -> None:
    tables, projection = Tables(), TaskProjection()
    plan = Plan(playbook="book", nodes=(PlannedWait(id="ok", waits_for="approval"),))
    log = MadeUpLog().record(THREE, TaskRequested(task_id=THREE))
    log.record(THREE, PlanCreated(plan=plan, digest=DIGEST, playbook_digest=DIGEST))
    log.record(THREE, StepOpened(step="ok", type="wait", wait=ASKS))
    tables.project(projection, log.entries)
    (approval,) = tables.rows["approval"].values()
    assert approval["state"] == "waiting"
    tables.project(projection, log.record(THREE, event).entries[-1:])
    (approval,) = tables.rows["approval"].values()
    assert approval["state"] == state


def test_a_schedule_that_was_deleted_is_made_anew_without_its_pause() -> None:
    tables = Tables()
    log = steered().record(NIGHTLY, ScheduleDeleted(name="nightly"))
    tables.project(TaskProjection(), log.entries)
    assert tables.rows["schedule"]["nightly",]["deleted"]
    tables.project(TaskProjection(), log.record(NIGHTLY, ScheduleSet(name="nightly", schedule=SCHEDULE)).entries[-1:])
    assert (tables.rows["schedule"]["nightly",]["deleted"], tables.rows["schedule"]["nightly",]["paused"]) == (
        False,
        False,
    )


def test_a_waiting_task_may_be_forgotten_and_goes_on_where_it_was() -> None:
    tables, projection, entries = Tables(), TaskProjection(), steered().entries
    middle = next(n for n, entry in enumerate(entries) if entry.type == "ApprovalDecided")
    tables.project(projection, entries[:middle])
    projection.forget()
    assert projection.missing(entries[middle:])["step"] == {THREE}
    tables.project(projection, entries[middle:])
    assert tables.rows["task"][THREE,]["status"] == "completed"


def test_every_column_of_a_row_is_one_of_its_table() -> None:
    tables = Tables()
    tables.project(TaskProjection(), two_tasks())
    tables.project(TaskProjection(), steered().entries)
    tables.project(TaskProjection(), judged_task(MadeUpLog()).entries)
    for table in TaskProjection.tables:
        assert all(set(row) == set(table.columns) for row in tables.rows[table.name].values())


def test_a_task_that_has_ended_is_not_remembered() -> None:
    projection = TaskProjection()
    Tables().project(projection, whole_task(MadeUpLog(), ONE, "a").entries)
    late = MadeUpLog().record(ONE, TaskCancellationRequested()).entries
    assert projection.missing(late)["task"] == {ONE}


def test_inputs_are_written_once_however_often_the_task_changes() -> None:
    projection, entries = TaskProjection(), whole_task(MadeUpLog(), ONE, "a").entries
    tables = Tables()
    tables.project(projection, entries[:1])
    projection.fold(entries[1:2])
    assert "inputs" not in projection.changes()["task"][0]


def test_an_event_of_a_task_that_nobody_requested_changes_nothing() -> None:
    tables = Tables()
    tables.project(TaskProjection(), MadeUpLog().record(ONE, TaskCancellationRequested()).entries)
    assert not any(tables.rows.values())


def test_an_event_that_fits_nothing_is_passed_over_and_told() -> None:
    log = whole_task(MadeUpLog(), ONE, "a")
    stray = MadeUpLog().record(f"{ONE}/nowhere", StepStarted(step="x", attempt=1, tool="noop", worker="w"))
    projection, tables = TaskProjection(), Tables()
    tables.project(projection, [*log.entries[:5], *stray.entries, *log.entries[5:]])
    assert tables.rows["task"][ONE,]["status"] == "completed"
    assert len(projection.complaints()) == 1


HEAD = {
    "type": "TaskRequested", "schema": 1, "stream": ONE, "version": 1, "tenant": "default", "actor": "", "trace": None,
    "correlation": ONE, "causation": "", "at": "2026-11-23T00:00:00+00:00", "data": {"task_id": ONE},
}  # fmt: skip
NOT_OF_THIS_SHAPE = [
    ("data", []), ("data", None), ("data", "x"), ("stream", 5), ("stream", None), ("stream", "a\0b"), ("tenant", {}),
    ("type", []), ("type", 1), ("schema", []), ("version", "1"), ("version", None), ("correlation", 7), ("actor", 1),
    ("correlation", "\0"), ("causation", []), ("at", "yesterday"), ("at", 0),
]  # fmt: skip


def test_bytes_of_an_event_s_shape_are_read() -> None:
    entry, shown = entry_of(1, to_json(HEAD)), event_view(1, to_json(HEAD))
    assert (entry.type, shown["type"]) == ("TaskRequested", "TaskRequested")


@pytest.mark.parametrize(
    "state",
    [
        b"not json", b"", b"\xff", b"[]", b"{}", b"5", b"null",
        *(to_json(HEAD | {field: value}) for field, value in NOT_OF_THIS_SHAPE),
        *(to_json({n: HEAD[n] for n in HEAD if n != field}) for field in HEAD if field != "trace"),
    ],
)  # fmt: skip
def test_bytes_that_are_no_event_change_nothing_and_are_shown_as_unreadable(state: bytes) -> None:
    tables = Tables()
    tables.project(TaskProjection(), [entry_of(1, state)])
    assert not any(tables.rows.values())
    shown = EventView.model_validate(event_view(1, state))
    assert (shown.position, shown.type) == (1, UNREADABLE)


@pytest.mark.parametrize("data", [{}, {"plan": []}, {"plan": {"journeys": [1]}}, {"steps": 5}, {"step": []}])
@pytest.mark.parametrize("kind", sorted(EVENT_TYPES))
def test_an_event_with_data_of_another_shape_does_not_hold_up_the_next(kind: str, data: dict[str, Any]) -> None:
    odd = Entry(2, kind, ONE, 2, "default", ONE, "2026-11-23T00:00:00+00:00", data)
    story, tables = whole_task(MadeUpLog(), ONE, "a").entries, Tables()
    tables.project(TaskProjection(), [story[0], odd, *story[1:]])
    assert tables.rows["task"][ONE,]["position"] == story[-1].position


def test_a_parked_event_waits_until_it_is_sent_again() -> None:
    tables, projection = Tables(), TaskProjection()
    log = MadeUpLog().record("parked/journey/7", parked(), story=ONE)
    tables.project(projection, log.entries)
    assert tables.rows["parked"]["journey", 7]["redriven_at"] is None
    log.record("parked/journey/7", EventRedriven(consumer="journey", position=7), story=ONE)
    tables.project(projection, log.entries[1:])
    assert tables.rows["parked"]["journey", 7]["redriven_at"] is not None
