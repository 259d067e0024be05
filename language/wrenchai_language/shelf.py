"""The playbooks that a playbook may use as a step, and how it is said which one is meant. Pure."""

from collections.abc import Iterable, Mapping

from wrenchai_contracts.playbook import Playbook

Shelf = Mapping[str, Playbook]
"""Playbooks by `name`, the newest of each, and by `name@version`."""

MAX_PLAYBOOKS_DEEP = 8
"""So many playbooks may stand inside each other, the outermost counted."""


def shelf_of(playbooks: Iterable[Playbook]) -> dict[str, Playbook]:
    """A shelf; of one name, and of one name and version, the last is taken."""
    shelf: dict[str, Playbook] = {}
    for playbook in playbooks:
        place_on(shelf, playbook)
    return shelf


def place_on(shelf: dict[str, Playbook], playbook: Playbook) -> None:
    """Put the newest playbook of its name on the shelf."""
    shelf[playbook.name] = shelf[f"{playbook.name}@{playbook.version}"] = playbook


def why_not_inside(wanted: str, way: tuple[str, ...], shelf: Shelf) -> str | None:
    """Why the playbook `wanted` cannot be a step where `way` names the playbooks around it; None if it can."""
    name = wanted.partition("@")[0]
    if name in way:
        return f"a playbook cannot stand inside itself: {' -> '.join([*way[way.index(name) :], name])}"
    if wanted not in shelf:
        return _unknown(wanted, shelf)
    if len(way) >= MAX_PLAYBOOKS_DEEP:
        return f"playbooks stand inside each other more than {MAX_PLAYBOOKS_DEEP} deep: {' -> '.join([*way, name])}"
    return None


def _unknown(wanted: str, shelf: Shelf) -> str:
    name = wanted.partition("@")[0]
    versions = sorted(known for known in shelf if known.startswith(f"{name}@"))
    known = versions or sorted(known for known in shelf if "@" not in known)
    return f"no playbook is called {wanted!r}; known are: {', '.join(known[:20]) or 'none yet'}"
