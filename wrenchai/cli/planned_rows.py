"""The rows that a plan foretells: every step before it runs, of a list its first item, of a loop its first round."""

from collections.abc import Iterable, Iterator

from wrenchai_contracts.plan import (
    Node,
    PlannedFan,
    PlannedHandoff,
    PlannedJourney,
    PlannedLoop,
    PlannedVersus,
    PlannedWait,
)

from wrenchai.cli.live_rows import Places, Row

_FIRST_ITEM, _FIRST_ROUND = "0.", "1."


def planned_rows(nodes: Iterable[Node], prefix: str = "") -> Iterator[Row]:
    """The rows of the nodes at any depth, those of handoffs' specialists left out: nobody knows who is needed."""
    for node in nodes:
        match node:
            case PlannedJourney():
                yield from _of_journey(node, prefix + node.id)
            case PlannedWait():
                yield Row(prefix + node.id, kind="wait", planned=True)
            case PlannedFan(flat=True):
                yield from _of_flat_fan(node)
            case _:
                yield Row(prefix + node.id, kind=node.kind, planned=True, count=_count(node))
                yield from planned_rows(_inside(node), f"{prefix}{node.id}.{_first(node)}")


def places_of(nodes: Iterable[Node]) -> Places:
    """Where each id of the plan stands."""
    return Places({name: place for place, name in enumerate(_ids(nodes))})


def _of_journey(node: PlannedJourney, path: str, group: str | None = None) -> Iterator[Row]:
    for number, step in enumerate(node.steps):
        yield Row(path, step.id, tool=step.tool, number=number, planned=True, group=group)


def _of_flat_fan(node: PlannedFan) -> Iterator[Row]:
    """As plans of 0.1 name them: branches by their own ids, items by the fan's id and their number."""
    if node.for_each is not None:
        yield Row(node.id, kind="fan", planned=True)
    for branch in node.body:
        if isinstance(branch, PlannedJourney):
            path = branch.id if node.for_each is None else f"{node.id}.0"
            yield from _of_journey(branch, path, None if node.for_each else node.id)


def _count(node: Node) -> int | None:
    return node.max_rounds if isinstance(node, PlannedLoop) else None


def _first(node: Node) -> str:
    if isinstance(node, PlannedLoop):
        return _FIRST_ROUND
    return _FIRST_ITEM if isinstance(node, PlannedFan) and node.for_each is not None else ""


def _inside(node: Node) -> tuple[Node, ...]:
    match node:
        case PlannedVersus():
            return (*node.body, *node.judge)
        case PlannedHandoff():
            return (*node.body, *node.completion)
        case PlannedJourney() | PlannedWait():
            return ()
        case _:
            return node.body


def _ids(nodes: Iterable[Node]) -> Iterator[str]:
    for node in nodes:
        yield node.id
        yield from _ids(node.fix)
        if isinstance(node, PlannedHandoff):
            yield from _ids(node.body)
            for case in node.cases:
                yield from _ids(case.body)
            yield from _ids(node.completion)
        else:
            yield from _ids(_inside(node))
