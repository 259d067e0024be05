"""`wrenchai verdict`: a person's word on a result, and what it changed."""

from typing import Literal

from rich.text import Text
from wrenchai_contracts.judgement_views import VerdictTaken
from wrenchai_contracts.judging import percent

from wrenchai.cli.connecting import connect
from wrenchai.cli.plain_text import told
from wrenchai.cli.screen import Screen

WAIT = 10
"""Seconds that are waited for what the inspector makes of it."""


def give_verdict(
    task_id: str, verdict: Literal["good", "bad"], step: str | None, *, reason: str, as_json: bool
) -> None:
    """Recorded under $WRENCHAI_ACTOR, else the login name."""
    screen = Screen(as_json=as_json)
    with connect() as client:
        taken = client.give_verdict(task_id, verdict, step=step, reason=reason, wait=WAIT)
    screen.result(taken, said(taken, verdict))


def said(taken: VerdictTaken, verdict: str) -> Text:
    """What the word changed, or that it is recorded."""
    about = f"{taken.step} of {taken.task_id}" if taken.step else taken.task_id
    if taken.word is None:
        return Text(f"{about}: {verdict} is recorded; the inspector has not answered yet")
    again = ", as you had said before" if taken.replayed else ""
    return told(f"{about} is {verdict}{again}: {percent(taken.word.before)} -> {percent(taken.word.after)}")
