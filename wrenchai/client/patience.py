"""How long a client goes on trying: growing pauses with jitter, so that many clients do not come back at once."""

import random
from collections.abc import Callable, Iterator
from dataclasses import dataclass

LONGEST_ASKED = 30.0
"""Seconds; a server that asks for a longer pause is answered with an error instead."""


@dataclass(frozen=True, slots=True)
class Patience:
    """Pause n, in seconds: first * factor^(n-1), at most `longest`, times a chance in [0.5, 1]."""

    tries: int = 8
    first: float = 0.1
    factor: float = 2.0
    longest: float = 5.0
    chance: Callable[[], float] = random.random

    def pauses(self) -> Iterator[float]:
        """The pauses between the tries; there is one fewer of them than tries."""
        for number in range(self.tries - 1):
            yield min(self.longest, self.first * self.factor**number) * (0.5 + self.chance() / 2)
