"""A fan: branches side by side, so many at once, joined by what its plan says about failures and outputs. Pure."""

from collections import Counter
from collections.abc import Sequence
from itertools import pairwise
from typing import Any

from pydantic_core import to_json
from wrenchai_contracts.events import StepOpened
from wrenchai_contracts.paths import around, is_inside
from wrenchai_contracts.plan import Gathering, PlannedFan, PlannedJourney
from wrenchai_contracts.shape import Path

from wrenchai_orchestrator.nodes.body import Bodies, is_consequence
from wrenchai_orchestrator.nodes.values import a_list, branch_of, gathered, last_output, resolved, value
from wrenchai_orchestrator.results import Opened, Result
from wrenchai_orchestrator.turn import NodeFailed, Scope


def advance(bodies: Bodies, node: PlannedFan, path: Path, scope: Scope) -> Result | None:
    """One step further with a fan."""
    names = _names(node, scope)
    opened = bodies.turn.open(path, lambda: StepOpened(step=path, type="fan", count=len(names)))
    opened.window = node.max_parallel if all(branch.gate is None for branch in node.body) else 0
    return _Fan(bodies, node, path, opened, names).advance(scope)


def _names(node: PlannedFan, scope: Scope) -> Sequence[dict[str, Any]]:
    """What each branch may name besides."""
    if node.for_each is not None:
        items = a_list(node.for_each, scope, f"for_each of {node.id}")
        chunked = items if node.chunk == 1 else [items[at : at + node.chunk] for at in range(0, len(items), node.chunk)]
        return [{node.item_name: item, "index": index} for index, item in enumerate(chunked)]
    if node.share is None:
        return [{}] * len(node.body)
    if not node.split:
        return [{node.share_name: resolved(node.share, scope)}] * len(node.body)
    return [
        {node.share_name: part} for part in _parts(a_list(node.share, scope, f"split of {node.id}"), len(node.body))
    ]


def _parts(items: list[Any], count: int) -> list[list[Any]]:
    """`count` parts in order, none longer by more than one than another."""
    size, longer = divmod(len(items), count)
    ends = [size * n + min(n, longer) for n in range(count + 1)]
    return [items[start:end] for start, end in pairwise(ends)]


class _Fan:
    """One fan in one turn. What it keeps in `opened` is only memory: lost, it is found again from the results."""

    def __init__(
        self, bodies: Bodies, node: PlannedFan, path: Path, opened: Opened, names: Sequence[dict[str, Any]]
    ) -> None:
        self._bodies, self._node, self._path, self._opened, self._names = bodies, node, path, opened, names
        self._prefix = path[: len(path) - len(path.rpartition(".")[2])]

    def advance(self, scope: Scope) -> Result | None:
        opened = self._opened
        for index in sorted(opened.at_work):
            self._branch(index, scope)
        while opened.begun < len(self._names) and self._was_begun(opened.begun):
            opened.begun += 1
            self._branch(opened.begun - 1, scope)
        while opened.begun < len(self._names) and len(opened.at_work) < self._node.max_parallel and not self._decided():
            opened.begun += 1
            self._branch(opened.begun - 1, scope)
        if self._decided():
            return self._end(scope) if self._stopped() else None
        return None if opened.at_work else self._end(scope)

    def _was_begun(self, index: int) -> bool:
        """Whether its first node is known, though memory of it was lost."""
        body, prefix = branch_of(self._node, self._path, self._prefix, index)
        task, first = self._bodies.turn.task, prefix + body[0].id
        known = (task.results, task.journeys.running, task.opened, task.goes, task.choices.offered)
        return any(first in place for place in known)

    def _branch(self, index: int, scope: Scope) -> None:
        body, prefix = branch_of(self._node, self._path, self._prefix, index)
        opened, only, task = self._opened, body[0], self._bodies.turn.task
        first = prefix + only.id
        if isinstance(only, PlannedJourney) and first in task.journeys.running and first not in task.asked.skips:
            opened.at_work.add(index)  # the usual case, and of a thousand branches the only one worth a short cut
            return
        progress = self._bodies.run(body, prefix, {**scope, **self._names[index]})
        if progress.open:
            opened.at_work.add(index)
            return
        opened.at_work.discard(index)
        ended = progress.as_result(last_output(body, prefix, task))
        if progress.broken is None and any(result.failed for result in progress.results.values()):
            ended.kind = "passed_over"
        opened.ended[index] = ended

    @property
    def _good(self) -> int:
        return sum(not result.failed and result.kind != "passed_over" for result in self._opened.ended.values())

    def _decided(self) -> bool:
        """Whether what still runs cannot change the outcome."""
        return self._broken() is not None or (self._node.quorum is not None and self._good >= self._node.quorum)

    def _broken(self) -> Result | None:
        """Why it has failed, if it has."""
        if self._node.quorum is not None:
            return self._no_quorum(self._node.quorum)
        if self._node.branch_failure == "continue":
            return None
        failures = [result for result in self._opened.ended.values() if result.failed]
        return min(failures, key=is_consequence, default=None)

    def _no_quorum(self, quorum: int) -> Result | None:
        possible = len(self._names) - len(self._opened.ended) + self._good
        if possible >= quorum:
            return None
        reason = f"{quorum} good branches were wanted; at most {possible} of {len(self._names)} can be"
        return Result("failed", reason=reason, kind="no_quorum")

    def _stopped(self) -> bool:
        """Whether nothing of it runs any more; what does is told to stop."""
        flat = {self._prefix + branch.id for branch in self._node.body} if self._node.flat else set()
        running = self._bodies.turn.task.journeys.running
        names = [name for name in running if is_inside(name, self._path) or not flat.isdisjoint(around(name))]
        return self._bodies.turn.stop(names, f"{self._node.id} has its outcome")

    def _end(self, scope: Scope) -> Result:
        turn, node = self._bodies.turn, self._node
        broken = self._broken()
        verdict = {"branches": len(self._names), "good": self._good}
        if broken is not None:
            kind = broken.kind or "step_failed"
            return turn.settle(self._path, "failed", reason=broken.reason, kind=kind, verdict=verdict)
        if node.gathering.how == "as_they_are" and node.gathering.field is None:
            return turn.settle(self._path, "completed", gathered=True, verdict=verdict)
        outputs = gathered(node, self._path, self._prefix, len(self._names), turn.task)
        output, votes = made_of(node.gathering, outputs, scope)
        return turn.settle(self._path, "completed", output=output, verdict=verdict | votes)


def made_of(gathering: Gathering, outputs: Any, scope: Scope) -> tuple[Any, dict[str, Any]]:
    """One value made of the outputs of branches, and how the vote went if there was one.

    Raises:
        NodeFailed: the outputs are not such as can be made one.
    """
    if gathering.how == "expression":
        return value(gathering.expression or "outputs", {**scope, "outputs": outputs}), {}
    named = outputs.items() if isinstance(outputs, dict) else enumerate(outputs)
    picked = {name: _field(output, gathering.field) for name, output in named if output is not None}
    values = list(picked.values())
    match gathering.how:
        case "merge":
            return _merged(values), {}
        case "concat":
            return _concatenated(values), {}
        case "vote":
            return _voted(values)
        case _:
            return (picked if isinstance(outputs, dict) else values), {}


def _field(output: Any, field: str | None) -> Any:
    if field is None:
        return output
    if not isinstance(output, dict) or field not in output:
        reason = f"a branch's output has no {field!r} to take"
        raise NodeFailed(reason, "bad_aggregation")
    return output[field]


def _merged(values: list[Any]) -> dict[str, Any]:
    """All objects as one; where two have a field, the later branch's counts."""
    wrong = next((one for one in values if not isinstance(one, dict)), None)
    if wrong is not None:
        reason = f"merge needs objects, a branch gave {type(wrong).__name__}"
        raise NodeFailed(reason, "bad_aggregation")
    return {key: item for one in values for key, item in one.items()}


def _concatenated(values: list[Any]) -> list[Any]:
    wrong = next((one for one in values if not isinstance(one, list)), None)
    if wrong is not None:
        reason = f"concat needs lists (name one with `field`), a branch gave {type(wrong).__name__}"
        raise NodeFailed(reason, "bad_aggregation")
    return [item for one in values for item in one]


def _voted(values: list[Any]) -> tuple[Any, dict[str, Any]]:
    """What most branches gave; at a tie what came first in the order of branches."""
    ballots = Counter(to_json(one) for one in values)
    if not ballots:
        reason = "no branch gave anything to vote on"
        raise NodeFailed(reason, "bad_aggregation")
    most = max(ballots.values())
    winner = next(one for one in values if ballots[to_json(one)] == most)
    return winner, {"votes": most, "of": len(values), "tie": sum(count == most for count in ballots.values()) > 1}
