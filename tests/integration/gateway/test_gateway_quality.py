"""Quality over REST, against a real log, a real view and a real bus."""

from collections.abc import AsyncIterator, Sequence
from typing import Any

import pytest
import pytest_asyncio
from wrenchai_contracts.envelope import Sealed
from wrenchai_contracts.judgement_views import EvaluationView, TaskQualityView
from wrenchai_contracts.quality_views import (
    AuditPage,
    CalibrationView,
    DecisionsView,
    DriftView,
    JudgesView,
    QualityHealthView,
    RecommendationsView,
    ToolsView,
    WhatIfView,
)
from wrenchai_contracts.shape import Frozen

from tests.gateway_in_process import GatewayInProcess
from tests.learnt_stream import STREAM, LearntStream
from tests.made_up_log import MadeUpLog
from tests.unit.quality.judged_story import TASK, judged_task, spoken_of

QUALITY = "/api/v1/quality"


async def append(gateway: GatewayInProcess, sealed: Sequence[Sealed]) -> int:
    """Record what a worker or the inspector would have recorded; the position of the last."""
    end = await gateway.gateway.runtime.log.append(sealed)
    await gateway.gateway.runtime.bus.ring([])
    return end


@pytest_asyncio.fixture
async def asked(gateway: GatewayInProcess) -> AsyncIterator[GatewayInProcess]:
    """A gateway of a tenant whose inspector has learnt from sixty results; one task of its stands in the log."""
    await append(gateway, [one for one in LearntStream().results(60).sealed if one.stream == STREAM])
    yield gateway


async def answer(gateway: GatewayInProcess, path: str, **query: Any) -> Any:
    response = await gateway.client.get(f"{QUALITY}/{path}", params=query)
    assert response.status_code == 200, response.text
    return response


async def test_all_judgements_of_a_task_are_shown_with_what_it_waited_for(gateway: GatewayInProcess) -> None:
    end = await append(gateway, spoken_of(judged_task(MadeUpLog())).sealed)
    view = TaskQualityView.model_validate_json((await answer(gateway, f"tasks/{TASK}", min_position=end)).content)
    assert [one.step for one in view.evaluations] == ["write", "write~2", "write~2", None]
    assert [word.by for word in view.evaluations[-1].words] == ["ann"]
    assert view.bottlenecks is not None
    assert {one.journey for one in view.bottlenecks.steps} == {
        "write", "write~2", "contest.one", "contest.two", "contest.referee",
    }  # fmt: skip
    assert view.position == end


async def test_one_judgement_is_explained_by_its_task_and_step(gateway: GatewayInProcess) -> None:
    await append(gateway, judged_task(MadeUpLog()).sealed)
    whole = EvaluationView.model_validate_json((await answer(gateway, f"evaluations/{TASK}")).content)
    step = EvaluationView.model_validate_json((await answer(gateway, f"evaluations/{TASK}/write~2")).content)
    first = EvaluationView.model_validate_json((await answer(gateway, f"evaluations/{TASK}/write~2", go=1)).content)
    assert (whole.step, step.step, step.decision, first.decision) == (None, "write~2", "accept", "ask_judge")
    assert whole.line.startswith("base 77 %, role writer +2, tool noop -5")
    assert [term.name for term in whole.terms] == ["base", "role:writer", "tool:noop", "unsure"]
    assert len(whole.density.logits if whole.density else ()) == 41


async def test_what_was_not_judged_is_refused_with_what_was(gateway: GatewayInProcess) -> None:
    await append(gateway, judged_task(MadeUpLog()).sealed)
    response = await gateway.client.get(f"{QUALITY}/evaluations/{TASK}/contest.one")
    assert (response.status_code, response.json()["type"]) == (409, "urn:wrenchai:problem:not-judged")
    assert response.json()["judged"] == ["write", "write~2", "the whole"]
    unknown = await gateway.client.get(f"{QUALITY}/tasks/task_0000000000")
    assert (unknown.status_code, unknown.json()["type"]) == (404, "urn:wrenchai:problem:unknown-task")


@pytest.mark.parametrize(
    ("path", "shape"),
    [
        ("tools", ToolsView),
        ("judges", JudgesView),
        ("calibration", CalibrationView),
        ("decisions", DecisionsView),
        ("audits", AuditPage),
        ("drift", DriftView),
        ("recommendations", RecommendationsView),
        ("health", QualityHealthView),
    ],
)
async def test_every_question_has_an_answer_before_anything_was_judged_and_after(
    gateway: GatewayInProcess, path: str, shape: type[Frozen]
) -> None:
    before = shape.model_validate_json((await answer(gateway, path)).content)
    end = await append(gateway, LearntStream().results(30).sealed)
    response = await answer(gateway, path, min_position=end)
    after = shape.model_validate_json(response.content)
    assert response.headers["wrenchai-position"] == str(getattr(after, "position", None))
    assert after != before


async def test_what_is_learnt_later_is_in_the_next_answer_and_every_hash_is_right(asked: GatewayInProcess) -> None:
    stream = LearntStream().results(60)
    known = len([one for one in stream.sealed if one.stream == STREAM])
    health = QualityHealthView.model_validate_json((await answer(asked, "health")).content)
    assert (health.version, health.digest, health.differences) == (known, stream.knowledge.digest, 0)
    assert health.lag is None, "no inspector is at work here"
    stream.results(15)
    await append(asked, [one for one in stream.sealed if one.stream == STREAM][known:])
    later = QualityHealthView.model_validate_json((await answer(asked, "health")).content)
    assert (later.digest, later.differences, later.results) == (stream.knowledge.digest, 0, 75)


async def test_tools_are_sorted_and_held_against_the_rate_that_is_wanted(asked: GatewayInProcess) -> None:
    strict = ToolsView.model_validate_json((await answer(asked, "tools", slo=0.95, sort="reaches")).content)
    kind = ToolsView.model_validate_json((await answer(asked, "tools", slo=0.3)).content)
    assert strict.slo == 0.95
    lenient = {(row.kind, row.name): row.reaches for row in kind.items}
    assert all(row.reaches < lenient[row.kind, row.name] for row in strict.items)
    assert (await asked.client.get(f"{QUALITY}/tools", params={"sort": "luck"})).status_code == 422
    assert (await asked.client.get(f"{QUALITY}/tools", params={"slo": 1.0})).status_code == 422


async def test_results_want_a_word_until_somebody_has_spoken_page_by_page(gateway: GatewayInProcess) -> None:
    log = judged_task(MadeUpLog())
    end = await append(gateway, log.sealed)
    page = AuditPage.model_validate_json((await answer(gateway, "audits", min_position=end)).content)
    assert [(one.task_id, one.step, one.wants) for one in page.items] == [(TASK, None, "audit")]
    assert page.next_cursor is None
    beyond = AuditPage.model_validate_json(
        (await answer(gateway, "audits", cursor=str(page.items[0].position))).content
    )
    assert beyond.items == ()
    end = await append(gateway, spoken_of(log).sealed[-1:])
    spoken = AuditPage.model_validate_json((await answer(gateway, "audits", min_position=end)).content)
    assert spoken.items == ()


async def test_decisions_are_counted_with_what_was_expected_and_what_people_say_they_cost(
    gateway: GatewayInProcess,
) -> None:
    end = await append(gateway, spoken_of(judged_task(MadeUpLog())).sealed)
    view = DecisionsView.model_validate_json((await answer(gateway, "decisions", weeks=520, min_position=end)).content)
    (week,) = view.weeks
    assert week.week.isoformat() == "2026-11-23"
    assert {action: one.count for action, one in view.total.items()} == {"accept": 2, "retry": 1, "ask_judge": 1}
    accepted = view.total["accept"]
    assert (accepted.verdicts, accepted.bad, accepted.realised) == (1, 1, 10.0)
    assert accepted.expected_of_these == pytest.approx(1.5)


async def test_tools_that_were_offered_together_are_compared(gateway: GatewayInProcess) -> None:
    stream = LearntStream().results(40)
    story = judged_task(MadeUpLog())
    end = await append(gateway, [*story.sealed, *(one for one in stream.sealed if one.stream == STREAM)])
    now = gateway.gateway.runtime.clock()
    assert abs((now - story.now).days) < 90, "the story's time is too far from this machine's"
    view = RecommendationsView.model_validate_json((await answer(gateway, "recommendations", min_position=end)).content)
    assert {(row.now, row.better) for row in view.items} <= {
        ("noop", "other"),
        ("other", "noop"),
        ("one", "two"),
        ("two", "one"),
    }


async def test_decisions_are_made_anew_with_other_costs_and_nothing_is_recorded(asked: GatewayInProcess) -> None:
    head = await asked.gateway.runtime.log.head()
    response = await asked.client.post(f"{QUALITY}/what-if", json={"costs": {"false_accept": 40}})
    view = WhatIfView.model_validate_json(response.content)
    same = WhatIfView.model_validate_json((await asked.client.post(f"{QUALITY}/what-if")).content)
    assert (same.changed, same.decisions) == (0, view.decisions)
    assert view.changed > 0
    assert view.loss_anew < view.loss_kept
    assert await asked.gateway.runtime.log.head() == head


@pytest.mark.parametrize(
    ("body", "field"),
    [({"since": "7x"}, "since"), ({"costs": {"retry": -1}}, "costs.retry"), ({"costs": {"coffee": 1}}, "costs.coffee")],
)
async def test_a_what_if_that_means_nothing_is_refused_with_its_field(
    gateway: GatewayInProcess, body: dict[str, Any], field: str
) -> None:
    response = await gateway.client.post(f"{QUALITY}/what-if", json=body)
    assert response.status_code == 422
    assert any(problem["field"].startswith(field) for problem in response.json()["problems"])


async def test_a_position_beyond_the_log_is_refused(gateway: GatewayInProcess) -> None:
    response = await gateway.client.get(f"{QUALITY}/tools", params={"min_position": 2**40})
    assert (response.status_code, response.json()["problems"][0]["field"]) == (422, "min_position")


async def test_questions_need_the_key(gateway: GatewayInProcess) -> None:
    response = await gateway.client.get(f"{QUALITY}/tools", headers={"Authorization": "Bearer another"})
    assert response.status_code == 401
