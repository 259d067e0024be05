"""From a probability to an action: losses worked out by hand, rules above them, what costs may and may not do."""

import math
from collections import deque
from itertools import product
from typing import NamedTuple

import pytest
from hypothesis import given
from hypothesis import strategies as st
from wrenchai_contracts.judging import LEVELS, Action, Costs, Offered, Part, Report, Scale, Subject, Work
from wrenchai_judgement.deciding import (
    ENOUGH,
    KEPT,
    SURE,
    Decision,
    Outlook,
    Reading,
    Stand,
    after_asking,
    decide,
    imagined,
)
from wrenchai_judgement.judges import Judges, JudgeTable, key_of
from wrenchai_judgement.weighing import Trust

WORK = Work(role="writer", tool="quill", playbook="letter")
PASSED = Report(judge="check", family="check", dimension="d", level=1)
SEEING = Trust(blind=-math.inf)
"""Trust without the doubt that judges see anything, so that losses can be worked out by hand."""


def subject(**facts: object) -> Subject:
    return Subject.model_validate({"kind": "k", "work": WORK, "reports": (PASSED,), **facts})


def stand(p: float, next_go: float = 0.5, high: float = 1.0, *, calibrated: bool = True) -> Stand:
    return Stand(p, high, next_go, calibrated, SEEING)


def outlook(*pairs: tuple[float, float]) -> Outlook:
    return Outlook(deque(pairs, maxlen=KEPT))


NOTHING_SEEN = outlook((0.0, 0.5))
"""Evidence that will say nothing."""


class TestLosses:
    def test_they_are_those_of_the_formulas(self) -> None:
        decision = decide(subject(retries_left=1), stand(0.6, next_go=0.9), NOTHING_SEEN, {})
        assert decision.losses == pytest.approx({"accept": 0.4 * 10, "retry": 1 + 0.1 * 10, "escalate": 3.0})
        assert decision.action == "retry"

    def test_what_a_next_go_may_show_is_an_average_over_what_evidence_has_shown(self) -> None:
        """Two kinds of evidence, three to one and one to three, each once of a good and once of a bad result."""
        seen = outlook((math.log(3), 0.75), (-math.log(3), 0.25))
        low = seen.value(0.5, 3.0, Costs(), SEEING)
        # Good results show the first in 3 of 4 cases, bad ones in 1: q is 3/4 or 1/4, a loss of 2.5 or at most 3.
        assert low == pytest.approx(0.5 * (0.75 * 2.5 + 0.25 * 3.0) + 0.5 * (0.25 * 2.5 + 0.75 * 3.0))

    def test_a_next_go_is_never_worth_more_than_a_person_or_blind_acceptance(self) -> None:
        for p, stop in product((0.1, 0.5, 0.9), (1.0, 3.0, 8.0)):
            seen = outlook((2.0, 0.9), (-1.0, 0.3), (0.5, 0.6))
            assert seen.value(p, stop, Costs(), SEEING) <= stop
        assert NOTHING_SEEN.value(0.9, 3.0, Costs(), SEEING) == pytest.approx(1.0)

    def test_evidence_that_sees_everything_leaves_only_the_bad_ones_to_a_person(self) -> None:
        seen = outlook((30.0, 1.0), (-30.0, 0.0))
        assert seen.value(0.8, 3.0, Costs(), SEEING) == pytest.approx(0.2 * 3.0, abs=1e-6)

    @given(st.lists(st.sampled_from([(40.0, 1.0), (-800.0, 0.0), (2.0, 1.0), (0.0, 0.5)]), min_size=1, max_size=9))
    def test_however_sure_all_results_were_a_next_go_has_a_loss(self, pairs: list[tuple[float, float]]) -> None:
        assert 0 <= outlook(*pairs).value(0.7, 3.0, Costs(), SEEING) <= 3.0 + 1e-9

    def test_a_doubt_that_judges_see_anything_is_in_both_what_is_and_what_may_come(self) -> None:
        """Evidence that says nothing: another go is worth what this one would be, but for its price."""
        doubting = Trust(blind=0.0)
        value = NOTHING_SEEN.value(0.9, 9.0, Costs(), doubting)
        assert value == pytest.approx((1 - doubting.told(0.9)) * 10)

    def test_only_the_last_results_are_looked_at(self) -> None:
        seen = Outlook()
        for _ in range(KEPT):
            seen.note(-3.0, 0.1)
        for _ in range(KEPT):
            seen.note(3.0, 0.9)
        new = Outlook()
        for _ in range(KEPT):
            new.note(3.0, 0.9)
        assert seen.value(0.5, 3.0, Costs(), SEEING) == new.value(0.5, 3.0, Costs(), SEEING)
        assert seen == new

    def test_an_outlook_of_the_same_results_is_the_same_however_it_came_about(self) -> None:
        grown, made = Outlook(), outlook(*[(0.01 * n, 0.5) for n in range(100, 100 + KEPT)])
        for n in range(100 + KEPT):
            grown.note(0.01 * n, 0.5)
        assert grown.value(0.5, 3.0, Costs(), SEEING) == made.value(0.5, 3.0, Costs(), SEEING)


class TestImagined:
    def test_before_there_is_a_sample_judges_are_imagined_to_say_what_their_tables_tell(self) -> None:
        table = JudgeTable.new("check")
        pairs = list(imagined([PASSED], Judges(), 1.0).pairs)
        shares = [
            sum(ratio > 0 for ratio, good in pairs if good == wanted) / sum(good == wanted for _, good in pairs)
            for wanted in (1.0, 0.0)
        ]
        assert shares == pytest.approx([table.good[1] / sum(table.good), table.bad[1] / sum(table.bad)], abs=0.01)
        assert {ratio for ratio, _ in pairs} == {table.ratio(0), table.ratio(1)}

    def test_judges_are_imagined_to_speak_independently_of_each_other(self) -> None:
        others = [PASSED.model_copy(update={"judge": name, "family": name}) for name in "ab"]
        pairs = [ratio for ratio, good in imagined(others, Judges(), 1.0).pairs if not good]
        both = sum(ratio > 1.0 for ratio in pairs) / len(pairs)
        assert both == pytest.approx(0.25, abs=0.05)

    def test_the_temperature_counts_there_too(self) -> None:
        full, half = (list(imagined([PASSED], Judges(), heat).pairs) for heat in (1.0, 0.5))
        assert [ratio for ratio, _ in half] == pytest.approx([0.5 * ratio for ratio, _ in full])

    def test_without_judges_another_go_shows_nothing(self) -> None:
        assert imagined([], Judges(), 1.0).value(0.9, 3.0, Costs(), SEEING) == pytest.approx(1.0)

    def test_it_takes_few_results_to_be_a_sample(self) -> None:
        assert 0 < ENOUGH < KEPT


class TestActions:
    @pytest.mark.parametrize(
        ("p", "next_go", "facts", "action"),
        [
            (0.95, 0.5, {}, "accept"),
            (0.5, 0.5, {}, "escalate"),
            (0.5, 0.95, {"retries_left": 1}, "retry"),
            (0.95, 0.95, {"failed": ("links: two are dead",)}, "reject"),
            (0.95, 0.95, {"failed": ("links: two are dead",), "retries_left": 1}, "retry"),
        ],
    )
    def test_each_is_reached(self, p: float, next_go: float, facts: dict[str, object], action: Action) -> None:
        assert decide(subject(**facts), stand(p, next_go), NOTHING_SEEN, {}).action == action

    def test_another_judge_is_asked_if_that_is_the_least(self) -> None:
        decision = decide(subject(), stand(0.6), NOTHING_SEEN, {"dear": 2.5, "cheap": 2.0})
        assert (decision.action, decision.asks) == ("ask_judge", "cheap")
        assert decision.losses["ask_judge"] == 2.0

    def test_another_judge_is_not_asked_for_what_he_costs(self) -> None:
        decision = decide(subject(), stand(0.9), NOTHING_SEEN, {"dear": 1.0})
        assert (decision.action, decision.asks) == ("accept", None)

    def test_at_equal_loss_the_result_is_accepted_before_it_is_done_again_before_a_person_is_asked(self) -> None:
        costs = Costs(false_accept=10, human=5, retry=5)
        assert decide(subject(costs=costs), stand(0.5), NOTHING_SEEN, {}).action == "accept"
        again = decide(subject(costs=Costs(human=3, retry=1), retries_left=1), stand(0.1, 0.8), NOTHING_SEEN, {})
        assert again.losses["retry"] == pytest.approx(again.losses["escalate"])
        assert again.action in {"retry", "escalate"}

    def test_what_nobody_asked_to_check_is_accepted(self) -> None:
        decision = decide(subject(reports=()), stand(0.3, calibrated=False), NOTHING_SEEN, {})
        assert (decision.action, decision.rules) == ("accept", ("nothing was asked to be checked",))

    def test_what_could_not_be_looked_at_was_asked_to_be_checked(self) -> None:
        blind = subject(reports=(), not_measured=("browser",))
        assert decide(blind, stand(0.6), NOTHING_SEEN, {}).action == "escalate"


class TestRules:
    P = st.floats(0.0, 1.0)

    @given(st.builds(stand, P, P, P), st.integers(0, 2), st.floats(0, 100), st.floats(0, 100))
    def test_a_failed_mandatory_check_is_never_accepted_whatever_p_and_whatever_it_costs(
        self, now: Stand, retries: int, false_accept: float, human: float
    ) -> None:
        costs = Costs(false_accept=false_accept, human=human)
        failed = subject(failed=("links: dead",), retries_left=retries, costs=costs)
        decision = decide(failed, now, NOTHING_SEEN, {"j": 0.0})
        assert decision.action in {"retry", "reject"}
        assert decision.rules == ("a mandatory check failed: links: dead",)

    def test_what_failed_is_done_again_only_if_that_is_cheaper_than_a_person(self) -> None:
        hopeless = subject(failed=("links: dead",), retries_left=1, costs=Costs(human=1.5))
        assert decide(hopeless, stand(0.9, next_go=0.1), NOTHING_SEEN, {}).action == "reject"

    @given(P, P)
    def test_a_mandatory_check_that_was_not_made_keeps_the_result_from_being_accepted(
        self, p: float, next_go: float
    ) -> None:
        missing = subject(missing=("links: no network",), retries_left=1)
        assert decide(missing, stand(p, next_go), NOTHING_SEEN, {}).action in {"retry", "escalate"}

    def test_whose_interval_lies_below_the_bar_is_rejected_and_told_why(self) -> None:
        low = decide(subject(reject_below=0.2), stand(0.1, high=0.15), NOTHING_SEEN, {})
        assert (low.action, low.rules) == ("reject", ("even the upper end of the interval, 0.15, is below 0.2",))
        assert decide(subject(reject_below=0.2), stand(0.1, high=0.25), NOTHING_SEEN, {}).action == "escalate"

    @pytest.mark.parametrize(
        ("p", "proven", "calibrated", "accepted"),
        [(0.97, False, False, False), (SURE, False, False, True), (0.97, True, False, True), (0.97, False, True, True)],
    )
    def test_before_people_have_confirmed_enough_only_proof_or_near_certainty_is_accepted(
        self, p: float, proven: object, calibrated: object, accepted: object
    ) -> None:
        decision = decide(subject(proven=proven), stand(p, calibrated=bool(calibrated)), NOTHING_SEEN, {})
        assert (decision.action == "accept") is accepted
        assert (decision.rules != ()) is not accepted

    def test_losses_are_told_of_what_a_rule_forbids_too(self) -> None:
        assert "accept" in decide(subject(failed=("x",)), stand(0.9), NOTHING_SEEN, {}).losses


COSTS = st.builds(
    Costs,
    false_accept=st.floats(0.1, 100),
    retry=st.floats(0.1, 10),
    human=st.floats(0.1, 50),
)
PAIRS = st.lists(st.tuples(st.floats(-5, 5), st.floats(0.01, 0.99)), min_size=1, max_size=12)


class Case(NamedTuple):
    """All that an action depends on."""

    costs: Costs
    p: float
    next_go: float
    retries: int
    pairs: list[tuple[float, float]]

    def decided(self, costs: Costs) -> Decision:
        """At other costs."""
        about = subject(costs=costs, retries_left=self.retries)
        return decide(about, stand(self.p, self.next_go), outlook(*self.pairs), {})


CASES = st.builds(Case, COSTS, st.floats(0.01, 0.99), st.floats(0.01, 0.99), st.integers(0, 1), PAIRS)


class TestCosts:
    @given(CASES, st.sampled_from([0.125, 8.0]))
    def test_only_their_ratios_matter(self, case: Case, times: float) -> None:
        scaled = Costs(**{name: times * cost for name, cost in case.costs.model_dump().items()})
        assert case.decided(scaled).action == case.decided(case.costs).action

    @given(CASES, st.floats(1.01, 10))
    def test_a_dearer_false_accept_never_makes_it_accept_what_it_did_not(self, case: Case, times: float) -> None:
        dearer = case.costs.model_copy(update={"false_accept": times * case.costs.false_accept})
        before, after = case.decided(case.costs), case.decided(dearer)
        margin = min(loss for action, loss in before.losses.items() if action != "accept") - before.losses["accept"]
        assert before.action == "accept" or after.action != "accept" or abs(margin) < 1e-9

    @given(COSTS, st.floats(0.01, 0.99), st.floats(0.01, 0.98), st.floats(0.001, 0.01))
    def test_a_likelier_result_is_not_refused_where_a_less_likely_one_is_accepted(
        self, costs: Costs, next_go: float, p: float, more: float
    ) -> None:
        one, other = (
            decide(subject(costs=costs, retries_left=1), stand(each, next_go), NOTHING_SEEN, {}).action
            for each in (p, p + more)
        )
        assert one != "accept" or other == "accept"

    def test_a_dearer_person_is_asked_less(self) -> None:
        asked = [
            decide(subject(costs=Costs(human=human)), stand(0.6), NOTHING_SEEN, {}).action == "escalate"
            for human in (1.0, 3.0, 5.0, 9.0)
        ]
        assert asked == sorted(asked, reverse=True)
        assert asked[0] != asked[-1]


def offered(price: float = 0.1, scale: Scale = "check", name: str = "second") -> Offered:
    return Offered(name=name, judge=name, family=name, scale=scale, price=price)


def least_of(human: float = 3.0) -> dict[Action, float]:
    return {"escalate": human}


def reading(prior: float = 0.75, judges: Judges | None = None, *, calibrated: bool = True) -> Reading:
    return Reading(prior, SEEING, judges or Judges(), calibrated)


class TestAsking:
    def test_what_it_is_worth_is_worked_out_by_hand(self) -> None:
        """A new check passes 95 of 100 good results and half of the bad; without other evidence P is .75."""
        found = after_asking(offered(), subject(reports=()), reading(), least_of())
        passes = 0.75 * 0.95 + 0.25 * 0.5
        after = 0.75 * 0.95 / passes
        assert found == pytest.approx(passes * (1 - after) * 10 + (1 - passes) * 3.0 + 0.1)

    def test_a_judge_that_says_nothing_is_worth_nothing(self) -> None:
        aimless = Judges({key_of("second", "1", "check"): JudgeTable.counted("check", [10.0, 30.0], [1.0, 3.0])})
        found = after_asking(offered(price=0.0), subject(), reading(0.9, aimless), least_of())
        now = after_asking(offered(price=0.0), subject(), reading(0.9, Judges()), least_of())
        passed = Judges().of(PASSED).ratio(1)
        p = 0.9 * math.exp(passed) / (0.9 * math.exp(passed) + 0.1)
        assert found == pytest.approx((1 - p) * 10)
        assert now < found

    @given(st.floats(0.02, 0.98), st.floats(0.5, 20), st.sampled_from(["check", "tests", "rubric"]))
    def test_to_listen_never_costs_more_than_the_price(self, prior: float, human: float, scale: Scale) -> None:
        judge = offered(price=0.25, scale=scale)
        unasked = min((1 - prior) * 10, human)
        found = after_asking(judge, subject(reports=()), reading(prior), least_of(human))
        assert found <= unasked + 0.25 + 1e-9

    @given(st.floats(0.02, 0.98))
    def test_doubt_that_judges_see_anything_makes_no_gain_out_of_a_judge_that_says_nothing(self, prior: float) -> None:
        aimless = Judges({key_of("second", "1", "check"): JudgeTable.counted("check", [10.0, 30.0], [1.0, 3.0])})
        doubting = Reading(prior, Trust(), aimless, calibrated=True)
        found = after_asking(offered(price=0.0), subject(reports=()), doubting, least_of())
        assert found == pytest.approx(min((1 - Trust().told(prior)) * 10, 3.0))

    def test_a_judge_is_not_asked_about_what_cannot_be_accepted_whatever_he_says(self) -> None:
        missing = subject(missing=("links: no network",))
        assert after_asking(offered(), missing, reading(0.95), least_of()) == pytest.approx(3.0 + 0.1)
        assert after_asking(offered(), subject(), reading(0.6, calibrated=False), least_of()) == pytest.approx(3.1)

    def test_before_people_have_confirmed_enough_a_judge_is_worth_what_may_become_near_certain(self) -> None:
        sighted = Judges({key_of("second", "1", "check"): JudgeTable.counted("check", [1.0, 99.0], [99.0, 1.0])})
        found = after_asking(offered(), subject(), reading(0.9, sighted, calibrated=False), least_of())
        assert found < 1.0

    def test_results_inside_have_to_be_acceptable_too(self) -> None:
        """A perfect judge of the whole says nothing of the doubt about its parts."""
        sighted = Judges({key_of("second", "1", "check"): JudgeTable.counted("check", [1.0, 1e6], [1e6, 1.0])})
        parts = {"part": Part(probability=0.5, spread=0.3)}
        found = after_asking(offered(), subject(parts=parts), reading(0.9, sighted), least_of())
        assert found == pytest.approx(3.0 + 0.1, abs=1e-3)

    def test_a_judge_of_a_family_that_has_spoken_is_worth_less(self) -> None:
        said = Report(judge="first", family="models", dimension="d", scale="rubric", level=4)
        kin = Offered(name="second", judge="second", family="models", scale="rubric", price=0.0)
        stranger = kin.model_copy(update={"family": "others"})
        worth = [after_asking(one, subject(reports=(said,)), reading(0.7), least_of()) for one in (stranger, kin)]
        assert worth[0] < worth[1]

    @given(st.sampled_from(["check", "tests", "rubric"]), st.floats(0.05, 0.95))
    def test_all_its_answers_together_say_what_was_known_before(self, scale: Scale, prior: float) -> None:
        """No judge is expected to change P: only its answer does."""
        table = Judges().table("second", "1", scale)
        expected = 0.0
        for level in range(LEVELS[scale]):
            ratio = math.exp(table.ratio(level))
            expected += table.chance(level, prior) * prior * ratio / (prior * ratio + 1 - prior)
        assert expected == pytest.approx(prior)
