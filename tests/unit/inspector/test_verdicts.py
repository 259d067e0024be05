"""What people say teaches once: a word of the same person is one word, in whichever way it was said."""

from typing import Any

import pytest
from wrenchai_contracts.envelope import Recorded
from wrenchai_contracts.events import (
    ApprovalDecided,
    Event,
    ExecutionEvaluated,
    VerdictGiven,
    VerdictLearned,
    VerdictWeighed,
)
from wrenchai_contracts.judging import Audit, Report, Subject, Verdict, Work
from wrenchai_contracts.plan import WHOLE_RESULT
from wrenchai_inspector.judging import Whose, judge
from wrenchai_inspector.verdicts import Spoken, Word, hear, said_before, source_of, word_of
from wrenchai_judgement.exact import logit, sigmoid
from wrenchai_judgement.knowledge import Knowledge
from wrenchai_judgement.replaying import carry_on

from tests.samples import AT, TASK

DIGEST, OTHER = "a" * 64, "b" * 64
WORK = Work(role="writer", tool="quill", playbook="letter")
PASSED = Report(judge="links", family="links", dimension="d", level=1)


def recorded(event: Event, by: str = "ann", position: int = 1) -> Recorded:
    return Recorded(position, TASK, position, "default", by, TASK, "", None, AT, event)


def gave(verdict: Verdict, step: str | None = None) -> VerdictGiven:
    return VerdictGiven(step=step, verdict=verdict)


def decided(decision: str, step: str = "a", digest: str = DIGEST) -> ApprovalDecided:
    return ApprovalDecided.model_validate({"step": step, "digest": digest, "decision": decision})


def evaluated(**facts: Any) -> tuple[Knowledge, ExecutionEvaluated]:
    """A result that was judged, and learnt from."""
    knowledge = Knowledge("t")
    subject = Subject.model_validate({"kind": "writing", "work": WORK, "reports": (PASSED,), "seed": TASK, **facts})
    return knowledge, judge(knowledge, subject, Whose(TASK)).evaluation


def word(verdict: Verdict = "good", before: Verdict | None = None) -> Word:
    return Word(TASK, None, "ann", verdict, "audit", before)


class TestWhoSpoke:
    @pytest.mark.parametrize(
        ("event", "spoken"),
        [
            (gave("good"), Spoken(None, "ann", "good")),
            (gave("bad", "a~2"), Spoken("a~2", "ann", "bad")),
            (decided("approve"), Spoken("a", "ann", "good")),
            (decided("change"), Spoken("a", "ann", "good")),
            (decided("reject"), Spoken("a", "ann", "bad")),
            (decided("reject", WHOLE_RESULT), Spoken(None, "ann", "bad")),
            (decided("reject", digest=OTHER), None),
        ],
    )
    def test_a_verdict_and_the_decision_of_whoever_looked_at_quality_are_words_other_approvals_are_not(
        self, event: Event, spoken: Spoken | None
    ) -> None:
        assert word_of(recorded(event), {DIGEST}) == spoken

    def test_what_the_same_person_said_of_the_same_result_last_is_what_is_replaced(self) -> None:
        story = [
            recorded(gave("bad", "a"), position=1),
            recorded(gave("good", "a"), position=2),
            recorded(gave("bad", "a"), by="bob", position=3),
            recorded(gave("bad", "b"), position=4),
        ]
        now = recorded(gave("bad", "a"), position=5)
        assert said_before([*story, now], {DIGEST}, now) == "good"
        assert said_before(story, {DIGEST}, recorded(gave("good"), position=5)) is None

    def test_a_decision_and_a_verdict_of_one_person_are_one_word(self) -> None:
        looked = recorded(decided("approve"), position=1)
        changed = recorded(gave("bad", "a"), position=2)
        assert said_before([looked, changed], {DIGEST}, changed) == "good"
        assert said_before([looked, changed], {DIGEST}, looked) is None

    @pytest.mark.parametrize(
        ("decision", "drawn", "source"),
        [("escalate", False, "escalation"), ("accept", True, "audit"), ("accept", False, "volunteered")],
    )
    def test_rates_are_counted_only_by_who_was_asked_at_random(self, decision: str, drawn: object, source: str) -> None:
        facts = {"decision": decision, "audit": Audit(probability=0.05, drawn=bool(drawn))}
        assert source_of(evaluated()[1].model_copy(update=facts)) == source


class TestHearing:
    def test_it_is_learnt_from_as_it_was_judged_then_and_told_what_it_changed(self) -> None:
        knowledge, evaluation = evaluated()
        before = knowledge.digest
        weighed, (learnt, *_) = hear(knowledge, word("bad"), evaluation)
        assert isinstance(learnt, VerdictLearned)
        assert (learnt.before, learnt.after) == (before, knowledge.digest)
        assert (learnt.source, learnt.quality, learnt.decision) == ("audit", evaluation.quality, evaluation.decision)
        assert learnt.audit_probability == 0.25
        assert weighed.before == evaluation.quality
        assert weighed.after == pytest.approx(sigmoid(logit(evaluation.quality) - 3.476))
        assert knowledge.verdicts == 1

    def test_what_is_recorded_of_it_folds_to_the_same(self) -> None:
        knowledge, evaluation = evaluated()
        again, _ = evaluated()
        _, (learnt, *_) = hear(knowledge, word("good"), evaluation)
        told = VerdictLearned.model_validate_json(learnt.model_dump_json(exclude_defaults=True))
        assert carry_on(again, told, 2).difference is None
        assert again.digest == knowledge.digest

    def test_said_twice_it_is_told_and_teaches_nothing_more(self) -> None:
        knowledge, evaluation = evaluated()
        before = knowledge.digest
        weighed, learnt = hear(knowledge, word("good", before="good"), evaluation)
        assert isinstance(weighed, VerdictWeighed)
        assert (learnt, knowledge.digest) == ((), before)

    def test_of_a_judgement_of_an_older_release_nothing_can_be_learnt(self) -> None:
        old = ExecutionEvaluated(quality=0.6, interval=(0.4, 0.8), decision="accept")
        weighed, learnt = hear(Knowledge("t"), word("good"), old)
        assert weighed.after > weighed.before
        assert learnt == ()

    def test_a_mind_that_was_changed_says_what_it_said_before(self) -> None:
        knowledge, evaluation = evaluated()
        hear(knowledge, word("good"), evaluation)
        _, (learnt, *_) = hear(knowledge, word("bad", before="good"), evaluation)
        assert isinstance(learnt, VerdictLearned)
        assert learnt.replaces == "good"
        assert knowledge.verdicts == 1
