"""Journeys that wait for us: what each waits for, and whether it has come. Pure."""

from wrenchai_contracts.events import JourneyFailed, JourneyPaused, JourneyResumed
from wrenchai_contracts.shape import Path

from wrenchai_orchestrator.journeys import Running
from wrenchai_orchestrator.nodes.budgets import larger_reservation
from wrenchai_orchestrator.turn import Turn


def resume(turn: Turn) -> None:
    """Let every journey go on whose wait is over, and end those that nobody began in time."""
    for path, running in list(turn.task.journeys.running.items()):
        if running.paused is not None:
            _resume(turn, path, running, running.paused)
        else:
            _end_late(turn, path, running)


def _resume(turn: Turn, path: Path, running: Running, paused: JourneyPaused) -> None:
    match paused.why:
        case "paused":
            _tell(turn, path, running, JourneyResumed(journey=path))
        case "budget":
            reserved = larger_reservation(turn, path, paused)
            if reserved is not None:
                _tell(turn, path, running, JourneyResumed(journey=path, reserved=reserved))
        case "question":
            _answer(turn, path, running)
        case "in_doubt":
            _resolve(turn, path, running, paused)


def _tell(turn: Turn, path: Path, running: Running, event: "JourneyResumed | JourneyFailed") -> None:
    turn.tell(path, event, running.version + 1)


def _answer(turn: Turn, path: Path, running: Running) -> None:
    """The first answer goes to the first question, the second to the second."""
    answers = [answered for _, answered in sorted(turn.task.asked.answers.get(path, {}).items())]
    if running.answered < len(answers):
        _tell(turn, path, running, JourneyResumed(journey=path, answer=answers[running.answered].answer))


def _resolve(turn: Turn, path: Path, running: Running, paused: JourneyPaused) -> None:
    """What became of its effect, as often as it came into doubt."""
    key = paused.effect or ""
    said = [resolved for _, resolved in sorted(turn.task.asked.effects.get(key, {}).items())]
    if running.resolved[key] >= len(said):
        return
    resolved = said[running.resolved[key]]
    if resolved.resolution == "compensate":
        reason = f"its effect is to be taken back: {resolved.reason}"
        failed = JourneyFailed(journey=path, step=paused.step, reason=reason, kind="compensated", spent=paused.spent)
        _tell(turn, path, running, failed)
        return
    resumed = JourneyResumed(journey=path, resolution=resolved.resolution, output=resolved.output)
    _tell(turn, path, running, resumed)


def _end_late(turn: Turn, path: Path, running: Running) -> None:
    """A journey that no worker has begun within its `schedule_to_start` is nobody's, so it is ours to end."""
    dispatched, fired = running.dispatched, turn.task.fired.get(path)
    if fired is None or dispatched.schedule_to_start is None or not running.unbegun:
        return
    reason = f"no worker began it within {dispatched.schedule_to_start:g} s"
    failed = JourneyFailed(journey=path, step=dispatched.steps[0].id, reason=reason, kind="schedule_to_start")
    _tell(turn, path, running, failed)
