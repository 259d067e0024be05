"""A live connection tells each event once, whatever happens to it."""

import json
from datetime import UTC, datetime

import pytest

from wrenchai.client.actions import Action, Dial, Disconnected, Give, Hear, Pause, Walk
from wrenchai.client.following import countdown, everything, following
from wrenchai.client.frames import EventFrame
from wrenchai.client.patience import Patience
from wrenchai.client.problems import ServerFault, TookTooLong, Unreachable

STEADY = Patience(tries=3, first=1.0, chance=lambda: 1.0)
PATH = "/ws/tasks/task_01234567"


def event(position: int) -> str:
    facts = {"id": "1", "type": "PlanExecuted", "stream": "task_01234567", "version": 1, "task_id": "task_01234567"}
    origin = {"tenant": "default", "actor": "a", "correlation": "c", "causation": ""}
    at = datetime(2026, 1, 1, tzinfo=UTC).isoformat()
    return json.dumps({"kind": "event", "position": position, **facts, **origin, "at": at, "data": {}})


def next_action(walk: Walk[int]) -> Action:
    return walk.action


def given_frame(walk: Walk[int]) -> int:
    assert isinstance(walk.action, Give)
    frame = walk.action.value
    walk.answer(None)
    return frame.position if isinstance(frame, EventFrame) else 0


def test_it_goes_on_behind_the_last_position_it_saw() -> None:
    walk = Walk(following(PATH, STEADY, after=3))
    assert next_action(walk) == Dial(f"{PATH}?from=3")
    walk.answer(None)
    walk.answer(event(8))
    assert given_frame(walk) == 8
    walk.trouble(Disconnected("gone"))
    assert next_action(walk) == Pause(1.0)
    walk.answer(None)
    assert next_action(walk) == Dial(f"{PATH}?from=8")


def test_an_event_that_comes_again_is_not_told_again() -> None:
    walk = Walk(following(PATH, STEADY))
    walk.answer(None)
    walk.answer(event(8))
    given_frame(walk)
    walk.answer(event(8))
    assert next_action(walk) == Hear(None)


def test_progress_may_come_again_and_again() -> None:
    walk = Walk(following(PATH, STEADY))
    walk.answer(None)
    for _ in range(2):
        walk.answer('{"kind":"progress","task_id":"t","journey":"j","step":"s","fraction":0.5,"message":"half"}')
        given_frame(walk)


def test_the_end_frame_ends_it_with_the_last_position() -> None:
    walk = Walk(following(PATH, STEADY))
    walk.answer(None)
    walk.answer('{"kind":"end","task_id":"t","status":"completed","position":21}')
    given_frame(walk)
    assert (walk.done, walk.result) == (True, 21)


def test_a_kind_of_frame_that_a_newer_gateway_sends_is_passed_over() -> None:
    walk = Walk(following(PATH, STEADY))
    walk.answer(None)
    walk.answer('{"kind":"invented later","about":"something"}')
    assert next_action(walk) == Hear(None)
    walk.answer(event(8))
    assert given_frame(walk) == 8


@pytest.mark.parametrize("said", ["hello", "{}", '{"kind":"event","position":"eight"}'])
def test_what_is_no_frame_is_the_gateways_fault(said: str) -> None:
    walk = Walk(following(PATH, STEADY))
    walk.answer(None)
    with pytest.raises(ServerFault, match="another version"):
        walk.answer(said)


def test_everything_or_only_some_types_are_followed() -> None:
    assert everything(()) == "/ws/events"
    walk = Walk(following(everything(["TaskCompleted", "TaskFailed"]), STEADY, after=3))
    assert next_action(walk) == Dial("/ws/events?types=TaskCompleted,TaskFailed&from=3")


def test_each_word_heard_renews_its_patience() -> None:
    walk = Walk(following(PATH, STEADY))
    for position in range(1, 6):
        walk.answer(None)
        walk.answer(event(position))
        given_frame(walk)
        walk.trouble(Disconnected("gone"))
        assert next_action(walk) == Pause(1.0)
        walk.answer(None)


def test_it_gives_up_when_nothing_answers_any_more() -> None:
    walk = Walk(following(PATH, STEADY))
    for _ in range(2):
        walk.trouble(Disconnected("refused"))
        walk.answer(None)
    with pytest.raises(Unreachable, match="refused"):
        walk.trouble(Disconnected("refused"))


def test_a_deadline_ends_it_though_the_task_goes_on() -> None:
    now = [100.0]
    walk = Walk(following(PATH, STEADY, remaining=countdown(5.0, lambda: now[0])))
    now[0] = 103.0
    walk.answer(None)
    assert next_action(walk) == Hear(2.0)
    with pytest.raises(TookTooLong):
        walk.trouble(TimeoutError())
