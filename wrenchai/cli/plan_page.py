"""A plan as people look at it: a tree of steps, each with its type, role, tool, and what is to be known of it."""

from rich.console import Group, RenderableType
from rich.table import Table
from rich.text import Text
from rich.tree import Tree
from wrenchai_contracts.errors import FieldProblem
from wrenchai_contracts.judging import Costs
from wrenchai_contracts.plan import Plan
from wrenchai_language.plan_tree import Line, limits_in_words, tree_of

from wrenchai.cli.durations import duration
from wrenchai.cli.plain_text import harmless
from wrenchai.cli.playbook_reading import Subject

_DIGEST = 12


def plan_page(subject: Subject, plan: Plan) -> RenderableType:
    """What a playbook becomes, from the outside in."""
    root = Tree(_head(subject, plan), guide_style="dim")
    for line in tree_of(plan):
        _grow(root, line)
    return root


def notes_page(notes: tuple[FieldProblem, ...], *, legacy: bool) -> RenderableType:
    """What is to be known of it; of an old layout, what became of each field."""
    title = "written in the layout of the first WrenchAI, and mapped to:" if legacy else "to be known:"
    table = Table.grid(padding=(0, 2, 0, 0))
    table.add_column(style="dim", justify="right", no_wrap=True)
    table.add_column(style="cyan", no_wrap=True)
    table.add_column()
    for note in notes:
        place = f"{note.line}:{note.column}" if note.line is not None else ""
        table.add_row(place, harmless(note.field), Text(harmless(note.reason)))
    return Group(Text(f"\n{title}", "bold"), table)


def _head(subject: Subject, plan: Plan) -> Text:
    playbook = subject.playbook
    steps = sum(1 for line in tree_of(plan) for _ in line.all())
    limits = limits_in_words(plan.budget)
    facts = [
        "1 step" if steps == 1 else f"{steps} steps",
        f"ends within {duration(plan.deadline)}",
        f"accepted from {_pays_from(plan.weights):.3g}",
        *([f"spends {limits} at most"] if limits else []),
        f"plan {plan.digest()[:_DIGEST]}",
    ]
    head = Text.assemble((playbook.name, "bold"), f" {harmless(playbook.version)}", (f"  {subject.origin}", "dim"))
    if playbook.description:
        head.append(f"\n{harmless(playbook.description)}")
    return head.append("\n" + " · ".join(facts), "dim")


def _pays_from(costs: Costs) -> float:
    """The probability from which on accepting costs less than to have a person look."""
    return max(0.0, 1.0 - costs.human / costs.false_accept) if costs.false_accept else 0.0


def _grow(tree: Tree, line: Line) -> None:
    branch = tree.add(_label(line))
    for part in line.inside:
        inner = branch.add(Text(harmless(part.title), "italic dim")) if _is_said(line, part.title) else branch
        for below in part.lines:
            _grow(inner, below)


def _is_said(line: Line, title: str) -> bool:
    """Steps of a process need no word between; competitors and judge do, and what is only done if it is needed."""
    several = len(line.inside) > 1 or title.startswith("for each")
    return several or line.type in {"work_in_parallel", "playbook", "standard"}


def _label(line: Line) -> Text:
    label = Text.assemble((line.id, "bold"), ("  " + line.type, "dim"))
    if line.tool:
        label.append(f"  {line.tool}", "cyan")
    if line.role:
        label.append(f"  by {line.role}")
    after = [f"after {', '.join(line.after)}"] if line.after else []
    condition = [f"only if {line.when}"] if line.when is not None else []
    facts = " · ".join(map(harmless, (*after, *condition, *line.facts)))
    return label.append(f"\n{facts}", "dim") if facts else label
