"""What is wrong with a playbook's file, and what is to be known of it, each as `file:line:column`."""

import sys
from pathlib import Path

from rich.text import Text
from wrenchai_contracts.catalogue_views import PlaybookProblem, PlaybookVerdict
from wrenchai_contracts.errors import FieldProblem, PlaybookRejected

from wrenchai.cli.exit_codes import FAILED
from wrenchai.cli.located import located
from wrenchai.cli.playbook_reading import from_file
from wrenchai.cli.screen import Screen


def check_here(file: Path, *, as_json: bool) -> None:
    """`wrenchai playbook check`: nothing need run; exit code 1 when something is wrong."""
    show_verdict(file, verdict_on(file), as_json=as_json)


def show_verdict(file: Path, verdict: PlaybookVerdict, *, as_json: bool) -> None:
    """The verdict, and the exit code that says it; each thing stays on one line, however long, for those who grep."""
    screen = Screen(as_json=as_json)
    if as_json:
        screen.line(verdict)
    else:
        for line in shown(file, verdict):
            screen.people.print(line, soft_wrap=True)
    if not verdict.valid:
        sys.exit(FAILED)


def verdict_on(file: Path) -> PlaybookVerdict:
    """Whether it is right, as far as this machine knows."""
    try:
        subject = from_file(file)
    except PlaybookRejected as rejected:
        return PlaybookVerdict(valid=False, problems=tuple(map(_place, rejected.problems)))
    return PlaybookVerdict(valid=True, digest=subject.playbook.digest(), notes=tuple(map(_place, subject.notes)))


def shown(file: Path, verdict: PlaybookVerdict) -> list[Text]:
    """A line for each thing, by which editors can jump; how many there are, on the last."""
    problems = [Text(located(str(file), place)) for place in verdict.problems]
    notes = [Text(located(str(file), place, "note"), "dim") for place in verdict.notes]
    if problems:
        wrong = "1 thing is wrong" if len(problems) == 1 else f"{len(problems)} things are wrong"
        return [*problems, Text(f"{file}: {wrong}", "bold red")]
    noted = f"; {len(notes)} notes" if len(notes) > 1 else "; 1 note" if notes else ""
    return [*notes, Text(f"{file}: nothing is wrong{noted}", "green")]


def _place(problem: FieldProblem) -> PlaybookProblem:
    return PlaybookProblem(field=problem.field, reason=problem.reason, line=problem.line, column=problem.column)
