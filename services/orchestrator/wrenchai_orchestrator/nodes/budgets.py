"""Budgets as reservations: what a call may cost at most is set aside before it, what it cost is booked after. Pure.

A journey is given what all its calls may cost; if there is less, what its first call may cost, and more when it asks.
Only while nothing else is set aside may a call begin that could cost more than is left: so a budget is never exceeded
by more than one call's known maximum, whatever runs beside it.
"""

from collections.abc import Iterator

from wrenchai_contracts.events import JourneyPaused, StepOpened, Wait
from wrenchai_contracts.paths import is_inside
from wrenchai_contracts.plan import PlannedStep
from wrenchai_contracts.shape import Path
from wrenchai_contracts.spending import NOTHING, Limits, Spending

from wrenchai_orchestrator.task import Task
from wrenchai_orchestrator.turn import Turn


class OutOfBudget(Exception):  # noqa: N818  # a noun with its facts
    """It must wait: for what others set aside (`for_others`), or until somebody allows more."""

    def __init__(self, kind: str, *, for_others: bool) -> None:
        super().__init__(kind)
        self.kind, self.for_others = kind, for_others


def reservation(turn: Turn, path: Path, steps: tuple[PlannedStep, ...]) -> Spending | None:
    """What the journey at `path` is given to begin with; None if nothing around it has a budget.

    Raises:
        OutOfBudget: not even its first call may begin now.
    """
    limits = budgets_around(turn)
    if not limits:
        return None
    whole = _sum(step.most for step in steps)
    if all(_left_for(turn.task, block, budget, path, whole) is None for block, budget in limits):
        return whole
    return _first_call(turn.task, limits, path, NOTHING, steps[0].most)


def larger_reservation(turn: Turn, path: Path, paused: JourneyPaused) -> Spending | None:
    """What a journey that has used up its reservation may spend in all; None while it must wait.

    The budgets of playbooks around it are looked up by path, because the node itself is not at hand.
    """
    running = turn.task.journeys.running[path]
    step = next(step for step in running.dispatched.steps if step.id == paused.step)
    limits = [("", turn.task.asked.budget_of(turn.plan)), *turn.task.budgets_of(path)]
    try:
        return _first_call(turn.task, [one for one in limits if one[1].any], path, paused.spent or NOTHING, step.most)
    except OutOfBudget:
        return None


def budgets_around(turn: Turn) -> list[tuple[Path, Limits]]:
    """Every budget that the node at hand counts against."""
    return [(path, limits) for path, limits in turn.limits if limits.any]


def waits_for_budget(turn: Turn, path: Path, kind: str) -> None:
    """Say that the journey at `path` cannot begin until somebody allows more. What people agreed to stays agreed."""
    title = f"the budget of {_WORDS[kind]} is used up; extend it, or cancel the task"
    wait = Wait(waits_for="budget", name=kind, title=title)
    opened = turn.task.opened.get(path)
    if opened is None:
        turn.say(StepOpened(step=path, type="wait", wait=wait))
    elif opened.event.wait is not None and opened.event.wait.waits_for == "approval":
        agreed = opened.event.wait.model_copy(update={"waits_for": "budget", "name": kind, "title": title})
        turn.say(StepOpened(step=path, type="wait", wait=agreed))


_WORDS = {"calls": "calls", "tokens": "tokens", "micros": "money", "seconds": "working seconds"}


def _first_call(
    task: Task, limits: list[tuple[Path, Limits]], path: Path, so_far: Spending, most: Spending
) -> Spending:
    wanted = so_far.plus(most)
    for block, budget in limits:
        kind = _left_for(task, block, budget, path, wanted)
        if kind is None:
            continue
        others = _others(task, block, path)
        if others.set_aside != NOTHING:
            raise OutOfBudget(kind, for_others=True)
        if _is_used_up(budget, others.spent.plus(so_far)):
            raise OutOfBudget(kind, for_others=False)
    return wanted


class _Used:
    """What others under one budget have spent, and what is set aside for those that run."""

    def __init__(self, spent: Spending, set_aside: Spending) -> None:
        self.spent, self.set_aside = spent, set_aside


def _others(task: Task, block: Path, path: Path) -> _Used:
    journeys = task.journeys
    if not block:
        spent = journeys.total
    else:
        spent = _sum(cost for name, cost in journeys.spent.items() if is_inside(name, block))
    aside = (cost for name, cost in journeys.reserved.items() if name != path and (not block or is_inside(name, block)))
    return _Used(spent, _sum(aside))


def _left_for(task: Task, block: Path, budget: Limits, path: Path, wanted: Spending) -> str | None:
    """The kind of which too little is left for `wanted`; None if there is enough of all."""
    used = _others(task, block, path)
    return budget.exceeded_by(used.spent.plus(used.set_aside).plus(wanted))


def _is_used_up(budget: Limits, spent: Spending) -> bool:
    """Whether of some kind nothing at all is left."""
    kinds = ("calls", "tokens", "micros", "seconds")
    return any((most := getattr(budget, kind)) is not None and getattr(spent, kind) >= most for kind in kinds)


def _sum(costs: Iterator[Spending]) -> Spending:
    total = NOTHING
    for cost in costs:
        total = total.plus(cost)
    return total
