"""Chance that comes from a name: the same draws everywhere, spread as they should be."""

from itertools import pairwise
from statistics import NormalDist, fmean, pstdev

import pytest
from hypothesis import given
from hypothesis import strategies as st
from wrenchai_judgement.chance import normal_quantile, normals, uniform
from wrenchai_judgement.exact import normal_below


def test_a_name_always_draws_the_same() -> None:
    assert uniform("task_01jd3k0000/audit") == 0.06621117259657827
    assert normals("task_01jd3k0000", 3).tolist() == normals("task_01jd3k0000", 600).tolist()[:3]


def test_draws_are_spread_evenly() -> None:
    drawn = sorted(uniform(f"seed/{n}") for n in range(4000))
    assert 0 <= drawn[0] < drawn[-1] < 1
    assert max(abs(value - (n + 0.5) / 4000) for n, value in enumerate(drawn)) < 0.026


def test_normal_draws_are_normal() -> None:
    drawn = [value for n in range(20) for value in normals(f"seed/{n}", 512).tolist()]
    assert fmean(drawn) == pytest.approx(0.0, abs=0.04)
    assert pstdev(drawn) == pytest.approx(1.0, abs=0.03)
    for share in (0.05, 0.5, 0.95):
        below = NormalDist().inv_cdf(share)
        assert sum(value < below for value in drawn) / len(drawn) == pytest.approx(share, abs=0.02)


def test_draws_of_different_names_have_nothing_in_common() -> None:
    one, other = (normals(name, 2000) for name in ("a", "b"))
    assert abs(float((one * other).mean())) < 0.1


def test_few_draws_are_the_first_of_many_and_none_are_none() -> None:
    assert normals("a", 0).tolist() == []
    assert len(normals("a", 17)) == 17


@given(st.floats(0.5, 0.9999))
def test_a_quantile_is_where_so_much_lies_below(p: float) -> None:
    assert normal_below(normal_quantile(p)) == pytest.approx(p, abs=1e-12)


def test_the_values_that_are_drawn_from_lie_evenly_in_probability() -> None:
    drawn = sorted({round(normal_below(float(value)), 9) for value in normals("all of them", 60_000)})
    assert len(drawn) > 4090
    assert max(after - before for before, after in pairwise(drawn)) < 5 / 4096
