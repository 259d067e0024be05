"""Reads who said what of which task: a CSV file with the columns task, judge, level and, where it is known, gold."""

import csv
from collections.abc import Iterator
from dataclasses import dataclass, field
from pathlib import Path
from typing import NamedTuple, TextIO

import numpy as np
from wrenchai_judgement.crowd import Labels

REQUIRED = ("task", "judge", "level")
GOLD = "gold"


class LabelsRejected(Exception):  # noqa: N818  # a noun with its facts
    """The file cannot be used; `line` (from 1) and `column` say where."""

    def __init__(self, line: int, column: str, reason: str) -> None:
        super().__init__(f"line {line}, column {column}: {reason}" if column else f"line {line}: {reason}")
        self.line, self.column, self.reason = line, column, reason


class LabelFile(NamedTuple):
    """Reports as numbers, the gold of some tasks, and what the numbers stand for."""

    labels: Labels
    gold: dict[int, int]
    tasks: tuple[str, ...]
    judges: tuple[str, ...]
    levels: tuple[str, ...]


class Row(NamedTuple):
    """One report; `gold` is empty where nobody knows the task's level."""

    line: int
    task: str
    judge: str
    level: str
    gold: str


@dataclass(slots=True)
class _Seen:
    """What earlier rows said, with their lines."""

    reports: dict[tuple[str, str], int] = field(default_factory=dict)
    gold: dict[str, Row] = field(default_factory=dict)

    def check(self, row: Row) -> None:
        before = self.reports.setdefault((row.task, row.judge), row.line)
        if before != row.line:
            reason = f"{row.judge} has already spoken of task {row.task}, in line {before}"
            raise LabelsRejected(row.line, "judge", reason)
        if row.gold:
            known = self.gold.setdefault(row.task, row)
            if known.gold != row.gold:
                reason = f"{row.gold} contradicts {known.gold} for task {row.task} in line {known.line}"
                raise LabelsRejected(row.line, GOLD, reason)


def read(path: Path) -> LabelFile:
    """The reports of a file. Levels are categories: any text will do, numbers need not be whole.

    Raises `LabelsRejected` where a column or a value is missing, where a judge speaks twice of one task, where gold
    contradicts itself, where there is nothing to tell apart, and where it is no CSV file in UTF-8.
    """
    try:
        with path.open(encoding="utf-8-sig", newline="") as file:
            rows = list(_rows(file))
    except UnicodeDecodeError as error:
        raise LabelsRejected(_line_of(path, error.start), "", "is not UTF-8") from error
    seen = _Seen()
    for row in rows:
        seen.check(row)
    return _numbered(rows, {task: row.gold for task, row in seen.gold.items()})


def _line_of(path: Path, byte: int) -> int:
    return path.read_bytes()[:byte].count(b"\n") + 1


def _rows(file: TextIO) -> Iterator[Row]:
    lines = csv.reader(file, strict=True)
    try:
        header = [name.strip() for name in next(lines, [])]
        _check_header(header)
        for cells in lines:
            if cells:
                yield _row(lines.line_num, header, [cell.strip() for cell in cells])
    except csv.Error as error:
        raise LabelsRejected(lines.line_num, "", str(error)) from error


def _check_header(header: list[str]) -> None:
    if not header:
        raise LabelsRejected(1, "", f"the file is empty; its first line must name {', '.join(REQUIRED)}")
    for name in REQUIRED:
        if name not in header:
            raise LabelsRejected(1, name, f"is missing; the header names {', '.join(header)}")
    for name in (*REQUIRED, GOLD):
        if header.count(name) > 1:
            raise LabelsRejected(1, name, "is named twice")


def _row(line: int, header: list[str], cells: list[str]) -> Row:
    if len(cells) > len(header):
        raise LabelsRejected(line, "", f"has {len(cells)} values, the header names {len(header)} columns")
    told = dict(zip(header, cells, strict=False))
    for name in REQUIRED:
        if not told.get(name):
            raise LabelsRejected(line, name, "is empty")
    return Row(line, told["task"], told["judge"], told["level"], told.get(GOLD, ""))


def _numbered(rows: list[Row], gold: dict[str, str]) -> LabelFile:
    levels = tuple(sorted({row.level for row in rows} | set(gold.values()), key=_by_value))
    if len(levels) < 2:  # one level tells nothing apart
        said = f"only the level {levels[0]} occurs" if levels else "there is no report"
        raise LabelsRejected(rows[-1].line if rows else 1, "level", f"{said}; judges must be able to differ")
    tasks, judges = _in_order(row.task for row in rows), _in_order(row.judge for row in rows)
    labels = Labels(
        task=np.array([tasks[row.task] for row in rows]),
        judge=np.array([judges[row.judge] for row in rows]),
        level=np.array([levels.index(row.level) for row in rows]),
        tasks=len(tasks),
        judges=len(judges),
        levels=len(levels),
    )
    known = {tasks[task]: levels.index(level) for task, level in gold.items()}
    return LabelFile(labels, known, tuple(tasks), tuple(judges), levels)


def _in_order(names: Iterator[str]) -> dict[str, int]:
    """Each name with its number, in the order in which they first occur."""
    return {name: number for number, name in enumerate(dict.fromkeys(names))}


def _by_value(level: str) -> tuple[float, str]:
    """Numbers by their value, before words."""
    try:
        return float(level), level
    except ValueError:
        return float("inf"), level
