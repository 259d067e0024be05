"""When a crashed process starts again: soon, then ever later, and not for ever. Pure; times are monotonic seconds."""

from dataclasses import dataclass, replace
from typing import Self

FIRST_DELAY, LONGEST_DELAY = 0.2, 10.0
HEALTHY_LIFE = 30.0
CRASHES_TO_GIVE_UP, WINDOW = 8, 120.0


@dataclass(frozen=True, slots=True)
class Patience:
    """How many crashes within `WINDOW` seconds are borne, and how long a wait grows."""

    crashes: int = CRASHES_TO_GIVE_UP
    longest_delay: float = LONGEST_DELAY


CRASHES_BEFORE_FIRST_READY = 3
"""A process that never once became ready will hardly do so by itself; say so early."""


PATIENT = Patience()


@dataclass(frozen=True, slots=True)
class CrashHistory:
    """What is remembered of a process's crashes."""

    patience: Patience = PATIENT
    recent: tuple[float, ...] = ()
    streak: int = 0
    was_ready: bool = False

    def became_ready(self) -> Self:
        """From now on it gets the full patience."""
        return replace(self, was_ready=True)

    def crashed(self, *, now: float, lived: float) -> Self:
        """One crash more; a long life before it starts the back-off anew."""
        recent = tuple(at for at in self.recent if now - at < WINDOW)
        return replace(self, recent=(*recent, now), streak=1 if lived >= HEALTHY_LIFE else self.streak + 1)

    @property
    def hopeless(self) -> bool:
        """Whether to leave it alone from now on."""
        limit = self.patience.crashes if self.was_ready else CRASHES_BEFORE_FIRST_READY
        return len(self.recent) >= limit

    def delay(self, chance: float) -> float:
        """Seconds to wait before the next start; `chance` in 0..1 takes off up to half, against herds."""
        full = min(FIRST_DELAY * 2.0 ** (self.streak - 1), self.patience.longest_delay)
        return full * (1 - chance / 2)
