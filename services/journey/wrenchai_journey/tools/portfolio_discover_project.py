"""Find out what can be known about one project: from its clone, GitHub's API, or only the form."""

import os
import shutil
from pathlib import Path

from pydantic import Field

from wrenchai_journey.portfolio.facts import Found, Origin, ProjectFacts
from wrenchai_journey.portfolio.form import Whereabouts
from wrenchai_journey.portfolio.git_history import (
    asking,
    history_facts,
    history_question,
    tag_facts,
    tags_question,
)
from wrenchai_journey.portfolio.github import (
    TOKEN_SETTING,
    GithubFacts,
    github_client,
    repository_facts,
    repository_name,
)
from wrenchai_journey.portfolio.project_directory import directory_facts, project_directory
from wrenchai_journey.portfolio.slugs import slug_of
from wrenchai_journey.tool import ToolRun, ToolShape, tool

NO_GIT = "git is not installed here: no history, contributors or tags are known"
NO_REPOSITORY = "the path is not under version control by git: no history, contributors or tags are known"
QUIET_GIT = {"GIT_TERMINAL_PROMPT": "0", "GIT_OPTIONAL_LOCKS": "0", "LC_ALL": "C.UTF-8"}


class DiscoverInputs(ToolShape):
    """Where one project of the form can be looked up."""

    project: Whereabouts
    base_directory: str | None = Field(default=None, description="Where the form lies; relative paths start there.")


@tool(
    name="portfolio.discover_project",
    summary="Finds a project's facts in its clone, on GitHub, or in the form.",
    inputs=DiscoverInputs,
    outputs=ProjectFacts,
    secrets=(TOKEN_SETTING,),
)
def discover_project(inputs: DiscoverInputs, run: ToolRun) -> ProjectFacts:
    """Look in every place there is; the clone's facts come before GitHub's."""
    project = inputs.project
    slug = project.slug or slug_of(project.name, fallback="project")
    local, origins, notes = _local(inputs, slug, run)
    remote = _remote(project)
    if remote.found:
        origins = (*origins, "github")
    facts = ProjectFacts(
        slug=slug,
        origins=origins or ("form",),
        found=(*local, *remote.found),
        language_bytes=remote.language_bytes,
        consulted=remote.consulted,
        notes=(*notes, *remote.notes),
    )
    run.progress(1.0, f"{project.name}: {len(facts.found)} facts")
    return facts


def _local(
    inputs: DiscoverInputs, slug: str, run: ToolRun
) -> tuple[tuple[Found, ...], tuple[Origin, ...], tuple[str, ...]]:
    """Facts, origins and notes from the project's directory; nothing when the form names none."""
    path = inputs.project.path
    if path is None:
        return (), (), ()
    directory = project_directory(path, base=inputs.base_directory, field=f"path of project {slug}")
    files = directory_facts(directory)
    if shutil.which("git") is None:
        return files, ("directory",), (NO_GIT,)
    history = _history(directory, slug, run)
    if not history:
        return files, ("directory",), (NO_REPOSITORY,)
    return (*history, *files), ("git",), ()


def _history(directory: Path, slug: str, run: ToolRun) -> tuple[Found, ...]:
    """Facts of the commits that touch the directory; none when git knows it not."""
    output = run.workspace / f".history-{slug}"
    asked = run.command(asking(directory, *history_question(output)), env=QUIET_GIT)
    try:
        facts = history_facts(output.read_text(encoding="utf-8", errors="replace").splitlines())
    except FileNotFoundError:
        facts = ()
    output.unlink(missing_ok=True)
    if asked.exit_code != 0 or not facts:
        return ()
    tags = run.command(asking(directory, *tags_question()), env=QUIET_GIT)
    return (*facts, *tag_facts(tags.tail)) if tags.exit_code == 0 else facts


def _remote(project: Whereabouts) -> GithubFacts:
    """Facts from GitHub's API, where the project has a page there and a token is set."""
    name = repository_name(project.github_url or "")
    token = os.environ.get(TOKEN_SETTING, "")
    if name is None:
        return GithubFacts()
    if not token:
        return GithubFacts(notes=(f"{TOKEN_SETTING} is not set: GitHub was not asked",))
    with github_client(token) as client:
        return repository_facts(client, name)
