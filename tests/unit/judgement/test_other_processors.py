"""The same results come to the same state in processes that calculate otherwise, and need nothing heavy for it."""

import pytest

from benchmarks.inspector.replay_bars import Fold, in_three_processes
from benchmarks.inspector.speed_bars import HEAVY, imported


@pytest.fixture(scope="module")
def folds() -> dict[str, Fold]:
    return in_three_processes(seed=3, many=250)


def test_vector_units_and_blas_change_no_bit(folds: dict[str, Fold]) -> None:
    assert len({(fold.chain, fold.known) for fold in folds.values()}) == 1


def test_though_numpy_itself_calculates_otherwise_there(folds: dict[str, Fold]) -> None:
    """Else the settings did nothing, and equal hashes prove nothing. A machine without wide vectors shows less."""
    if len({(fold.exp, fold.matrix) for fold in folds.values()}) == 1:
        pytest.skip("numpy calculates the same with every setting that this machine knows")


def test_a_snapshot_and_the_rest_come_to_what_everything_does(folds: dict[str, Fold]) -> None:
    assert all((fold.tail, fold.differences) == (fold.known, 0) for fold in folds.values())


def test_neither_judging_nor_the_service_loads_what_only_the_background_needs() -> None:
    assert [name for name in imported() if name in HEAVY] == []
