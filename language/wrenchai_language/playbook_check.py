"""What can be wrong with a playbook whose every field is well formed, all of it at once, each with its place. Pure.

A question is a module of `checking`; what stands inside what, and where, is told by `bodies`.
"""

from collections.abc import Iterator
from itertools import chain, islice

from wrenchai_contracts.errors import PlaybookRejected
from wrenchai_contracts.playbook import Playbook

from wrenchai_language.bodies import Place, outermost
from wrenchai_language.checking.mentions import concurrency_problems, mention_problems, question_problems
from wrenchai_language.checking.naming import Found, naming_problems
from wrenchai_language.checking.nesting import nesting_problems
from wrenchai_language.checking.outputs import KnownTool, Outputs, Tools
from wrenchai_language.checking.scope import Scope
from wrenchai_language.expansion import playbooks_in, size_of
from wrenchai_language.shelf import Shelf, why_not_inside

__all__ = ["Found", "KnownTool", "Place", "Tools", "problems"]

_MOST = 100


def problems(playbook: Playbook, tools: Tools | None = None, playbooks: Shelf | None = None) -> list[Found]:
    """What is wrong with `playbook`, at most 100 things, each with its place; none means that it can be planned.

    With `tools`, what each takes and gives is looked at too; with `playbooks`, those that it has as steps.
    """
    room, shelf = outermost(playbook), playbooks or {}
    outputs = Outputs(tools, shelf)
    scope = Scope(playbook, room, outputs)
    found = chain(
        _bad_schema(playbook),
        naming_problems(playbook, room),
        nesting_problems(room, outputs, shelf),
        _bad_playbooks(playbook, playbooks),
        mention_problems(room, scope, tools, shelf),
        concurrency_problems(playbook),
        question_problems(playbook),
    )
    return list(islice(found, _MOST))


def _bad_schema(playbook: Playbook) -> Iterator[Found]:
    if playbook.inputs.get("type", "object") != "object":
        yield ("inputs", "type"), "the inputs of a task are an object; write `type: object`"


def _bad_playbooks(playbook: Playbook, others: Shelf | None) -> Iterator[Found]:
    """Playbooks inside that are unknown, or that would stand inside themselves, near or far."""
    if others is None:
        return
    named = list(playbooks_in(playbook))
    reasons = {wanted: _why_not(playbook, wanted, others) for wanted in dict.fromkeys(wanted for _, wanted in named)}
    for place, wanted in named:
        if (reason := reasons[wanted]) is not None:
            yield place, reason


def _why_not(playbook: Playbook, wanted: str, others: Shelf) -> str | None:
    reason = why_not_inside(wanted, (playbook.name,), others)
    if reason is not None:
        return reason
    try:
        size_of(others[wanted], others, way=(playbook.name,))
    except PlaybookRejected as rejected:
        return str(rejected)
    return None
