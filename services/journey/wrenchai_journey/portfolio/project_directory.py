"""Reading a project's directory without ever leaving it: no symbolic link is followed, no big file read."""

import os
import stat
from collections.abc import Iterator, Sequence
from pathlib import Path

from wrenchai_journey.portfolio.facts import Found
from wrenchai_journey.portfolio.licenses import FILES as LICENSE_FILES
from wrenchai_journey.portfolio.licenses import license_fact
from wrenchai_journey.portfolio.manifests import PACKAGE, PYPROJECT, package_facts, pyproject_facts
from wrenchai_journey.portfolio.readme import readme_facts
from wrenchai_journey.tool import ToolFailed

ROOTS_SETTING = "WRENCHAI_PROJECT_ROOTS"
"""Names the directories that projects may lie in, separated like PATH; unset: anywhere this user may read."""

READMES = ("README.md", "README.rst", "README.txt", "README", "readme.md", "Readme.md")
MAX_READ = 256 * 1024


def project_directory(path: str, *, base: str | None, field: str) -> Path:
    """Find the directory a form means; relative paths start at `base`, the form's own directory.

    Raises ToolFailed, naming the field, when there is none or when it is outside the allowed roots.
    """
    written = Path(path).expanduser()
    if not written.is_absolute() and base is None:
        reason = "is relative, but the form's own directory is not known; write it in full"
        raise _refused(field, path, reason)
    directory = (Path(base or "/") / written).resolve()
    if not directory.is_dir():
        raise _refused(field, path, "is not a directory on this machine")
    if not _allowed(directory, os.environ.get(ROOTS_SETTING, "")):
        raise _refused(field, path, f"is outside the directories that {ROOTS_SETTING} allows")
    return directory


def _refused(field: str, path: str, reason: str) -> ToolFailed:
    return ToolFailed(f"{field}: {path!r} {reason}", kind="project_path")


def directory_facts(directory: Path) -> tuple[Found, ...]:
    """Title, first paragraph, run commands and licence, from the files at the top of the directory."""
    readme = _first_text(directory, READMES)
    manifests = (
        *pyproject_facts(read_inside(directory, PYPROJECT) or ""),
        *package_facts(read_inside(directory, PACKAGE) or ""),
    )
    return _best((*readme_facts(readme[1] if readme else ""), *_license(directory), *manifests))


def read_inside(directory: Path, name: str) -> str | None:
    """Read the beginning of a regular file directly in `directory`; None when it is anything else."""
    try:
        handle = os.open(directory / name, os.O_RDONLY | os.O_NOFOLLOW | os.O_NONBLOCK)
    except OSError:
        return None
    with os.fdopen(handle, "rb") as file:
        if not stat.S_ISREG(os.fstat(handle).st_mode):
            return None
        return file.read(MAX_READ).decode("utf-8", errors="replace")


def regular_files(directory: Path, *, ignored: frozenset[str], limit: int) -> Iterator[Path]:
    """Walk the regular files below `directory` in a fixed order, at most `limit`; links are left out."""
    seen = 0
    for parent, folders, names in os.walk(directory, followlinks=False):
        folders[:] = sorted(name for name in folders if name not in ignored)
        for name in sorted(names):
            path = Path(parent, name)
            if seen >= limit:
                return
            if stat.S_ISREG(path.lstat().st_mode):
                seen += 1
                yield path


def _allowed(directory: Path, roots: str) -> bool:
    named = [Path(root).resolve() for root in roots.split(os.pathsep) if root]
    return not named or any(directory.is_relative_to(root) for root in named)


def _first_text(directory: Path, names: Sequence[str]) -> tuple[str, str] | None:
    """Name and text of the first of these files that is there."""
    return next(((name, text) for name in names if (text := read_inside(directory, name))), None)


def _license(directory: Path) -> tuple[Found, ...]:
    found = _first_text(directory, LICENSE_FILES)
    fact = license_fact(found[1], file=found[0]) if found else None
    return (fact,) if fact else ()


def _best(facts: Sequence[Found]) -> tuple[Found, ...]:
    """Keep one source per name, the first: a README's commands before a manifest's."""
    source: dict[str, str] = {}
    return tuple(fact for fact in facts if _file(fact) == source.setdefault(fact.name, _file(fact)))


def _file(fact: Found) -> str:
    return fact.source.partition(":")[0]
