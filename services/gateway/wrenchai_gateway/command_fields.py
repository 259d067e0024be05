"""What is wrong with a command's own fields beside their shape: contents that break a form, limits of nothing. Pure."""

from collections.abc import Iterator, Mapping
from typing import Any

from wrenchai_contracts.commands import AnswerQuestion, DecideApproval, ExtendLimits, ResolveEffect, SendSignal
from wrenchai_contracts.errors import FieldProblem
from wrenchai_language.input_schema import InputSchema, schema_problems

from wrenchai_gateway.control_rules import Command, signal_waits
from wrenchai_gateway.control_state import ControlState

_KINDS = {"calls": "calls", "tokens": "tokens", "money": "micros", "seconds": "seconds"}


def field_problems(state: ControlState, command: Command) -> list[FieldProblem]:
    """Everything that is wrong, each thing with its field; empty if nothing is."""
    match command:
        case AnswerQuestion(step=step, answer=answer):
            wait = state.waits.get(step)
            return [] if wait is None else _unfit(wait.form, answer, "answer")
        case SendSignal(name=name, content=content):
            return _signal(state, name, content)
        case DecideApproval():
            return list(_change(command))
        case ExtendLimits():
            return list(_limits(state, command))
        case ResolveEffect(resolution=resolution, output=output) if output is not None and resolution != "happened":
            return [FieldProblem("output", "is only for an effect that happened")]
        case _:
            return []


def _signal(state: ControlState, name: str, content: Mapping[str, Any]) -> list[FieldProblem]:
    """One of the waits for it must take its content; before there is a plan, nobody knows."""
    waits = signal_waits(state)
    named = [wait for wait in waits if wait.name == name]
    if state.plan is not None and not named:
        known = ", ".join(sorted({wait.name for wait in waits})) or "none"
        return [FieldProblem("name", f"the plan waits for no signal {name!r}; it waits for: {known}")]
    found = [_unfit(wait.answer, content, "content") for wait in named]
    return [] if not found or [] in found else found[0]


def _change(command: DecideApproval) -> Iterator[FieldProblem]:
    if command.decision == "change" and command.change is None:
        yield FieldProblem("change", "is needed: the inputs instead of those that were asked for")
    if command.decision != "change" and command.change is not None:
        yield FieldProblem("change", "is only for the decision `change`")


def _limits(state: ControlState, command: ExtendLimits) -> Iterator[FieldProblem]:
    budget, given = state.budget, {name for name in _KINDS if getattr(command, name) is not None}
    for name in sorted(given):
        if getattr(budget, _KINDS[name]) is None:
            yield FieldProblem(name, "the task has no limit of this kind")
    if not given and command.deadline is None:
        yield FieldProblem("", "say what to extend: calls, tokens, money, seconds or deadline")


def _unfit(form: Mapping[str, Any], content: Mapping[str, Any], at: str) -> list[FieldProblem]:
    """A form that is no JSON Schema, as a tool may make one, asks for nothing."""
    if not form or next(schema_problems(form), None) is not None:
        return []
    return InputSchema(form).problems(content, at=at)
