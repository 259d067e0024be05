"""Where a path lies in a plan's tree: its node, the nodes beside it, and the blocks around it."""

from collections.abc import Iterator
from typing import NamedTuple

from wrenchai_contracts.plan import Node, Plan, PlannedFan, PlannedHandoff, PlannedVersus
from wrenchai_contracts.shape import Path, StepId

_UNDO, _FIX, _JUDGE = "~undo", "~fix", "~judge"


class Place(NamedTuple):
    """A node, what paths of the nodes beside it begin with, and what must have ended well before it begins."""

    node: Node
    prefix: str
    needs: tuple[StepId, ...]


def way_to(plan: Plan, path: Path) -> Iterator[tuple[Path, Place]]:
    """Every node around `path` from the outermost in, each with its own path; the last is the node itself.

    What mends a node, or judges its result, lies behind its path and `~fix` or `~judge`, not inside it.
    """
    nodes, prefix, rest = plan.nodes, "", path.removesuffix(_UNDO)
    around: Node | None = None
    while True:
        segment, _, rest = rest.partition(".")
        own = segment.partition("~")[0]
        node = next(node for node in nodes if node.id == own)
        yield prefix + segment, Place(node, prefix, _needs(node, around))
        if not rest:
            return
        besides = segment.endswith((_FIX, _JUDGE))
        around = None if besides else node
        number = rest.partition(".")[0]
        inner = rest.partition(".")[2] if number.isdecimal() else rest
        nodes = _besides(node) if besides else _inside(node, inner.partition(".")[0].partition("~")[0])
        prefix = f"{prefix}{segment}." + (f"{number}." if number.isdecimal() else "")
        rest = inner


def place_of(plan: Plan, path: Path) -> Place:
    """Where the node at `path` lies."""
    return list(way_to(plan, path))[-1][1]


def width_of(node: Node) -> int:
    """How many branches of it may be at work at once."""
    return node.max_parallel if isinstance(node, PlannedFan) else 1_000_000


def branch_in(path: Path, block: Path) -> str:
    """Which branch of a block a path inside it lies in."""
    return path[len(block) + 1 :].partition(".")[0].partition("~")[0]


def _needs(node: Node, around: Node | None) -> tuple[StepId, ...]:
    """A completion comes after the primary; a judge, whose competitors may be drawn, says that by itself."""
    if isinstance(around, PlannedHandoff) and node in around.completion:
        return (around.body[0].id,)
    return node.after


def _besides(node: Node) -> tuple[Node, ...]:
    judges = node.gate.judges if node.gate is not None else ()
    return (*node.fix, *(asking for judge in judges for asking in judge.body))


def _inside(node: Node, step: StepId) -> tuple[Node, ...]:
    """The body of `node` in which `step` stands."""
    bodies: list[tuple[Node, ...]] = [getattr(node, "body", ())]
    if isinstance(node, PlannedVersus):
        bodies.append(node.judge)
    if isinstance(node, PlannedHandoff):
        bodies += [node.completion, *(case.body for case in node.cases)]
    return next(body for body in bodies if any(inner.id == step for inner in body))
