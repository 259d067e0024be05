"""The line of terms adds up to the probability, and says in words what was weighed."""

import math
from typing import Any

import pytest
from hypothesis import given
from hypothesis import strategies as st
from wrenchai_contracts.judging import Assessment, Difficulty, Part, Report, Subject, Work, decibans, percent
from wrenchai_judgement.context import BASE
from wrenchai_judgement.exact import rates
from wrenchai_judgement.explaining import assessment_of, decided, line_of, reasons_of
from wrenchai_judgement.judges import JudgeTable
from wrenchai_judgement.knowledge import Found, Knowledge, place_of
from wrenchai_judgement.weighing import Trust

from benchmarks.inspector.drawn_results import learnt_from, results

WORK = Work(role="writer", tool="quill", playbook="letter")
PASSED = Report(judge="links.lychee", family="links", dimension="links", level=1)
GRADED = Report(judge="style", family="model_a", dimension="style", scale="rubric", level=1)


def subject(*reports: Report, **facts: Any) -> Subject:
    return Subject.model_validate({"kind": "writing", "work": WORK, "reports": reports, **facts})


def explained(knowledge: Knowledge, one: Subject) -> tuple[Found, Assessment]:
    found = knowledge.judge(one)
    return found, assessment_of(one, found, knowledge)


def fixed() -> Knowledge:
    """A knowledge whose every term is round."""
    knowledge = Knowledge("t")
    knowledge.context._make_room(place_of(WORK))
    knowledge.context.m[:] = (BASE, 0.3, -0.5, 0.2, 0.0, -0.1)
    knowledge.judges.tables["links.lychee@1/check"] = JudgeTable.counted("check", [1.0, 99.0], [50.0, 50.0])
    knowledge.trusted["writing"] = Trust(mean=0.8, offset=0.25, verdicts=30, good=20)
    return knowledge


GOLDEN_LINE = (
    "base 77 %, role writer +5, tool quill -9, playbook letter +4, recent form of quill -2, "
    "earlier goes of this task -8, verdicts of people on such work +5, all that is unsure -6 -> 66 % before the "
    "evidence; style 2/5 -2.9 dB; links.lychee passed +2.4 dB; evidence of this kind counts 80 %; "
    "5 % doubt that its judges see what people see -> 63 % [11 %, 98 %]"
)


@pytest.fixture(scope="module")
def grown() -> Knowledge:
    knowledge = Knowledge("t")
    list(learnt_from(knowledge, results(5, 60)))
    return knowledge


@given(st.integers(0, 10_000))
def test_the_terms_add_up_to_the_probability(grown: Knowledge, at: int) -> None:
    found, told = explained(grown, next(iter(results(at, 1))).subject)
    assert math.fsum(told.effects.values()) + told.shift + told.offset == pytest.approx(told.mean, abs=1e-12)
    assert math.fsum(each.ratio for each in told.weighed) == pytest.approx(told.ratio, abs=1e-12)
    assert told.temperature * told.raw == pytest.approx(told.ratio, abs=1e-12)
    sighted = rates(told.mean, told.variance, told.ratio)
    assert sighted.before == pytest.approx(told.prior, abs=1e-12)
    base = found.trust.base
    assert (1 - told.blindness) * sighted.after + told.blindness * base == pytest.approx(told.probability, abs=1e-12)


@given(st.integers(0, 10_000))
def test_the_points_that_are_told_add_up_to_what_is_told_before_the_evidence(grown: Knowledge, at: int) -> None:
    _, told = explained(grown, next(iter(results(at, 1))).subject)
    before = line_of(told).partition(" before the evidence")[0]
    terms, _, prior = before.partition(" -> ")
    points = [int(term.split()[-1]) for term in terms.removesuffix(" %").replace(" %,", ",").split(", ")]
    assert sum(points) == pytest.approx(int(prior.split()[0]), abs=0.5 * (len(told.effects) + 4))


def test_the_line_says_it_in_signed_terms_what_spoke_against_it_first() -> None:
    _, told = explained(fixed(), subject(GRADED, PASSED, difficulty=Difficulty(shift=-0.4)))
    assert line_of(told) == GOLDEN_LINE


def test_what_moves_nothing_is_not_said() -> None:
    _, told = explained(Knowledge("t"), subject(PASSED))
    assert line_of(told).startswith("base 77 %, all that is unsure -7 -> 70 % before the evidence; links.lychee ")


def test_of_very_many_judges_the_quiet_ones_are_told_together() -> None:
    many = [PASSED.model_copy(update={"judge": f"check_{n}", "family": f"f{n}"}) for n in range(12)]
    _, told = explained(Knowledge("t"), subject(*many))
    assert "; 4 more +11.2 dB" in line_of(told)


def test_a_report_that_was_made_for_each_page_is_told_once_with_how_often() -> None:
    _, told = explained(Knowledge("t"), subject(PASSED.model_copy(update={"times": 40})))
    assert "links.lychee passed x40 +" in line_of(told)


@pytest.mark.parametrize(
    ("share", "said"), [(0.676, "68 %"), (0.999, ">99 %"), (1.0, "100 %"), (0.001, "<1 %"), (0.0, "0 %")]
)
def test_what_is_not_certain_is_never_told_as_if_it_were(share: float, said: str) -> None:
    assert percent(share) == said


def test_ten_decibans_make_the_odds_ten_times_as_good() -> None:
    assert decibans(math.log(10)) == pytest.approx(10.0)


def test_the_decision_is_told_with_what_else_could_have_been_done() -> None:
    found, _ = explained(Knowledge("t"), subject(PASSED, retries_left=1))
    assert decided(found) == "ask a person: expected loss 3.00 (others: accept 1.88, do it once more 3.06)"


def test_reasons_begin_with_rules_and_end_with_what_nobody_saw() -> None:
    one = subject(
        PASSED,
        failed=("links.lychee: two are dead",),
        not_measured=("browser",),
        parts={"a": Part(probability=0.8, spread=0.4)},
    )
    found, told = explained(Knowledge("t"), one)
    reasons = reasons_of(one, found, told)
    assert reasons[0] == "rule: a mandatory check failed: links.lychee: two are dead"
    assert reasons[1].startswith("reject (others: ")
    assert reasons[3].startswith("judged before: a 80 % -> together ")
    assert reasons[-1] == "browser: not measured"


def test_however_much_went_wrong_the_reasons_fit_into_an_event() -> None:
    one = subject(PASSED, not_measured=tuple(f"judge_{n}" for n in range(500)), failed=tuple(map(str, range(500))))
    found, told = explained(Knowledge("t"), one)
    assert len(reasons_of(one, found, told)) == 50


def test_of_results_that_only_their_parts_speak_for_no_terms_are_made_up() -> None:
    one = subject(parts={"a": Part(probability=0.8, spread=0.4)})
    found, told = explained(Knowledge("t"), one)
    assert not any("before the evidence" in reason for reason in reasons_of(one, found, told))
