"""The Beta distribution and Student's t against an independent library's figures."""

import pytest
from hypothesis import given
from hypothesis import strategies as st
from wrenchai_judgement.beta import Beta, beta_below, log_gamma, t_above


@pytest.mark.parametrize(
    ("x", "value"),
    [  # scipy 1.17.1, scipy.special.gammaln
        (0.001, 6.907178885383853),
        (0.5, 0.5723649429247),
        (1.0, 0.0),
        (1.5, -0.12078223763524526),
        (3.3, 0.9870985778947343),
        (9.99, 12.779315214350195),
        (10.0, 12.801827480081469),
        (47.25, 133.91311374698927),
        (1000.0, 5905.220423209181),
    ],
)
def test_the_logarithm_of_gamma_is_right_to_the_last_digits(x: float, value: float) -> None:
    assert log_gamma(x) == pytest.approx(value, rel=1e-14, abs=1e-14)


@pytest.mark.parametrize(
    ("x", "a", "b", "value"),
    [  # scipy 1.17.1, scipy.special.betainc
        (0.3, 2, 3, 0.3483),
        (0.01, 0.5, 0.5, 0.06376856085851985),
        (0.999, 50, 0.5, 0.7523690199653766),
        (0.2, 1000, 900, 5.894273645006976e-218),
        (0.5, 0.5, 100, 1.0),
        (1e-6, 3, 7, 8.399962200075597e-17),
        (0.0, 2, 3, 0.0),
        (1.0, 2, 3, 1.0),
    ],
)
def test_the_beta_distribution_is_right_in_its_far_tails_too(x: float, a: float, b: float, value: float) -> None:
    assert beta_below(x, a, b) == pytest.approx(value, rel=1e-10)


@pytest.mark.parametrize(
    ("t", "freedom", "value"),
    [  # scipy 1.17.1, scipy.stats.t.sf
        (0.5, 6, 0.31744),
        (3.0, 6, 0.012004098377865468),
        (8.0, 6, 0.00010173225103952533),
        (4.5, 200, 5.759390631437665e-06),
        (-2.0, 30, 0.9726874775185085),
        (40.0, 3, 1.7190340394579253e-05),
        (0.0, 5, 0.5),
    ],
)
def test_the_tail_of_students_t_is_right_where_alarms_are_raised(t: float, freedom: float, value: float) -> None:
    assert t_above(t, freedom) == pytest.approx(value, rel=1e-10)


@given(st.floats(0.01, 0.99), st.floats(0.5, 200))
def test_quantiles_agree_with_the_closed_form_where_there_is_one(probability: float, n: float) -> None:
    assert Beta(n, 1).quantile(probability) == pytest.approx(probability ** (1 / n), abs=2e-9)


@given(st.floats(0.001, 0.999), st.floats(0.1, 300), st.floats(0.1, 300))
def test_what_is_below_and_what_is_above_make_one(x: float, a: float, b: float) -> None:
    assert beta_below(x, a, b) + beta_below(1.0 - x, b, a) == pytest.approx(1.0, abs=1e-9)


def test_nothing_seen_leaves_a_rate_anywhere() -> None:
    assert Beta.after(0, 0).mean == 0.5
    assert Beta.after(0, 0).interval(0.9) == pytest.approx((0.00616, 0.99384), abs=1e-4)
