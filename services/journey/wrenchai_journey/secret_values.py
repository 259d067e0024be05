"""The values of secrets: taken from the worker's environment just before a tool begins, and out of all that it says.

A step hands on a reference, `{"$secret": "GITHUB_TOKEN"}`; the worker's environment has the value under
`WRENCHAI_SECRET_GITHUB_TOKEN`. It is put in only where the tool's own schema says that it takes a secret (`SecretStr`):
what comes in from outside and merely looks like a reference is never followed anywhere else.
"""

import json
import re
from collections.abc import Iterable, Mapping
from dataclasses import dataclass, replace
from typing import Any
from urllib.parse import quote

from wrenchai_contracts.evidence import Evidence
from wrenchai_contracts.shape import JsonObject, Name
from wrenchai_language.secret_inputs import is_secret, name_in

from wrenchai_journey.outcome import Failed, Outcome, Stopped, Succeeded
from wrenchai_journey.registry import AnyTool

PREFIX = "WRENCHAI_SECRET_"
HIDDEN = "***"
SHORTEST = 4
"""Characters; what is shorter stands in too many words to be taken out of them."""


class NoSuchSecret(Exception):  # noqa: N818  # a noun with its facts
    """The worker does not have a secret that a step hands to its tool; `reason` says what to do."""

    def __init__(self, name: str, reason: str) -> None:
        super().__init__(f"the secret {name} {reason}")


@dataclass(frozen=True, slots=True)
class Hidden:
    """Texts that nobody may be told, in each way in which they may be written."""

    ways: tuple[str, ...] = ()

    @property
    def longest(self) -> int:
        """Bytes of the longest of them."""
        return max((len(way.encode()) for way in self.ways), default=0)

    def text(self, text: str) -> str:
        """`text` without them."""
        for way in self.ways:
            text = text.replace(way, HIDDEN)
        return text

    def printed(self, text: bytes) -> bytes:
        """The same of bytes."""
        for way in self.ways:
            text = text.replace(way.encode(), HIDDEN.encode())
        return text

    def json(self, value: Any) -> Any:
        """A JSON value without them, wherever they stand in it."""
        if not self.ways:
            return value
        if isinstance(value, str):
            return self.text(value)
        if isinstance(value, Mapping):
            return {self.text(key): self.json(item) for key, item in value.items()}
        return [self.json(item) for item in value] if isinstance(value, list) else value

    def outcome(self, outcome: Outcome) -> Outcome:
        """How an attempt ended, without them."""
        if not self.ways or isinstance(outcome, Stopped):
            return outcome
        if isinstance(outcome, Succeeded):
            return replace(outcome, output=self.json(outcome.output), evidence=self._facts(outcome.evidence))
        if isinstance(outcome, Failed):
            return replace(outcome, reason=self.text(outcome.reason), evidence=self._facts(outcome.evidence))
        question = outcome.question.model_validate(self.json(outcome.question.model_dump(mode="json")))
        return replace(outcome, question=question)

    def _facts(self, facts: Iterable[Evidence]) -> tuple[Evidence, ...]:
        return tuple(Evidence.model_validate(self.json(fact.model_dump(mode="json"))) for fact in facts)


NOTHING_HIDDEN = Hidden()


class HiddenStream:
    """What a tool prints, without its secrets, also where one is printed in two pieces."""

    def __init__(self, hidden: Hidden) -> None:
        self._hidden, self._kept = hidden, b""

    def passed(self, chunk: bytes) -> bytes:
        """What can be told by now."""
        if not self._hidden.ways:
            return chunk
        told = self._hidden.printed(self._kept + chunk)
        back = self._begun(told)
        self._kept = told[len(told) - back :]
        return told[: len(told) - back]

    def rest(self) -> bytes:
        """What was kept back, once nothing follows."""
        return self._kept

    def _begun(self, told: bytes) -> int:
        """How many bytes at the end may be how a secret begins."""
        ways = [way.encode() for way in self._hidden.ways]
        lengths = range(min(self._hidden.longest - 1, len(told)), 0, -1)
        return next((n for n in lengths if any(way.startswith(told[-n:]) for way in ways)), 0)


def with_values(written: JsonObject, tool: AnyTool, environment: Mapping[str, str]) -> dict[Name, str]:
    """The values of the secrets that `written` hands to inputs of the tool that take one, by input.

    Raises:
        NoSuchSecret: the environment has it not, or it cannot be hidden.
    """
    named = {field: name for field, value in written.items() if (name := name_in(value)) is not None}
    if not named:
        return {}
    takes = tool.input_schema().get("properties", {})
    return {field: _value(name, environment) for field, name in named.items() if is_secret(takes.get(field))}


def hiding(values: Iterable[str]) -> Hidden:
    """Those values, as they are, and as JSON and addresses have them; the longest first."""
    ways = {way for value in values for way in (value, json.dumps(value)[1:-1], quote(value, safe=""))}
    return Hidden(tuple(sorted(ways, key=len, reverse=True)))


def _value(name: str, environment: Mapping[str, str]) -> str:
    value = environment.get(PREFIX + name)
    if value is None:
        raise NoSuchSecret(name, f"is not known to this worker: set {PREFIX}{name} in its environment")
    if len(re.sub(r"\s", "", value)) < SHORTEST:
        raise NoSuchSecret(name, f"has fewer than {SHORTEST} characters, so that it could not be kept out of logs")
    return value
