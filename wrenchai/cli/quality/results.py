"""`wrenchai quality show` and `explain`: how results of one task were judged, and what it waited for."""

from collections.abc import Iterator

from rich.console import Console, Group, RenderableType
from rich.table import Table
from rich.text import Text
from wrenchai_contracts.judgement_views import BottlenecksView, EvaluationView, TaskQualityView
from wrenchai_contracts.judging import ACTIONS, percent

from wrenchai.cli.connecting import connect
from wrenchai.cli.durations import day_and_time, duration
from wrenchai.cli.plain_text import told
from wrenchai.cli.quality.drawing import (
    bar,
    between,
    curve,
    facts_table,
    folded,
    losses,
    measured,
    table_of,
)
from wrenchai.cli.quality_facts import UNCALIBRATED, decision_line
from wrenchai.cli.screen import Screen

_WHOLE = "the whole"
_MOST_STEPS = 8
_LEAST_SAVED = 0.01
_LEAST_SECONDS = 0.02


def show_task(task_id: str, *, as_json: bool) -> None:
    """`wrenchai quality show`."""
    screen = Screen(as_json=as_json)
    with connect() as client:
        found = client.task_quality(task_id)
    screen.result(found, task_page(found, screen.people))


def explain(evaluation: str, go: int | None, *, as_json: bool) -> None:
    """`wrenchai quality explain`: of a task, or of one of its steps as `TASK/STEP`."""
    screen = Screen(as_json=as_json)
    task_id, _, step = evaluation.partition("/")
    with connect() as client:
        found = client.explain(task_id, step or None, go=go)
    screen.result(found, explanation(found, screen.people))


def task_page(found: TaskQualityView, console: Console) -> RenderableType:
    """Everything that was judged in one task."""
    parts = [*_results(found, console), *_rounds(found, console), *_contests(found, console), *_choices(found)]
    if not parts:
        parts = [Text(f"nothing of {found.task_id} was judged yet", "yellow")]
    if found.bottlenecks is not None:
        parts += [Text(), _bottlenecks(found.bottlenecks)]
    return Group(*parts)


def _results(found: TaskQualityView, console: Console) -> Iterator[RenderableType]:
    if not found.evaluations:
        return
    table = table_of("result", "P", "90 %", "0 to 1", "decision", "", folds=("result", ""))
    for one in found.evaluations:
        interval = Text(between(one.interval)), bar(one.interval, one.quality, console)
        table.add_row(_name(one), Text(percent(one.quality), "bold"), *interval, _decided(one), _notes(one))
    yield table
    for one in found.evaluations:
        yield Text()
        yield Text(f"{_name(one)}: {decision_line(one.reasons)}")
        yield from (told(f"rule: {rule}", "yellow") for rule in one.rules)
        if one.evidence:
            yield told(one.line, "dim")
        yield from (_anomaly(one) if one.anomalies else ())
        yield Text(f"wrenchai quality explain {_address(one)}", "dim")


def _name(one: EvaluationView) -> str:
    return (one.step or _WHOLE) + (f" ({one.go})" if one.go > 1 else "")


def _address(one: EvaluationView) -> str:
    return one.task_id + (f"/{one.step}" if one.step else "")


def _decided(one: EvaluationView) -> str:
    asked = f" ({one.asks})" if one.asks else ""
    return ACTIONS.get(one.decision, one.decision) + asked


def _notes(one: EvaluationView) -> Text:
    """What people said, or that they are asked; what nobody measured."""
    said = [f"{word.by}: {word.verdict}, {percent(word.before)} -> {percent(word.after)}" for word in one.words]
    asked = ["a person is asked"] if one.audit is not None and one.audit.drawn and not said else []
    unseen = [f"not measured: {', '.join(one.not_measured)}"] if one.not_measured else []
    return told("; ".join([*said, *asked, *unseen]), "yellow")


def _anomaly(one: EvaluationView) -> Iterator[Text]:
    for strange in one.anomalies:
        used, usual = measured(strange.measure, strange.value), measured(strange.measure, strange.usual)
        said = f"{strange.step} ({strange.tool}) used {used} where {usual} is usual; chance {strange.tail:.1g}"
        yield told(f"unusual: {said}", "yellow")


def _rounds(found: TaskQualityView, console: Console) -> Iterator[RenderableType]:
    if not found.rounds:
        return
    table = table_of("loop", "round", "P", "", "another is better")
    for one in found.rounds:
        shown = bar(one.interval, one.quality, console), f"{percent(one.improves)} (by {one.delta:g})"
        table.add_row(one.step, str(one.round), percent(one.quality), *shown)
    yield from (Text(), table)


def _contests(found: TaskQualityView, console: Console) -> Iterator[RenderableType]:
    for contest in found.contests:
        table = table_of("contest", "entry", "P", "", "is best")
        for name, one in sorted(contest.standings.items(), key=lambda item: -item[1].best):
            won = Text(name, "bold green" if name == contest.winner else "")
            shown = percent(one.probability), bar(one.interval, one.probability, console), percent(one.best)
            table.add_row(contest.step, won, *shown)
        yield from (Text(), table)


def _choices(found: TaskQualityView) -> Iterator[RenderableType]:
    for choice in found.choices:
        offered = ", ".join(
            f"{name} {percent(chance.expected)} (drawn with {percent(chance.probability)})"
            for name, chance in choice.chances.items()
        )
        even = ", evenly, so that nobody is forgotten" if choice.explored else ""
        yield Text()
        yield told(f"{choice.step}: {', '.join(choice.chosen)} was drawn{even}; offered were {offered}")


def _bottlenecks(told_: BottlenecksView) -> Table:
    """What it waited for; steps that took no time, or never held it up, are left out."""
    title = f"critical path: {duration(told_.working)} working, {duration(told_.waiting)} waiting"
    table = table_of(title, *_FIGURES, right=_FIGURES, folds=(title,))
    for one in told_.steps[:_MOST_STEPS]:
        if one.critical <= 0.0 or one.working + one.waiting < _LEAST_SECONDS:
            continue
        saved = (duration(value) if value >= _LEAST_SAVED else "" for value in (one.saved, one.saved_waiting))
        name = one.journey if one.step in {"", one.journey} else f"{one.journey} {one.step}"
        table.add_row(name, percent(one.critical), duration(one.working), duration(one.waiting), *saved)
    return table


_FIGURES = ("on it", "worked", "waited", "quicker saves", "no wait saves")


# --- one judgement ---------------------------------------------------------------------------------------


def explanation(one: EvaluationView, console: Console) -> RenderableType:
    """The line of signed terms, and behind it every term."""
    facts = facts_table()
    for name, shown in _facts(one, console):
        facts.add_row(name, shown)
    parts: list[RenderableType] = [facts]
    if one.terms:
        parts += [Text(), _terms(one)]
    if one.evidence:
        parts += [Text(), _evidence(one)]
    return Group(*parts)


def _facts(one: EvaluationView, console: Console) -> Iterator[tuple[str, RenderableType]]:
    yield "result", Text(f"{one.step or _WHOLE} of {one.task_id}", "bold")
    yield "judged", Text(f"{day_and_time(one.at)}, position {one.position}, by {one.model}")
    shown = (f"{percent(one.quality)} ", "bold"), f"{between(one.interval)} ", bar(one.interval, one.quality, console)
    yield "P", Text.assemble(*shown)
    if one.density is not None:
        yield "before", Text(curve(one.density.prior, console), "dim")
        yield "after", Text(curve(one.density.posterior, console), "cyan")
    if one.line:
        yield "how", told(one.line)
    yield from _decision(one)
    for word in one.words:
        yield "people said", told(f"{word.verdict} ({word.by}): {percent(word.before)} -> {percent(word.after)}")
    yield from _known(one)


def _decision(one: EvaluationView) -> Iterator[tuple[str, RenderableType]]:
    """What could be done at which loss, what was, and what had a say in it besides."""
    for place, (action, loss) in enumerate(losses(one.losses, one.decision)):
        yield "" if place else "losses", Text.assemble(loss, f"  {action}")
    if one.another_go is not None:
        yield "", Text.assemble(f"{one.another_go:.2f}", ("  do it once more: needs `quality` at a step", "dim"))
    yield "decision", Text(_decided(one), "bold")
    for rule in one.rules:
        yield "rule", told(rule, "yellow")
    if one.parts:
        yield "made of", told(", ".join(f"{path} {percent(part.probability)}" for path, part in one.parts.items()))
    if one.not_measured:
        yield "not measured", told(", ".join(one.not_measured), "yellow")


def _known(one: EvaluationView) -> Iterator[tuple[str, RenderableType]]:
    """From what state of knowledge it was judged, and at which costs."""
    if not one.calibrated:
        yield "calibrated", Text(UNCALIBRATED, "yellow")
    if one.costs is not None:
        costs = one.costs
        yield "costs", Text(f"false accept {costs.false_accept:g}, retry {costs.retry:g}, human {costs.human:g}")
    if one.state_before and one.state_after:
        yield "known before", Text(one.state_before[:12], "dim")
        yield "and after", Text(one.state_after[:12], "dim")


def _terms(one: EvaluationView) -> Table:
    table = table_of("whose work", "logit", "moves P by", right=("logit", "moves P by"), folds=("whose work",))
    for term in one.terms:
        moved = percent(term.points) if term.name == "base" else f"{100 * term.points:+.1f} points"
        table.add_row(folded(term.name), f"{term.logit:+.2f}" if term.logit else "", moved)
    return table


def _evidence(one: EvaluationView) -> Table:
    names = ("judge", "family", "dimension", "says", "counts", "moves the odds by")
    table = table_of(*names, right=names[-2:], folds=names[:3])
    for said in one.evidence:
        levels = ("failed", "passed") if said.scale == "check" else tuple(map(str, range(1, said.levels + 1)))
        often = f" x{said.times}" if said.times > 1 else ""
        level = levels[said.level] if said.scale == "check" else f"{levels[said.level]} of {said.levels}"
        shown = folded(said.judge), folded(said.family), folded(said.dimension), level + often, f"{said.weight:.0%}"
        table.add_row(*shown, Text(f"{said.decibans:+.1f} dB", "green" if said.decibans > 0 else "red"))
    return table
