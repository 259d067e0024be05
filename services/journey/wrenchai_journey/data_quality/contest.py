"""How the judge scores examinations by coverage, agreement and stability; pure."""

from collections.abc import Mapping

from wrenchai_journey.data_quality.examination import Cell, Examined


def scores_of(entries: Mapping[str, Examined]) -> dict[str, dict[str, float]]:
    """Each entry's scores from 0 to 1.

    coverage: share of columns that the method has a test for. agreement: half for columns whose kind the others see
    too, half for odd cells that another method finds as well. stability: as the method measured it by resampling.
    """
    return {
        name: {
            "coverage": round(one.coverage, 6),
            "agreement": round(_agreement(one, [other for key, other in entries.items() if key != name]), 6),
            "stability": round(one.stability, 6),
        }
        for name, one in entries.items()
    }


def agreed_cells(entries: Mapping[str, Examined]) -> list[Cell]:
    """The odd cells that every method finds, as far as all were kept by name."""
    found = [_cells(one) for one in entries.values()]
    return sorted(set.intersection(*found)) if found else []


def _agreement(one: Examined, others: list[Examined]) -> float:
    if not others:
        return 0.0
    return sum((_kinds(one, other) + _confirmed(one, other)) / 2 for other in others) / len(others)


def _kinds(one: Examined, other: Examined) -> float:
    return sum(a.kind == b.kind for a, b in zip(one.columns, other.columns, strict=True)) / len(one.columns)


def _confirmed(one: Examined, other: Examined) -> float:
    """Share of the odd cells that `other` confirms, up to the last row that both have kept; with none, 1 or 0."""
    last = min(_last_row(one), _last_row(other))
    own = {cell for cell in _cells(one) if cell[0] <= last}
    theirs = {cell for cell in _cells(other) if cell[0] <= last}
    if not own:
        return 0.0 if theirs else 1.0
    return len(own & theirs) / len(own)


def _last_row(one: Examined) -> int:
    return one.rows if one.complete or not one.cells else one.cells[-1].row


def _cells(one: Examined) -> set[Cell]:
    return {(cell.row, cell.column) for cell in one.cells}
