"""What a task's story tells about its results: whose evidence there is, what was judged before, who made what. Pure."""

from collections.abc import Iterable, Iterator, Mapping
from dataclasses import dataclass, field

from wrenchai_contracts.envelope import Recorded
from wrenchai_contracts.events import (
    ApprovalDecided,
    ChoiceDrawn,
    ContestEvaluated,
    EntriesScored,
    Event,
    ExecutionEvaluated,
    JourneyCompleted,
    JourneyFailed,
    JourneyReused,
    PlanCreated,
    ResultOffered,
    RoundEnded,
    StepOpened,
    StepRepeated,
    StepSettled,
    ToolsAllocated,
)
from wrenchai_contracts.evidence import Evidence
from wrenchai_contracts.judging import ResourceSample, Used
from wrenchai_contracts.paths import is_inside
from wrenchai_contracts.plan import Plan, PlannedJourney, nodes_in
from wrenchai_contracts.shape import Name, Path, Sha256, StepId

from wrenchai_inspector.superseded import Superseded

TOLD_BY: tuple[type[Event], ...] = (
    ApprovalDecided, ChoiceDrawn, ContestEvaluated, EntriesScored, ExecutionEvaluated, JourneyCompleted, JourneyFailed,
    JourneyReused, PlanCreated, ResultOffered, RoundEnded, StepOpened, StepRepeated, StepSettled, ToolsAllocated,
)  # fmt: skip
"""What the story is folded from; other events repeat it, or say nothing of results."""

_LONGEST_SUMMARY = 500


@dataclass(slots=True)
class Journey:
    """What one journey left: its evidence, and what its steps used."""

    evidence: tuple[Evidence, ...]
    resources: Mapping[StepId, ResourceSample] = field(default_factory=dict)


@dataclass(slots=True)
class Told:
    """A fold of one task's story."""

    plan: Plan | None = None
    tools: dict[StepId, Name] = field(default_factory=dict)
    """Which tool each step calls, at whatever depth."""
    versions: dict[Name, str] = field(default_factory=dict)
    journeys: dict[Path, Journey] = field(default_factory=dict)
    superseded: Superseded = field(default_factory=Superseded)
    judged: dict[Path, ExecutionEvaluated] = field(default_factory=dict)
    """The latest judgement of each result inside."""
    whole: ExecutionEvaluated | None = None
    offered: set[Path] = field(default_factory=set)
    contests: dict[Path, tuple[EntriesScored, ContestEvaluated]] = field(default_factory=dict)
    looks: set[Sha256] = field(default_factory=set)
    """The digests of what people were asked about the quality of."""
    verdicts: dict[Path, ApprovalDecided] = field(default_factory=dict)
    _scored: dict[Path, EntriesScored] = field(default_factory=dict)
    _drawn: dict[Path, Name] = field(default_factory=dict)

    @classmethod
    def by(cls, events: Iterable[Recorded]) -> "Told":
        """The story that these events tell."""
        told = cls()
        for recorded in events:
            told.note(recorded.event)
        return told

    def note(self, event: Event) -> None:  # noqa: C901, PLR0912  # one arm for each event
        """Fold one event."""
        self.superseded.note(event)
        match event:
            case JourneyCompleted(journey=journey):
                self.journeys[journey] = Journey(event.evidence, event.resources)
            case JourneyReused(journey=journey):
                self.journeys[journey] = Journey(event.evidence)
            case JourneyFailed(journey=journey):
                self.journeys[journey] = Journey((*event.evidence, *self._silence(event)))
            case PlanCreated(plan=plan):
                self.plan, self.tools = plan, tools_of(plan)
            case ToolsAllocated(tools=tools):
                self.versions = dict(tool.split("@", 1) for allowed in tools.values() for tool in allowed)
            case ResultOffered(step=step):
                self.offered.add(step)
            case ExecutionEvaluated(step=None):
                self.whole = event
            case ExecutionEvaluated(step=str(step)):
                self.judged[step] = event
            case ChoiceDrawn(step=step, chosen=chosen):
                self._drawn[step] = chosen[0]
            case EntriesScored(step=step):
                self._scored[step] = event
            case ContestEvaluated(step=step) if step in self._scored:
                self.contests[step] = self._scored[step], event
            case StepOpened(wait=wait) if wait is not None and wait.name == "quality" and wait.digest:
                self.looks.add(wait.digest)
            case ApprovalDecided(step=step, digest=digest) if digest in self.looks:
                self.verdicts[step] = event
            case _:
                pass

    def of(self, block: Path | None) -> dict[Path, Journey]:
        """The journeys whose results count as part of `block` (None: of the whole), and its judges' reports."""
        return {
            path: journey
            for path, journey in self.journeys.items()
            if not self.superseded.has(path.partition("~judge.")[0]) and (block is None or lies_in(path, block))
        }

    def tool_at(self, path: Path, planned: Name) -> Name:
        """The tool that a journey really called: of several, the one that was drawn."""
        return self._drawn.get(path, planned)

    def used(self, journeys: Mapping[Path, Journey]) -> Iterator[Used]:
        """What the steps of `journeys` used, where it was measured."""
        for path, journey in journeys.items():
            for step, sample in journey.resources.items():
                if step in self.tools:
                    yield Used(step=step, tool=self.tool_at(path, self.tools[step]), sample=sample)

    def version_of(self, tool: Name) -> str:
        """As it was allocated; empty if that is not known."""
        return self.versions.get(tool, "")

    def _silence(self, failed: JourneyFailed) -> tuple[Evidence, ...]:
        if any(fact.measured for fact in failed.evidence):
            return ()
        return (not_measured(failed, self.tool_at(failed.journey, self.tools.get(failed.step, failed.step))),)


def lies_in(path: Path, block: Path) -> bool:
    """Whether a journey is the result `block`, lies inside it, or is a judge's who was asked about it."""
    return path == block or is_inside(path, block) or path.startswith(f"{block}~judge.")


def not_measured(failed: JourneyFailed, tool: Name) -> Evidence:
    """What is known of a step that crashed, timed out or was refused, and that the plan went on without: nothing.

    It speaks about a dimension of the tool's own name: which ones the tool would have measured nobody knows, and in
    one that others did measure its silence would be lost.
    """
    reason = f"not measured: step {failed.step} failed: {failed.reason or failed.kind}"
    return Evidence(judge=tool, dimension=tool, passed=0, tried=0, summary=reason[:_LONGEST_SUMMARY])


def tools_of(plan: Plan) -> dict[StepId, Name]:
    """Which tool each step calls, at whatever depth."""
    journeys = (node for node in nodes_in(plan.nodes) if isinstance(node, PlannedJourney))
    return {step.id: step.tool for journey in journeys for step in journey.steps}
