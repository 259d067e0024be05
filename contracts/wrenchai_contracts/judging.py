"""What the inspector judges by, and what it makes of it: the shapes inside its events."""

from typing import Annotated, Literal

from pydantic import Field

from wrenchai_contracts.shape import Name, Path, Recordable, StepId

Scale = Literal["check", "tests", "rubric", "human"]
"""How a judge speaks: passed or not; k of n in five bins; 1 to 5 by a rubric; a person's good or bad."""

LEVELS: dict[str, int] = {"check": 2, "tests": 5, "rubric": 5, "human": 2}
"""How many levels each scale has, the worst first."""

Action = Literal["accept", "retry", "ask_judge", "escalate", "reject"]
"""What follows from a judgement. `reject` comes from rules only."""

Verdict = Literal["good", "bad"]

Loss = Annotated[float, Field(ge=0, le=1e6)]


class Costs(Recordable):
    """What mistakes and remedies cost, in units of one retry. Only their ratios matter.

    Accepting pays when (1 - P) x `false_accept` is the least; with 10 and 3, from P = 0.7 on.
    """

    false_accept: Loss = Field(default=10.0, description="A bad result that was accepted.")
    retry: Loss = Field(default=1.0, description="Doing it once more.")
    human: Loss = Field(default=3.0, description="A person looking at it.")


class Work(Recordable):
    """Whose work is judged: the names whose effects add up to what is expected of it."""

    role: Name
    tool: Name
    version: str = Field(default="", max_length=40, description="The tool's; a new one is trusted a little less.")
    playbook: Name
    pair: str = Field(default="", max_length=200, description="Of a competitor: which; else role and tool together.")


class Report(Recordable):
    """What one judge said of one result, as a level of its scale."""

    judge: Name
    version: str = Field(default="1", max_length=40)
    family: Name = Field(description="Judges of one family see with the same eyes, so together they count less.")
    dimension: Name
    scale: Scale = "check"
    level: int = Field(ge=0, le=4)
    weight: float = Field(default=1.0, gt=0, le=1)
    times: int = Field(default=1, ge=1, description="So often, of parts of the same result: of each page, say.")


class ResourceSample(Recordable):
    """What one attempt used, its child processes included; None where it could not be measured."""

    seconds: float = Field(ge=0, description="Wall time on a monotonic clock.")
    cpu_seconds: float | None = Field(default=None, ge=0)
    peak_rss: int | None = Field(default=None, ge=0, description="Bytes.")
    read_bytes: int | None = Field(default=None, ge=0)
    written_bytes: int | None = Field(default=None, ge=0)
    tokens: int | None = Field(default=None, ge=0, description="Of models that it called.")


class Used(Recordable):
    """What one step of a result used."""

    step: StepId
    tool: Name
    sample: ResourceSample


class Offered(Recordable):
    """A judge that could be asked besides, at a price in units of one retry."""

    name: StepId
    judge: Name
    version: str = Field(default="1", max_length=40)
    family: Name
    scale: Scale = "rubric"
    price: Loss = 0.1


class Difficulty(Recordable):
    """What earlier goes told of the task itself: its logit is shifted; `variance` is what is still unknown of it."""

    shift: float = 0.0
    variance: float = Field(default=0.25, ge=0)


class Part(Recordable):
    """A result that a larger one is made of, as it was judged: P(acceptable), and how unsure its logit is."""

    probability: float = Field(ge=0, le=1)
    spread: float = Field(ge=0)


class Subject(Recordable):
    """One result and everything that a judgement of it depends on, besides what was learnt before."""

    kind: Name = Field(description="What kind of work it is: evidence is trusted, and retries are valued, by kind.")
    work: Work
    reports: tuple[Report, ...] = ()
    known: tuple[Report, ...] = Field(
        default=(),
        description="Reports that count too, and were learnt from before: of the winner of a contest inside.",
    )
    not_measured: tuple[Name, ...] = Field(default=(), description="Judges that could not look.")
    failed: tuple[str, ...] = Field(default=(), description="Mandatory checks that failed, each with its finding.")
    missing: tuple[str, ...] = Field(default=(), description="Mandatory checks that were not made, with the reason.")
    proven: bool = Field(default=False, description="There were mandatory checks, and all passed.")
    retries_left: int = Field(default=0, ge=0, description="0 where it cannot be done once more.")
    judges: tuple[Offered, ...] = ()
    costs: Costs = Costs()
    reject_below: float = Field(default=0.0, ge=0, le=1)
    difficulty: Difficulty = Difficulty()
    parts: dict[Path, Part] = Field(default_factory=dict, description="Results inside that were judged before.")
    used: tuple[Used, ...] = ()
    seed: str = Field(default="", description="What chance is drawn from: names the evaluation.")

    @property
    def all_reports(self) -> tuple[Report, ...]:
        """Everything that was said of the result."""
        return (*self.reports, *self.known)


class Weighed(Recordable):
    """What one report did to the probability: `ratio` is its part of the log likelihood ratio, in nats."""

    report: Report
    weight: float = Field(description="After its family and its own weight; 1 counts in full.")
    ratio: float


class Assessment(Recordable):
    """How a probability came about, so that it can be said in one line of signed terms."""

    work: Work
    kind: Name
    effects: dict[str, float] = Field(description="Logits that add up: base, role, tool, playbook, pair, form.")
    shift: float = Field(default=0.0, description="What earlier goes told of the task's difficulty, in logits.")
    offset: float = Field(default=0.0, description="What verdicts showed that such judgements are off by, in logits.")
    mean: float = Field(description="Of the logit before the evidence, with shift and offset.")
    variance: float
    prior: float = Field(description="P(acceptable) before the evidence.")
    weighed: tuple[Weighed, ...] = ()
    temperature: float = Field(default=1.0, description="How far evidence of this kind is trusted; 1: as it stands.")
    raw: float = Field(default=0.0, description="Log likelihood ratio of all evidence at temperature 1; nats.")
    ratio: float = Field(default=0.0, description="The same, tempered.")
    blindness: float = Field(default=0.0, description="P(judges of such work do not see what people see at all).")
    probability: float
    interval: tuple[float, float]


class Audit(Recordable):
    """A person is asked at random, so that rates can be told honestly. `probability` is what the draw was made with."""

    probability: float = Field(ge=0, le=1)
    drawn: bool


class Anomaly(Recordable):
    """A step used far more of something than it usually does; `tail`: how likely so much would be by chance."""

    step: StepId
    tool: Name
    measure: Literal["seconds", "rss", "tokens"]
    value: float
    usual: float
    tail: float
    page: bool = Field(default=False, description="Two in a row: a person should look.")


class Option(Recordable):
    """One of those among whom it is chosen."""

    name: StepId | Name
    work: Work


class Chance(Recordable):
    """What was known of an option when it was chosen: P(acceptable), and with which probability it was drawn."""

    expected: float
    probability: float


class Standing(Recordable):
    """What an entry of a contest came to: P(acceptable), its interval, and P(none of the others is better)."""

    probability: float
    interval: tuple[float, float]
    best: float


# --- in words --------------------------------------------------------------------------------------------

ACTIONS: dict[str, str] = {
    "accept": "accept",
    "retry": "do it once more",
    "ask_judge": "ask another judge",
    "escalate": "ask a person",
    "reject": "reject",
}
"""Decisions as people read them."""


def percent(share: float) -> str:
    """`68 %`; what is not certain is never told as if it were: `>99 %`, `<1 %`."""
    rounded = round(100.0 * share)
    if rounded == 100 and share < 1.0:  # noqa: PLR2004  # per cent
        return ">99 %"
    return "<1 %" if rounded == 0 and share > 0.0 else f"{rounded} %"


def decibans(ratio: float) -> float:
    """A log likelihood ratio in nats as tenths of powers of ten: +10 dB makes the odds ten times as good."""
    return ratio * 4.342944819032518
