"""What evidence says about quality, and how sure one may be."""

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st
from wrenchai_contracts.events import ExecutionEvaluated, JourneyCompleted, JourneyFailed, ToolRegistered
from wrenchai_contracts.evidence import Evidence
from wrenchai_contracts.subjects import journey_stream
from wrenchai_inspector.quality import MAX_REASONS, Beta, Judgement, judge
from wrenchai_inspector.service import evaluate_task

from tests.samples import TASK
from tests.unit.task_story import Story, fan, step


def fact(passed: int, tried: int, dimension: str = "links", **more: object) -> Evidence:
    facts = {"judge": f"{dimension}.check", "dimension": dimension, "passed": passed, "tried": tried, **more}
    return Evidence.model_validate(facts)


def unmeasured(dimension: str = "accessibility") -> Evidence:
    return fact(0, 0, dimension, summary="no browser here")


def judged(*facts: Evidence) -> Judgement:
    return judge(facts, accept_above=0.7, reject_below=0.2)


@pytest.mark.parametrize(
    ("probability", "a", "b", "value"),
    [  # scipy 1.17.1, scipy.stats.beta.ppf
        (0.05, 2, 3, 0.097611462886),
        (0.5, 2, 3, 0.385727568132),
        (0.95, 10, 2, 0.966680782316),
        (0.05, 10, 2, 0.635640510753),
        (0.05, 51, 1.5, 0.926589050864),
        (0.95, 0.5, 0.5, 0.993844170298),
        (0.05, 3.7, 41.2, 0.027702254742),
        (0.975, 200, 100, 0.718823624168),
        (0.5, 51, 51, 0.5),
        (0.05, 1e4, 10, 0.998431416133),
    ],
)
def test_quantiles_are_those_of_the_beta_distribution(probability: float, a: float, b: float, value: float) -> None:
    assert Beta(a, b).quantile(probability) == pytest.approx(value, abs=2e-9)


@given(st.floats(0.01, 0.99), st.floats(0.5, 200))
def test_quantiles_agree_with_the_closed_forms_where_there_are_some(probability: float, n: float) -> None:
    assert Beta(n, 1).quantile(probability) == pytest.approx(probability ** (1 / n), abs=2e-9)
    assert Beta(1, n).quantile(probability) == pytest.approx(1 - (1 - probability) ** (1 / n), abs=2e-9)


def test_mean_and_variance_are_the_textbook_s() -> None:
    assert Beta(3, 2).mean == pytest.approx(0.6)
    assert Beta(3, 2).variance == pytest.approx(0.04)


def test_nothing_to_check_is_accepted_and_the_interval_says_how_little_is_known() -> None:
    judgement = judged()
    assert (judgement.decision, judgement.quality, judgement.interval) == ("accept", 0.5, (0.05, 0.95))
    assert judgement.reasons == ("nothing was asked to be checked",)


def test_much_good_evidence_is_accepted() -> None:
    judgement = judged(fact(50, 50), fact(40, 40, "html"))
    assert judgement.decision == "accept"
    assert judgement.interval[0] >= 0.7
    assert sorted(judgement.dimensions) == ["html", "links"]


def test_a_little_good_evidence_is_not_enough() -> None:
    assert judged(fact(2, 2)).decision == "escalate"


def test_bad_evidence_is_rejected_and_named_worst_first() -> None:
    judgement = judged(fact(5, 50), fact(0, 30, "html"))
    assert judgement.decision == "reject"
    assert judgement.reasons[1:] == ("html.check: 0 of 30 passed", "links.check: 5 of 50 passed")


def test_a_failed_mandatory_trial_rejects_whatever_else_is_good() -> None:
    judgement = judged(fact(50, 50), fact(49, 50, "grounding", mandatory=True, summary="one claim has no source"))
    assert judgement.decision == "reject"
    assert judgement.reasons == ("rule: mandatory grounding.check failed: one claim has no source",)


def test_mandatory_trials_that_passed_are_evidence_like_others() -> None:
    assert judged(fact(50, 50, mandatory=True)).decision == "accept"


def test_what_was_not_measured_is_named_and_says_why() -> None:
    judgement = judged(fact(50, 50), unmeasured())
    assert judgement.not_measured == ("accessibility.check",)
    assert "accessibility.check: no browser here" in judgement.reasons
    assert judgement.dimensions["accessibility"] == (0.5, 0.05, 0.95), "the prior"


def test_what_was_not_measured_keeps_a_good_result_from_being_accepted_unseen() -> None:
    assert judged(fact(50, 50)).decision == "accept"
    assert judged(fact(50, 50), unmeasured()).decision == "escalate"


def test_ten_thousand_trials_of_one_check_count_as_fifty() -> None:
    assert judged(fact(10_000, 10_000)).interval == judged(fact(50, 50)).interval


def test_however_much_went_wrong_the_reasons_fit_into_an_event() -> None:
    many = [unmeasured(f"d{n}") for n in range(500)] + [fact(0, 1, f"m{n}", mandatory=True) for n in range(500)]
    assert len(judged(*many).reasons) <= MAX_REASONS
    assert len(judged(*many[:500]).reasons) <= MAX_REASONS + 1


DIMENSIONS = st.sampled_from(["links", "html", "accessibility", "spelling"])
MEASURED = st.integers(1, 200).flatmap(lambda tried: st.builds(fact, st.integers(0, tried), st.just(tried), DIMENSIONS))


@given(st.lists(MEASURED, max_size=6), MEASURED)
@settings(deadline=None)
def test_one_more_passed_trial_never_lowers_the_quality_and_a_failed_one_never_raises_it(
    facts: list[Evidence], changed: Evidence
) -> None:
    better = changed.model_copy(update={"passed": changed.passed + 1, "tried": changed.tried + 1})
    worse = changed.model_copy(update={"tried": changed.tried + 1})
    before = judged(*facts, changed).quality
    assert judged(*facts, better).quality >= before - 1e-6
    assert judged(*facts, worse).quality <= before + 1e-6


@given(facts=st.lists(MEASURED, min_size=1, max_size=6), known_dimension=st.booleans())
@settings(deadline=None)
def test_what_was_not_measured_never_raises_the_quality_and_never_leads_to_an_acceptance(
    *, facts: list[Evidence], known_dimension: bool
) -> None:
    before = judged(*facts)
    after = judged(*facts, unmeasured(facts[0].dimension if known_dimension else "unheard_of"))
    assert after.quality <= before.quality + 1e-6
    assert before.decision == "accept" or after.decision != "accept"
    if known_dimension:
        assert (after.quality, after.interval) == (before.quality, before.interval), "it adds nothing"


@given(st.lists(MEASURED, max_size=6))
@settings(deadline=None)
def test_the_interval_is_inside_0_and_1_and_holds_the_quality(facts: list[Evidence]) -> None:
    judgement = judged(*facts)
    low, high = judgement.interval
    assert 0 <= low <= judgement.quality <= high <= 1


def executed(
    *checked: Evidence, failed: Evidence | None = None, reason: str = "killed after 60 s"
) -> ExecutionEvaluated:
    """The judgement of two lenient checks: the first left the evidence `checked`, the second failed."""
    checks = fan("check", step("links"), step("html", tool="check.html"), on_failure="continue")
    story = Story(checks)
    story.catalogue.learn(ToolRegistered(name="check.html", version="1", inputs={}, outputs={}))
    story.started()
    story.record(journey_stream(TASK, "links"), JourneyCompleted(journey="links", outputs={}, evidence=checked))
    left = () if failed is None else (failed,)
    broke = JourneyFailed(journey="html", step="html", reason=reason, kind="timeout", evidence=left)
    story.record(journey_stream(TASK, "html"), broke)
    return evaluate_task(story.events)


def test_a_check_that_failed_was_not_measured_and_says_why() -> None:
    judged = executed(fact(50, 50))
    assert judged.not_measured == ("check.html",)
    assert "check.html: not measured: step html failed: killed after 60 s" in judged.reasons
    assert judged.dimensions["check.html"] == (0.5, 0.05, 0.95), "the prior"


def test_a_check_that_failed_keeps_a_good_result_from_being_accepted_unseen() -> None:
    assert executed(fact(50, 50), failed=fact(50, 50, "html")).decision == "accept"
    assert executed(fact(50, 50)).decision == "escalate"


def test_a_check_that_failed_is_not_covered_by_another_that_measured_the_same() -> None:
    assert executed(fact(50, 50), fact(50, 50, "html")).decision == "escalate"


def test_a_check_that_failed_before_it_could_measure_is_not_measured_whatever_it_said_itself() -> None:
    judged = executed(fact(50, 50), failed=unmeasured())
    assert judged.not_measured == ("accessibility.check", "check.html")


def test_a_check_that_failed_with_a_long_story_or_none_is_still_judged() -> None:
    assert executed(reason="x" * 2000).not_measured == ("check.html",)
    assert "check.html: not measured: step html failed: timeout" in executed(reason="").reasons
