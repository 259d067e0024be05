"""The ledger of decisions, from the view's sums. Pure; it needs no arithmetic of the judgement's."""

from collections.abc import Iterable, Mapping, Sequence
from datetime import date

from wrenchai_chassis.projection import Row
from wrenchai_contracts.quality_views import DecidedView, DecisionsView, WeekView

ASKED = "ask_judge"


def decisions_of(rows: Sequence[Row], position: int) -> DecisionsView:
    """Sums by week and kind, and over all weeks.

    A result was judged once more for each judge that was asked about it: its last decision has the loss, the earlier
    ones count as asking.
    """
    weeks: dict[str, dict[str, DecidedView]] = {}
    for row in rows:
        here = weeks.setdefault(row["week"], {})
        here[row["decision"]] = _plus(here.get(row["decision"]), _decided(row))
        if row["asked"]:
            here[ASKED] = _plus(here.get(ASKED), DecidedView(count=row["asked"], expected=0.0))
    return DecisionsView(
        weeks=tuple(WeekView(week=date.fromisoformat(week), decisions=here) for week, here in sorted(weeks.items())),
        total=_total(weeks.values()),
        position=position,
    )


def _decided(row: Row) -> DecidedView:
    """What people say that it has cost is known of what was accepted; a person's look costs what was expected."""
    expected = row["expected_of_these"]
    realised = {"accept": row["false_accepts"], "escalate": expected}.get(row["decision"], 0.0)
    return DecidedView(
        count=row["count"],
        expected=row["expected"],
        verdicts=row["verdicts"],
        bad=row["bad"],
        expected_of_these=expected,
        realised=realised,
    )


def _total(weeks: Iterable[Mapping[str, DecidedView]]) -> dict[str, DecidedView]:
    total: dict[str, DecidedView] = {}
    for here in weeks:
        for action, decided in here.items():
            total[action] = _plus(total.get(action), decided)
    return total


def _plus(one: DecidedView | None, other: DecidedView) -> DecidedView:
    if one is None:
        return other
    return DecidedView(**{name: getattr(one, name) + getattr(other, name) for name in DecidedView.model_fields})
