"""Calls in source code as a test of the code's own shape sees them: which function makes them, and on which line."""

import ast
import re
from collections.abc import Iterator
from dataclasses import dataclass
from functools import cached_property
from pathlib import Path


@dataclass(frozen=True)
class Call:
    """A call: how what is called is written (`self._log.append`), and its arguments that are literal text."""

    callee: str
    arguments: tuple[str, ...]
    function: str
    line: int


@dataclass(frozen=True)
class Module:
    """One file of source code."""

    file: Path

    @cached_property
    def calls(self) -> list[Call]:
        """Every call in it, in the order of the text."""
        found = _calls(ast.parse(self.file.read_text()), "")
        return sorted(found, key=lambda call: call.line)

    def calls_of(self, pattern: str) -> list[Call]:
        """Those whose callee is written so."""
        return [call for call in self.calls if re.fullmatch(pattern, call.callee)]

    def calls_to(self, function: str) -> list[Call]:
        """Those of a function or method of this module."""
        return self.calls_of(rf"(self\.)?{re.escape(function)}")


def modules_in(*folders: Path) -> list[Module]:
    """The Python files below `folders`."""
    files = (file for folder in folders for file in sorted(folder.rglob("*.py")))
    return [Module(file) for file in files if "node_modules" not in file.parts]


def _calls(node: ast.AST, function: str) -> Iterator[Call]:
    for child in ast.iter_child_nodes(node):
        if isinstance(child, ast.Call):
            literal = tuple(a.value for a in child.args if isinstance(a, ast.Constant) and isinstance(a.value, str))
            yield Call(ast.unparse(child.func), literal, function, child.lineno)
        inside = child.name if isinstance(child, ast.FunctionDef | ast.AsyncFunctionDef) else function
        yield from _calls(child, inside)
