"""A judgement as it is recorded: every hash follows the one before, and what is judged again is learnt once."""

from typing import Any

import pytest
from wrenchai_contracts.events import (
    ChoiceOffered,
    ContestEvaluated,
    DriftDetected,
    EntriesScored,
    Event,
    EvidenceLearned,
    RoundEnded,
)
from wrenchai_contracts.judging import Offered, Option, Part, Report, ResourceSample, Subject, Used, Work
from wrenchai_inspector.judging import Whose, draw_choice, judge, judge_entries, judge_round
from wrenchai_judgement.deciding import SURE
from wrenchai_judgement.knowledge import MODEL, Knowledge
from wrenchai_judgement.replaying import carry_on

from benchmarks.inspector.drawn_results import learnt_from, results
from tests.samples import TASK

WORK = Work(role="writer", tool="quill", playbook="letter")
PASSED = Report(judge="links", family="links", dimension="d", level=1)
FAILED = PASSED.model_copy(update={"level": 0})
ASKED = Offered(name="style", judge="style", family="style", scale="check", price=0.01)


def subject(*reports: Report, **facts: Any) -> Subject:
    return Subject.model_validate({"kind": "writing", "work": WORK, "reports": reports, "seed": TASK, **facts})


def grown() -> Knowledge:
    knowledge = Knowledge("t")
    list(learnt_from(knowledge, results(11, 120)))
    knowledge.verdicts = 100
    return knowledge


def chain(learnt: tuple[Event, ...]) -> list[tuple[str, str]]:
    return [(event.before, event.after) for event in learnt if isinstance(event, EvidenceLearned)]


class TestAResult:
    def test_its_judgement_says_all_that_it_was_made_from(self) -> None:
        knowledge = grown()
        one = subject(PASSED, proven=True, retries_left=1, parts={"a": Part(probability=0.9, spread=0.3)})
        before = knowledge.digest
        evaluation, learnt = judge(knowledge, one, Whose(TASK, "a", 2))
        assert (evaluation.step, evaluation.go, evaluation.model, evaluation.level) == ("a", 2, MODEL, 0.9)
        assert evaluation.state_before == before
        assert evaluation.state_after == knowledge.digest
        assert chain(learnt) == [(before, knowledge.digest)]
        assert evaluation.assessment is not None
        assert evaluation.quality == pytest.approx(0.9 * evaluation.assessment.probability)
        assert evaluation.difficulty is not None
        assert evaluation.costs == one.costs
        assert set(evaluation.losses) == {"accept", "retry", "escalate"}
        assert evaluation.audit is not None

    def test_a_judgement_that_asks_another_judge_teaches_nothing_yet(self) -> None:
        knowledge = grown()
        unsure = subject(PASSED, judges=(ASKED,))
        before = knowledge.digest
        evaluation, learnt = judge(knowledge, unsure, Whose(TASK, "a"))
        assert (evaluation.decision, evaluation.asks) == ("ask_judge", "style")
        assert (learnt, knowledge.digest, evaluation.state_after) == ((), before, before)
        assert evaluation.losses["ask_judge"] < min(evaluation.losses["accept"], evaluation.losses["escalate"])

    def test_what_nobody_reported_on_teaches_nothing_but_what_it_used(self) -> None:
        knowledge = Knowledge("t")
        assert judge(knowledge, subject(), Whose(TASK)).learnt == ()
        used = Used(step="a", tool="quill", sample=ResourceSample(seconds=3.0))
        evaluation, learnt = judge(knowledge, subject(used=(used,)), Whose(TASK))
        assert len(learnt) == 1
        assert knowledge.results == 0
        assert evaluation.audit is None, "there is nothing to be audited"

    def test_a_step_that_used_far_more_than_ever_is_told_with_the_judgement(self) -> None:
        knowledge = Knowledge("t")
        for seconds in (3.0,) * 20:
            used = Used(step="a", tool="quill", sample=ResourceSample(seconds=seconds))
            judge(knowledge, subject(PASSED, used=(used,)), Whose(TASK))
        slow = Used(step="a", tool="quill", sample=ResourceSample(seconds=300.0))
        evaluation, _ = judge(knowledge, subject(PASSED, used=(slow,)), Whose(TASK))
        assert [(one.step, one.measure) for one in evaluation.anomalies] == [("a", "seconds")]

    def test_a_shift_is_told_by_an_event_of_its_own(self) -> None:
        knowledge = Knowledge("t")
        for _ in range(60):
            judge(knowledge, subject(PASSED), Whose(TASK))
        said = [event for _ in range(40) for event in judge(knowledge, subject(FAILED), Whose(TASK)).learnt]
        assert {event.subject for event in said if isinstance(event, DriftDetected)} >= {"tool:quill"}

    def test_before_people_have_confirmed_enough_it_says_so_and_accepts_nothing_on_trust(self) -> None:
        evaluation, _ = judge(Knowledge("t"), subject(PASSED), Whose(TASK))
        assert not evaluation.calibrated
        assert evaluation.decision != "accept"
        assert evaluation.quality < SURE
        assert evaluation.rules[0].startswith("uncalibrated")

    def test_long_stories_fit_into_an_event(self) -> None:
        one = subject(PASSED, failed=tuple("x" * 3000 + str(n) for n in range(100)))
        evaluation, _ = judge(Knowledge("t"), one, Whose(TASK))
        assert max(map(len, (*evaluation.reasons, *evaluation.rules))) <= 500
        assert len(evaluation.reasons) <= 60

    def test_every_event_that_is_learnt_from_folds_to_the_state_after_it(self) -> None:
        knowledge, again = Knowledge("t"), Knowledge("t")
        for one in results(12, 60):
            for event in judge(knowledge, one.subject, Whose(one.name)).learnt:
                assert carry_on(again, event, again.version + 1).difference is None
        assert again.digest == knowledge.digest


class TestRounds:
    def rounds(self, *levels: int) -> list[Subject]:
        return [subject(Report(judge="t", family="t", dimension="d", scale="tests", level=level)) for level in levels]

    def test_a_round_is_judged_and_compared_with_those_before_and_teaches_nothing(self) -> None:
        knowledge = Knowledge("t")
        before = knowledge.digest
        gained = judge_round(knowledge, self.rounds(0, 3), RoundEnded(step="edit", round=2, delta=0.05))
        stuck = judge_round(knowledge, self.rounds(0, 3, 3), RoundEnded(step="edit", round=3, delta=0.05))
        assert (gained.step, gained.round, gained.delta) == ("edit", 2, 0.05)
        assert gained.quality == stuck.quality
        assert gained.improves > 0.5, "what gained much may gain more"
        assert stuck.improves < 0.4, "a round that gained nothing promises little"
        assert knowledge.digest == before


class TestChoices:
    def test_a_draw_belongs_to_its_task_and_step_and_changes_nothing(self) -> None:
        knowledge = grown()
        options = tuple(
            Option(name=tool, work=WORK.model_copy(update={"tool": tool})) for tool in ("quill", "pen", "robot")
        )
        offer = ChoiceOffered(step="a", options=options, most=1)
        before = knowledge.digest
        drawn = draw_choice(knowledge, offer, TASK)
        assert drawn == draw_choice(knowledge, offer, TASK)
        assert drawn.state == knowledge.digest == before
        assert set(drawn.chances) == {"quill", "pen", "robot"}
        others = {draw_choice(knowledge, offer, f"task_{n:08d}").chosen for n in range(40)}
        assert len(others) > 1


class TestContests:
    def entries(self, **levels: int) -> dict[str, Subject]:
        return {
            name: subject(
                Report(judge="t", family="t", dimension="d", scale="tests", level=level),
                work=WORK.model_copy(update={"pair": f"letter/best/{name}"}),
            )
            for name, level in levels.items()
        }

    def scored(self, **totals: float) -> EntriesScored:
        entries = tuple(Option(name=name, work=WORK) for name in totals)
        return EntriesScored(step="best", entries=entries, totals=totals, judge="weigh")

    def judged(self, entries: dict[str, Subject], **totals: float) -> tuple[Knowledge, ContestEvaluated, Any]:
        knowledge = Knowledge("t")
        return knowledge, *judge_entries(knowledge, entries, self.scored(**totals), TASK)

    def test_the_most_probably_acceptable_entry_wins_whatever_the_totals(self) -> None:
        _, evaluated, _ = self.judged(self.entries(a=4, b=1), a=0.1, b=0.9)
        assert evaluated.winner == "a"
        assert evaluated.standings["a"].best > evaluated.standings["b"].best

    def test_at_equal_probability_the_higher_total_wins_then_the_first_by_name(self) -> None:
        assert self.judged(self.entries(a=3, b=3), a=0.1, b=0.9)[1].winner == "b"
        assert self.judged(self.entries(b=3, a=3), b=0.5, a=0.5)[1].winner == "a"

    def test_who_failed_a_mandatory_check_cannot_win_and_if_all_did_nobody_wins(self) -> None:
        entries = self.entries(a=4, b=1)
        barred = {**entries, "a": entries["a"].model_copy(update={"failed": ("links: dead",)})}
        assert self.judged(barred, a=0.9, b=0.1)[1].winner == "b"
        barred["b"] = barred["b"].model_copy(update={"failed": ("links: dead",)})
        assert self.judged(barred, a=0.9, b=0.1)[1].winner is None

    def test_each_entry_is_learnt_from_one_after_the_other_in_one_chain(self) -> None:
        knowledge, evaluated, learnt = self.judged(self.entries(a=4, b=1), a=0.9, b=0.1)
        links = chain(learnt)
        assert len(links) == 2
        assert links[0][0] == evaluated.state_before
        assert links[0][1] == links[1][0]
        assert links[1][1] == evaluated.state_after == knowledge.digest
        assert [event.step for event in learnt if isinstance(event, EvidenceLearned)] == ["best.a", "best.b"]
