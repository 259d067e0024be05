"""Read a log file once, line by line, and keep what an analysis needs."""

from collections.abc import Iterator
from datetime import UTC, datetime
from pathlib import Path

from pydantic import Field
from wrenchai_contracts.evidence import Evidence

from wrenchai_journey.given_files import given_file, refuse_binary
from wrenchai_journey.incident.analysis import moment
from wrenchai_journey.incident.log_lines import Reading, entries_in
from wrenchai_journey.incident.log_summary import Summary, summary_of
from wrenchai_journey.portfolio.checks.report import counted
from wrenchai_journey.tool import ToolFailed, ToolRun, ToolShape, tool

SUMMARY = "incident/summary.json"
_EVERY = 50_000
_FAMILY = "incident.log"
"""Of what is said about the log: one program reads it, once."""

_WIDE = (b"\xff\xfe", b"\xfe\xff")


class LogInputs(ToolShape):
    """Which log."""

    log: str = Field(min_length=1, max_length=1000, description="A log file of this machine.")
    base_directory: str | None = Field(default=None, description="Where a relative path begins.")
    year: int | None = Field(
        default=None, ge=1970, le=9999, description="Of the first line, where times have no year; else the file's own."
    )


class LogRead(ToolShape):
    """What the log is made of; the summary lies in the workspace."""

    name: str
    summary: str
    lines: int
    entries: int
    continued: int = Field(description="Lines that go on from an entry, as traces do.")
    unread: int = Field(description="Lines that belong to no entry.")
    levels: dict[str, int]
    formats: dict[str, int]
    begins: str | None
    ends: str | None


@tool(
    name="incident.read_log",
    summary="Reads a log file: ISO times, syslog or JSON lines.",
    inputs=LogInputs,
    outputs=LogRead,
)
def read_log(inputs: LogInputs, run: ToolRun) -> LogRead:
    """Stream the file; what is kept grows with the kinds of messages, not with their number."""
    file = given_file(inputs.log, base=inputs.base_directory, field="log")
    refuse_binary(file, path=inputs.log, field="log")
    year = inputs.year or datetime.fromtimestamp(file.stat().st_mtime, UTC).year
    reading = Reading()
    summary = summary_of(entries_in(_lines(file, run), reading, year=year))
    if summary.entries == 0:
        reason = (
            f"log: none of the {reading.lines} lines of {inputs.log!r} is an entry of a known format: "
            "JSON lines, lines that begin with an ISO time, or syslog"
        )
        raise ToolFailed(reason, kind="bad_input")
    for fact in _facts(summary, reading):
        run.evidence(fact)
    place = run.workspace / SUMMARY
    place.parent.mkdir(exist_ok=True)
    place.write_text(summary.model_dump_json(), encoding="utf-8")
    return LogRead(
        name=file.name, summary=SUMMARY, lines=reading.lines, entries=summary.entries, continued=reading.continued,
        unread=reading.unread, levels=summary.levels, formats=summary.formats,
        begins=moment(summary.begins), ends=moment(summary.ends),
    )  # fmt: skip


def _lines(file: Path, run: ToolRun) -> Iterator[str]:
    with file.open("rb") as opened:
        encoding = "utf-16" if opened.read(2) in _WIDE else "utf-8-sig"
    with file.open(encoding=encoding, errors="replace") as opened_as_text:
        for number, line in enumerate(opened_as_text, start=1):
            if number % _EVERY == 0:
                run.progress(0.5, f"{number} lines read")
            yield line


def _facts(summary: Summary, reading: Reading) -> Iterator[Evidence]:
    read = reading.lines - reading.unread
    yield Evidence(
        judge="incident.lines", dimension="reading", passed=read, tried=reading.lines, scale="tests",
        family=_FAMILY, summary=f"{counted(reading.lines, 'line')}, {reading.unread} that belong to no entry",
    )  # fmt: skip
    yield Evidence(
        judge="incident.times", dimension="times", passed=summary.dated, tried=summary.entries, scale="tests",
        family=_FAMILY, summary=f"{summary.dated} of {summary.entries} entries have a time",
    )  # fmt: skip
