"""What work costs, and how much of it is allowed: calls, tokens, money, seconds."""

from typing import Annotated

from pydantic import Field

from wrenchai_contracts.shape import Recordable, Seconds

MICROS = 1_000_000
"""Millionths of a currency unit in one unit: money is counted in whole millionths, so that sums are exact."""


class Spending(Recordable):
    """A sum of calls, tokens, money (in millionths of the currency unit) and working seconds."""

    calls: int = Field(default=0, ge=0)
    tokens: int = Field(default=0, ge=0)
    micros: int = Field(default=0, ge=0)
    seconds: Annotated[Seconds, Field(ge=0)] = 0.0

    def plus(self, other: "Spending") -> "Spending":
        """Both together."""
        return Spending(
            calls=self.calls + other.calls,
            tokens=self.tokens + other.tokens,
            micros=self.micros + other.micros,
            seconds=self.seconds + other.seconds,
        )


NOTHING = Spending()
"""What costs nothing, or of which nothing is known."""


class Limits(Recordable):
    """How much may be spent of each; None is without limit."""

    calls: Annotated[int, Field(ge=0)] | None = None
    tokens: Annotated[int, Field(ge=0)] | None = None
    micros: Annotated[int, Field(ge=0)] | None = None
    seconds: Annotated[Seconds, Field(ge=0)] | None = None

    @property
    def any(self) -> bool:
        """Whether anything is limited."""
        return self != UNLIMITED

    def exceeded_by(self, spent: Spending) -> str | None:
        """The first kind of which `spent` is more than allowed; None if there is none."""
        for kind in ("calls", "tokens", "micros", "seconds"):
            most = getattr(self, kind)
            if most is not None and getattr(spent, kind) > most:
                return kind
        return None

    def stretched(self, more: "Limits") -> "Limits":
        """Each limit raised by as much as `more` says; what has none keeps none."""
        added = {
            kind: own + extra
            for kind in ("calls", "tokens", "micros", "seconds")
            if (own := getattr(self, kind)) is not None and (extra := getattr(more, kind)) is not None
        }
        return self.model_copy(update=added)


UNLIMITED = Limits()
"""No limit of any kind."""
