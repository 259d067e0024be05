"""Tools of simulated runs: they review, judge, ask, and act on the outside, which the simulation does for them."""

from collections.abc import Mapping
from typing import Any

from pydantic import BaseModel, ConfigDict
from wrenchai_journey.registry import AnyTool
from wrenchai_journey.tool import ToolAsks, ToolRun, ToolShape, tool
from wrenchai_journey.tools.noop import noop

from tests.simulation.seeded_time import seeded

FORM = {"type": "object", "required": ["colour"], "properties": {"colour": {"enum": ["green", "red"]}}}
"""What every question of a run wants to know."""


class Given(BaseModel):
    """Any JSON object."""

    model_config = ConfigDict(frozen=True, extra="allow")


class Review(ToolShape):
    """What a reviewer found."""

    findings: list[dict[str, str]]


class Scores(ToolShape):
    """What a judge gives."""

    scores: dict[str, dict[str, float]]


class Entries(ToolShape):
    """What a judge sees."""

    entries: dict[str, Any]


class Round(ToolShape):
    """Which round it is, and from which on the work is good."""

    round: int
    good_from: int


class Letter(ToolShape):
    """Where something goes."""

    to: str


class Sent(ToolShape):
    """Under which key it was sent."""

    key: str


@tool(name="review", summary="Finds fault with early rounds.", inputs=Round, outputs=Review, inline=True)
def review(inputs: Round, run: ToolRun) -> Review:  # noqa: ARG001  # every tool has this shape
    """Something grave until the round from which on it is good."""
    severity = "info" if inputs.round >= inputs.good_from else "major"
    return Review(findings=[{"severity": severity, "message": f"round {inputs.round}"}])


@tool(name="judge", summary="Scores by name.", inputs=Entries, outputs=Scores, inline=True)
def judge(inputs: Entries, run: ToolRun) -> Scores:  # noqa: ARG001  # every tool has this shape
    """The same score for the same name, always."""
    return Scores(scores={name: {"good": seeded(name).random()} for name in inputs.entries})


@tool(name="echo", summary="Gives back what it is given.", inputs=Given, outputs=Given, inline=True)
def echo(inputs: Given, run: ToolRun) -> Given:  # noqa: ARG001  # every tool has this shape
    """As noop does, by another name."""
    return inputs


@tool(name="ask", summary="Asks for a colour.", inputs=Given, outputs=Given, inline=True)
def ask(inputs: Given, run: ToolRun) -> Given:  # noqa: ARG001  # every tool has this shape
    """Give back the answer, once there is one."""
    if run.answer is None:
        question = "Which colour?"
        raise ToolAsks(question, FORM)
    return Given.model_validate(run.answer)


def _sent(_: Letter, run: ToolRun) -> Sent:
    """What an effect gives back; doing it is the simulation's."""
    return Sent(key=run.idempotency_key)


_LETTER: dict[str, Any] = {"inputs": Letter, "outputs": Sent, "effect": True, "target": "to"}

send = tool(name="send", summary="Sends; nobody can tell whether it did.", **_LETTER)(_sent)
send_and_look = tool(name="send_and_look", summary="Sends; can look.", probe=_sent, **_LETTER)(_sent)
send_again = tool(name="send_again", summary="Sends to one who knows keys.", repeatable=True, **_LETTER)(_sent)

TOOLS: Mapping[str, AnyTool] = {
    one.name: one for one in (noop, echo, review, judge, ask, send, send_and_look, send_again)
}  # fmt: skip
