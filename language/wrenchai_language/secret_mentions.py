"""Whether a playbook hands its secrets only to where they are kept as such. Pure."""

from collections.abc import Iterator, Mapping
from contextlib import suppress

from wrenchai_contracts.playbook import Playbook
from wrenchai_contracts.steps import StandardStep

from wrenchai_language.bodies import Place, outermost, steps_in
from wrenchai_language.checking.outputs import Tools
from wrenchai_language.references import BadReference, references_in
from wrenchai_language.secret_inputs import Path, is_secret, misplaced_marks, secret_paths

Found = tuple[Place, str]
_SHOWN = 5


def secret_problems(playbook: Playbook, tools: Tools | None = None) -> Iterator[Found]:
    """Secrets that are marked where none is kept, mixed into a text, or given to a tool that would tell them."""
    for place in misplaced_marks(playbook.inputs):
        yield ("inputs", *place), "only a property of the inputs, or of an object in them, can be secret"
    secret = frozenset(secret_paths(playbook.inputs))
    if not secret:
        return
    for placed in steps_in(outermost(playbook)):
        step = placed.step
        if isinstance(step, StandardStep):
            yield from _mixed((*placed.place, "with"), step.inputs, secret)
            for tool in step.tools.values():
                yield from _told((*placed.place, "with"), tool, step.inputs, secret, tools or {})
        if isinstance(step, StandardStep) and step.undo is not None:
            undo = (*placed.place, "undo", "with")
            yield from _told(undo, step.undo.tool, step.undo.inputs, secret, tools or {})


def _mixed(place: Place, value: object, secret: frozenset[Path]) -> Iterator[Found]:
    if isinstance(value, str):
        found = _named(value) & secret
        if found and not _is_whole(value):
            name = ".".join(min(found))
            yield place, f"${{inputs.{name}}} is a secret: it is handed on alone, with no text around it"
    inner = value.items() if isinstance(value, Mapping) else enumerate(value) if isinstance(value, list | tuple) else ()
    for key, item in inner:
        yield from _mixed((*place, key), item, secret)


def _told(
    place: Place, tool: str, inputs: Mapping[str, object], secret: frozenset[Path], tools: Tools
) -> Iterator[Found]:
    """Secrets for a tool that does not say of the input that it is one, so that its value would not be kept."""
    if tool not in tools:
        return
    properties = tools[tool].inputs.get("properties", {})
    able = [name for name, schema in properties.items() if is_secret(schema)]
    for name, value in inputs.items():
        if isinstance(value, str) and _is_whole(value) and _named(value) & secret and name not in able:
            takes = f"; it takes secrets as: {', '.join(able[:_SHOWN])}" if able else ""
            yield (*place, name), f"the tool {tool!r} takes no secret here{takes}"


def _named(text: str) -> frozenset[Path]:
    with suppress(BadReference):
        return frozenset(path[1:] for path in references_in(text) if path[0] == "inputs")
    return frozenset()


def _is_whole(text: str) -> bool:
    return text.startswith("${") and text.endswith("}") and text.count("${") == 1
