"""Draws and contests of one task: what the inspector was offered, what it answered. Pure; twice is as good as once."""

from dataclasses import dataclass, field

from wrenchai_contracts.events import ChoiceDrawn, ChoiceOffered, ContestEvaluated, EntriesScored
from wrenchai_contracts.paths import drop_inside
from wrenchai_contracts.shape import Path

OF_CHOICES = (ChoiceOffered, ChoiceDrawn, EntriesScored, ContestEvaluated)
"""What this is a fold of."""


@dataclass(slots=True)
class Choices:
    """By the path of the node that asks; each asks once, and another go of it is another path."""

    offered: dict[Path, ChoiceOffered] = field(default_factory=dict)
    drawn: dict[Path, ChoiceDrawn] = field(default_factory=dict)
    scored: dict[Path, EntriesScored] = field(default_factory=dict)
    ranked: dict[Path, ContestEvaluated] = field(default_factory=dict)

    def note(self, event: "ChoiceOffered | ChoiceDrawn | EntriesScored | ContestEvaluated") -> None:
        """Fold an offer, or its answer."""
        match event:
            case ChoiceOffered(step=step):
                self.offered.setdefault(step, event)
            case ChoiceDrawn(step=step):
                self.drawn.setdefault(step, event)
            case EntriesScored(step=step):
                self.scored.setdefault(step, event)
            case ContestEvaluated(step=step):
                self.ranked.setdefault(step, event)

    def forget_inside(self, block: Path) -> None:
        """What lies in a block whose own outcome is known changes nothing any more."""
        for kept in (self.offered, self.drawn, self.scored, self.ranked):
            drop_inside(kept, block)
