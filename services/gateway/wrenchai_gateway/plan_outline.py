"""What a view must know of a plan: how many leaves (tool calls and waits) lie in each of its nodes. Pure.

The outline holds only nodes that are more than one leaf, so that of a plain sequence of steps nothing is kept.
"""

from collections.abc import Callable, Iterable, Iterator, Mapping, Sequence
from typing import Any

Node = Mapping[str, Any]
"""A node of a plan as it was recorded: fields that are as always are left out."""

Outline = dict[str, dict[str, Any]]
"""By a node's id: `leaves` that it certainly has, and what more it has for each item, round, choice or case."""


def outline_of(nodes: Sequence[Node]) -> Outline:
    """The outline of a plan's nodes at any depth."""
    return {name: told for node in nodes for name, told in _told(node)}


def leaves_in(outline: Outline, name: str) -> int:
    """Leaves that the node `name` certainly has."""
    return int(outline.get(name, _ONE)["leaves"])


def certain_leaves(nodes: Iterable[Node]) -> int:
    """Leaves that the nodes certainly have together: of a list not one, of a loop those of one round."""
    return sum(_LEAVES[node["kind"]](node) for node in nodes)


def unknown_lists(nodes: Iterable[Node]) -> list[str]:
    """Fans over lists of which nobody knows yet how long they are, but for those inside such fans."""
    found: list[str] = []
    for node in nodes:
        if node.get("for_each") is not None:
            found.append(node["id"])
        else:
            found += unknown_lists(_inside(node))
    return found


def added_by(outline: Outline, opened: Mapping[str, Any], name: str) -> int:
    """Leaves of the node `name` that are certain only since it was opened so."""
    told = outline.get(name, {})
    if "each" in told and opened["type"] == "fan":
        return int((opened.get("count") or 0) * told["each"])
    if "choices" in told:
        return sum(leaves_in(outline, chosen) for chosen in opened.get("chosen") or told["choices"])
    cases = told.get("cases", ())
    return sum(cases[case] for case in opened.get("assigned", ()) if case is not None and case < len(cases))


_ONE = {"leaves": 1}


def _told(node: Node) -> Iterator[tuple[str, dict[str, Any]]]:
    told = {"leaves": certain_leaves((node,))} | _more(node)
    if told != _ONE:
        yield node["id"], told
    besides = [*node.get("fix", ()), *_judges(node)]
    for inner in (*_inside(node), *besides):
        yield from _told(inner)
    for uncertain in besides:
        yield uncertain["id"], {"leaves": certain_leaves((uncertain,)), "unplanned": True}


def _more(node: Node) -> dict[str, Any]:  # noqa: PLR0911  # one arm for each kind of node
    match node["kind"]:
        case "fan" if node.get("for_each") is not None:
            each = {"each": certain_leaves(node["body"]), "last": node["body"][-1]["id"]}
            return each | ({"flat": True} if node.get("flat") else {})
        case "fan":
            branches = {"branches": [branch["id"] for branch in node["body"]]}
            return branches | ({"flat": True} if node.get("flat") else {})
        case "wait":
            return {"wait": True}
        case "loop":
            return {"each": certain_leaves(node["body"])}
        case "versus" if node.get("most") is not None:
            return {"choices": [competitor["id"] for competitor in node["body"]]}
        case "handoff":
            return {"cases": [certain_leaves(case["body"]) for case in node["cases"]]}
        case _:
            return {}


def _inside(node: Node) -> Iterator[Node]:
    for name in ("body", "judge", "completion"):
        yield from node.get(name, ())
    for case in node.get("cases", ()):
        yield from case["body"]


def _judges(node: Node) -> Iterator[Node]:
    """What asks a judge about the node's result, if that is worth it."""
    for judge in (node.get("gate") or {}).get("judges", ()):
        yield from judge["body"]


def _of_versus(node: Node) -> int:
    return certain_leaves(node["judge"]) + (certain_leaves(node["body"]) if node.get("most") is None else 0)


_LEAVES: Mapping[str, Callable[[Node], int]] = {
    "journey": lambda node: len(node["steps"]),
    "wait": lambda _: 1,
    "fan": lambda node: 0 if node.get("for_each") is not None else certain_leaves(node["body"]),
    "loop": lambda node: certain_leaves(node["body"]),
    "process": lambda node: certain_leaves(node["body"]),
    "playbook": lambda node: certain_leaves(node["body"]),
    "versus": _of_versus,
    "handoff": lambda node: certain_leaves((*node["body"], *node.get("completion", ()))),
}
