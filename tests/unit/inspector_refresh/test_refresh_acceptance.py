"""What was fitted is used only if the sampler can be believed and the last outcomes would not be foretold worse."""

import math

import pytest
from wrenchai_inspector.refresh.acceptance import why_refused
from wrenchai_inspector.refresh.request import Fitted

NOW = -0.5


def fitted(**changed: float) -> Fitted:
    usual = Fitted(
        outcomes=1000, spreads={"role": 0.5, "tool": 0.7, "playbook": 0.6, "pair": 0.4}, concentration=50.0,
        effects={"base": (1.2, 0.3)}, rhat=1.01, ess=400.0, divergences=0, draws=500, chains=4, seed=1, seconds=20.0,
        peak_rss=600_000_000, versions={},
    )  # fmt: skip
    return usual.model_copy(update=changed)


def test_a_fit_that_converged_and_foretells_no_worse_is_used() -> None:
    assert why_refused(fitted(), NOW, NOW) is None
    assert why_refused(fitted(rhat=1.03, ess=100, divergences=20), NOW, NOW + 0.1) is None


@pytest.mark.parametrize(
    ("changed", "reason"),
    [
        ({"rhat": 1.031}, "R-hat 1.031"),
        ({"rhat": math.nan}, "R-hat nan"),
        ({"ess": 99.0}, "99, at least 100"),
        ({"ess": math.nan}, "nan, at least 100"),
        ({"divergences": 21}, "21 of 2000 draws"),
    ],
)
def test_draws_that_cannot_be_believed_are_refused_with_their_figure(changed: dict[str, float], reason: str) -> None:
    assert reason in str(why_refused(fitted(**changed), NOW, NOW))


@pytest.mark.parametrize("after", [NOW - 1e-9, math.nan, -math.inf])
def test_what_would_have_foretold_the_last_outcomes_worse_is_refused(after: float) -> None:
    assert "foretold worse" in str(why_refused(fitted(), NOW, after))


def test_a_score_that_is_no_number_is_no_reason_to_accept() -> None:
    assert why_refused(fitted(), math.nan, NOW) is not None
