"""All judgements of one task: of results, rounds, contests and choices; and what its time was spent on. Pure."""

from collections.abc import Iterable, Mapping
from dataclasses import dataclass, field
from datetime import datetime
from typing import Any, TypeVar

from wrenchai_chassis.projection import Row
from wrenchai_contracts.envelope import Recorded
from wrenchai_contracts.events import (
    ChoiceDrawn,
    ContestEvaluated,
    Event,
    ExecutionEvaluated,
    PlanCreated,
    RoundEvaluated,
    VerdictWeighed,
)
from wrenchai_contracts.judgement_views import (
    BottlenecksView,
    BottleneckView,
    ChoiceView,
    ContestView,
    EvaluationView,
    RoundView,
    TaskQualityView,
)
from wrenchai_contracts.plan import Plan
from wrenchai_contracts.shape import Path
from wrenchai_judgement.bottlenecks import Duration, Usual, bottlenecks
from wrenchai_judgement.exact import log
from wrenchai_judgement.resources import Habit

from wrenchai_gateway.quality.cards import evaluation_view
from wrenchai_gateway.quality.course import Leaf, course_of

TOLD_BY: tuple[type[Event], ...] = (
    PlanCreated, ExecutionEvaluated, RoundEvaluated, ContestEvaluated, ChoiceDrawn, VerdictWeighed,
)  # fmt: skip
"""What the story is told by."""

MOST_STEPS = 400
"""Of a task with more, nobody is told which ones it waited for."""

_LEAST_SECONDS = 0.001

Shown = TypeVar("Shown", RoundView, ContestView, ChoiceView)


@dataclass(slots=True)
class TaskStory:
    """What was judged in one task."""

    task_id: str
    plan: Plan | None = None
    judged: list[Recorded] = field(default_factory=list)
    words: dict[Path | None, list[Recorded]] = field(default_factory=dict)
    rounds: list[RoundView] = field(default_factory=list)
    contests: list[ContestView] = field(default_factory=list)
    choices: list[ChoiceView] = field(default_factory=list)
    position: int = 0

    def note(self, recorded: Recorded) -> None:
        """Fold one event of the task."""
        self.position = max(self.position, recorded.position)
        place = {"position": recorded.position, "at": recorded.at}
        match recorded.event:
            case PlanCreated(plan=plan):
                self.plan = plan
            case ExecutionEvaluated():
                self.judged.append(recorded)
            case VerdictWeighed(step=step):
                self.words.setdefault(step, []).append(recorded)
            case RoundEvaluated() as event:
                self.rounds.append(_shown(RoundView, event, place))
            case ContestEvaluated() as event:
                self.contests.append(_shown(ContestView, event, place))
            case ChoiceDrawn() as event:
                self.choices.append(_shown(ChoiceView, event, place))
            case _:
                pass

    def evaluation(self, step: Path | None, go: int | None = None) -> EvaluationView | None:
        """The last judgement of that result, or the one of that number; None if there is none."""
        found = [one for one in self.judged if _is_of(one.event, step) and go in {None, _go(one.event)}]
        return self._view(found[-1]) if found else None

    def view(self, bottlenecks: BottlenecksView | None) -> TaskQualityView:
        """All of it."""
        return TaskQualityView(
            task_id=self.task_id,
            evaluations=tuple(map(self._view, self.judged)),
            rounds=tuple(self.rounds),
            contests=tuple(self.contests),
            choices=tuple(self.choices),
            bottlenecks=bottlenecks,
            position=self.position,
        )

    @property
    def steps_judged(self) -> list[Path | None]:
        """The results that were judged, each once; None is the whole."""
        return list(dict.fromkeys(getattr(one.event, "step", None) for one in self.judged))

    def _view(self, judged: Recorded) -> EvaluationView:
        return evaluation_view(self.task_id, judged, self.words.get(getattr(judged.event, "step", None), ()))


def _shown(shape: type[Shown], event: Event, place: dict[str, Any]) -> Shown:
    """A view whose fields are the event's own, and its place."""
    own = {name: getattr(event, name) for name in shape.model_fields if name not in place}
    return shape.model_validate(own | place)


def _is_of(event: Event, step: Path | None) -> bool:
    return isinstance(event, ExecutionEvaluated) and event.step == step


def _go(event: Event) -> int:
    return event.go if isinstance(event, ExecutionEvaluated) else 0


# --- what its time was spent on --------------------------------------------------------------------------


def bottlenecks_of(
    task_id: str, plan: Plan, steps: Iterable[Row], habits: Mapping[str, Habit]
) -> BottlenecksView | None:
    """Which steps the task waited for: centred on what each took here, and as unsteady as it usually is.

    `steps` in the order in which they became known. None where too many ran, or none did. Waiting is from dispatch (or
    the step before) to start; a wait only waits.
    """
    timed = [row for row in steps if row["type"] in {"tool", "wait"} and row["ended_at"] and not row["undoes"]]
    if not 0 < len(timed) <= MOST_STEPS:
        return None
    ran = {f"{place}": row for place, row in enumerate(timed)}
    graph = course_of(plan.nodes, (Leaf(key, row["journey"], int(key)) for key, row in ran.items()))
    durations = {key: _duration(row, plan.playbook, habits) for key, row in ran.items()}
    whole = bottlenecks(graph, durations, f"{task_id}/bottlenecks")
    told = sorted(whole.steps, key=lambda one: (-one.critical, -one.saved - one.saved_waiting))
    return BottlenecksView(
        working=whole.working,
        waiting=whole.waiting,
        steps=tuple(
            BottleneckView(
                journey=ran[one.step]["journey"], step=ran[one.step]["step"], tool=ran[one.step]["tool"],
                **{name: getattr(one, name) for name in ("critical", "working", "waiting", "saved", "saved_waiting")},
            )
            for one in told
        ),
    )  # fmt: skip


def _duration(row: Row, playbook: str, habits: Mapping[str, Habit]) -> Duration:
    if row["type"] == "wait":
        return Duration(waiting=_usual(_seconds(row["started_at"], row["ended_at"]), _UNKNOWN.scale))
    habit = habits.get(f"{row['tool']} {playbook} {row['step']} seconds", _UNKNOWN)
    working, waiting = row["working_seconds"], row["waiting_seconds"]
    return Duration(_usual(working, habit.scale), _usual(waiting, _UNKNOWN.scale))


_UNKNOWN = Habit(0.0)
"""As unsteady as a step of which nothing is known."""


def _usual(seconds: float, spread: float) -> Usual | None:
    return Usual(log(seconds), spread) if seconds > _LEAST_SECONDS else None


def _seconds(start: str | None, end: str | None) -> float:
    if start is None or end is None:
        return 0.0
    return max(0.0, (datetime.fromisoformat(end) - datetime.fromisoformat(start)).total_seconds())
