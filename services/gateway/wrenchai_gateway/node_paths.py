"""Paths of nodes at work, as `wrenchai_contracts.plan` says how they are made: `edit.3.fix~2`. Pure."""

UNDO = "~undo"
"""Behind a journey's path: the journey that takes back what it did."""


def own_id(path: str) -> str:
    """The id of the node that is at `path`."""
    return path.rpartition(".")[2].partition("~")[0]


def first_go(path: str) -> str:
    """The path of the first go of the node that is at `path` now."""
    head, dot, last = path.rpartition(".")
    return f"{head}{dot}{last.partition('~')[0]}"


def go_in(path: str) -> int:
    """Which go of its node is at `path`."""
    number = path.rpartition(".")[2].partition("~")[2]
    return int(number) if number.isdecimal() else 1


def with_go(path: str, go: int) -> str:
    """The path of a later go of the node whose first go is `path`."""
    return path if go == 1 else f"{path}~{go}"


def is_inside(path: str, block: str) -> bool:
    """Whether it lies in `block`, at any depth."""
    return path.startswith(f"{block}.")
