"""Publish a directory as a branch of a git repository: one commit on top of what is there, never by force.

The commit's message carries the step's idempotency key, so that whoever looks can tell whether it was pushed.
"""

import re
import shutil
from pathlib import Path
from urllib.parse import urlsplit

from pydantic import Field

from wrenchai_journey.tool import Finished, ToolFailed, ToolRun, ToolShape, tool

MARK = "Idempotency-Key: "
_PERSON = {"NAME": "WrenchAI", "EMAIL": "wrenchai@localhost"}
_OBJECT = re.compile(r"^[0-9a-f]{40,64}\b", re.MULTILINE)
_SAFE = ("-c", "core.hooksPath=/dev/null", "-c", "commit.gpgSign=false", "-c", "core.fsmonitor=false")
"""Whatever this machine's settings ask for, nothing of it runs on files that nobody vouches for."""


class PublishInputs(ToolShape):
    """What goes where. Who may push is settled by this machine's git: its keys and credential helpers."""

    directory: str = Field(max_length=500, description="A directory below the task's workspace.")
    repository: str = Field(
        pattern=r"^(https?://|ssh://|file:///|/|[A-Za-z0-9_.-]+@[A-Za-z0-9.-]+:)[^\s]+$",
        max_length=500,
        description="A full path, or a URL (https, ssh, file) without a password.",
    )
    branch: str = Field(pattern=r"^[A-Za-z0-9_][A-Za-z0-9_./-]{0,199}$")
    message: str = Field(default="Publish", min_length=1, max_length=2000)


class Published(ToolShape):
    """What is in the repository now."""

    commit: str
    branch: str
    repository: str


def already_there(inputs: PublishInputs, run: ToolRun) -> Published | None:
    """Look for a commit of the branch that carries this step's key.

    Raises:
        ToolFailed: the repository cannot be read, so nobody can tell.
    """
    git = _Git(run, inputs)
    if git.fetched() is None:
        return None
    mark = f"--grep={MARK}{run.idempotency_key}"
    commit = git.object_named("log", "FETCH_HEAD", "-1", "--format=%H", "--fixed-strings", mark)
    return None if commit is None else git.published(commit)


@tool(
    name="publish.git",
    summary="Pushes a directory as a commit on a branch of a git repository.",
    inputs=PublishInputs,
    outputs=Published,
    effect=True,
    probe=already_there,
    target="repository",
)
def publish_git(inputs: PublishInputs, run: ToolRun) -> Published:
    """Make one commit of the directory as it is, on top of the branch, and push it."""
    git = _Git(run, inputs, work_tree=_inside(run.workspace, inputs.directory))
    run.progress(0.1, f"reading {inputs.branch} of the repository")
    parent = git.fetched()
    run.progress(0.4, "making the commit")
    commit = git.committed(parent, f"{inputs.message}\n\n{MARK}{run.idempotency_key}")
    run.progress(0.7, f"pushing to {inputs.branch}")
    git.push(commit)
    return git.published(commit)


class _Git:
    """Git in a new repository below the workspace, which talks to the one that is to be published in."""

    def __init__(self, run: ToolRun, inputs: PublishInputs, *, work_tree: Path | None = None) -> None:
        if urlsplit(inputs.repository).password:
            reason = "repository: a password does not belong into a task; let git's credential helper know it"
            raise ToolFailed(reason, kind="password_in_url")
        self._run, self._inputs, self._cwd = run, inputs, work_tree or run.workspace
        directory = run.workspace / ".publish.git"
        shutil.rmtree(directory, ignore_errors=True)
        people = {f"GIT_{who}_{what}": said for who in ("AUTHOR", "COMMITTER") for what, said in _PERSON.items()}
        self._env = people | {
            "GIT_DIR": str(directory),
            "GIT_WORK_TREE": str(self._cwd),
            "GIT_TERMINAL_PROMPT": "0",
            "GIT_ALLOW_PROTOCOL": "file:https:http:ssh",
        }
        self._said("init", "--quiet")

    def fetched(self) -> str | None:
        """The branch's newest commit, fetched; None if there is no such branch yet."""
        repository, branch = self._inputs.repository, f"refs/heads/{self._inputs.branch}"
        head = self.object_named("ls-remote", "--heads", "--", repository, branch)
        if head is not None:
            self._said("fetch", "--quiet", "--no-tags", "--", repository, branch)
        return head

    def committed(self, parent: str | None, message: str) -> str:
        """A commit of the whole work tree, ignored files too."""
        self._said("add", "--all", "--force", ".")
        tree = self.object_named("write-tree") or ""
        parents = () if parent is None else ("-p", parent)
        return self.object_named("commit-tree", tree, *parents, "-m", message) or ""

    def push(self, commit: str) -> None:
        """Push without force: a branch that somebody else has moved meanwhile is left as it is, for another attempt.

        Raises:
            ToolFailed: it was refused; or nobody knows, for the connection broke.
        """
        where = f"{commit}:refs/heads/{self._inputs.branch}"
        pushed = self._ended("push", "--porcelain", "--", self._inputs.repository, where)
        if pushed.exit_code == 0:
            return
        overtaken, refused = "[rejected]" in pushed.tail, "[remote rejected]" in pushed.tail
        reason, known = f"pushing to {self._inputs.branch} failed: {_end(pushed)}", overtaken or refused
        raise ToolFailed(
            reason, kind="push_rejected" if known else "git", retryable=not refused, in_doubt=not known
        )  # fmt: skip

    def object_named(self, *question: str) -> str | None:
        """The object that git names in answer, if any; what its transport has to say besides is passed over."""
        named = _OBJECT.findall(self._said(*question))
        return named[-1] if named else None

    def published(self, commit: str) -> Published:
        """The tool's result."""
        return Published(commit=commit, branch=self._inputs.branch, repository=self._inputs.repository)

    def _said(self, *question: str) -> str:
        ended = self._ended(*question)
        if ended.exit_code:
            reason = f"git {question[0]} ended with {ended.exit_code}: {_end(ended)}"
            raise ToolFailed(reason, kind="git", retryable=True)
        return ended.tail

    def _ended(self, *question: str) -> Finished:
        return self._run.command(["git", *_SAFE, *question], cwd=self._cwd, env=self._env)


def _inside(workspace: Path, directory: str) -> Path:
    source = (workspace / directory).resolve()
    if workspace.resolve() not in source.parents or not source.is_dir():
        reason = f"directory: {directory!r} is no directory below the task's workspace"
        raise ToolFailed(reason, kind="bad_directory")
    return source


def _end(ended: Finished) -> str:
    return " ".join(ended.tail.split())[-500:] or "(nothing was printed)"
