"""What a project's own manifest says about its licence and how to run it; pure."""

import json
import re
import tomllib
from collections.abc import Iterator
from typing import Any

from wrenchai_journey.portfolio.facts import Found

SCRIPTS = ("start", "dev", "serve", "preview")
PYPROJECT, PACKAGE = "pyproject.toml", "package.json"
PROGRAM = re.compile(r"^[A-Za-z0-9_.-]{1,80}$")


def pyproject_facts(text: str) -> tuple[Found, ...]:
    """Read `pyproject.toml`; an unreadable one says nothing."""
    try:
        project = tomllib.loads(text).get("project", {})
    except tomllib.TOMLDecodeError:
        return ()
    return (*_licence(project, PYPROJECT), *_python_run(project)) if isinstance(project, dict) else ()


def package_facts(text: str) -> tuple[Found, ...]:
    """Read `package.json`; an unreadable one says nothing."""
    try:
        package = json.loads(text)
    except (json.JSONDecodeError, RecursionError):
        return ()
    return (*_licence(package, PACKAGE), *_node_run(package)) if isinstance(package, dict) else ()


def _licence(manifest: dict[str, Any], file: str) -> Iterator[Found]:
    name = manifest.get("license")
    if isinstance(name, dict):
        name = name.get("text")
    if isinstance(name, str) and re.fullmatch(r"[A-Za-z0-9.+() -]{2,40}", name):
        yield Found(name="license", value=name, source=f"{file}:license")


def _python_run(project: dict[str, Any]) -> Iterator[Found]:
    scripts = project.get("scripts")
    programs = [name for name in scripts if PROGRAM.match(name)] if isinstance(scripts, dict) else []
    if programs:
        yield Found(name="run", value="pip install .", source=f"{PYPROJECT}:project")
        yield Found(name="run", value=f"{programs[0]} --help", source=f"{PYPROJECT}:project.scripts")


def _node_run(package: dict[str, Any]) -> Iterator[Found]:
    scripts = package.get("scripts")
    known = [name for name in SCRIPTS if isinstance(scripts, dict) and name in scripts]
    if known:
        yield Found(name="run", value="npm install", source=f"{PACKAGE}:scripts")
        yield Found(name="run", value=f"npm run {known[0]}", source=f"{PACKAGE}:scripts.{known[0]}")
