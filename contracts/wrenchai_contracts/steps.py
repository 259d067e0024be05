"""The seven types of step, as an author writes them. Wherever a step may stand, any type of step may."""

from typing import Annotated, Any, Literal

from pydantic import AliasChoices, ConfigDict, Discriminator, Field, Tag, model_validator

from wrenchai_contracts.judging import Costs, Loss, Scale
from wrenchai_contracts.plan import AS_ALWAYS, Expression, RetryPolicy, Severity
from wrenchai_contracts.shape import Frozen, JsonObject, Name, Seconds, StepId

Period = Annotated[Seconds, Field(gt=0, le=400 * 86400)]
Reference = Annotated[str, Field(min_length=4, max_length=500)]
"""One whole reference, such as ${inputs.projects}."""


class Authored(Frozen):
    """What an author writes: unknown fields are refused."""

    model_config = ConfigDict(frozen=True, extra="forbid", populate_by_name=True)


class Cost(Authored):
    """What one call may cost at most, or a whole task: money in currency units."""

    calls: Annotated[int, Field(ge=0)] | None = None
    tokens: Annotated[int, Field(ge=0)] | None = None
    money: Annotated[float, Field(ge=0, le=1e9)] | None = None
    seconds: Annotated[Seconds, Field(ge=0)] | None = None


class Undo(Authored):
    """The tool call that takes a step's effect back; it may refer to the step's own output."""

    tool: Name
    inputs: JsonObject = Field(default_factory=dict, alias="with")
    timeout: Annotated[Seconds, Field(gt=0, le=7 * 86400)] = 300.0
    retry: RetryPolicy = AS_ALWAYS


class ApprovalRule(Authored):
    """Who must agree: so many people, of those named if any are, never the requester unless that is allowed."""

    title: str = Field(default="", max_length=2000)
    need: int = Field(default=1, ge=1, le=20)
    of: tuple[str, ...] = Field(default=(), max_length=100)
    requester_may: bool = False
    expires: Period | None = None


class WaitFor(Authored):
    """What a step waits for: a `signal`, an `answer` to a question, an `approval`, a `time` to pass or a moment."""

    signal: Name | None = None
    answer: Annotated[str, Field(min_length=1, max_length=2000)] | None = None
    approval: ApprovalRule | None = None
    time: Period | None = None
    until: Annotated[str, Field(max_length=500)] | None = None
    form: JsonObject = Field(default_factory=dict, description="JSON Schema of the answer or the signal's content.")
    timeout: Period | None = None
    on_timeout: Literal["fail", "continue"] = "fail"

    @model_validator(mode="after")
    def _one_thing(self) -> "WaitFor":
        given = [self.signal, self.answer, self.approval, self.time, self.until]
        if sum(thing is not None for thing in given) != 1:
            message = "wait for exactly one of: signal, answer, approval, time, until"
            raise ValueError(message)
        return self


class FailureAction(Authored):
    """What a process does when an operation fails: try again, pass over, mend and try again, stop, or take back."""

    retry: Annotated[int, Field(ge=1, le=99)] | None = None
    skip: Literal[True] | None = None
    log_and_fix: "Step | None" = None
    abort: Literal[True] | None = None
    compensate: Literal[True] | None = None

    @model_validator(mode="before")
    @classmethod
    def _a_word_is_enough(cls, raw: object) -> object:
        if isinstance(raw, str):
            return {raw: 1 if raw == "retry" else True}
        return raw

    @model_validator(mode="after")
    def _one_action(self) -> "FailureAction":
        given = [self.retry, self.skip, self.log_and_fix, self.abort, self.compensate]
        if sum(action is not None for action in given) != 1:
            message = "one of: retry, skip, log_and_fix (with the step that mends), abort, compensate"
            raise ValueError(message)
        return self


class StatedCosts(Authored):
    """What mistakes and remedies cost, in units of one retry; what is not said is as the playbook has it."""

    false_accept: Loss | None = Field(default=None, description="A bad result that was accepted.")
    retry: Loss | None = Field(default=None, description="Doing it once more.")
    human: Loss | None = Field(default=None, description="A person looking at it.")

    def over(self, costs: Costs) -> Costs:
        """`costs`, but for what is said here."""
        return costs.model_copy(update=self.model_dump(exclude_none=True))


class JudgeRule(Authored):
    """A judge that may be asked about a step's `result`, if what it could say is worth its price."""

    name: StepId
    use: Name = Field(description="The tool that judges.")
    inputs: JsonObject = Field(default_factory=dict, alias="with")
    role: Name | None = Field(default=None, description="Who judges; else the role of the step.")
    judge: Name | None = Field(default=None, description="What its evidence calls itself; else the tool's name.")
    family: Name | None = Field(default=None, description="Judges that see with the same eyes; else it is alone.")
    scale: Scale = "rubric"
    price: Loss = Field(default=0.1, description="In units of one retry.")
    version: str = Field(default="1", max_length=40, description="As its evidence says.")
    timeout: Annotated[Seconds, Field(gt=0, le=7 * 86400)] = 300.0
    cost: Cost = Field(default=Cost(), description="What one call may cost at most.")


class StepQuality(Authored):
    """A step's result is judged before anything comes after it, and the judgement is followed."""

    retries: int = Field(default=2, ge=0, le=20, description="How often it may be done once more.")
    judges: tuple[JudgeRule, ...] = Field(default=(), max_length=20)
    costs: StatedCosts = StatedCosts()
    reject_below: float = Field(default=0.0, ge=0, le=1, description="Less probable than this: refused.")
    approval: ApprovalRule | None = Field(default=None, description="Who looks at it where that is worth it.")

    @model_validator(mode="before")
    @classmethod
    def _true_is_enough(cls, raw: object) -> object:
        return {} if raw is True else raw


class _Step(Authored):
    id: StepId
    description: str = ""
    role: Name | None = Field(default=None, description="For the steps inside too, unless they say otherwise.")
    needs: tuple[StepId, ...] | None = Field(default=None, description="Default: the step before it.")
    when: Expression | None = Field(
        default=None, validation_alias=AliasChoices("when", "condition"), description="Skipped unless this is true."
    )
    on_failure: Literal["fail", "continue", "ask"] = "fail"
    failure_action: FailureAction | None = Field(default=None, description="Only of an operation of a process.")
    quality: StepQuality | None = Field(
        default=None, description="Its result is judged before anything comes after it; `true`: as is usual."
    )


class StandardStep(_Step):
    """One thing done by one role: a tool call, another playbook, something to wait for, or words for a model.

    Which tool it calls may be left open: `any_of`.
    """

    type: Literal["standard"] = "standard"
    tool: Name | None = None
    any_of: tuple[Name, ...] = Field(
        default=(), max_length=20, description="Instead of `tool`: one of these, drawn by what is known of each."
    )
    playbook: Annotated[str, Field(max_length=120)] | None = Field(
        default=None, description="A registered playbook, `name` or `name@version`, pinned when the task is planned."
    )
    wait_for: WaitFor | None = None
    operation: Annotated[str, Field(min_length=1, max_length=2000)] | None = Field(
        default=None, description="What no tool implements, in words: for the model of the role."
    )
    inputs: JsonObject = Field(default_factory=dict, alias="with")
    timeout: Annotated[Seconds, Field(gt=0, le=7 * 86400)] = 300.0
    schedule_to_start: Period | None = Field(default=None, description="Longest wait for a worker.")
    heartbeat: Period | None = Field(default=None, description="Longest silence of a running tool.")
    retry: RetryPolicy = AS_ALWAYS
    undo: Undo | None = None
    approval: ApprovalRule | None = Field(default=None, description="People agree to exactly this call before it.")
    cost: Cost = Field(default=Cost(), description="What one call may cost at most; of a playbook, its budget.")

    @model_validator(mode="after")
    def _one_thing(self) -> "StandardStep":
        given = [self.tool, self.any_of or None, self.playbook, self.wait_for, self.operation]
        if sum(thing is not None for thing in given) != 1:
            message = "a standard step has exactly one of: tool, any_of, playbook, wait_for, operation"
            raise ValueError(message)
        if self.any_of and (len(self.any_of) == 1 or len(set(self.any_of)) < len(self.any_of)):
            message = "any_of names two tools or more, each once"
            raise ValueError(message)
        return self

    @property
    def tools(self) -> dict[tuple[str | int, ...], Name]:
        """The tools that it may call, each by the place below it that says so."""
        if self.tool is not None:
            return {("tool",): self.tool}
        return {("any_of", index): tool for index, tool in enumerate(self.any_of)}


class Distribution(Authored):
    """What named branches are given: each its part of a list (`split`), or all of it (`broadcast`)."""

    split: Reference | None = None
    broadcast: Reference | None = None
    name: StepId = Field(default="share", alias="as")

    @model_validator(mode="after")
    def _one_way(self) -> "Distribution":
        if (self.split is None) == (self.broadcast is None):
            message = "either `split` or `broadcast`, each with a reference"
            raise ValueError(message)
        return self


class Aggregation(Authored):
    """One value made of the branches' outputs."""

    how: Literal["as_they_are", "merge", "concat", "vote"] | None = None
    field: str | None = Field(default=None, max_length=100)
    cel: Expression | None = Field(default=None, description="Over `outputs`: a list, or by branch an object.")

    @model_validator(mode="before")
    @classmethod
    def _a_word_is_enough(cls, raw: object) -> object:
        return {"how": raw} if isinstance(raw, str) else raw

    @model_validator(mode="after")
    def _one_way(self) -> "Aggregation":
        if (self.how is None) == (self.cel is None):
            message = "either one of as_they_are, merge, concat, vote, or `cel` with an expression"
            raise ValueError(message)
        return self


class ParallelStep(_Step):
    """Branches that run side by side: either named `branches`, or one `step` (or `steps`) for each item of a list."""

    type: Literal["work_in_parallel"]
    branches: "tuple[Step, ...]" = Field(default=(), max_length=1000)
    for_each: str | None = Field(default=None, description="A reference to a list, e.g. ${inputs.projects}.")
    item_name: StepId = Field(default="item", alias="as")
    step: "Step | None" = None
    steps: "tuple[Step, ...]" = Field(default=(), max_length=100)
    chunk: int = Field(default=1, ge=1, le=5000, description="So many items go to one branch together, as a list.")
    input_distribution: Distribution | None = None
    output_aggregation: Aggregation = Aggregation(how="as_they_are")
    max_parallel: int = Field(default=100, ge=1, le=1000)
    on_failure: Literal["fail", "continue", "ask"] = Field(
        default="fail", description="continue: also of each branch; the others go on."
    )
    quorum: int | None = Field(default=None, ge=1, le=5000, description="So many branches must end well, then it ends.")

    @model_validator(mode="after")
    def _one_kind_of_fan_out(self) -> "ParallelStep":
        inner = (self.step is not None) + bool(self.steps)
        if bool(self.branches) == (self.for_each is not None) or inner != (self.for_each is not None):
            message = "a work_in_parallel step needs either `branches`, or `for_each` together with `step` or `steps`"
            raise ValueError(message)
        return self


class StopWhen(Authored):
    """A loop also ends when another round improves by `improvement` with a probability below `unlikelier_than`."""

    improvement: float = Field(default=0.02, gt=0, le=1)
    unlikelier_than: float = Field(default=0.1, gt=0, lt=1)


class _Loop(_Step):
    max_iterations: int = Field(ge=1, le=100_000)
    exit_condition: Expression | None = None
    initial: Any = Field(default=None, description="What `previous` is in the first round.")
    stop_when: StopWhen | None = None
    on_exhausted: Literal["accept", "fail"] = Field(
        default="accept", description="What it means when all rounds have passed and the exit condition never held."
    )


class LoopStep(_Loop):
    """The same operations again and again; each round sees the output of the one before as `previous`."""

    type: Literal["self_feedback_loop"]
    operations: "tuple[Step, ...]" = Field(min_length=1, max_length=100)


class PartnerStep(_Loop):
    """A creator and a reviewer by turns; the creator sees what was found (`review`) and its last work (`previous`)."""

    type: Literal["partner_feedback_loop"]
    creator: "Step"
    reviewer: "Step"
    blocking: Severity = Field(default="major", description="Without findings as grave as this the work is good.")


class ProcessStep(_Step):
    """Operations in sequence, each with a `condition` and a `failure_action`."""

    type: Literal["process"]
    operations: "tuple[Step, ...]" = Field(min_length=1, max_length=1000)


class VersusStep(_Step):
    """Competitors run in parallel and apart; a judge scores them by weighted criteria."""

    type: Literal["versus"]
    competitors: "tuple[Step, ...]" = Field(min_length=2, max_length=100)
    evaluation_criteria: dict[Name, Annotated[float, Field(gt=0, le=1000)]] = Field(min_length=1, max_length=50)
    judge: "Step"
    at_least: float = Field(default=0.0, ge=0, le=1, description="Weighted score below which none is good enough.")
    tie_within: float = Field(default=0.0, ge=0, le=1, description="Scores as near as this are a tie.")
    most: int | None = Field(default=None, ge=2, le=100, description="So many run, drawn by what is known of each.")
    pick: Literal["posterior", "totals"] = Field(
        default="posterior", description="Who wins: by all that is known of each, or by the scores alone."
    )
    none_good: Literal["fail", "continue"] = "fail"


class HandoffCase(Authored):
    """Parts for which `when` is true go to this specialist."""

    when: Expression
    to: "Step"


class HandoffStep(_Step):
    """A primary agent's work; its parts go to the specialists whose condition they meet first."""

    type: Literal["handoff"]
    primary: "Step"
    parts: Reference | None = Field(default=None, description="A reference to a list; else the whole output.")
    part_name: StepId = Field(default="part", alias="as")
    handoff_conditions: tuple[HandoffCase, ...] = Field(min_length=1, max_length=100)
    completion_action: "Step | None" = None


def _type_of(raw: Any) -> str:
    """Steps are standard unless they say otherwise."""
    return str(raw.get("type") or "standard") if isinstance(raw, dict) else str(getattr(raw, "type", "standard"))


Step = Annotated[
    Annotated[StandardStep, Tag("standard")]
    | Annotated[ParallelStep, Tag("work_in_parallel")]
    | Annotated[LoopStep, Tag("self_feedback_loop")]
    | Annotated[PartnerStep, Tag("partner_feedback_loop")]
    | Annotated[ProcessStep, Tag("process")]
    | Annotated[VersusStep, Tag("versus")]
    | Annotated[HandoffStep, Tag("handoff")],
    Discriminator(_type_of),
]

STEP_TYPES: dict[str, type[Authored]] = {
    "standard": StandardStep,
    "work_in_parallel": ParallelStep,
    "self_feedback_loop": LoopStep,
    "partner_feedback_loop": PartnerStep,
    "process": ProcessStep,
    "versus": VersusStep,
    "handoff": HandoffStep,
}
"""Every type by the name that authors know."""

_RECURSIVE: tuple[type[Authored], ...] = (FailureAction, HandoffCase, *STEP_TYPES.values())
for _shape in _RECURSIVE:
    _shape.model_rebuild()
