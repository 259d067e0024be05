"""Recorded decisions made anew with other costs."""

from datetime import timedelta

import pytest
from wrenchai_contracts.commands import AskWhatIf, OtherCosts
from wrenchai_contracts.quality_views import WhatIfView
from wrenchai_gateway.quality.what_if import MOST_EXAMPLES, WhatIf

from tests.learnt_stream import TENANT, LearntStream

DECISIONS = ("accept", "retry", "escalate", "reject", "ask_judge")


@pytest.fixture(scope="module")
def stream() -> LearntStream:
    """Four hundred results of wholes and gated steps, with the words of people between them."""
    made = LearntStream(seed=11)
    for number in range(400):
        made.result(step="write" if number % 2 else None)
    return made


def asked(stream: LearntStream, since: timedelta | None = None, **costs: float) -> WhatIfView:
    what_if = WhatIf(TENANT, OtherCosts(**costs), None if since is None else stream.now - since)
    for start in range(0, len(stream.rows), 90):
        what_if.fold(stream.rows[start : start + 90])
    return what_if.view


def test_with_nothing_changed_no_decision_is_another(stream: LearntStream) -> None:
    view = asked(stream)
    assert (view.changed, view.examples) == (0, ())
    assert view.decisions == sum(said.decision != "ask_judge" for *_, said in stream.judged) >= 350
    assert view.loss_kept == view.loss_anew
    assert len(stream.knowledge.judges.tables) >= 2
    assert stream.knowledge.verdicts > 50


def test_the_costs_that_there_were_are_no_change_either(stream: LearntStream) -> None:
    assert asked(stream, false_accept=10.0, retry=1.0, human=3.0).changed == 0


@pytest.mark.parametrize(
    ("costs", "fewer", "more"),
    [
        ({"false_accept": 40.0}, "accept", "escalate"),
        ({"false_accept": 1.0}, "escalate", "accept"),
        ({"human": 0.1}, "accept", "escalate"),
        ({"retry": 50.0}, "retry", "escalate"),
    ],
)
def test_what_costs_more_is_decided_for_less_often(
    stream: LearntStream, costs: dict[str, float], fewer: str, more: str
) -> None:
    view = asked(stream, **costs)
    moved = {(pair.was, pair.now): pair.count for pair in view.matrix}
    assert view.changed == sum(count for (was, now), count in moved.items() if was != now) > 0
    assert moved[fewer, more] > 0
    assert moved.get((more, fewer), 0) == 0


@pytest.mark.parametrize("costs", [{"false_accept": 40.0}, {"false_accept": 1.0}, {"human": 0.1}, {"retry": 50.0}])
def test_deciding_anew_never_expects_to_lose_more(stream: LearntStream, costs: dict[str, float]) -> None:
    view = asked(stream, **costs)
    assert view.loss_anew <= view.loss_kept


def test_only_decisions_since_then_are_asked_about_but_all_are_learnt_from(stream: LearntStream) -> None:
    week = asked(stream, since=timedelta(days=7), false_accept=40.0)
    assert 0 < week.decisions <= 7 * 4 + 1
    assert all(one.at >= stream.now - timedelta(days=7) for one in week.examples)
    assert asked(stream, since=timedelta(days=7)).changed == 0


def test_the_examples_are_those_that_would_have_mattered_most(stream: LearntStream) -> None:
    view = asked(stream, false_accept=40.0)
    saved = [(one.loss_of_was or 0) - (one.loss_of_now or 0) for one in view.examples]
    assert saved == sorted(saved, reverse=True)
    assert len(saved) == min(MOST_EXAMPLES, view.changed)


@pytest.mark.parametrize("since", ["7x", "yesterday", "2026-11-01"])
def test_a_time_that_is_none_is_refused_with_what_to_write(since: str) -> None:
    with pytest.raises(ValueError, match="write for example 12h, 7d or 2026-11-01T00:00:00Z"):
        AskWhatIf.model_validate({"since": since})
