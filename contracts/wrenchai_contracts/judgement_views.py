"""What readers are shown of single judgements: of a result, of a round, of a contest, and of all of one task."""

from datetime import datetime

from pydantic import Field

from wrenchai_contracts.judging import Anomaly, Audit, Chance, Costs, Part, Standing, Verdict, Work
from wrenchai_contracts.shape import Frozen

Interval = tuple[float, float]


class Contribution(Frozen):
    """How far one judge moved the odds: +10 decibans make them ten times as good."""

    judge: str
    dimension: str
    decibans: float


class WordView(Frozen):
    """What one person said of a result, and what P(acceptable) was before and with it."""

    by: str
    verdict: Verdict
    before: float
    after: float
    at: datetime


class QualityView(Frozen):
    """The inspector's judgement as shown: a probability, its interval, the decision and the reasons."""

    quality: float
    interval: Interval
    level: float
    decision: str
    reasons: tuple[str, ...] = ()
    dimensions: dict[str, tuple[float, float, float]] = Field(default_factory=dict)
    not_measured: tuple[str, ...] = ()
    model: str = "beta-binomial/1"
    go: int = Field(default=1, description="Which judgement of this result: before it, other judges were asked.")
    prior: float | None = Field(default=None, description="P before the evidence, by whose work it is alone.")
    contributions: tuple[Contribution, ...] = Field(
        default=(), description="What spoke against it first, at most eight."
    )
    parts: dict[str, float] = Field(default_factory=dict, description="P of results inside that were judged before.")
    rules: tuple[str, ...] = Field(default=(), description="Hard rules that decided, whatever the probability.")
    losses: dict[str, float] = Field(
        default_factory=dict, description="Expected loss of what could be done; a retry: 1."
    )
    costs: Costs | None = None
    asks: str | None = Field(default=None, description="Which judge is asked besides.")
    calibrated: bool = Field(default=True, description="Whether people have confirmed enough of its judgements.")
    audit: float | None = Field(default=None, description="With which probability a person is asked at random.")
    audited: bool = Field(default=False, description="A person is asked, at random.")
    words: tuple[WordView, ...] = Field(default=(), description="What people said of this result since.")
    position: int | None = Field(default=None, description="Of the event that judged it.")
    at: datetime | None = None


class TermView(Frozen):
    """What one effect adds to the logit of a result, and by how much it moves P when they are added in this order.

    `task`: what earlier goes told of it; `offset`: what verdicts showed; `unsure`: that all of these are not certain.
    """

    name: str = Field(description="base, role:…, tool:…, playbook:…, pair:…, form:… (of late), task, offset, unsure.")
    logit: float
    points: float = Field(description="Of the base: P by it alone; of the others: the difference. From 0 to 1.")


class EvidenceView(Frozen):
    """What one judge said of a result, and how far that moved the odds."""

    judge: str
    version: str
    family: str
    dimension: str
    scale: str
    level: int = Field(description="From 0, the worst.")
    levels: int
    times: int = 1
    weight: float = Field(description="After its family and its own weight; 1 counts in full.")
    decibans: float


class DensityView(Frozen):
    """What was known of the logit of P before the evidence and with it, at 41 points."""

    logits: tuple[float, ...]
    rates: tuple[float, ...] = Field(description="The same points as probabilities.")
    prior: tuple[float, ...]
    posterior: tuple[float, ...]


class EvaluationView(Frozen):
    """One judgement with all that it was made from."""

    task_id: str
    step: str | None = Field(default=None, description="None: the whole task's.")
    go: int = 1
    position: int
    at: datetime
    model: str
    quality: float
    interval: Interval
    level: float
    decision: str
    asks: str | None = None
    line: str = Field(default="", description="How P came about, in one line of signed terms.")
    reasons: tuple[str, ...] = ()
    rules: tuple[str, ...] = ()
    losses: dict[str, float] = Field(default_factory=dict)
    another_go: float | None = Field(default=None, description="What doing it once more would cost, were it possible.")
    costs: Costs | None = None
    work: Work | None = None
    kind: str = ""
    terms: tuple[TermView, ...] = ()
    prior: float | None = None
    evidence: tuple[EvidenceView, ...] = Field(default=(), description="What spoke against it first.")
    temperature: float = Field(default=1.0, description="How far evidence of this kind is trusted.")
    blindness: float = Field(default=0.0, description="P(judges of such work do not see what people see at all).")
    decibans: float = Field(default=0.0, description="All evidence together, tempered.")
    own: float | None = Field(default=None, description="P by its own evidence, without the parts.")
    own_interval: Interval | None = None
    parts: dict[str, Part] = Field(default_factory=dict, description="Results inside that were judged before.")
    not_measured: tuple[str, ...] = ()
    calibrated: bool = True
    audit: Audit | None = None
    anomalies: tuple[Anomaly, ...] = ()
    dimensions: dict[str, tuple[float, float, float]] = Field(default_factory=dict, description="Of old judgements.")
    words: tuple[WordView, ...] = ()
    density: DensityView | None = None
    state_before: str | None = Field(default=None, description="Hash of all that was known when it was judged.")
    state_after: str | None = None


class RoundView(Frozen):
    """The judgement of one round of a loop."""

    step: str
    round: int
    quality: float
    interval: Interval
    improves: float = Field(description="P(another round is better by delta).")
    delta: float
    position: int
    at: datetime


class ContestView(Frozen):
    """How good each entry of a contest was."""

    step: str
    winner: str | None
    standings: dict[str, Standing]
    position: int
    at: datetime


class ChoiceView(Frozen):
    """Who was drawn, of those that were offered."""

    step: str
    chosen: tuple[str, ...]
    chances: dict[str, Chance]
    explored: bool
    position: int
    at: datetime


class BottleneckView(Frozen):
    """What one step meant for how long the task took; seconds."""

    journey: str
    step: str
    tool: str = ""
    critical: float = Field(description="Share of draws in which it is on the critical path.")
    working: float
    waiting: float
    saved: float = Field(
        description="By which all would end earlier if it worked as fast as in its best tenth of runs."
    )
    saved_waiting: float = Field(description="By which all would end earlier if it never waited.")


class BottlenecksView(Frozen):
    """The seconds along the critical path, parted into work and waiting, and each step's share in them."""

    working: float
    waiting: float
    steps: tuple[BottleneckView, ...]


class TaskQualityView(Frozen):
    """All judgements of one task, in the order in which they were made."""

    task_id: str
    evaluations: tuple[EvaluationView, ...] = ()
    rounds: tuple[RoundView, ...] = ()
    contests: tuple[ContestView, ...] = ()
    choices: tuple[ChoiceView, ...] = ()
    bottlenecks: BottlenecksView | None = None
    position: int = Field(description="Of the newest event that this was told from.")


class VerdictTaken(Frozen):
    """A person's word is recorded for good. `word`: what it changed, where that was waited for."""

    task_id: str
    step: str | None = None
    position: int
    replayed: bool = False
    word: WordView | None = None
