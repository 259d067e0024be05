"""A plan: a playbook made concrete for one task. Data with a digest, so a changed file never breaks a running task.

A plan is a tree of nodes. A leaf is a journey (tool calls that one agent runs through in one go) or a wait; every other
node is a step made of steps, its `body`. Nodes of one body wait for each other by `after`, and stand in an order in
which each comes after what it waits for.

A node at work has a path, which also names its journey: the ids from the outermost step on, with the number of the
item or round between them (`edit.3.fix`), and `~2` behind a step that is gone through a second time.
"""

import json
from collections.abc import Iterable, Iterator
from hashlib import sha256
from typing import Annotated, Any, Literal

from pydantic import Field, SerializerFunctionWrapHandler, model_serializer

from wrenchai_contracts.judging import Costs, Loss, Scale
from wrenchai_contracts.shape import Frozen, JsonObject, Name, Recordable, Seconds, Sha256, StepId
from wrenchai_contracts.spending import NOTHING, UNLIMITED, Limits, Spending

Expression = Annotated[str, Field(min_length=1, max_length=2000)]
"""CEL over `inputs`, `steps` and what the place where it stands adds."""

Severity = Literal["info", "minor", "major", "critical"]


class RetryPolicy(Frozen):
    """When and how often to try again. Delay of try n: first * factor^(n-1), capped, times a jitter in [0.5, 1]."""

    max_attempts: int = Field(default=3, ge=1, le=100)
    first_delay: Annotated[Seconds, Field(ge=0, le=3600)] = 0.5
    factor: float = Field(default=2.0, ge=1, le=10)
    max_delay: Annotated[Seconds, Field(ge=0, le=86400)] = 30.0
    non_retryable: tuple[Name, ...] = Field(
        default=(), max_length=50, description="Kinds of failure that another try cannot mend, e.g. `bad_input`."
    )


AS_ALWAYS = RetryPolicy()
"""The one that counts where nothing is said: one and the same object, so that comparing with it costs nothing."""


class PlannedStep(Recordable):
    """One tool call of a journey. `inputs` may still refer to outputs of earlier steps of the same journey."""

    id: StepId
    tool: Name
    inputs: JsonObject = Field(default_factory=dict)
    timeout: Seconds = Field(default=300.0, description="From the start of an attempt to its end.")
    heartbeat: Seconds | None = Field(default=None, description="Longest silence of a running tool.")
    retry: RetryPolicy = AS_ALWAYS
    most: Spending = Field(default=NOTHING, description="What one call may cost at most.")


class Approval(Recordable):
    """Who must agree before something happens: `need` people, of `of` if it names any, never the requester."""

    title: str = Field(default="", max_length=2000)
    need: int = Field(default=1, ge=1, le=20)
    of: tuple[str, ...] = Field(default=(), max_length=100)
    requester_may: bool = False
    expires: Seconds | None = None

    def why_not(self, who: str, requester: str) -> str | None:
        """Why that person's word does not count; None if it does."""
        if self.of and who not in self.of:
            return f"{who} is none of those who may decide: {', '.join(self.of)}"
        if who == requester and not self.requester_may:
            return f"{who} asked for the task, and so may not decide"
        return None


class JudgeOnCall(Recordable):
    """A judge that is asked about a result only if what it may say is worth its price."""

    name: StepId
    body: "tuple[Node, ...]" = Field(min_length=1, max_length=1, description="One journey; its evidence counts.")
    judge: Name = Field(description="As its evidence names itself.")
    version: str = "1"
    family: Name
    scale: Scale = "rubric"
    price: Loss = 0.1


class Gate(Recordable):
    """A step's result is judged before anything comes after it; the judgement is followed."""

    retries: int = Field(default=2, ge=0, le=20, description="How often it may be done once more.")
    judges: tuple[JudgeOnCall, ...] = ()
    costs: Costs | None = Field(default=None, description="None: the playbook's.")
    reject_below: float = 0.0
    approval: "Approval | None" = Field(default=None, description="Who is asked where a person has to look.")


WHOLE_RESULT = "whole-result"
"""Where a person is asked about the result of a whole task; no step's id can hold a dash."""


class _Node(Recordable):
    id: StepId
    after: tuple[StepId, ...] = ()
    when: Expression | None = Field(default=None, description="Skipped unless this is true.")
    on_failure: str = Field(default="fail", pattern="^(fail|continue|ask|compensate)$")
    goes: int = Field(default=1, ge=1, le=100, description="How often it may be gone through before it has failed.")
    fix: "tuple[Node, ...]" = Field(default=(), description="Gone through between one go and the next.")
    gate: Gate | None = None

    @model_serializer(mode="wrap")
    def _with_its_kind(self, written: SerializerFunctionWrapHandler) -> JsonObject:
        """A node tells its kind even where it is recorded without what is as always."""
        return {"kind": getattr(self, "kind", None), **written(self)}


class PlannedJourney(_Node):
    """The steps that one agent runs through in one go. With `undo`, what takes back their effect."""

    kind: Literal["journey"] = "journey"
    role: Name
    steps: tuple[PlannedStep, ...] = Field(min_length=1)
    schedule_to_start: Seconds | None = Field(default=None, description="Longest wait for a worker.")
    approval: Approval | None = None
    undo: tuple[PlannedStep, ...] = ()
    any_of: tuple[Name, ...] = Field(default=(), description="Its only step calls one of these tools: who, is drawn.")
    final: bool = Field(default=False, description="Nothing comes after it: its end ends the plan.")


class PlannedWait(_Node):
    """Nothing runs until a person decides or answers, a signal comes, or a time is reached."""

    kind: Literal["wait"] = "wait"
    waits_for: Literal["approval", "answer", "signal", "time"]
    name: str = Field(default="", max_length=200, description="The signal's name.")
    title: str = Field(default="", max_length=2000, description="What a person is asked.")
    details: JsonObject = Field(default_factory=dict, description="What a person is shown to decide on.")
    answer: JsonObject = Field(default_factory=dict, description="JSON Schema of the answer or the signal's content.")
    approval: Approval | None = None
    timeout: Seconds | None = None
    until: str | None = Field(default=None, description="A moment (ISO 8601), or a reference to one.")
    on_timeout: str = Field(default="fail", pattern="^(fail|continue)$")


class Gathering(Recordable):
    """What becomes of the outputs of branches: as they are, or one value made of them."""

    how: Literal["as_they_are", "merge", "concat", "vote", "expression"] = "as_they_are"
    field: str | None = Field(default=None, description="Take this field of each output.")
    expression: Expression | None = Field(default=None, description="Over `outputs`.")


class PlannedFan(_Node):
    """Branches side by side: each of `body`, or the whole body once for each item of a list."""

    kind: Literal["fan"] = "fan"
    body: "tuple[Node, ...]" = Field(min_length=1)
    for_each: str | None = None
    item_name: StepId = "item"
    chunk: int = Field(default=1, ge=1, le=5000, description="Items that one branch gets together.")
    share: str | None = Field(default=None, description="A reference to what the branches are given.")
    share_name: StepId = "share"
    split: bool = Field(default=True, description="Each branch gets a part of the share, a list; else all of it.")
    max_parallel: int = Field(default=100, ge=1, le=1000)
    branch_failure: str = Field(default="fail", pattern="^(fail|continue)$")
    quorum: int | None = Field(default=None, ge=1, description="So many good ends are enough.")
    gathering: Gathering = Gathering()
    flat: bool = Field(default=False, description="Journeys are named without the step's own id, as in plans of 0.1.")


class Improvement(Recordable):
    """A loop also ends when the probability that another round improves by `delta` is below `below`."""

    delta: float = Field(default=0.02, gt=0, le=1)
    below: float = Field(default=0.1, gt=0, lt=1)


class PlannedLoop(_Node):
    """The body again and again: until `exit_when`, for `max_rounds`, or while it is likely to improve."""

    kind: Literal["loop"] = "loop"
    body: "tuple[Node, ...]" = Field(min_length=1)
    output_from: StepId
    max_rounds: int = Field(ge=1, le=100_000)
    exit_when: Expression | None = None
    initial: Any = Field(default=None, description="What `previous` is in the first round.")
    improvement: Improvement | None = None
    reviewer: StepId | None = Field(default=None, description="Whose findings the next round sees.")
    blocking: Severity = Field(default="major", description="A round without such findings, or graver, is good.")
    exhausted: str = Field(default="accept", pattern="^(accept|fail)$")


class PlannedProcess(_Node):
    """Operations one after the other, each with its condition and what happens when it fails."""

    kind: Literal["process"] = "process"
    body: "tuple[Node, ...]" = Field(min_length=1)


class PlannedVersus(_Node):
    """Competitors apart from each other, then a judge who gives each a score from 0 to 1 by each criterion."""

    kind: Literal["versus"] = "versus"
    body: "tuple[Node, ...]" = Field(min_length=2, description="The competitors.")
    judge: "tuple[Node, ...]" = Field(min_length=1, max_length=1)
    criteria: dict[Name, float] = Field(min_length=1)
    at_least: float = Field(default=0.0, ge=0, le=1, description="Weighted score below which none is good enough.")
    tie_within: float = Field(default=0.0, ge=0, le=1)
    most: int | None = Field(default=None, ge=2, description="So many run; who, is drawn by what is known of each.")
    pick: Literal["totals", "posterior"] = Field(
        default="totals", description="Who wins: by the scores alone, or by all that is known of each."
    )
    none_good: str = Field(default="fail", pattern="^(fail|continue)$")


class Case(Recordable):
    """Parts for which `when` is true go to these steps."""

    when: Expression
    body: "tuple[Node, ...]" = Field(min_length=1)


class PlannedHandoff(_Node):
    """A primary agent's work, whose parts go to specialists by conditions; what fits none stays as it is."""

    kind: Literal["handoff"] = "handoff"
    body: "tuple[Node, ...]" = Field(min_length=1, max_length=1, description="The primary.")
    parts: str | None = Field(default=None, description="A reference to a list; else the primary's output is one part.")
    part_name: StepId = "part"
    cases: tuple[Case, ...] = Field(min_length=1)
    completion: "tuple[Node, ...]" = Field(default=(), max_length=1)


class PlannedPlaybook(_Node):
    """Another playbook's steps, with inputs and a budget of their own."""

    kind: Literal["playbook"] = "playbook"
    playbook: Name
    version: str = ""
    digest: Sha256
    inputs: JsonObject = Field(default_factory=dict)
    body: "tuple[Node, ...]" = Field(min_length=1)
    result_from: tuple[StepId, ...] = ()
    budget: Limits = UNLIMITED


Block = PlannedFan | PlannedLoop | PlannedProcess | PlannedVersus | PlannedHandoff | PlannedPlaybook
"""A step made of steps."""

Node = Annotated[PlannedJourney | PlannedWait | Block, Field(discriminator="kind")]

for _recursive in (
    JudgeOnCall, Gate, PlannedJourney, PlannedWait, PlannedFan, PlannedLoop, PlannedProcess, PlannedVersus, Case,
    PlannedHandoff, PlannedPlaybook,
):  # fmt: skip
    _recursive.model_rebuild()


def bodies_in(node: Node) -> Iterator[tuple[Node, ...]]:
    """Every body of nodes inside `node`; a leaf has none but what mends it."""
    for field in ("fix", "body", "judge", "completion"):
        yield getattr(node, field, ())
    for case in getattr(node, "cases", ()):
        yield case.body
    if node.gate is not None:
        for judge in node.gate.judges:
            yield judge.body


def nodes_in(nodes: Iterable[Node]) -> Iterator[Node]:
    """`nodes` and all that lie inside them, at whatever depth."""
    for node in nodes:
        yield node
        for body in bodies_in(node):
            yield from nodes_in(body)


def costs_from(accept_above: float) -> Costs:
    """The costs by which accepting pays from that probability on: a person costs (1 - it) of a false accept."""
    usual = Costs()
    return usual.model_copy(update={"human": round((1.0 - accept_above) * usual.false_accept, 9)})


def maker_of(nodes: "Iterable[Node]") -> PlannedJourney | None:
    """The journey whose work the result of `nodes` is: the last one, at whatever depth; judges and repairs are none."""
    for node in reversed(tuple(nodes)):
        if isinstance(node, PlannedJourney):
            return node
        inside = [getattr(node, "body", ()), *(case.body for case in getattr(node, "cases", ()))]
        for body in reversed([getattr(node, "completion", ()), *inside]):
            if (made := maker_of(body)) is not None:
                return made
    return None


class Plan(Recordable):
    """All that one task will do, as far as it is known before it begins."""

    playbook: Name
    nodes: tuple[Node, ...] = Field(min_length=1)
    result_from: tuple[StepId, ...] = Field(default=(), description="Steps nothing comes after: the task's result.")
    deadline: Seconds = 86400.0
    accept_above: float = 0.7
    reject_below: float = 0.2
    costs: Costs | None = Field(default=None, description="None in plans of 0.1: what `accept_above` amounts to.")
    escalation: Literal["complete", "ask"] = Field(
        default="complete", description="Where a person should look at the whole: end, marked so, or wait for a word."
    )
    approval: Approval | None = Field(default=None, description="Who is asked then; else anybody, the requester too.")
    budget: Limits = UNLIMITED
    same_call: int = Field(default=50, ge=1, description="How often loops may repeat one call.")

    @property
    def weights(self) -> Costs:
        """What mistakes cost: as said, or so that accepting pays from `accept_above` on."""
        return self.costs or costs_from(self.accept_above)

    def digest(self) -> Sha256:
        """SHA-256 of the plan's JSON without what is as always; equal plans have equal digests."""
        return sha256(self.model_dump_json(exclude_defaults=True).encode()).hexdigest()


def action_digest(tool: str, inputs: JsonObject) -> Sha256:
    """SHA-256 of one call as canonical JSON (keys sorted, UTF-8, no spaces): what people agree to, and nothing else."""
    call = {"tool": tool, "inputs": inputs}
    canonical = json.dumps(call, sort_keys=True, separators=(",", ":"), ensure_ascii=False)
    return sha256(canonical.encode(errors="surrogatepass")).hexdigest()
