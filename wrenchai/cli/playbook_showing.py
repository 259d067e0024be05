"""`wrenchai playbook show`: the plan of a playbook as a tree, as a Mermaid chart, or as data."""

import sys
from typing import Literal

from rich.console import Group
from wrenchai_contracts.shape import JsonObject
from wrenchai_language.compilation import compile_plan
from wrenchai_language.plan_mermaid import mermaid

from wrenchai.cli.plan_page import notes_page, plan_page
from wrenchai.cli.playbook_reading import Subject, subject_of
from wrenchai.cli.screen import Screen, json_text

Form = Literal["tree", "mermaid", "plan"]


def show_playbook(playbook: str, form: Form, *, as_json: bool) -> None:
    """The plan of a file or of a registered playbook, as it would be made now."""
    subject = subject_of(playbook)
    plan = compile_plan(subject.playbook, subject.shelf)
    if form == "mermaid" and not as_json:
        sys.stdout.write(mermaid(plan))
        return
    data = planned(subject)
    if form == "plan":
        sys.stdout.write(json_text(data) + "\n")
        return
    page = plan_page(subject, plan)
    noted = notes_page(subject.notes, legacy=subject.legacy)
    Screen(as_json=as_json).result(data, Group(page, noted) if subject.notes else page)


def planned(subject: Subject) -> JsonObject:
    """The plan as data: what is recorded when a task begins, without what is as always."""
    plan = compile_plan(subject.playbook, subject.shelf)
    return {
        "playbook": subject.playbook.name,
        "version": subject.playbook.version,
        "playbook_digest": subject.playbook.digest(),
        "digest": plan.digest(),
        "plan": plan.model_dump(mode="json", exclude_defaults=True),
        "mermaid": mermaid(plan),
        "notes": [{"field": n.field, "reason": n.reason, "line": n.line, "column": n.column} for n in subject.notes],
    }
