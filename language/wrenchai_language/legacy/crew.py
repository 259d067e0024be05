"""The agents of an old playbook as roles, and who does an operation: a tool, or the model of the role. Pure."""

from collections.abc import Iterable, Mapping
from difflib import get_close_matches
from typing import Any, NamedTuple

from wrenchai_language.bodies import DEFAULT_ROLE, Place
from wrenchai_language.default_roles import ECHO, OPERATIONS, DefaultRole, default_role, known_agents
from wrenchai_language.legacy.ids import MAX_NAME, step_id
from wrenchai_language.legacy.ledger import Ledger

_MANY = 100
"""With so many agents, nobody is told which others were meant: it takes time."""


class Doer(NamedTuple):
    """A tool, or nobody but the model; and how that is told."""

    tool: str | None
    said: str


class Crew:
    """The roles that the agents of one file become."""

    def __init__(self, ledger: Ledger) -> None:
        self._ledger = ledger
        self.roles: dict[str, dict[str, Any]] = {}
        self._agents: dict[str, str] = {}

    def role(self, agent: object, at: Place) -> str:
        """The role of the agent that is named at `at`; told there."""
        if not isinstance(agent, str) or not step_id(agent):
            self._ledger.refuse(at, f"is the name of an agent, such as {', '.join(known_agents()[:3])}")
            return DEFAULT_ROLE
        known = default_role(agent)
        name = known.name if known is not None else step_id(agent)[:MAX_NAME]
        other = self._agents.setdefault(name, agent)
        if known is None and other != agent:
            self._ledger.refuse(at, f"{agent!r} and {other!r} would both be the role {name!r}; rename one of them")
        if name not in self.roles:
            self.roles[name] = self._ledger.made(_as_written(agent, known), at)
        self._ledger.note(at, _told(agent, name, known, hints=len(self.roles) < _MANY))
        return name

    def doer(self, role: str, operation: str, parameters: Mapping[str, Any]) -> Doer:
        """Who does it: a tool, if one does all of it, the role may use it, and it is given what it needs."""
        granted = self.roles.get(role, {}).get("tools", [])
        tool, needs = (operation, ()) if operation in granted else OPERATIONS.get(step_id(operation), (None, ()))
        missing = [name for name in needs if name not in parameters]
        if tool is None:
            return Doer(None, f"no tool implements {operation}: {_TO_THE_MODEL}")
        if tool not in granted:
            return Doer(None, f"the tool {tool} does it, but the role {role} may not use it: {_TO_THE_MODEL}")
        if missing:
            lacking = f"the tool {tool} would do it if `parameters` had {', '.join(missing)}"
            return Doer(None, f"{lacking}; as it is, {_TO_THE_MODEL}")
        return Doer(tool, f"{operation} is done by the tool {tool}")


_TO_THE_MODEL = "it goes to the role's model; with none configured a run is refused before it starts"

MODEL = Doer(None, f"no tool does that: {_TO_THE_MODEL}")
"""Nobody but the model."""


def _as_written(agent: str, known: DefaultRole | None) -> dict[str, Any]:
    if known is None:
        return {"description": f"{agent} of the first WrenchAI.", "tools": [ECHO]}
    return {"description": known.description, "tools": list(known.tools)}


def _told(agent: str, name: str, known: DefaultRole | None, *, hints: bool) -> str:
    if known is not None:
        return f"{agent} -> role {name} with the tools {_listed(known.tools)}"
    nearest = get_close_matches(agent, known_agents(), n=1) if hints else []
    hint = f" (did you mean {nearest[0]}?)" if nearest else ""
    return f"{agent} is no agent of the default registry{hint} -> role {name} with the tool {ECHO}, for its model"


def _listed(tools: Iterable[str]) -> str:
    return ", ".join(tools)
