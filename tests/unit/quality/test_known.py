"""What was learnt, folded by the gateway as the inspector folded it; and what is counted besides."""

from datetime import timedelta

import pytest
from pydantic_core import from_json, to_json
from wrenchai_chassis.log import Stored
from wrenchai_contracts.events import InspectorPriorRefreshed, InspectorPriorRefused
from wrenchai_gateway.quality.condition import health_view
from wrenchai_gateway.quality.drift import drift_view
from wrenchai_gateway.quality.known import Known, week_of
from wrenchai_judgement.context import Spreads

from tests.learnt_stream import STREAM, TENANT, LearntStream


def known_of(stream: LearntStream) -> Known:
    known = Known(TENANT)
    known.fold(stream.rows)
    return known


@pytest.fixture(scope="module")
def stream() -> LearntStream:
    """Three hundred results, most of them gated steps or wholes in turn."""
    made = LearntStream()
    for number in range(300):
        made.result(step="write" if number % 3 == 0 else None)
    return made


def test_every_state_has_the_hash_that_the_inspector_recorded(stream: LearntStream) -> None:
    known = known_of(stream)
    assert (known.knowledge.digest, known.differences) == (stream.knowledge.digest, 0)
    assert (known.version, known.position) == (len(stream.rows), stream.rows[-1].position)


@pytest.mark.parametrize("cut", [1, 7, 100])
def test_it_is_the_same_however_the_stream_is_cut_into_parts(stream: LearntStream, cut: int) -> None:
    whole, parts = known_of(stream), Known(TENANT)
    for start in range(0, len(stream.rows), cut):
        parts.fold(stream.rows[start : start + cut])
    assert parts.knowledge.digest == whole.knowledge.digest
    assert parts.ledger == whole.ledger
    assert parts.trends == whole.trends


def test_an_event_that_folds_to_something_else_is_named_once_and_the_rest_is_told_apart_from_it() -> None:
    stream = LearntStream().results(20)
    rows = stream.rows
    changed = from_json(rows[7].state)
    changed["data"]["after"] = "0" * 64
    rows[7] = rows[7]._replace(state=to_json(changed))
    known = Known(TENANT)
    known.fold(rows)
    health = health_view(known)
    assert health.differences == 2
    assert [said.partition(":")[0] for said in health.first_differences] == ["version 8", "version 9"]


def test_an_event_of_a_newer_release_is_a_difference_and_no_end() -> None:
    stream = LearntStream().results(3)
    last = stream.rows[-1]
    odd = Stored(last.position + 1, STREAM, last.version + 1, "Unheard", TENANT, b'{"type": "Unheard"}')
    known = Known(TENANT)
    known.fold([*stream.rows, odd])
    assert (known.version, known.differences) == (last.version + 1, 1)


def test_a_refusal_is_told_until_the_next_refresh() -> None:
    stream = LearntStream().results(5)
    assert health_view(known_of(stream)).refresh is None
    digest = stream.knowledge.digest
    stream.record(STREAM, InspectorPriorRefused(watermark=4, reason="R-hat is 1.2", state=digest))
    refused = health_view(known_of(stream))
    assert refused.refused is not None
    assert (refused.refused.reason, refused.behind) == ("R-hat is 1.2", refused.version - 4)
    stream.knowledge.respread(Spreads())
    facts = {"watermark": 5, "outcomes": 5, "spreads": Spreads()._asdict(), "concentration": 8.0, "effects": {}}
    figures = {"draws": 500, "chains": 2, "seed": 1, "rhat": 1.01, "ess": 400.0, "divergences": 0, "seconds": 9.0}
    refresh = InspectorPriorRefreshed(**facts, **figures, before=digest, after=stream.knowledge.digest)
    stream.record(STREAM, refresh)
    refreshed = health_view(known_of(stream))
    assert refreshed.refresh is not None
    assert (refreshed.refresh.rhat, refreshed.refused, refreshed.differences) == (1.01, None, 0)


def test_each_tool_has_a_rate_for_every_week_and_one_for_now(stream: LearntStream) -> None:
    view = drift_view(known_of(stream))
    weeks = [one.week for one in view.weeks if one.tool == "careful"]
    assert weeks == sorted(set(weeks))
    assert len(weeks) == (stream.now - stream.now.replace(year=2026, month=11, day=23)).days // 7 + 1
    assert {one.tool for one in view.weeks} == {"careful", "hasty"}
    assert all(one.interval[0] <= one.mean <= one.interval[1] for one in view.weeks)


def test_a_week_begins_on_monday(stream: LearntStream) -> None:
    assert all(week_of(stream.now + timedelta(days=day)).weekday() == 0 for day in range(7))


def test_another_version_of_a_tool_is_told_with_its_moment() -> None:
    stream = LearntStream().results(4)
    work = stream.judged[-1][2].assessment
    assert work is not None
    stream.result(work=work.work.model_copy(update={"version": "2"}))
    (renewed,) = known_of(stream).ledger.renewed
    assert (renewed.tool, renewed.version, renewed.at) == (work.work.tool, "2", stream.judged_at[-1])
