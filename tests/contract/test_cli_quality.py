"""What `wrenchai quality` and `wrenchai verdict` ask, show and exit with, against a server that is told what to say."""

import json
from collections.abc import Iterator
from typing import Any

import pytest
from pydantic import BaseModel
from wrenchai_contracts.commands import OtherCosts
from wrenchai_contracts.envelope import unseal
from wrenchai_contracts.quality_views import AuditPage, AuditView
from wrenchai_gateway.quality.calibration import calibration_view
from wrenchai_gateway.quality.condition import health_view
from wrenchai_gateway.quality.decisions import decisions_of
from wrenchai_gateway.quality.drift import drift_view
from wrenchai_gateway.quality.judges import judges_view
from wrenchai_gateway.quality.known import Known
from wrenchai_gateway.quality.recommending import recommendations_view
from wrenchai_gateway.quality.task_story import TaskStory
from wrenchai_gateway.quality.tools import tools_view
from wrenchai_gateway.quality.what_if import WhatIf

from tests.contract.test_cli_controls import Ended, Shell
from tests.learnt_stream import TENANT, LearntStream
from tests.made_up_log import MadeUpLog
from tests.samples import AT
from tests.scripted_gateway import Gateway, serving
from tests.unit.quality.judged_story import TASK, judged_task, spoken_of
from wrenchai.cli.exit_codes import OK, REFUSED, USAGE

OFFERED = [
    [{"name": tool, "role": "writer", "tool": tool, "playbook": "docs", "pair": ""} for tool in ("hasty", "careful")]
]
NOTHING = "nothing was judged yet: run a playbook whose tools measure something"
AN_AUDIT = AuditView(
    task_id=TASK, step="write~2", wants="escalation", playbook="book", quality=0.7, interval=(0.4, 0.9),
    decision="escalate", at=AT, position=7,
)  # fmt: skip


@pytest.fixture
def wrenchai(capsys: pytest.CaptureFixture[str], monkeypatch: pytest.MonkeyPatch) -> Iterator[Shell]:
    told = Gateway()
    with serving(told):
        for name, value in (("WRENCHAI_URL", told.url), ("WRENCHAI_ACTOR", "ann"), ("COLUMNS", "200")):
            monkeypatch.setenv(name, value)
        yield Shell(told, capsys)


@pytest.fixture(scope="module")
def known() -> Known:
    """What three hundred results have taught."""
    known = Known(TENANT)
    known.fold(LearntStream().results(300).rows)
    return known


@pytest.fixture(scope="module")
def story() -> TaskStory:
    """A judged task, and a word on it."""
    story = TaskStory(TASK)
    for place, sealed in enumerate(spoken_of(judged_task(MadeUpLog())).sealed, 1):
        story.note(unseal(place, sealed.state))
    return story


def asked(wrenchai: Shell, view: BaseModel, *words: str) -> Ended:
    """The command's end, where the gateway answers with `view`."""
    wrenchai.gateway.answers.append((200, view.model_dump(mode="json")))
    return wrenchai(*words)


def what_if(stream: LearntStream, **costs: float) -> WhatIf:
    replayed = WhatIf(TENANT, OtherCosts(**costs))
    replayed.fold(stream.rows)
    return replayed


def empty(page: str) -> BaseModel:
    known = Known(TENANT)
    views: dict[str, BaseModel] = {
        "tools": tools_view(known, 0.9, "rate"),
        "judges": judges_view(known),
        "calibration": calibration_view(known),
        "decisions": decisions_of([], 0),
        "audits": AuditPage(items=(), position=0),
        "drift": drift_view(known),
        "recommend": recommendations_view(known, []),
        "health": health_view(known),
        "what-if": WhatIf(TENANT, OtherCosts()).view,
    }
    return views[page]


PAGES = ("tools", "judges", "calibration", "decisions", "audits", "drift", "recommend", "health", "what-if")


@pytest.mark.parametrize("page", PAGES)
def test_every_page_has_something_to_say_before_anything_was_judged(wrenchai: Shell, page: str) -> None:
    ended = asked(wrenchai, empty(page), "quality", page)
    assert (ended.code, ended.err) == (OK, "")
    helps = (NOTHING, "nothing was judged yet", "nobody's word is wanted", "nothing was offered together yet")
    assert any(help_ in ended.words for help_ in helps)


@pytest.mark.parametrize("page", PAGES)
def test_every_page_is_told_to_programs_as_the_gateway_tells_it(wrenchai: Shell, page: str) -> None:
    view = empty(page)
    ended = asked(wrenchai, view, "quality", page, "--json")
    assert (ended.code, json.loads(ended.out)) == (OK, view.model_dump(mode="json"))


def test_tools_are_shown_with_bars_the_worst_first(wrenchai: Shell, known: Known) -> None:
    ended = asked(wrenchai, tools_view(known, 0.8, "rate"), "quality", "tools", "--slo", "0.8", "--usage")
    assert wrenchai.gateway.asked[-1]["query"] == "slo=0.8&sort=rate"
    assert ended.out.index("hasty") < ended.out.index("careful")
    assert "P(rate >= 0.8)" in ended.out
    assert "●" in ended.out
    assert "90 % of runs" in ended.out
    assert "uncalibrated" not in ended.out
    early = tools_view(known, 0.8, "rate").model_copy(update={"calibrated": False})
    assert "uncalibrated: these are what judges say" in asked(wrenchai, early, "quality", "tools").words


def test_judges_are_shown_with_what_they_tell_and_whether_they_are_useful(wrenchai: Shell, known: Known) -> None:
    ended = asked(wrenchai, judges_view(known), "quality", "judges")
    assert "links.check@1" in ended.out
    assert "P(useful)" in ended.out
    coin = judges_view(known).items[0].model_copy(update={"useful": 0.3, "judge": "coin"})
    ended = asked(wrenchai, judges_view(known).model_copy(update={"items": (coin,)}), "quality", "judges")
    assert "coin adds next to nothing: P(useful) = 0.30" in ended.words


def test_calibration_is_shown_in_words_in_bins_and_by_audits(wrenchai: Shell, known: Known) -> None:
    ended = asked(wrenchai, calibration_view(known), "quality", "calibration")
    assert ended.out.startswith("calibrated: people have confirmed")
    assert "people who were asked:" in ended.out
    assert "all that it decided by itself" in ended.out
    assert "it alone says" in ended.out


def test_decisions_are_shown_with_what_they_were_expected_to_cost_and_have_cost(wrenchai: Shell) -> None:
    row = {
        "week": "2026-11-23", "decision": "accept", "count": 40, "expected": 31.5, "asked": 3, "verdicts": 4, "bad": 1,
        "expected_of_these": 3.1, "false_accepts": 10.0,
    }  # fmt: skip
    ended = asked(wrenchai, decisions_of([row], 9), "quality", "decisions", "--weeks", "4")
    assert wrenchai.gateway.asked[-1]["query"] == "weeks=4"
    line = next(line.split() for line in ended.out.splitlines() if line.startswith("accept"))
    assert line == ["accept", "40", "31.5", "4", "1", "3.1", "10.0"]
    assert "ask another judge" in ended.out


def test_results_that_want_a_word_are_listed_page_by_page_with_what_to_type(wrenchai: Shell) -> None:
    first = AuditPage(items=(AN_AUDIT,), next_cursor="7", position=9)
    second = AuditPage(items=(AN_AUDIT.model_copy(update={"step": None, "wants": "audit"}),), position=9)
    wrenchai.gateway.answers += [(200, page.model_dump(mode="json")) for page in (first, second)]
    ended = wrenchai("quality", "audits")
    assert wrenchai.gateway.asked[-1]["query"] == "cursor=7&limit=500"
    assert ended.out.count(TASK) == 2
    assert "it would not decide" in ended.out
    assert "drawn at random" in ended.out
    assert "wrenchai verdict TASK good, or bad" in ended.words


def test_drift_shows_alarms_and_each_tool_week_by_week(wrenchai: Shell, known: Known) -> None:
    ended = asked(wrenchai, drift_view(known), "quality", "drift")
    assert "careful" in ended.out
    assert ended.out.count("2027-02-01") == 2


def test_what_is_recommended_says_how_sure_it_is(wrenchai: Shell, known: Known) -> None:
    ended = asked(wrenchai, recommendations_view(known, OFFERED), "quality", "recommend")
    line = next(line for line in ended.out.splitlines() if "hasty" in line)
    assert line.split()[:4] == ["docs", "writer", "hasty", "careful"]
    assert "recommended" in line


def test_health_shows_the_hash_and_says_where_it_is_not_the_recorded_one(wrenchai: Shell, known: Known) -> None:
    view = health_view(known)
    assert f"every state has the hash that is recorded ({view.digest[:12]})" in asked(wrenchai, view, "quality").words
    wrong = view.model_copy(update={"differences": 2, "first_differences": ("version 7: P is 0.5 now",)})
    ended = asked(wrenchai, wrong, "quality", "health")
    assert "2 events fold to something else than what is recorded" in ended.words
    assert "version 7: P is 0.5 now" in ended.words


def test_what_if_asks_with_the_costs_given_and_shows_what_would_change(wrenchai: Shell) -> None:
    view = what_if(LearntStream().results(120), false_accept=40.0).view
    ended = asked(wrenchai, view, "quality", "what-if", "--false-accept", "40", "--since", "7d")
    assert wrenchai.sent == {"costs": {"false_accept": 40.0}, "since": 604800.0}
    assert f"with false accept 40: {view.changed} of {view.decisions} decisions would have been others" in ended.words
    assert "accept ask a person" in ended.words
    assert "what would have followed is not imagined" in ended.words


def test_a_time_that_is_none_is_refused_before_anything_is_asked(wrenchai: Shell) -> None:
    ended = wrenchai("quality", "what-if", "--since", "7x")
    assert (ended.code, wrenchai.gateway.asked) == (REFUSED, [])
    assert "'7x' is no duration and no moment; write for example 12h, 7d" in ended.words


def test_a_task_is_shown_with_every_judgement_in_its_order(wrenchai: Shell, story: TaskStory) -> None:
    ended = asked(wrenchai, story.view(None), "quality", "show", TASK)
    results = [line.split()[0] for line in ended.out.splitlines() if "●" in line]
    assert results == ["write", "write~2", "write~2", "the"]
    assert "ann: bad, 85 % -> 15 %" in ended.words
    assert "ask another judge (deep)" in ended.out
    assert f"wrenchai quality explain {TASK}/write~2" in ended.out
    assert "write: noop was drawn; offered were noop 70 % (drawn with 50 %)" in ended.words


def test_a_task_of_which_nothing_was_judged_says_so(wrenchai: Shell) -> None:
    assert (
        f"nothing of {TASK} was judged yet"
        in asked(wrenchai, TaskStory(TASK).view(None), "quality", "show", TASK).words
    )


@pytest.mark.parametrize(
    ("words", "path", "query"),
    [
        ((TASK,), f"{TASK}", ""),
        ((f"{TASK}/write~2",), f"{TASK}/write~2", ""),
        ((f"{TASK}/write~2", "--go", "1"), f"{TASK}/write~2", "go=1"),
    ],
)
def test_one_judgement_is_explained_by_every_term(
    wrenchai: Shell, story: TaskStory, words: tuple[str, ...], path: str, query: str
) -> None:
    view = story.evaluation(None)
    assert view is not None
    ended = asked(wrenchai, view, "quality", "explain", *words)
    sent = wrenchai.gateway.asked[-1]
    assert (sent["path"], sent["query"]) == (f"/api/v1/quality/evaluations/{path}", query)
    assert "base +1.20" in ended.words
    assert "+3.9 dB" in ended.words
    assert "1.50 accept" in ended.words
    assert "no: people have confirmed too few of its judgements" in ended.words


def test_what_was_not_judged_is_refused_with_what_was(wrenchai: Shell) -> None:
    problem: dict[str, Any] = {
        "type": "urn:wrenchai:problem:not-judged", "title": "Not judged yet", "status": 409,
        "detail": f"step x of task {TASK} was not judged yet; judged are: write, the whole",
        "task_id": TASK, "step": "x", "judged": ["write", "the whole"],
    }  # fmt: skip
    wrenchai.gateway.answers += [(409, problem), (409, problem)]
    for words in (("quality", "explain", f"{TASK}/x"), ("verdict", TASK, "good", "--step", "x")):
        ended = wrenchai(*words)
        assert ended.code == REFUSED
        assert "judged are: write, the whole" in ended.words


def taken(**facts: Any) -> tuple[int, dict[str, Any]]:
    word = {"by": "ann", "verdict": "bad", "before": 0.62, "after": 0.05, "at": AT.isoformat()}
    return 200, {"task_id": TASK, "step": None, "position": 9, "replayed": False, "word": word} | facts


def test_a_verdict_is_sent_with_its_reason_and_says_what_it_changed(wrenchai: Shell) -> None:
    wrenchai.gateway.answers.append(taken(step="write"))
    ended = wrenchai("verdict", TASK, "bad", "--step", "write", "--reason", "it is off the point")
    sent = wrenchai.gateway.asked[-1]
    assert (sent["path"], wrenchai.sent) == (
        f"/api/v1/tasks/{TASK}/verdicts",
        {"step": "write", "verdict": "bad", "reason": "it is off the point"},
    )
    assert (sent["headers"]["actor"], sent["headers"]["prefer"]) == ("ann", "wait=10")
    assert ended.out.strip() == f"write of {TASK} is bad: 62 % -> 5 %"


def test_a_verdict_that_the_inspector_has_not_answered_is_told_as_recorded(wrenchai: Shell) -> None:
    wrenchai.gateway.answers.append(taken(word=None))
    assert "is recorded; the inspector has not answered yet" in wrenchai("verdict", TASK, "bad").words


def test_a_verdict_is_good_or_bad(wrenchai: Shell) -> None:
    assert wrenchai("verdict", TASK, "splendid").code == USAGE
    assert wrenchai.gateway.asked == []
