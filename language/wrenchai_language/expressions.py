"""Conditions and aggregations: one line of CEL over a scope of JSON values; bounded, and the same each time. Pure.

What surprises in the library's CEL, and so in ours:
- `1 == 1.0` and `1 < 1.5` hold, but `1 + 1.5` fails: write `double(x) + 1.5`. Values of different types are unequal.
- `size()` of a text counts bytes of UTF-8, not characters.
- `a.b-c` is `a.b` minus `c`: write `a["b-c"]`.
- `||` and `&&` let an error pass when the other side decides; `all` and `exists` do not: they stop at the first error.
- Macros over a mapping go over its keys, here in order.
- In `matches`, a backslash-w costs five hundred times as much as `[A-Za-z0-9_]`: it knows all scripts, at each call.
"""

import json
import re
from collections.abc import Mapping
from functools import lru_cache
from typing import Any

from wrenchai_language.cel_extension import compiled
from wrenchai_language.expression_bounds import Bounds, TooCostly, pattern_of
from wrenchai_language.expression_parser import parsed
from wrenchai_language.expression_reasons import reason_of
from wrenchai_language.expression_rewriting import Wanted, in_pieces, ordered, rewritten
from wrenchai_language.expression_scope import ABSENT, look_up
from wrenchai_language.expression_tree import BadExpression, Call, Node
from wrenchai_language.json_size import NoJson, size_of
from wrenchai_language.pattern_weight import pattern_problem

__all__ = ["BadExpression", "Expression", "ExpressionFailed"]

MAX_RESULT_BYTES = 64 * 1024

_KEPT = 256
_SHOWN = 80
_PARSE_ERROR = re.compile(r"ERROR: <input>:(\d+):(\d+): (.*)")
_Names = tuple[str, ...]


class ExpressionFailed(Exception):  # noqa: N818  # a noun with its facts
    """An expression has no value in this scope: `reason` says why, in one line."""

    def __init__(self, text: str, reason: str) -> None:
        super().__init__(f"{text[:_SHOWN].strip()}: {reason}")
        self.text, self.reason = text, reason


class Expression:
    """One expression, ready to be evaluated in any scope."""

    __slots__ = ("_program", "_rewritten", "_tree", "names", "tested", "text")

    text: str
    names: frozenset[_Names]
    """The paths into the scope that it names; of `has(inputs.title)` only `inputs`, which must be there."""
    tested: frozenset[_Names]
    """The paths that it asks `has()` of, whole."""

    def __init__(self, text: str) -> None:
        """See `of`."""
        self.text, self._tree = text, parsed(text)
        _check_syntax(text, self._tree)
        _check_patterns(text, self._tree)
        self._rewritten = rewritten(text, self._tree)
        self._program = compiled(self._rewritten.text)
        wanted = self._rewritten.variables.values()
        self.names = frozenset(names[:-1] if use == "tested" else names for names, use in wanted)
        self.tested = frozenset(names for names, use in wanted if use == "tested")

    @staticmethod
    def of(text: str) -> "Expression":
        """The expression that `text` is; the same text is read once.

        Raises:
            BadExpression: it is none, too long, or too deep.
        """
        return _read(text)

    def value(self, scope: Mapping[str, Any]) -> Any:
        """What it comes to in `scope`, as JSON: mappings with their keys in order, 64 KiB at most.

        Raises:
            ExpressionFailed: it comes to nothing here, to what JSON has not, or may cost too much.
        """
        result = self._evaluated(scope)
        try:
            value = _in_order(result)
            size = len(json.dumps(value, ensure_ascii=False).encode())
        except NoJson as problem:
            raise ExpressionFailed(self.text, f"its value {problem}") from problem
        if size > MAX_RESULT_BYTES:
            raise ExpressionFailed(self.text, f"its value has {size} bytes as JSON; {MAX_RESULT_BYTES} are allowed")
        return value

    def truth(self, scope: Mapping[str, Any]) -> bool:
        """Whether it holds in `scope`.

        Raises:
            ExpressionFailed: as `value`; or it comes to neither true nor false.
        """
        result = self._evaluated(scope)
        if isinstance(result, bool):
            return result
        shown = type(result).__name__ if isinstance(result, dict | list) else repr(result)[:_SHOWN]
        raise ExpressionFailed(self.text, f"is neither true nor false, but {shown}")

    def _evaluated(self, scope: Mapping[str, Any]) -> Any:
        handed_over = self._handed_over(scope)
        self._check_cost(scope, handed_over)
        try:
            return self._program.execute({**handed_over, **self._rewritten.functions})
        except (ArithmeticError, LookupError, TypeError, ValueError, RuntimeError) as problem:
            raise ExpressionFailed(self.text, reason_of(problem, self._rewritten.variables, scope)) from problem

    def _handed_over(self, scope: Mapping[str, Any]) -> dict[str, Any]:
        """The variables; what is not there stays away, so that the library meets it where, and if, it gets there."""
        asked = ((name, _as_wanted(wanted, scope)) for name, wanted in self._rewritten.variables.items())
        return {name: value for name, value in asked if value is not ABSENT}

    def _check_cost(self, scope: Mapping[str, Any], handed_over: Mapping[str, Any]) -> None:
        bounds, costs, names = Bounds(self.text, scope), dict[_Names, int](), _Names()
        try:
            for variable in handed_over:
                names, use = self._rewritten.variables[variable]
                costs[names] = 1 if use == "tested" else bounds.cost_of(names)
            bounds.check(self._tree, sum(costs.values()))
        except NoJson as problem:
            raise ExpressionFailed(self.text, f"{'.'.join(names)} {problem}") from problem
        except TooCostly as problem:
            raise ExpressionFailed(self.text, _too_costly(costs)) from problem


@lru_cache(maxsize=_KEPT)
def _read(text: str) -> Expression:
    return Expression(text)


def _as_wanted(wanted: Wanted, scope: Mapping[str, Any]) -> Any:
    if wanted.use == "tested":
        around = look_up(wanted.names[:-1], scope)
        return wanted.names[-1] in around if isinstance(around, dict) else ABSENT
    value = look_up(wanted.names, scope)
    match wanted.use:
        case "ordered":
            return ordered(value)
        case "pieces":
            return in_pieces(value)
        case _:
            return value


def _too_costly(costs: Mapping[_Names, int]) -> str:
    largest = max(costs, key=lambda names: costs[names], default=())
    hint = f"; the largest of what it names is {'.'.join(largest)}" if largest else ""
    return (
        f"may take too long, or make too much on the way{hint}. all, exists and exists_one cost less than map, filter"
    )


def _in_order(value: Any) -> Any:
    """`value`, if it is JSON, with the keys of each mapping in order: the library's order changes from call to call."""
    size_of(value)
    return _sorted(value)


def _sorted(value: Any) -> Any:
    if isinstance(value, dict):
        return {key: _sorted(value[key]) for key in sorted(value)}
    return [_sorted(item) for item in value] if isinstance(value, list) else value


# --- reading --------------------------------------------------------------------------------------------


def _check_syntax(text: str, tree: Node) -> None:
    """Ask the library, whose word counts, about the text as it is; only where it says no, to find the place."""
    try:
        compiled(text[tree.start : tree.end])
    except ValueError as problem:
        found = _PARSE_ERROR.search(str(problem))
        if found is None:
            raise BadExpression(text, "is no expression") from problem
        lines = text[tree.start : tree.end].split("\n")[: int(found[1]) - 1]
        at = tree.start + sum(len(line) + 1 for line in lines) + int(found[2]) - 1
        raise BadExpression(text, found[3].removeprefix("Syntax error: "), at) from problem


def _check_patterns(text: str, node: Node) -> None:
    for part in node.parts:
        _check_patterns(text, part)
    if isinstance(node, Call) and node.function == "matches":
        problem = pattern_problem(pattern_of(node, text))
        if problem is not None:
            raise BadExpression(text, problem, node.parts[-1].start)
