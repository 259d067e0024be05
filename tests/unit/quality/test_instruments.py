"""Tools, judges, calibration and recommendations, from what was learnt."""

from typing import Any

import pytest
from wrenchai_gateway.quality.calibration import calibration_view, needed
from wrenchai_gateway.quality.judges import information, judges_view, upper_half, useful
from wrenchai_gateway.quality.known import Known
from wrenchai_gateway.quality.recommending import recommendations_view
from wrenchai_gateway.quality.tools import Sort, tools_view
from wrenchai_judgement.beta import Beta
from wrenchai_judgement.judges import JudgeTable

from tests.learnt_stream import TENANT, LearntStream


def known_of(stream: LearntStream) -> Known:
    known = Known(TENANT)
    known.fold(stream.rows)
    return known


@pytest.fixture(scope="module")
def known() -> Known:
    """What four hundred results have taught: one tool is careful, the other hasty; a check sees more than a model."""
    return known_of(LearntStream().results(400))


def test_the_worse_tool_stands_first_with_the_rate_that_it_has(known: Known) -> None:
    view = tools_view(known, 0.8, "rate")
    tools = [row for row in view.items if row.kind == "tool"]
    assert [row.name for row in tools] == ["hasty", "careful"]
    hasty, careful = tools
    assert hasty.interval[0] < 0.4 < hasty.interval[1]
    assert careful.interval[0] < 0.9 < careful.interval[1]
    assert hasty.reaches < 0.1
    assert careful.reaches > 0.5
    assert all(row.interval[0] <= row.half[0] <= row.mean <= row.half[1] <= row.interval[1] for row in view.items)


def test_roles_tools_playbooks_and_pairs_each_count_every_result(known: Known) -> None:
    runs: dict[str, float] = {}
    for row in tools_view(known, 0.9, "name").items:
        runs[row.kind] = runs.get(row.kind, 0.0) + row.runs
    assert set(runs) == {"role", "tool", "playbook", "pair"}
    assert all(count == pytest.approx(400) for count in runs.values())


@pytest.mark.parametrize("sort", ["rate", "name", "runs", "reaches"])
def test_rows_are_sorted_within_their_kind(known: Known, sort: Sort) -> None:
    rows = [row for row in tools_view(known, 0.9, sort).items if row.kind == "playbook"]
    keys: dict[str, Any] = {
        "rate": [row.mean for row in rows],
        "name": [row.name for row in rows],
        "runs": [-row.runs for row in rows],
        "reaches": [row.reaches for row in rows],
    }
    assert keys[sort] == sorted(keys[sort])


def test_what_steps_usually_use_is_told_in_its_own_unit(known: Known) -> None:
    (careful,) = (
        one for one in tools_view(known, 0.9, "rate").habits if one.tool == "careful" and one.playbook == "docs"
    )
    assert careful.measure == "seconds"
    assert careful.interval[0] < careful.usual < careful.interval[1]
    assert careful.usual == pytest.approx(2.7, rel=0.15)


def test_a_check_that_sees_something_is_worth_more_than_a_model_that_sees_little(known: Known) -> None:
    check, model = (
        next(one for one in judges_view(known).items if one.judge == name) for name in ("links.check", "rubric.tone")
    )
    assert check.information > 2 * model.information
    assert check.sensitivity_interval[0] < 0.97 < check.sensitivity_interval[1] + 0.02
    assert (check.scale, check.version, check.family, check.reports) == ("check", "1", "links", 400)
    assert sum(level.good for level in model.levels) == pytest.approx(1.0)
    assert check.with_people.of == known.knowledge.verdicts
    assert check.lately.of == 20


def test_a_judge_that_tosses_a_coin_is_not_useful_and_one_that_knows_is() -> None:
    assert useful("coin", Beta(500, 500), Beta(500, 500)) < 0.01
    assert useful("knows", Beta(90, 10), Beta(80, 20)) > 0.99
    assert 0.2 < useful("perhaps", Beta(60, 40), Beta(50, 50)) < 0.8
    assert information(JudgeTable.counted("check", [5.0, 5.0], [50.0, 50.0])) == pytest.approx(0.0)


@pytest.mark.parametrize(("levels", "cut"), [(2, 1), (5, 3)])
def test_a_judge_calls_a_result_good_from_the_upper_half_of_its_scale_on(levels: int, cut: int) -> None:
    assert upper_half(levels) == cut


def test_judges_of_one_family_are_worth_fewer_votes_than_they_are() -> None:
    stream = LearntStream()
    doubled = stream._subject("task_x", None)[1].reports
    stream.result(reports=(doubled[0], doubled[0].model_copy(update={"judge": "links.other"})))
    (family,) = (one for one in judges_view(known_of(stream)).families if one.name == "links")
    assert (family.together, family.votes) == (2.0, pytest.approx(2 / 1.6))
    assert family.judges == ("links.check@1/check", "links.other@1/check")


def test_calibration_counts_verdicts_and_nothing_else(known: Known) -> None:
    view = calibration_view(known)
    assert view.asked is not None
    assert view.volunteered is not None
    assert view.asked.verdicts + view.volunteered.verdicts == view.verdicts == sum(view.sources.values())
    assert view.asked.ece < 0.2
    assert view.calibrated
    assert view.said == f"calibrated: people have confirmed {view.verdicts} of its judgements"


def test_the_audited_rate_stands_beside_what_the_inspector_alone_would_say(known: Known) -> None:
    view = calibration_view(known)
    everything = view.rates[0]
    assert (everything.kind, everything.audits) == ("all", view.sources["audit"])
    assert everything.interval[0] < everything.mean < everything.interval[1]
    assert everything.runs == sum(known.ledger.decided["all", ""][action] for action in ("accept", "retry", "reject"))
    assert everything.naive == pytest.approx(known.ledger.decided["all", ""]["accept"] / everything.runs)


def test_without_verdicts_it_says_in_words_that_it_is_uncalibrated() -> None:
    stream = LearntStream()
    stream.result("task_00000000")
    stream.sealed = [one for one in stream.sealed if "Verdict" not in one.topic]
    view = calibration_view(known_of(stream))
    assert not view.calibrated
    assert view.said == (
        "uncalibrated: people have confirmed none of its judgements; 20 more and its probabilities can be taken at "
        "their word"
    )
    assert (view.asked, view.volunteered) == (None, None)
    assert calibration_view(Known(TENANT)).said == "nothing was judged yet"


def test_of_many_results_more_must_be_confirmed() -> None:
    known = Known(TENANT)
    known.knowledge.results = 5001
    assert needed(known.knowledge) == 51


def options(*tools: str, playbook: str = "docs") -> list[dict[str, Any]]:
    return [{"name": tool, "role": "writer", "tool": tool, "playbook": playbook, "pair": ""} for tool in tools]


def test_the_careful_tool_is_recommended_instead_of_the_hasty_one_where_both_were_offered(known: Known) -> None:
    view = recommendations_view(known, [options("hasty", "careful"), options("hasty", "careful")])
    (row,) = view.items
    assert (row.now, row.better, row.role, row.said) == ("hasty", "careful", "writer", True)
    assert row.gain == pytest.approx(0.5, abs=0.2)
    assert row.probability > 0.95
    assert row.per_week == pytest.approx(row.gain * row.runs_per_week)
    assert row.runs_per_week > 0


def test_what_is_not_known_well_enough_is_compared_and_says_why_it_is_not_recommended() -> None:
    known = known_of(LearntStream().results(12))
    (row,) = recommendations_view(known, [options("hasty", "careful")]).items
    assert not row.said
    assert row.why_not.startswith("too few results of one of them: ")


def test_what_was_never_offered_together_is_not_compared(known: Known) -> None:
    assert recommendations_view(known, [options("hasty")]).items == ()
    assert recommendations_view(known, []).items == ()
