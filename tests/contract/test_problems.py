"""Every error crosses the wire as a problem and arrives as the same error, with its facts and nothing internal."""

import httpx
import pytest
from wrenchai_contracts import errors
from wrenchai_contracts.errors import (
    FieldProblem,
    InputRejected,
    KeyReused,
    LogFull,
    LogUnavailable,
    NotJudged,
    NotNow,
    Overloaded,
    PayloadTooLarge,
    PlaybookRejected,
    TaskEnded,
    UnknownPlaybook,
    UnknownSchedule,
    UnknownTask,
    WrenchError,
)
from wrenchai_gateway.problems import KINDS, Problem, problem_response
from wrenchai_gateway.refusals import KeyRefused, NotFound, NotInViewYet

from wrenchai.client.problems import error_of

PLACES = [FieldProblem("inputs.title", "too short", 3), FieldProblem("", "odd")]
ERRORS: list[WrenchError] = [
    InputRejected(PLACES),
    PlaybookRejected("book.yaml", PLACES),
    UnknownPlaybook("nope", ["book", "other"]),
    UnknownTask("task_01jd3k0000"),
    TaskEnded("task_01jd3k0000", "failed"),
    NotJudged("task_01jd3k0000", "build", ["write", "whole"]),
    NotJudged("task_01jd3k0000", None, []),
    KeyReused("k1"),
    PayloadTooLarge("the body", 2_000_000, 1_048_576),
]


def over_the_wire(error: WrenchError) -> httpx.Response:
    response = problem_response(error)
    return httpx.Response(response.status_code, headers=dict(response.headers), content=bytes(response.body))


@pytest.mark.parametrize("error", ERRORS, ids=lambda error: type(error).__name__)
def test_a_refusal_arrives_with_its_facts(error: WrenchError) -> None:
    arrived = error_of(over_the_wire(error))
    assert type(arrived) is type(error)
    assert str(arrived) == str(error)
    assert vars(arrived) == vars(error)


def test_a_command_that_is_not_legal_is_told_with_the_state_and_what_is_legal() -> None:
    response = over_the_wire(NotNow("task_01jd3k0000", "paused", "it is being stopped", ["resume", "cancel"]))
    body = response.json()
    assert (response.status_code, body["type"]) == (409, "urn:wrenchai:problem:not-now")
    assert (body["state"], body["reason"], body["legal"]) == ("paused", "it is being stopped", ["resume", "cancel"])
    assert body["detail"].endswith("Allowed now: resume, cancel")


AWAY = [LogUnavailable("host=10.0.0.1 password=x"), LogFull("10.0.0.1: /data is full"), Overloaded("50001 wait")]


@pytest.mark.parametrize("error", AWAY)
def test_what_is_away_is_told_without_saying_where_it_is(error: WrenchError) -> None:
    response = over_the_wire(error)
    assert type(error_of(response)) is type(error)
    assert response.headers["retry-after"] == ("60" if isinstance(error, LogFull) else "1")
    assert "10.0.0.1" not in response.text
    assert "50001" not in response.text


def test_every_error_of_the_tree_has_a_kind_of_its_own() -> None:
    tree = {thing for thing in vars(errors).values() if isinstance(thing, type) and issubclass(thing, WrenchError)}
    assert tree <= KINDS.keys()


STATES = [NotNow("task_01jd3k0000", "paused", "why", ["resume"]), UnknownSchedule("nightly")]


@pytest.mark.parametrize(
    "error", [*ERRORS, *STATES, KeyRefused(), NotFound("gone"), NotInViewYet(9, 3), WrenchError("stack")]
)
def test_a_problem_has_the_members_that_the_standard_names(error: WrenchError) -> None:
    response = over_the_wire(error)
    problem = Problem.model_validate_json(response.content)
    assert response.headers["content-type"] == "application/problem+json"
    assert problem.status == response.status_code
    assert problem.type.startswith("urn:wrenchai:problem:")
    assert "stack" not in problem.detail


def test_text_that_no_json_reader_takes_is_told_in_another_way() -> None:
    response = over_the_wire(UnknownPlaybook("\ud800", ["x" * 100_000]))
    assert Problem.model_validate_json(response.content).detail.startswith("no playbook is called")
    assert len(response.content) < 110_000
