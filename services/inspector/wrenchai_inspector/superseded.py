"""Whose evidence counts: not what a later round, a later go or a better competitor took the place of. Pure."""

from dataclasses import dataclass, field

from wrenchai_contracts.events import Event, RoundEnded, StepRepeated, StepSettled
from wrenchai_contracts.paths import first_go, go_in
from wrenchai_contracts.shape import Path


@dataclass(slots=True)
class Superseded:
    """A fold of a task's decisions. Asked about a journey, it knows whether its result is no part of the task's."""

    _rounds: dict[Path, int] = field(default_factory=dict)
    _goes: dict[Path, int] = field(default_factory=dict)
    _losers: set[Path] = field(default_factory=set)

    def note(self, event: Event) -> None:
        """Fold one event of the task's own stream."""
        match event:
            case RoundEnded(step=step, round=number):
                self._rounds[step] = number
            case StepRepeated(step=step, go=go):
                self._goes[step] = go
            case StepSettled(step=step, verdict={"winner": str(winner), "totals": dict(totals)} as verdict):
                self._losers |= {f"{step}.{name}" for name in (*totals, *verdict.get("out", ())) if name != winner}
            case _:
                pass

    def has(self, journey: Path) -> bool:
        """Whether something took the place of what this journey came to."""
        parts = journey.split(".")
        nodes = [".".join(parts[:n]) for n in range(1, len(parts) + 1)]
        return any(self._is_behind(node, parts[n + 1 :]) for n, node in enumerate(nodes))

    def _is_behind(self, node: Path, inside: list[str]) -> bool:
        """Whether a node was gone through again or lost its contest, or what lies `inside` it is an earlier round."""
        first = first_go(node)
        if first in self._losers or go_in(node) < self._goes.get(first, 1):
            return True
        return bool(inside) and inside[0].isdecimal() and int(inside[0]) < self._rounds.get(node, 0)
