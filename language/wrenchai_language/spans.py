"""From so much to so much: what is not known before a run, as two numbers. Pure."""

from collections.abc import Iterable
from typing import NamedTuple


class Span(NamedTuple):
    """At least, and at most; None is without a known end."""

    least: float = 0.0
    most: float | None = 0.0

    def plus(self, other: "Span") -> "Span":
        """Both, one after the other."""
        ends = self.most is not None and other.most is not None
        return Span(self.least + other.least, (self.most or 0.0) + (other.most or 0.0) if ends else None)

    def times(self, count: "Span") -> "Span":
        """That often; nothing of which nobody knows how often is still nothing."""
        if self.most == 0:
            return Span()
        ends = self.most is not None and count.most is not None
        return Span(self.least * count.least, (self.most or 0.0) * (count.most or 0.0) if ends else None)

    def perhaps(self) -> "Span":
        """Or nothing at all."""
        return Span(0.0, self.most)


NOTHING = Span()


def exactly(value: float) -> Span:
    """No less and no more."""
    return Span(value, value)


def total(spans: Iterable[Span]) -> Span:
    """All of them together."""
    found = Span()
    for span in spans:
        found = found.plus(span)
    return found


def either(spans: Iterable[Span]) -> Span:
    """One of them, whichever it is."""
    every = list(spans)
    if not every:
        return Span()
    ends = [span.most for span in every if span.most is not None]
    return Span(min(span.least for span in every), max(ends) if len(ends) == len(every) else None)


def longest(spans: Iterable[Span]) -> Span:
    """All of them side by side: as long as the longest."""
    every = list(spans)
    ends = [span.most for span in every if span.most is not None]
    return Span(
        max((span.least for span in every), default=0.0), max(ends, default=0.0) if len(ends) == len(every) else None
    )
