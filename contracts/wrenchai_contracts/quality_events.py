"""Facts of the inspector: judgements of results, and what it has learnt.

A judgement stands beside what it judges, in `<task>/_evaluation…`. What was learnt stands in `quality/<tenant>`, one
stream whose versions order everything: whoever folds it comes to the same state, and to the hash that each event tells.
That a version can be taken once only makes sure that one inspector learns at a time.
"""

from typing import ClassVar, Literal

from pydantic import Field

from wrenchai_contracts.event import Event
from wrenchai_contracts.judging import (
    Action,
    Anomaly,
    Assessment,
    Audit,
    Chance,
    Costs,
    Difficulty,
    Part,
    Report,
    Standing,
    Subject,
    Verdict,
    Work,
)
from wrenchai_contracts.shape import Name, Path, Sha256, StepId, TaskId


class ExecutionEvaluated(Event):
    """A judgement: how likely it is that the result is acceptable, between which bounds, and what follows."""

    sparse: ClassVar[bool] = True

    quality: float = Field(ge=0, le=1, description="P(acceptable).")
    interval: tuple[float, float]
    level: float = 0.9
    decision: Action
    reasons: tuple[str, ...] = ()
    dimensions: dict[Name, tuple[float, float, float]] = Field(
        default_factory=dict,
        description="By the model beta-binomial/1 only: mean, lower and upper end of the interval.",
    )
    not_measured: tuple[Name, ...] = ()
    model: str = "beta-binomial/1"
    step: Path | None = Field(default=None, description="Whose result; None: the whole task's.")
    go: int = Field(default=1, description="Which evaluation of that result: another one follows another judge.")
    rules: tuple[str, ...] = Field(default=(), description="Hard rules that decided, whatever the probability.")
    assessment: Assessment | None = None
    parts: dict[Path, Part] = Field(default_factory=dict, description="Results inside that were judged before.")
    costs: Costs | None = None
    losses: dict[Action, float] = Field(default_factory=dict, description="Expected loss of all that could be done.")
    another_go: float | None = Field(
        default=None, description="Expected loss of doing it once more, where nothing made that possible."
    )
    asks: StepId | None = Field(default=None, description="Which judge to ask besides.")
    difficulty: Difficulty | None = Field(default=None, description="What the next go should know of the task.")
    calibrated: bool = Field(default=True, description="Whether people have confirmed enough of its judgements.")
    audit: Audit | None = None
    anomalies: tuple[Anomaly, ...] = ()
    state_before: Sha256 | None = None
    state_after: Sha256 | None = None


class RoundEvaluated(Event):
    """The inspector's judgement of one round of a loop, and how likely it thinks another round is to be better."""

    step: Path
    round: int = Field(ge=1)
    quality: float = Field(ge=0, le=1)
    interval: tuple[float, float]
    improves: float = Field(ge=0, le=1, description="Probability that another round improves by the loop's delta.")
    delta: float
    model: str = "beta-binomial/1"


class ChoiceDrawn(Event):
    """Who runs, of those offered: drawn by what is known of each, with the probability that each had."""

    sparse: ClassVar[bool] = True

    step: Path
    chosen: tuple[str, ...] = Field(min_length=1)
    chances: dict[str, Chance] = Field(description="Of every option, the chosen ones and the others.")
    explored: bool = Field(default=False, description="Drawn evenly, so that nobody is forgotten.")
    state: Sha256 | None = None


class ContestEvaluated(Event):
    """How good each entry of a contest is, and how likely it is the best."""

    sparse: ClassVar[bool] = True

    step: Path
    standings: dict[StepId, Standing]
    winner: StepId | None
    state_before: Sha256 | None = None
    state_after: Sha256 | None = None


class EvidenceLearned(Event):
    """The inspector learnt from one result: exactly what it was given, what it decided, and its state's hash."""

    sparse: ClassVar[bool] = True
    awaited: ClassVar[bool] = False

    task_id: TaskId
    step: Path | None = None
    subject: Subject
    decision: Action
    probability: float
    before: Sha256
    after: Sha256


class VerdictLearned(Event):
    """The inspector learnt from a person's word on a result that it had judged.

    `ratio` is what the execution had told it (nats, tempered), `raw` the same before the temperature, `prior` and
    `probability` what it had learnt from then, without the offset that verdicts set. `decision` and
    `audit_probability` say whether rates may be counted by it.
    """

    sparse: ClassVar[bool] = True
    awaited: ClassVar[bool] = False

    task_id: TaskId
    step: Path | None = None
    by: str
    verdict: Verdict
    kind: Name
    work: Work
    reports: tuple[Report, ...] = ()
    ratio: float
    raw: float
    prior: float
    probability: float
    quality: float = Field(description="P of the whole judgement, with what was judged inside: what was acted on.")
    decision: Action
    source: Literal["audit", "escalation", "volunteered"] = "volunteered"
    audit_probability: float | None = None
    replaces: Verdict | None = Field(default=None, description="What the same person had said before.")
    before: Sha256
    after: Sha256


class VerdictWeighed(Event):
    """A person's word was learnt from: what P(acceptable) of that result is with it. Told once for each word."""

    awaited: ClassVar[bool] = False

    step: Path | None = None
    by: str
    verdict: Verdict
    before: float
    after: float


class DriftDetected(Event):
    """A tool, a role or a judge does not do as it used to; what was known of its level is forgotten."""

    sparse: ClassVar[bool] = True
    awaited: ClassVar[bool] = False

    subject: str = Field(description="`tool:…`, `role:…` or `judge:…`.")
    direction: Literal["worse", "better"]
    odds: float = Field(description="How much better a shift explains the last executions: a log likelihood ratio.")
    since: int = Field(description="The first of the executions that tell it: how many ago.")
    page: bool = False
    task_id: TaskId


class InspectorPriorRefreshed(Event):
    """The background model was fitted to all outcomes, and the online one uses its spreads from now on."""

    sparse: ClassVar[bool] = True
    awaited: ClassVar[bool] = False

    watermark: int = Field(description="Everything learnt up to this version of the stream was fitted.")
    outcomes: int
    spreads: dict[str, float] = Field(description="Standard deviations in logits, by kind of effect.")
    concentration: float
    effects: dict[str, tuple[float, float]] = Field(description="Posterior mean and standard deviation of each.")
    draws: int
    chains: int
    seed: int
    rhat: float
    ess: float
    divergences: int
    seconds: float
    versions: dict[str, str] = Field(default_factory=dict, description="Of the packages that fitted it.")
    agreement: float | None = Field(default=None, description="Correlation of its effects with the online ones.")
    log_score_before: float | None = None
    log_score_after: float | None = None
    before: Sha256
    after: Sha256


class InspectorPriorRefused(Event):
    """The background model was not used: it failed, did not converge, or would have predicted worse."""

    sparse: ClassVar[bool] = True
    awaited: ClassVar[bool] = False

    watermark: int
    reason: str
    figures: dict[str, float] = Field(default_factory=dict)
    state: Sha256


class VerdictGiven(Event):
    """Somebody said whether a result is acceptable: of the whole task, or of one step; also long after it ended."""

    step: Path | None = None
    verdict: Verdict
    reason: str = ""
