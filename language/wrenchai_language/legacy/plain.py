"""An old standard step, and old work in parallel, as today's. Pure."""

from collections.abc import Mapping
from typing import Any

from wrenchai_language.legacy.ledger import Fields
from wrenchai_language.legacy.members import Member, members, operations
from wrenchai_language.legacy.work import Here, Job, worked

_AGAIN = {"retry", "log_and_retry"}
_PAST = {"skip", "continue", "log_and_skip", "log_and_continue"}
_STOP = {"abort", "fail", "stop", "log", "log_error"}

_BROADCAST = {"broadcast", "duplicate", "copy", "all"}
_AGGREGATIONS: Mapping[str, tuple[dict[str, Any], str]] = {
    "merge": ({"how": "as_they_are"}, "one object of all outputs by branch, so that no field hides another"),
    "combine": ({"how": "as_they_are"}, "one object of all outputs by branch"),
    "append": ({"cel": "outputs.map(branch, outputs[branch])"}, "one list of all outputs"),
    "concat": ({"how": "concat"}, "one list of what is in the lists that branches give"),
    "vote": ({"how": "vote"}, "what most branches give"),
}


def standard(here: Here) -> dict[str, Any]:
    """One thing done by one role."""
    role = here.agent(here.fields.first("agent", "agents"))
    field = here.fields.first("operation", "action", "operations")
    names = operations(here, field)
    if len(names) != 1:
        here.fields.refuse(field, f"a standard step has one operation, not {len(names)}; a process has several")
    job = Job(role, names[0].name if names else "nothing", here.fields.at(field))
    step = worked(here, job, here.id) | _when_it_fails(here)
    places = {"role": here.fields.at(here.fields.first("agent", "agents")), "with": here.fields.at("parameters")}
    handling = dict.fromkeys(("retry", "on_failure"), here.fields.at("error_handling"))
    return here.made(step, operation=job.at, tool=job.at, **places, **handling)


def _when_it_fails(here: Here) -> dict[str, Any]:
    handling = here.fields.inner("error_handling")
    if handling is None:
        return {}
    kind, retries = str(handling.take("type") or "retry"), handling.take("max_retries")
    handling.refuse_others("type", "max_retries")
    if kind in _AGAIN and isinstance(retries, int | None) and not isinstance(retries, bool):
        attempts = 1 + (3 if retries is None else retries)
        here.fields.said("error_handling", f"`retry: {{max_attempts: {attempts}}}`")
        return {"retry": {"max_attempts": attempts}}
    if kind in _PAST:
        here.fields.said("error_handling", "`on_failure: continue`")
        return {"on_failure": "continue"}
    if kind in _STOP:
        here.fields.said("error_handling", "as every failure: the task fails, with the reason")
        return {}
    handling.refuse("type", "is one of retry (with max_retries, a whole number), skip, abort")
    return {}


def work_in_parallel(here: Here) -> dict[str, Any]:
    """A branch for each agent, side by side."""
    share = _distribution(here)
    branches = [_branch(here, member, share) for member in _who(here)]
    if not branches:
        here.fields.refuse("agents", "names nobody; write for example `agents: [CodeGeneratorAgent:write_code]`")
    step = here.block("work_in_parallel", branches=branches, **share, **_aggregation(here))
    names = ("input_distribution", "output_aggregation")
    places = {name: here.fields.at(name) for name in names} | {"branches": here.fields.at("agents")}
    return here.made(step, **places)


def _who(here: Here) -> list[Member]:
    """The entries of `agents`; or one agent with several operations."""
    shared = here.fields.text("operation")
    here.fields.said("operation", "is what each does that has no operation of its own")
    if here.fields.has("agents"):
        return [
            one if one.operation else one._replace(operation=shared, operation_at=one.agent_at)
            for one in members(here, "agents")
        ]
    done = operations(here, "operations")
    here.fields.said("operations", "each is a branch")
    agent, at = here.fields.take("agent"), here.fields.at("agent")
    return [Member(agent, at, one.name, one.at, "", {}) for one in done]


def _branch(here: Here, member: Member, share: Mapping[str, Any]) -> dict[str, Any]:
    role = here.conversion.crew.role(member.agent, member.agent_at)
    if member.operation is None:
        here.conversion.ledger.refuse(member.agent_at, f"what does it do? write `{member.agent}:its_operation`")
    sees = {"share": "${share}"} if share else {}
    job = Job(role, member.operation or "nothing", member.operation_at, sees=sees | member.more)
    return worked(here, job, here.conversion.ids.inner(here.id, member.operation or "branch"))


def _distribution(here: Here) -> dict[str, Any]:
    written = here.fields.inner("input_distribution")
    if written is None:
        return {}
    kind, field = str(written.take("type") or "split"), written.text("field")
    written.refuse_others("type", "field")
    reference = f"${{inputs.{field}}}" if field is not None else "${inputs}"
    if kind in _BROADCAST:
        here.fields.said("input_distribution", f"`broadcast: {reference}`: each branch is given all of it, as `share`")
        return {"input_distribution": {"broadcast": reference}}
    if kind not in {"split", "round_robin"}:
        written.refuse("type", f"no way is called {kind!r}; known are: split, round_robin, duplicate")
    elif field is None:
        written.refuse("field", "names the list to be split: an input of the task, such as `field: sections`")
    else:
        apart = "" if kind == "split" else ", as many each, but in order and not by turns"
        said = f"`split: {reference}`: each branch is given its part{apart}, as `share`"
        here.fields.said("input_distribution", said)
        return {"input_distribution": {"split": reference}}
    return {}


def split_field(step: Fields) -> str | None:
    """The input that an old step splits or hands to all."""
    written = step.take("input_distribution")
    field = written.get("field") if isinstance(written, Mapping) else None
    return field if isinstance(field, str) else None


def _aggregation(here: Here) -> dict[str, Any]:
    written = here.fields.inner("output_aggregation")
    if written is None:
        return {}
    kind, strategy = written.take("type"), written.take("strategy")
    written.refuse_others("type", "strategy")
    wanted, said = _AGGREGATIONS.get(str(kind or strategy), ({}, ""))
    if not wanted:
        known = f"known are: {', '.join(_AGGREGATIONS)}; in today's layout write `cel` over `outputs`"
        written.refuse("type", f"no aggregation is called {kind or strategy!r}; {known}")
        return {}
    named = f"; {strategy} is no more than a name" if strategy and kind else ""
    here.fields.said("output_aggregation", f"{kind or strategy}: {said}{named}")
    return {"output_aggregation": wanted}
