"""Read a CSV file once: how it is written, what is broken in it, and a sample of its rows."""

import csv
import json
import random
from collections.abc import Iterator
from pathlib import Path
from typing import Literal

from pydantic import Field
from wrenchai_contracts.evidence import Evidence

from wrenchai_journey.data_quality.report import Inspected
from wrenchai_journey.data_quality.source import NotATable, Source, rows_of, source_of, squared
from wrenchai_journey.given_files import given_file, refuse_binary
from wrenchai_journey.portfolio.checks.built_site import inside_workspace
from wrenchai_journey.portfolio.checks.report import counted
from wrenchai_journey.tool import ToolFailed, ToolRun, ToolShape, tool

INSPECTED, SAMPLE = "csv/inspected.json", "csv/sample.json"
SAMPLED = 3000
MAX_DOUBLES = 1_000_000
"""Rows are remembered by hash to find doubles; of a longer table that is not measured."""

UNCLOSED = "a quote is never closed, so quotes are taken as plain signs"
FAMILY = "csv.file"
"""Of all judges that count rows: one program reads the file, once."""

_EVERY = 20_000


class InspectInputs(ToolShape):
    """Which file, and what is known of it."""

    file: str = Field(min_length=1, max_length=1000, description="A CSV file of this machine.")
    base_directory: str | None = Field(default=None, description="Where a relative path begins.")
    delimiter: Literal[",", ";", "\t", "|"] | None = Field(default=None, description="Found out when it is not given.")
    header: bool | None = Field(default=None, description="Whether the first row has names; found out when not given.")


class InspectedFile(ToolShape):
    """How the file is written, in short; all of it and the sample lie in the workspace."""

    inspected: str = Field(description="Path in the workspace.")
    sample: str = Field(description="Path in the workspace.")
    encoding: str
    delimiter: str
    columns: int
    rows: int
    ragged: int = Field(description="Rows with too few or too many fields.")
    blank: int
    nul_bytes: int
    doubles: int | None = Field(description="Rows that were there before; null when the table is too long to tell.")
    notes: tuple[str, ...] = ()


@tool(
    name="csv.inspect",
    summary="Reads a CSV file once: encoding, delimiter, broken rows, a sample.",
    inputs=InspectInputs,
    outputs=InspectedFile,
)
def inspect(inputs: InspectInputs, run: ToolRun) -> InspectedFile:
    """Stream the file; only the sample and a hash of each row are held."""
    file = given_file(inputs.file, base=inputs.base_directory, field="file")
    refuse_binary(file, path=inputs.file, field="file")
    try:
        source = source_of(file, delimiter=inputs.delimiter, header=inputs.header)
    except NotATable as wrong:
        reason = f"file: {inputs.file!r} is no table: {wrong}"
        raise ToolFailed(reason, kind="bad_input") from wrong
    inspected, sample = _read(source, run)
    if inspected.rows == 0:
        reason = f"file: {inputs.file!r} has a header and no row below it"
        raise ToolFailed(reason, kind="bad_input")
    for fact in _facts(inspected):
        run.evidence(fact)
    _keep(inspected, sample, run)
    return InspectedFile(
        inspected=INSPECTED, sample=SAMPLE, encoding=source.encoding, delimiter=source.delimiter,
        columns=len(source.columns), rows=inspected.rows, ragged=inspected.ragged, blank=inspected.blank,
        nul_bytes=inspected.nul_bytes, doubles=inspected.doubles, notes=inspected.notes,
    )  # fmt: skip


def inspected_in(run: ToolRun, relative: str) -> Inspected:
    """What was found out before; raises ToolFailed when nothing was, or when the file is not as it was then."""
    kept = inside_workspace(run, relative)
    if not kept.is_file():
        reason = f"there is no {relative!r} in the workspace; inspect the file first with csv.inspect"
        raise ToolFailed(reason, kind="bad_input")
    inspected = Inspected.model_validate_json(kept.read_bytes())
    file = Path(inspected.source.path)
    if not file.is_file() or file.stat().st_size != inspected.bytes:
        reason = f"{file} has changed since it was inspected; run the task again"
        raise ToolFailed(reason, kind="file_changed")
    return inspected


def _keep(inspected: Inspected, sample: list[list[str]], run: ToolRun) -> None:
    place = run.workspace / SAMPLE
    place.parent.mkdir(exist_ok=True)
    place.write_text(json.dumps(sample), encoding="utf-8")
    (run.workspace / INSPECTED).write_text(inspected.model_dump_json(), encoding="utf-8")


def _read(source: Source, run: ToolRun) -> tuple[Inspected, list[list[str]]]:
    try:
        return _counted(source, (), run)
    except csv.Error:
        return _counted(source.model_copy(update={"quoted": False}), (UNCLOSED,), run)


def _counted(source: Source, notes: tuple[str, ...], run: ToolRun) -> tuple[Inspected, list[list[str]]]:
    width, sample, seen = len(source.columns), _Sample(), set[int]()
    rows = ragged = blank = undecodable = 0
    for row in _told(rows_of(source), run):
        if not row:
            blank += 1
            continue
        rows += 1
        ragged += len(row) != width
        undecodable += sum(field.count("\ufffd") for field in row)
        sample.offer(squared(row, width))
        if rows <= MAX_DOUBLES:
            seen.add(hash(tuple(row)))
    file = Path(source.path)
    return Inspected(
        source=source, bytes=file.stat().st_size, rows=rows, ragged=ragged, blank=blank, nul_bytes=_nuls(file, source),
        undecodable=undecodable, doubles=rows - len(seen) if rows <= MAX_DOUBLES else None, notes=notes,
    ), sample.rows  # fmt: skip


class _Sample:
    """A fair sample of rows whose number is not known before (Vitter's algorithm R), by a fixed seed."""

    def __init__(self) -> None:
        self.rows: list[list[str]] = []
        self._chance, self._offered = random.Random(0), 0  # noqa: S311  # a fixed seed, no secret

    def offer(self, row: list[str]) -> None:
        """Take the row, perhaps, in the place of another."""
        self._offered += 1
        if len(self.rows) < SAMPLED:
            self.rows.append(row)
        elif (place := int(self._chance.random() * self._offered)) < SAMPLED:
            self.rows[place] = row


def _told(rows: Iterator[list[str]], run: ToolRun) -> Iterator[list[str]]:
    for number, row in enumerate(rows, start=1):
        if number % _EVERY == 0:
            run.progress(0.5, f"{number} rows read")
        yield row


def _nuls(file: Path, source: Source) -> int:
    """NUL bytes, which have no place in a text; UTF-16 has them for its own reasons."""
    if source.encoding == "utf-16":
        return 0
    with file.open("rb") as opened:
        return sum(chunk.count(0) for chunk in iter(lambda: opened.read(1 << 20), b""))


def _facts(inspected: Inspected) -> Iterator[Evidence]:
    rows, ragged, doubles = inspected.rows, inspected.ragged, inspected.doubles
    yield Evidence(
        judge="csv.shape", dimension="shape", passed=rows - ragged, tried=rows, scale="tests", family=FAMILY,
        summary=f"{counted(rows, 'row')}, {ragged} with too few or too many fields, {inspected.nul_bytes} NUL bytes",
    )  # fmt: skip
    if doubles is None:
        reason = f"not measured: more than {MAX_DOUBLES} rows"
        yield Evidence(judge="csv.doubles", dimension="uniqueness", passed=0, tried=0, summary=reason)
    else:
        yield Evidence(
            judge="csv.doubles", dimension="uniqueness", passed=rows - doubles, tried=rows, scale="tests",
            family=FAMILY, summary=f"{counted(rows, 'row')}, {doubles} there before",
        )  # fmt: skip
