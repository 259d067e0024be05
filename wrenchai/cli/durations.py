"""Seconds, bytes and moments as people read them."""

from datetime import datetime

_MINUTE, _HOUR, _DAY = 60, 3600, 86400
_SHORT = 10.0
_KILO = 1024.0


def duration(seconds: float) -> str:
    """`0.42 s`, `12.3 s`, `2 min 05 s`, `3 h 20 min`, `2 d 4 h`."""
    whole = round(seconds)
    if whole < _MINUTE:
        return f"{seconds:.2f} s" if seconds < _SHORT else f"{seconds:.1f} s"
    if whole < _HOUR:
        return f"{whole // _MINUTE} min {whole % _MINUTE:02d} s"
    if whole < _DAY:
        return f"{whole // _HOUR} h {whole % _HOUR // _MINUTE:02d} min"
    return f"{whole // _DAY} d {whole % _DAY // _HOUR} h"


def spent(seconds: float) -> str:
    """A duration; nothing when there was none."""
    return duration(seconds) if seconds >= 0.005 else ""  # noqa: PLR2004  # would read 0.00


def size(count: float) -> str:
    """`912 B`, `3.4 KB`, `12.0 MB`."""
    if count < _KILO:
        return f"{count:.0f} B"
    for unit in ("KB", "MB"):
        count /= _KILO
        if count < _KILO:
            return f"{count:.1f} {unit}"
    return f"{count / _KILO:.1f} GB"


def clock_time(moment: datetime) -> str:
    """The time of day here."""
    return moment.astimezone().strftime("%H:%M:%S")


def day_and_time(moment: datetime) -> str:
    """The date and time here."""
    return moment.astimezone().strftime("%Y-%m-%d %H:%M:%S")
