"""The view of held tasks, and what admission hears: the same whoever tells it, wherever the log is cut."""

from collections.abc import Sequence
from dataclasses import dataclass, field
from datetime import datetime, timedelta
from itertools import pairwise
from typing import Any

from hypothesis import given
from hypothesis import strategies as st
from wrenchai_chassis.bell import Rung
from wrenchai_chassis.projection import entries_of
from wrenchai_contracts.envelope import Context, NewEvent, seal
from wrenchai_contracts.events import (
    Event,
    JourneyPaused,
    Share,
    StepOpened,
    TaskCancelled,
    TaskCompleted,
    TaskPrioritised,
    TaskRequested,
    TasksAdmitted,
)
from wrenchai_contracts.subjects import subject_of
from wrenchai_orchestrator.admission import Admission, Room
from wrenchai_orchestrator.admission_hearing import Hearing
from wrenchai_orchestrator.admission_projection import HELD_TASKS, AdmissionProjection, begin_from

from tests.samples import AT

KEY = Share(name="key", most=1)
PACE = Share(name="pace", most=1, within=60.0)
A, B = "task_0000000a", "task_0000000b"


@dataclass
class Story:
    """A log in the making."""

    rungs: list[Rung] = field(default_factory=list)

    def tell(self, stream: str, event: Event, *, seconds: float = 0, version: int = 1) -> "Story":
        new = NewEvent(stream, version, event, Context("test", "t1", correlation=stream))
        sealed = seal(new, AT + timedelta(seconds=seconds))
        self.rungs.append(Rung(len(self.rungs) + 1, subject_of(sealed), sealed.state))
        return self

    def held(self, task: str, *shares: Share, priority: int | None = None) -> "Story":
        return self.tell(task, TaskRequested(task_id=task, held=True, shares=shares, priority=priority))

    def admitted(self, *tasks: str, seconds: float = 0, version: int = 1) -> "Story":
        return self.tell("admission", TasksAdmitted(tasks=tasks), seconds=seconds, version=version)


@dataclass
class Table:
    """The table as the projector keeps it."""

    projection: AdmissionProjection = field(default_factory=AdmissionProjection)
    rows: dict[str, dict[str, Any]] = field(default_factory=dict)

    def apply(self, batch: Sequence[Rung]) -> None:
        entries = entries_of(self.projection.wanted(batch))
        for table in self.projection.missing(entries):
            self.projection.remember(table, list(self.rows.values()))
        self.projection.fold(entries)
        for row in self.projection.changes()["held_task"]:
            if HELD_TASKS.lives(row):
                self.rows[row["task_id"]] = row
            else:
                del self.rows[row["task_id"]]
        self.projection.settle()
        assert self.projection.complaints() == []


def rows_of(story: Story) -> dict[str, dict[str, Any]]:
    table = Table()
    table.apply(story.rungs)
    return table.rows


def test_a_task_that_is_not_held_leaves_no_row_and_is_not_parsed() -> None:
    story = Story().tell(A, TaskRequested(task_id=A)).tell(A, TaskCompleted(), version=2)
    table = Table()
    table.apply(Story().held(B).rungs)
    assert table.projection.wanted(story.rungs) == []
    assert table.rows.keys() == {B}


def test_a_held_task_has_a_row_until_it_ends() -> None:
    story = Story().held(A, KEY, priority=3)
    assert rows_of(story)[A] | {"at": ""} == {
        "task_id": A, "known": "all", "tenant": "t1", "priority": 3, "at": "",
        "shares": [["key", 1, None]], "admitted": None, "ended": False,
    }  # fmt: skip
    assert rows_of(story.admitted(A, seconds=5))[A]["admitted"] == "2026-11-23T01:02:08.456789+00:00"
    assert rows_of(story.tell(A, TaskCompleted(), version=2)) == {}


def test_a_task_that_is_cancelled_while_it_is_held_leaves_no_row() -> None:
    table = Table()
    table.apply(Story().held(A).rungs)
    table.apply(Story().tell(A, TaskCancelled(), version=2).rungs)
    assert table.rows == {}


def test_what_counts_for_a_rate_outlasts_its_task_until_it_counts_no_more() -> None:
    story = Story().held(A, PACE).admitted(A, seconds=1).tell(A, TaskCompleted(), seconds=2, version=2)
    assert rows_of(story)[A]["ended"]
    assert rows_of(story.admitted(B, seconds=60, version=2)).keys() == {A}
    assert rows_of(story.admitted(B, seconds=61, version=3)) == {}


CHAPTERS = st.lists(
    st.tuples(
        st.sampled_from(["held", "held fast", "plain", "admitted", "prioritised", "ended"]),
        st.integers(0, 5),
    ),
    max_size=40,
)


def story_of(chapters: list[tuple[str, int]]) -> Story:
    story, requested, ended = Story(), set[str](), set[str]()
    for number, (what, which) in enumerate(chapters):
        task = f"task_{which:08}"
        if what in {"held", "held fast", "plain"} and task not in requested:
            requested.add(task)
            held = {} if what == "plain" else {"held": True, "shares": (PACE,) if what == "held fast" else (KEY,)}
            story.tell(task, TaskRequested(task_id=task, **held), seconds=number * 20)
        elif what == "admitted":
            story.admitted(task, seconds=number * 20, version=number + 1)
        elif task in requested - ended:
            ended |= {task} if what == "ended" else set()
            event = TaskCompleted() if what == "ended" else TaskPrioritised(priority=which)
            story.tell(task, event, seconds=number * 20, version=number + 2)
    return story


@given(CHAPTERS, st.lists(st.integers(0, 40), max_size=6), st.booleans())
def test_however_the_log_is_cut_and_whoever_restarts_the_rows_are_the_same(
    chapters: list[tuple[str, int]],
    cuts: list[int],
    restarts: bool,  # noqa: FBT001  # drawn by hypothesis
) -> None:
    story, table = story_of(chapters), Table()
    places = sorted({0, *cuts, len(story.rungs)})
    for first, last in pairwise(places):
        if restarts:
            table.projection.forget()
        table.apply(story.rungs[first:last])
    assert table.rows == rows_of(story)


def heard(story: Story, *, after: int = 0, now: datetime = AT) -> Admission:
    """Admission as it is when it began from the view as of `after` and heard the rest."""
    admission = Admission(Room(50, 50))
    begin_from(rows_of(Story(story.rungs[:after])).values(), admission)
    Hearing(admission, 0).hear(story.rungs[after:], now)
    return admission


@given(CHAPTERS, st.integers(0, 40))
def test_who_begins_from_the_view_goes_on_like_who_has_heard_everything(
    chapters: list[tuple[str, int]], after: int
) -> None:
    story = story_of(chapters)
    whole, later = heard(story), heard(story, after=after)
    now = AT + timedelta(seconds=20 * len(chapters))
    assert (whole.waiting, whole.running) == (later.waiting, later.running)
    assert whole.admit(now) == later.admit(now)


def test_a_step_that_waits_and_a_journey_that_is_paused_give_their_tasks_room_to_others() -> None:
    story = Story().held(A).held(B)
    for pause in (
        Story().tell(A, StepOpened(step="ok", type="wait"), version=5),
        Story().tell(f"{A}/main", JourneyPaused(journey="main", why="question", step="one"), version=5),
    ):
        admission = Admission(Room(1, 1))
        hearing = Hearing(admission, 0)
        hearing.hear(story.rungs, AT)
        assert admission.admit(AT) == [A]
        assert not hearing.hear(Story().tell(A, StepOpened(step="many", type="fan"), version=4).rungs, AT)
        assert admission.admit(AT) == []
        assert hearing.hear(pause.rungs, AT)
        assert admission.admit(AT) == [B]


def test_hearing_knows_how_far_the_stream_of_admissions_is() -> None:
    hearing = Hearing(Admission(), version=3)
    hearing.hear(Story().admitted(A, version=2).rungs, AT)
    assert hearing.version == 3
    hearing.hear(Story().admitted(A, version=4).rungs, AT)
    assert hearing.version == 4
