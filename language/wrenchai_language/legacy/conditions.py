"""Conditions of the first WrenchAI to CEL: `score >= 0.8 and done` is `output.score >= 0.8 && output.done`. Pure."""

import re
from collections.abc import Collection
from dataclasses import dataclass, field
from typing import NamedTuple

from wrenchai_language.expressions import BadExpression, Expression
from wrenchai_language.legacy.ids import step_id

_WORDS = {"and": "&&", "or": "||", "not": "!", "True": "true", "False": "false", "None": "null"}
_LITERALS = {"true", "false", "null"}
_COMPARE = {"==", "!=", "<=", ">=", "<", ">"}
_TOKEN = re.compile(
    r"""\s*(?:(?P<number>-?\d+(?:\.\d+)?(?![\w%.]))
    |(?P<text>'[^'"\\\n]*'|"[^'"\\\n]*")
    |(?P<name>[A-Za-z_]\w*(?:\.[A-Za-z_]\w*)*)
    |(?P<sign>&&|\|\||[=!<>]=|[<>!()]))\s*""",
    re.VERBOSE,
)
_LONGEST = 500
_DEEPEST = 20
_SLUG = 40


class Condition(NamedTuple):
    """CEL, and what the output that it looks at has to have: each field with what it stands for."""

    cel: str
    asks: dict[str, str]
    in_words: bool = False


def in_cel(text: str, root: str, names: Collection[str] = ()) -> Condition | None:
    """The condition in CEL, bare names being fields of `root`; None if it is neither a plain form nor CEL.

    `names` may be used beside `root`, as they are.
    """
    if len(text) > _LONGEST:
        return None
    known = {root, "inputs", "steps", *names}
    plain = _Plain(text, root, known)
    found = plain.read()
    if found is None:
        return Condition(text, {}) if _is_cel(text, known) else None
    return (
        Condition(found, dict.fromkeys(plain.asked, f"for the condition `{text}`")) if _is_cel(found, known) else None
    )


def asked_for(text: str, root: str) -> Condition:
    """A condition in free words: whoever gives the output is asked whether it holds."""
    name = step_id(text)[:_SLUG].rstrip("_") or "it_holds"
    return Condition(f"{root}.{name} == true", {name: f"true or false: {text}"}, in_words=True)


def _is_cel(text: str, known: Collection[str]) -> bool:
    try:
        return all(path[0] in known for path in Expression.of(text).names)
    except BadExpression:
        return False


class _NotPlain(Exception):  # noqa: N818  # it never leaves this module
    """Some other text."""


@dataclass(slots=True)
class _Plain:
    """Comparisons of names with values, joined by and, or, not, and brackets."""

    text: str
    root: str
    known: Collection[str]
    asked: list[str] = field(default_factory=list)
    _words: list[tuple[str, str]] = field(default_factory=list)

    def read(self) -> str | None:
        """The same in CEL; None if it is something else."""
        try:
            self._words = self._split()[::-1]
            found = self._joined(0)
        except _NotPlain:
            return None
        return found if not self._words else None

    def _split(self) -> list[tuple[str, str]]:
        words, place = [], 0
        while place < len(self.text):
            match = _TOKEN.match(self.text, place)
            if match is None:
                raise _NotPlain
            kind, word, place = str(match.lastgroup), match[str(match.lastgroup)], match.end()
            words.append(("sign" if word in {"and", "or", "not"} else kind, _WORDS.get(word, word)))
        return words

    def _joined(self, deep: int) -> str:
        if deep > _DEEPEST:
            raise _NotPlain
        parts = [self._compared(deep)]
        while self._next_is({"&&", "||"}):
            parts += [self._words.pop()[1], self._compared(deep)]
        return " ".join(parts)

    def _compared(self, deep: int) -> str:
        if self._next_is({"!"}):
            self._words.pop()
            return f"!({self._compared(deep + 1)})" if deep < _DEEPEST else self._too_deep()
        left = self._operand(deep)
        if not self._next_is(_COMPARE):
            return left
        return f"{left} {self._words.pop()[1]} {self._operand(deep)}"

    def _operand(self, deep: int) -> str:
        kind, word = self._words.pop() if self._words else ("", "")
        if kind == "sign" and word == "(":
            inner = self._joined(deep + 1)
            if not self._next_is({")"}):
                raise _NotPlain
            self._words.pop()
            return f"({inner})"
        if kind in {"", "sign"}:
            raise _NotPlain
        return self._name(word) if kind == "name" and word not in _LITERALS else word

    def _name(self, word: str) -> str:
        head, *more = word.split(".")
        if head == self.root and more:
            self.asked.append(more[0])
        if head in self.known:
            return word
        self.asked.append(head)
        return f"{self.root}.{word}"

    def _next_is(self, signs: Collection[str]) -> bool:
        return bool(self._words) and self._words[-1][0] == "sign" and self._words[-1][1] in signs

    def _too_deep(self) -> str:
        raise _NotPlain
