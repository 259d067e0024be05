"""What an old playbook says of itself: name, agents, tools, and all else, which is an input of its tasks. Pure."""

import re
from collections.abc import Callable, Mapping
from typing import Any

from wrenchai_language.bodies import Place
from wrenchai_language.default_roles import DEFAULT_ROLES, FIRST_TOOLS
from wrenchai_language.legacy.crew import Crew
from wrenchai_language.legacy.ids import playbook_name
from wrenchai_language.legacy.ledger import Fields, Ledger

_INPUT = re.compile(r"^[A-Za-z_]\w{0,63}$")
_TYPES = {
    "str": "string",
    "text": "string",
    "int": "integer",
    "float": "number",
    "bool": "boolean",
    "list": "array",
    "dict": "object",
}
_JSON_TYPES = {"string", "integer", "number", "boolean", "array", "object"}
_OURS = {tool for role in DEFAULT_ROLES.values() for tool in role.tools}
_FOR_PEOPLE = (
    "author",
    "id",
    "title",
    "category",
    "tags",
    "prerequisites",
    "logging",
    "mcp_servers",
    "output",
    "agent_type",
)
_ELSEWHERE = {
    "error_handling": "write `error_handling` into the step that it is for, as {type: retry, max_retries: 2}",
    "cost_management": "today's layout has `budget`, e.g. {money: 2.0}; write the playbook in it, or take this out",
}


class About:
    """The head of the mapped playbook, filled in from one mapping after the other; what is said first counts."""

    def __init__(self, ledger: Ledger, crew: Crew) -> None:
        self._ledger, self._crew = ledger, crew
        self.head: dict[str, Any] = {}
        self.inputs: dict[str, Any] = {}
        self.required: list[str] = []
        self.origins: dict[Place, Place] = {}
        self.read_of: list[Fields] = []

    def read(self, about: Fields) -> None:
        """Everything that stands in `about`."""
        self.read_of.append(about)
        self._name(about, about.first("name", "id"))
        for name in ("description", "version"):
            self._plain(about, name)
        for name, read in _READ.items():
            read(self, about, name)
        for name in _FOR_PEOPLE:
            about.take(name)
            about.said(name, "is for people; nothing in a run depends on it")
        for name, reason in _ELSEWHERE.items():
            if about.take(name) is not None:
                about.refuse(name, f"cannot be mapped: {reason}")
        for name, value in about.rest().items():
            self.input(about, str(name), value)
        about.close()

    def _name(self, about: Fields, field: str) -> None:
        text = about.text(field)
        name = playbook_name(text or "")
        if text is not None and not name:
            about.refuse(field, f"{text!r} has no letters that a playbook's name could be made of")
        elif text is not None:
            self._set(about, field, "name", name)

    def _plain(self, about: Fields, name: str) -> None:
        value = about.take(name)
        if value is not None and not isinstance(value, str | int | float):
            about.refuse(name, "is a text")
        elif value is not None:
            self._set(about, name, name, str(value))

    def _set(self, about: Fields, field: str, name: str, value: str) -> None:
        first = self.head.setdefault(name, value)
        self.origins.setdefault((name,), about.at(field))
        about.said(field, f"the playbook's {name}: {value[:80]}" if first == value else "was said before; that counts")

    def agents(self, about: Fields, name: str) -> None:
        """Each is a role, also one that no step names."""
        for index, agent in enumerate(about.items(name)):
            self._crew.role(agent, (*about.at(name), index))
        about.said(name, "each is a role")

    def tools(self, about: Fields, name: str) -> None:
        """What there is of ours for each."""
        tools = about.items(name)
        about.said(name, "a role's tools are those of the default registry" if tools else "is empty: it says nothing")
        for index, tool in enumerate(tools):
            self._ledger.note((*about.at(name), index), said_of_tool(tool))

    def models(self, about: Fields, name: str) -> None:
        """Which model is meant for each agent."""
        inner = about.inner(name)
        for agent, model in (inner.rest() if inner is not None else {}).items():
            said = (
                f"{model} for {agent}: which model a role has is configured where the services run, not in a playbook"
            )
            self._ledger.note((*about.at(name), agent), said)
        about.said(name, "which model a role has is configured where the services run, not in a playbook")

    def parameters(self, about: Fields, name: str) -> None:
        """A list of declared parameters: the inputs of a task."""
        for index, written in enumerate(about.items(name)):
            at = (*about.at(name), index)
            if isinstance(written, Mapping):
                self._parameter(Fields(self._ledger, written, at))
            else:
                self._ledger.refuse(at, "is a mapping such as {name: language, type: string, required: true}")
        about.said(name, "are the inputs of a task")

    def _parameter(self, parameter: Fields) -> None:
        name, kind = parameter.text("name"), str(parameter.take("type") or "")
        schema: dict[str, Any] = {}
        if kind and (json_type := _TYPES.get(kind, kind)) in _JSON_TYPES:
            schema["type"] = json_type
        elif kind:
            parameter.refuse("type", f"no type is called {kind!r}; known are: {', '.join(sorted(_JSON_TYPES))}")
        if (description := parameter.take("description")) is not None:
            schema["description"] = str(description)
        has_default = parameter.has("default")
        if (default := parameter.take("default")) is not None:
            schema["default"] = default
        if parameter.take("required") is True and not has_default and name is not None:
            self.required.append(name)
        if name is None or not _INPUT.match(name):
            parameter.refuse("name", "an input has a name of letters, digits and underscores")
        else:
            self._declare(name, schema, parameter.place)
        for field in ("name", "type", "description", "default", "required"):
            parameter.said(field, f"of the input {name}")
        parameter.close()

    def input(self, about: Fields, name: str, value: Any) -> None:
        """Anything else that is written there: an input, with what is written as its default."""
        if value is None:
            about.said(name, "is empty: it says nothing")
        elif not _INPUT.match(name):
            about.refuse(name, "an input has a name of letters, digits and underscores")
        else:
            self._declare(name, {"default": value}, about.at(name))
            about.said(name, f"an input of the task, inputs.{name}; what is written is its default")

    def _declare(self, name: str, schema: dict[str, Any], at: Place) -> None:
        self.inputs.setdefault(name, schema)
        self.origins.setdefault(("inputs", "properties", name), at)

    def schema(self) -> dict[str, Any]:
        """JSON Schema of what a task is given."""
        schema: dict[str, Any] = {"type": "object"}
        if self.inputs:
            schema["properties"] = self.inputs
        return schema | ({"required": self.required} if self.required else {})


def said_of_tool(tool: object) -> str:
    """What there is of ours for a tool that an old playbook names."""
    if str(tool) in _OURS:
        return f"{tool}: a tool of ours; an operation of that name is done by it, if the role has it"
    return f"{tool}: {FIRST_TOOLS.get(str(tool), 'no tool of ours, and none of the first WrenchAI that we know')}"


_READ: Mapping[str, Callable[[About, Fields, str], None]] = {
    "agents": About.agents,
    "tools": About.tools,
    "tools_allowed": About.tools,
    "agent_llms": About.models,
    "parameters": About.parameters,
}
