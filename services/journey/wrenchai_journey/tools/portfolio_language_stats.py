"""Measure which languages a project is written in, by bytes."""

import json
import shutil
from collections.abc import Iterator
from pathlib import Path

from pydantic import Field

from wrenchai_journey.portfolio.checks.node_package import NODE_PACKAGE, node_script
from wrenchai_journey.portfolio.content import HexColor
from wrenchai_journey.portfolio.form import Whereabouts
from wrenchai_journey.portfolio.languages import (
    IGNORED_FOLDERS,
    OTHER_COLOR,
    ProjectLanguages,
    count_bytes,
    is_written_by_people,
    language_of,
    shares,
)
from wrenchai_journey.portfolio.npm_store import installed_tree
from wrenchai_journey.portfolio.project_directory import project_directory, regular_files
from wrenchai_journey.portfolio.slugs import slug_of
from wrenchai_journey.tool import ToolRun, ToolShape, tool

MAX_FILES = 20_000
MAX_FILE = 1024 * 1024
"""A bigger file is data or generated, whatever its ending says."""
MAX_COPIED = 64 * 1024 * 1024


class LanguageInputs(ToolShape):
    """Where one project of the form can be looked up."""

    project: Whereabouts
    base_directory: str | None = Field(default=None, description="Where the form lies; relative paths start there.")


@tool(
    name="portfolio.language_stats",
    summary="Measures a project's languages by bytes.",
    inputs=LanguageInputs,
    outputs=ProjectLanguages,
)
def language_stats(inputs: LanguageInputs, run: ToolRun) -> ProjectLanguages:
    """Count the files of the project's directory; a project without one is nobody's to count here."""
    project = inputs.project
    slug = project.slug or slug_of(project.name, fallback="project")
    if project.path is None:
        return ProjectLanguages(
            slug=slug, notes=("no directory to count; GitHub's own count is used where it is known",)
        )
    directory = project_directory(project.path, base=inputs.base_directory, field=f"path of project {slug}")
    return _counted(slug, directory, run)


def _counted(slug: str, directory: Path, run: ToolRun) -> ProjectLanguages:
    """By linguist-js where the checks' npm packages are installed, else by the endings of the file names."""
    files = [path for path in _readable(directory) if is_written_by_people(path)]
    tree = installed_tree(run, NODE_PACKAGE)
    notes = (f"only the first {MAX_FILES} files were looked at",) if len(files) == MAX_FILES else ()
    if tree is not None:
        found = _by_linguist(slug, directory, files, tree=tree, run=run)
        if found is not None:
            return found.model_copy(update={"notes": notes})
        notes = (*notes, "linguist-js failed; counted by file name instead")
    sized = [(path, path.stat().st_size) for path in files]
    known = sum(1 for path in files if language_of(path))
    return ProjectLanguages(
        slug=slug, shares=shares(count_bytes(sized)), files=known, counted_by="extensions", notes=notes
    )


def _readable(directory: Path) -> Iterator[Path]:
    for path in regular_files(directory, ignored=IGNORED_FOLDERS, limit=MAX_FILES):
        if path.stat().st_size <= MAX_FILE:
            yield path


def _by_linguist(slug: str, directory: Path, files: list[Path], *, tree: Path, run: ToolRun) -> ProjectLanguages | None:
    """Let linguist-js judge a copy that holds regular files only, so that it cannot follow a link out."""
    copy, report = run.workspace / f".languages-{slug}", run.workspace / f".languages-{slug}.json"
    shutil.rmtree(copy, ignore_errors=True)
    _copy(files, directory, copy)
    done = run.command(node_script("languages", tree, str(copy), str(report)))
    shutil.rmtree(copy, ignore_errors=True)
    if done.exit_code != 0 or not report.is_file():
        return None
    counted = json.loads(report.read_bytes())
    report.unlink()
    sizes = {name: entry["bytes"] for name, entry in counted["languages"].items()}
    colors = {name: _color(entry.get("color")) for name, entry in counted["languages"].items()}
    return ProjectLanguages(slug=slug, shares=shares(sizes, colors), files=counted["files"], counted_by="linguist-js")


def _copy(files: list[Path], directory: Path, target: Path) -> None:
    target.mkdir()
    copied = 0
    for path in files:
        copied += path.stat().st_size
        if copied > MAX_COPIED:
            return
        place = target / path.relative_to(directory)
        place.parent.mkdir(parents=True, exist_ok=True)
        shutil.copyfile(path, place, follow_symlinks=False)


def _color(color: str | None) -> HexColor:
    return color if color and len(color) == len(OTHER_COLOR) else OTHER_COLOR
