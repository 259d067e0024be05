"""The compiled part of the CEL library, without its command line, which would cost each process 0.4 s and 28 MB."""

import sys
from importlib.machinery import PathFinder
from importlib.util import find_spec, module_from_spec
from types import ModuleType
from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from cel.cel import Program

_NAME = "cel.cel"


def compiled(text: str) -> "Program":
    """The program of a text.

    Raises:
        ValueError: it is no CEL; the message says where.
    """
    program: Program = _EXTENSION.compile(text)
    return program


def _loaded() -> ModuleType:
    """The extension; known to Python under its own name, because to initialise it twice is a panic."""
    if _NAME in sys.modules:
        return sys.modules[_NAME]
    package = find_spec("cel")
    spec = PathFinder.find_spec(_NAME, package.submodule_search_locations if package else None)
    if spec is None or spec.loader is None:
        message = "common-expression-language is not installed"
        raise ModuleNotFoundError(message, name="cel")
    sys.modules[_NAME] = extension = module_from_spec(spec)
    spec.loader.exec_module(extension)
    return extension


_EXTENSION = _loaded()
