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
from wrenchai_contracts.events import EVENT_TYPES, EventParked, EventRedriven, StepStarted, TaskCancellationRequested
from wrenchai_contracts.views import EventView
from wrenchai_gateway.event_view import event_view
from wrenchai_gateway.task_projection import PARKED, STEPS, TASKS, TaskProjection

from tests.made_up_log import MadeUpLog, interleaved, whole_task

ONE, TWO = "task_01jd3k0001", "task_01jd3k0002"


class Tables:
    """What a database would hold: loads and upserts as the projector's statements do."""

    def __init__(self) -> None:
        self.rows: dict[str, dict[tuple[Any, ...], Row]] = {"task": {}, "step": {}, "parked": {}}

    def project(self, projection: TaskProjection, entries: Sequence[Entry]) -> None:
        for name, values in projection.missing(entries).items():
            projection.remember(name, self._load(name, values))
        projection.fold(entries)
        for name, changed in projection.changes().items():
            self._upsert(name, json.loads(json.dumps(changed)))
        projection.settle()

    def _load(self, name: str, values: Iterable[str]) -> list[Row]:
        table = next(table for table in (TASKS, STEPS, PARKED) if table.name == name)
        found = (row for _, row in sorted(self.rows[name].items()) if row[table.loaded_by] in set(values))
        return [{k: v for k, v in json.loads(json.dumps(row)).items() if k not in table.once} for row in found]

    def _upsert(self, name: str, changed: Iterable[Row]) -> None:
        table = next(table for table in (TASKS, STEPS, PARKED) if table.name == name)
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


def test_every_column_of_a_row_is_one_of_its_table() -> None:
    tables = Tables()
    tables.project(TaskProjection(), two_tasks())
    for table in (TASKS, STEPS, PARKED):
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
