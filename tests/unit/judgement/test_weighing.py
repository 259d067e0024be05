"""Evidence put together: order does not matter, kinship does, and people's verdicts say how far it is trusted."""

import math
from itertools import permutations

import pytest
from hypothesis import given
from hypothesis import strategies as st
from wrenchai_contracts.judging import LEVELS, Report, Scale, Subject, Work
from wrenchai_judgement.exact import rates
from wrenchai_judgement.judges import Judges
from wrenchai_judgement.knowledge import Knowledge
from wrenchai_judgement.weighing import KINSHIP, Trust, weigh

WORK = Work(role="writer", tool="quill", playbook="letter")


def report(judge: str = "j", level: int = 1, scale: Scale = "check", **facts: object) -> Report:
    told = {"judge": judge, "family": judge, "dimension": "d", "scale": scale, "level": level, **facts}
    return Report.model_validate(told)


SCALES: list[Scale] = ["check", "tests", "rubric", "human"]
REPORTS = st.lists(
    st.sampled_from(SCALES).flatmap(
        lambda scale: st.builds(
            report,
            judge=st.sampled_from(["a", "b", "c"]),
            level=st.integers(0, LEVELS[scale] - 1),
            scale=st.just(scale),
            family=st.sampled_from(["f", "g", "h"]),
            weight=st.sampled_from([0.25, 0.7, 1.0]),
            times=st.integers(1, 5),
        )
    ),
    min_size=1,
    max_size=6,
)


@given(REPORTS, st.randoms(use_true_random=False))
def test_the_order_of_evidence_changes_nothing_that_could_be_seen(reports: list[Report], chance: object) -> None:
    shuffled = list(reports)
    chance.shuffle(shuffled)  # type: ignore[attr-defined]
    one, other = (
        Knowledge("t").judge(Subject(kind="k", work=WORK, reports=tuple(said))) for said in (reports, shuffled)
    )
    assert abs(one.own.probability - other.own.probability) < 1e-12
    assert other.own.interval == pytest.approx(one.own.interval, abs=1e-12)


def test_each_order_of_five_judges_comes_to_the_same() -> None:
    said = [report("a"), report("b", 3, "rubric"), report("c", 2, "tests"), report("d", 0), report("e", 4, "rubric")]
    raws = [weigh(order, Judges()).raw for order in permutations(said)]
    assert max(raws) - min(raws) < 1e-13


def test_no_evidence_says_nothing() -> None:
    assert weigh([], Judges()) == (0.0, 0.0, (), (), ())


@given(REPORTS)
def test_the_parts_add_up_to_the_whole(reports: list[Report]) -> None:
    evidence = weigh(reports, Judges())
    assert math.fsum(ratio for _, ratio in evidence.parts) == pytest.approx(evidence.raw, abs=1e-12)
    assert len(evidence.parts) == len(evidence.readings) == len(reports)


class TestKinship:
    def test_strangers_count_in_full_and_relatives_less_the_more_there_are(self) -> None:
        one = weigh([report("a")], Judges()).raw
        for many in (2, 3, 8):
            strangers = [report(f"j{n}") for n in range(many)]
            relatives = [report(f"j{n}", family="same") for n in range(many)]
            assert weigh(strangers, Judges()).raw == pytest.approx(many * one)
            assert weigh(relatives, Judges()).raw == pytest.approx(many * one / (1 + (many - 1) * KINSHIP))

    def test_a_family_never_says_more_than_so_many_of_its_members_as_kinship_leaves(self) -> None:
        one = weigh([report("a")], Judges()).raw
        thousand = weigh([report("a", times=1000)], Judges()).raw
        assert one < thousand < one / KINSHIP

    def test_one_report_made_so_many_times_is_so_many_reports(self) -> None:
        often = weigh([report("a", times=7)], Judges())
        each = weigh([report("a")] * 7, Judges())
        assert often[:2] == pytest.approx(each[:2])

    def test_a_weight_of_its_own_makes_a_report_say_less_and_be_doubted_less(self) -> None:
        full, half = (weigh([report("a", weight=weight)], Judges()) for weight in (1.0, 0.5))
        assert half.raw == pytest.approx(0.5 * full.raw)
        assert half.variance == pytest.approx(0.25 * full.variance)


def told(trust: Trust, raw: float, prior: float = 0.75, **said: bool) -> Trust:
    trust.learn(prior, raw, good=said.get("good", True), reports=3)
    return trust


class TestTrust:
    @pytest.mark.parametrize(
        ("raw", "good", "warmer"), [(2.0, True, True), (2.0, False, False), (-2.0, False, True), (-2.0, True, False)]
    )
    def test_a_verdict_that_agrees_with_the_evidence_warms_and_one_that_contradicts_cools(
        self, raw: float, good: object, warmer: object
    ) -> None:
        before = Trust().mean
        assert (told(Trust(), raw, good=bool(good)).mean > before) is warmer

    @pytest.mark.parametrize("raw", [2.0, -2.0, 0.0])
    def test_a_good_verdict_raises_what_is_told_and_a_bad_one_lowers_it(self, raw: float) -> None:
        assert told(Trust(), raw, good=True).offset > 0 > told(Trust(), raw, good=False).offset

    def test_without_evidence_a_verdict_says_nothing_of_how_far_evidence_is_trusted(self) -> None:
        assert told(Trust(), 0.0, good=False).mean == 1.0

    @given(st.lists(st.tuples(st.floats(-8, 8), st.booleans(), st.floats(0.02, 0.98)), max_size=60))
    def test_it_stays_within_its_bounds_and_gets_surer_whatever_people_say(
        self, verdicts: list[tuple[float, bool, float]]
    ) -> None:
        trust = Trust()
        for raw, good, prior in verdicts:
            before = trust.variance, trust.offset_variance
            told(trust, raw, prior, good=good)
            assert 0.1 <= trust.mean <= 1.3
            assert 0 < trust.variance <= before[0] + 1e-12
            assert 0 < trust.offset_variance <= before[1] + 1e-12
            assert trust.covariance**2 <= trust.variance * trust.offset_variance + 1e-12
        assert trust.verdicts == len(verdicts)

    def test_many_judges_that_promise_more_than_they_hold_are_cooled_down_to_the_bound(self) -> None:
        trust = Trust()
        for _ in range(300):
            told(trust, 3.0, 0.75, good=False)
            told(trust, -3.0, 0.75, good=True)
        assert trust.mean == 0.1

    def test_of_evidence_that_keeps_its_promise_it_stays_near_1(self) -> None:
        """Verdicts as often good as the model says, a person wrong in three of a hundred cases."""
        trust = Trust()
        for n in range(600):
            raw = 4.0 * ((n * 0.618) % 1.0) - 2.0
            p = rates(1.2, 0.0, raw).after
            good = (n * 0.7548) % 1.0 < 0.03 + 0.94 * p
            told(trust, raw, rates(1.2, 0.0, 0.0).before, good=good)
        assert 0.75 < trust.mean < 1.25
        assert abs(trust.offset) < 0.25

    def test_of_very_many_judges_nobody_knows_beforehand_how_much_they_share(self) -> None:
        assert Trust().variance_for(8) > Trust().variance_for(7)
        assert told(Trust(), 2.0).variance_for(8) == told(Trust(), 2.0).variance_for(3)

    def test_the_doubt_is_that_of_what_it_adds(self) -> None:
        trust = told(told(Trust(), 2.0), -1.0, good=False)
        raw = 1.7
        joint = trust.variance * raw * raw + 2 * trust.covariance * raw + trust.offset_variance
        assert trust.doubt(raw, 3) == pytest.approx(joint)


class TestBlindness:
    def test_before_anybody_was_asked_one_in_twenty_doubts_that_judges_see_anything(self) -> None:
        assert Trust().blindness == pytest.approx(0.05)
        assert Trust().base == 0.75

    @given(st.floats(0, 1))
    def test_doubted_a_probability_lies_between_itself_and_what_people_alone_say(self, p: float) -> None:
        trust = Trust()
        low, high = sorted((p, trust.base))
        assert low <= trust.told(p) <= high

    @given(st.floats(0, 1), st.floats(0, 1))
    def test_the_doubt_widens_an_interval_and_keeps_it_one(self, one: float, other: float) -> None:
        low, high = sorted((one, other))
        wide = Trust().bounds(low, high)
        assert 0 <= wide[0] <= low <= high <= wide[1] <= 1

    def test_verdicts_that_were_foretold_take_it_away_and_surprises_bring_it_back(self) -> None:
        trust = Trust()
        for good in (True, False) * 20:
            told(trust, 4.0 if good else -4.0, 0.75, good=good)
        sure = trust.blindness
        assert sure < 0.001
        told(trust, 4.0, 0.75, good=False)
        assert trust.blindness > sure

    def test_it_comes_back_by_half_in_5000_results_that_nobody_confirmed(self) -> None:
        trust, new = Trust(blind=-9.0), Trust()
        for _ in range(5000):
            trust.pass_unseen()
        assert trust.blind == pytest.approx((-9.0 + new.blind) / 2, rel=1e-6)

    def test_it_never_becomes_more_likely_than_not(self) -> None:
        trust = Trust()
        for _ in range(200):
            told(trust, 4.0, 0.9, good=False)
        assert trust.blindness <= 0.5
