"""What people may rely on: what they asked for is done, what they forbade is not, and nobody else decided for them."""

from collections import defaultdict
from collections.abc import Iterable, Iterator, Sequence
from datetime import datetime, timedelta

from wrenchai_contracts.envelope import Recorded
from wrenchai_contracts.events import (
    TASK_ENDS,
    ApprovalDecided,
    EffectClaimed,
    EffectResolved,
    EffectSettled,
    Event,
    JourneyCancelled,
    JourneyCompleted,
    JourneyDispatched,
    JourneyFailed,
    JourneyResumed,
    PlanAborted,
    QuestionAnswered,
    RoundEnded,
    StepOpened,
    StepRepeated,
    StepRetryRequested,
    StepSettled,
    StepSkipRequested,
    TaskCancellationRequested,
    TaskCancelled,
    TaskPaused,
    TaskPrioritised,
    TaskRequested,
    TaskResumed,
    TimerFired,
)
from wrenchai_contracts.plan import action_digest
from wrenchai_contracts.shape import Path
from wrenchai_contracts.subjects import task_of
from wrenchai_journey.stops import LOOK_EVERY

from tests.simulation.outside import Outside

BOUNDARY = timedelta(seconds=2 * LOOK_EVERY)
"""So long after somebody has asked to cancel, a worker may not know yet."""

_GOES_ON = (StepOpened, StepRepeated, RoundEnded, JourneyResumed)


def disobedience(events: Iterable[Recorded], outside: Outside) -> list[str]:
    """Everything that was done against what people had asked for, or not done."""
    tasks: dict[str, list[Recorded]] = defaultdict(list)
    for recorded in events:
        tasks[task_of(recorded.stream)].append(recorded)
    found: list[str] = []
    for story in tasks.values():
        found += [*_forbidden(story), *_ignored(story), *_unapproved(story), *_effects(story, outside)]
    return found


# --- what was forbidden ----------------------------------------------------------------------------------


def _forbidden(story: Sequence[Recorded]) -> Iterator[str]:
    """Nothing begins while a task is paused, or once it is called off, but what takes back."""
    paused = called_off = False
    priority: int | None = None
    for recorded in story:
        event = recorded.event
        paused = isinstance(event, TaskPaused) or (paused and not isinstance(event, TaskResumed))
        called_off |= isinstance(event, TaskCancellationRequested)
        begins = isinstance(event, JourneyDispatched) and event.undoes is None
        if (paused or called_off) and (begins or isinstance(event, _GOES_ON)):
            yield f"{recorded.id}: {recorded.type} although the task is {'called off' if called_off else 'paused'}"
        if isinstance(event, TaskCancelled) and not called_off:
            yield f"{recorded.id}: nobody had asked to cancel it"
        if isinstance(event, TaskPrioritised):
            priority = event.priority
        if isinstance(event, JourneyDispatched) and begins and priority not in {None, event.priority}:
            yield f"{recorded.id}: its priority is {event.priority}, {priority} was asked for"


# --- what was asked for ----------------------------------------------------------------------------------


def _ignored(story: Sequence[Recorded]) -> Iterator[str]:
    """Whatever the gateway takes in leads to something, unless the task is stopped."""
    if any(isinstance(recorded.event, TaskCancellationRequested | PlanAborted) for recorded in story):
        return
    for place, recorded in enumerate(story):
        if not _is_heeded(recorded.event, [later.event for later in story[place + 1 :]]):
            yield f"{recorded.id}: {recorded.event!s:.120} led to nothing"


def _is_heeded(asked: Event, follows: Sequence[Event]) -> bool:
    match asked:
        case StepRetryRequested(step=step):
            return any(_is_repeated(event, step) or _is_over(event, step) for event in follows)
        case StepSkipRequested(step=step):
            return any(_is_over(event, step) for event in follows)
        case QuestionAnswered(step=step) | EffectResolved(step=step):
            return any(_is_over(event, step) or _goes_on(event, step) for event in follows)
        case _:
            return True


def _is_repeated(event: Event, step: Path) -> bool:
    return isinstance(event, StepRepeated) and event.step == _first_go(step)


def _is_over(event: Event, step: Path) -> bool:
    """It has an end, or what lies around it has, or the whole task."""
    match event:
        case StepSettled(step=path):
            return path == step or step.startswith((f"{path}.", f"{path}~"))
        case JourneyCompleted(journey=path) | JourneyFailed(journey=path) | JourneyCancelled(journey=path):
            return path == step
        case _:
            return isinstance(event, TASK_ENDS)


def _goes_on(event: Event, step: Path) -> bool:
    return isinstance(event, JourneyResumed) and event.journey == step


def _first_go(path: Path) -> Path:
    head, dot, last = path.rpartition(".")
    return head + dot + last.partition("~")[0]


# --- what needs somebody's word --------------------------------------------------------------------------


def _unapproved(story: Sequence[Recorded]) -> Iterator[str]:
    """Only exactly what enough people agreed to is begun; nothing that waits for a time goes on before it."""
    requester, open_waits = "", dict[Path, StepOpened]()
    said: dict[str, dict[str, ApprovalDecided]] = defaultdict(dict)
    fired: dict[Path | None, datetime] = {}
    for recorded in story:
        match recorded.event:
            case TaskRequested():
                requester = recorded.actor
            case StepOpened(step=step, type="wait") as opened:
                open_waits[step] = opened
            case ApprovalDecided(digest=digest) as decided:
                said[f"{decided.step} {digest}"].setdefault(recorded.actor, decided)
            case TimerFired(step=step, due=due):
                fired[step] = due
                if recorded.at < due:
                    yield f"{recorded.id}: it fired at {recorded.at}, and was due at {due}"
            case JourneyDispatched(journey=path, approved=str()) as dispatched:
                opened = open_waits.get(path)
                digest = opened.wait.digest if opened is not None and opened.wait is not None else None
                yield from _not_agreed(dispatched, opened, said[f"{path} {digest}"], requester)
            case StepSettled(step=step, outcome="completed") as settled:
                yield from _too_soon(settled, open_waits.pop(step, None), fired)
            case _:
                pass


def _not_agreed(
    dispatched: JourneyDispatched, opened: StepOpened | None, said: dict[str, ApprovalDecided], requester: str
) -> Iterator[str]:
    step = dispatched.steps[0]
    wait = opened.wait if opened is not None else None
    if wait is None or wait.approval is None or dispatched.approved != action_digest(step.tool, step.inputs):
        yield f"{dispatched.journey} is begun, and is not what was to be agreed to"
        return
    yes = {who for who in said if who != requester}
    if len(yes) < wait.approval.need:
        yield f"{dispatched.journey} is begun, agreed to by {sorted(yes)}, {wait.approval.need} are needed"


def _too_soon(settled: StepSettled, opened: StepOpened | None, fired: dict[Path | None, datetime]) -> Iterator[str]:
    if opened is None or opened.wait is None or opened.wait.waits_for != "time" or opened.due is None:
        return
    if fired.get(settled.step) != opened.due:
        yield f"{settled.step} waited until {fired.get(settled.step)}, and was to wait until {opened.due}"


# --- the outside -----------------------------------------------------------------------------------------


def _effects(story: Sequence[Recorded], outside: Outside) -> Iterator[str]:
    """Nothing is done outside that is not claimed, more often than the log allows, or after a boundary."""
    allowed, boundary = _allowed(story), _boundary(story)
    for recorded in story:
        match recorded.event:
            case EffectSettled(key=key, outcome="done") if not outside.has(key):
                yield f"{recorded.id}: {key} is said to be done, and is not"
            case _:
                pass
    for key, times in outside.done.items():
        if task_of(key) == story[0].stream and times > allowed.get(key, 0):
            yield f"{key} was done {times} times; by the log it may have been {allowed.get(key, 0)} times"
        if task_of(key) == story[0].stream and boundary is not None and outside.latest[key] > boundary:
            yield f"{key} was done at {outside.latest[key]}, and nothing was to be after {boundary}"


def _allowed(story: Sequence[Recorded]) -> dict[str, int]:
    """How often each effect may have been done: once for its claim, once more for each word that it was not."""
    allowed: dict[str, int] = {}
    for recorded in story:
        match recorded.event:
            case EffectClaimed(key=key):
                allowed.setdefault(key, 1)
            case EffectSettled(key=key, outcome="not_done", by="probe" | "person"):
                allowed[key] += 1
            case _:
                pass
    return allowed


def _boundary(story: Sequence[Recorded]) -> datetime | None:
    """When nothing may be done outside any more: soon after a cancellation, at once after the end."""
    moments = [one.at for one in story if isinstance(one.event, TASK_ENDS)]
    moments += [one.at + BOUNDARY for one in story if isinstance(one.event, TaskCancellationRequested)]
    return min(moments, default=None)
