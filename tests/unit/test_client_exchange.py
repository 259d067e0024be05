"""When a call is sent again, how long is waited, and what an answer means."""

from typing import Any

import httpx
import pytest
from wrenchai_contracts.commands import SubmitTask
from wrenchai_contracts.errors import (
    InputRejected,
    KeyReused,
    NotNow,
    Overloaded,
    PlaybookRejected,
    Refused,
    TaskEnded,
    Unavailable,
    UnknownPlaybook,
    UnknownSchedule,
    WrenchError,
)
from wrenchai_contracts.views import TaskAccepted

from wrenchai.client.actions import Action, Pause, Send, Walk
from wrenchai.client.calls import Call
from wrenchai.client.endpoints import submit
from wrenchai.client.exchange import exchange
from wrenchai.client.patience import Patience
from wrenchai.client.problems import Interrupted, KeyRefused, ServerFault, Unreachable, error_of

STEADY = Patience(tries=3, first=1.0, factor=2.0, longest=60.0, chance=lambda: 1.0)
ACCEPTED: dict[str, Any] = {"task_id": "task_01234567", "position": 7}


def answer(status: int, *, retry_after: str | None = None, **body: object) -> httpx.Response:
    headers = {"Retry-After": retry_after} if retry_after else {}
    return httpx.Response(status, json=body, headers=headers)


def next_action(walk: Walk[Any]) -> Action:
    return walk.action


def a_submission() -> Call[TaskAccepted]:
    return submit(SubmitTask(playbook="portfolio"))


def test_a_submission_always_bears_an_idempotency_key() -> None:
    first, second = a_submission(), a_submission()
    assert first.headers["Idempotency-Key"] != second.headers["Idempotency-Key"]


def test_every_try_of_one_submission_bears_the_same_key() -> None:
    walk = Walk(exchange(a_submission(), STEADY))
    first = walk.action
    walk.trouble(httpx.ReadError("gone"))
    assert next_action(walk) == Pause(1.0)
    walk.answer(None)
    assert next_action(walk) == first


def test_pauses_grow_and_patience_ends() -> None:
    walk = Walk(exchange(a_submission(), STEADY))
    for pause in (1.0, 2.0):
        walk.trouble(httpx.ConnectError("refused"))
        assert next_action(walk) == Pause(pause)
        walk.answer(None)
    with pytest.raises(Unreachable):
        walk.trouble(httpx.ConnectError("refused"))


def test_the_gateway_may_ask_for_a_longer_pause() -> None:
    walk = Walk(exchange(a_submission(), STEADY))
    walk.answer(answer(503, retry_after="9"))
    assert next_action(walk) == Pause(9.0)


def test_a_pause_longer_than_half_a_minute_is_handed_to_the_caller() -> None:
    walk = Walk(exchange(a_submission(), STEADY))
    with pytest.raises(Unavailable):
        walk.answer(answer(503, retry_after="120"))


def test_a_refusal_is_never_sent_again() -> None:
    walk = Walk(exchange(a_submission(), STEADY))
    with pytest.raises(Refused):
        walk.answer(answer(422, type="about:blank", detail="no"))


def test_a_broken_connection_says_that_nobody_knows_whether_it_was_done() -> None:
    walk = Walk(exchange(a_submission(), Patience(tries=1)))
    with pytest.raises(Interrupted):
        walk.trouble(httpx.ReadError("gone"))


def test_an_answer_of_a_newer_gateway_is_understood() -> None:
    walk = Walk(exchange(a_submission(), STEADY))
    assert isinstance(walk.action, Send)
    walk.answer(answer(202, **ACCEPTED, invented_later=True))
    assert walk.done
    assert walk.result.position == 7


def test_an_answer_that_makes_no_sense_is_the_servers_fault() -> None:
    walk = Walk(exchange(a_submission(), STEADY))
    with pytest.raises(ServerFault, match="no TaskAccepted"):
        walk.answer(answer(202, hello="world"))


@pytest.mark.parametrize(
    ("status", "name", "kind"),
    [
        (422, "input-rejected", InputRejected),
        (422, "playbook-rejected", PlaybookRejected),
        (404, "unknown-playbook", UnknownPlaybook),
        (409, "task-ended", TaskEnded),
        (409, "key-reused", KeyReused),
        (409, "not-now", NotNow),
        (404, "unknown-schedule", UnknownSchedule),
        (503, "overloaded", Overloaded),
        (401, "whatever", KeyRefused),
        (429, "whatever", Overloaded),
        (418, "whatever", Refused),
        (500, "whatever", ServerFault),
    ],
)
def test_a_problem_is_the_error_that_its_type_names(status: int, name: str, kind: type[WrenchError]) -> None:
    for address in (
        f"urn:wrenchai:problem:{name}",
        f"https://example.org/problems/{name}",
        name.title().replace("-", ""),
    ):
        error = error_of(answer(status, type=address, detail="one sentence for people"))
        assert type(error) is kind
        assert str(error) == "one sentence for people"


def test_a_refused_input_names_each_field() -> None:
    problems = [{"field": "projects[2].name", "reason": "is empty", "line": 12}]
    error = error_of(answer(422, type="input-rejected", detail="no", problems=problems))
    assert isinstance(error, InputRejected)
    assert str(error.problems[0]) == "line 12: projects[2].name: is empty"


def test_an_answer_that_is_no_problem_document_still_gives_a_sentence() -> None:
    error = error_of(httpx.Response(502, content=b"<html>bad gateway</html>"))
    assert isinstance(error, Unavailable)
    assert str(error) == "the gateway answered 502"
