"""What commands to a running task send, say and exit with, against a real server that is told what to answer."""

import json
from collections.abc import Iterator
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import pytest
from wrenchai_contracts.views import TaskStatus

from tests.live_frames import TASK, Recording
from tests.scripted_gateway import Gateway, serving
from wrenchai.cli import main
from wrenchai.cli.exit_codes import FAILED, OK, REFUSED, USAGE
from wrenchai.client.frames import EndFrame

ACCEPTED = (202, {"task_id": TASK, "position": 1})
HEAD = (200, {"position": 9})
DIGEST, OTHER = "9f86d081884c" + "a" * 52, "9f86d081884d" + "b" * 52
MOMENT = "2026-01-01T12:00:00Z"


@dataclass(frozen=True, slots=True)
class Ended:
    """How a command ended."""

    code: int
    out: str
    err: str

    @property
    def words(self) -> str:
        """What it said to people, without the ends of lines."""
        return " ".join((self.out + self.err).split())


@dataclass(frozen=True, slots=True)
class Shell:
    """The command line, told where the gateway is."""

    gateway: Gateway
    capsys: pytest.CaptureFixture[str]

    def __call__(self, *words: str) -> Ended:
        try:
            main(words)
            code = OK
        except SystemExit as left:
            code = int(left.code or 0)
        said = self.capsys.readouterr()
        return Ended(code, said.out, said.err)

    @property
    def sent(self) -> Any:
        """The last body that was sent."""
        return self.gateway.asked[-1]["body"]


@pytest.fixture
def gateway() -> Iterator[Gateway]:
    told = Gateway()
    with serving(told):
        yield told


@pytest.fixture
def wrenchai(gateway: Gateway, capsys: pytest.CaptureFixture[str], monkeypatch: pytest.MonkeyPatch) -> Shell:
    for name, value in (("WRENCHAI_URL", gateway.url), ("WRENCHAI_ACTOR", "ann"), ("COLUMNS", "200")):
        monkeypatch.setenv(name, value)
    return Shell(gateway, capsys)


def an_approval(step: str = "publish", digest: str = DIGEST, **facts: Any) -> dict[str, Any]:
    details = {
        "tool": "site.push", "inputs": {"branch": "main", "force": False}, "role": "releaser",
        "target": "https://example.org/site", "most": {"calls": 1, "micros": 250_000},
    }  # fmt: skip
    usual = {"title": "Push the site", "details": details, "digest": digest, "need": 1, "requested_by": "bob"}
    known = {"task_id": TASK, "step": step, "position": 4, "asked_at": MOMENT, "state": "waiting"}
    return {**known, **usual, **facts}


def asked(*approvals: dict[str, Any]) -> list[Any]:
    return [HEAD, (200, {"items": approvals, "position": 9})]


def a_context(**facts: Any) -> tuple[int, dict[str, Any]]:
    usual = {
        "task_id": TASK, "status": "waiting", "message": "ask asks", "progress": 0.5, "paused": False,
        "inputs": {"title": "Mine"}, "outputs": {"build": {"url": "x"}}, "waits": [], "budget": {"calls": 10},
        "spent": {"calls": 10}, "left": {"calls": 0}, "deadline": None, "priority": None,
        "legal": ["cancel", "approval"], "position": 9,
    }  # fmt: skip
    return 200, usual | facts


def a_question(**facts: Any) -> dict[str, Any]:
    form = {
        "required": ["colour"],
        "properties": {
            "colour": {"enum": ["green", "red"], "type": "string", "description": "Of the header."},
            "width": {"type": "integer"},
        },
    }
    usual = {"step": "ask", "waits_for": "answer", "message": "", "title": "Which colour?", "form": form}
    return {**usual, "since": MOMENT} | facts


@pytest.mark.parametrize(
    ("words", "path", "body"),
    [
        (("pause", TASK, "--now", "--reason", "lunch"), "pause", {"at": "now", "reason": "lunch"}),
        (("pause", TASK), "pause", {}),
        (("resume", TASK), "resume", {}),
        (("cancel", TASK), "cancel", {}),
        (("retry", TASK, "build"), "retry", {"step": "build"}),
        (("skip", TASK, "build", "--output", '{"a": [1]}'), "skip", {"step": "build", "output": {"a": [1]}}),
        (
            ("signal", TASK, "here", "--content", '{"a": 1}', "--field", "b=2"),
            "signal",
            {"name": "here", "content": {"a": 1, "b": 2}},
        ),
        (("extend", TASK, "--calls", "5", "--deadline", "2h"), "extend", {"calls": 5, "deadline": 7200.0}),
        (("prioritise", TASK, "-5"), "prioritise", {"priority": -5}),
        (("fork", TASK, "--from", "build"), "fork", {"from": "build"}),
        (
            ("effects", "resolve", f"{TASK}/go/push", "happened", "--output", '{"u": 1}'),
            "effects",
            {"key": f"{TASK}/go/push", "resolution": "happened", "output": {"u": 1}},
        ),
    ],
)
def test_a_command_is_recorded_and_said_in_a_sentence(
    wrenchai: Shell, words: tuple[str, ...], path: str, body: dict[str, Any]
) -> None:
    wrenchai.gateway.answers.append(ACCEPTED)
    ended = wrenchai(*words)
    assert (ended.code, wrenchai.sent) == (OK, body)
    assert wrenchai.gateway.asked[-1]["path"] == f"/api/v1/tasks/{TASK}/{path}"
    assert wrenchai.gateway.asked[-1]["headers"]["actor"] == "ann"
    assert TASK in ended.out


def test_an_output_may_stand_in_a_file(wrenchai: Shell, tmp_path: Path) -> None:
    (tmp_path / "output.json").write_text('{"links": []}')
    wrenchai.gateway.answers.append(ACCEPTED)
    wrenchai("skip", TASK, "links", "--output", f"@{tmp_path / 'output.json'}")
    assert wrenchai.sent == {"step": "links", "output": {"links": []}}


def test_what_the_tasks_state_does_not_allow_is_told_with_what_it_does(wrenchai: Shell) -> None:
    facts = {"task_id": TASK, "state": "running", "reason": "it is not paused", "legal": ["pause", "approval"]}
    problem = {"type": "urn:wrenchai:problem:not-now", "detail": "all of it", **facts}
    wrenchai.gateway.answers.extend([(409, problem)] * 2)
    ended = wrenchai("resume", TASK)
    assert ended.code == REFUSED
    assert f"task {TASK} is running: it is not paused" in ended.err
    assert "allowed now: pause, approve, reject" in ended.err
    told = json.loads(wrenchai("resume", TASK, "--json").out)
    assert (told["error"], told["state"], told["legal"]) == ("NotNow", "running", ["pause", "approval"])


def test_an_extension_by_nothing_is_a_usage_error(wrenchai: Shell) -> None:
    ended = wrenchai("extend", TASK)
    assert (ended.code, "--calls, --tokens, --money" in ended.err) == (USAGE, True)


# --- approve and reject ----------------------------------------------------------------------------------


def test_without_a_digest_exactly_what_would_be_approved_is_shown_and_nothing_is_decided(wrenchai: Shell) -> None:
    wrenchai.gateway.answers.extend(asked(an_approval()))
    ended = wrenchai("approve", TASK)
    assert ended.code == USAGE
    assert [request["method"] for request in wrenchai.gateway.asked] == ["GET", "GET"]
    for fact in (
        "will call site.push", 'with branch = "main"', "force = false", "target https://example.org/site",
        "costs at most 1 calls, 0.25 in money", "anybody, but not bob, who asked for the task", DIGEST,
        f"to approve exactly this: wrenchai approve {TASK} publish --digest 9f86d081884c",
    ):  # fmt: skip
        assert fact in ended.words


@pytest.mark.parametrize("digest", [DIGEST[:8], DIGEST[:12].upper(), DIGEST])
def test_a_digest_or_its_beginning_says_yes_to_just_that(wrenchai: Shell, digest: str) -> None:
    wrenchai.gateway.answers.extend([*asked(an_approval()), ACCEPTED])
    ended = wrenchai("approve", TASK, "publish", "--digest", digest)
    assert (ended.code, wrenchai.sent) == (OK, {"step": "publish", "digest": DIGEST, "decision": "approve"})
    assert f"approved: publish of {TASK} (9f86d081884c)" in ended.out


def test_yes_is_said_to_the_one_thing_that_is_asked_now(wrenchai: Shell) -> None:
    wrenchai.gateway.answers.extend([*asked(an_approval(need=2)), ACCEPTED])
    ended = wrenchai("approve", TASK, "--yes")
    assert wrenchai.sent["digest"] == DIGEST
    assert "1 more must agree" in ended.out


def test_a_change_says_yes_to_other_inputs(wrenchai: Shell, tmp_path: Path) -> None:
    (tmp_path / "inputs.json").write_text('{"branch": "stage"}')
    wrenchai.gateway.answers.extend([*asked(an_approval()), ACCEPTED])
    wrenchai(
        "approve", TASK, "--digest", DIGEST[:8], "--change", f"@{tmp_path / 'inputs.json'}", "--reason", "first there"
    )
    assert wrenchai.sent == {
        "step": "publish",
        "digest": DIGEST,
        "decision": "change",
        "change": {"branch": "stage"},
        "reason": "first there",
    }


def test_a_no_is_said_to_exactly_that_too(wrenchai: Shell) -> None:
    wrenchai.gateway.answers.extend([*asked(an_approval()), ACCEPTED])
    ended = wrenchai("reject", TASK, "--digest", DIGEST[:8])
    assert (wrenchai.sent["decision"], "rejected: publish" in ended.out) == ("reject", True)


@pytest.mark.parametrize(("digest", "code"), [("9f86d08", USAGE), ("nonsense", USAGE), ("00000000", REFUSED)])
def test_a_digest_that_is_too_short_or_is_not_asked_now_decides_nothing(
    wrenchai: Shell, digest: str, code: int
) -> None:
    wrenchai.gateway.answers.extend(asked(an_approval()))
    assert wrenchai("approve", TASK, "--digest", digest).code == code
    assert [request["method"] for request in wrenchai.gateway.asked] == ["GET", "GET"]


@pytest.mark.parametrize("words", [("--yes",), ("--digest", DIGEST[:8])])
def test_a_word_that_could_mean_several_decides_nothing(wrenchai: Shell, words: tuple[str, ...]) -> None:
    wrenchai.gateway.answers.extend(asked(an_approval(), an_approval("push", OTHER)))
    ended = wrenchai("approve", TASK, *words)
    assert (ended.code, "publish (9f86d081884c), push (9f86d081884d)" in ended.err) == (USAGE, True)
    assert [request["method"] for request in wrenchai.gateway.asked] == ["GET", "GET"]


def test_where_nothing_waits_for_approval_the_state_is_named(wrenchai: Shell) -> None:
    times = {"created_at": MOMENT, "updated_at": MOMENT, "created_position": 1, "position": 2, "progress": 0.1}
    task = {"task_id": TASK, "tenant": "default", "status": "running", "playbook": "book", "description": "", **times}
    wrenchai.gateway.answers.extend([*asked(), (200, task)])
    ended = wrenchai("approve", TASK, "--yes")
    assert (ended.code, f"{TASK} is running, and nobody is asked to agree to it" in ended.words) == (REFUSED, True)


def test_the_inbox_names_what_is_asked_and_its_digest(wrenchai: Shell) -> None:
    wrenchai.gateway.answers.append((200, {"items": [an_approval(need=2)], "position": 9}))
    ended = wrenchai("approvals")
    assert f"{TASK} publish 9f86d081884c 0 of 2" in ended.words
    assert "Push the site" in ended.out


# --- answer ----------------------------------------------------------------------------------------------


def test_without_an_answer_the_form_is_shown_with_the_command(wrenchai: Shell) -> None:
    wrenchai.gateway.answers.append(a_context(waits=[a_question()]))
    ended = wrenchai("answer", TASK)
    assert ended.code == USAGE
    assert "ask asks: Which colour?" in ended.out
    assert 'colour "green" or "red" needed Of the header.' in ended.words
    assert f"to answer: wrenchai answer {TASK} ask --field colour=VALUE" in ended.words


def test_fields_are_read_as_the_form_asks_for_them(wrenchai: Shell) -> None:
    wrenchai.gateway.answers.extend([a_context(waits=[a_question()]), ACCEPTED])
    ended = wrenchai("answer", TASK, "ask", "--field", "colour=7", "--field", "width=7")
    assert (ended.code, wrenchai.sent) == (OK, {"step": "ask", "answer": {"colour": "7", "width": 7}})


def test_where_several_steps_ask_one_must_be_named(wrenchai: Shell) -> None:
    wrenchai.gateway.answers.append(a_context(waits=[a_question(), a_question(step="other")]))
    ended = wrenchai("answer", TASK, "--field", "colour=red")
    assert (ended.code, "name one: ask, other" in ended.err) == (USAGE, True)


def test_where_nothing_is_asked_the_state_is_named(wrenchai: Shell) -> None:
    wrenchai.gateway.answers.append(a_context())
    ended = wrenchai("answer", TASK)
    assert (ended.code, f"{TASK} asks nothing now; it is waiting: ask asks" in ended.words) == (REFUSED, True)


# --- looking ---------------------------------------------------------------------------------------------


def test_the_context_says_what_is_known_what_waits_and_what_is_allowed(wrenchai: Shell) -> None:
    wrenchai.gateway.answers.append(a_context(waits=[a_question()]))
    shown = wrenchai("context", TASK).words
    for fact in (
        "ask asks, and waits for the answer: Which colour?", f"wrenchai answer {TASK} ask --field colour=VALUE",
        'input title = "Mine"', 'output build = {"url": "x"}', "spent calls 10 of 10", "cancel, approve, reject",
    ):  # fmt: skip
        assert fact in shown


def test_a_list_of_tasks_says_what_those_that_wait_need_and_asks_no_more_than_that(wrenchai: Shell) -> None:
    times = {"created_at": MOMENT, "updated_at": MOMENT, "created_position": 1, "position": 2, "progress": 0.1}
    task = {"tenant": "default", "playbook": "book", "description": "", "message": "paused: lunch", **times}
    items = [
        {"task_id": TASK, "status": "waiting", **task},
        {"task_id": "book_00000001", "status": "paused", **task},
        {"task_id": "book_00000002", "status": "running", **task},
    ]
    page = (200, {"items": items, "position": 9})
    wrenchai.gateway.answers.extend([page, a_context(waits=[a_question()]), page])
    shown = wrenchai("tasks").words
    assert f"{TASK}: ask asks, and waits for the answer: Which colour?" in shown
    assert f"wrenchai answer {TASK} ask --field colour=VALUE" in shown
    assert "book_00000001: paused: lunch wrenchai resume book_00000001" in shown
    assert len(wrenchai.gateway.asked) == 2
    wrenchai("tasks", "--json")
    assert len(wrenchai.gateway.asked) == 3


# --- schedules -------------------------------------------------------------------------------------------

PLAYBOOK = (
    200,
    {
        "digest": "e" * 64,
        "playbook": {"name": "book", "steps": [{"id": "a", "tool": "noop"}], "inputs": {"properties": {"title": {}}}},
    },
)
SCHEDULE = {"playbook": "book", "cron": "30 2 * * *", "zone": "Europe/Vienna", "inputs": {"title": "Mine"}}
NIGHTLY = {"name": "nightly", "schedule": SCHEDULE, "set_at": MOMENT, "next_due": MOMENT, "position": 4}


def test_a_schedule_is_set_with_its_inputs_and_then_shown(wrenchai: Shell) -> None:
    changed = (200, {"name": "nightly", "position": 4})
    wrenchai.gateway.answers.extend([PLAYBOOK, changed, (200, NIGHTLY)])
    ended = wrenchai(
        "schedules", "set", "nightly", "book", "30 2 * * *", "--zone", "Europe/Vienna", "--set", "title=Mine",
        "--catch-up", "5m",
    )  # fmt: skip
    assert ended.code == OK
    put = wrenchai.gateway.asked[1]
    assert (put["method"], put["body"]) == ("PUT", {**SCHEDULE, "catch_up": 300.0})
    assert "when 30 2 * * * in Europe/Vienna" in ended.words


def test_schedules_are_listed_with_their_next_moment(wrenchai: Shell) -> None:
    wrenchai.gateway.answers.append((200, {"items": [{**NIGHTLY, "paused": True}], "position": 9}))
    assert "nightly ‖ paused book 30 2 * * * Europe/Vienna 2026-01-01" in wrenchai("schedules").words


def test_a_backfill_says_how_many_moments_it_makes_up_for(wrenchai: Shell) -> None:
    wrenchai.gateway.answers.append((200, {"name": "nightly", "position": 4, "moments": 3}))
    ended = wrenchai("schedules", "backfill", "nightly", "--from", "2026-11-01T00:00:00+0000", "--to", "2026-11-03")
    assert (ended.code, "3 moments are made up for" in ended.out) == (OK, True)
    assert wrenchai.sent["from"] == "2026-11-01T00:00:00Z"


@pytest.mark.parametrize(("word", "method"), [("pause", "POST"), ("resume", "POST"), ("delete", "DELETE")])
def test_a_schedule_rests_goes_on_and_ends(wrenchai: Shell, word: str, method: str) -> None:
    wrenchai.gateway.answers.append((200, {"name": "nightly", "position": 4}))
    assert wrenchai("schedules", word, "nightly", "--reason", "holidays").code == OK
    asked = wrenchai.gateway.asked[-1]
    assert (asked["method"], asked["body"]) == (method, {"reason": "holidays"})


def test_an_effect_in_doubt_is_listed_with_its_key(wrenchai: Shell) -> None:
    effect = {
        "key": f"{TASK}/publish/push", "task_id": TASK, "journey": "publish", "step": "push", "tool": "site.push",
        "target": "https://example.org", "digest": DIGEST, "attempt": 1, "state": "in_doubt", "position": 4,
        "claimed_at": MOMENT,
    }  # fmt: skip
    wrenchai.gateway.answers.append((200, {"items": [effect], "position": 9}))
    shown = wrenchai("effects").words
    assert f"{TASK}/publish/push site.push 1" in shown
    assert "wrenchai effects resolve KEY" in shown


# --- following -------------------------------------------------------------------------------------------


def a_paused_run() -> Recording:
    """Paused while its step runs, which then comes to its end."""
    run = Recording().requested().planned().dispatched(0.1, "build").started(0.2, "build", "build")
    run.event(1, "TaskPaused").completed(2, "build", "build", took=1.0)
    return run.event(2, "JourneyPaused", "build", journey="build", step="build", why="paused")


def a_view(status: str, position: int) -> tuple[int, dict[str, Any]]:
    times = {"created_at": MOMENT, "updated_at": MOMENT, "created_position": 1, "position": position}
    task = {"task_id": TASK, "tenant": "default", "status": status, "playbook": "book", "description": "", **times}
    return 200, {**task, "progress": 0.5}


def told_live(wrenchai: Shell, run: Recording, *more: str) -> None:
    wrenchai.gateway.calls.append([*(frame.model_dump_json() for frame in run.frames), *more])


def test_a_pause_that_is_followed_returns_once_nothing_of_the_task_runs(wrenchai: Shell) -> None:
    run = a_paused_run()
    wrenchai.gateway.answers.extend([(202, {"task_id": TASK, "position": 5}), a_view("paused", len(run.frames))])
    told_live(wrenchai, run)
    ended = wrenchai("pause", TASK, "--follow")
    assert ended.code == OK
    assert f"paused; go on with: wrenchai resume {TASK}" in ended.out
    assert wrenchai.gateway.asked[-1]["query"] == "min_position=6"


@pytest.mark.parametrize(
    ("words", "end", "code"),
    [
        (("cancel", TASK), "cancelled", OK),
        (("cancel", TASK), "completed", OK),
        (("resume", TASK), "completed", OK),
        (("resume", TASK), "cancelled", FAILED),
        (("retry", TASK, "build"), "failed", FAILED),
    ],
)
def test_the_exit_code_of_what_is_followed_says_whether_it_ended_as_was_asked(
    wrenchai: Shell, words: tuple[str, ...], end: str, code: int
) -> None:
    run = Recording().requested()
    wrenchai.gateway.answers.extend([ACCEPTED, a_view(end, 1)])
    told_live(wrenchai, run, EndFrame(task_id=TASK, status=TaskStatus(end), position=1).model_dump_json())
    ended = wrenchai(*words, "--follow")
    assert (ended.code, "ended as  " in ended.out) == (code, True)
