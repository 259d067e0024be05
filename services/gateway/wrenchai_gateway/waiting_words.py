"""What a task waits for, in words: a sentence that says what to do about it, and the command that does. Pure."""

from collections.abc import Mapping
from typing import Any

COMMANDS: Mapping[str, str | None] = {
    "approval": "approval",
    "answer": "answer",
    "signal": "signal",
    "time": None,
    "decision": "retry",
    "budget": "extend",
    "effect": "effects",
}
"""By what is waited for: the last part of the address of the command that ends the wait; a time comes by itself."""


def words_for(step: str, wait: Mapping[str, Any], due: str | None = None) -> str:
    """One sentence about what the step at that path waits for, `wait` being a `Wait` as it was recorded."""
    said = _SENTENCES[wait["waits_for"]]
    title = f": {wait['title']}" if wait.get("title") else ""
    need = (wait.get("approval") or {}).get("need", 1)
    people = "a person" if need == 1 else f"{need} people"
    sentence = said.format(step=step, title=title, people=people, name=wait.get("name", ""), key=wait.get("effect", ""))
    return f"{sentence}{_until(wait, due)}"


def _until(wait: Mapping[str, Any], due: str | None) -> str:
    if due is None:
        return ""
    return f" {due}" if wait["waits_for"] == "time" else f" (until {due})"


_SENTENCES = {
    "approval": "{step} waits for {people} to approve or reject it{title}",
    "answer": "{step} asks, answer it{title}",
    "signal": "{step} waits for the signal {name}, send it{title}",
    "time": "{step} waits until",
    "decision": "{step} failed, retry or skip it{title}",
    "budget": "{step} needs more than the budget has left, extend it{title}",
    "effect": "nobody knows whether {step} did its work outside, resolve the effect {key}",
}
