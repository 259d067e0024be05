"""The course that a task took: which of its steps came after which, from its plan and what ran. Pure.

What ran has paths; a path says in which blocks, items and goes it lies. Steps of one body wait for each other as the
plan says; rounds of a loop and goes of a step follow each other; items of a list run side by side.
"""

from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass, field
from typing import NamedTuple

from wrenchai_contracts.paths import UNDO
from wrenchai_contracts.plan import WHOLE_RESULT, Node, PlannedHandoff, PlannedLoop, PlannedVersus, nodes_in


class Leaf(NamedTuple):
    """A tool call or a wait that ran: `key` names it, `since` orders what lies at one path."""

    key: str
    path: str
    since: int


@dataclass(slots=True)
class _Branch:
    """What lies at one path and inside it."""

    leaves: list[Leaf] = field(default_factory=list)
    inside: dict[str, "_Branch"] = field(default_factory=dict)

    @property
    def since(self) -> int:
        """Since when anything of it was known."""
        return min([leaf.since for leaf in self.leaves] + [branch.since for branch in self.inside.values()])


def course_of(nodes: Sequence[Node], ran: Iterable[Leaf]) -> dict[str, tuple[str, ...]]:
    """Each leaf's key with those that it came after. What takes back effects is no part of the course."""
    tree = _Branch()
    for leaf in sorted(ran, key=lambda leaf: leaf.since):
        if UNDO not in leaf.path:
            _put(tree, leaf)
    course = _Course({node.id: node for node in nodes_in(nodes)})
    course.inside(tree, None, ())
    return course.graph


def _put(tree: _Branch, leaf: Leaf) -> None:
    branch = tree
    for segment in leaf.path.split("."):
        branch = branch.inside.setdefault(segment, _Branch())
    branch.leaves.append(leaf)


@dataclass(slots=True)
class _Course:
    plan: Mapping[str, Node]
    graph: dict[str, tuple[str, ...]] = field(default_factory=dict)

    def place(self, branch: _Branch, node: Node | None, before: tuple[str, ...]) -> tuple[str, ...]:
        """Put it behind `before`; what comes after it comes after what is answered."""
        for leaf in branch.leaves:
            self.graph[leaf.key] = before
            before = (leaf.key,)
        return self.inside(branch, node, before) if branch.inside else before

    def inside(self, branch: _Branch, node: Node | None, before: tuple[str, ...]) -> tuple[str, ...]:
        """All that lies in it: named steps, then items or rounds, then what a block ends with."""
        goes, last = _goes(branch), _ends_with(node)
        first = {name: its for name, its in goes.items() if name not in last}
        closing = {name: its for name, its in goes.items() if name in last}
        ends = self._named(first, before) if first else before
        if items := sorted((name for name in branch.inside if name.isdecimal()), key=int):
            handed = isinstance(node, PlannedHandoff)
            done = self._items(branch, items, node, ends if handed else before)
            ends = done if handed or not first else (*ends, *done)
        return self._named(closing, ends) if closing else ends

    def _items(
        self, branch: _Branch, items: Sequence[str], node: Node | None, before: tuple[str, ...]
    ) -> tuple[str, ...]:
        if isinstance(node, PlannedLoop):
            for item in items:
                before = self.place(branch.inside[item], None, before)
            return before
        return tuple(end for item in items for end in self.place(branch.inside[item], None, before))

    def _named(self, named: Mapping[str, Sequence[_Branch]], before: tuple[str, ...]) -> tuple[str, ...]:
        """Steps of one body, each after those that the plan says, if they ran."""
        ends: dict[str, tuple[str, ...]] = {}
        for name in self._in_order(named):
            node = self.plan.get(name)
            after = [end for other in (node.after if node else ()) for end in ends.get(other, ())]
            at = tuple(dict.fromkeys(after)) or before
            for go in named[name]:
                at = self.place(go, node, at)
            ends[name] = at
        waited_for = {other for name in named if (node := self.plan.get(name)) for other in node.after}
        return tuple(end for name, its in ends.items() if name not in waited_for for end in its)

    def _in_order(self, named: Iterable[str]) -> list[str]:
        """As the plan has them: each comes after what it waits for."""
        order = {name: place for place, name in enumerate(self.plan)}
        return sorted(named, key=lambda name: order.get(name, len(order)))


def _goes(branch: _Branch) -> dict[str, list[_Branch]]:
    """By step: its goes, the judges asked about each and what mended it, one after the other."""
    found: dict[str, list[_Branch]] = {}
    for segment, inside in branch.inside.items():
        if not segment.isdecimal():
            found.setdefault(segment.partition("~")[0], []).append(inside)
    return {name: sorted(goes, key=lambda go: go.since) for name, goes in found.items()}


def _ends_with(node: Node | None) -> frozenset[str]:
    """Steps that come after all others of that block; at the end of all a person may look at the whole result."""
    match node:
        case PlannedVersus(judge=last) | PlannedHandoff(completion=last):
            return frozenset(one.id for one in last)
        case None:
            return frozenset({WHOLE_RESULT})
        case _:
            return frozenset()
