"""The first WrenchAI's playbooks: read as they are, mapped to today's, and what became of each field. Pure."""

from collections.abc import Callable, Iterator, Mapping
from dataclasses import dataclass
from typing import Any

from wrenchai_language.bodies import Place
from wrenchai_language.legacy.about import About
from wrenchai_language.legacy.contests import handoff, versus
from wrenchai_language.legacy.crew import Crew
from wrenchai_language.legacy.flow import flow_of
from wrenchai_language.legacy.ids import Ids
from wrenchai_language.legacy.ledger import Fields, Found, Ledger, Note
from wrenchai_language.legacy.loops import partner_feedback_loop, self_feedback_loop
from wrenchai_language.legacy.operations_in_sequence import process
from wrenchai_language.legacy.outline import Outline, is_outline, outline_of
from wrenchai_language.legacy.plain import split_field, standard, work_in_parallel
from wrenchai_language.legacy.portfolio import as_portfolio, is_portfolio
from wrenchai_language.legacy.work import Conversion, Here, read_extras

__all__ = ["Mapped", "Note", "from_legacy", "is_legacy"]

_TYPES: Mapping[str, Callable[[Here], dict[str, Any]]] = {
    "standard": standard,
    "work_in_parallel": work_in_parallel,
    "self_feedback_loop": self_feedback_loop,
    "partner_feedback_loop": partner_feedback_loop,
    "process": process,
    "versus": versus,
    "handoff": handoff,
}
_ALSO_CALLED = {
    "parallel": "work_in_parallel",
    "self_loop": "self_feedback_loop",
    "partner_loop": "partner_feedback_loop",
}


@dataclass(frozen=True, slots=True)
class Mapped:
    """Today's playbook, as a mapping for `Playbook.model_validate`; with problems, it is none that could be run."""

    playbook: dict[str, Any]
    notes: list[Note]
    """What became of each field that is not taken over as it is."""
    problems: list[Found]
    """What cannot be mapped: its place in the original, and what would be right."""
    origins: Mapping[Place, Place]

    def original_place(self, place: Place) -> Place:
        """The place in the original of what stands at `place` of the mapped playbook, or of what is around it."""
        while place and place not in self.origins:
            place = place[:-1]
        return self.origins.get(place, ())


def is_legacy(value: object) -> bool:
    """Whether a YAML file that holds `value` is one of the first WrenchAI's."""
    return is_outline(value)


def from_legacy(value: Any) -> Mapped:
    """Today's playbook for `value`, for which `is_legacy` holds."""
    ledger = Ledger()
    outline = outline_of(value, ledger)
    crew = Crew(ledger)
    about = About(ledger, crew)
    for fields in outline.about:
        about.read(fields)
    playbook = _playbook(outline, about, crew, ledger)
    origins: dict[Place, Place] = {**ledger.origins(playbook), **about.origins}
    return Mapped(playbook, _as_written(ledger.notes, value), ledger.problems, origins)


def _as_written(notes: list[Note], value: Any) -> list[Note]:
    """In the order of what they speak of; what is said of something that is not written, after what is around it."""
    number: dict[Place, int] = {place: n for n, place in enumerate(_places(value, ()))}

    def place_of(note: Note) -> tuple[int, bool]:
        keys = [part if isinstance(part, str) else int(part) for part in note.place]
        found = number.get((*keys, note.field), number.get((*keys, int(note.field)) if note.field.isdecimal() else ()))
        return (found, False) if found else (number.get(note.place, 0), True)

    return sorted(dict.fromkeys(notes), key=place_of)


def _places(value: Any, place: Place) -> Iterator[Place]:
    yield place
    inner = value.items() if isinstance(value, Mapping) else enumerate(value) if isinstance(value, list) else ()
    for key, item in inner:
        yield from _places(item, (*place, key))


def _playbook(outline: Outline, about: About, crew: Crew, ledger: Ledger) -> dict[str, Any]:
    flow = flow_of(outline.steps, outline.begins, ledger)
    if "name" not in about.head:
        ledger.refuse((), "a playbook has a name: begin with `- metadata: {name: …, description: …}`")
    if not flow.steps:
        ledger.refuse((), "a playbook has steps, each with `step_id`, `type`, `agent` and `operation`")
    head = {"name": about.head.get("name", "unnamed"), **about.head}
    if is_portfolio(head["name"], flow):
        body = as_portfolio(about, flow, ledger)
    else:
        conversion = Conversion(ledger, crew, Ids(flow.steps), flow, _sources(flow.steps))
        body = {"steps": [_step(conversion, step, fields) for step, fields in flow.steps.items()]}
        body["roles"] = crew.roles
        _shared_inputs(flow.steps, about, ledger)
    return {**head, "inputs": about.schema(), **body}


def _step(conversion: Conversion, step: str, fields: Fields) -> dict[str, Any]:
    here = Here(step, fields, conversion)
    written = fields.take("type")
    name = "standard" if written is None else str(written)
    kind = _ALSO_CALLED.get(name, name)
    fields.said("type", f"`type: {kind}`")
    if kind not in _TYPES:
        fields.refuse("type", f"no type of step is called {name!r}; known are: {', '.join(_TYPES)}")
        kind = "standard"
    read_extras(here)
    mapped = _TYPES[kind](here)
    fields.take("description")
    fields.close("step_id", "type", "description", "next")
    return mapped


def _sources(steps: Mapping[str, Fields]) -> dict[str, str]:
    """Under which names the output of each step goes: its own, and the destination that it names."""
    sources: dict[str, str] = {}
    for step, fields in steps.items():
        output = fields.take("output")
        named = output.get("destination") if isinstance(output, Mapping) else output
        for name in (step, fields.take("step_id"), named):
            if isinstance(name, str):
                sources.setdefault(name, step)
    return sources


def _shared_inputs(steps: Mapping[str, Fields], about: About, ledger: Ledger) -> None:
    """What steps split or hand to all, and nobody has declared, must be given to a task."""
    for fields in steps.values():
        name = split_field(fields)
        if name is None or name in about.inputs:
            continue
        about.inputs[name] = {}
        about.required.append(name)
        said = f"a task must be given inputs.{name}: the file does not say it"
        ledger.note((*fields.at("input_distribution"), "field"), said)
