"""Values that references and expressions come to in a scope, and what they may name of a node's result. Pure."""

from typing import Any

from wrenchai_contracts.plan import Node, PlannedFan, PlannedJourney
from wrenchai_contracts.shape import Path, StepId
from wrenchai_language.expressions import BadExpression, Expression, ExpressionFailed
from wrenchai_language.references import BadReference, resolve

from wrenchai_orchestrator.results import Result
from wrenchai_orchestrator.task import Task
from wrenchai_orchestrator.turn import NodeFailed, Scope

MAX_ITEMS = 5_000
"""Items of one list that are handed out: each is a branch with streams of its own, all in one task's memory."""


def truth(expression: str, scope: Scope) -> bool:
    """Whether a condition holds.

    Raises:
        NodeFailed: it cannot be worked out here, or is no truth value.
    """
    try:
        return Expression.of(expression).truth(scope)
    except (BadExpression, ExpressionFailed) as problem:
        raise NodeFailed(str(problem), "bad_condition") from problem


def value(expression: str, scope: Scope) -> Any:
    """What an expression comes to.

    Raises:
        NodeFailed: it cannot be worked out here.
    """
    try:
        return Expression.of(expression).value(scope)
    except (BadExpression, ExpressionFailed) as problem:
        raise NodeFailed(str(problem), "bad_expression") from problem


def resolved(raw: Any, scope: Scope) -> Any:
    """`raw` with every reference replaced.

    Raises:
        NodeFailed: a reference to what is not there.
    """
    try:
        return resolve(raw, scope)
    except BadReference as problem:
        raise NodeFailed(str(problem), "bad_reference") from problem


def a_list(reference: str, scope: Scope, what: str) -> list[Any]:
    """The list that a reference stands for.

    Raises:
        NodeFailed: it is none, or too long to be handed out one by one.
    """
    items = resolved(reference, scope)
    if not isinstance(items, list):
        reason = f"{reference}: {what} needs a list, this is {type(items).__name__}"
        raise NodeFailed(reason, "bad_reference")
    if len(items) > MAX_ITEMS:
        reason = f"{what} has {len(items)} items; at most {MAX_ITEMS} may be handed out one by one"
        raise NodeFailed(reason, "too_many_items")
    return items


def shown(node: Node, prefix: str, result: Result, task: Task) -> dict[str, Any]:
    """What references may name of it, by step: each step of a journey, or the one step that a block or a wait is."""
    if result.shown is None:
        result.shown = _shown(node, prefix, result, task)
    return result.shown


def _shown(node: Node, prefix: str, result: Result, task: Task) -> dict[str, Any]:
    ids = [step.id for step in node.steps] if isinstance(node, PlannedJourney) else [node.id]
    if isinstance(node, PlannedJourney) and result.outcome == "completed" and not result.block:
        return {step: _as_seen(output, result) for step, output in result.outputs.items()}
    return dict.fromkeys(ids, _as_seen(output_of(node, prefix, result, task), result))


def _as_seen(output: Any, result: Result) -> dict[str, Any]:
    return {
        "output": None if result.failed else output,
        "failed": result.failed,
        "skipped": result.outcome == "skipped",
        "reason": result.reason,
    }


def output_of(node: Node, prefix: str, result: Result, task: Task) -> Any:
    """The one output of a block or a wait; gathered from its branches where it was not recorded itself."""
    if result.gathered and result.output is None and isinstance(node, PlannedFan):
        path = task.path_of(prefix + node.id)
        result.output = gathered(node, path, prefix, result.count, task)
    return result.output


def gathered(fan: PlannedFan, path: Path, prefix: str, count: int, task: Task) -> Any:
    """The outputs of a fan's branches: by item in order, or by branch. None stands for what did not come to be."""
    outputs = [last_output(*branch_of(fan, path, prefix, index), task) for index in range(count)]
    if fan.for_each is not None:
        return outputs
    return {branch.id: output for branch, output in zip(fan.body, outputs, strict=True)}


def branch_of(fan: PlannedFan, path: Path, prefix: str, index: int) -> tuple[tuple[Node, ...], str]:
    """The body of one branch, and what the paths in it begin with. Flat fans of 0.1 named journeys otherwise."""
    if fan.for_each is None:
        return (fan.body[index],), prefix if fan.flat else f"{path}."
    if fan.flat:
        return (fan.body[0].model_copy(update={"id": str(index)}),), f"{path}."
    return fan.body, f"{path}.{index}."


def last_output(body: tuple[Node, ...], prefix: str, task: Task) -> Any:
    """The output of the last step of a body; None if it failed or was skipped."""
    last = body[-1]
    result = task.results.get(task.path_of(prefix + last.id))
    if result is None:
        return None
    seen, step = shown(last, prefix, result, task), last_step(body)
    return seen[step]["output"] if step in seen else None


def last_step(body: tuple[Node, ...]) -> StepId:
    """The step whose output is the body's."""
    last = body[-1]
    return last.steps[-1].id if isinstance(last, PlannedJourney) else last.id
