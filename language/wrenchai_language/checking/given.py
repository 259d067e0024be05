"""What a step hands to a tool, to a playbook, or to people: whether it will be there, and of the right type. Pure."""

from collections.abc import Iterator, Mapping
from difflib import get_close_matches

from wrenchai_contracts.shape import Name
from wrenchai_contracts.steps import StandardStep

from wrenchai_language.bodies import Place, Placed
from wrenchai_language.checking.naming import Found
from wrenchai_language.checking.outputs import Tools
from wrenchai_language.checking.scope import Scope, Standpoint
from wrenchai_language.checking.shapes import (
    ANYTHING,
    TEXT,
    Absent,
    Described,
    ListOf,
    Shape,
    kind_of,
    no_such,
    said,
    shape_of,
    some,
)
from wrenchai_language.references import BadReference, references_in
from wrenchai_language.shelf import Shelf


class Given:
    """The values that steps hand on. Without tools, a tool may take anything."""

    def __init__(self, scope: Scope, tools: Tools | None, others: Shelf) -> None:
        self._scope, self._tools, self._others = scope, tools, others

    def calls(self, placed: Placed, step: StandardStep) -> Iterator[Found]:
        """What a standard step hands to its tool, its playbook, or people, and to the tool that takes it back."""
        here, place = self._scope.before(placed), (*placed.place, "with")
        if step.tools:
            yield from self._to_tools(placed, step, here)
        elif step.playbook is not None and step.playbook in self._others:
            wanted = shape_of(self._others[step.playbook].inputs)
            yield from self._complete(place, step.inputs, wanted, f"the playbook {step.playbook!r}")
            yield from self.problems(place, step.inputs, here, wanted)
        else:
            yield from self.problems(place, step.inputs, here)
        if step.undo is not None:
            undo = (*placed.place, "undo")
            said_by = (*undo, "tool")
            yield from self._to_a_tool(undo, said_by, step.undo.tool, step.undo.inputs, self._scope.after(placed))

    def _to_tools(self, placed: Placed, step: StandardStep, here: Standpoint) -> Iterator[Found]:
        """Whichever of its tools it calls takes what it is given; what is wrong for several is told once."""
        told: set[Found] = set()
        for at, tool in step.tools.items():
            for one in self._to_a_tool(placed.place, (*placed.place, *at), tool, step.inputs, here):
                if one not in told:
                    told.add(one)
                    yield one

    def a_list(self, placed: Placed, at: Place, text: str | None, here: Standpoint) -> Iterator[Found]:
        """`text`, if there is one, is one whole reference to what may be a list."""
        if text is None:
            return
        place = (*placed.place, *at)
        if not _is_whole(text):
            yield place, f"{at[-1]} is one reference to a list, such as ${{inputs.projects}}"
            return
        yield from self.problems(place, text, here, ListOf(ANYTHING))

    def problems(self, place: Place, value: object, here: Standpoint, wanted: Shape = ANYTHING) -> Iterator[Found]:
        """What in `value`, wherever it lies in it, is not there, or is surely not what is wanted."""
        if isinstance(value, str) and "${" in value:
            yield from self._of_text(place, value, here, wanted)
            return
        if kind_of(value) not in wanted.kinds:
            yield place, f"this is {said({kind_of(value)})}; {said(wanted.kinds)} is wanted"
            return
        inner = (
            value.items() if isinstance(value, Mapping) else enumerate(value) if isinstance(value, list | tuple) else ()
        )
        for key, item in inner:
            found = wanted.at(str(key))
            yield from self.problems((*place, key), item, here, found if isinstance(found, Shape) else ANYTHING)

    def _of_text(self, place: Place, text: str, here: Standpoint, wanted: Shape) -> Iterator[Found]:
        try:
            paths = list(references_in(text))
        except BadReference as problem:
            yield place, str(problem)
            return
        shapes = {path: self._scope.shape(path, here) for path in paths}
        for path, found in shapes.items():
            if isinstance(found, Absent):
                yield place, f"${{{'.'.join(path)}}}: {found.reason}"
        given = next(iter(shapes.values())) if _is_whole(text) else TEXT
        if isinstance(given, Shape) and not given.kinds & wanted.kinds:
            yield place, f"{text} is {said(given.kinds)}; {said(wanted.kinds)} is wanted"

    def _to_a_tool(
        self, at: Place, said_by: Place, tool: Name, inputs: Mapping[str, object], here: Standpoint
    ) -> Iterator[Found]:
        place = (*at, "with")
        if self._tools is None or tool not in self._tools:
            if self._tools is not None:
                yield said_by, _unknown_tool(tool, self._tools)
            yield from self.problems(place, inputs, here)
            return
        wanted = shape_of(self._tools[tool].inputs)
        yield from self._complete(place, inputs, wanted, f"the tool {tool!r}")
        yield from self.problems(place, inputs, here, wanted)

    def _complete(self, place: Place, inputs: Mapping[str, object], wanted: Shape, who: str) -> Iterator[Found]:
        """All that must be given is, and nothing that is not taken."""
        if not isinstance(wanted, Described):
            return
        for name in wanted.required:
            if name not in inputs:
                yield place, f"{name!r} is missing; {who} needs it"
        for name in inputs:
            if wanted.refuses(name):
                yield (*place, name), f"{who} {_no_input(name, wanted)}"


def _unknown_tool(tool: Name, tools: Tools) -> str:
    nearest = get_close_matches(tool, tools, n=1)
    known = f"did you mean {nearest[0]!r}?" if nearest else f"known are: {some(sorted(tools)) or 'none yet'}"
    return f"no tool is called {tool!r}; {known}"


def _no_input(name: str, wanted: Described) -> str:
    known = wanted.properties
    nearest = get_close_matches(name, known, n=1)
    return f"has no {name!r}; did you mean {nearest[0]!r}?" if nearest else no_such(name, known)


def _is_whole(text: str) -> bool:
    """Whether a text is one reference and nothing else, so that it becomes the value itself."""
    return text.startswith("${") and text.endswith("}") and (text.count("$"), text.count("}")) == (1, 1)
