"""What a field is, as people write fields."""

import pytest
from hypothesis import given
from hypothesis import strategies as st
from wrenchai_journey.data_quality.values import is_missing, kind_of, moment, number, shape_of


@pytest.mark.parametrize(
    ("value", "kind"),
    [
        ("12", "integer"),
        (" -7 ", "integer"),
        ("3,14", "decimal"),
        ("1e-3", "decimal"),
        ("2024-02-29", "date"),
        ("2024-02-29T10:00:00Z", "date"),
        ("29.02.2024", "date"),
        ("2024-02-30", "text"),
        ("31/13/2024", "text"),
        ("Yes", "boolean"),
        ("12 apples", "text"),
    ],
)
def test_the_kind_is_what_the_value_can_be_read_as(value: str, kind: str) -> None:
    assert kind_of(value) == kind


@pytest.mark.parametrize("value", ["", " ", "NA", "n/a", "NULL", "-"])
def test_many_words_say_that_there_is_nothing(value: str) -> None:
    assert is_missing(value)


def test_numbers_and_dates_have_one_value_however_they_are_written() -> None:
    assert number("1,5") == number("1.5") == 1.5
    assert moment("02.01.1970") == moment("1970-01-02") == 86400


def test_a_shape_forgets_which_letters_and_digits() -> None:
    assert shape_of("DE-1234") == shape_of("fr-77") == "a-9"


@given(st.text(max_size=40))
def test_a_number_can_be_read_and_so_can_a_date(value: str) -> None:
    kind = kind_of(value)
    if kind in {"integer", "decimal"}:
        assert abs(number(value)) < float("inf")
    if kind == "date":
        assert moment(value) is not None
