"""The texts that a site is made from, as the checks of language find them in a task's workspace."""

from collections.abc import Iterator
from pathlib import Path

from pydantic import Field

from wrenchai_journey.portfolio.checks.built_site import inside_workspace
from wrenchai_journey.portfolio.languages import IGNORED_FOLDERS
from wrenchai_journey.portfolio.project_directory import regular_files
from wrenchai_journey.tool import ToolFailed, ToolRun, ToolShape

MAX_FILES = 5000


class SourceInputs(ToolShape):
    """Files or directories of the workspace to read."""

    paths: tuple[str, ...] = Field(min_length=1, max_length=50)


def source_files(run: ToolRun, inputs: SourceInputs, *, endings: frozenset[str]) -> tuple[str, ...]:
    """All files with these endings, as paths below the workspace, in a fixed order.

    Raises ToolFailed for a path that is not there or leads out of the workspace.
    """
    workspace = run.workspace.resolve()
    found = [file for path in inputs.paths for file in _below(run, path)]
    kept = {str(file.relative_to(workspace)) for file in found if file.suffix in endings}
    return tuple(sorted(kept))


def _below(run: ToolRun, relative: str) -> Iterator[Path]:
    path = inside_workspace(run, relative)
    if path.is_file():
        yield path
    elif path.is_dir():
        yield from regular_files(path, ignored=IGNORED_FOLDERS, limit=MAX_FILES)
    else:
        reason = f"{relative!r} is not in the task's workspace"
        raise ToolFailed(reason, kind="sources_missing")
