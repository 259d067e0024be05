"""How any node goes on: its condition, what people decided about it, its goes, and what happens when it fails. Pure."""

from collections.abc import Callable, Mapping
from typing import Any

from wrenchai_contracts.events import StepOpened, StepRepeated, StepSkipRequested, Wait
from wrenchai_contracts.paths import belongs_to, is_inside
from wrenchai_contracts.plan import (
    Node,
    PlannedFan,
    PlannedHandoff,
    PlannedJourney,
    PlannedLoop,
    PlannedPlaybook,
    PlannedProcess,
    PlannedVersus,
    PlannedWait,
)
from wrenchai_contracts.shape import Path

from wrenchai_orchestrator.nodes import fan, handoff, journey, loop, playbook, process, versus, wait
from wrenchai_orchestrator.nodes.body import Bodies
from wrenchai_orchestrator.nodes.values import truth
from wrenchai_orchestrator.results import Result
from wrenchai_orchestrator.turn import NodeFailed, Scope, Turn

Kind = Callable[[Bodies, Any, Path, Scope], Result | None]
"""One step further with a node at a path; its result once it has one."""

KINDS: Mapping[type, Kind] = {
    PlannedJourney: journey.advance,
    PlannedWait: wait.advance,
    PlannedFan: fan.advance,
    PlannedLoop: loop.advance,
    PlannedProcess: process.advance,
    PlannedVersus: versus.advance,
    PlannedHandoff: handoff.advance,
    PlannedPlaybook: playbook.advance,
}

_FINAL = frozenset({"rejected", "approval_expired", "cancelled", "loop_guard"})
"""Kinds of failure that another go cannot mend."""


class Advancing(Bodies):
    """Brings nodes, and bodies of nodes, as far as they can go in one turn."""

    def __init__(self, turn: Turn) -> None:
        super().__init__(turn)

    def advance(self, node: Node, prefix: str, scope: Scope) -> Result | None:
        """See `Bodies.advance`."""
        first, task = prefix + node.id, self.turn.task
        while True:
            path = task.path_of(first)
            result = task.results.get(path) or self._at_work(node, path, scope)
            if result is None or not result.failed:
                return result
            if not self._again(node, first, path, result, scope):
                return self._after_failure(node, path, result)

    def _at_work(self, node: Node, path: Path, scope: Scope) -> Result | None:
        task = self.turn.task
        skip = task.asked.skips.get(path)
        if skip is not None:
            return self._skipped(path, skip)
        try:
            begun = path in task.journeys.running or path in task.opened
            if not begun and node.when is not None and not truth(node.when, scope):
                return self.turn.settle(path, "skipped", reason=f"its condition is not met: {node.when}")
            return KINDS[type(node)](self, node, path, scope)
        except NodeFailed as failure:
            return self.turn.settle(path, "failed", reason=failure.reason, kind=failure.kind)

    def _skipped(self, path: Path, skip: StepSkipRequested) -> Result | None:
        running = [name for name in self.turn.task.journeys.running if belongs_to(name, path)]
        if not self.turn.stop(running, f"skipped: {skip.reason}"):
            return None
        return self.turn.settle(path, "skipped", output=skip.output, reason=skip.reason or "skipped on request")

    def _again(self, node: Node, first: Path, path: Path, result: Result, scope: Scope) -> bool:
        """Whether the node goes through once more: because its plan says so, or because somebody asked."""
        task = self.turn.task
        go = task.go_of(first)
        if task.asked.retries_of(path):
            reason = "on request"
        elif go >= node.goes or result.kind in _FINAL or not self._mended(node, path, result, scope):
            return False
        else:
            reason = result.reason
        self.turn.say(StepRepeated(step=first, go=go + 1, reason=reason[:500]))
        return True

    def _mended(self, node: Node, path: Path, result: Result, scope: Scope) -> bool:
        if not node.fix:
            return True
        failure = {"step": node.id, "reason": result.reason, "kind": result.kind}
        fixing = self.run(node.fix, f"{path}~fix.", {**scope, "failure": failure})
        return not fixing.open and fixing.broken is None

    def _after_failure(self, node: Node, path: Path, result: Result) -> Result | None:
        """What a failed node came to: a failure, nothing yet while it is mended or a person is asked, or skipped."""
        if self._is_being_mended(node, path):
            return None
        skip = self.turn.task.asked.skips.get(path)
        if skip is not None:
            return self._skipped(path, skip)
        if node.on_failure != "ask":
            return result
        asks = Wait(waits_for="decision", title=result.reason[:2000], details={"kind": result.kind})
        self.turn.open(path, lambda: StepOpened(step=path, type="wait", wait=asks))
        return None

    def _is_being_mended(self, node: Node, path: Path) -> bool:
        block = f"{path}~fix"
        running, opened = self.turn.task.journeys.running, self.turn.task.opened
        return bool(node.fix) and any(is_inside(name, block) for name in (*running, *opened))
