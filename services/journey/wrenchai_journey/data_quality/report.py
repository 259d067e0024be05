"""A table's quality report in Markdown; pure."""

from collections.abc import Iterator, Sequence

from wrenchai_contracts.shape import Frozen

from wrenchai_journey.data_quality.examination import Cell, Examined, Odd
from wrenchai_journey.data_quality.source import Source
from wrenchai_journey.portfolio.checks.report import counted

MAX_EXAMPLES = 20
_DELIMITERS = {"\t": "tab", " ": "space"}


class Inspected(Frozen):
    """What was counted while the file was read for the first time. `doubles` is None when it was not measured."""

    source: Source
    bytes: int
    rows: int
    ragged: int
    blank: int
    nul_bytes: int
    undecodable: int
    doubles: int | None
    notes: tuple[str, ...] = ()


class Judged(Frozen):
    """The scores of each method by each criterion, and its weighted total."""

    scores: dict[str, dict[str, float]]
    totals: dict[str, float]


def headline(inspected: Inspected, winner: Examined) -> str:
    """One sentence that says how the table stands."""
    columns = counted(len(inspected.source.columns), "column")
    odd = f"{counted(winner.odd, 'odd value')} in {counted(winner.odd_rows, 'row')} by {winner.method}"
    return f"{counted(inspected.rows, 'row')} of {columns}, {inspected.ragged} ragged; {odd}"


def markdown(
    inspected: Inspected, winner: Examined, others: Sequence[Examined], judged: Judged, agreed: Sequence[Cell]
) -> str:
    """The whole report; what only another method found is shown after what the winner found."""
    lines = [*_beginning(inspected, winner), *_columns(winner), *_contest(judged, winner)]
    lines += _examples("Odd values", winner, winner.cells, frozenset(agreed))
    for other in others:
        own = {(cell.row, cell.column) for cell in winner.cells}
        only = [cell for cell in other.cells if (cell.row, cell.column) not in own]
        lines += _examples(f"Only by {other.method}", other, only, frozenset())
    return "\n".join(lines) + "\n"


def _beginning(inspected: Inspected, winner: Examined) -> Iterator[str]:
    source = inspected.source
    yield "# Data quality"
    yield ""
    yield headline(inspected, winner) + "."
    yield ""
    delimiter = _DELIMITERS.get(source.delimiter, source.delimiter)
    yield f"- {inspected.bytes} bytes, {source.encoding}, fields parted by `{delimiter}`"
    quotes = "read" if source.quoted else "plain signs"
    yield f"- {'with' if source.has_header else 'without'} a header; quotes are {quotes}"
    yield f"- {inspected.ragged} rows with too few or too many fields, {inspected.blank} empty lines"
    yield f"- {inspected.nul_bytes} NUL bytes, {inspected.undecodable} signs that could not be decoded"
    yield f"- rows that are there twice: {'not measured' if inspected.doubles is None else inspected.doubles}"
    yield from (f"- {note}" for note in inspected.notes)


def _columns(winner: Examined) -> Iterator[str]:
    yield ""
    yield "## Columns"
    yield ""
    yield "| column | kind | missing | odd | expected |"
    yield "| --- | --- | ---: | ---: | --- |"
    for one in winner.columns:
        rule = one.rule if one.tested else f"not measured: {one.rule}"
        yield f"| {_cell(one.name)} | {one.kind} | {one.missing} | {one.odd} | {_cell(rule)} |"


def _contest(judged: Judged, winner: Examined) -> Iterator[str]:
    criteria = list(next(iter(judged.scores.values()), {}))
    yield ""
    yield "## Two methods"
    yield ""
    yield f"| method | {' | '.join(criteria)} | total |"
    yield f"| --- |{' ---: |' * (len(criteria) + 1)}"
    for name, own in judged.scores.items():
        yield f"| {name} | {' | '.join(f'{own[one]:.2f}' for one in criteria)} | {judged.totals.get(name, 0.0):.2f} |"
    yield ""
    yield f"The columns above are by `{winner.method}`."


def _examples(title: str, found: Examined, cells: Sequence[Odd], agreed: frozenset[Cell]) -> Iterator[str]:
    yield ""
    yield f"## {title}"
    yield ""
    first = sorted(cells, key=lambda one: ((one.row, one.column) not in agreed, one.row, one.column))
    for one in first[:MAX_EXAMPLES]:
        both = ", found by both methods" if (one.row, one.column) in agreed else ""
        value = one.value.replace("`", "'") or " "
        yield f"- row {one.row}, {_cell(found.columns[one.column].name)}: `{value}`{both}"
    if len(cells) > MAX_EXAMPLES:
        more = "" if found.complete else " or more"
        yield f"- … and {len(cells) - MAX_EXAMPLES}{more}; see the method's own report"
    if not cells:
        yield "None."


def _cell(text: str) -> str:
    return text.replace("|", "\\|").replace("<", "&lt;")
