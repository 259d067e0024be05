"""What a plan promises beside the invariants: its order, its limits, and an end that its events justify."""

from collections import defaultdict
from collections.abc import Iterable, Iterator

from wrenchai_contracts.envelope import Recorded
from wrenchai_contracts.events import (
    JourneyCancelled,
    JourneyCompleted,
    JourneyDispatched,
    JourneyFailed,
    PlanCreated,
    StepSettled,
    TaskCancellationRequested,
    TaskCancelled,
    TaskCompleted,
    TaskFailed,
)
from wrenchai_contracts.plan import Node, Plan, PlannedFan
from wrenchai_contracts.subjects import task_of


def broken_promises(events: Iterable[Recorded]) -> list[str]:
    """Every promise that the tasks in `events` break."""
    tasks: dict[str, _Told] = defaultdict(_Told)
    found: list[str] = []
    for recorded in events:
        found += [f"{recorded.id}: {what}" for what in tasks[task_of(recorded.stream)].note(recorded)]
    return found


class _Told:
    """What one task's events have told so far."""

    def __init__(self) -> None:
        self.plan: Plan | None = None
        self.running: set[str] = set()
        self.ended: dict[str, str] = {}
        self.settled: dict[str, str] = {}
        self.cancelled = False

    def note(self, recorded: Recorded) -> list[str]:
        match recorded.event:
            case PlanCreated(plan=plan):
                self.plan = plan
            case TaskCancellationRequested():
                self.cancelled = True
            case JourneyDispatched(journey=name):
                self.running.add(name)
                return list(self._untimely(name))
            case JourneyCompleted(journey=name) | JourneyFailed(journey=name) | JourneyCancelled(journey=name):
                self.running.discard(name)
                self.ended[name] = recorded.type
            case StepSettled(step=step, outcome=outcome):
                self.settled[step] = outcome
            case TaskCompleted():
                return list(self._unfinished())
            case TaskFailed(kind="step_failed") if "JourneyFailed" not in self.ended.values():
                return ["it failed by a step, and no step had failed"]
            case TaskCancelled() if not self.cancelled:
                return ["nobody had asked to cancel it"]
            case _:
                pass
        return []

    def _untimely(self, name: str) -> Iterator[str]:
        planned = self._planned(name)
        early = [other for other in planned.after if any(_belongs(running, other) for running in self.running)]
        early += [other for other in planned.after if not self._has_ended(other)]
        if early:
            yield f"dispatched before {early} had ended"
        most = planned.max_parallel if isinstance(planned, PlannedFan) else 1
        at_once = sum(_belongs(running, planned.id) for running in self.running)
        if at_once > most:
            yield f"{at_once} branches at once, {most} are allowed"

    def _has_ended(self, planned_id: str) -> bool:
        return planned_id in self.settled or any(_belongs(ended, planned_id) for ended in self.ended)

    def _unfinished(self) -> Iterator[str]:
        for planned in self.plan.nodes if self.plan else ():
            end = self.settled.get(planned.id) or self.ended.get(planned.id)
            good = {"completed", "JourneyCompleted"}
            if planned.on_failure == "continue":
                good |= {"failed", "JourneyFailed"}
            if end not in good:
                yield f"completed although {planned.id} ended as {end or 'nothing'}"
        if self.running:
            yield f"completed while {sorted(self.running)} ran"

    def _planned(self, name: str) -> Node:
        nodes = self.plan.nodes if self.plan else ()
        return next(planned for planned in nodes if _belongs(name, planned.id))


def _belongs(name: str, planned_id: str) -> bool:
    return name.partition(".")[0].partition("~")[0] == planned_id
