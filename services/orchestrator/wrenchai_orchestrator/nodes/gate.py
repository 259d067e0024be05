"""A gate: a result is offered to the inspector, and what it says is followed before anything comes after it. Pure."""

from typing import Any

from wrenchai_contracts.events import ExecutionEvaluated, ResultOffered, StepRepeated
from wrenchai_contracts.judging import Offered
from wrenchai_contracts.paths import first_go
from wrenchai_contracts.plan import Gate, JudgeOnCall, Node, PlannedJourney, maker_of
from wrenchai_contracts.shape import Name, Path

from wrenchai_orchestrator.judgements import QUALITY
from wrenchai_orchestrator.nodes.body import Bodies
from wrenchai_orchestrator.nodes.looking import Look, looked_at
from wrenchai_orchestrator.nodes.values import last_step, shown
from wrenchai_orchestrator.results import Result
from wrenchai_orchestrator.turn import Scope, Turn


def judged(bodies: Bodies, node: Node, path: Path, scope: Scope) -> Result | None:
    """What the result of a gated node comes to; None while that is open, and when the node is gone through again."""
    assert node.gate is not None  # noqa: S101  # the caller has asked
    return _Gated(bodies, node, node.gate, path).advance(scope)


class _Gated:
    """One gated node in one turn, its result there."""

    def __init__(self, bodies: Bodies, node: Node, gate: Gate, path: Path) -> None:
        self._bodies, self._node, self._gate, self._path = bodies, node, gate, path
        self._turn: Turn = bodies.turn
        self._result = bodies.turn.task.results[path]

    def advance(self, scope: Scope) -> Result | None:
        said = self._turn.task.judgements
        offered, word = said.offered.get(self._path), said.word_on(self._path)
        if offered is None:
            self._offer(number=1)
        return None if offered is None or word is None else self._follow(word, offered, scope)

    def _follow(self, word: ExecutionEvaluated, offered: ResultOffered, scope: Scope) -> Result | None:
        """What cannot be done any more, as another go, is for a person to decide."""
        match word.decision:
            case "accept":
                return self._result
            case "reject":
                reason = f"the inspector rejected the result: {'; '.join(word.reasons)}"
                return self._turn.settle(self._path, "failed", reason=reason, kind=QUALITY)
            case "retry" if offered.retries_left:
                self._repeat(word)
            case "ask_judge" if (judge := self._called(word)) is not None:
                self._ask(judge, offered, scope)
            case _:
                look = Look(self._path, self._node.id, self._gate.approval, scope)
                return looked_at(self._turn, look, word, self._result)
        return None

    def _offer(self, *, number: int) -> None:
        turn, gate, task = self._turn, self._gate, self._turn.task
        maker = maker_of((self._node,))
        if maker is None:
            return
        first, asked = first_go(self._path), task.judgements.asked(self._path)
        left = gate.retries - task.judgements.retries(first, task.go_of(first))
        offered = ResultOffered(
            step=self._path,
            number=number,
            role=maker.role,
            tool=self._tool(maker),
            retries_left=max(left, 0),
            judges=tuple(_offered(judge) for judge in gate.judges if judge.name not in asked),
            costs=gate.costs or turn.plan.weights,
            reject_below=gate.reject_below,
        )
        turn.say(offered)

    def _tool(self, maker: PlannedJourney) -> Name:
        """Its tool; of the node itself, the one that was drawn."""
        found = self._turn.task.choices.drawn.get(self._path) if maker is self._node and maker.any_of else None
        return maker.steps[-1].tool if found is None else found.chosen[0]

    def _repeat(self, word: ExecutionEvaluated) -> None:
        first, reasons = first_go(self._path), "; ".join(word.reasons)
        low, high = word.interval
        why = f"P = {word.quality:.2f} [{low:.2f}, {high:.2f}]" + (f": {reasons}" if reasons else "")
        go = self._turn.task.go_of(first) + 1
        self._turn.say(StepRepeated(step=first, go=go, reason=f"for its quality, {why}"[:500]))

    def _called(self, word: ExecutionEvaluated) -> JudgeOnCall | None:
        """The judge that the inspector wants to hear; None if there is no such one."""
        return next((judge for judge in self._gate.judges if judge.name == word.asks), None)

    def _ask(self, judge: JudgeOnCall, offered: ResultOffered, scope: Scope) -> None:
        """Once the judge has spoken, or cannot, the result is offered again, with one judge less to ask."""
        asking = self._bodies.run(judge.body, f"{self._path}~judge.", {**scope, "result": self._output()})
        if not asking.open:
            self._offer(number=offered.number + 1)

    def _output(self) -> Any:
        prefix = self._path.removesuffix(self._path.rpartition(".")[2])
        return shown(self._node, prefix, self._result, self._turn.task)[last_step((self._node,))]["output"]


def _offered(judge: JudgeOnCall) -> Offered:
    return Offered(
        name=judge.name,
        judge=judge.judge,
        version=judge.version,
        family=judge.family,
        scale=judge.scale,
        price=judge.price,
    )
