"""What the inspector was asked about one task, and what it said of each result. Pure; twice is as good as once."""

from dataclasses import dataclass, field

from wrenchai_contracts.events import ExecutionEvaluated, ResultOffered, StepSettled
from wrenchai_contracts.paths import drop_inside, is_inside, with_go
from wrenchai_contracts.shape import Path, StepId

QUALITY = "quality"
"""The name of a wait in which a person looks at a result, and the kind of failure of a result that was refused."""

LOOKED_AT = "looked_at"
"""In the verdict of a step: a person has looked at its result, and said whether it is acceptable."""


@dataclass(slots=True)
class Judgements:
    """Results by the path of the node whose they are; another go is another path."""

    offered: dict[Path, ResultOffered] = field(default_factory=dict)
    """The last offer of each."""
    _said: dict[Path, dict[int, ExecutionEvaluated]] = field(default_factory=dict)
    """By the number of the offer."""
    _closed: set[Path] = field(default_factory=set)
    """About which nothing more is asked: a person has looked, it was refused, or its step was passed over."""

    def word_on(self, path: Path) -> ExecutionEvaluated | None:
        """What was said of the last offer; None while that is open."""
        offered = self.offered.get(path)
        return None if offered is None else self._said.get(path, {}).get(offered.number)

    def stands(self, path: Path) -> bool:
        """Whether what comes after it may rely on its result."""
        word = self.word_on(path)
        return path in self._closed or (word is not None and word.decision == "accept")

    def is_open(self, path: Path) -> bool:
        """Whether it was offered, and there may be more to ask about it."""
        return path in self.offered and path not in self._closed

    @property
    def is_asking(self) -> bool:
        """Whether an offer is open to which, as far as is known here, nothing was said."""
        return any(path not in self._closed and self.word_on(path) is None for path in self.offered)

    def asked(self, path: Path) -> set[StepId | None]:
        """The judges that were asked about it besides."""
        return {word.asks for word in self._said.get(path, {}).values() if word.decision == "ask_judge"}

    def retries(self, first: Path, go: int) -> int:
        """How many of its goes before `go` were followed by another one for their quality."""
        words = (self.word_on(with_go(first, earlier)) for earlier in range(1, go))
        return sum(word is not None and word.decision == "retry" for word in words)

    def note(self, event: "ResultOffered | ExecutionEvaluated") -> None:
        """Fold an offer of a step's result, or what was said of one."""
        if isinstance(event, ResultOffered):
            known = self.offered.get(event.step)
            if known is None or event.number > known.number:
                self.offered[event.step] = event
        elif event.step is not None:
            self._said.setdefault(event.step, {}).setdefault(event.go, event)

    def is_old_news(self, settled: StepSettled) -> bool:
        """Whether it is the outcome that was offered, and has been folded before."""
        return settled.step in self.offered and settled.outcome == "completed" and LOOKED_AT not in settled.verdict

    def close(self, settled: StepSettled) -> None:
        """Of what was offered, another outcome, or a person's word, is the last that there is to say."""
        if settled.step in self.offered:
            self._closed.add(settled.step)

    def forget_inside(self, block: Path) -> None:
        """What lies in a block whose own outcome is known changes nothing any more."""
        for kept in (self.offered, self._said):
            drop_inside(kept, block)
        self._closed -= {path for path in self._closed if is_inside(path, block)}
