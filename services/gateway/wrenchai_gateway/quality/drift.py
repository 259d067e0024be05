"""What does not do as it used to, and how tools did from week to week. Pure."""

from collections.abc import Iterator

from wrenchai_contracts.quality_views import AlarmView, DriftView, RenewedView, SumView, TrendView
from wrenchai_judgement.drift import ALARM

from wrenchai_gateway.quality.known import Known, Trend, week_of
from wrenchai_gateway.quality.ledger import Alarmed


def drift_view(known: Known) -> DriftView:
    """The newest alarms first; of what is about to become one, the loudest first."""
    now = known.trend(week_of(known.ledger.last)) if known.ledger.last is not None else []
    return DriftView(
        alarms=tuple(map(_alarm, reversed(known.ledger.alarms))),
        sums=tuple(sorted(_sums(known), key=lambda one: (-one.sum, one.subject))),
        weeks=tuple(_trend(one) for one in (*known.trends, *now)),
        renewed=tuple(RenewedView(**one._asdict()) for one in reversed(known.ledger.renewed)),
        position=known.position,
    )


def _alarm(alarmed: Alarmed) -> AlarmView:
    return AlarmView(**alarmed.event.model_dump(), at=alarmed.at, position=alarmed.position)


def _sums(known: Known) -> Iterator[SumView]:
    for name, cusum in known.knowledge.drift.sums.items():
        subject, _, direction = name.rpartition("/")
        if cusum.sum > 0:
            yield SumView(subject=subject, direction=direction, sum=cusum.sum, alarm=ALARM)


def _trend(trend: Trend) -> TrendView:
    rate = trend.rate
    return TrendView(
        tool=trend.tool, week=trend.week, mean=rate.mean, interval=rate.interval, runs=round(trend.runs, 3)
    )
