"""Rows as a tree: each under the block that it lies in; and how far the whole is, as its parts tell it. Pure."""

from collections.abc import Iterator, Sequence
from dataclasses import dataclass, field
from itertools import groupby

from wrenchai.cli.live_rows import Row, around, first_gos, item_in


@dataclass(slots=True)
class Branch:
    """A row and those inside it, as the plan has them."""

    row: Row
    inside: list["Branch"] = field(default_factory=list)

    def items(self) -> list[list["Branch"]]:
        """Those inside, by the item or round that they belong to; what belongs to none stands alone."""
        numbered = groupby(self.inside, key=lambda branch: item_in(branch.row.path, self.row.path) or branch.row.path)
        return [list(members) for _, members in numbered]

    def rows(self) -> Iterator[Row]:
        """Its own and all inside."""
        yield self.row
        for branch in self.inside:
            yield from branch.rows()


@dataclass(frozen=True, slots=True)
class Share:
    """How much of a part is done: `weight` tool calls and waits of which `done`, as a sum, are behind us."""

    weight: float = 0.0
    done: float = 0.0
    over: int = 0
    known: int = 0

    def plus(self, other: "Share") -> "Share":
        """Both together."""
        return Share(
            self.weight + other.weight, self.done + other.done, self.over + other.over, self.known + other.known
        )


def tree_of(ordered: Sequence[Row]) -> list[Branch]:
    """The outermost branches of rows that stand in the plan's order, in which each comes after what it lies in."""
    outermost: list[Branch] = []
    by_path: dict[str, Branch] = {}
    for row in ordered:
        branch = Branch(row)
        parent = next((by_path[path] for path in around(row.path) if path in by_path), None)
        (outermost if parent is None else parent.inside).append(branch)
        by_path[first_gos(row.path)] = branch
    return outermost


def share_of(branches: Sequence[Branch]) -> Share:
    """How far they are together."""
    total = Share()
    for branch in branches:
        total = total.plus(_share(branch))
    return total


def _share(branch: Branch) -> Share:
    row, inside = branch.row, share_of(branch.inside)
    if row.is_leaf:
        return Share(1.0, 1.0 if row.over else row.fraction, int(row.over), 1).plus(inside)
    if row.kind == "loop":
        inside = _share_of_loop(row, inside)
    elif row.kind == "fan":
        inside = _with_items_to_come(branch, inside)
    if row.over:
        return Share(max(inside.weight, 1.0), max(inside.weight, 1.0), inside.over, inside.known)
    return inside


def _share_of_loop(row: Row, this_round: Share) -> Share:
    """Every round counts the same; how many there will be is known by the most there may be."""
    weight = this_round.weight or 1.0
    ended = row.round + (this_round.done / weight if this_round.done < weight else 0.0)
    done = weight * min(ended / max(row.count or 1, 1), 1.0)
    return Share(weight, done, this_round.over + row.passed, this_round.known + row.passed)


def _with_items_to_come(branch: Branch, seen: Share) -> Share:
    """Items of which nothing was heard yet weigh as much as the others do."""
    count = branch.row.count
    items = len({item_in(inside.row.path, branch.row.path) for inside in branch.inside})
    if count is None or count <= items or not items:
        return seen
    missing = count - items
    return Share(seen.weight * count / items, seen.done, seen.over, seen.known + missing * seen.known // items)
