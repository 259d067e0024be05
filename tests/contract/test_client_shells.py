"""One suite over both clients, against a real HTTP and WebSocket server that is told how to misbehave."""

import asyncio
import hashlib
from collections.abc import AsyncIterator, Callable, Iterator
from datetime import UTC, datetime, timedelta
from pathlib import Path
from typing import Any
from urllib.parse import parse_qsl

import pytest
from wrenchai_contracts.commands import SubmitTask
from wrenchai_contracts.errors import InputRejected, NotNow, Overloaded, UnknownTask
from wrenchai_contracts.events import Schedule
from wrenchai_contracts.evidence import ArtifactRef
from wrenchai_contracts.views import TaskStatus

from tests.live_frames import TASK, Recording
from tests.scripted_gateway import BREAK, Gateway, serving
from wrenchai.client import AsyncClient, Client, EventFrame, KeyRefused, Patience, TookTooLong, Unreachable, WrongBytes
from wrenchai.client.frames import EndFrame, Frame

PROMPT = Patience(tries=3, first=0.01)
ACCEPTED = {"task_id": TASK, "position": 1}
NOVEMBER = datetime(2026, 11, 1, tzinfo=UTC)


class Driven:
    """An awaiting client as if it blocked, so that one suite speaks to both."""

    def __init__(self, client: AsyncClient) -> None:
        self._client = client
        self._loop = asyncio.new_event_loop()

    def __getattr__(self, name: str) -> Any:
        method = getattr(self._client, name)

        def call(*args: Any, **kwargs: Any) -> Any:
            came = method(*args, **kwargs)
            return self._each(came) if isinstance(came, AsyncIterator) else self._loop.run_until_complete(came)

        return call

    def _each(self, values: Any) -> Iterator[Any]:
        try:
            while True:
                yield self._loop.run_until_complete(anext(values))
        except StopAsyncIteration:
            return
        finally:
            self._loop.run_until_complete(values.aclose())

    def end(self) -> None:
        self.close()
        self._loop.close()


@pytest.fixture
def gateway() -> Iterator[Gateway]:
    told = Gateway()
    with serving(told):
        yield told


@pytest.fixture(params=["blocking", "awaiting"])
def client(request: pytest.FixtureRequest, gateway: Gateway) -> Iterator[Any]:
    if request.param == "blocking":
        with Client(gateway.url, "secret", patience=PROMPT) as blocking:
            yield blocking
        return
    driven = Driven(AsyncClient(gateway.url, "secret", patience=PROMPT))
    yield driven
    driven.end()


def frames(*positions: int) -> list[str]:
    recording = Recording()
    for _ in range(max(positions)):
        recording.event(0.0, "PlanExecuted")
    return [frame.model_dump_json() for place, frame in enumerate(recording.frames, 1) if place in positions]


def end_frame(position: int) -> str:
    return EndFrame(task_id=TASK, status=TaskStatus.COMPLETED, position=position).model_dump_json()


def positions(told: list[Frame]) -> list[int]:
    return [frame.position for frame in told if isinstance(frame, EventFrame)]


def a_file(gateway: Gateway, content: bytes) -> ArtifactRef:
    sha256 = hashlib.sha256(content).hexdigest()
    gateway.files[sha256] = content
    return ArtifactRef(sha256=sha256, name="site.zip", size=len(content))


def test_a_call_bears_the_key_and_gives_a_typed_answer(client: Any, gateway: Gateway) -> None:
    gateway.answers.append((202, ACCEPTED))
    assert client.submit(SubmitTask(playbook="portfolio")).task_id == TASK
    assert gateway.asked[0]["headers"]["authorization"] == "Bearer secret"


@pytest.mark.parametrize("trouble", [BREAK, (503, {}), (502, {})])
def test_a_submission_comes_through_trouble_as_one_request(client: Any, gateway: Gateway, trouble: Any) -> None:
    gateway.answers.extend([trouble, (202, ACCEPTED)])
    client.submit(SubmitTask(playbook="portfolio"))
    keys = [asked["headers"]["idempotency-key"] for asked in gateway.asked]
    assert len(keys) == 2
    assert len(set(keys)) == 1


def test_a_problem_is_raised_as_the_error_it_names(client: Any, gateway: Gateway) -> None:
    gateway.answers.append((404, {"type": "urn:wrenchai:problem:unknown-task", "detail": "no task has the id 'x'"}))
    with pytest.raises(UnknownTask, match="no task has the id 'x'"):
        client.task("x")


def test_patience_ends_with_the_last_trouble(client: Any, gateway: Gateway) -> None:
    gateway.answers.extend([(429, {"detail": "too many"})] * 3)
    with pytest.raises(Overloaded, match="too many"):
        client.tasks()


def test_an_address_where_nothing_answers_is_named_unreachable() -> None:
    with Client("http://127.0.0.1:9", patience=Patience(tries=1)) as lost, pytest.raises(Unreachable):
        lost.tasks()


def test_following_goes_on_behind_the_last_event_after_a_break(client: Any, gateway: Gateway) -> None:
    gateway.calls.extend([[*frames(1, 2), BREAK], [*frames(2, 3), end_frame(3)]])
    assert positions(list(client.follow(TASK))) == [1, 2, 3]
    assert [asked["query"] for asked in gateway.asked] == ["from=0", "from=2"]
    assert gateway.asked[0]["headers"]["authorization"] == "Bearer secret"


def test_following_everything_can_be_narrowed_to_some_types(client: Any, gateway: Gateway) -> None:
    gateway.calls.append(frames(1))
    following = client.follow_all(after=0, types=["PlanExecuted"])
    assert positions([next(following)]) == [1]
    following.close()
    assert [(asked["path"], asked["query"]) for asked in gateway.asked] == [
        ("/ws/events", "types=PlanExecuted&from=0"),
    ]


def test_a_frame_of_a_kind_from_the_future_is_passed_over(client: Any, gateway: Gateway) -> None:
    gateway.calls.append([*frames(1), '{"kind":"invented later"}', end_frame(1)])
    assert [frame.kind for frame in client.follow(TASK)] == ["event", "end"]


def test_tasks_can_be_asked_for_by_their_labels(client: Any, gateway: Gateway) -> None:
    gateway.answers.append((200, {"items": [], "position": 1}))
    client.tasks(metadata={"team": "docs", "kind": "a=b"}, limit=5)
    assert parse_qsl(gateway.asked[0]["query"]) == [("limit", "5"), ("metadata", "team=docs"), ("metadata", "kind=a=b")]


def test_following_without_the_right_key_is_refused_at_once(client: Any, gateway: Gateway) -> None:
    gateway.calls.append([401])
    with pytest.raises(KeyRefused):
        list(client.follow(TASK))
    assert len(gateway.asked) == 1


def test_whoever_stops_listening_leaves_nothing_open(client: Any, gateway: Gateway) -> None:
    gateway.calls.append(frames(1, 2, 3))
    following = client.follow(TASK)
    assert positions([next(following)]) == [1]
    following.close()


def test_waiting_gives_a_view_that_holds_the_last_event(client: Any, gateway: Gateway) -> None:
    view = {
        "task_id": TASK, "tenant": "default", "status": "completed", "playbook": "portfolio", "description": "",
        "progress": 1.0, "created_at": "2026-01-01T12:00:00Z", "updated_at": "2026-01-01T12:00:09Z",
        "created_position": 1, "position": 9, "invented_later": {"by": "a newer gateway"},
    }  # fmt: skip
    gateway.calls.append([end_frame(9)])
    gateway.answers.append((200, view))
    assert client.wait(TASK, timeout=10).position == 9
    assert gateway.asked[-1]["query"] == "min_position=9"


def test_waiting_has_an_end_though_the_task_has_none(client: Any, gateway: Gateway) -> None:
    gateway.calls.append(frames(1))
    with pytest.raises(TookTooLong):
        client.wait(TASK, timeout=0.05)


def test_a_download_goes_on_where_it_broke(client: Any, gateway: Gateway, tmp_path: Path) -> None:
    content = bytes(range(256)) * 20_000
    artifact = a_file(gateway, content)
    gateway.answers.append(BREAK)
    assert client.download(artifact, tmp_path / "site.zip").read_bytes() == content
    assert len(gateway.asked) == 3


def test_a_download_with_wrong_bytes_leaves_nothing_behind(client: Any, gateway: Gateway, tmp_path: Path) -> None:
    artifact = a_file(gateway, b"what was promised")
    gateway.files[artifact.sha256] = b"what is delivered"
    with pytest.raises(WrongBytes):
        client.download(artifact, tmp_path / "site.zip")
    assert list(tmp_path.iterdir()) == []


def test_both_clients_offer_the_same_calls() -> None:
    def calls(kind: type) -> set[str]:
        return {name for name in dir(kind) if not name.startswith("_")}

    assert calls(Client) == calls(AsyncClient)


DIGEST = "d" * 64
COMMANDS: list[tuple[Callable[[Any], Any], str, dict[str, Any]]] = [
    (lambda client: client.cancel(TASK, reason="lunch"), "cancel", {"reason": "lunch"}),
    (lambda client: client.pause(TASK), "pause", {}),
    (lambda client: client.pause(TASK, at="now", reason="lunch"), "pause", {"at": "now", "reason": "lunch"}),
    (lambda client: client.resume(TASK), "resume", {}),
    (lambda client: client.retry(TASK, "build"), "retry", {"step": "build"}),
    (lambda client: client.skip(TASK, "edit.3.fix", output=[1]), "skip", {"step": "edit.3.fix", "output": [1]}),
    (lambda client: client.signal(TASK, "here", content={"n": 7}), "signal", {"name": "here", "content": {"n": 7}}),
    (lambda client: client.answer(TASK, "ask", {"a": 1}), "answer", {"step": "ask", "answer": {"a": 1}}),
    (
        lambda client: client.decide(TASK, "go", DIGEST, "approve"),
        "approval",
        {"step": "go", "digest": DIGEST, "decision": "approve"},
    ),
    (
        lambda client: client.decide(TASK, "go", DIGEST, "change", change={"to": "stage"}, reason="not yet"),
        "approval",
        {"step": "go", "digest": DIGEST, "decision": "change", "change": {"to": "stage"}, "reason": "not yet"},
    ),
    (lambda client: client.extend(TASK, calls=5, deadline="2h"), "extend", {"calls": 5, "deadline": 7200.0}),
    (lambda client: client.prioritise(TASK, -5), "prioritise", {"priority": -5}),
    (lambda client: client.fork(TASK, "build", inputs={"a": 1}), "fork", {"from": "build", "inputs": {"a": 1}}),
]
"""What is asked, the last part of the address it goes to, and the body."""


@pytest.mark.parametrize(("ask", "word", "body"), COMMANDS)
def test_each_command_to_a_task_is_one_request(
    client: Any, gateway: Gateway, ask: Callable[[Any], Any], word: str, body: dict[str, Any]
) -> None:
    gateway.answers.append((202, ACCEPTED))
    assert ask(client).position == 1
    (asked,) = gateway.asked
    assert (asked["method"], asked["path"], asked["body"]) == ("POST", f"/api/v1/tasks/{TASK}/{word}", body)


def test_an_effect_is_resolved_at_the_task_that_its_key_names(client: Any, gateway: Gateway) -> None:
    gateway.answers.append((202, ACCEPTED))
    client.resolve_effect(f"{TASK}/publish/push", "happened", output={"url": "x"})
    (asked,) = gateway.asked
    assert asked["path"] == f"/api/v1/tasks/{TASK}/effects"
    assert asked["body"] == {"key": f"{TASK}/publish/push", "resolution": "happened", "output": {"url": "x"}}


def test_a_command_that_could_never_be_taken_is_refused_before_it_is_sent(client: Any, gateway: Gateway) -> None:
    with pytest.raises(InputRejected) as refused:
        client.prioritise(TASK, 101)
    assert [problem.field for problem in refused.value.problems] == ["priority"]
    assert gateway.asked == []


def test_what_the_tasks_state_does_not_allow_says_what_it_does(client: Any, gateway: Gateway) -> None:
    facts = {"task_id": TASK, "state": "running", "reason": "it is not paused", "legal": ["pause", "cancel"]}
    gateway.answers.append((409, {"type": "urn:wrenchai:problem:not-now", "detail": "no, and why", **facts}))
    with pytest.raises(NotNow, match="no, and why") as refused:
        client.resume(TASK)
    assert (refused.value.state, refused.value.legal) == ("running", ["pause", "cancel"])


@pytest.mark.parametrize("trouble", [BREAK, (503, {"type": "urn:wrenchai:problem:log-unavailable"})])
@pytest.mark.parametrize(
    "ask",
    [
        lambda client: client.signal(TASK, "delivered"),
        lambda client: client.extend(TASK, calls=3),
        lambda client: client.fork(TASK, "build"),
        lambda client: client.backfill_schedule("nightly", NOVEMBER, NOVEMBER + timedelta(days=2)),
    ],
    ids=["signal", "extend", "fork", "backfill"],
)
def test_what_counts_each_time_is_sent_again_with_one_key_for_each_time_it_is_asked_for(
    client: Any, gateway: Gateway, ask: Callable[[Any], Any], trouble: Any
) -> None:
    taken = (202, ACCEPTED | {"name": "nightly", "moments": 2})
    gateway.answers.extend([trouble, taken, taken])
    ask(client)
    ask(client)
    lost, repeated, another = (asked["headers"]["idempotency-key"] for asked in gateway.asked)
    assert lost == repeated != another


def test_what_waits_is_asked_for_by_state_and_task_page_by_page(client: Any, gateway: Gateway) -> None:
    page = {"items": [], "position": 9, "next_cursor": None}
    gateway.answers.extend([(200, page), (200, page)])
    client.approvals(task_id=TASK, cursor="7", limit=3)
    client.effects(state="done")
    assert [(asked["path"], asked["query"]) for asked in gateway.asked] == [
        ("/api/v1/approvals", f"state=waiting&task={TASK}&cursor=7&limit=3"),
        ("/api/v1/effects", "state=done&limit=50"),
    ]


def test_a_schedule_is_set_rested_made_up_for_and_deleted(client: Any, gateway: Gateway) -> None:
    changed = (200, {"name": "nightly", "position": 4, "moments": 2})
    gateway.answers.extend([changed] * 5)
    client.set_schedule("nightly", Schedule(playbook="book", cron="30 2 * * *", zone="Europe/Vienna"))
    client.pause_schedule("nightly", reason="holidays")
    client.resume_schedule("nightly")
    assert client.backfill_schedule("nightly", NOVEMBER, NOVEMBER + timedelta(days=2)).moments == 2
    client.delete_schedule("nightly")
    assert [(asked["method"], asked["path"].removeprefix("/api/v1"), asked["body"]) for asked in gateway.asked] == [
        ("PUT", "/schedules/nightly", {"playbook": "book", "cron": "30 2 * * *", "zone": "Europe/Vienna"}),
        ("POST", "/schedules/nightly/pause", {"reason": "holidays"}),
        ("POST", "/schedules/nightly/resume", {"reason": ""}),
        ("POST", "/schedules/nightly/backfill", {"from": "2026-11-01T00:00:00Z", "to": "2026-11-03T00:00:00Z"}),
        ("DELETE", "/schedules/nightly", {"reason": ""}),
    ]


def test_who_asks_is_told_with_each_request(gateway: Gateway) -> None:
    gateway.answers.append((202, ACCEPTED))
    with Client(gateway.url, "secret", actor="ann", patience=PROMPT) as ann:
        ann.pause(TASK)
    assert gateway.asked[0]["headers"]["actor"] == "ann"
