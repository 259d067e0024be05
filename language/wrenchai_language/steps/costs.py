"""What an author says of costs, in the units that are counted: money in whole millionths. Pure."""

from wrenchai_contracts.spending import MICROS, NOTHING, UNLIMITED, Limits, Spending
from wrenchai_contracts.steps import Cost

_NOT_SAID = Cost()
_KINDS = ("calls", "tokens", "micros", "seconds")


def spending_of(cost: Cost, timeout: float, *, limited: bool) -> Spending:
    """What one call may cost at most: one call and its whole time, unless the author says otherwise.

    Where nothing is said and nothing is limited, there is nothing to reserve.
    """
    if cost == _NOT_SAID and not limited:
        return NOTHING
    return Spending(
        calls=1 if cost.calls is None else cost.calls,
        tokens=cost.tokens or 0,
        micros=_micros(cost) or 0,
        seconds=timeout if cost.seconds is None else cost.seconds,
    )


def limits_of(cost: Cost) -> Limits:
    """How much may be spent; what is not said is not limited."""
    if cost == _NOT_SAID:
        return UNLIMITED
    return Limits(calls=cost.calls, tokens=cost.tokens, micros=_micros(cost), seconds=cost.seconds)


def tighter(one: Limits, other: Limits) -> Limits:
    """Of each kind the smaller limit."""
    both = {kind: (getattr(one, kind), getattr(other, kind)) for kind in _KINDS}
    return Limits(
        **{kind: min((most for most in pair if most is not None), default=None) for kind, pair in both.items()}
    )


def _micros(cost: Cost) -> int | None:
    return None if cost.money is None else round(cost.money * MICROS)
