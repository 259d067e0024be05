"""Reading log lines of several formats into entries; what fits none goes on from the entry before. Pure."""

import json
import re
from collections.abc import Iterable, Iterator
from dataclasses import dataclass, replace
from datetime import UTC, datetime
from typing import Any, Literal

Level = Literal["error", "warning", "info"]
Format = Literal["json", "iso", "syslog"]

_ISO = re.compile(
    r"^(?:(?P<before>[\w.-]{1,60})\s+\|\s+|\[\d+\]\s+|\W)?"
    r"(?P<at>\d{4}[-/]\d{2}[-/]\d{2}[T ]\d{2}:\d{2}:\d{2}(?:[.,]\d{1,9})?)"
    r"\s?(?P<zone>Z|UTC|[+-]\d{2}:?\d{2})?\]?\s+(?P<rest>.*)$"
)
_SYSLOG_NEW = re.compile(
    r"^<(?P<pri>\d{1,3})>1 (?P<at>\S+) \S+ (?P<component>\S+) \S+ \S+ (?:-|\[.*?\])\s?(?P<message>.*)$"
)
_SYSLOG_OLD = re.compile(
    r"^(?:<(?P<pri>\d{1,3})>)?(?P<at>[A-Z][a-z]{2} [ \d]\d \d{2}:\d{2}:\d{2}) \S+ "
    r"(?P<component>[^\s:\[]+)(?:\[\d+\])?: (?P<message>.*)$"
)
_LEVEL = re.compile(
    r"(?<![\w-])(?P<error>ERROR|ERR|FATAL|CRITICAL|CRIT|SEVERE|ALERT|EMERG|PANIC|FTL)(?![\w-])"
    r"|(?<![\w-])(?P<warning>WARNING|WARN|WRN)(?![\w-])"
    r"|(?<![\w-])(?P<info>INFO|INF|NOTICE|DEBUG|DBG|TRACE|TRC|FINE|LOG)(?![\w-])"
)
_LEVEL_IN_BRACKETS = re.compile(
    r"\[(?:(?P<error>error|crit|alert|emerg)|(?P<warning>warn)|(?P<info>notice|info|debug))\]"
)
"""As nginx and Apache write it."""

_COMPONENT = re.compile(
    r"^[\s:|-]*(?:\[(?P<bracketed>[^\]]{1,80})\]|(?P<named>[A-Za-z_][\w./-]{0,60})(?:\[\d+\])?:(?=\s))[\s:|-]*"
)
_NUMBERED = re.compile(r"[-_#:]?\d+(?:#\d+)?$")
"""Numbers of processes and threads are no part of a component's name."""

_TROUBLE = re.compile(
    r"(?<![\w-])(error|fail(ed|ure)?|fatal|panic|exception|refused|denied|out of memory|killed|segfault)(?![\w-])",
    re.IGNORECASE,
)
_THROWN = re.compile(
    r"^(?:Caused by: )?(?:[\w$]+\.)*(?P<name>\w*(?:Error|Exception|Interrupt))\b(?::\s*(?P<text>.*))?$"
)
_LONGEST = 8000
_LEVEL_WITHIN = 80
_TIME_KEYS = ("time", "timestamp", "ts", "@timestamp", "datetime", "date")
_LEVEL_KEYS = ("level", "severity", "lvl", "levelname", "log.level")
_TEXT_KEYS = ("message", "msg", "event", "text", "error")
_COMPONENT_KEYS = ("logger", "component", "service", "name", "app", "module")
_MONTHS = ("Jan", "Feb", "Mar", "Apr", "May", "Jun", "Jul", "Aug", "Sep", "Oct", "Nov", "Dec")
_HALF_A_YEAR = 183 * 86400
_MILLISECONDS_FROM = 1e11
_SYSLOG_ERROR, _SYSLOG_WARNING = 3, 4


@dataclass(frozen=True, slots=True)
class Entry:
    """One thing that was logged: `at` in seconds since 1970 (UTC unless the log says otherwise), None if not told."""

    line: int
    at: float | None
    level: Level
    component: str
    message: str
    written: Format


@dataclass(slots=True)
class Reading:
    """What was read besides entries: lines in all, those that went on from an entry, those that belong to none."""

    lines: int = 0
    continued: int = 0
    unread: int = 0


def entries_in(lines: Iterable[str], reading: Reading, *, year: int) -> Iterator[Entry]:
    """Every entry in turn. `year` is that of the first line in logs whose times have none; it goes on at New Year."""
    years = _Years(year)
    held: Entry | None = None
    for number, line in enumerate(lines, start=1):
        reading.lines += 1
        text = line.rstrip("\r\n")[:_LONGEST]
        entry = _entry(number, text, years)
        if entry is not None:
            if held is not None:
                yield held
            held = entry
        elif not text.strip():
            continue
        elif held is None:
            reading.unread += 1
        else:
            reading.continued += 1
            held = _going_on(held, text)
    if held is not None:
        yield held


def _entry(number: int, text: str, years: "_Years") -> Entry | None:
    if text.startswith("{"):
        return _of_json(number, text)
    if found := _ISO.match(text):
        return _of_iso(number, found)
    if found := _SYSLOG_NEW.match(text):
        return _of_syslog(number, found, _moment(found["at"]))
    if found := _SYSLOG_OLD.match(text):
        return _of_syslog(number, found, years.moment(found["at"]))
    return None


def _going_on(held: Entry, text: str) -> Entry:
    """What was thrown is told at the end of its trace; the last one counts, and makes an error of the entry."""
    thrown = _THROWN.match(text.strip())
    if thrown is None:
        return held
    first = held.message.partition(" ⟶ ")[0]
    said = f"{thrown['name']}: {thrown['text']}" if thrown["text"] else thrown["name"]
    return replace(held, level="error", message=f"{first} ⟶ {said}")


def _of_json(number: int, text: str) -> Entry | None:
    try:
        said = json.loads(text)
    except (ValueError, RecursionError):
        return None
    if not isinstance(said, dict):
        return None
    message, level = str(_first(said, _TEXT_KEYS) or ""), str(_first(said, _LEVEL_KEYS) or "")
    if (error := said.get("exception") or said.get("exc_info") or said.get("stack")) and isinstance(error, str):
        message = f"{message} ⟶ {error.strip().splitlines()[-1]}" if error.strip() else message
    return Entry(
        number, _moment(_first(said, _TIME_KEYS)), _level_named(level) or _level_by_words(message),
        str(_first(said, _COMPONENT_KEYS) or "")[:80], message, "json",
    )  # fmt: skip


def _of_iso(number: int, found: re.Match[str]) -> Entry:
    rest = found["rest"]
    level = _LEVEL.search(rest[:_LEVEL_WITHIN]) or _LEVEL_IN_BRACKETS.match(rest)
    before, message = (rest[: level.start()], rest[level.end() :]) if level else ("", rest)
    component = _COMPONENT.match(message) or _COMPONENT.match(f"{before.strip(' []|:-')}: ")
    if component and message.startswith(component[0]):
        message = message[component.end() :]
    named = component["bracketed"] or component["named"] if component else found["before"] or ""
    text = message.lstrip(" ]:|-")
    return Entry(
        number, _moment(found["at"] + (found["zone"] or "")), _level_of(level) or _level_by_words(text),
        _NUMBERED.sub("", named), text, "iso",
    )  # fmt: skip


def _of_syslog(number: int, found: re.Match[str], at: float | None) -> Entry:
    message = found["message"]
    level = _LEVEL.search(message[:_LEVEL_WITHIN])
    return Entry(
        number, at, _level_by_priority(found["pri"]) or _level_of(level) or _level_by_words(message),
        found["component"], message, "syslog",
    )  # fmt: skip


class _Years:
    """Times without a year: a jump back by more than half a year is New Year."""

    def __init__(self, year: int) -> None:
        self._year, self._last = year, 0.0

    def moment(self, text: str) -> float | None:
        month, day, clock = text.split()
        try:
            hour, minute, second = (int(part) for part in clock.split(":"))
            at = datetime(self._year, _MONTHS.index(month) + 1, int(day), hour, minute, second, tzinfo=UTC).timestamp()
        except ValueError:
            return None
        if self._last - at > _HALF_A_YEAR:
            self._year, self._last = self._year + 1, 0.0
            return self.moment(text)
        self._last = at
        return at


def _moment(said: Any) -> float | None:
    """Seconds since 1970 of a number (seconds or milliseconds) or an ISO time; None for anything else."""
    if isinstance(said, bool) or said is None:
        return None
    if isinstance(said, int | float):
        return said / 1000 if said > _MILLISECONDS_FROM else float(said)
    try:
        moment = datetime.fromisoformat(str(said).strip().replace(",", ".").replace("/", "-").replace("UTC", "+00:00"))
    except ValueError:
        return None
    return (moment if moment.tzinfo else moment.replace(tzinfo=UTC)).timestamp()


def _first(said: dict[str, Any], keys: Iterable[str]) -> Any:
    return next((said[key] for key in keys if said.get(key) not in (None, "")), None)


def _level_named(name: str) -> Level | None:
    return _level_of(_LEVEL.search(name.upper()))


def _level_of(found: re.Match[str] | None) -> Level | None:
    level: Level | None = found.lastgroup if found else None  # type: ignore[assignment]  # the groups are the levels
    return level


def _level_by_priority(priority: str | None) -> Level | None:
    if priority is None:
        return None
    severity = int(priority) % 8
    return "error" if severity <= _SYSLOG_ERROR else "warning" if severity == _SYSLOG_WARNING else "info"


def _level_by_words(message: str) -> Level:
    return "error" if _TROUBLE.search(message) else "info"
