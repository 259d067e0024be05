"""What the last failed build of a task found wrong, and which links were mended since: kept in its workspace."""

from typing import Final

from pydantic import TypeAdapter

from wrenchai_journey.portfolio.build_log import BuildFault
from wrenchai_journey.portfolio.link_mending import MendedLink
from wrenchai_journey.tool import ToolRun

_FAULTS_FILE: Final = "build-faults.json"
_MENDED_FILE: Final = "mended-links.json"
_FAULTS, _MENDED = TypeAdapter(tuple[BuildFault, ...]), TypeAdapter(tuple[MendedLink, ...])


def keep_faults(run: ToolRun, faults: tuple[BuildFault, ...]) -> None:
    """Leave all faults for a step that mends."""
    (run.workspace / _FAULTS_FILE).write_bytes(_FAULTS.dump_json(tuple(faults)))


def kept_faults(run: ToolRun) -> tuple[BuildFault, ...]:
    """The faults of the last build that failed; none when none has."""
    file = run.workspace / _FAULTS_FILE
    return _FAULTS.validate_json(file.read_bytes()) if file.is_file() else ()


def keep_mended(run: ToolRun, links: tuple[MendedLink, ...]) -> None:
    """Leave what was mended for the build that comes next."""
    (run.workspace / _MENDED_FILE).write_bytes(_MENDED.dump_json(links))


def kept_mended(run: ToolRun) -> tuple[MendedLink, ...]:
    """The links that were mended since the source was laid out."""
    file = run.workspace / _MENDED_FILE
    return _MENDED.validate_json(file.read_bytes()) if file.is_file() else ()


def forget(run: ToolRun) -> None:
    """The source is laid out anew: nothing is known of it."""
    for name in (_FAULTS_FILE, _MENDED_FILE):
        (run.workspace / name).unlink(missing_ok=True)
