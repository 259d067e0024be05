"""Copy one commit of a repository into the task's workspace, without running anything that is in it."""

import re
import shutil
from pathlib import Path
from typing import Annotated

from pydantic import Field, StringConstraints

from wrenchai_journey.portfolio.fields import web_address
from wrenchai_journey.portfolio.git_history import asking
from wrenchai_journey.portfolio.project_directory import project_directory
from wrenchai_journey.repository_audit.checkout import CHECKOUT, MAX_FILES, Checkout, files_of
from wrenchai_journey.tool import ToolFailed, ToolRun, ToolShape, tool

BY_SSH = re.compile(r"^ssh://(?:[\w.-]+@)?[\w.-]+(?::\d+)?/[\w./~-]+$|^[\w.-]+@[\w.-]+:[\w./~-]+$")
QUIET = {"GIT_TERMINAL_PROMPT": "0", "GIT_OPTIONAL_LOCKS": "0", "GIT_LFS_SKIP_SMUDGE": "1", "LC_ALL": "C.UTF-8"}


ONE_COMMIT = "only one commit was looked at: neither the history nor what is not committed"


class Wanted(ToolShape):
    """Which repository, and which of its commits."""

    repository: str = Field(
        min_length=1, max_length=1000, description="A directory of this machine, or an https, http or ssh address."
    )
    ref: Annotated[str, StringConstraints(pattern=r"^[A-Za-z0-9][\w./-]{0,199}$")] | None = Field(
        default=None, description="A branch or tag; without one the repository's current branch."
    )
    base_directory: str | None = Field(default=None, description="Where a relative path begins.")


@tool(
    name="audit.checkout",
    summary="Copies one commit of a repository into the workspace.",
    inputs=Wanted,
    outputs=Checkout,
)
def checkout(inputs: Wanted, run: ToolRun) -> Checkout:
    """Clone shallowly; links become text files, so that no check can be led out of the copy."""
    if shutil.which("git") is None:
        reason = "git is not installed on this machine; install it"
        raise ToolFailed(reason, kind="git_missing")
    address, notes = _address(inputs, run)
    run.progress(0.1, f"copying {inputs.repository}")
    copy = _cloned(address, inputs, run)
    files = list(files_of(copy))
    if len(files) == MAX_FILES:
        notes = (*notes, f"only the first {MAX_FILES} files were looked at")
    return Checkout(
        directory=CHECKOUT,
        source=inputs.repository,
        commit=_commit(copy, run),
        files=len(files),
        python_files=sum(1 for path in files if path.suffix == ".py"),
        notes=notes,
    )


def _address(inputs: Wanted, run: ToolRun) -> tuple[str, tuple[str, ...]]:
    """What git is to clone, and what a reader should know of it."""
    if _is_address(inputs.repository):
        return inputs.repository, (ONE_COMMIT,)
    if "://" in inputs.repository or inputs.repository.startswith("-"):
        reason = (
            "repository: name a directory of this machine, or an address that begins with https://, http:// or ssh://"
        )
        raise ToolFailed(reason, kind="bad_input")
    directory = project_directory(inputs.repository, base=inputs.base_directory, field="repository")
    asked = run.command(asking(directory, "rev-parse", "--git-dir"), env=QUIET)
    if asked.exit_code != 0:
        reason = f"repository: {inputs.repository!r} is not under version control by git; the audit looks at commits"
        raise ToolFailed(reason, kind="not_a_repository")
    return _whole(directory, run).as_uri(), (ONE_COMMIT,)


def _is_address(repository: str) -> bool:
    """Whether it leads elsewhere. A password in it is refused: inputs stand in the log for ever.

    Raises ToolFailed for an http address that should not be asked for.
    """
    if not repository.startswith(("https://", "http://")):
        return BY_SSH.match(repository) is not None
    try:
        web_address(repository)
    except ValueError as wrong:
        reason = f"repository: the address {wrong}; let git's credential helper know passwords"
        raise ToolFailed(reason, kind="bad_input") from wrong
    return True


def _whole(directory: Path, run: ToolRun) -> Path:
    """The top of the working tree; a repository without one is its own top."""
    asked = run.command(asking(directory, "rev-parse", "--show-toplevel"), env=QUIET)
    return Path(asked.tail.strip()) if asked.exit_code == 0 and asked.tail.strip() else directory


def _cloned(address: str, inputs: Wanted, run: ToolRun) -> Path:
    copy = run.workspace.resolve() / CHECKOUT
    shutil.rmtree(copy, ignore_errors=True)
    copy.parent.mkdir(parents=True, exist_ok=True)
    branch = ("--branch", inputs.ref) if inputs.ref else ()
    allowed = "file" if address.startswith("file:") else "https:http:ssh"
    argv = [
        "git", "-c", "core.hooksPath=/dev/null", "-c", "core.symlinks=false", "-c", "core.fsmonitor=false",
        "-c", "advice.detachedHead=false",
        "clone", "--quiet", "--depth", "1", "--no-tags", "--template=", *branch, "--", address, str(copy),
    ]  # fmt: skip
    done = run.command(argv, env={**QUIET, "GIT_ALLOW_PROTOCOL": allowed})
    if done.exit_code != 0:
        said = " ".join(done.tail.split())[-300:]
        reason = f"git could not copy {inputs.repository}: {said}"
        raise ToolFailed(reason, retryable=allowed != "file", kind="clone_failed")
    return copy


def _commit(copy: Path, run: ToolRun) -> str:
    asked = run.command(asking(copy, "rev-parse", "--verify", "--quiet", "HEAD"), env=QUIET)
    if asked.exit_code != 0:
        reason = "repository: it has no commit yet"
        raise ToolFailed(reason, kind="not_a_repository")
    return asked.tail.strip()
