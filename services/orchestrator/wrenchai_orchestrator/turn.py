"""One turn of deciding: the task as it is, what was found to follow so far, and the ways to say so. Pure.

What is found is folded into the task at once, so that the next thing is decided on top of it.
"""

from collections.abc import Callable, Iterator
from contextlib import contextmanager
from dataclasses import dataclass, field
from datetime import datetime, timedelta
from typing import Any, NamedTuple

from pydantic_core import to_json
from wrenchai_contracts.envelope import MAX_EVENT_BYTES
from wrenchai_contracts.events import Event, JourneyCancelled, JourneysStopped, StepOpened, StepSettled
from wrenchai_contracts.plan import Plan
from wrenchai_contracts.shape import JsonObject, Path
from wrenchai_contracts.spending import Limits
from wrenchai_contracts.subjects import journey_stream

from wrenchai_orchestrator.results import Opened, Outcome, Result
from wrenchai_orchestrator.task import Task

Scope = dict[str, Any]
"""What references and expressions may name."""

MAX_DATA_BYTES = MAX_EVENT_BYTES - 4096
"""What an event's own fields may take; the envelope takes the rest."""

OWN = 0
"""The version of an event that is simply the next of the task's own stream."""


class Step(NamedTuple):
    """An event, the stream it belongs to, and its place there."""

    stream: str
    event: Event
    version: int = 1


class NodeFailed(Exception):  # noqa: N818  # a noun with its facts
    """A node cannot be carried out as planned: `reason` for people, `kind` for programs."""

    def __init__(self, reason: str, kind: str) -> None:
        super().__init__(reason)
        self.reason, self.kind = reason, kind


@dataclass(slots=True)
class Turn:
    """One decision in the making."""

    task: Task
    plan: Plan
    now: datetime
    found: list[Step] = field(default_factory=list)
    limits: list[tuple[Path, Limits]] = field(default_factory=list)
    """The budgets around the node at hand, the task's own first; "" stands for the whole task."""

    def say(self, event: Event) -> None:
        """`event` follows in the task's own stream."""
        self.found.append(Step(self.task.task_id, event, OWN))
        self.task.note(event)

    def tell(self, journey: Path, event: Event, version: int = 1) -> None:
        """`event` follows in a journey's stream, as its `version`."""
        self.found.append(Step(journey_stream(self.task.task_id, journey), event, version))
        self.task.note(event, version)

    def open(self, path: Path, make: Callable[[], StepOpened]) -> Opened:
        """What is known of a block or wait at work; it is opened if it is not."""
        known = self.task.opened.get(path)
        if known is None:
            self.say(make())
            known = self.task.opened[path]
        return known

    def due(self, seconds: float | None) -> datetime | None:
        """The moment that lies so far ahead."""
        return None if seconds is None else self.now + timedelta(seconds=seconds)

    def settle(  # noqa: PLR0913  # an outcome has this many facts
        self,
        path: Path,
        outcome: Outcome,
        *,
        output: Any = None,
        gathered: bool = False,
        reason: str = "",
        kind: str = "",
        verdict: JsonObject | None = None,
    ) -> Result:
        """The outcome of a block, a wait, or a step that was skipped.

        An output that does not fit into an event makes a failure of it.
        """
        if not gathered and output is not None and (size := len(to_json(output))) > MAX_DATA_BYTES // 2:
            reason = (
                f"its output has {size} bytes; the limit is {MAX_DATA_BYTES // 2}. Hand large content on as artifacts."
            )
            outcome, output, kind, verdict = "failed", None, "output_too_large", None
        settled = StepSettled(
            step=path,
            outcome=outcome,
            output=None if gathered else output,
            gathered=gathered,
            reason=reason[:2000],
            kind=kind,
            verdict=verdict or {},
        )
        self.say(settled)
        return self.task.results[path]

    def stop(self, journeys: list[Path], reason: str) -> bool:
        """Tell journeys to stop; whether all of them have."""
        task = self.task
        new = tuple(name for name in journeys if name not in task.journeys.stopped)
        for name in journeys:
            self.take_over(name, reason)
        told = tuple(name for name in new if name in task.journeys.running)
        if told:
            self.say(JourneysStopped(journeys=told, reason=reason[:500]))
        return not any(name in task.journeys.running for name in journeys)

    def take_over(self, journey: Path, reason: str) -> None:
        """End a journey that no worker has, because it waits for us."""
        running = self.task.journeys.running.get(journey)
        if running is not None and running.paused is not None:
            paused = running.paused
            end = JourneyCancelled(journey=journey, reason=reason, spent=paused.spent, in_doubt=paused.effect)
            self.tell(journey, end, running.version + 1)

    @contextmanager
    def within(self, path: Path, limits: Limits) -> Iterator[None]:
        """While a playbook inside is at work: what it costs counts against its own budget too."""
        self.limits.append((path, limits))
        if limits.any:
            self.task.budgets[path] = limits
        try:
            yield
        finally:
            self.limits.pop()
