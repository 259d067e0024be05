"""Seconds and bytes as people read them."""

import pytest

from wrenchai.cli.durations import duration, size, spent


@pytest.mark.parametrize(
    ("seconds", "text"),
    [
        (0.004, "0.00 s"),
        (9.99, "9.99 s"),
        (12.34, "12.3 s"),
        (59.7, "1 min 00 s"),
        (125, "2 min 05 s"),
        (12000, "3 h 20 min"),
        (190000, "2 d 4 h"),
    ],
)
def test_a_duration_has_the_unit_that_fits(seconds: float, text: str) -> None:
    assert duration(seconds) == text


def test_no_time_spent_is_left_blank() -> None:
    assert (spent(0.001), spent(0.01)) == ("", "0.01 s")


@pytest.mark.parametrize(
    ("count", "text"),
    [(0, "0 B"), (1023, "1023 B"), (3482, "3.4 KB"), (12 * 1024**2, "12.0 MB"), (3 * 1024**3, "3.0 GB")],
)
def test_a_size_has_the_unit_that_fits(count: int, text: str) -> None:
    assert size(count) == text
