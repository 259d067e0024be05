"""A CSV file as it is written: its encoding, its delimiter, its columns; rows one by one, however long the file."""

import codecs
import csv
import sys
from collections import Counter
from collections.abc import Iterable, Iterator, Sequence
from pathlib import Path

from wrenchai_contracts.shape import Frozen

from wrenchai_journey.data_quality.values import is_missing, kind_of

DELIMITERS = (",", ";", "\t", "|")
FALLBACK = "cp1252"
"""What a file is taken for that is not UTF-8; a byte that it has not either becomes a replacement sign."""

MAX_COLUMNS = 2000
LONGEST_FIELD = 1024 * 1024
_CHUNK = 1024 * 1024
_BEGINNING = 256 * 1024
_LINES = 200
_MARKS = ((codecs.BOM_UTF8, "utf-8-sig"), (codecs.BOM_UTF16_LE, "utf-16"), (codecs.BOM_UTF16_BE, "utf-16"))


class NotATable(ValueError):  # noqa: N818  # a noun with its facts
    """A file that has no rows, or more columns than a table can have."""


class Source(Frozen):
    """How a file is to be read. `quoted`: quotes are read as such; else they are plain signs."""

    path: str
    encoding: str
    delimiter: str
    columns: tuple[str, ...]
    has_header: bool
    quoted: bool = True


def encoding_of(file: Path) -> str:
    """By its byte order mark, else UTF-8 if all of it is, else Windows' Western European."""
    with file.open("rb") as opened:
        beginning = opened.read(4)
        for mark, name in _MARKS:
            if beginning.startswith(mark):
                return name
        opened.seek(0)
        decoder = codecs.getincrementaldecoder("utf-8")()
        try:
            while chunk := opened.read(_CHUNK):
                decoder.decode(chunk)
            decoder.decode(b"", final=True)
        except UnicodeDecodeError:
            return FALLBACK
    return "utf-8"


def delimiter_of(lines: Sequence[str]) -> str:
    """The sign that parts most lines into equally many fields, more than one; a comma when there is none."""
    return max(DELIMITERS, key=lambda sign: _evenness(lines, sign))


def source_of(file: Path, *, delimiter: str | None = None, header: bool | None = None) -> Source:
    """Find out how `file` is to be read.

    Raises:
        NotATable: it has no row, or too many columns.
    """
    encoding = encoding_of(file)
    with file.open(encoding=encoding, errors="replace", newline="") as opened:
        lines = opened.read(_BEGINNING).replace("\0", "").splitlines()[:_LINES]
    sign = delimiter or delimiter_of(lines)
    first = next((row for row in _parsed(lines, sign, quoted=True) if row), None)
    if first is None:
        message = "it has no row"
        raise NotATable(message)
    if len(first) > MAX_COLUMNS:
        message = f"its first row has {len(first)} columns; the most is {MAX_COLUMNS}"
        raise NotATable(message)
    has_header = _looks_like_a_header(first) if header is None else header
    return Source(
        path=str(file), encoding=encoding, delimiter=sign, columns=_names(first, has_header), has_header=has_header
    )


def rows_of(source: Source) -> Iterator[list[str]]:
    """Every row below the header, as it is written; an empty line is an empty row.

    Raises:
        csv.Error: a quote is never closed, so that a field would be longer than any field is.
    """
    csv.field_size_limit(LONGEST_FIELD if source.quoted else sys.maxsize)
    with Path(source.path).open(encoding=source.encoding, errors="replace", newline="") as opened:
        rows = _parsed(_without_nuls(opened), source.delimiter, quoted=source.quoted)
        if source.has_header:
            next((row for row in rows if row), None)
        yield from rows


def squared(row: list[str], columns: int) -> list[str]:
    """A row with as many fields as there are columns: missing ones are empty, surplus ones are cut off."""
    return row[:columns] + [""] * (columns - len(row))


def _parsed(lines: Iterable[str], delimiter: str, *, quoted: bool) -> Iterator[list[str]]:
    return csv.reader(lines, delimiter=delimiter, quoting=csv.QUOTE_MINIMAL if quoted else csv.QUOTE_NONE)


def _without_nuls(lines: Iterable[str]) -> Iterator[str]:
    return (line.replace("\0", "") if "\0" in line else line for line in lines)


def _evenness(lines: Sequence[str], sign: str) -> tuple[float, int]:
    widths = Counter(len(row) for row in csv.reader(lines, delimiter=sign) if row)
    if not widths:
        return 0.0, 0
    width, rows = max(widths.items(), key=lambda one: (one[1], one[0]))
    return (rows / widths.total() if width > 1 else 0.0), width


def _looks_like_a_header(row: Sequence[str]) -> bool:
    """Names: none empty, none twice, none a number or a date."""
    names = [name.strip() for name in row]
    return len(set(names)) == len(names) and all(not is_missing(name) and kind_of(name) == "text" for name in names)


def _names(first: Sequence[str], has_header: bool) -> tuple[str, ...]:  # noqa: FBT001  # private, and named where it is called
    """A name of its own for each column."""
    given = [" ".join(name.split())[:80] if has_header else "" for name in first]
    seen: Counter[str] = Counter()
    names = []
    for number, name in enumerate(given, start=1):
        wanted = name or f"column {number}"
        seen[wanted] += 1
        names.append(wanted if seen[wanted] == 1 else f"{wanted} ({seen[wanted]})")
    return tuple(names)
