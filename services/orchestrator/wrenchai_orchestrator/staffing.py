"""Analyses a request, picks the playbook for a goal, assigns roles and allocates tools. Pure."""

import re
from collections.abc import Iterable, Mapping
from dataclasses import dataclass, field
from typing import NamedTuple

from pydantic_core import to_json
from wrenchai_contracts.envelope import MAX_EVENT_BYTES
from wrenchai_contracts.errors import PlaybookRejected
from wrenchai_contracts.events import (
    Event,
    PlanCreated,
    PlaybookRegistered,
    RolesAssigned,
    TaskRequested,
    ToolRegistered,
    ToolsAllocated,
)
from wrenchai_contracts.judging import Costs
from wrenchai_contracts.plan import Plan
from wrenchai_contracts.playbook import Playbook
from wrenchai_contracts.shape import JsonObject, Name, Sha256
from wrenchai_language.calls import Call, calls_of
from wrenchai_language.compilation import compile_plan
from wrenchai_language.shelf import Shelf, place_on

JOURNEY_AGENT = "journey-agent"

_WORD = re.compile(r"[a-z0-9]{3,}")
_KEYWORD_WEIGHT = 3

MAX_DATA_BYTES = MAX_EVENT_BYTES - 4096
"""What an event's own fields may take; the envelope takes the rest."""


class CannotStaff(Exception):  # noqa: N818  # a noun with its facts
    """The task cannot be planned: `reason` for people, `kind` for programs."""

    def __init__(self, reason: str, kind: str) -> None:
        super().__init__(reason)
        self.reason, self.kind = reason, kind


class Staffed(NamedTuple):
    """Who plays which role, with which tools, by which plan."""

    assigned: RolesAssigned
    allocated: ToolsAllocated
    planned: PlanCreated


@dataclass(slots=True)
class Catalogue:
    """Every playbook and tool that was ever announced; a fold of the catalogue stream."""

    version: int = 0
    playbooks: dict[Sha256, Playbook] = field(default_factory=dict)
    latest: dict[Name, Sha256] = field(default_factory=dict)
    shelf: dict[str, Playbook] = field(default_factory=dict)
    tools: dict[Name, ToolRegistered] = field(default_factory=dict)
    _staffed: dict[Sha256, Staffed] = field(default_factory=dict)

    def staffed(self, digest: Sha256) -> Staffed:
        """What every task of that playbook begins with; worked out once, until the catalogue changes.

        Raises:
            CannotStaff: the playbook, one inside it, or a tool is unknown, a tool is not for its role, the plan is too
                large.
        """
        if digest not in self._staffed:
            self._staffed[digest] = self._staff(digest)
        return self._staffed[digest]

    def _staff(self, digest: Sha256) -> Staffed:
        playbook = self.playbooks.get(digest)
        if playbook is None:
            reason = f"no playbook with the digest {digest} was ever registered"
            raise CannotStaff(reason, "unknown_playbook")
        plan = _planned(playbook, self.shelf)
        assigned = RolesAssigned(roles=assign_roles(playbook, self.shelf))
        allocated = ToolsAllocated(tools=allocate_tools(playbook, self.tools, self.shelf))
        planned = PlanCreated(plan=plan, digest=plan.digest(), playbook_digest=digest)
        if (size := len(to_json(planned))) > MAX_DATA_BYTES:
            reason = f"the plan has {size} bytes; an event may have {MAX_DATA_BYTES}. Split the playbook."
            raise CannotStaff(reason, "plan_too_large")
        return Staffed(assigned, allocated, planned)

    def learn(self, event: Event | None) -> None:
        """Fold one event of the stream; None for one that cannot be read."""
        self.version += 1
        self._staffed.clear()
        if isinstance(event, PlaybookRegistered):
            self.playbooks[event.digest] = event.playbook
            self.latest[event.playbook.name] = event.digest
            place_on(self.shelf, event.playbook)
        elif isinstance(event, ToolRegistered):
            self.tools[event.name] = event


def _planned(playbook: Playbook, shelf: Shelf) -> Plan:
    try:
        return compile_plan(playbook, shelf)
    except PlaybookRejected as rejected:
        raise CannotStaff(str(rejected), "playbook_cannot_be_planned") from rejected


def staffed_for(request: TaskRequested, catalogue: Catalogue) -> Staffed:
    """What this task begins with: its playbook's plan, within the request's own limits.

    Raises:
        CannotStaff: see `Catalogue.staffed`; or its playbook does not use what the request requires.
    """
    digest = request.playbook_digest or choose_playbook(request.description, catalogue)
    staffed = catalogue.staffed(digest)
    usable = {tool.partition("@")[0] for tools in staffed.allocated.tools.values() for tool in tools}
    if missing := sorted(set(request.requirements) - usable):
        reason = f"the task requires {', '.join(missing)}; its playbook may use: {', '.join(sorted(usable))}"
        raise CannotStaff(reason, "requirement_unmet")
    return _limited(staffed, request.constraints) if request.constraints else staffed


def _limited(staffed: Staffed, constraints: JsonObject) -> Staffed:
    """The same with a plan of its own; a limit that is looser than the playbook's changes nothing."""
    plan = staffed.planned.plan
    bar = max(plan.accept_above, constraints.get("accept_above", plan.accept_above))
    limits = {
        "deadline": min(plan.deadline, constraints.get("deadline", plan.deadline)),
        "accept_above": bar,
        "costs": _stricter(plan.weights, bar) if "accept_above" in constraints else plan.costs,
    }
    own = plan.model_copy(update=limits)
    return staffed._replace(planned=staffed.planned.model_copy(update={"plan": own, "digest": own.digest()}))


def _stricter(costs: Costs, accept_above: float) -> Costs:
    """Costs by which accepting pays from that probability on, or from a higher one as before."""
    human = round((1 - accept_above) * costs.false_accept, 9)
    return costs.model_copy(update={"human": min(costs.human, human)})


def choose_playbook(goal: str, catalogue: Catalogue) -> Sha256:
    """The newest playbook whose words fit `goal` best; keywords count three times.

    Raises:
        CannotStaff: none fits, or two fit equally well.
    """
    words = set(_WORD.findall(goal.lower()))
    scores = {digest: _fit(words, catalogue.playbooks[digest]) for digest in catalogue.latest.values()}
    best = sorted(scores, key=lambda digest: (-scores[digest], catalogue.playbooks[digest].name))
    names = ", ".join(sorted(catalogue.latest)) or "none"
    if not best or scores[best[0]] == 0:
        reason = f"no playbook fits the goal {goal!r}; name one of: {names}"
        raise CannotStaff(reason, "no_playbook_fits")
    if len(best) > 1 and scores[best[0]] == scores[best[1]]:
        pair = " and ".join(catalogue.playbooks[digest].name for digest in best[:2])
        reason = f"{pair} fit the goal {goal!r} equally well; name the playbook"
        raise CannotStaff(reason, "goal_is_ambiguous")
    return best[0]


def assign_roles(playbook: Playbook, others: Shelf | None = None) -> dict[Name, Name]:
    """Which agent plays each role that a step asks for, in the playbooks inside too."""
    return dict.fromkeys(sorted(_tools_by_role(playbook, others)), JOURNEY_AGENT)


def allocate_tools(
    playbook: Playbook, tools: Mapping[Name, ToolRegistered], others: Shelf | None = None
) -> dict[Name, tuple[str, ...]]:
    """The tools each role gets, as `name@version`: what its steps use and what the playbook grants besides.

    Raises:
        CannotStaff: a tool is unknown, or not for that role.
    """
    return {
        role: tuple(_allocated(name, role, tools) for name in sorted(used | set(_granted(playbook, role))))
        for role, used in sorted(_tools_by_role(playbook, others).items())
    }


def _allocated(name: Name, role: Name, tools: Mapping[Name, ToolRegistered]) -> str:
    tool = tools.get(name)
    if tool is None:
        reason = f"no worker has announced the tool {name!r}; known are: {', '.join(sorted(tools)) or 'none'}"
        raise CannotStaff(reason, "unknown_tool")
    if tool.roles and role not in tool.roles:
        reason = f"the tool {name!r} is for the roles {', '.join(tool.roles)}, not for {role!r}"
        raise CannotStaff(reason, "tool_not_for_role")
    return f"{tool.name}@{tool.version}"


def _granted(playbook: Playbook, role: Name) -> tuple[Name, ...]:
    return playbook.roles[role].tools if role in playbook.roles else ()


def _tools_by_role(playbook: Playbook, others: Shelf | None) -> dict[Name, set[Name]]:
    used: dict[Name, set[Name]] = {}
    for role, call in working_steps(playbook, others):
        used.setdefault(role, set()).add(call.tool)
    return used


def working_steps(playbook: Playbook, others: Shelf | None = None) -> Iterable[tuple[Name, Call]]:
    """Every tool call that a run may make, at whatever depth, with its role."""
    return ((call.role, call) for call in calls_of(playbook, others))


def _fit(words: set[str], playbook: Playbook) -> int:
    said = set(_WORD.findall(f"{playbook.name} {playbook.description}".lower()))
    keywords = {word for keyword in playbook.keywords for word in _WORD.findall(keyword.lower())}
    return len(words & said) + _KEYWORD_WEIGHT * len(words & keywords)
