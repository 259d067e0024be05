"""The dependencies that a Python repository declares, each with the place that says so; pure."""

import re
import tomllib
from collections.abc import Iterator
from configparser import ConfigParser
from configparser import Error as NotAConfiguration
from itertools import chain
from pathlib import PurePosixPath
from typing import Any

from packaging.requirements import InvalidRequirement, Requirement
from packaging.utils import canonicalize_name
from wrenchai_contracts.shape import Frozen

LOCKS = ("uv.lock", "poetry.lock", "pdm.lock", "pylock.toml", "Pipfile.lock")
_LIST = re.compile(r"^(.*requirements.*|constraints.*)\.(txt|in)$", re.IGNORECASE)
_HASH = re.compile(r"\s--hash[= ]\S+")
_COMMENT = re.compile(r"(^|\s)#.*$")


class Declared(Frozen):
    """One dependency as it is written down. `listed`: in a requirements file, whose lines are meant to be exact."""

    name: str
    written: str
    place: str
    listed: bool


class Unreadable(Frozen):
    """A line or file that could not be understood as a dependency."""

    place: str
    reason: str


Found = Declared | Unreadable


def is_manifest(path: PurePosixPath) -> bool:
    """Whether a file may declare dependencies in a way that can be read without running it."""
    return path.name in {"pyproject.toml", "setup.cfg"} or is_list(path)


def is_list(path: PurePosixPath) -> bool:
    """Whether it is a requirements file, by its own name or its directory's. Templates (`.in`) count as ranges."""
    return bool(_LIST.match(path.name)) or (path.suffix == ".txt" and path.parent.name == "requirements")


def declared_in(path: PurePosixPath, text: str) -> Iterator[Found]:
    """Every dependency that the file `path` declares."""
    if path.name == "pyproject.toml":
        return _in_pyproject(str(path), text)
    if path.name == "setup.cfg":
        return _in_setup_cfg(str(path), text)
    return _in_list(str(path), text, exact=path.suffix == ".txt")


def _in_list(place: str, text: str, *, exact: bool) -> Iterator[Found]:
    for number, line in _joined(text):
        written = _COMMENT.sub("", _HASH.sub("", line)).strip()
        if written and not written.startswith("-"):
            yield _read(written, f"{place}:{number}", listed=exact)


def _joined(text: str) -> Iterator[tuple[int, str]]:
    """Lines with those that they go on in; each by the number of its first."""
    begun, whole = 0, ""
    for number, line in enumerate(text.splitlines(), start=1):
        begun, whole = begun or number, whole + line.removesuffix("\\")
        if not line.endswith("\\"):
            yield begun, whole
            begun, whole = 0, ""
    if whole:
        yield begun, whole


def _in_pyproject(place: str, text: str) -> Iterator[Found]:
    try:
        written = tomllib.loads(text)
    except tomllib.TOMLDecodeError as wrong:
        yield Unreadable(place=place, reason=f"is not TOML: {wrong}")
        return
    own = canonicalize_name(str(_table(written, "project").get("name", "")))
    found = chain(_of_project(written, place), _of_poetry(_table(written, "tool", "poetry", "dependencies"), place))
    yield from (one for one in found if isinstance(one, Unreadable) or one.name != own)


def _of_project(written: dict[str, Any], place: str) -> Iterator[Found]:
    project, groups = _table(written, "project"), _table(written, "dependency-groups")
    yield from _each(project.get("dependencies"), f"{place}:project.dependencies")
    for name, extra in _table(project, "optional-dependencies").items():
        yield from _each(extra, f"{place}:project.optional-dependencies.{name}")
    for name, group in groups.items():
        yield from _each(group, f"{place}:dependency-groups.{name}")


def _each(lines: object, place: str) -> Iterator[Found]:
    for line in lines if isinstance(lines, list) else []:
        if isinstance(line, str):
            yield _read(line, place, listed=False)


def _of_poetry(table: dict[str, Any], place: str) -> Iterator[Found]:
    """Poetry's own way: a name and a version; its `^` and `~` are ranges."""
    for name, wanted in table.items():
        version = wanted.get("version", "") if isinstance(wanted, dict) else wanted
        if name != "python":
            range_of = "" if version in ("", "*") else str(version)
            said = f"{name} {range_of}".strip()
            where = f"{place}:tool.poetry.dependencies"
            yield Declared(name=canonicalize_name(name), written=said, place=where, listed=False)


def _in_setup_cfg(place: str, text: str) -> Iterator[Found]:
    parser = ConfigParser(interpolation=None, strict=False)
    try:
        parser.read_string(text)
    except NotAConfiguration as wrong:
        yield Unreadable(place=place, reason=f"is no configuration: {wrong.message.splitlines()[0]}")
        return
    extras = parser["options.extras_require"].values() if parser.has_section("options.extras_require") else ()
    lines = (parser.get("options", "install_requires", fallback=""), *extras)
    for line in chain.from_iterable(text.splitlines() for text in lines):
        if line.strip():
            yield _read(line.strip(), f"{place}:options", listed=False)


def _read(written: str, place: str, *, listed: bool) -> Found:
    try:
        return Declared(name=canonicalize_name(Requirement(written).name), written=written, place=place, listed=listed)
    except InvalidRequirement:
        return Unreadable(place=place, reason="is no requirement that can be read without running something")


def _table(written: dict[str, Any], *path: str) -> dict[str, Any]:
    here: Any = written
    for name in path:
        here = here.get(name) if isinstance(here, dict) else None
    return here if isinstance(here, dict) else {}
