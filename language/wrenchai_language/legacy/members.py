"""Entries of `agents` and `operations`, in each of the ways in which the first WrenchAI wrote them. Pure."""

from collections.abc import Mapping
from typing import Any, NamedTuple

from wrenchai_language.bodies import Place
from wrenchai_language.legacy.ledger import Fields
from wrenchai_language.legacy.work import Here, as_text


class Member(NamedTuple):
    """An agent and what it does, each with its place; either may be left to the step around. `more` is told to it."""

    agent: Any
    agent_at: Place
    operation: str | None
    operation_at: Place
    name: str
    more: dict[str, Any]


def members(here: Here, name: str) -> list[Member]:
    """Entries such as `Agent:operation`, `{name: Agent, operation: …}` or, in a mapping, `competitor: Agent`."""
    value, at = here.fields.take(name), here.fields.at(name)
    if isinstance(value, Mapping):
        entries = [_of_text(str(agent), (*at, key), str(key)) for key, agent in value.items()]
    else:
        entries = [_member(here, one, (*at, index)) for index, one in enumerate(here.fields.items(name))]
    here.fields.said(name, "each is a step of its own" if entries else "is empty: it says nothing")
    return entries


def _member(here: Here, entry: Any, at: Place) -> Member:
    if not isinstance(entry, Mapping):
        return _of_text(str(entry), at, "")
    fields = Fields(here.conversion.ledger, entry, at)
    agent = fields.first("agent", "name")
    operation, agent_at = fields.text("operation"), fields.at(agent)
    found = fields.take(agent)
    more = as_text(fields.rest())
    for field in more:
        fields.said(field, "is told to it")
    if operation is None:
        fields.said("operation", "is empty: what the step around says is done")
    return Member(found, agent_at, operation, fields.at("operation"), str(more.get("approach", "")), more)


def _of_text(text: str, at: Place, name: str) -> Member:
    agent, _, operation = text.partition(":")
    return Member(agent.strip(), at, operation.strip() or None, at, name, {})


class Operation(NamedTuple):
    """One entry of `operations`: what is done, and by whom, if that is said."""

    name: str
    role: str | None
    at: Place


def operations(here: Here, field: str) -> list[Operation]:
    """Entries such as `write_code`, `{name: write_code}` or `{role: creator, name: draft}`."""
    found = [
        _operation(here, one, (*here.fields.at(field), index)) for index, one in enumerate(here.fields.items(field))
    ]
    return [one for one in found if one is not None]


def _operation(here: Here, entry: Any, at: Place) -> Operation | None:
    if isinstance(entry, str) and entry.strip():
        return Operation(entry.strip(), None, at)
    if not isinstance(entry, Mapping):
        here.conversion.ledger.refuse(at, "is an operation, such as `write_code` or {role: creator, name: write_code}")
        return None
    fields = Fields(here.conversion.ledger, entry, at)
    field = fields.first("name", "operation")
    name, role = fields.text(field), fields.text("role")
    fields.said("role", f"who does it: the {role}")
    fields.refuse_others("name", "operation")
    if name is None:
        fields.refuse(field, "names no operation; write for example {role: creator, name: write_code}")
        return None
    return Operation(name, role, fields.at(field))


def iterations(here: Here) -> int:
    """How many rounds there may be: three unless it is said, as the first WrenchAI had it."""
    value = here.fields.take("iterations")
    if value is None:
        here.conversion.ledger.note(here.fields.at("iterations"), "is not written: 3, as in the first WrenchAI")
        return 3
    if isinstance(value, bool) or not isinstance(value, int) or value < 1:
        here.fields.refuse("iterations", "is a whole number from 1")
        return 1
    return value
