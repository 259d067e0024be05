"""Ranges of bytes as HTTP asks for them."""

import pytest
from hypothesis import given
from hypothesis import strategies as st
from wrenchai_gateway.byte_ranges import Piece, Unsatisfiable, piece_of


@pytest.mark.parametrize(
    ("header", "piece"),
    [
        ("bytes=0-0", Piece(0, 1)),
        ("bytes=2-4", Piece(2, 5)),
        ("bytes=8-", Piece(8, 10)),
        ("bytes=-3", Piece(7, 10)),
        ("bytes=-30", Piece(0, 10)),
        ("bytes=5-500", Piece(5, 10)),
        ("Bytes = 1 - 2", Piece(1, 3)),
    ],
)
def test_a_piece_of_ten_bytes(header: str, piece: Piece) -> None:
    assert piece_of(header, 10) == piece


@pytest.mark.parametrize("header", [None, "", "bytes=-", "items=0-1", "bytes=0-1,3-4", "bytes=4-2", "bytes=a-b"])
def test_a_header_that_is_no_single_range_asks_for_all(header: str | None) -> None:
    assert piece_of(header, 10) is None


@pytest.mark.parametrize("header", ["bytes=10-", "bytes=11-12", "bytes=-0"])
def test_a_range_outside_is_unsatisfiable(header: str) -> None:
    with pytest.raises(Unsatisfiable):
        piece_of(header, 10)


@given(st.text(max_size=30), st.integers(0, 10**12))
def test_any_header_gives_a_piece_inside_or_none(header: str, size: int) -> None:
    for tried in (header, f"bytes={header}"):
        try:
            piece = piece_of(tried, size)
        except Unsatisfiable:
            continue
        assert piece is None or 0 <= piece.start < piece.end <= size
