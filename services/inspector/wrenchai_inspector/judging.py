"""From a subject to the events that record its judgement, and what was learnt from it. Pure but for the knowledge."""

from collections.abc import Iterable, Mapping
from typing import NamedTuple

from wrenchai_contracts.events import (
    ChoiceDrawn,
    ChoiceOffered,
    ContestEvaluated,
    DriftDetected,
    EntriesScored,
    Event,
    EvidenceLearned,
    ExecutionEvaluated,
    RoundEnded,
    RoundEvaluated,
)
from wrenchai_contracts.judging import Audit, Subject
from wrenchai_contracts.shape import Path, TaskId
from wrenchai_judgement.choosing import draw, standings
from wrenchai_judgement.drift import Alarm
from wrenchai_judgement.explaining import assessment_of, reasons_of
from wrenchai_judgement.knowledge import MODEL, Found, Knowledge, place_of

from wrenchai_inspector.improvement import probability_of_improvement

LEVEL = 0.9
_MOST_REASON = 500


class Judged(NamedTuple):
    """A judgement, and what was learnt from the result: nothing where it is judged again, or nothing was measured."""

    evaluation: ExecutionEvaluated
    learnt: tuple[Event, ...]


class Whose(NamedTuple):
    """Which result of which task: None is the whole; `go`: the how manieth judgement of it."""

    task_id: TaskId
    step: Path | None = None
    go: int = 1


def judge(knowledge: Knowledge, subject: Subject, whose: Whose) -> Judged:
    """Judge a result, and learn from it unless another judge is asked about it first."""
    found = knowledge.judge(subject)
    assessment = assessment_of(subject, found, knowledge)
    another_go = None if subject.retries_left or not subject.all_reports else knowledge.another_go(subject, found)
    reasons = tuple(
        reason[:_MOST_REASON] for reason in (*reasons_of(subject, found, assessment), *_once_more(another_go))
    )
    anomalies = knowledge.anomalies(subject.used, subject.work.playbook)
    before = knowledge.digest
    learns = found.decision.action != "ask_judge" and bool(subject.reports or subject.used)
    learnt = learn(knowledge, subject, found, whose) if learns else ()
    evaluation = ExecutionEvaluated(
        quality=found.whole.probability,
        interval=found.whole.interval,
        level=LEVEL,
        decision=found.decision.action,
        reasons=reasons,
        not_measured=subject.not_measured,
        model=MODEL,
        step=whose.step,
        go=whose.go,
        rules=tuple(rule[:_MOST_REASON] for rule in found.decision.rules),
        assessment=assessment,
        parts=subject.parts,
        costs=subject.costs,
        losses=dict(found.decision.losses),
        another_go=another_go,
        asks=found.decision.asks,
        difficulty=found.difficulty if subject.retries_left else None,
        calibrated=found.calibrated,
        audit=_audit(subject, found),
        anomalies=anomalies,
        state_before=before,
        state_after=knowledge.digest,
    )
    return Judged(evaluation, learnt)


def _once_more(another_go: float | None) -> Iterable[str]:
    """An operator decides by it whether a step should have a gate."""
    if another_go is not None:
        yield f"doing it once more would cost {another_go:.2f} all in all; a step with `quality` can be done once more"


def learn(knowledge: Knowledge, subject: Subject, found: Found, whose: Whose) -> tuple[Event, ...]:
    """Learn from a judged result: the fact, and the alarms that it raised."""
    before = knowledge.digest
    alarms = knowledge.learn(subject, found)
    learnt = EvidenceLearned(
        task_id=whose.task_id,
        step=whose.step,
        subject=subject,
        decision=found.decision.action,
        probability=found.whole.probability,
        before=before,
        after=knowledge.digest,
    )
    return (learnt, *drifted(alarms, whose.task_id))


def drifted(alarms: Iterable[Alarm], task_id: TaskId) -> Iterable[DriftDetected]:
    """An event for each alarm."""
    for alarm in alarms:
        yield DriftDetected(
            subject=alarm.subject,
            direction=alarm.direction,
            odds=alarm.odds,
            since=alarm.since,
            page=alarm.page,
            task_id=task_id,
        )


def _audit(subject: Subject, found: Found) -> Audit | None:
    """Only what was judged by evidence can be audited by it."""
    if not (subject.all_reports or subject.parts):
        return None
    return Audit(probability=found.audit, drawn=found.audited)


def judge_round(knowledge: Knowledge, subjects: Iterable[Subject], ended: RoundEnded) -> RoundEvaluated:
    """How good the last round is, and how likely another one is better by so much. Learns nothing: rounds go on."""
    found = [knowledge.judge(subject) for subject in subjects]
    delta = ended.delta or 0.0
    improves = probability_of_improvement([one.own.probability for one in found], delta)
    return RoundEvaluated(
        step=ended.step,
        round=ended.round,
        quality=found[-1].own.probability,
        interval=found[-1].own.interval,
        improves=round(improves, 6),
        delta=delta,
        model=MODEL,
    )


def draw_choice(knowledge: Knowledge, offered: ChoiceOffered, task_id: TaskId) -> ChoiceDrawn:
    """Who runs, of those that are offered."""
    places = [place_of(option.work) for option in offered.options]
    drawn = draw(offered.options, places, offered.most, knowledge.context, f"{task_id}/{offered.step}/choice")
    return ChoiceDrawn(
        step=offered.step,
        chosen=drawn.chosen,
        chances=drawn.chances,
        explored=drawn.explored,
        state=knowledge.digest,
    )


def judge_entries(
    knowledge: Knowledge, subjects: Mapping[str, Subject], scored: EntriesScored, task_id: TaskId
) -> tuple[ContestEvaluated, tuple[Event, ...]]:
    """How good each entry of a contest is and which is the best; what was learnt from each, one after the other."""
    before = knowledge.digest
    found = {name: knowledge.judge(subject) for name, subject in subjects.items()}
    standing = standings(
        {name: (place_of(subjects[name].work), one.own) for name, one in found.items()},
        knowledge.context,
        f"{task_id}/{scored.step}/standings",
    )
    learnt = tuple(
        event
        for name, subject in subjects.items()
        for event in learn(knowledge, subject, knowledge.judge(subject), Whose(task_id, f"{scored.step}.{name}"))
    )
    able = [name for name, subject in subjects.items() if not subject.failed]
    evaluated = ContestEvaluated(
        step=scored.step,
        standings=standing,
        winner=_winner(able, found, scored.totals),
        state_before=before,
        state_after=knowledge.digest,
    )
    return evaluated, learnt


def _winner(names: Iterable[str], found: Mapping[str, Found], totals: Mapping[str, float]) -> str | None:
    """The most probably acceptable one; at a tie the higher score, then the first by name. None if all are barred."""
    ranked = sorted(names, key=lambda name: (-found[name].own.probability, -totals[name], name))
    return ranked[0] if ranked else None
