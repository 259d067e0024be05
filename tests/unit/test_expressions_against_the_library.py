"""Our reading of CEL against the library's own, on expressions that nobody thought of."""

import json
from collections.abc import Callable
from typing import Any

from hypothesis import given
from hypothesis import strategies as st
from wrenchai_language.cel_extension import compiled
from wrenchai_language.expressions import BadExpression, Expression, ExpressionFailed

_WORDS = ["a", "b", "inputs.x", "inputs.l", "l", "m", "m.k", "1", "2.5", "'t'", '"q"', "true", "null", "x", "y"]


def _deeper(inner: st.SearchStrategy[str]) -> st.SearchStrategy[str]:
    operators = st.sampled_from(["+", "-", "*", "/", "%", "==", "!=", "<", ">=", "in", "&&", "||"])
    calls: list[Callable[..., str]] = [
        "size({})".format,
        "({}).size()".format,
        "string({})".format,
        "({}).k".format,
        "!{}".format,
        "-{}".format,
        "({})".format,
        "[{}]".format,
        "has(({}).k)".format,
    ]
    macros = st.sampled_from(["all", "exists", "exists_one", "map", "filter"])
    return st.one_of(
        st.builds("{} {} {}".format, inner, operators, inner),
        st.builds(lambda call, text: call(text), st.sampled_from(calls), inner),
        st.builds("({})[{}]".format, inner, inner),
        st.builds("{} ? {} : {}".format, inner, inner, inner),
        st.builds("[{}, {}]".format, inner, inner),
        st.builds("{{'k': {}, 'j': {}}}".format, inner, inner),
        st.builds("({}).{}({}, {})".format, inner, macros, st.sampled_from(["x", "y", "a"]), inner),
    )


TEXTS = st.recursive(st.sampled_from(_WORDS), _deeper, max_leaves=8)
FUZZED = {"a": 3, "b": "t", "inputs": {"x": True, "l": [1, 2]}, "l": [3, 1, 2], "m": {"k": 1}, "y": [[1], []]}


def outcome(evaluate: Callable[[], Any]) -> Any:
    try:
        return evaluate()
    except (ExpressionFailed, ArithmeticError, LookupError, TypeError, ValueError, RuntimeError):
        return "no value"


def read(text: str) -> Expression | str:
    """The expression, or why it is none."""
    try:
        return Expression.of(text)
    except BadExpression as bad:
        return bad.reason


def reads(text: str) -> bool:
    """Whether the library takes it for an expression."""
    try:
        compiled(text)
    except ValueError:
        return False
    return True


@given(TEXTS)
def test_an_expression_comes_to_what_the_library_makes_of_it_unrewritten(text: str) -> None:
    expression = read(text)
    if isinstance(expression, str):
        return
    theirs = outcome(lambda: json.loads(json.dumps(compiled(text).execute(FUZZED), sort_keys=True, allow_nan=False)))
    assert outcome(lambda: json.loads(json.dumps(expression.value(FUZZED)))) == theirs


@given(TEXTS)
def test_what_the_library_reads_is_read_here_with_the_same_names(text: str) -> None:
    expression = read(text)
    if isinstance(expression, str):
        assert not reads(text) or "nest at most" in expression
        return
    names = {name for name, *_ in expression.names}
    assert names <= set(compiled(text).variables()) <= names | {"x", "y", "a"}


@given(st.text(alphabet=st.sampled_from(list("ab.[](){}'\"\\rb?:,+-!=<>|&/ \n019_")), max_size=40))
def test_no_text_breaks_the_reader(text: str) -> None:
    expression = read(text)
    assert isinstance(expression, str) or reads(text)
