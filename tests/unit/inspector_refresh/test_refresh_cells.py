"""Sums of probabilities become whole outcomes without a bias."""

import math

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st
from wrenchai_inspector.refresh.cells import Counts, counted, whole
from wrenchai_inspector.refresh.request import LEARNT, Cell


@st.composite
def some_cells(draw: st.DrawFn) -> list[Cell]:
    places = draw(st.lists(st.tuples(*[st.sampled_from("abc")] * 3), min_size=1, max_size=20, unique=True))
    return [soft(place, draw(st.lists(st.floats(0, 1), min_size=1, max_size=30))) for place in places]


def soft(place: tuple[str, ...], probabilities: list[float]) -> Cell:
    good = math.fsum(probabilities)
    role, tool, playbook = place
    return Cell(role=role, tool=tool, playbook=playbook, good=good, bad=max(len(probabilities) - good, 0.0))


def of(counts: Counts, *rows: str) -> tuple[int, int]:
    at = [
        place for place in range(len(counts.good)) if [counts.rows[row] for row in counts.places[:, place]] == [*rows]
    ]
    return int(counts.good[at[0]]), int(counts.outcomes[at[0]])


@given(some_cells(), st.floats(0, 1, exclude_max=True))
def test_a_cell_keeps_its_outcomes_and_its_good_ones_to_less_than_one(cells: list[Cell], start: float) -> None:
    counts = counted(cells, start)
    for cell in cells:
        good, outcomes = of(counts, *cell.rows)
        assert outcomes == round(cell.good + cell.bad)
        assert abs(good - cell.good) < 1 + 1e-6
        assert 0 <= good <= outcomes


@given(some_cells(), st.floats(0, 1, exclude_max=True))
def test_the_total_and_each_role_s_are_kept_to_one_outcome(cells: list[Cell], start: float) -> None:
    counts = counted(cells, start)
    assert abs(int(counts.good.sum()) - math.fsum(cell.good for cell in cells)) < 1 + 1e-6
    for role in {cell.role for cell in cells}:
        mine = counts.places[0] == counts.rows.index(f"role:{role}")
        assert abs(int(counts.good[mine].sum()) - math.fsum(c.good for c in cells if c.role == role)) < 1 + 1e-6


@given(some_cells(), st.floats(0, 1, exclude_max=True), st.randoms())
def test_the_order_of_cells_does_not_matter(cells: list[Cell], start: float, chance: "np.random.Generator") -> None:
    shuffled = [*cells]
    chance.shuffle(shuffled)
    assert all(
        np.array_equal(one, two) for one, two in zip(counted(cells, start), counted(shuffled, start), strict=True)
    )


@pytest.mark.parametrize("probability", [0.05, 0.5, 0.8])
def test_a_single_outcome_is_good_as_often_as_it_was_likely_to_be(probability: float) -> None:
    starts = np.arange(1000) / 1000
    good = [counted([soft(("r", "t", "p"), [probability])], start).good[0] for start in starts]
    assert np.mean(good) == pytest.approx(probability, abs=0.001)


def test_outcomes_that_are_certain_are_left_as_they_are() -> None:
    assert [whole([3.0, 0.0, 7.0, 1.0], start) for start in (0.0, 0.37, 0.999)] == [[3, 0, 7, 1]] * 3


def test_equal_cells_are_one() -> None:
    cell = Cell(role="r", tool="t", playbook="p", good=2, bad=1)
    counts = counted([cell, cell], 0.5)
    assert counts.good.tolist() == [4]
    assert counts.outcomes.tolist() == [6]


def test_a_cell_without_outcomes_is_left_out_and_so_are_its_names() -> None:
    nothing = Cell(role="new", tool="new", playbook="new", good=0, bad=0)
    counts = counted([nothing, Cell(role="r", tool="t", playbook="p", good=1, bad=0)], 0.5)
    assert counts.rows == ("role:r", "tool:t", "playbook:p", "pair:r x t")
    assert counts.places.shape == (4, 1)


def test_no_outcome_at_all_is_no_cell() -> None:
    counts = counted([Cell(role="r", tool="t", playbook="p", good=0, bad=0)], 0.5)
    assert counts.rows == ()
    assert counts.places.shape == (4, 0)


def test_effects_stand_by_kind_and_each_cell_names_one_of_each() -> None:
    cells = [
        Cell(role=role, tool="t", playbook="p", pair=pair, good=1, bad=1) for role, pair in (("b", ""), ("a", "x"))
    ]
    counts = counted(cells, 0.5)
    assert counts.rows == ("role:a", "role:b", "tool:t", "playbook:p", "pair:b x t", "pair:x")
    assert [LEARNT[kind] for kind in counts.kinds] == ["role", "role", "tool", "playbook", "pair", "pair"]
    assert counts.kinds[counts.places].T.tolist() == [[0, 1, 2, 3]] * 2
