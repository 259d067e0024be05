"""What one role does in an old step: a tool call or words for its model, with all that the original gave it. Pure."""

from collections.abc import Mapping
from dataclasses import dataclass, field
from typing import Any

from wrenchai_language.bodies import Place
from wrenchai_language.legacy.about import said_of_tool
from wrenchai_language.legacy.crew import MODEL, Crew
from wrenchai_language.legacy.flow import Flow
from wrenchai_language.legacy.ids import Ids
from wrenchai_language.legacy.ledger import Fields, Ledger

_FOR_THE_WORK = ("expected_output", "acceptance_criteria")


@dataclass(slots=True)
class Conversion:
    """What the mapping of one playbook shares: names, roles, the order of steps, who gives what under which name."""

    ledger: Ledger
    crew: Crew
    ids: Ids
    flow: Flow
    sources: dict[str, str] = field(default_factory=dict)


@dataclass(slots=True)
class Here:
    """One step of the original while it is mapped, and what is given to everybody who works in it."""

    id: str
    fields: Fields
    conversion: Conversion
    parameters: dict[str, Any] = field(default_factory=dict)
    extras: dict[str, Any] = field(default_factory=dict)

    def agent(self, name: str) -> str:
        """The role of the agent in that field; the oldest playbooks name none."""
        value = self.fields.take(name)
        if not self.fields.has(name):
            self.conversion.ledger.note(
                self.fields.at(name), "is not written: SuperAgent, who does what nobody else does"
            )
            value = "SuperAgent"
        alone = value[0] if isinstance(value, list) and len(value) == 1 else value
        return self.conversion.crew.role(alone, self.fields.at(name))

    def block(self, kind: str, **more: Any) -> dict[str, Any]:
        """The mapped step, of a type with steps inside."""
        return self.made({"id": self.id, "type": kind, **more})

    def made(self, step: dict[str, Any], **fields: Place) -> dict[str, Any]:
        """The mapped step itself: with its description and what it waits for."""
        description = self.fields.take("description") or self.fields.take("name")
        if not self.fields.has("description"):
            self.fields.said("name", "is the step's description")
        step |= {"description": str(description)} if description is not None else {}
        step |= {"needs": list(self.conversion.flow.needs.get(self.id, ()))}
        places = {"id": self.fields.at("step_id"), "type": self.fields.at("type")}
        return self.conversion.ledger.made(step, self.fields.place, places | fields)


@dataclass(frozen=True, slots=True)
class Job:
    """A piece of work: who does what, and where in the original that is said."""

    role: str
    operation: str
    at: Place
    gives: Mapping[str, str] = field(default_factory=dict)
    sees: Mapping[str, Any] = field(default_factory=dict)
    only_words: bool = False
    asked_in_words: bool = False


def worked(here: Here, job: Job, own_id: str) -> dict[str, Any]:
    """The standard step that does the job; who does it is told where the operation stands."""
    doer = MODEL if job.only_words else here.conversion.crew.doer(job.role, job.operation, here.parameters)
    here.conversion.ledger.note(job.at, doer.said)
    step: dict[str, Any] = {"id": own_id, "role": job.role}
    if doer.tool is not None and job.asked_in_words:
        reason = f"its condition is in free words, and the tool {doer.tool} cannot be asked; write e.g. `findings == 0`"
        here.conversion.ledger.refuse(job.at, reason)
    if doer.tool is not None:
        step |= {"tool": doer.tool, "with": here.parameters}
    else:
        step |= {"operation": job.operation, "with": _for_the_model(here, job)}
    places = {"operation": job.at, "tool": job.at, "with": here.fields.at("parameters")}
    return here.conversion.ledger.made(step, here.fields.place, places)


def _for_the_model(here: Here, job: Job) -> dict[str, Any]:
    """The original gave an agent the whole context; this is the part of it that surely is there."""
    before = {step: f"${{steps.{step}.output}}" for step in here.conversion.flow.needs.get(here.id, ())}
    given: dict[str, Any] = {"task": "${inputs}"}
    given |= {"before": before} if before else {}
    given |= {"parameters": here.parameters} if here.parameters else {}
    return given | here.extras | dict(job.sees) | ({"give": as_text(dict(job.gives))} if job.gives else {})


def read_extras(here: Here) -> None:
    """Parameters, input, tools and the like: for everybody who works in the step."""
    fields = here.fields
    _read_parameters(here)
    if fields.has("input"):
        here.extras["input"] = _input(here)
    for name in _FOR_THE_WORK:
        if (value := fields.take(name)) is not None:
            here.extras[name] = as_text(value)
            fields.said(name, "is told to the role's model; a tool has its own output")
    for index, tool in enumerate(fields.items("tools")):
        here.conversion.ledger.note((*fields.at("tools"), index), said_of_tool(tool))
    fields.said("tools", "a role's tools are those of the default registry")
    fields.take("output")
    fields.said("output", f"the output is steps.{here.id}.output; nothing is written to a place of another name")


def _read_parameters(here: Here) -> None:
    value = here.fields.take("parameters")
    if isinstance(value, Mapping):
        here.parameters = as_text(value)
        here.fields.said("parameters", "are given to whoever does the work: a tool's inputs, or told to a model")
    elif value is not None:
        here.fields.refuse("parameters", "is a mapping, such as `{language: python}`")


def _input(here: Here) -> Any:
    """What is written; a name that an earlier step's output goes by becomes that output."""
    value = here.fields.take("input")
    named = value.get("source") if isinstance(value, Mapping) else value
    step = here.conversion.sources.get(named) if isinstance(named, str) else None
    if step is None or not here.conversion.flow.has_ended(step, here.id):
        here.fields.said("input", f"{str(named)[:80]} is the output of no earlier step: it is handed on as written")
        return as_text(value)
    here.fields.said("input", f"{named} -> ${{steps.{step}.output}}")
    output = f"${{steps.{step}.output}}"
    return {**as_text(value), "source": output} if isinstance(value, Mapping) else output


def as_text(value: Any) -> Any:
    """The same where `$` means itself: the first WrenchAI had no references."""
    if isinstance(value, str):
        return value.replace("$", "$$")
    if isinstance(value, Mapping):
        return {str(key): as_text(item) for key, item in value.items()}
    return [as_text(item) for item in value] if isinstance(value, list) else value
