"""An old loop, of one agent or of two, as today's. Pure."""

from collections.abc import Mapping
from typing import Any, NamedTuple

from wrenchai_language.bodies import Place
from wrenchai_language.legacy.conditions import Condition, in_cel
from wrenchai_language.legacy.members import Operation, iterations, operations
from wrenchai_language.legacy.work import Here, Job, as_text, worked

_FINDINGS = {
    "findings": "a list, empty if all is well, of objects with `message` and `severity` (info, minor, major, critical)"
}
_TURNS = ("creator", "reviewer")


class _End(NamedTuple):
    """When a loop ends early: in CEL, or in words that are told to whoever works in it."""

    condition: Condition | None
    words: str | None


def self_feedback_loop(here: Here) -> dict[str, Any]:
    """The operations one after the other, in each round."""
    role, rounds = here.agent(here.fields.first("agent", "agents")), iterations(here)
    here.fields.said("iterations", f"`max_iterations: {rounds}`")
    end = _end(here, ("previous", "iteration"))
    done = operations(here, here.fields.first("operations", "operation"))
    here.fields.said("operations", "are done one after the other in each round")
    if not done:
        here.fields.refuse("operations", "names no operation; write for example `operations: [{name: write_code}]`")
    sees = _previous() | _words(end)
    steps: list[dict[str, Any]] = []
    for operation in done:
        gives = end.condition.asks if end.condition is not None and operation is done[-1] else {}
        so_far = {"so_far": {step["id"]: f"${{steps.{step['id']}.output}}" for step in steps}} if steps else {}
        job = Job(role, operation.name, operation.at, gives, sees | so_far)
        steps.append(worked(here, job, here.conversion.ids.inner(here.id, operation.name)))
    return _with_end(here, here.block("self_feedback_loop", operations=steps, max_iterations=rounds), end)


def partner_feedback_loop(here: Here) -> dict[str, Any]:
    """Creator and reviewer by turns; what the creator did after a review is its turn in the next round."""
    roles, rounds = _partners(here), iterations(here)
    done = _by_partner(here, list(roles))
    end = _end(here, ("previous", "iteration", "findings"))
    (creator, made), (reviewer, reviewed) = zip(roles.values(), done, strict=True)
    mends = len(made) > 1
    here.fields.said("iterations", _told_rounds(rounds, mends=mends))
    ids = [here.conversion.ids.inner(here.id, f"{here.id}_{turn}") for turn in _TURNS]
    gives = end.condition.asks if end.condition is not None else {}
    sees = _previous() | {"review": "${review}"} | _words(end)
    creating = worked(here, Job(creator, _in_turn(made), _at(here, made), gives, sees, only_words=mends), ids[0])
    sees = {"work": f"${{steps.{ids[0]}.output}}"} | _words(end)
    reading = " then ".join(one.name for one in reviewed) or "review"
    reviewing = worked(here, Job(reviewer, reading, _at(here, reviewed), _FINDINGS, sees, only_words=True), ids[1])
    loop = here.block("partner_feedback_loop", creator=creating, reviewer=reviewing, max_iterations=rounds + mends)
    return _with_end(here, loop, end)


def _partners(here: Here) -> dict[str, str]:
    """The two roles, creator first, by what they are called in the step."""
    agents = _named_partners(here)
    if len(agents) != len(_TURNS):
        here.fields.refuse("agents", "are two: `{creator: CodeGeneratorAgent, reviewer: InspectorAgent}`")
        agents = {turn: ("InspectorAgent", here.fields.at("agents")) for turn in _TURNS}
    names = list(_TURNS) if set(agents) == set(_TURNS) else list(agents)
    told = " and ".join(f"{name} is the {turn}" for name, turn in zip(names, _TURNS, strict=True))
    here.fields.said("agents", told)
    return {name: here.conversion.crew.role(*agents[name]) for name in names}


def _named_partners(here: Here) -> dict[str, tuple[Any, Place]]:
    """Agents with their places; those of a list are creator and reviewer."""
    value, at = here.fields.take("agents"), here.fields.at("agents")
    if isinstance(value, Mapping):
        return {str(name): (agent, (*at, name)) for name, agent in value.items()}
    listed = here.fields.items("agents")
    names = [*_TURNS, *map(str, range(len(listed)))]
    return {name: (agent, (*at, index)) for index, (name, agent) in enumerate(zip(names, listed, strict=False))}


def _by_partner(here: Here, names: list[str]) -> list[list[Operation]]:
    """What each of the two does; without roles, they take turns."""
    done: list[list[Operation]] = [[], []]
    for index, one in enumerate(operations(here, here.fields.first("operations", "roles"))):
        role = one.role or names[index % len(_TURNS)]
        if role in names:
            done[names.index(role)].append(one)
        else:
            here.conversion.ledger.refuse(one.at, f"no partner is called {role!r}; known are: {', '.join(names)}")
    for operation, name in zip(done, names, strict=True):
        if not operation:
            here.fields.refuse("operations", f"has nothing that the {name} does; add {{role: {name}, name: …}}")
    for field in ("operations", "roles"):
        here.fields.said(field, "the creator's and the reviewer's turns of each round")
    return done


def _in_turn(made: list[Operation]) -> str:
    if len(made) <= 1:
        return made[0].name if made else "create"
    then = " then ".join(one.name for one in made[1:])
    return f"In the first round: {made[0].name}. In each later one: {then}, by the findings in `review`."


def _at(here: Here, done: list[Operation]) -> Place:
    for other in done[1:]:
        here.conversion.ledger.note(other.at, f"{other.name}: in the same step as {done[0].name}")
    return done[0].at if done else here.fields.at("operations")


def _told_rounds(rounds: int, *, mends: bool) -> str:
    if not mends:
        return f"`max_iterations: {rounds}`; the loop ends before when a review has no grave findings"
    return (
        f"`max_iterations: {rounds + 1}`: {rounds} reviews, each followed by the creator's turn of the next round, and "
        "one at the end; the loop ends before when a review has no grave findings"
    )


def _previous() -> dict[str, Any]:
    return {"round": "${iteration}", "previous": "${previous}"}


def _words(end: _End) -> dict[str, Any]:
    return {} if end.words is None else {"until": as_text(end.words)}


def _end(here: Here, names: tuple[str, ...]) -> _End:
    field = here.fields.first("exit_condition", "termination_condition")
    value = here.fields.take(field)
    if value is None:
        return _End(None, None)
    text = str(value).lower() if isinstance(value, bool) else str(value)
    condition = in_cel(text, "output", names)
    if condition is not None:
        here.fields.said(field, f"`exit_condition: {condition.cel}`")
        return _End(condition, None)
    said = f"`{text[:200]}` is not a CEL expression: the loop runs its `iterations`, and whoever works is told it"
    here.fields.said(field, f"{said}; write e.g. `output.score >= 0.8`")
    return _End(None, text)


def _with_end(here: Here, loop: dict[str, Any], end: _End) -> dict[str, Any]:
    if end.condition is not None:
        loop["exit_condition"] = end.condition.cel
    if end.words is not None:
        loop["description"] = f"{loop.get('description', '')} Until: {end.words}".strip()
    field = here.fields.first("exit_condition", "termination_condition")
    inner = {"operations": here.fields.at("operations"), "max_iterations": here.fields.at("iterations")}
    places = {"id": here.fields.at("step_id"), "type": here.fields.at("type"), "exit_condition": here.fields.at(field)}
    return here.conversion.ledger.made(loop, here.fields.place, places | inner)
