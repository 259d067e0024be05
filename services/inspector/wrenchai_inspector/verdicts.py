"""What a person's word teaches: about the judgement it is about, as that was recorded. Pure but for the knowledge."""

from collections.abc import Collection, Iterable
from typing import Literal, NamedTuple

from wrenchai_contracts.envelope import Recorded
from wrenchai_contracts.events import (
    ApprovalDecided,
    Event,
    ExecutionEvaluated,
    VerdictGiven,
    VerdictLearned,
    VerdictWeighed,
)
from wrenchai_contracts.judging import Assessment, Verdict
from wrenchai_contracts.plan import WHOLE_RESULT
from wrenchai_contracts.shape import Path, Sha256, TaskId
from wrenchai_judgement.exact import logit, moments, sigmoid
from wrenchai_judgement.knowledge import Knowledge
from wrenchai_judgement.replaying import heard_of
from wrenchai_judgement.weighing import HUMAN_RATIO

from wrenchai_inspector.judging import drifted

Source = Literal["audit", "escalation", "volunteered"]


class Spoken(NamedTuple):
    """What somebody said of which result; `step`: None is the whole."""

    step: Path | None
    by: str
    verdict: Verdict


class Word(NamedTuple):
    """Who said what of which result, and why they were asked; `before`: what the same person had said of it."""

    task_id: TaskId
    step: Path | None
    by: str
    verdict: Verdict
    source: Source
    before: Verdict | None = None


def word_of(event: Recorded, looks: Collection[Sha256]) -> Spoken | None:
    """A verdict, or the decision of whoever was asked about a result's quality; other approvals say nothing of it.

    `looks`: the digests of what people were asked about the quality of.
    """
    match event.event:
        case VerdictGiven(step=step, verdict=verdict):
            return Spoken(step, event.actor, verdict)
        case ApprovalDecided(step=path, digest=digest, decision=decision) if digest in looks:
            step = None if path == WHOLE_RESULT else path
            return Spoken(step, event.actor, "bad" if decision == "reject" else "good")
        case _:
            return None


def said_before(story: Iterable[Recorded], looks: Collection[Sha256], event: Recorded) -> Verdict | None:
    """What the same person had said last of the same result, in whichever way: it is one person's word, not two."""
    now, said = word_of(event, looks), None
    for earlier in story:
        word = word_of(earlier, looks)
        if word is not None and now is not None and earlier.position < event.position and word[:2] == now[:2]:
            said = word.verdict
    return said


def source_of(evaluation: ExecutionEvaluated) -> Source:
    """Why somebody who speaks of that judgement does: rates may only be counted by those who were asked at random."""
    if evaluation.decision == "escalate":
        return "escalation"
    drawn = evaluation.audit is not None and evaluation.audit.drawn
    return "audit" if drawn else "volunteered"


def hear(knowledge: Knowledge, word: Word, evaluation: ExecutionEvaluated) -> tuple[VerdictWeighed, tuple[Event, ...]]:
    """Learn from it: what it changed, and what was learnt. Nothing is where it is said twice, or of old judgements."""
    assessment = evaluation.assessment
    weighed = _weighed(word, evaluation)
    if assessment is None or word.before == word.verdict:
        return weighed, ()
    before = knowledge.digest
    learnt = _learnt(word, evaluation, assessment, before)
    alarms = knowledge.hear(heard_of(learnt))
    return weighed, (learnt.model_copy(update={"after": knowledge.digest}), *drifted(alarms, word.task_id))


def _weighed(word: Word, evaluation: ExecutionEvaluated) -> VerdictWeighed:
    ratio = HUMAN_RATIO if word.verdict == "good" else -HUMAN_RATIO
    after = sigmoid(logit(evaluation.quality) + ratio)
    return VerdictWeighed(step=word.step, by=word.by, verdict=word.verdict, before=evaluation.quality, after=after)


def _learnt(word: Word, evaluation: ExecutionEvaluated, assessment: Assessment, before: str) -> VerdictLearned:
    plain = moments(assessment.mean - assessment.offset, assessment.variance, assessment.ratio)
    return VerdictLearned(
        task_id=word.task_id,
        step=word.step,
        by=word.by,
        verdict=word.verdict,
        kind=assessment.kind,
        work=assessment.work,
        reports=tuple(one.report for one in assessment.weighed),
        ratio=assessment.ratio,
        raw=assessment.raw,
        prior=plain.before,
        probability=plain.after,
        quality=evaluation.quality,
        decision=evaluation.decision,
        source=word.source,
        audit_probability=evaluation.audit.probability if evaluation.audit is not None else None,
        replaces=word.before,
        before=before,
        after=before,
    )
