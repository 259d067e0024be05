"""Folds the stream of what was learnt: every state that ever judged anything, again, with the hash it had. Pure."""

from typing import NamedTuple

from wrenchai_contracts.event import Event
from wrenchai_contracts.quality_events import (
    EvidenceLearned,
    InspectorPriorRefreshed,
    InspectorPriorRefused,
    VerdictLearned,
)

from wrenchai_judgement.context import Spreads
from wrenchai_judgement.knowledge import Found, Heard, Knowledge


class Replayed(NamedTuple):
    """One event folded: the judgement it makes now, and what differs from what is recorded."""

    found: Found | None
    difference: str | None


def carry_on(knowledge: Knowledge, event: Event, version: int) -> Replayed:
    """Fold the next event of the stream; knowledge goes on from the recorded hash, whatever it came to here.

    So the first difference is named, and those behind it are told apart from it.
    """
    recorded = getattr(event, "before", None)
    difference = None
    if recorded is not None and recorded != knowledge.digest:
        difference = f"the state before is {knowledge.digest[:12]}, recorded is {recorded[:12]}"
    found = _learnt(knowledge, event)
    knowledge.version = version
    after = getattr(event, "after", None)
    if after is not None:
        difference = difference or _differs(knowledge, event, found, after)
        knowledge.digest = after
    return Replayed(found, difference)


def _learnt(knowledge: Knowledge, event: Event) -> Found | None:
    match event:
        case EvidenceLearned(subject=subject):
            found = knowledge.judge(subject)
            knowledge.learn(subject, found)
            return found
        case VerdictLearned():
            knowledge.hear(heard_of(event))
        case InspectorPriorRefreshed(spreads=spreads):
            knowledge.respread(Spreads(**spreads))
        case InspectorPriorRefused():
            knowledge.fitted = knowledge.results
        case _:
            pass  # alarms follow from the others
    return None


def _differs(knowledge: Knowledge, event: Event, found: Found | None, after: str) -> str | None:
    if isinstance(event, EvidenceLearned) and found is not None:
        if found.decision.action != event.decision:
            return f"it decides {found.decision.action} now, recorded is {event.decision}"
        if found.whole.probability != event.probability:
            return f"P is {found.whole.probability!r} now, recorded is {event.probability!r}"
    if knowledge.digest != after:
        return f"the state after is {knowledge.digest[:12]}, recorded is {after[:12]}"
    return None


def heard_of(event: VerdictLearned) -> Heard:
    """What was heard, from its record."""
    return Heard(
        kind=event.kind,
        work=event.work,
        reports=event.reports,
        ratio=event.ratio,
        raw=event.raw,
        prior=event.prior,
        probability=event.probability,
        verdict=event.verdict,
        replaces=event.replaces,
    )
