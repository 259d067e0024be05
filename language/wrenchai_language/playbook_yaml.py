"""A playbook's YAML to a playbook; everything wrong with it at once, each thing with its field, line and column."""

from collections.abc import Iterator, Mapping
from itertools import islice
from typing import Literal, NamedTuple

from pydantic import ValidationError
from wrenchai_contracts.errors import FieldProblem, PlaybookRejected
from wrenchai_contracts.playbook import Playbook

from wrenchai_language.absent_tools import Anything, absent_notes, undone_notes
from wrenchai_language.author_text import AuthorText, author_text
from wrenchai_language.input_schema import schema_problems
from wrenchai_language.misshapen import misshapen, too_much
from wrenchai_language.playbook_check import KnownTool, Tools
from wrenchai_language.playbook_check import problems as problems_of
from wrenchai_language.secret_mentions import secret_problems
from wrenchai_language.shelf import Shelf
from wrenchai_language.yaml_reading import Unreadable, read_yaml

_MOST_PROBLEMS = 100
_MOST_NOTES = 300

AbsentTools = Literal["refused", "noted"]
"""What it means that no worker has announced a tool: that its name is wrong, or that its worker is still to come."""


class Read(NamedTuple):
    """A playbook, and what is to be known of it although nothing is wrong."""

    playbook: Playbook
    notes: tuple[FieldProblem, ...] = ()
    """What became of the fields of an old layout; which steps nobody does as it is now."""
    legacy: bool = False
    """Whether it was written in the layout of the first WrenchAI."""


def read_playbook(text: bytes, *, file: str, tools: Tools | None = None, playbooks: Shelf | None = None) -> Playbook:
    """The playbook that `text` holds; `file` names it in problems. What it is checked against: see `problems`.

    Raises:
        PlaybookRejected: with everything that is wrong, up to 100 things.
    """
    return read_with_notes(text, file=file, tools=tools, playbooks=playbooks).playbook


def read_with_notes(
    text: bytes,
    *,
    file: str,
    tools: Tools | None = None,
    playbooks: Shelf | None = None,
    absent_tools: AbsentTools = "refused",
) -> Read:
    """The same, with what is to be known of it; of today's layout, or of the first WrenchAI's.

    Raises:
        PlaybookRejected: with everything that is wrong, up to 100 things.
    """
    source = _source(text, file)
    playbook = _shaped(source, file)
    known = tools if tools is None or absent_tools == "refused" else _with_those_to_come(tools, playbook, playbooks)
    if found := source.problems or list(_meaningless(playbook, source, known, playbooks)):
        raise PlaybookRejected(file, sorted(found, key=_as_read))
    notes = sorted([*source.notes, *_absent(playbook, source, tools, playbooks)], key=_as_read)
    return Read(playbook, tuple(notes[:_MOST_NOTES]), source.legacy)


def _as_read(found: FieldProblem) -> tuple[int, int]:
    return found.line or 0, found.column or 0


def _source(text: bytes, file: str) -> AuthorText:
    try:
        source = author_text(read_yaml(text), text)
    except Unreadable as unreadable:
        raise PlaybookRejected(file, [unreadable.problem]) from unreadable
    if not isinstance(source.value, dict):
        reason = "a playbook is a mapping with `name` and `steps`"
        raise PlaybookRejected(file, [source.problem((), reason)])
    if (found := too_much(source.value)) is not None:
        raise PlaybookRejected(file, [source.problem(*found)])
    if source.legacy and source.problems:
        raise PlaybookRejected(file, source.problems[:_MOST_PROBLEMS])
    return source


def _shaped(source: AuthorText, file: str) -> Playbook:
    try:
        return Playbook.model_validate(source.value)
    except ValidationError as invalid:
        found = [*source.problems, *islice(misshapen(invalid, source), _MOST_PROBLEMS)]
        raise PlaybookRejected(file, found) from invalid


def _meaningless(
    playbook: Playbook, source: AuthorText, tools: Tools | None, playbooks: Shelf | None
) -> Iterator[FieldProblem]:
    for place, reason in problems_of(playbook, tools, playbooks):
        yield source.problem(place, reason)
    for place, reason in schema_problems(playbook.inputs):
        yield source.problem(("inputs", *place), reason)
    for place, reason in secret_problems(playbook, tools):
        yield source.problem(place, reason)


def _with_those_to_come(tools: Tools, playbook: Playbook, playbooks: Shelf | None) -> Mapping[str, KnownTool]:
    """As far as is known, a tool that nobody has announced takes and gives anything."""
    return {**{note.tool: Anything() for note in absent_notes(playbook, tools, playbooks)}, **tools}


def _absent(
    playbook: Playbook, source: AuthorText, tools: Tools | None, playbooks: Shelf | None
) -> Iterator[FieldProblem]:
    if tools is None:
        return
    for note in absent_notes(playbook, tools, playbooks):
        yield source.problem(note.place, note.reason)
    for place, reason in undone_notes(playbook, tools, playbooks):
        yield source.problem(place, reason)
