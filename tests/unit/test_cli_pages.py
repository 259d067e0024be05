"""What comes page by page is shown whole, where all of it was asked for."""

import io
from typing import Any

import pytest
from rich.console import Console
from wrenchai_contracts.views import ParkedPage, ParkedView, TaskPage, TaskStatus, TaskSummary

from tests.live_frames import BEGAN
from wrenchai.cli.parking import all_parked
from wrenchai.cli.task_listing import Wanted, _shown, found


class Paged:
    """A gateway with so many tasks and parked events that gives them two at a time, or fewer if asked."""

    def __init__(self, count: int) -> None:
        self.places = list(range(1, count + 1))
        self.asked: list[dict[str, Any]] = []

    def parked(self, *, after: int = 0) -> ParkedPage:
        rest = [place for place in self.places if place > after]
        return ParkedPage(items=tuple(map(an_event, rest[:2])), next_after=rest[1] if len(rest) > 2 else None)

    def tasks(self, *, cursor: str | None = None, limit: int, **filters: Any) -> TaskPage:
        self.asked.append(filters)
        rest = [place for place in reversed(self.places) if cursor is None or place < int(cursor)]
        shown = rest[: min(limit, 2)]
        following = str(shown[-1]) if len(rest) > len(shown) else None
        return TaskPage(items=tuple(map(a_task, shown)), next_cursor=following, position=9)


def an_event(position: int) -> ParkedView:
    facts = {"consumer": "journey", "task_id": "task_01234567", "subject": "evt.A", "reason": "no", "deliveries": 5}
    return ParkedView(position=position, at=BEGAN, **facts)


def a_task(place: int) -> TaskSummary:
    facts = {"tenant": "default", "status": TaskStatus.RUNNING, "playbook": "book", "description": "", "progress": 0.5}
    times = {"created_at": BEGAN, "updated_at": BEGAN, "created_position": place, "position": place}
    return TaskSummary(task_id=f"task_{place:08}", **facts, **times)


def a_wish(*, limit: int | None) -> Wanted:
    return Wanted(status="running", playbook="book", metadata={"team": "docs"}, limit=limit)


@pytest.mark.parametrize("count", [0, 1, 2, 3, 5])
def test_every_parked_event_is_listed_once_however_many_pages_there_are(count: int) -> None:
    page = all_parked(Paged(count))
    assert [event.position for event in page.items] == list(range(1, count + 1))
    assert page.next_after is None


@pytest.mark.parametrize("count", [0, 1, 2, 3, 5])
def test_all_tasks_are_listed_once_newest_first(count: int) -> None:
    page = found(Paged(count), a_wish(limit=None))
    assert [task.created_position for task in page.items] == list(range(count, 0, -1))
    assert page.next_cursor is None


def test_with_a_limit_one_page_is_listed_and_says_that_there_is_more() -> None:
    page = found(Paged(5), a_wish(limit=1))
    assert ([task.created_position for task in page.items], page.next_cursor) == ([5], "5")


def test_every_page_is_asked_for_with_the_same_filters() -> None:
    gateway = Paged(5)
    found(gateway, a_wish(limit=None))
    asked = {"status": TaskStatus.RUNNING, "playbook": "book", "metadata": {"team": "docs"}}
    assert gateway.asked == [asked] * 3


@pytest.mark.parametrize("width", [100, 130])
def test_a_long_message_never_cuts_the_id_of_its_task(width: int) -> None:
    task = a_task(1).model_copy(update={"task_id": "task_01m8anhy0wyzy1m8b00yxhq1e8", "message": "waits " * 60})
    console = Console(record=True, width=width, file=io.StringIO())
    console.print(_shown(TaskPage(items=(task,), position=9), [], console))
    assert task.task_id in console.export_text()
