"""A body of nodes that wait for each other: begins what can begin, and knows when it is over or cannot be. Pure."""

from abc import ABC, abstractmethod
from collections.abc import Sequence
from dataclasses import dataclass, field
from typing import Any

from wrenchai_contracts.paths import belongs_to
from wrenchai_contracts.plan import Node
from wrenchai_contracts.shape import JsonObject, Path, StepId

from wrenchai_orchestrator.nodes.values import shown
from wrenchai_orchestrator.results import Result
from wrenchai_orchestrator.turn import Scope, Turn


@dataclass(slots=True)
class Progress:
    """How far a body is. `broken`: the node without which it cannot end well, and what that came to."""

    scope: Scope
    results: dict[StepId, Result] = field(default_factory=dict)
    open: bool = False
    broken: tuple[Node, Path, Result] | None = None

    def output_of(self, step: StepId) -> Any:
        """What a step of the body came to; None if it was skipped, failed, or lies in a journey that did."""
        seen = self.scope["steps"].get(step)
        return None if seen is None else seen["output"]

    def as_result(self, output: Any) -> Result:
        """The body as one: failed as its broken node did, or ended well with this output."""
        if self.broken is None:
            return Result("completed", output=output)
        node, _, result = self.broken
        return Result("failed", reason=f"{node.id} failed: {result.reason}", kind=result.kind, step=result.step)


class Bodies(ABC):
    """Runs bodies; how a single node goes on is for `advance`."""

    def __init__(self, turn: Turn) -> None:
        self.turn = turn

    @abstractmethod
    def advance(self, node: Node, prefix: str, scope: Scope) -> Result | None:
        """One node as far as it can go in this turn; its result once it has one."""

    def run(self, body: Sequence[Node], prefix: str, scope: Scope) -> Progress:
        """The whole body as far as it can go. When it is broken, what still runs of it is stopped first."""
        progress = Progress({**scope, "steps": dict(scope["steps"])})
        progress.broken = self._broken(body, prefix)
        for node in body:
            result = self._one(node, prefix, progress)
            if result is not None:
                self._take_in(node, prefix, result, progress)
        if progress.broken is not None:
            node, _, result = progress.broken
            progress.open = not self.stop(body, prefix, f"{node.id} failed: {result.reason}")
        return progress

    def stop(self, body: Sequence[Node], prefix: str, reason: str) -> bool:
        """Stop all journeys of a body; whether none of them runs any more.

        Of the whole plan that is for the plan itself to say (`PlanAborted`).
        """
        nodes = [prefix + node.id for node in body]
        running = [name for name in self.turn.task.journeys.running if any(belongs_to(name, node) for node in nodes)]
        return self.turn.stop(running, reason) if prefix else not running

    def fail(self, path: Path, progress: Progress, verdict: JsonObject | None = None) -> Result:
        """Settle a block as failed, for the reason that a body of it is broken."""
        broken = progress.as_result(None)
        kind = broken.kind or "step_failed"
        return self.turn.settle(path, "failed", reason=broken.reason, kind=kind, verdict=verdict)

    def _one(self, node: Node, prefix: str, progress: Progress) -> Result | None:
        task = self.turn.task
        path = task.path_of(prefix + node.id)
        known = task.results.get(path)
        if known is not None and not known.failed and not task.is_judged_still(node, path):
            return known
        if progress.broken is not None:
            return known
        if any(needed not in progress.results for needed in node.after):
            progress.open = True
            return None
        result = self.advance(node, prefix, progress.scope)
        progress.open |= result is None
        return result

    def _take_in(self, node: Node, prefix: str, result: Result, progress: Progress) -> None:
        progress.results[node.id] = result
        progress.scope["steps"].update(shown(node, prefix, result, self.turn.task))
        if progress.broken is None and is_fatal(node, result):
            progress.broken = node, self.turn.task.path_of(prefix + node.id), result

    def _broken(self, body: Sequence[Node], prefix: str) -> tuple[Node, Path, Result] | None:
        """A node that has failed for good already, so that nothing new is begun only to be stopped."""
        task = self.turn.task
        found = []
        for node in body:
            first = prefix + node.id
            path = task.path_of(first)
            result = task.results.get(path)
            spent = result is not None and is_fatal(node, result) and task.own_goes_of(first) >= node.goes
            if result is not None and spent and not task.asked.about(path):
                found.append((node, path, result))
        return min(found, key=lambda broken: is_consequence(broken[2]), default=None)


def is_consequence(result: Result) -> bool:
    """Whether it was only stopped, so that something else is the reason."""
    return result.kind == "cancelled"


def is_fatal(node: Node, result: Result) -> bool:
    """Whether what comes after it cannot do without it."""
    return result.failed and node.on_failure in {"fail", "compensate"}
