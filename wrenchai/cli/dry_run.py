"""`wrenchai run --dry-run`: what a run would do, who would do it, and what it would take; nothing is executed."""

import sys
from collections.abc import Mapping
from dataclasses import dataclass

from rich.console import Group, RenderableType
from rich.table import Table
from rich.text import Text
from wrenchai_contracts.errors import FieldProblem, InputRejected
from wrenchai_contracts.plan import Plan
from wrenchai_contracts.shape import JsonObject
from wrenchai_contracts.spending import MICROS
from wrenchai_language.absent_tools import absent_notes, undone_notes
from wrenchai_language.calls import calls_of
from wrenchai_language.compilation import compile_plan
from wrenchai_language.estimate import Estimate, Known, estimate_of
from wrenchai_language.input_schema import InputSchema
from wrenchai_language.references import BadReference, resolve
from wrenchai_language.spans import Span

from wrenchai.cli.durations import duration
from wrenchai.cli.exit_codes import REFUSED
from wrenchai.cli.input_files import as_inputs, read_inputs, with_settings
from wrenchai.cli.past_runs import PastRuns, past_runs
from wrenchai.cli.plan_page import plan_page
from wrenchai.cli.playbook_reading import Subject, subject_of
from wrenchai.cli.running import Request
from wrenchai.cli.screen import Screen


@dataclass(frozen=True, slots=True)
class DryRun:
    """All that is known of a run before it begins."""

    subject: Subject
    plan: Plan
    inputs: JsonObject
    before: PastRuns
    estimate: Estimate
    undone: list[FieldProblem]

    @property
    def roles(self) -> dict[str, list[str]]:
        """Which tools each role would call."""
        used: dict[str, set[str]] = {}
        for call in calls_of(self.subject.playbook, self.subject.shelf):
            used.setdefault(call.role, set()).add(call.tool)
        return {role: sorted(tools) for role, tools in sorted(used.items())}


def dry_run(request: Request, *, as_json: bool) -> None:
    """Show it; exit code 4 where the run itself would be refused."""
    found = _looked_ahead(request)
    Screen(as_json=as_json).result(_data(found), _page(found))
    if found.undone:
        sys.exit(REFUSED)


def _looked_ahead(request: Request) -> DryRun:
    subject = subject_of(request.playbook)
    inputs = _inputs(request, subject)
    plan, before = compile_plan(subject.playbook, subject.shelf), past_runs(subject.playbook.name)
    known = Known(subject.most, before.seconds, lambda reference: _items(reference, inputs))
    return DryRun(subject, plan, inputs, before, estimate_of(plan, known), _undone(subject))


def _inputs(request: Request, subject: Subject) -> JsonObject:
    """As the gateway would take them."""
    schema = subject.playbook.inputs
    content = read_inputs(request.input_file) if request.input_file else {}
    given = with_settings(as_inputs(content, schema, request.directory), request.settings)
    checked = InputSchema(schema)
    inputs = checked.completed(given)
    if problems := checked.problems(inputs):
        raise InputRejected(problems)
    return inputs


def _items(reference: str, inputs: JsonObject) -> int | None:
    """How long the list is; None while only a step will tell."""
    try:
        value = resolve(reference, {"inputs": inputs})
    except BadReference:
        return None
    return len(value) if isinstance(value, list) else None


def _undone(subject: Subject) -> list[FieldProblem]:
    playbook, tools, shelf = subject.playbook, subject.tools, subject.shelf
    found = [(note.place, note.reason) for note in absent_notes(playbook, tools, shelf)]
    found += list(undone_notes(playbook, tools, shelf))
    return [FieldProblem(".".join(map(str, place)), reason) for place, reason in found]


def _data(found: DryRun) -> JsonObject:
    estimate = found.estimate
    return {
        "playbook": found.subject.playbook.name,
        "playbook_digest": found.subject.playbook.digest(),
        "plan_digest": found.plan.digest(),
        "plan": found.plan.model_dump(mode="json", exclude_defaults=True),
        "inputs": found.inputs,
        "roles": found.roles,
        "estimate": {
            "calls": estimate.calls._asdict(),
            "tokens": estimate.tokens._asdict(),
            "money": {end: None if of is None else of / MICROS for end, of in estimate.micros._asdict().items()},
            "seconds": estimate.seconds._asdict(),
            "usual_seconds": None if estimate.usually is None else estimate.usually._asdict(),
            "past_runs": found.before.tasks,
            "longest_way": list(estimate.way),
        },
        "refused_because": [{"field": one.field, "reason": one.reason} for one in found.undone],
    }


def _page(found: DryRun) -> RenderableType:
    table = Table.grid(padding=(0, 2, 0, 0))
    table.add_column(style="dim", no_wrap=True)
    table.add_column()
    for name, told in _facts(found).items():
        table.add_row(name, told)
    parts: list[RenderableType] = [plan_page(found.subject, found.plan), Text(), table]
    if found.undone:
        parts.append(Text("\na run would be refused before it starts:", "bold red"))
        parts += [Text(f"  {problem}") for problem in found.undone]
    return Group(*parts, Text("\nnothing was executed", "dim"))


def _facts(found: DryRun) -> Mapping[str, str]:
    estimate = found.estimate
    roles = {f"role {role}": ", ".join(tools) for role, tools in found.roles.items()}
    return roles | {
        "calls": _counted(estimate.calls),
        "tokens": _counted(estimate.tokens),
        "money": _counted(estimate.micros, unit=MICROS),
        "time, usually": _usual(found),
        "time, at most": _at_most(found),
        "longest way": " > ".join(estimate.way),
    }


def _usual(found: DryRun) -> str:
    span, tasks = found.estimate.usually, found.before.tasks
    if span is None:
        never = sorted({tool for tools in found.roles.values() for tool in tools} - found.before.seconds.keys())
        return f"unknown: no run to go by of {', '.join(never)}"
    told = duration(span.least)
    if span.most is None:
        told += " or more"
    elif duration(span.most) != told:
        told += f" to {duration(span.most)}"
    return f"{told} (medians of the last {'run' if tasks == 1 else f'{tasks} runs'})"


def _at_most(found: DryRun) -> str:
    """What ends first: every timeout of every attempt, or the deadline of the whole task."""
    deadline, most = found.plan.deadline, found.estimate.seconds.most
    if most is None:
        return f"{duration(deadline)} (the deadline; how many items there are is known only while it runs)"
    return (
        f"{duration(deadline)} (the deadline)" if most > deadline else f"{duration(most)} (every timeout and attempt)"
    )


def _counted(span: Span, *, unit: int = 1) -> str:
    if span == Span():
        return "none"
    if span.most is None:
        return f"{_number(span.least / unit)} or more"
    least, most = _number(span.least / unit), _number(span.most / unit)
    return least if least == most else f"{least} to {most}"


def _number(value: float) -> str:
    return f"{value:,.0f}" if value == int(value) else f"{value:,.2f}"
