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
    TaskCancellationRequested,
    TaskCancelled,
    TaskCompleted,
    TaskFailed,
)
from wrenchai_contracts.plan import Plan, PlannedJourney
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
        early = [other for other in planned.after if not any(_belongs(ended, other) for ended in self.ended)]
        early += [other for other in planned.after if any(_belongs(running, other) for running in self.running)]
        if early and not all(self._is_fan_out(other) for other in early):
            yield f"dispatched before {early} had ended"
        at_once = sum(_belongs(running, planned.id) for running in self.running)
        if at_once > planned.max_parallel:
            yield f"{at_once} items at once, {planned.max_parallel} are allowed"

    def _unfinished(self) -> Iterator[str]:
        for planned in self.plan.journeys if self.plan else ():
            ends = {end for name, end in self.ended.items() if _belongs(name, planned.id)}
            good = {"JourneyCompleted", "JourneyFailed"} if planned.on_failure == "continue" else {"JourneyCompleted"}
            if not ends <= good or (not ends and planned.for_each is None):
                yield f"completed although {planned.id} ended as {sorted(ends) or 'nothing'}"
        if self.running:
            yield f"completed while {sorted(self.running)} ran"

    def _planned(self, name: str) -> PlannedJourney:
        journeys = self.plan.journeys if self.plan else ()
        return next(planned for planned in journeys if _belongs(name, planned.id))

    def _is_fan_out(self, planned_id: str) -> bool:
        """Whether it may have had no items at all, and so nothing to wait for."""
        nothing_runs = not any(_belongs(running, planned_id) for running in self.running)
        return self._planned(planned_id).for_each is not None and nothing_runs


def _belongs(name: str, planned_id: str) -> bool:
    return name.partition(".")[0] == planned_id
