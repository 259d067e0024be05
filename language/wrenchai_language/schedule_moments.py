"""The moments of a schedule, in UTC. Pure.

Where clocks are set forward or back, a cron whose hour is named (`30 2 * * *`) comes once for each time of the day: a
time that does not exist comes with the first minute that does, a time that exists twice comes the first time. A cron
whose hour begins with `*` comes as often as such an hour passes: a repeated one counts twice, a missing one not at all.
"""

from collections.abc import Iterator
from datetime import UTC, datetime, timedelta
from hashlib import sha256
from itertools import chain
from zoneinfo import ZoneInfo

from cronsim import CronSim
from wrenchai_contracts.events import Schedule

_MINUTE = timedelta(minutes=1)
_WINDOWS = (timedelta(hours=1), timedelta(days=1), timedelta(days=32), timedelta(days=367), timedelta(days=51 * 366))
_HOUR = 1


def next_moments(schedule: Schedule, after: datetime, until: datetime) -> Iterator[datetime]:
    """Every moment later than `after` and not later than `until`, in order."""
    for moment in moments(schedule, after):
        if moment > until:
            return
        yield moment


def next_moment(schedule: Schedule, after: datetime) -> datetime | None:
    """The first moment later than `after`; None if there is none within fifty years."""
    return next(moments(schedule, after), None)


def last_moment(schedule: Schedule, after: datetime, until: datetime) -> datetime | None:
    """The last moment later than `after` and not later than `until`; found without counting all between them."""
    for window in _WINDOWS:
        start = max(after, until - window)
        *_, last = chain([None], next_moments(schedule, start, until))
        if last is not None or start == after:
            return last
    return None


def moments(schedule: Schedule, after: datetime) -> Iterator[datetime]:
    """Every moment later than `after`, in order, until there is none within fifty years."""
    zone = ZoneInfo(schedule.zone)
    by_the_clock = not schedule.cron.split()[_HOUR].startswith("*")
    found = _by_the_clock(schedule.cron, zone, after) if by_the_clock else _as_they_pass(schedule.cron, zone, after)
    last = after
    for moment in found:
        if moment > last:
            last = moment
            yield moment


def put_off(schedule: Schedule, name: str, due: datetime) -> datetime:
    """When the moment `due` is acted on: later by a part of `jitter` that name and moment decide, the same for all."""
    if not schedule.jitter:
        return due
    drawn = int.from_bytes(sha256(f"{name} {due.isoformat()}".encode()).digest()[:7]) / 2**56
    return due + timedelta(seconds=schedule.jitter * drawn)


def _as_they_pass(cron: str, zone: ZoneInfo, after: datetime) -> Iterator[datetime]:
    return (moment.astimezone(UTC) for moment in CronSim(cron, after.astimezone(zone)))


def _by_the_clock(cron: str, zone: ZoneInfo, after: datetime) -> Iterator[datetime]:
    for wall in CronSim(cron, after.astimezone(zone).replace(tzinfo=None)):
        yield _first_that_exists(wall, zone)


def _first_that_exists(wall: datetime, zone: ZoneInfo) -> datetime:
    while True:
        moment = wall.replace(tzinfo=zone, fold=0).astimezone(UTC)
        if moment.astimezone(zone).replace(tzinfo=None, fold=0) == wall:
            return moment
        wall += _MINUTE
