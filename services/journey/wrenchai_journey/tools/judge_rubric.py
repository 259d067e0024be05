"""A model grades a text by a rubric, from 1 to 5; what it cannot grade is not measured, and never passed."""

import json
import os
from typing import Any

from pydantic import Field
from wrenchai_contracts.evidence import ArtifactRef, Evidence
from wrenchai_contracts.shape import JsonObject
from wrenchai_contracts.spending import Spending

from wrenchai_journey.judging.chat_model import (
    KEY_SETTING,
    NAME_SETTING,
    NO_MODEL,
    PARAMETERS,
    URL_SETTING,
    ChatModel,
    model_in,
    reply_of,
)
from wrenchai_journey.judging.rubric import (
    GRADES,
    Grade,
    Malformed,
    Message,
    Rubric,
    again,
    asked,
    family_of,
    grade_in,
    text_of,
)
from wrenchai_journey.tool import ToolRun, ToolShape, tool

MAX_TEXT = 60_000
"""Characters of text and context together; more than any output of a step has."""

_RESERVE = 2.0
"""Seconds that are left for telling what came of it."""


class RubricInputs(ToolShape):
    """What is graded, and by what."""

    subject: str | JsonObject | list[Any] = Field(description="A text, or JSON.")
    rubric: Rubric
    context: str | JsonObject | list[Any] = Field(default="", description="What one must know to grade it.")
    model: str | None = Field(default=None, min_length=1, max_length=200, description="Instead of the configured one.")


class Graded(ToolShape):
    """The grade; null if it was not measured."""

    grade: int | None
    reason: str
    judge: str
    version: str
    exchange: ArtifactRef | None = Field(default=None, description="All that was asked and answered.")


@tool(
    name="judge.rubric",
    summary="A model grades a text from 1 to 5 by a rubric.",
    inputs=RubricInputs,
    outputs=Graded,
    secrets=(URL_SETTING, NAME_SETTING, KEY_SETTING),
    most=Spending(calls=1, tokens=50_000),
)
def judge_rubric(inputs: RubricInputs, run: ToolRun) -> Graded:
    """Ask, read strictly, and keep the exchange."""
    model = model_in(os.environ, inputs.model)
    subject, context = text_of(inputs.subject), text_of(inputs.context)
    if model is None:
        return _told(inputs.rubric, None, NO_MODEL, run)
    if (length := len(subject) + len(context)) > MAX_TEXT:
        return _told(inputs.rubric, model, f"it has {length} characters, and the most is {MAX_TEXT}", run)
    messages = asked(inputs.rubric, subject, context)
    graded = _graded(model, messages, run)
    return _told(inputs.rubric, model, graded, run, exchange=_kept(model, messages, run))


def _graded(model: ChatModel, messages: list[Message], run: ToolRun) -> Grade | str:
    """The grade, or why there is none; what was said is added to `messages`."""
    try:
        return _answered(model, messages, run)
    except Malformed as wrong:
        messages.append(again(wrong))
    try:
        return _answered(model, messages, run)
    except Malformed as wrong:
        return f"{model.name} answered twice what is no grade: {wrong.reason}"


def _answered(model: ChatModel, messages: list[Message], run: ToolRun) -> Grade:
    run.progress(0.5, f"{model.name} reads")
    reply = reply_of(model, messages, seconds=run.seconds_left - _RESERVE)
    run.spend(tokens=reply.tokens)
    text = model.hidden.text(reply.text)
    messages.append({"role": "assistant", "content": text})
    return grade_in(text)


def _kept(model: ChatModel, messages: list[Message], run: ToolRun) -> ArtifactRef:
    file = run.workspace / f"exchange-{run.idempotency_key.replace('/', '-')[-100:]}.json"
    whole = {"model": model.name, **PARAMETERS, "messages": messages}
    file.write_text(json.dumps(whole, indent=1, ensure_ascii=False) + "\n", encoding="utf-8")
    return run.artifact(file, name="exchange.json", media_type="application/json")


def _told(
    rubric: Rubric, model: ChatModel | None, came: Grade | str, run: ToolRun, *, exchange: ArtifactRef | None = None
) -> Graded:
    """Leave the grade as evidence, or why there is none."""
    version = rubric.version_with(model.name) if model else rubric.version
    grade, reason = (came.grade, came.reason) if isinstance(came, Grade) else (None, f"not measured: {came}")
    run.evidence(
        Evidence(
            judge=rubric.judge,
            judge_version=version,
            dimension=rubric.name,
            passed=grade or 0,
            tried=GRADES if grade else 0,
            scale="rubric",
            family=family_of(model.name) if model else None,
            summary=(f"{grade} of {GRADES}: {reason}" if grade else reason)[:500],
            artifact=exchange,
        )
    )
    run.progress(1.0, f"{grade} of {GRADES}" if grade else reason)
    return Graded(grade=grade, reason=reason, judge=rubric.judge, version=version, exchange=exchange)
