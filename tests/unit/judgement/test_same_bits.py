"""What a state's hash depends on is calculated from operations that give the same bits on every machine.

IEEE 754 fixes plus, minus, times, divided by and the square root. Everything else of the C library and of numpy may
differ in its last bit with the processor, the BLAS or the version; `sum` of floats with the version of Python.
"""

import ast
from collections.abc import Iterator
from pathlib import Path

import pytest
import wrenchai_judgement

MODULES = (
    "beta", "chance", "choosing", "context", "deciding", "drift", "exact", "judges", "knowledge", "replaying",
    "resources", "rollup", "snapshot", "weighing",
)  # fmt: skip
"""All that a digest or a decision is made by; the others make figures for people."""

OF_MATH = {"factorial", "floor", "frexp", "fsum", "inf", "ldexp", "prod", "sqrt"}
OF_NUMPY = {
    "abs", "arange", "argsort", "array", "ascontiguousarray", "concatenate", "float64", "floor", "frombuffer", "full",
    "int32", "intp", "ix_", "ldexp", "maximum", "minimum", "ones", "where", "zeros", "zeros_like",
}  # fmt: skip
COUNTS_ONLY = {"choosing": 1}
"""Sums of whole numbers, which are the same in any order."""


def tree_of(module: str) -> ast.Module:
    path = Path(str(wrenchai_judgement.__file__)).with_name(f"{module}.py")
    return ast.parse(path.read_text(encoding="utf-8"))


def used_of(library: str, tree: ast.Module) -> Iterator[str]:
    for node in ast.walk(tree):
        if isinstance(node, ast.Attribute) and isinstance(node.value, ast.Name) and node.value.id == library:
            yield node.attr


def is_float_power(node: ast.AST) -> bool:
    """A power whose base and exponent are not both written out, so that the compiler does not work it out."""
    return isinstance(node, ast.BinOp) and isinstance(node.op, ast.Pow) and not isinstance(node.left, ast.Constant)


@pytest.mark.parametrize("module", MODULES)
def test_only_what_ieee_754_fixes_is_used(module: str) -> None:
    tree = tree_of(module)
    assert set(used_of("math", tree)) <= OF_MATH
    assert set(used_of("np", tree)) <= OF_NUMPY


@pytest.mark.parametrize("module", MODULES)
def test_nothing_is_raised_to_a_power_and_no_matrix_is_multiplied(module: str) -> None:
    nodes = list(ast.walk(tree_of(module)))
    assert [node.lineno for node in nodes if isinstance(node, ast.BinOp) and isinstance(node.op, ast.MatMult)] == []
    assert [node.lineno for node in nodes if isinstance(node, ast.BinOp) and is_float_power(node)] == []


@pytest.mark.parametrize("module", MODULES)
def test_floats_are_added_in_order_not_by_sum(module: str) -> None:
    calls = (node for node in ast.walk(tree_of(module)) if isinstance(node, ast.Call))
    sums = [call for call in calls if isinstance(call.func, ast.Name) and call.func.id == "sum"]
    assert len(sums) == COUNTS_ONLY.get(module, 0)
