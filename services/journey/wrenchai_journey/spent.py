"""What a journey has cost so far, and whether one more call would go beyond what was reserved. Pure."""

from typing import NamedTuple

from wrenchai_contracts.plan import PlannedStep
from wrenchai_contracts.spending import Spending


class Sum(NamedTuple):
    """Tokens, money and working seconds of all attempts; calls are counted by the attempts themselves."""

    tokens: int = 0
    micros: int = 0
    seconds: float = 0.0

    def plus(self, seconds: float, told: Spending | None) -> "Sum":
        """With one attempt more, and what it told of."""
        tokens, micros = (told.tokens, told.micros) if told is not None else (0, 0)
        return Sum(self.tokens + tokens, self.micros + micros, self.seconds + seconds)

    def with_lost(self, step: PlannedStep | None) -> "Sum":
        """With an attempt more whose worker died: nobody knows what it cost, so as much as a call costs at most."""
        return self if step is None else self.plus(0.0, step.most)

    @property
    def is_told(self) -> bool:
        """Whether anything counts that nobody measures but the tool."""
        return bool(self.tokens or self.micros)

    def as_spending(self, calls: int) -> Spending:
        """It all, for an event."""
        return Spending(calls=calls, tokens=self.tokens, micros=self.micros, seconds=round(self.seconds, 6))


def exceeds(reserved: Spending, *, spent: Spending, call: Spending) -> bool:
    """Whether `call`, beside what is `spent`, might go beyond `reserved`.

    A kind of which neither names anything has no limit. Every attempt is a call, whatever its step says.
    """
    if reserved.calls and not call.calls:
        call = call.model_copy(update={"calls": 1})
    if reserved.seconds and spent.seconds >= reserved.seconds:
        return True
    return any(
        spent_so_far + most > limit
        for limit, spent_so_far, most in zip(_kinds(reserved), _kinds(spent), _kinds(call), strict=True)
        if limit or most
    )


def _kinds(spending: Spending) -> tuple[float, ...]:
    return spending.calls, spending.tokens, spending.micros, spending.seconds
