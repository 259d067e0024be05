"""What readers are shown of quality over many tasks: of tools, judges and decisions, and how right judgements were."""

from datetime import date, datetime

from pydantic import Field

from wrenchai_contracts.judgement_views import Interval
from wrenchai_contracts.judging import Costs
from wrenchai_contracts.shape import Frozen

# --- tools -----------------------------------------------------------------------------------------------


class RateView(Frozen):
    """How often work of one kind is acceptable, as it is used now."""

    kind: str = Field(description="role, tool, playbook or pair (role x tool, or a competitor).")
    name: str
    mean: float
    half: Interval = Field(description="Holds 50 %.")
    interval: Interval = Field(description="Holds 90 %.")
    runs: float = Field(description="Results that were learnt from.")
    reaches: float = Field(description="P(the rate is `slo` or more).")


class HabitView(Frozen):
    """What a step usually uses of one thing: seconds, bytes (rss) or tokens."""

    tool: str
    playbook: str
    step: str
    measure: str
    usual: float
    interval: Interval = Field(description="Of the next run; holds 90 %.")
    runs: float = Field(description="What is known of it is worth so many runs; old ones fade.")


class ToolsView(Frozen):
    """Roles, tools, playbooks and pairs beside each other."""

    slo: float
    items: tuple[RateView, ...]
    habits: tuple[HabitView, ...] = ()
    calibrated: bool = Field(default=True, description="Whether people have confirmed enough of what this rests on.")
    position: int = Field(description="Of the last event that was learnt from.")


# --- judges ----------------------------------------------------------------------------------------------


class LevelView(Frozen):
    """One level of a judge's scale: how often it says so of good and of bad results, and what that tells."""

    level: int
    good: float = Field(description="Share of good results of which it says so.")
    bad: float
    decibans: float


class AgreementView(Frozen):
    """How often a judge was on the side of people, of so many results that both have looked at."""

    agreed: int
    of: int


class JudgeView(Frozen):
    """A judge as an instrument, as it was learnt."""

    judge: str
    version: str
    scale: str
    family: str = ""
    reports: int
    sensitivity: float = Field(description="Share of good results that it calls good: a level in the upper half.")
    sensitivity_interval: Interval
    specificity: float = Field(description="Share of bad results that it calls bad.")
    specificity_interval: Interval
    levels: tuple[LevelView, ...]
    information: float = Field(description="Decibans that it moves even odds by, on average, either way.")
    useful: float = Field(description="P(sensitivity + specificity - 1 > 0.1): that it tells good from bad at all.")
    price: float | None = None
    with_people: AgreementView
    lately: AgreementView = Field(description="The same over the last 20 such results.")
    drifted: datetime | None = Field(default=None, description="When it last began to speak otherwise than it used to.")


class FamilyView(Frozen):
    """Judges that see with the same eyes."""

    name: str
    judges: tuple[str, ...]
    together: float = Field(description="So many of them report on one result, on average.")
    votes: float = Field(description="So many independent ones they are worth.")


class JudgesView(Frozen):
    """All judges, and the families that they belong to."""

    items: tuple[JudgeView, ...]
    families: tuple[FamilyView, ...] = ()
    position: int


# --- how right it was ------------------------------------------------------------------------------------


class BinView(Frozen):
    """Results whose P lay in [start, end): what was expected of them, and what people said."""

    start: float
    end: float
    expected: float
    good: int
    verdicts: int
    interval: Interval = Field(description="Of the rate at which they were good; holds 90 %.")


class CurveView(Frozen):
    """Probabilities against people's verdicts."""

    bins: tuple[BinView, ...]
    brier: float
    ece: float
    log_loss: float
    verdicts: int


class AuditedRateView(Frozen):
    """The rate of acceptable results, told by audits; `naive` is what the inspector alone would say."""

    kind: str = Field(description="all, tool or playbook.")
    name: str = ""
    mean: float
    interval: Interval
    audits: int
    runs: int
    naive: float


class CalibrationView(Frozen):
    """How right the inspector's probabilities were, by people's verdicts and by nothing else."""

    calibrated: bool
    said: str = Field(description="The same in words.")
    verdicts: int
    needed: int = Field(description="Verdicts from which on it is called calibrated.")
    sources: dict[str, int] = Field(description="audit, escalation, volunteered.")
    asked: CurveView | None = Field(default=None, description="By those who were asked: audits and escalations.")
    volunteered: CurveView | None = Field(default=None, description="By those who spoke by themselves.")
    rates: tuple[AuditedRateView, ...] = ()
    position: int


# --- decisions -------------------------------------------------------------------------------------------


class DecidedView(Frozen):
    """Decisions of one kind, and what they cost, in units of one retry."""

    count: int
    expected: float = Field(description="Sum of the losses that were expected when they were made.")
    verdicts: int = Field(default=0, description="Of how many of them a person has spoken.")
    bad: int = Field(default=0, description="Of these, so many were bad.")
    expected_of_these: float = 0.0
    realised: float = Field(default=0.0, description="What these have cost, by people's verdicts.")


class WeekView(Frozen):
    """Decisions of one week by kind: accept, retry, ask_judge, escalate, reject."""

    week: date = Field(description="Its Monday, UTC.")
    decisions: dict[str, DecidedView]


class DecisionsView(Frozen):
    """The ledger of decisions on results that were judged by evidence."""

    weeks: tuple[WeekView, ...]
    total: dict[str, DecidedView]
    position: int


class AuditView(Frozen):
    """A result of which a person's word is wanted."""

    task_id: str
    step: str | None = None
    wants: str = Field(description="audit: drawn at random; escalation: the inspector would not decide it.")
    playbook: str | None = None
    quality: float
    interval: Interval
    decision: str
    at: datetime
    position: int


class AuditPage(Frozen):
    """Some results that want a word, the newest first."""

    items: tuple[AuditView, ...]
    next_cursor: str | None = None
    position: int


# --- what changes ----------------------------------------------------------------------------------------


class AlarmView(Frozen):
    """A tool, role or judge does not do as it used to."""

    subject: str
    direction: str
    odds: float = Field(description="How much better a shift explains it: a log likelihood ratio.")
    since: int = Field(description="So many executions before the alarm it began.")
    page: bool
    task_id: str
    at: datetime
    position: int


class SumView(Frozen):
    """How much speaks for a shift at the moment; at `alarm` it is told."""

    subject: str
    direction: str
    sum: float
    alarm: float


class TrendView(Frozen):
    """What was known of a tool's rate at the end of a week, or now."""

    tool: str
    week: date
    mean: float
    interval: Interval
    runs: float


class RenewedView(Frozen):
    """Another version of a tool was at work from then on."""

    tool: str
    version: str
    at: datetime


class DriftView(Frozen):
    """Alarms, what is about to become one, and how tools did from week to week."""

    alarms: tuple[AlarmView, ...]
    sums: tuple[SumView, ...]
    weeks: tuple[TrendView, ...] = ()
    renewed: tuple[RenewedView, ...] = ()
    position: int


class RecommendationView(Frozen):
    """`better` instead of `now`, where both were offered for the same; or why nothing is said of them yet."""

    role: str
    playbook: str
    now: str
    better: str
    probability: float = Field(description="P(the rate of `better` is higher).")
    gain: float = Field(description="Difference of acceptable rates, per run.")
    runs_per_week: float = Field(description="Of `now`, over the last four weeks.")
    per_week: float = Field(description="So many more results a week would be acceptable.")
    outcomes: tuple[int, int] = Field(description="How many results of each were learnt from.")
    said: bool = Field(description="Whether it is sure enough, worth saying, and rests on enough.")
    why_not: str = ""


class RecommendationsView(Frozen):
    """What to use instead of what; those that are recommended first."""

    items: tuple[RecommendationView, ...]
    position: int


# --- the inspector's own health --------------------------------------------------------------------------


class RefreshView(Frozen):
    """The background model was fitted and is used."""

    at: datetime
    watermark: int
    outcomes: int
    rhat: float
    ess: float
    divergences: int
    seconds: float
    spreads: dict[str, float]
    agreement: float | None = None


class RefusalView(Frozen):
    """The background model was not used, and why."""

    at: datetime
    watermark: int
    reason: str
    figures: dict[str, float] = Field(default_factory=dict)


class QualityHealthView(Frozen):
    """Whether what the inspector knows can be relied on."""

    version: int = Field(description="Events in the stream of what was learnt.")
    results: int
    verdicts: int
    calibrated: bool
    said: str
    digest: str = Field(description="Hash of all that is known.")
    differences: int = Field(description="Events that fold to something else here than what is recorded; 0 is well.")
    first_differences: tuple[str, ...] = ()
    behind: int = Field(description="Events learnt since the background model was last fitted.")
    lag: int | None = Field(default=None, description="Events that wait for the inspector's answer; None: unknown.")
    refresh: RefreshView | None = None
    refused: RefusalView | None = Field(default=None, description="If that was later than the last refresh.")
    position: int


class WhatIfChange(Frozen):
    """So many decisions of one kind would have been of another."""

    was: str
    now: str
    count: int


class WhatIfExample(Frozen):
    """A decision that would have been another."""

    task_id: str
    step: str | None = None
    at: datetime
    quality: float
    was: str
    now: str
    loss_of_was: float | None = None
    loss_of_now: float | None = None


class WhatIfView(Frozen):
    """Recorded decisions made anew by what was known then, with other costs.

    Each by itself: what would have followed from it is not imagined.
    """

    costs: dict[str, float]
    since: datetime | None = None
    decisions: int
    changed: int
    matrix: tuple[WhatIfChange, ...] = Field(description="Every pair that occurs, those that stayed the same too.")
    loss_kept: float = Field(description="Expected, at these costs, of what was decided.")
    loss_anew: float = Field(description="Expected, at these costs, of what would be decided.")
    unpriced: int = Field(default=0, description="Decisions that rules made; no loss is expected of them.")
    examples: tuple[WhatIfExample, ...] = ()
    usual: Costs = Field(default=Costs(), description="The costs where a playbook says none.")
    position: int
