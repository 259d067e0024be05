"""What travels between the service and the process that fits."""

import math
from typing import Any

import pytest
from pydantic import ValidationError
from wrenchai_inspector.refresh.fitting import environment
from wrenchai_inspector.refresh.request import ANSWER, LEARNT, Cell, Fitted, Refused, Request
from wrenchai_judgement.context import Place, Spreads

CELL: dict[str, Any] = {"role": "coder", "tool": "pytest", "playbook": "docs", "good": 1.25, "bad": 0.75}


def test_a_cell_s_effects_are_named_as_the_online_model_names_them() -> None:
    assert Cell(**CELL).rows == Place("coder", "pytest", "docs").rows[1:5]
    assert Cell(**CELL, pair="fast").rows == Place("coder", "pytest", "docs", "fast").rows[1:5]


def test_learnt_spreads_are_some_of_the_online_model_s() -> None:
    assert set(LEARNT) < set(Spreads._fields)


@pytest.mark.parametrize(
    "wrong",
    [
        {"good": -1.0}, {"good": math.nan}, {"bad": math.inf}, {"role": ""}, {"rolle": "coder"},
    ],
)  # fmt: skip
def test_a_cell_that_cannot_be_is_refused(wrong: dict[str, Any]) -> None:
    with pytest.raises(ValidationError):
        Cell(**{**CELL, **wrong})


@pytest.mark.parametrize("wrong", [{"cells": []}, {"chains": 1}, {"draws": 0}, {"seed": -1}, {"seed": 2**32}])
def test_a_fit_that_cannot_be_made_is_refused(wrong: dict[str, Any]) -> None:
    with pytest.raises(ValidationError):
        Request.model_validate({"cells": [CELL], "seed": 1, **wrong})


def test_a_request_arrives_as_it_was_sent() -> None:
    request = Request(cells=(Cell(**CELL),), seed=7)
    assert Request.model_validate_json(request.model_dump_json()) == request


def test_an_answer_tells_itself_whether_it_is_a_fit() -> None:
    fitted = Fitted(
        outcomes=2, spreads={"role": 0.5}, concentration=50.0, effects={"base": (1.2, 0.3)}, rhat=1.01, ess=400.0,
        divergences=0, draws=500, chains=4, seed=1, seconds=20.0, peak_rss=1, versions={"pymc": "5"},
    )  # fmt: skip
    for answer in (fitted, Refused(reason="nutpie is missing")):
        assert ANSWER.validate_json(answer.model_dump_json()) == answer


def test_the_process_sees_neither_secrets_nor_programs(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("WRENCHAI_POSTGRES_URL", "postgres://secret")
    given = environment("/gone/afterwards")
    assert given["PATH"] == ""
    assert "secret" not in str(given)
    assert given["HOME"] == "/gone/afterwards"
