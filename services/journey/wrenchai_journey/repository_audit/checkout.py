"""A repository as the audit's checks find it in a task's workspace: a copy of one commit, and how to walk it."""

from collections.abc import Iterator
from pathlib import Path, PurePosixPath

from pydantic import Field

from wrenchai_journey.portfolio.checks.built_site import inside_workspace
from wrenchai_journey.portfolio.project_directory import regular_files
from wrenchai_journey.repository_audit.declared import LOCKS, Found, declared_in, is_manifest
from wrenchai_journey.tool import ToolFailed, ToolRun, ToolShape

CHECKOUT = "audit/repository"
IGNORED = frozenset({".git", "node_modules", ".venv", "venv", "__pycache__", ".tox", ".mypy_cache"})
MAX_FILES = 20_000
MAX_FILE = 1024 * 1024
"""A bigger file is data or generated."""
_LOOKED_AT = 8192


class Checkout(ToolShape):
    """One commit of a repository, copied into the workspace."""

    directory: str = Field(description="Path in the workspace.")
    source: str = Field(description="Where it came from.")
    commit: str
    files: int
    python_files: int
    notes: tuple[str, ...] = ()


class CheckoutInputs(ToolShape):
    """Where the copy lies."""

    directory: str = Field(default=CHECKOUT, max_length=300, description="The copy, as a path in the workspace.")


def copy_in(run: ToolRun, directory: str) -> Path:
    """The copied repository; raises ToolFailed when there is none."""
    copy = inside_workspace(run, directory)
    if not copy.is_dir():
        reason = f"there is no repository in {directory!r}: fetch it first with audit.checkout"
        raise ToolFailed(reason, kind="repository_missing")
    return copy


def files_of(copy: Path) -> Iterator[Path]:
    """Its regular files, in a fixed order."""
    return regular_files(copy, ignored=IGNORED, limit=MAX_FILES)


def below(copy: Path, path: Path) -> PurePosixPath:
    """A file's path in the repository."""
    return PurePosixPath(path.relative_to(copy).as_posix())


def text_of(path: Path) -> str | None:
    """A file's text; None for one that is too big or binary."""
    if path.stat().st_size > MAX_FILE:
        return None
    content = path.read_bytes()
    return None if b"\0" in content[:_LOOKED_AT] else content.decode("utf-8", errors="replace")


def declarations(copy: Path) -> tuple[Found, ...]:
    """Every dependency that the repository declares, in the order of its files."""
    manifests = [path for path in files_of(copy) if is_manifest(below(copy, path))]
    return tuple(found for path in manifests for found in declared_in(below(copy, path), text_of(path) or ""))


def locks_of(copy: Path) -> tuple[str, ...]:
    """The lock files at the top."""
    return tuple(name for name in LOCKS if (copy / name).is_file())
