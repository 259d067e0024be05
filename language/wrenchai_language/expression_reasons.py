"""Why an expression has no value here, in one line for people. Pure."""

import re
from collections.abc import Mapping
from typing import Any

from wrenchai_language.expression_rewriting import Wanted
from wrenchai_language.expression_scope import missing

_UNDEFINED = re.compile(r"Undefined variable or function: '(\w+)'")
_FUNCTION = re.compile(r"Function '(\w+)' error: (.*)")
_SAID: tuple[tuple[type[Exception], str], ...] = (
    (ZeroDivisionError, "division by zero"),
    (OverflowError, "a number does not fit into 64 bits: {}"),
    (KeyError, "there is no '{}' in what it is asked of"),
    (IndexError, "{}"),
    (TypeError, "an operation meets a type that it is not made for; int(), double() and string() convert"),
    (ValueError, "a text in the scope is no Unicode"),
)
_ADVICE = ". Check function arguments"


def reason_of(problem: Exception, variables: Mapping[str, Wanted], scope: Mapping[str, Any]) -> str:
    """What the library's error means; `variables` says what it was given for which path."""
    text = str(problem.args[0]) if problem.args else ""
    if undefined := _UNDEFINED.match(text):
        wanted = variables.get(undefined[1])
        return missing(wanted.names, scope) if wanted else f"{undefined[1]}() is not made for what it is given here"
    if failed := _FUNCTION.match(text):
        return f"{failed[1]}(): {failed[2].partition(_ADVICE)[0]}"
    return _by_kind(problem, text)


def _by_kind(problem: Exception, text: str) -> str:
    if isinstance(problem, TypeError) and not text.startswith("No such overload"):
        return text.partition(". ")[0].rstrip(".")
    said = next((said for kind, said in _SAID if isinstance(problem, kind)), "{}")
    return said.format(text.strip().partition("\n")[0].rstrip("."))
