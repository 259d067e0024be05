"""What a task must wait its turn for, worked out when it is requested. Pure.

A playbook says so by `concurrency` and `rate`; who runs the installation by limits such as `{"tool:portfolio.build": 2,
"tenant:*": 50}`. Those are coarse: a task takes part in a limit from its turn to its end, whatever it does meanwhile.
"""

from collections.abc import Iterable, Iterator, Mapping
from hashlib import sha256
from json import dumps
from typing import Annotated

from pydantic import Field, StringConstraints
from wrenchai_contracts.errors import FieldProblem, InputRejected
from wrenchai_contracts.events import Share, TaskRequested
from wrenchai_contracts.playbook import Playbook
from wrenchai_contracts.shape import JsonObject, Name

from wrenchai_language.calls import calls_of
from wrenchai_language.expressions import BadExpression, Expression, ExpressionFailed

LimitName = Annotated[str, StringConstraints(pattern=r"^(tool|tenant):(\*|[a-z0-9][a-z0-9_.-]{0,63})$")]
TurnLimits = dict[LimitName, Annotated[int, Field(ge=1)]]
"""How many tasks of a tenant, or that use a tool, may run at once; `*` stands for each that is not named."""

_LONGEST = 200


def with_shares(
    request: TaskRequested,
    playbook: Playbook | None,
    tenant: str,
    limits: Mapping[str, int],
    tools: Iterable[Name] | None = None,
) -> TaskRequested:
    """`request` with its priority; if anything limits it, held, with all that it must wait its turn for.

    `tools` are those that the playbook uses, if that is known already.

    Raises:
        InputRejected: a key of the playbook has no value for these inputs.
    """
    request = _prioritised(request, playbook)
    if not limits and (playbook is None or (playbook.concurrency is None and playbook.rate is None)):
        return request
    shares = [*_limited(playbook, tenant, limits, tools)]
    scope: JsonObject = {"inputs": request.inputs, "metadata": request.metadata, "tenant": tenant}
    key = None
    if playbook is not None and playbook.concurrency is not None:
        key = _key(playbook.concurrency.key, "concurrency.key", scope)
        shares.append(Share(name=f"{playbook.name}={key}", most=playbook.concurrency.limit))
    if playbook is not None and (rate := playbook.rate) is not None:
        name = f"{playbook.name}~{_key(rate.key, 'rate.key', scope)}"
        shares.append(Share(name=name, most=rate.most, within=rate.per))
    return request.model_copy(update={"key": key, "shares": tuple(shares), "held": True}) if shares else request


def _prioritised(request: TaskRequested, playbook: Playbook | None) -> TaskRequested:
    """The playbook's priority is said if it is not as always: whoever admits or runs a task knows no playbooks."""
    if request.priority is not None or playbook is None or not playbook.priority:
        return request
    return request.model_copy(update={"priority": playbook.priority})


def _limited(
    playbook: Playbook | None, tenant: str, limits: Mapping[str, int], tools: Iterable[Name] | None
) -> Iterator[Share]:
    names = [("tenant", tenant)]
    if playbook is not None and any(limit.startswith("tool:") for limit in limits):
        used = {call.tool for call in calls_of(playbook)} if tools is None else tools
        names += [("tool", tool) for tool in sorted(used)]
    for kind, name in names:
        most = limits.get(f"{kind}:{name}", limits.get(f"{kind}:*"))
        if most is not None:
            yield Share(name=f"{kind}:{name}", most=most)


def _key(text: str, place: str, scope: JsonObject) -> str:
    try:
        value = Expression.of(text).value(scope)
    except (BadExpression, ExpressionFailed) as problem:
        raise InputRejected([FieldProblem(place, str(problem))]) from problem
    said = value if isinstance(value, str) else dumps(value, sort_keys=True, ensure_ascii=False)
    return said if len(said) <= _LONGEST else sha256(said.encode()).hexdigest()
