"""Two methods know different things about a column, and each is right where it can be."""

import random

import pytest
from hypothesis import given
from hypothesis import strategies as st
from wrenchai_journey.data_quality.contest import agreed_cells, scores_of
from wrenchai_journey.data_quality.examination import Examined, examine, jaccard, stability
from wrenchai_journey.data_quality.methods import Method, learn

CHANCE = random.Random(1)
AMOUNTS = [f"{CHANCE.gauss(100, 10):.2f}" for _ in range(200)]
CODES = [f"SO-{number}" for number in range(200)]
CITIES = ["Bern", "Oslo"] * 100
DAYS = [f"2024-01-{1 + number % 28:02d}" for number in range(200)]


def odd(method: Method, values: list[str], value: str) -> bool | None:
    test = learn(method, values).is_odd
    return None if test is None else test(value)


@pytest.mark.parametrize(
    ("values", "value", "robust", "rules"),
    [
        (AMOUNTS, "100000.00", True, False),
        (AMOUNTS, "-5.00", True, True),
        (AMOUNTS, "many", True, True),
        (AMOUNTS, "101.50", False, False),
        (DAYS, "2071-01-01", True, False),
        (DAYS, "01.02.2024", False, True),
        (CODES, "SO77", None, True),
        (CITIES, "Brn", None, True),
        (CITIES, "Oslo", None, False),
    ],
)
def test_statistics_see_distance_and_rules_see_form(
    values: list[str],
    value: str,
    robust: bool | None,  # noqa: FBT001
    rules: bool | None,  # noqa: FBT001
) -> None:
    assert (odd("robust", values, value), odd("rules", values, value)) == (robust, rules)


def test_an_outlier_in_the_sample_moves_no_bound() -> None:
    assert odd("robust", [*AMOUNTS, "9999999", "9999999"], "300.00")


def test_skewed_values_are_compared_by_their_logarithms() -> None:
    incomes = [f"{10 ** (1 + number % 40 / 10):.0f}" for number in range(400)]
    assert odd("robust", incomes, "90000") is False


@pytest.mark.parametrize("values", [[], ["", "NA"]])
def test_an_empty_column_has_no_test(values: list[str]) -> None:
    assert [learn(method, values).kind for method in ("robust", "rules")] == ["empty", "empty"]


def test_equal_values_have_no_spread_to_measure_by() -> None:
    assert learn("robust", ["5"] * 50).is_odd is None


def examined(method: Method, rows: list[list[str]]) -> Examined:
    return examine(method, ["amount", "code"], rows, iter(rows), told=lambda _: None)


def table() -> list[list[str]]:
    rows = [[amount, code] for amount, code in zip(AMOUNTS, CODES, strict=True)]
    rows[10][0], rows[20][0], rows[30][1], rows[40][0] = "99999.00", "many", "SO77", ""
    return rows


def test_an_examination_names_the_cells_and_counts_the_missing() -> None:
    found = examined("rules", table())
    assert [(cell.row, cell.column, cell.value) for cell in found.cells] == [
        (21, 0, "many"),
        (31, 1, "SO77"),
        (41, 0, ""),
    ]
    assert (found.odd, found.odd_rows, found.complete, found.columns[0].missing) == (3, 3, True, 1)


def test_the_judge_scores_what_is_covered_confirmed_and_steady() -> None:
    entries = {method: examined(method, table()) for method in ("robust", "rules")}
    scores = scores_of(entries)
    assert (scores["robust"]["coverage"], scores["rules"]["coverage"]) == (0.5, 1.0)
    assert scores["robust"]["agreement"] == pytest.approx((1 + 1 / 2) / 2)
    assert scores["rules"]["agreement"] == pytest.approx((1 + 1 / 3) / 2, abs=1e-6)
    assert all(0 <= score <= 1 for own in scores.values() for score in own.values())
    assert agreed_cells(entries) == [(21, 0)]


def test_a_table_that_is_all_alike_is_judged_alike_from_every_half() -> None:
    assert stability("rules", [["1", "a-1"]] * 40, 2) == 1.0


def test_likeness_is_common_by_all() -> None:
    assert jaccard({(1, 1), (2, 2)}, {(2, 2), (3, 3)}) == pytest.approx(1 / 3)
    assert jaccard(set(), set()) == 1.0


@given(st.lists(st.text(max_size=12), min_size=1, max_size=30), st.text(max_size=12))
def test_any_column_can_be_learned_and_any_value_tested(values: list[str], value: str) -> None:
    assert {odd(method, values, value) for method in ("robust", "rules")} <= {True, False, None}
