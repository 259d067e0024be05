"""What is wrong with a schedule, so that whoever sets it is told at once. Pure."""

from datetime import datetime
from zoneinfo import ZoneInfo, ZoneInfoNotFoundError

from cronsim import CronSim, CronSimError
from wrenchai_contracts.errors import FieldProblem
from wrenchai_contracts.events import Schedule

_FIELDS = 5
_ANY_TIME = datetime(2000, 1, 1)  # noqa: DTZ001  # a wall clock's time: calendars repeat after 28 years
_LONGEST = 400 * 86400


def wrong_with(schedule: Schedule) -> list[FieldProblem]:
    """Every problem that its own fields show; whether its playbook exists and takes its inputs is another question."""
    problems = (_cron_problem(schedule.cron), _zone_problem(schedule.zone), _window_problem(schedule.catch_up))
    return [problem for problem in problems if problem is not None]


def _cron_problem(cron: str) -> FieldProblem | None:
    fields = len(cron.split())
    if fields != _FIELDS:
        reason = f"a cron has five fields (minute, hour, day of month, month, day of week), not {fields}"
        return FieldProblem("cron", reason)
    try:
        first = next(CronSim(cron, _ANY_TIME), None)
    except CronSimError as problem:
        return FieldProblem("cron", f"{cron!r} is no cron: {str(problem)[:1].lower()}{str(problem)[1:]}")
    return None if first else FieldProblem("cron", f"{cron!r} never comes")


def _zone_problem(zone: str) -> FieldProblem | None:
    try:
        ZoneInfo(zone)
    except (ZoneInfoNotFoundError, ValueError, OSError):
        return FieldProblem("zone", f"{zone!r} is no time zone; write for example UTC or Europe/Vienna")
    return None


def _window_problem(catch_up: float) -> FieldProblem | None:
    if 0 <= catch_up <= _LONGEST:
        return None
    return FieldProblem("catch_up", f"it must be between 0 and 400 days, not {catch_up:g} seconds")
