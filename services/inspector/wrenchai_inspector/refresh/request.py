"""What is asked of a fit, and what comes of it: the shapes that travel between the two processes."""

from typing import Annotated

from pydantic import BaseModel, ConfigDict, Field, TypeAdapter
from wrenchai_judgement.context import Place

LEARNT = ("role", "tool", "playbook", "pair")
"""The kinds of effect whose spreads are learnt; the names are `Spreads`' and begin the rows of `Place`."""

Amount = Annotated[float, Field(ge=0, le=1e9)]


class _Told(BaseModel):
    model_config = ConfigDict(frozen=True, extra="forbid", allow_inf_nan=False)


class Cell(_Told):
    """The outcomes of one combination: sums of the probabilities that they were acceptable, and that they were not."""

    role: str = Field(min_length=1)
    tool: str = Field(min_length=1)
    playbook: str = Field(min_length=1)
    pair: str = Field(default="", description="As in `Place`: role x tool unless it says otherwise.")
    good: Amount
    bad: Amount

    @property
    def rows(self) -> tuple[str, ...]:
        """The names of its four effects, in the order of `LEARNT`."""
        return Place(self.role, self.tool, self.playbook, self.pair).rows[1:-1]


class Request(_Told):
    """A fit to make. The same request gives the same figures with the same packages on the same kind of machine."""

    cells: tuple[Cell, ...] = Field(min_length=1)
    seed: int = Field(ge=0, lt=2**32)
    draws: int = Field(default=1000, ge=50, le=10_000, description="That each chain keeps.")
    tune: int = Field(default=500, ge=50, le=10_000, description="That each chain spends on finding its step.")
    chains: int = Field(default=2, ge=2, le=8)


class Fitted(_Told):
    """What the outcomes say of the model's parameters, and how far the sampler can be believed."""

    outcomes: int
    spreads: dict[str, float] = Field(description="Posterior means of the standard deviations (logits), by `LEARNT`.")
    concentration: float = Field(description="How alike cells of equal effects are: their rates are Beta of this size.")
    effects: dict[str, tuple[float, float]] = Field(description="Posterior mean and standard deviation of each row.")
    rhat: float = Field(description="The largest over all parameters, rank-normalised and split.")
    ess: float = Field(description="The smallest effective number of draws (bulk) over all parameters.")
    divergences: int
    draws: int
    chains: int
    seed: int
    seconds: float = Field(description="From the process' first line to its answer.")
    peak_rss: int = Field(description="Bytes that the process had resident at most.")
    versions: dict[str, str]


class Refused(_Told):
    """There is no fit, and why."""

    reason: str


Answer = Fitted | Refused
ANSWER: TypeAdapter[Answer] = TypeAdapter(Answer)
