"""Says whether the locks still answer to pyproject.toml: every direct dependency is pinned to a version it allows."""

import re
import sys
import tomllib
from collections.abc import Iterable, Iterator
from pathlib import Path
from typing import Any

from packaging.requirements import Requirement
from packaging.utils import canonicalize_name

HERE = Path(__file__).parent
PIN = re.compile(r"^([A-Za-z0-9._-]+)(?:\[[^]]*\])?==(\S+)", re.MULTILINE)
OWN = "wrenchai"


def main() -> None:
    """Exit 1 with one line for each dependency that a lock leaves out or pins to another version."""
    told = tomllib.loads((HERE.parent.parent / "pyproject.toml").read_text(encoding="utf-8"))
    wrong = [problem for lock in sorted(HERE.glob("*.txt")) for problem in problems(lock, told)]
    sys.exit("\n".join([*wrong, "run `just locks`"]) if wrong else 0)


def problems(lock: Path, told: dict[str, Any]) -> Iterator[str]:
    """What `lock` does not answer of what it must."""
    text = lock.read_text(encoding="utf-8")
    pinned = {canonicalize_name(name): version for name, version in PIN.findall(text)}
    for requirement in wanted(lock.stem, told):
        version = pinned.get(canonicalize_name(requirement.name))
        if version is None:
            yield f"{lock.name}: {requirement} is not in it"
        elif not requirement.specifier.contains(version, prereleases=True):
            yield f"{lock.name}: {requirement.name} is pinned to {version}; pyproject.toml asks for {requirement}"
    if "--hash=" not in text or re.search(r"https?://", text):
        yield f"{lock.name}: pins need hashes, and no address"


def wanted(name: str, told: dict[str, Any]) -> Iterator[Requirement]:
    """The direct dependencies that the lock `name` stands for: an extra, or `dev` for everything."""
    project = told["project"]
    extras = project["optional-dependencies"]
    named = [*extras, *(["dev"] if name == "dev" else [])] if name in {"dev", "local"} else [name]
    groups: list[Iterable[str]] = [project["dependencies"]]
    groups += [told["dependency-groups"]["dev"] if one == "dev" else extras[one] for one in named]
    for text in (text for group in groups for text in group):
        requirement = Requirement(text)
        if requirement.name != OWN:
            yield requirement


if __name__ == "__main__":
    main()
