"""Where more is offered than is used, who works is drawn by the inspector, by what it knows of each. Pure."""

from collections.abc import Iterable

from wrenchai_contracts.events import ChoiceDrawn, ChoiceOffered
from wrenchai_contracts.judging import Option, Work
from wrenchai_contracts.plan import Node, PlannedJourney, PlannedVersus, maker_of
from wrenchai_contracts.shape import Name, Path

from wrenchai_orchestrator.turn import Turn


def drawn(turn: Turn, path: Path, options: Iterable[Option], *, most: int = 1) -> ChoiceDrawn | None:
    """Who was drawn for the node at `path`; None while that is open."""
    choices = turn.task.choices
    if path not in choices.offered and path not in choices.drawn:
        turn.say(ChoiceOffered(step=path, options=tuple(options), most=most))
    return choices.drawn.get(path)


def tool_for(turn: Turn, node: PlannedJourney, path: Path) -> Name | None:
    """The tool that the only step of `node` calls at `path`; None while it is being drawn.

    What a fork could take over is not drawn anew: another tool would have to do the work again.
    """
    if not node.any_of:
        return node.steps[0].tool
    before = (turn.task.origin or {}).get(path)
    if before is not None and before[0].steps[0].tool in node.any_of and path not in turn.task.choices.offered:
        return before[0].steps[0].tool
    options = (Option(name=tool, work=_work(turn, node.role, tool)) for tool in node.any_of)
    found = drawn(turn, path, options)
    return None if found is None else found.chosen[0]


def competitors(turn: Turn, contest: PlannedVersus, names: Iterable[str]) -> tuple[Option, ...]:
    """The competitors of a contest that are among `names`, each as one whose work is known by its own name too."""
    among = set(names)
    return tuple(_competitor(turn, contest, one) for one in contest.body if one.id in among)


def _competitor(turn: Turn, contest: PlannedVersus, one: Node) -> Option:
    pair = f"{turn.plan.playbook}/{contest.id}/{one.id}"
    maker = maker_of((one,))
    role, tool = (one.id, one.id) if maker is None else (maker.role, maker.steps[-1].tool)
    return Option(name=one.id, work=_work(turn, role, tool, pair=pair))


def _work(turn: Turn, role: Name, tool: Name, *, pair: str = "") -> Work:
    allocated = dict(one.split("@", 1) for one in turn.task.tools.get(role, ()) if "@" in one)
    return Work(role=role, tool=tool, version=allocated.get(tool, "")[:40], playbook=turn.plan.playbook, pair=pair)
