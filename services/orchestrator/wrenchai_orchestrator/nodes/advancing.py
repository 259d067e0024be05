"""How any node goes on: its condition, what people decided about it, its goes, and what happens when it fails. Pure."""

from collections.abc import Callable, Mapping
from typing import Any

from wrenchai_contracts.events import StepOpened, StepRepeated, StepSkipRequested, Wait
from wrenchai_contracts.paths import belongs_to
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

from wrenchai_orchestrator.judgements import QUALITY
from wrenchai_orchestrator.nodes import fan, gate, handoff, journey, loop, playbook, process, versus, wait
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

_FINAL = frozenset({"rejected", "approval_expired", "cancelled", "loop_guard", QUALITY})
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
            if task.is_judged_still(node, path):
                result = self._judged(node, path, scope)
                if task.path_of(first) != path:
                    continue
            if result is None or not result.failed:
                return result
            again = self._again(node, first, path, result, scope)
            if again is None:
                return None
            if not again:
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

    def _judged(self, node: Node, path: Path, scope: Scope) -> Result | None:
        """Its result is there, and is judged before anything relies on it, unless it is to be passed over."""
        skip = self.turn.task.asked.skips.get(path)
        return gate.judged(self, node, path, scope) if skip is None else self._skipped(path, skip)

    def _skipped(self, path: Path, skip: StepSkipRequested) -> Result | None:
        running = [name for name in self.turn.task.journeys.running if belongs_to(name, path)]
        if not self.turn.stop(running, f"skipped: {skip.reason}"):
            return None
        return self.turn.settle(path, "skipped", output=skip.output, reason=skip.reason or "skipped on request")

    def _again(self, node: Node, first: Path, path: Path, result: Result, scope: Scope) -> bool | None:
        """Whether the node goes through once more: by its plan, or because somebody asked; None while it is mended."""
        task, reason = self.turn.task, result.reason
        if task.asked.retries_of(path):
            reason = "on request"
        elif task.own_goes_of(first) >= node.goes or result.kind in _FINAL:
            return False
        elif (mended := self._mended(node, path, result, scope)) is not True:
            return mended
        self.turn.say(StepRepeated(step=first, go=task.go_of(first) + 1, reason=reason[:500]))
        return True

    def _mended(self, node: Node, path: Path, result: Result, scope: Scope) -> bool | None:
        """Whether what it needed is done; None while that is at work."""
        if not node.fix:
            return True
        failure = {"step": node.id, "reason": result.reason, "kind": result.kind}
        fixing = self.run(node.fix, f"{path}~fix.", {**scope, "failure": failure})
        return None if fixing.open else fixing.broken is None

    def _after_failure(self, node: Node, path: Path, result: Result) -> Result | None:
        """What a failed node came to: a failure, nothing yet while a person is asked, or skipped."""
        skip = self.turn.task.asked.skips.get(path)
        if skip is not None:
            return self._skipped(path, skip)
        if node.on_failure != "ask":
            return result
        asks = Wait(waits_for="decision", title=result.reason[:2000], details={"kind": result.kind})
        self.turn.open(path, lambda: StepOpened(step=path, type="wait", wait=asks))
        return None
