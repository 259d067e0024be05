"""How right the inspector's probabilities were, by people's verdicts and by nothing else. Pure."""

import math
from collections import Counter
from collections.abc import Iterable, Iterator

from wrenchai_contracts.quality_views import AuditedRateView, BinView, CalibrationView, CurveView
from wrenchai_judgement import rates
from wrenchai_judgement.knowledge import CALIBRATED_FROM, Knowledge
from wrenchai_judgement.rates import Audited, Calibration, calibration, weighted_rate

from wrenchai_gateway.quality.known import Known
from wrenchai_gateway.quality.ledger import OF_ITS_OWN, Ledger, Said, Scope

ONE_IN = 100
"""Of so many results, a person must have confirmed one."""


def calibration_view(known: Known) -> CalibrationView:
    """Curves by who spoke, and rates by audits."""
    said = list(known.ledger.words.values())
    asked, others = (
        [one for one in said if one.source != "volunteered"],
        [one for one in said if one.source == "volunteered"],
    )
    return CalibrationView(
        calibrated=known.knowledge.calibrated,
        said=in_words(known.knowledge),
        verdicts=known.knowledge.verdicts,
        needed=needed(known.knowledge),
        sources=dict(Counter(one.source for one in said)),
        asked=_curve(asked),
        volunteered=_curve(others),
        rates=tuple(_rates(known.ledger)),
        position=known.position,
    )


def needed(knowledge: Knowledge) -> int:
    """Verdicts from which on its judgements are called calibrated."""
    return max(CALIBRATED_FROM, math.ceil(knowledge.results / ONE_IN))


def in_words(knowledge: Knowledge) -> str:
    """Whether its probabilities can be taken at their word."""
    if not knowledge.results and not knowledge.verdicts:
        return "nothing was judged yet"
    missing = needed(knowledge) - knowledge.verdicts
    if missing <= 0:
        return f"calibrated: people have confirmed {knowledge.verdicts} of its judgements"
    people = f"{knowledge.verdicts} of its judgements" if knowledge.verdicts else "none of its judgements"
    return (
        f"uncalibrated: people have confirmed {people}; {missing} more and its probabilities can be taken at their word"
    )


def _curve(said: Iterable[Said]) -> CurveView | None:
    found = calibration((one.quality, one.verdict == "good") for one in said)
    return None if found is None else _told(found)


def _told(found: Calibration) -> CurveView:
    return CurveView(
        bins=tuple(BinView(**one._asdict()) for one in found.bins),
        brier=found.brier,
        ece=found.ece,
        log_loss=found.log_loss,
        verdicts=found.verdicts,
    )


def _rates(ledger: Ledger) -> Iterator[AuditedRateView]:
    """Of all that the inspector decided by itself, and by tool and playbook where there was an audit at all.

    What it escalated is left out: people look at all of that, because it looks odd.
    """
    audits = [
        one for one in ledger.words.values() if one.source == "audit" and one.audit and one.decision in OF_ITS_OWN
    ]
    for scope, decided in sorted(ledger.decided.items()):
        here = [one for one in audits if _lies_in(one, scope)]
        runs = sum(decided[action] for action in OF_ITS_OWN)
        if runs and (here or scope[0] == "all"):
            yield _rate(scope, decided["accept"], runs, here)


def _rate(scope: Scope, accepted: int, runs: int, audits: Iterable[Said]) -> AuditedRateView:
    told = (Audited(one.decision == "accept", one.verdict == "good", one.audit or 1.0) for one in audits)
    rate: rates.Rate = weighted_rate(accepted, runs, told, seed="/".join(scope))
    kind, name = scope
    interval = rate.low, rate.high
    return AuditedRateView(
        kind=kind, name=name, mean=rate.mean, interval=interval, audits=rate.audits, runs=runs, naive=rate.naive
    )


def _lies_in(one: Said, scope: Scope) -> bool:
    kind, name = scope
    return kind == "all" or getattr(one.work, kind) == name
