"""Where a task's built site lies, and whether it is the one that a step was asked about."""

from pathlib import Path
from typing import Final

from wrenchai_journey.portfolio.archive import tree_sha256
from wrenchai_journey.tool import ToolFailed, ToolRun

OUTPUT: Final = "build"
"""The built site in a task's workspace."""


def built_site(run: ToolRun, expected_sha256: str | None) -> tuple[Path, str]:
    """Give the built site and its hash; refuse one that is missing or another than the one that was judged."""
    directory = run.workspace / OUTPUT
    if not (directory / "index.html").is_file():
        reason = "there is no built site yet: a step with portfolio.build has to come first"
        raise ToolFailed(reason, kind="build_missing")
    found = tree_sha256(directory)
    if expected_sha256 not in {None, found}:
        reason = f"the built site has changed: {found[:12]} is there, {str(expected_sha256)[:12]} was expected"
        raise ToolFailed(reason, kind="build_changed")
    return directory, found
