"""What a node came to, and what is known of a step that is open. Pure."""

from dataclasses import dataclass, field
from datetime import UTC, datetime
from typing import Any, Literal

from wrenchai_contracts.events import RoundEnded, RoundEvaluated, StepOpened, StepSettled
from wrenchai_contracts.shape import JsonObject, StepId
from wrenchai_contracts.spending import Spending

NO_DATE = datetime.min.replace(tzinfo=UTC)
"""Earlier than every moment."""

Outcome = Literal["completed", "failed", "skipped", "cancelled"]


@dataclass(slots=True)
class Result:
    """How a node ended. A journey has `outputs` by step; a block or a wait has one `output`."""

    outcome: Outcome
    output: Any = None
    outputs: dict[StepId, JsonObject] = field(default_factory=dict)
    reason: str = ""
    kind: str = ""
    step: StepId | None = None
    block: bool = False
    gathered: bool = False
    verdict: JsonObject = field(default_factory=dict)
    count: int = 0
    """Branches, of a fan."""
    spent: Spending | None = None
    reused: bool = False
    size: int = 0
    shown: dict[str, Any] | None = None
    """What references may name of it; made when it is first needed."""

    @classmethod
    def of_step(cls, settled: StepSettled, count: int) -> "Result":
        """As recorded of a block, a wait, or a step that was skipped."""
        return cls(
            settled.outcome,
            output=settled.output,
            reason=settled.reason,
            kind=settled.kind,
            block=True,
            gathered=settled.gathered,
            verdict=settled.verdict,
            count=count,
            size=len(str(settled.output)),
        )

    @property
    def failed(self) -> bool:
        """Whether it did not come to what it was for."""
        return self.outcome in {"failed", "cancelled"}


@dataclass(slots=True)
class Opened:
    """A block or a wait at work. What follows `judged` is found again from the results whenever it is missing."""

    event: StepOpened
    round: int = 0
    """Rounds that have ended."""
    last_round: RoundEnded | None = None
    judged: RoundEvaluated | None = None
    window: int = 0
    """How many branches may run at once; 0 where the end of each is looked at by itself."""
    begun: int = 0
    """Items that were begun, or passed over."""
    at_work: set[int] = field(default_factory=set)
    ended: dict[int, Result] = field(default_factory=dict)

    @property
    def is_asking(self) -> bool:
        """Whether it is asked how likely another round is better, and nothing was said of the last one yet."""
        last = self.last_round
        return last is not None and last.delta is not None and (self.judged is None or self.judged.round < last.round)

    def hear(self, judged: RoundEvaluated) -> None:
        """What the inspector says of a round; of the latest, in whatever order it is heard."""
        if self.judged is None or judged.round > self.judged.round:
            self.judged = judged
