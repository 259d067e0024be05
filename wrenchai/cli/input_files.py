"""What a user gives a playbook: a YAML or JSON file, and single settings over it."""

from collections.abc import Iterable
from pathlib import Path
from typing import Any

from pydantic_core import to_jsonable_python
from ruamel.yaml import YAML
from ruamel.yaml.error import MarkedYAMLError, YAMLError
from wrenchai_contracts.errors import WrenchError
from wrenchai_contracts.shape import JsonObject


class InputFileWrong(WrenchError):  # noqa: N818  # errors are nouns with their facts
    """A file or setting that the user gave cannot be used."""

    def __init__(self, place: str, reason: str, *, line: int | None = None) -> None:
        where = place if line is None else f"{place}, line {line}"
        super().__init__(f"{where}: {reason}")
        self.place, self.reason, self.line = place, reason, line


def read_inputs(file: Path) -> JsonObject:
    """The object that a YAML or JSON file holds.

    Raises:
        InputFileWrong: it cannot be read, or is no object.
    """
    inputs = _parsed(read_text(file), place=str(file))
    if not isinstance(inputs, dict):
        raise InputFileWrong(str(file), "it must hold names with values, like `title: My projects`")
    return inputs


def read_text(file: Path) -> str:
    """What the file holds.

    Raises:
        InputFileWrong: it cannot be read, or is no text.
    """
    try:
        return file.read_text(encoding="utf-8")
    except OSError as problem:
        raise InputFileWrong(str(file), problem.strerror or str(problem)) from problem
    except UnicodeDecodeError as problem:
        raise InputFileWrong(str(file), reason="it is no UTF-8 text") from problem


def with_settings(inputs: JsonObject, settings: Iterable[str]) -> JsonObject:
    """`inputs` with `key=value` settings over it; dots in a key go deeper, values are read as YAML.

    Raises:
        InputFileWrong: a setting has no `=`, or goes deeper into something that holds nothing.
    """
    for setting in settings:
        place = f"--set {setting}"
        key, equals, value = setting.partition("=")
        if not key or not equals:
            raise InputFileWrong(place, reason="write it as KEY=VALUE")
        inputs = _with(inputs, key.split("."), _parsed(value, place=place), place)
    return inputs


def labels(option: str, given: Iterable[str]) -> dict[str, str]:
    """`name=value` labels by name, both as they stand there.

    Raises:
        InputFileWrong: one has no name or no `=`.
    """
    found = {}
    for label in given:
        place = f"{option} {label}"
        name, equals, value = label.partition("=")
        if not name or not equals:
            raise InputFileWrong(place, reason="write it as NAME=VALUE")
        found[name] = value
    return found


def json_value(option: str, text: str) -> Any:
    """What an option says: JSON, or the JSON or YAML in a file, as `@file`.

    Raises:
        InputFileWrong: it is none, or the file cannot be read.
    """
    if text.startswith("@"):
        return _parsed(read_text(Path(text[1:])), place=text[1:])
    return _parsed(text, place=f"{option} {text}")


def json_object(option: str, text: str) -> JsonObject:
    """As `json_value`, where only names with values will do.

    Raises:
        InputFileWrong: it is no object.
    """
    value = json_value(option, text)
    if not isinstance(value, dict):
        place = f"{option} {text}"
        raise InputFileWrong(place, reason='it must hold names with values, like {"title": "Mine"}')
    return value


def fields(given: Iterable[str], form: JsonObject) -> JsonObject:
    """`name=value` fields of a form (a JSON Schema): a text where the form asks for one, else read as JSON.

    Raises:
        InputFileWrong: one has no name or no `=`, or is no JSON where no text is asked for.
    """
    asked = form.get("properties", {})
    return {
        name: value if asked.get(name, {}).get("type") == "string" else _parsed(value, place=f"--field {name}={value}")
        for name, value in labels("--field", given).items()
    }


def as_inputs(given: JsonObject, schema: JsonObject, directory: Path) -> JsonObject:
    """What a playbook with this input `schema` is given, from a file in `directory`.

    A file that names none of the inputs is the playbook's `form`, if it asks for one. A playbook that asks for a
    `base_directory` is told where the file lies, because the paths in it begin there.
    """
    wanted = schema.get("properties", {})
    inputs = {"form": given} if given and "form" in wanted and not wanted.keys() & given.keys() else given
    if "base_directory" in wanted and "base_directory" not in inputs:
        return {**inputs, "base_directory": str(directory)}
    return inputs


def _with(inputs: Any, keys: list[str], value: Any, place: str) -> JsonObject:
    if not isinstance(inputs, dict):
        reason = f"there is nothing called {keys[0]!r} inside a plain value"
        raise InputFileWrong(place, reason)
    head, *rest = keys
    return {**inputs, head: _with(inputs.get(head, {}), rest, value, place) if rest else value}


def _parsed(text: str, *, place: str) -> Any:
    try:
        return to_jsonable_python(YAML(typ="safe", pure=True).load(text))
    except MarkedYAMLError as problem:
        mark = problem.problem_mark or problem.context_mark
        raise InputFileWrong(place, problem.problem or "it is no YAML", line=mark.line + 1 if mark else None) from None
    except (YAMLError, ValueError) as problem:
        raise InputFileWrong(place, f"it is no YAML: {problem}") from None
