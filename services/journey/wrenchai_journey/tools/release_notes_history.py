"""Read the commits of a range, or since the last tag, into the task's workspace."""

import shutil
from pathlib import Path
from typing import Annotated

from pydantic import Field, StringConstraints, TypeAdapter
from wrenchai_contracts.evidence import ArtifactRef

from wrenchai_journey.portfolio.git_history import asking
from wrenchai_journey.portfolio.project_directory import project_directory, read_inside
from wrenchai_journey.release_notes.commits import FORMAT, Commit, commits_in
from wrenchai_journey.release_notes.document import Span, origin_in, page_of
from wrenchai_journey.tool import ToolFailed, ToolRun, ToolShape, tool

COMMITS = "release-notes/commits.json"
ALL = TypeAdapter(tuple[Commit, ...])
MAX_COMMITS = 10_000
MAX_LOG = 64 * 1024 * 1024
QUIET = {"GIT_TERMINAL_PROMPT": "0", "GIT_OPTIONAL_LOCKS": "0", "LC_ALL": "C.UTF-8"}
Revision = Annotated[str, StringConstraints(pattern=r"^[A-Za-z0-9][\w./@{}^~+-]{0,199}$")]


class HistoryInputs(ToolShape):
    """Which repository, from where to where."""

    repository: str = Field(min_length=1, max_length=1000, description="A directory under version control by git.")
    since: Revision | None = Field(default=None, description="Tag or commit; without one the last tag before `until`.")
    until: Revision = Field(default="HEAD", description="Tag, branch or commit.")
    base_directory: str | None = Field(default=None, description="Where a relative path begins.")


class History(ToolShape):
    """The commits, and the range they are from."""

    commits: str = Field(description="Path in the workspace.")
    kept: ArtifactRef
    count: int
    span: Span
    notes: tuple[str, ...] = ()


@tool(
    name="release_notes.read_history",
    summary="Reads the commits of a range, or since the last tag.",
    inputs=HistoryInputs,
    outputs=History,
)
def read_history(inputs: HistoryInputs, run: ToolRun) -> History:
    """Ask git; merges are left out, since what they bring is there commit by commit."""
    directory = _repository(inputs, run)
    until = _commit(directory, inputs.until, "until", run)
    since = inputs.since or _last_tag(directory, until, run)
    if since is not None:
        _commit(directory, since, "since", run)
    commits = _between(directory, since, until, run)
    run.progress(1.0, f"{len(commits)} commits since {since or 'the beginning'}")
    file = run.workspace / COMMITS
    file.write_bytes(ALL.dump_json(commits, indent=1))
    return History(
        commits=COMMITS,
        kept=run.artifact(file, name="commits.json", media_type="application/json"),
        count=len(commits),
        span=Span(since=since, until=inputs.until, page=_page(directory, run)),
        notes=() if since else ("there is no tag before: the notes begin with the first commit",),
    )


def _repository(inputs: HistoryInputs, run: ToolRun) -> Path:
    if shutil.which("git") is None:
        reason = "git is not installed on this machine; install it"
        raise ToolFailed(reason, kind="git_missing")
    directory = project_directory(inputs.repository, base=inputs.base_directory, field="repository")
    if run.command(asking(directory, "rev-parse", "--git-dir"), env=QUIET).exit_code != 0:
        reason = f"repository: {inputs.repository!r} is not under version control by git"
        raise ToolFailed(reason, kind="not_a_repository")
    return directory


def _commit(directory: Path, revision: str, field: str, run: ToolRun) -> str:
    """The commit that a revision means; raises ToolFailed, naming the field."""
    question = ("rev-parse", "--verify", "--quiet", "--end-of-options", f"{revision}^{{commit}}")
    asked = run.command(asking(directory, *question), env=QUIET)
    if asked.exit_code != 0:
        reason = f"{field}: this repository has no commit {revision!r}"
        raise ToolFailed(reason, kind="bad_input")
    return asked.tail.strip()


def _last_tag(directory: Path, until: str, run: ToolRun) -> str | None:
    """The nearest tag before a commit; a tag of the commit itself is what the notes are for."""
    asked = run.command(asking(directory, "describe", "--tags", "--abbrev=0", f"{until}^"), env=QUIET)
    return asked.tail.strip() if asked.exit_code == 0 else None


def _between(directory: Path, since: str | None, until: str, run: ToolRun) -> tuple[Commit, ...]:
    log = run.workspace / "release-notes" / "log.txt"
    log.parent.mkdir(exist_ok=True)
    log.unlink(missing_ok=True)
    wanted = f"{since}..{until}" if since else until
    question = ("log", "--no-merges", "--use-mailmap", f"--max-count={MAX_COMMITS + 1}", f"--format={FORMAT}")
    asked = run.command(asking(directory, *question, f"--output={log}", wanted), env=QUIET)
    if asked.exit_code != 0 or not log.is_file():
        reason = "git could not list the commits; the step's log has its words"
        raise ToolFailed(reason, retryable=True, kind="git_failed")
    if log.stat().st_size > MAX_LOG:
        reason = f"the messages of {wanted} have more than {MAX_LOG} bytes; choose a shorter range"
        raise ToolFailed(reason, kind="bad_input")
    found = tuple(commits_in(log.read_text(encoding="utf-8", errors="replace")))
    if not found or len(found) > MAX_COMMITS:
        many = f"more than {MAX_COMMITS} commits; choose a shorter range" if found else "no commit"
        reason = f"since: from {since or 'the beginning'} to {until[:12]} there is {many}"
        raise ToolFailed(reason, kind="bad_input")
    return found


def _page(directory: Path, run: ToolRun) -> str | None:
    """The page of `origin`; its address is read from git's file and not asked for, as what git prints is logged."""
    asked = run.command(asking(directory, "rev-parse", "--git-common-dir"), env=QUIET)
    settings = read_inside((directory / asked.tail.strip()).resolve(), "config")
    return page_of(origin_in(settings or "")) if asked.exit_code == 0 else None
