"""Rates told by audits, and how right the inspector's probabilities were."""

import numpy as np
import pytest
from wrenchai_judgement.rates import Audited, Audits, audited_rate, calibration, weighted_rate

from benchmarks.inspector import rate_bars


def test_a_rate_is_told_by_audits_not_by_what_the_judge_accepts() -> None:
    rate = audited_rate(1800, 2000, Audits(20, 20), Audits(2, 8))
    assert rate.naive == 0.9
    assert rate.mean == pytest.approx(0.9 * 0.5 + 0.1 * 0.2, abs=0.02)
    assert rate.high < 0.7
    assert rate.audits == 50


def test_without_audits_anything_is_possible() -> None:
    rate = audited_rate(900, 1000, Audits(), Audits())
    assert rate.low < 0.1
    assert rate.high > 0.9
    assert rate.audits == 0


def test_without_runs_nothing_is_claimed() -> None:
    rate = audited_rate(0, 0, Audits(), Audits())
    assert rate.low < 0.1
    assert rate.high > 0.9


def test_more_audits_narrow_the_interval() -> None:
    few, many = (
        audited_rate(800, 1000, Audits(18, 2), Audits(1, 4)),
        audited_rate(800, 1000, Audits(180, 20), Audits(10, 40)),
    )
    assert many.high - many.low < few.high - few.low


def test_the_same_counts_are_told_the_same_every_time() -> None:
    assert audited_rate(800, 1000, Audits(18, 2), Audits(1, 4)) == audited_rate(800, 1000, Audits(18, 2), Audits(1, 4))


def test_equal_audit_probabilities_weigh_nothing() -> None:
    audits = [Audited(accepted=True, good=n < 18, probability=0.05) for n in range(20)]
    audits += [Audited(accepted=False, good=n < 1, probability=0.05) for n in range(5)]
    equal, weighted = audited_rate(800, 1000, Audits(18, 2), Audits(1, 4)), weighted_rate(800, 1000, audits)
    assert weighted[:3] == pytest.approx(equal[:3], abs=0.01)
    assert weighted.audits == 25


def test_results_that_were_audited_more_often_count_less_each() -> None:
    """Bad ones look odd and were drawn with certainty, good ones one in ten: 50 bad stand for 50, 45 good for 450."""
    audits = [Audited(accepted=True, good=False, probability=1.0)] * 50
    audits += [Audited(accepted=True, good=True, probability=0.1)] * 45
    rate = weighted_rate(500, 500, audits)
    assert rate.mean == pytest.approx(0.9, abs=0.02)
    assert rate.low < 0.9 < rate.high


@pytest.mark.parametrize("judge", [rate_bars.WEAK, rate_bars.BETTER])
def test_the_interval_holds_the_truth_as_often_as_it_says_however_weak_the_judge(judge: rate_bars.Judge) -> None:
    chance = np.random.default_rng(5)
    rates = [rate_bars.audited(rate_bars.week(judge, chance)) for _ in range(200)]
    assert sum(rate.low <= rate_bars.TRUTH <= rate.high for rate in rates) >= 0.85 * 200


def test_what_a_weak_judge_accepts_is_far_from_the_rate() -> None:
    rate = rate_bars.audited(rate_bars.week(rate_bars.WEAK, np.random.default_rng(5)))
    assert rate.naive < 0.35
    assert rate.low > 0.6


def test_a_good_judge_saves_audits() -> None:
    chance = np.random.default_rng(5)
    widths = [
        np.mean(
            [rate.high - rate.low for rate in (rate_bars.audited(rate_bars.week(judge, chance)) for _ in range(50))]
        )
        for judge in (rate_bars.WEAK, rate_bars.BETTER)
    ]
    assert widths[1] < 0.85 * widths[0]


def test_nothing_is_said_of_calibration_before_a_person_spoke() -> None:
    assert calibration([]) is None


def test_probabilities_that_come_true_have_no_calibration_error() -> None:
    pairs = [(0.25, n < 25) for n in range(100)] + [(0.85, n < 85) for n in range(100)]
    found = calibration(pairs)
    assert found is not None
    assert found.ece == pytest.approx(0.0, abs=1e-12)
    assert found.brier == pytest.approx((0.25 * 0.75 + 0.85 * 0.15) / 2)
    assert found.log_loss == pytest.approx(0.49252, abs=1e-5)
    assert found.verdicts == 200
    assert [(each.start, each.end, each.verdicts, each.good) for each in found.bins] == [
        (0.2, 0.3, 100, 25),
        (0.8, 0.9, 100, 85),
    ]
    assert all(each.interval[0] < each.expected < each.interval[1] for each in found.bins)


def test_promises_that_are_not_held_show_as_error() -> None:
    found = calibration([(0.95, n < 50) for n in range(100)])
    assert found is not None
    assert found.ece == pytest.approx(0.45)


def test_certainty_has_a_bin_and_a_finite_loss() -> None:
    found = calibration([(1.0, False), (0.0, False)])
    assert found is not None
    assert [(each.start, each.verdicts) for each in found.bins] == [(0.0, 1), (0.9, 1)]
    assert found.log_loss < 7
