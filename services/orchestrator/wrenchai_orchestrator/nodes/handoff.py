"""A handoff: a primary's work, whose parts go to the specialists whose condition they meet first. Pure."""

from typing import Any

from wrenchai_contracts.events import StepOpened
from wrenchai_contracts.paths import is_inside
from wrenchai_contracts.plan import PlannedHandoff
from wrenchai_contracts.shape import Path

from wrenchai_orchestrator.nodes.body import Bodies, Progress
from wrenchai_orchestrator.nodes.values import a_list, last_output, last_step, truth
from wrenchai_orchestrator.results import Result
from wrenchai_orchestrator.turn import Scope


def advance(bodies: Bodies, node: PlannedHandoff, path: Path, scope: Scope) -> Result | None:
    """One step further with a handoff."""
    primary = bodies.run(node.body, f"{path}.", scope)
    if primary.open:
        return None
    if primary.broken is not None:
        return bodies.fail(path, primary)
    return _Handoff(bodies, node, path, primary).advance()


class _Handoff:
    """One handoff in one turn, its primary's work done."""

    def __init__(self, bodies: Bodies, node: PlannedHandoff, path: Path, primary: Progress) -> None:
        self._bodies, self._node, self._path, self._primary = bodies, node, path, primary
        self._output = last_output(node.body, f"{path}.", bodies.turn.task)

    def advance(self) -> Result | None:
        turn, path = self._bodies.turn, self._path
        scopes = self._scopes()
        opened = turn.open(path, lambda: self._opened(scopes))
        cases = opened.event.assigned
        works = [self._handed(scope, case) for scope, case in zip(scopes, cases, strict=True) if case is not None]
        broken = next((work for work in works if work.broken is not None), None)
        if broken is not None:
            reason = broken.as_result(None).reason
            return self._bodies.fail(path, broken) if turn.stop(self._at_work(), reason) else None
        if any(work.open for work in works):
            return None
        return self._completed([self._told(scope, case) for scope, case in zip(scopes, cases, strict=True)])

    def _scopes(self) -> list[Scope]:
        """What the specialist of each part may name."""
        node, scope = self._node, self._primary.scope
        parts = [self._output] if node.parts is None else a_list(node.parts, scope, f"parts of {node.id}")
        return [{**scope, node.part_name: part, "index": index} for index, part in enumerate(parts)]

    def _opened(self, scopes: list[Scope]) -> StepOpened:
        assigned = tuple(self._case_for(scope) for scope in scopes)
        return StepOpened(step=self._path, type="handoff", count=len(scopes), assigned=assigned)

    def _case_for(self, scope: Scope) -> int | None:
        """The first case that the part in `scope` meets."""
        return next((number for number, case in enumerate(self._node.cases) if truth(case.when, scope)), None)

    def _handed(self, scope: Scope, case: int) -> Progress:
        return self._bodies.run(self._node.cases[case].body, f"{self._path}.{scope['index']}.", scope)

    def _at_work(self) -> list[Path]:
        return [name for name in self._bodies.turn.task.journeys.running if is_inside(name, self._path)]

    def _told(self, scope: Scope, case: int | None) -> dict[str, Any]:
        """What became of a part, as the completion and readers see it."""
        part = scope[self._node.part_name]
        if case is None:
            return {"to": None, "part": part, "output": None}
        body = self._node.cases[case].body
        output = last_output(body, f"{self._path}.{scope['index']}.", self._bodies.turn.task)
        return {"to": body[-1].id, "part": part, "output": output}

    def _completed(self, handed: list[dict[str, Any]]) -> Result | None:
        node, path, settle = self._node, self._path, self._bodies.turn.settle
        kept = sum(one["to"] is None for one in handed)
        verdict = {"handed": len(handed) - kept, "kept": kept}
        if not node.completion:
            return settle(path, "completed", output={"output": self._output, "handed": handed}, verdict=verdict)
        completing = self._bodies.run(node.completion, f"{path}.", {**self._primary.scope, "handed": handed})
        if completing.open:
            return None
        if completing.broken is not None:
            return self._bodies.fail(path, completing)
        return settle(path, "completed", output=completing.output_of(last_step(node.completion)), verdict=verdict)
