"""What is known of one tenant's work: judging changes nothing, a verdict is no second result, and doubt is told."""

import math
from itertools import pairwise
from typing import Any

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st
from wrenchai_contracts.judging import LEVELS, Offered, Part, Report, Scale, Subject, Verdict, Work
from wrenchai_contracts.quality_events import EvidenceLearned, InspectorPriorRefused, VerdictLearned
from wrenchai_judgement.judges import JudgeTable
from wrenchai_judgement.knowledge import (
    AUDITED,
    AUDITED_AT_FIRST,
    CALIBRATED_FROM,
    Found,
    Heard,
    Knowledge,
    place_of,
)
from wrenchai_judgement.replaying import carry_on
from wrenchai_judgement.snapshot import to_bytes

from benchmarks.inspector.drawn_results import learnt_from, results

WORK = Work(role="writer", tool="quill", playbook="letter")


def report(judge: str = "links", level: int = 1, scale: Scale = "check", **facts: object) -> Report:
    told = {"judge": judge, "family": judge, "dimension": "d", "scale": scale, "level": level, **facts}
    return Report.model_validate(told)


PASSED, FAILED = report(), report(level=0)


def subject(*reports: Report, **facts: Any) -> Subject:
    return Subject.model_validate({"kind": "writing", "work": WORK, "reports": reports, **facts})


def taught(*subjects: Subject, tenant: str = "t") -> Knowledge:
    knowledge = Knowledge(tenant)
    for one in subjects:
        knowledge.learn(one, knowledge.judge(one))
    return knowledge


def word(one: Subject, found: Found, verdict: Verdict, before: Verdict | None = None) -> Heard:
    told = (found.ratio, found.evidence.raw, found.plain.before, found.plain.after)
    return Heard(one.kind, one.work, one.reports, *told, verdict, before)


@pytest.fixture(scope="module")
def grown() -> Knowledge:
    """After many different results and words. Not to be changed."""
    knowledge = Knowledge("t")
    list(learnt_from(knowledge, results(7, 60)))
    return knowledge


SCALES: list[Scale] = ["check", "tests", "rubric"]
REPORTS = st.lists(
    st.sampled_from(SCALES).flatmap(
        lambda scale: st.builds(
            report,
            judge=st.sampled_from(["links", "style", "facts"]),
            level=st.integers(0, LEVELS[scale] - 1),
            scale=st.just(scale),
        )
    ),
    max_size=5,
).map(tuple)


class TestJudging:
    @given(REPORTS, st.integers(0, 2), st.booleans())
    @settings(max_examples=40)
    def test_it_changes_nothing(
        self, grown: Knowledge, reports: tuple[Report, ...], retries: int, asks: object
    ) -> None:
        knowledge = grown
        before = knowledge.digest, to_bytes(knowledge)
        on_call = (Offered(name="style", judge="style", family="style"),) if asks else ()
        knowledge.judge(subject(*reports, retries_left=retries, judges=on_call))
        knowledge.judge(subject(*reports, work=WORK.model_copy(update={"tool": "new"}), kind="unheard_of"))
        assert (knowledge.digest, to_bytes(knowledge)) == before

    @given(REPORTS)
    def test_the_probability_lies_in_its_interval_and_that_between_0_and_1(self, reports: tuple[Report, ...]) -> None:
        found = Knowledge("t").judge(subject(*reports))
        low, high = found.whole.interval
        assert 0 <= low <= found.whole.probability <= high <= 1

    @pytest.mark.parametrize("scale", SCALES)
    def test_one_level_better_never_makes_a_result_less_acceptable(self, scale: Scale) -> None:
        told = [Knowledge("t").judge(subject(report(scale=scale, level=n))) for n in range(LEVELS[scale])]
        probabilities = [found.own.probability for found in told]
        assert probabilities == sorted(probabilities)

    @given(REPORTS)
    def test_a_judge_that_does_not_look_leaves_p_as_it_is(self, reports: tuple[Report, ...]) -> None:
        knowledge = Knowledge("t")
        aimless = report("aimless")
        knowledge.judges.tables["aimless@1/check"] = JudgeTable.counted("check", [6.0, 18.0], [2.0, 6.0])
        before, after = (knowledge.judge(subject(*said)) for said in (reports, (*reports, aimless)))
        assert after.own.probability == pytest.approx(before.own.probability, abs=1e-12)

    def test_quality_rises_strictly_with_how_much_passes(self) -> None:
        """The first WrenchAI told the same quality, .394, of every result."""
        told = []
        for share in (0, 50, 95, 100):
            level = sum(share >= 100 * cut for cut in (0.4, 0.7, 0.9, 1.0))
            told.append(Knowledge("t").judge(subject(report("tests", level, "tests"))).whole.probability)
        assert all(before < after for before, after in pairwise(told))

    def test_what_a_go_told_of_the_task_is_known_to_the_next(self) -> None:
        knowledge = Knowledge("t")
        bad = subject(FAILED, report("style", 0, "rubric"), retries_left=2)
        found = knowledge.judge(bad)
        assert found.difficulty.shift < 0
        assert found.difficulty.variance < bad.difficulty.variance
        again = knowledge.judge(bad.model_copy(update={"difficulty": found.difficulty}))
        assert again.prior < found.prior
        assert again.decision.losses["retry"] > found.decision.losses["retry"]

    def test_results_inside_count_as_they_were_judged(self) -> None:
        parts = {"a": Part(probability=0.5, spread=0.3)}
        found = Knowledge("t").judge(subject(PASSED, parts=parts))
        assert found.whole.probability == pytest.approx(0.5 * found.own.probability)

    def test_evidence_that_was_learnt_from_before_counts_but_is_not_learnt_again(self) -> None:
        fresh, known = subject(PASSED), subject(known=(PASSED,))
        assert Knowledge("t").judge(known).own == Knowledge("t").judge(fresh).own
        knowledge = taught(known)
        assert (knowledge.results, knowledge.judges.tables) == (0, {})


class TestLearning:
    def test_good_results_raise_what_is_expected_of_that_work_and_bad_ones_lower_it(self) -> None:
        new = Knowledge("t").judge(subject()).prior
        good, bad = (taught(*[subject(said)] * 30) for said in (PASSED, FAILED))
        assert bad.judge(subject()).prior < new < good.judge(subject()).prior

    def test_a_result_that_nobody_reported_on_teaches_nothing_of_how_well_work_goes(self) -> None:
        knowledge = taught(subject())
        assert (knowledge.results, knowledge.context.rows, knowledge.cells) == (0, {}, {})

    def test_sums_for_the_background_are_of_results_and_add_up(self) -> None:
        knowledge = taught(*[subject(PASSED)] * 3, subject(FAILED))
        ((good, bad),) = knowledge.cells.values()
        assert good + bad == pytest.approx(4.0)
        assert 2.0 < good < 4.0

    def test_a_new_version_of_a_tool_is_trusted_a_little_less_and_by_turns_only_once(self) -> None:
        def of(version: str) -> Subject:
            return subject(PASSED, work=WORK.model_copy(update={"version": version}))

        def doubt(*versions: str) -> float:
            knowledge = taught(*[of(version) for version in versions])
            return knowledge.context.expected(place_of(WORK)).variance

        steady, changed, turning = doubt(*"1" * 20), doubt(*"1" * 10, *"2" * 10), doubt(*"12" * 10)
        assert steady < changed
        assert turning < 1.2 * changed, "a rolling upgrade is one new version, not twenty"

    def test_what_drifts_is_told_and_learnt_anew(self) -> None:
        knowledge = taught(*[subject(PASSED, report("style", 4, "rubric"))] * 60)
        told = []
        for _ in range(40):
            one = subject(FAILED, report("style", 0, "rubric"))
            told += knowledge.learn(one, knowledge.judge(one))
        assert {alarm.direction for alarm in told if alarm.subject == "tool:quill"} == {"worse"}
        assert knowledge.judge(subject()).prior < 0.5

    def test_a_result_that_a_person_confirms_raises_no_suspicion_twice(self) -> None:
        knowledge = taught(*[subject(PASSED)] * 60)
        for _ in range(2):
            one = subject(FAILED)
            found = knowledge.judge(one)
            knowledge.learn(one, found)
            knowledge.hear(word(one, found, "bad"))
        assert knowledge.drift.sums["tool:quill/worse"].heard == 2


class TestVerdicts:
    @given(st.sampled_from(["good", "bad"]), REPORTS.filter(bool))
    def test_a_late_one_comes_to_about_what_one_at_once_would(
        self, verdict: Verdict, reports: tuple[Report, ...]
    ) -> None:
        """Of the context: two projections onto a normal instead of one, 0.12 logits at most. Of judges: nothing."""
        one, others = subject(*reports), [subject(PASSED)] * 5
        late, at_once = taught(*others), taught(*others).context
        found = late.judge(one)
        late.learn(one, found)
        late.hear(word(one, found, verdict))
        at_once.tick()
        at_once.learn(place_of(WORK), found.ratio + (3.476 if verdict == "good" else -3.476))
        means = [each.expected(place_of(WORK)).mean for each in (late.context, at_once)]
        assert means[0] == pytest.approx(means[1], abs=0.12)

    @given(st.sampled_from(["good", "bad"]), REPORTS.filter(bool))
    def test_who_changes_their_mind_has_said_only_what_they_said_last(
        self, verdict: Verdict, reports: tuple[Report, ...]
    ) -> None:
        """In judges and sums to rounding, in the context to 0.15 logits. How far evidence is trusted stays as it is."""
        other: Verdict = "bad" if verdict == "good" else "good"
        one = subject(*reports)
        once, turned = taught(one), taught(one)
        found = Knowledge("t").judge(one)
        once.hear(word(one, found, verdict))
        turned.hear(word(one, found, other))
        turned.hear(word(one, found, verdict, other))
        assert turned.verdicts == once.verdicts == 1
        assert turned.context.outcomes == once.context.outcomes
        for key, table in once.judges.tables.items():
            assert turned.judges.tables[key].good == pytest.approx(table.good, abs=1e-9)
            assert turned.judges.tables[key].bad == pytest.approx(table.bad, abs=1e-9)
        for cell, sums in once.cells.items():
            assert turned.cells[cell] == pytest.approx(sums, abs=1e-9)
        means = [each.context.expected(place_of(WORK)).mean for each in (once, turned)]
        assert means[0] == pytest.approx(means[1], abs=0.15)

    def test_they_say_more_than_a_judge_and_teach_judges(self) -> None:
        one = subject(PASSED)
        knowledge = taught(one)
        found = Knowledge("t").judge(one)
        before = knowledge.judge(one)
        knowledge.hear(word(one, found, "bad"))
        after = knowledge.judge(one)
        assert after.prior < before.prior
        assert after.evidence.raw < before.evidence.raw
        assert after.ratio < before.ratio

    def test_of_a_result_that_nobody_reported_on_the_first_word_is_its_only_evidence(self) -> None:
        one, knowledge = subject(), Knowledge("t")
        knowledge.hear(word(one, knowledge.judge(one), "good"))
        ((good, bad),) = knowledge.cells.values()
        assert good + bad == pytest.approx(1.0)
        assert good > 0.98
        assert set(knowledge.context.outcomes.values()) == {1}

    def test_of_a_result_that_was_reported_on_they_are_no_second_one(self) -> None:
        one = subject(PASSED)
        knowledge = taught(one)
        knowledge.hear(word(one, Knowledge("t").judge(one), "good"))
        ((good, bad),) = knowledge.cells.values()
        assert good + bad == pytest.approx(1.0)
        assert (knowledge.results, set(knowledge.context.outcomes.values())) == (1, {1})


class TestCalibration:
    def test_before_people_have_confirmed_enough_nothing_is_called_calibrated(self) -> None:
        """B16: then only mandatory checks that passed, or near certainty, lead to an acceptance."""
        knowledge = taught(*[subject(PASSED)] * 50)
        for reports in [(PASSED,), (PASSED, report("tests", 4, "tests")), (FAILED,), ()]:
            for proven in (True, False):
                one = subject(*reports, proven=proven, not_measured=("browser",))
                found = knowledge.judge(one)
                assert not found.calibrated
                accepted = found.decision.action == "accept"
                assert not accepted or proven or found.whole.probability >= 0.98

    def test_it_takes_twenty_words_and_one_in_a_hundred_results(self) -> None:
        knowledge = Knowledge("t")
        knowledge.verdicts = CALIBRATED_FROM - 1
        assert not knowledge.calibrated
        knowledge.verdicts = CALIBRATED_FROM
        assert knowledge.calibrated
        knowledge.results = 100 * CALIBRATED_FROM + 1
        assert not knowledge.calibrated

    def test_people_are_asked_at_random_more_often_until_then_and_the_chance_is_told(self) -> None:
        knowledge = Knowledge("t")
        seeds = [f"task {n}" for n in range(2000)]
        for verdicts, share in ((0, AUDITED_AT_FIRST), (CALIBRATED_FROM, AUDITED)):
            knowledge.verdicts = verdicts
            found = [knowledge.judge(subject(PASSED, proven=True, seed=seed)) for seed in seeds]
            assert {one.audit for one in found} == {share}
            drawn = sum(one.audited for one in found)
            assert abs(drawn - 2000 * share) < 4 * math.sqrt(2000 * share)

    def test_who_is_asked_anyway_is_not_asked_at_random(self) -> None:
        unsure = subject(FAILED)
        found = [Knowledge("t").judge(unsure.model_copy(update={"seed": f"task {n}"})) for n in range(100)]
        assert {one.decision.action for one in found} == {"escalate"}
        assert not any(one.audited for one in found)


class TestTheChain:
    def test_each_tenant_begins_its_own(self) -> None:
        assert Knowledge("a").digest != Knowledge("b").digest
        assert Knowledge("a").digest == Knowledge("a").digest

    def test_every_result_and_every_word_carries_it_on(self) -> None:
        knowledge = Knowledge("t")
        events = list(learnt_from(knowledge, results(3, 80)))
        digests = [event.after for event in events if isinstance(event, EvidenceLearned | VerdictLearned)]
        assert len(set(digests)) == len(digests)
        assert knowledge.digest == digests[-1]

    def test_the_same_results_make_the_same_chain_and_one_that_differs_another(self) -> None:
        assert taught(subject(PASSED)).digest == taught(subject(PASSED)).digest
        assert taught(subject(PASSED)).digest != taught(subject(FAILED)).digest
        assert taught(subject(PASSED)).digest != taught(subject(report(weight=0.5))).digest

    def test_the_least_difference_in_what_a_step_touched_shows(self) -> None:
        one, other = taught(subject(PASSED)), taught(subject(PASSED))
        row = other.context.rows["tool:quill"]
        other.context.m[row] += 1e-15
        for knowledge in (one, other):
            knowledge.learn(subject(PASSED), knowledge.judge(subject(PASSED)))
        assert one.digest != other.digest


def test_what_a_refusal_of_the_background_model_changes_is_folded_too() -> None:
    knowledge = taught(subject(PASSED))
    refused = InspectorPriorRefused(watermark=1, reason="it did not converge", state=knowledge.digest)
    assert carry_on(knowledge, refused, 2) == (None, None)
    assert (knowledge.fitted, knowledge.version) == (1, 2)
