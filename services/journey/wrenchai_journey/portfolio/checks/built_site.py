"""The built site as the checks find it in a task's workspace."""

from pathlib import Path, PurePosixPath

from pydantic import Field

from wrenchai_journey.portfolio.checks.pages import file_of, file_paths, one_per_template
from wrenchai_journey.portfolio.fields import SitePath
from wrenchai_journey.tool import ToolFailed, ToolRun, ToolShape

MAX_PAGES = 200


class SiteInputs(ToolShape):
    """Where the built site lies in the workspace, and the path it will be published under."""

    site: str = Field(min_length=1, max_length=300, description="Directory in the task's workspace.")
    base_url: SitePath = "/"


def inside_workspace(run: ToolRun, relative: str) -> Path:
    """A path of the workspace; raises ToolFailed for one that leads out of it, also by a symbolic link."""
    workspace = run.workspace.resolve()
    path = (workspace / relative).resolve()
    if not path.is_relative_to(workspace):
        reason = f"{relative!r} leads out of the task's workspace"
        raise ToolFailed(reason, kind="path_refused")
    return path


def site_directory(run: ToolRun, inputs: SiteInputs) -> Path:
    """The directory of the built site; raises ToolFailed when nothing was built."""
    directory = inside_workspace(run, inputs.site)
    if not (directory / "index.html").is_file():
        reason = f"there is no built site in {inputs.site!r}: it has no index.html"
        raise ToolFailed(reason, kind="site_missing")
    return directory


def html_files(directory: Path) -> tuple[str, ...]:
    """The HTML files of the site, as paths below its directory, in a fixed order."""
    files = (path for path in directory.rglob("*.html") if path.is_file() and not path.is_symlink())
    return tuple(sorted(str(PurePosixPath(path.relative_to(directory))) for path in files))


def page_paths(directory: Path, base_url: str, *, one_of_each: bool) -> tuple[str, ...]:
    """Every page that was built, those that the sitemap leaves out too; with `one_of_each` one page per template."""
    paths = file_paths(html_files(directory), base_url)
    home_first = sorted(paths, key=lambda path: path.rstrip("/") != base_url.rstrip("/"))[:MAX_PAGES]
    if not one_of_each:
        return tuple(home_first)
    return one_per_template([(path, _html(directory, file_of(path, base_url))) for path in home_first])


def _html(directory: Path, file: str) -> str:
    path = directory / file
    return path.read_text(encoding="utf-8", errors="replace") if path.is_file() else ""
