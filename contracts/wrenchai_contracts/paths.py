"""Paths of nodes at work, and of the journeys named by them: `edit.3.fix~2`. Pure; how they are made says `plan`."""

from collections.abc import Iterator, MutableMapping
from typing import Any

from wrenchai_contracts.shape import Path

UNDO = "~undo"
"""Behind a journey's path: the journey that takes back what it did."""


def own_id(path: Path) -> str:
    """The id of the node that is at `path`."""
    return path.rpartition(".")[2].partition("~")[0]


def outermost(path: Path) -> str:
    """The id of the outermost step that it lies in, or that it is."""
    return path.partition(".")[0].partition("~")[0]


def with_go(path: Path, go: int) -> Path:
    """The path of a later go of the node whose first go is `path`."""
    return path if go == 1 else f"{path}~{go}"


def first_go(path: Path) -> Path:
    """The path of the first go of the node that is at `path` now."""
    head, dot, last = path.rpartition(".")
    return f"{head}{dot}{last.partition('~')[0]}"


def go_in(path: Path) -> int:
    """Which go of its node is at `path`."""
    number = path.rpartition(".")[2].partition("~")[2]
    return int(number) if number.isdecimal() else 1


def undo_of(path: Path) -> Path:
    """The journey that takes back what the journey at `path` did."""
    return path + UNDO


def ancestors(path: Path) -> Iterator[Path]:
    """What lies around it, from the innermost out: `a.3` and `a` around `a.3.b`."""
    while "." in path:
        path = path.rpartition(".")[0]
        yield path


def around(path: Path) -> Iterator[Path]:
    """The first goes of the nodes that it is, or lies in: `a.3.b`, `a.3` and `a` for `a.3.b~2` or `a.3.b~undo`."""
    while path:
        path = first_go(path)
        yield path
        path = path.rpartition(".")[0]


def is_inside(path: Path, block: Path) -> bool:
    """Whether it lies in `block`, at any depth."""
    return path.startswith(f"{block}.")


def belongs_to(name: Path, node: Path) -> bool:
    """Whether it is that node's: the node itself, another go or an undo of it, or something inside it."""
    return name.startswith(node) and name[len(node) : len(node) + 1] in {"", ".", "~"}


def round_in(path: Path, loop: Path) -> int:
    """In which round of that loop, or item of that list, a path inside it lies; a huge number if in none."""
    number = path[len(loop) + 1 :].partition(".")[0]
    return int(number) if number.isdecimal() else 2**31


def group_of(path: Path) -> Path:
    """The block whose branches a journey stands among: `scan` for `scan.17.look`, `scan.17` and `scan.links`."""
    around, _, last = path.rpartition(".")
    if not last.isdecimal() and around.rpartition(".")[2].isdecimal():
        around = around.rpartition(".")[0]
    return around


def drop_inside(kept: MutableMapping[Path, Any], block: Path) -> None:
    """Forget of `kept`, which is by path, all that lies in `block`."""
    for path in [path for path in kept if is_inside(path, block)]:
        del kept[path]
