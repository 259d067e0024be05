"""The values of secrets: put in for the tool that takes them, and in nothing that is recorded or told."""

import json
from typing import Any

import pytest
from hypothesis import given
from hypothesis import strategies as st
from pydantic import BaseModel, SecretStr
from wrenchai_contracts.events import JourneyDispatched
from wrenchai_contracts.evidence import Evidence
from wrenchai_contracts.plan import PlannedStep, action_digest
from wrenchai_journey.calls import Call, call_of
from wrenchai_journey.inline import InlineRun, run_inline
from wrenchai_journey.journey import Journey
from wrenchai_journey.outcome import Failed, Outcome, Succeeded
from wrenchai_journey.secret_values import HIDDEN, HiddenStream, hiding
from wrenchai_journey.tool import ToolFailed, ToolRun, ToolShape, tool

from tests.samples import AT

VALUE = 's3cr"t/and more'
ENVIRONMENT = {"WRENCHAI_SECRET_TOKEN": VALUE, "WRENCHAI_SECRET_PIN": "123", "TOKEN": "something else"}


class Login(ToolShape):
    password: SecretStr
    text: Any = None


class Told(BaseModel):
    told: Any


@tool(name="login", summary="Tells all it knows.", inputs=Login, outputs=Told, inline=True)
def login(inputs: Login, run: ToolRun) -> Told:
    password = inputs.password.get_secret_value()
    run.evidence(Evidence(judge="me", dimension="d", passed=1, tried=1, summary=f"with {password}"))
    if inputs.text == "fail":
        raise ToolFailed(f"{password} is wrong")
    return Told(told={password: [f"<{password}>"], "as_json": json.dumps(password)})


def call(inputs: dict[str, Any], **facts: Any) -> Call | Failed:
    dispatched = JourneyDispatched(
        journey="a",
        role="worker",
        tools=("login@1",),
        steps=(PlannedStep(id="a", tool="login", inputs=inputs),),
        **facts,
    )
    journey = Journey()
    journey.note(dispatched, AT, 1)
    return call_of({"login": login}, journey, ENVIRONMENT)


def made(inputs: dict[str, Any]) -> Call:
    found = call(inputs)
    assert isinstance(found, Call)
    return found


def outcome(text: str = "") -> Outcome:
    found = made({"password": {"$secret": "TOKEN"}, "text": text})
    return found.hidden.outcome(run_inline(login, found.inputs, InlineRun("task_00000001", 1.0)))


def test_the_tool_is_given_the_value_and_people_agree_to_the_name() -> None:
    written = {"password": {"$secret": "TOKEN"}}
    found = made(written)
    assert found.given["password"] == VALUE
    assert found.digest == action_digest("login", written)


def test_what_the_tool_gives_and_measures_is_without_it() -> None:
    found = outcome()
    assert isinstance(found, Succeeded)
    assert found.output["told"] == {HIDDEN: [f"<{HIDDEN}>"], "as_json": f'"{HIDDEN}"'}
    assert found.evidence[0].summary == f"with {HIDDEN}"


def test_what_the_tool_says_of_its_failure_is_without_it() -> None:
    found = outcome("fail")
    assert isinstance(found, Failed)
    assert found.reason == f"{HIDDEN} is wrong"


def test_what_only_looks_like_a_reference_to_a_secret_is_not_followed() -> None:
    found = made({"password": {"$secret": "TOKEN"}, "text": {"$secret": "TOKEN"}})
    assert found.given["text"] == {"$secret": "TOKEN"}


@pytest.mark.parametrize(
    ("name", "told"),
    [
        ("NOPE", "the secret NOPE is not known to this worker: set WRENCHAI_SECRET_NOPE in its environment"),
        ("PIN", "the secret PIN has fewer than 4 characters, so that it could not be kept out of logs"),
    ],
)
def test_a_secret_that_the_worker_has_not_fails_the_step_for_good_and_says_what_to_do(name: str, told: str) -> None:
    found = call({"password": {"$secret": name}})
    assert isinstance(found, Failed)
    assert (found.reason, found.kind, found.retryable) == (told, "no_such_secret", False)


def test_inputs_that_the_tool_cannot_use_are_told_without_it() -> None:
    found = call({"password": {"$secret": "TOKEN"}, "nope": 1})
    assert isinstance(found, Failed)
    assert found.kind == "bad_input"
    assert VALUE not in found.reason


@given(st.lists(st.sampled_from(["secret", "sec", "ret", "se", "x", " "]), max_size=12), st.integers(1, 7))
def test_what_is_printed_is_without_it_however_it_is_cut(words: list[str], size: int) -> None:
    printed = "".join(words).encode()
    stream = HiddenStream(hiding(["secret"]))
    pieces = [stream.passed(printed[at : at + size]) for at in range(0, len(printed), size)]
    assert b"".join([*pieces, stream.rest()]) == printed.replace(b"secret", HIDDEN.encode())
