"""The model that is sampled is the one its module's formula tells."""

import math
from typing import Any

import pytest
from wrenchai_inspector.refresh.cells import counted
from wrenchai_inspector.refresh.request import Cell

OUTCOMES = 5
POINT = {"spreads_log__": [-0.5, 0.1, -1.0, 0.3], "concentration_log__": 1.3, "z": [0.4, -1.2, 0.7, 0.2], "total": 0.6}


@pytest.fixture(scope="module")
def model() -> Any:
    with pytest.MonkeyPatch.context() as patch:
        patch.setenv("PYTENSOR_FLAGS", "cxx=")  # as the process sees it
        from wrenchai_inspector.refresh.model import model_of  # noqa: PLC0415  # 300 MB that only this file needs
    cells = [Cell(role="r", tool="t", playbook="p", good=2, bad=OUTCOMES - 2)]
    return model_of(counted(cells, 0.0))


def likelihoods(model: Any) -> list[float]:
    """Of 0, 1, 2, ... good outcomes, without the number of orders in which they may come."""
    told = model.compile_logp(vars=model.potentials, jacobian=False, mode="FAST_COMPILE")
    found = []
    for good in range(OUTCOMES + 1):
        model.set_data("good", [good])
        found.append(math.exp(float(told(POINT))))
    return found


def test_the_probabilities_of_all_counts_add_up_to_one(model: Any) -> None:
    each = [math.comb(OUTCOMES, good) * likely for good, likely in enumerate(likelihoods(model))]
    assert math.fsum(each) == pytest.approx(1.0, abs=1e-12)


def test_the_expected_share_of_good_outcomes_is_the_rate_of_what_adds_up(model: Any) -> None:
    each = [math.comb(OUTCOMES, good) * likely for good, likely in enumerate(likelihoods(model))]
    expected = math.fsum(good * likely for good, likely in enumerate(each)) / OUTCOMES
    assert expected == pytest.approx(1 / (1 + math.exp(-POINT["total"])), abs=1e-12)
