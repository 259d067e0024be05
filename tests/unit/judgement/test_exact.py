"""Functions that are the same bit for bit everywhere: how far they are from the truth, and what they promise."""

import math
from decimal import Decimal, localcontext
from fractions import Fraction
from itertools import pairwise
from statistics import NormalDist

import numpy as np
import pytest
from hypothesis import assume, example, given
from hypothesis import strategies as st
from wrenchai_judgement.exact import (
    NODES,
    WEIGHTS,
    exp,
    log,
    logit,
    matched,
    moments,
    normal_below,
    normal_density,
    rates,
    sigmoid,
    sigmoids,
    soft_verdict,
    summed,
)

NORMAL = NormalDist()


def true_exp(x: float) -> Fraction:
    with localcontext() as context:
        context.prec = 50
        return Fraction(Decimal(x).exp())


def true_log(x: float) -> Fraction:
    with localcontext() as context:
        context.prec = 50
        return Fraction(Decimal(x).ln())


@given(st.floats(-700, 709))
def test_exp_is_within_3e_16_of_the_truth_relative_to_it(x: float) -> None:
    true = true_exp(x)
    assert abs(Fraction(exp(x)) - true) <= Fraction(3, 10**16) * true


@given(st.floats(-700, 709))
def test_exp_agrees_with_the_c_library_to_two_units_in_the_last_place(x: float) -> None:
    assert exp(x) == pytest.approx(math.exp(x), rel=4.5e-16)


@pytest.mark.parametrize(
    ("x", "value"),
    [(0.0, 1.0), (-0.0, 1.0), (-700.1, 0.0), (-math.inf, 0.0), (1e6, exp(709.0)), (math.inf, exp(709.0))],
)
def test_exp_is_held_where_doubles_end(x: float, value: float) -> None:
    assert exp(x) == value


@given(st.floats(1e-300, 1e300))
def test_log_is_within_3e_16_of_the_truth_or_of_1(x: float) -> None:
    true = true_log(x)
    assert abs(Fraction(log(x)) - true) <= Fraction(3, 10**16) * max(1, abs(true))


@given(st.floats(0.9, 1.1))
def test_log_keeps_its_digits_around_1_where_it_vanishes(x: float) -> None:
    true = true_log(x)
    assert abs(Fraction(log(x)) - true) <= Fraction(5, 10**16) * abs(true)


def test_log_of_1_is_0() -> None:
    assert log(1.0) == 0.0


@given(st.floats(-40, 40))
def test_sigmoid_and_its_mirror_image_add_up_to_1(x: float) -> None:
    assert sigmoid(x) + sigmoid(-x) == pytest.approx(1.0, abs=3e-16)


@given(st.floats(allow_nan=False))
def test_sigmoid_is_a_probability_whatever_it_is_asked(x: float) -> None:
    assert 0.0 <= sigmoid(x) <= 1.0


@given(st.lists(st.floats(-800, 800), min_size=1, max_size=40))
def test_sigmoids_of_an_array_are_bit_for_bit_those_of_its_numbers(x: list[float]) -> None:
    assert sigmoids(np.array(x)).tolist() == [sigmoid(each) for each in x]


@given(st.floats(1e-6, 1 - 1e-6))
def test_logit_takes_back_what_sigmoid_does(p: float) -> None:
    assert sigmoid(logit(p)) == pytest.approx(p, rel=1e-12)


def test_logit_of_certainty_is_finite_and_symmetric() -> None:
    assert logit(0.0) == pytest.approx(-math.log(1e6 - 1))
    assert logit(1.0) == pytest.approx(-logit(0.0))


@given(st.floats(-38, 38))
def test_the_normal_distribution_function_is_within_1e_15(x: float) -> None:
    assert abs(normal_below(x) - NORMAL.cdf(x)) <= 1e-15


@given(st.floats(-25, -3))
def test_the_lower_tail_of_the_normal_keeps_its_digits(x: float) -> None:
    assert normal_below(x) == pytest.approx(0.5 * math.erfc(-x / math.sqrt(2)), rel=1e-12)


@given(st.floats(-38, 38))
def test_the_normal_distribution_function_is_symmetric(x: float) -> None:
    assert normal_below(x) + normal_below(-x) == pytest.approx(1.0, abs=2e-16)


def test_the_normal_distribution_function_never_falls_not_even_where_its_series_ends() -> None:
    values = [normal_below(x / 400) for x in range(-2000, 2001)]
    assert all(before <= after for before, after in pairwise(values))


@given(st.floats(-30, 30))
def test_the_density_is_the_normal_one(x: float) -> None:
    assert normal_density(x) == pytest.approx(NORMAL.pdf(x), rel=1e-14)


@given(st.lists(st.floats(-1e6, 1e6), max_size=20))
def test_a_sum_is_added_up_from_left_to_right(values: list[float]) -> None:
    total = 0.0
    for value in values:
        total = total + value
    assert summed(values) == total
    assert summed(values) == pytest.approx(math.fsum(values), abs=1e-8)


class TestQuadrature:
    def test_its_weights_are_those_of_a_distribution_and_symmetric(self) -> None:
        assert math.fsum(WEIGHTS) == pytest.approx(1.0, abs=1e-15)
        assert [-node for node in reversed(NODES)] == list(NODES)
        assert list(reversed(WEIGHTS)) == list(WEIGHTS)

    @pytest.mark.parametrize("power", range(30))
    def test_it_is_exact_for_every_moment_that_15_nodes_can_tell(self, power: int) -> None:
        found = math.fsum(weight * node**power for node, weight in zip(NODES, WEIGHTS, strict=True))
        true = 0 if power % 2 else math.prod(range(1, power, 2))
        assert found == pytest.approx(true, rel=1e-12, abs=1e-9)

    def test_its_numbers_are_frozen(self) -> None:
        """They were made once by numpy's `hermegauss(15)`, whose last bits depend on the LAPACK at hand."""
        nodes, weights = np.polynomial.hermite_e.hermegauss(15)
        assert np.allclose(NODES, nodes, rtol=1e-13, atol=1e-13)
        assert np.allclose(WEIGHTS, weights / weights.sum(), rtol=1e-11)


def by_brute_force(mean: float, variance: float, ratio: float) -> tuple[float, float]:
    """Mean and variance of the logit after the verdict, on a fine grid."""
    eta = mean + math.sqrt(variance) * np.linspace(-12, 12, 40_001)
    p = 1 / (1 + np.exp(-eta))
    density = np.exp(-0.5 * (eta - mean) ** 2 / variance) * (p * math.exp(ratio) + 1 - p)
    after = (eta * density).sum() / density.sum()
    return float(after), float(((eta - after) ** 2 * density).sum() / density.sum())


class TestMoments:
    @given(st.floats(-3, 4), st.floats(0.05, 3), st.floats(-6, 6))
    def test_they_are_those_of_the_true_posterior(self, mean: float, variance: float, ratio: float) -> None:
        found = moments(mean, variance, ratio)
        assert (found.mean, found.variance) == pytest.approx(by_brute_force(mean, variance, ratio), abs=2e-3)

    @given(st.floats(-5, 5), st.floats(0.01, 4), st.floats(-8, 8))
    def test_the_probability_follows_bayes(self, mean: float, variance: float, ratio: float) -> None:
        found = moments(mean, variance, ratio)
        odds = found.before / (1 - found.before) * math.exp(ratio)
        assert found.after == pytest.approx(odds / (1 + odds), rel=1e-12)

    @given(st.floats(-5, 5), st.floats(0.01, 4))
    def test_no_evidence_teaches_nothing(self, mean: float, variance: float) -> None:
        found = moments(mean, variance, 0.0)
        assert found.after == pytest.approx(found.before, abs=1e-15)
        assert found.mean == pytest.approx(mean, abs=1e-12)
        assert found.variance == pytest.approx(variance, rel=1e-12)

    @given(st.floats(-5, 5), st.floats(0.01, 4), st.floats(-8, 8) | st.sampled_from([math.inf, -math.inf]))
    def test_good_and_bad_are_mirror_images(self, mean: float, variance: float, ratio: float) -> None:
        one, other = moments(mean, variance, ratio), moments(-mean, variance, -ratio)
        assert one.before == pytest.approx(1 - other.before, abs=1e-12)
        assert one.after == pytest.approx(1 - other.after, abs=1e-12)
        assert one.mean == pytest.approx(-other.mean, abs=1e-10)
        assert one.variance == pytest.approx(other.variance, abs=1e-10)

    @given(st.floats(-1e6, 1e6) | st.floats(-40, 40), st.floats(0, 1e3), st.floats())
    @example(36.0, 1.0, 2.505859375)
    def test_whatever_they_are_asked_they_are_probabilities_and_numbers(
        self, mean: float, variance: float, ratio: float
    ) -> None:
        assume(not math.isnan(ratio))
        found, told = moments(mean, variance, ratio), rates(mean, variance, ratio)
        assert all(0.0 <= p <= 1.0 for p in (found.before, found.after, *told))
        assert math.isfinite(found.mean)
        assert found.variance >= -1e-9 * variance

    @given(st.floats(-6, 6), st.floats(0, 4), st.floats(-30, 30))
    def test_the_rates_are_theirs(self, mean: float, variance: float, ratio: float) -> None:
        assert rates(mean, variance, ratio) == pytest.approx(moments(mean, variance, ratio)[:2], rel=1e-13)

    @given(st.floats(-3, 3), st.floats(0.05, 3), st.floats(-8, 8), st.floats(0.01, 2))
    def test_better_evidence_raises_the_mean(self, mean: float, variance: float, ratio: float, more: float) -> None:
        assert moments(mean, variance, ratio + more).mean > moments(mean, variance, ratio).mean

    def test_certainty_is_the_limit_of_strong_evidence(self) -> None:
        assert moments(0.4, 0.8, math.inf) == pytest.approx(moments(0.4, 0.8, 60.0), rel=1e-12)
        assert moments(0.4, 0.8, -math.inf) == pytest.approx(moments(0.4, 0.8, -60.0), rel=1e-12)
        assert moments(0.4, 0.8, math.inf).after == 1.0
        assert moments(0.4, 0.8, -math.inf).after == 0.0

    @given(st.floats(-3, 3), st.floats(0.05, 3), st.floats(-8, 8))
    def test_a_soft_verdict_as_a_likelihood_gives_the_same(self, mean: float, variance: float, ratio: float) -> None:
        found = moments(mean, variance, ratio)
        assert matched(mean, variance, soft_verdict(ratio)) == pytest.approx((found.mean, found.variance), rel=1e-12)
