"""A step's call as its tool will see it: looked up, allowed, its references resolved, its inputs checked."""

import os
from collections.abc import Mapping
from typing import NamedTuple

from pydantic import BaseModel, ValidationError
from wrenchai_contracts.events import JourneyDispatched
from wrenchai_contracts.plan import PlannedStep, action_digest
from wrenchai_contracts.shape import JsonObject, Name, Sha256
from wrenchai_language.references import BadReference, resolve

from wrenchai_journey.journey import Journey
from wrenchai_journey.outcome import Failed
from wrenchai_journey.registry import AnyTool
from wrenchai_journey.secret_values import NOTHING_HIDDEN, Hidden, NoSuchSecret, hiding, with_values

_MAX_TARGET = 500


class Call(NamedTuple):
    """A tool, and what it is called with: as it was written, and as the tool reads it, with the values of secrets.

    What is recorded and agreed to is what was written; of what the tool says, `hidden` takes the values out.
    """

    tool: AnyTool
    written: JsonObject
    inputs: BaseModel
    secret: Mapping[Name, str] = {}
    hidden: Hidden = NOTHING_HIDDEN

    @property
    def given(self) -> JsonObject:
        """Its inputs as JSON, as a process of the tool's own is given them."""
        return {**self.inputs.model_dump(mode="json"), **self.secret}

    @property
    def digest(self) -> Sha256:
        """What people agree to, if they must."""
        return action_digest(self.tool.name, self.written)

    @property
    def target(self) -> str:
        """What of the outside it is about, as its tool names it."""
        target = str(getattr(self.inputs, self.tool.target)) if self.tool.target else ""
        return self.hidden.text(target)[:_MAX_TARGET]


def call_of(
    tools: Mapping[str, AnyTool], journey: Journey, environment: Mapping[str, str] = os.environ
) -> Call | Failed:
    """The call that the journey's next step asks for, its secrets from `environment`.

    What it asks for wrongly fails it for good.
    """
    dispatched, step = journey.dispatched, journey.next_step
    if dispatched is None or step is None:
        return Failed("the journey has no step left to run", "no_step", retryable=False)
    tool = tools.get(step.tool)
    if tool is None:
        return Failed(f"this worker has no tool {step.tool!r}", "unknown_tool", retryable=False)
    if not _may_use(dispatched, tool):
        return _not_allowed(dispatched, tool)
    try:
        call = _written_out(tool, journey, step, environment)
    except (BadReference, NoSuchSecret) as problem:
        kind = "bad_reference" if isinstance(problem, BadReference) else "no_such_secret"
        return Failed(str(problem), kind, retryable=False)
    if isinstance(call, Call) and dispatched.approved is not None and call.digest != dispatched.approved:
        reason = f"this call of {tool.name} is not the one that was approved ({dispatched.approved[:12]}…)"
        return Failed(reason, "approval_void", retryable=False)
    return call


def _written_out(tool: AnyTool, journey: Journey, step: PlannedStep, environment: Mapping[str, str]) -> Call | Failed:
    written = resolve(step.inputs, {"steps": {k: _as_seen(v) for k, v in journey.outputs.items()}})
    secret = with_values(written, tool, environment)
    hidden = hiding(secret.values())
    try:
        return Call(tool, written, tool.inputs.model_validate({**written, **secret}), secret, hidden)
    except ValidationError as problem:
        return Failed(hidden.text(_what_is_wrong(tool, problem)), "bad_input", retryable=False)


def _as_seen(output: JsonObject) -> JsonObject:
    """What references may name of an earlier step of the same journey, which has ended well."""
    return {"output": output, "failed": False, "skipped": False, "reason": ""}


def _may_use(dispatched: JourneyDispatched, tool: AnyTool) -> bool:
    return any(name.partition("@")[0] == tool.name for name in dispatched.tools)


def _not_allowed(dispatched: JourneyDispatched, tool: AnyTool) -> Failed:
    allowed = ", ".join(sorted({name.partition("@")[0] for name in dispatched.tools})) or "nothing"
    reason = f"the role {dispatched.role!r} may not use {tool.name!r}; it may use: {allowed}"
    return Failed(reason, "tool_not_allowed", retryable=False)


def _what_is_wrong(tool: AnyTool, problem: ValidationError) -> str:
    found = "; ".join(f"{'.'.join(map(str, e['loc'])) or 'inputs'}: {e['msg']}" for e in problem.errors()[:10])
    return f"{tool.name} cannot use its inputs: {found}"
