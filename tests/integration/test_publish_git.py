"""Publishing into a real git repository: one commit, findable by its key, and never over somebody else's work."""

import asyncio
import subprocess
from pathlib import Path
from typing import Any

import pytest
from pydantic import ValidationError
from wrenchai_journey.outcome import Failed, Outcome, Succeeded
from wrenchai_journey.process import Attempt
from wrenchai_journey.tools import publish_git

from tests.integration.lone_worker import tool_process

KEY = "task_00000001/publish/publish"


def git(*words: str, at: Path) -> str:
    done = subprocess.run(["git", "-C", str(at), *words], capture_output=True, text=True, check=True)
    return done.stdout.strip()


@pytest.fixture
def repository(tmp_path: Path) -> Path:
    made = tmp_path / "published.git"
    subprocess.run(["git", "init", "--quiet", "--bare", str(made)], check=True)
    return made


@pytest.fixture
def site(tmp_path: Path) -> Path:
    made = tmp_path / "workspace" / "site"
    made.mkdir(parents=True)
    (made / "index.html").write_text("<p>one</p>")
    (made / ".gitignore").write_text("*.map\n")
    (made / "app.map").write_text("{}")
    return made


async def run(root: Path, repository: Path | str, *, probe: bool = False, key: str = KEY, **more: Any) -> Outcome:
    attempt = Attempt(
        task_id="task_00000001",
        tool="publish.git",
        module=publish_git.__name__,
        inputs={"directory": "site", "repository": str(repository), "branch": "pages", "message": "Site", **more},
        seconds=60,
        workspace=root / "workspace",
        shared=root / "shared",
        steps=root / "steps",
        key=key,
        probe=probe,
    )
    return await tool_process(attempt, root).run(asyncio.Event())


async def published(directory: Path, repository: Path, **more: Any) -> str:
    outcome = await run(directory, repository, **more)
    assert isinstance(outcome, Succeeded), outcome
    return str(outcome.output["commit"])


async def seen(directory: Path, repository: Path, **more: Any) -> Any:
    outcome = await run(directory, repository, probe=True, **more)
    assert isinstance(outcome, Succeeded), outcome
    return outcome.output["found"]


@pytest.mark.usefixtures("site")
async def test_a_directory_becomes_the_branch_s_content_with_all_its_files(tmp_path: Path, repository: Path) -> None:
    commit = await published(tmp_path, repository)
    assert git("rev-parse", "pages", at=repository) == commit
    assert git("ls-tree", "-r", "--name-only", "pages", at=repository).split() == [
        ".gitignore", "app.map", "index.html",
    ]  # fmt: skip
    assert git("log", "-1", "--format=%B", "pages", at=repository) == f"Site\n\nIdempotency-Key: {KEY}"


async def test_a_second_publication_follows_the_first_and_what_is_gone_is_gone(
    tmp_path: Path, repository: Path, site: Path
) -> None:
    first = await published(tmp_path, repository)
    (site / "app.map").unlink()
    second = await published(tmp_path, repository, key="another")
    assert git("rev-parse", "pages~1", at=repository) == first
    assert git("ls-tree", "-r", "--name-only", second, at=repository).split() == [".gitignore", "index.html"]


@pytest.mark.usefixtures("site")
async def test_whoever_looks_finds_what_was_pushed_under_a_key_and_nothing_else(
    tmp_path: Path, repository: Path
) -> None:
    assert await seen(tmp_path, repository) is None, "there is no such branch"
    commit = await published(tmp_path, repository)
    await published(tmp_path, repository, key="a later one")
    assert (await seen(tmp_path, repository))["commit"] == commit
    assert await seen(tmp_path, repository, key="an unknown one") is None
    assert git("rev-list", "--count", "pages", at=repository) == "2", "looking pushes nothing"


@pytest.mark.usefixtures("site")
async def test_a_repository_that_cannot_be_read_lets_nobody_tell(tmp_path: Path) -> None:
    outcome = await run(tmp_path, tmp_path / "nowhere.git", probe=True)
    assert isinstance(outcome, Failed)
    assert (outcome.kind, outcome.effect) == ("git", "not_done")


@pytest.mark.usefixtures("site")
async def test_a_push_that_the_repository_refuses_says_so_and_has_changed_nothing(
    tmp_path: Path, repository: Path
) -> None:
    hook = repository / "hooks" / "pre-receive"
    hook.parent.mkdir(exist_ok=True)
    hook.write_text("#!/bin/sh\necho closed on Sundays\nexit 1\n")
    hook.chmod(0o755)
    outcome = await run(tmp_path, repository)
    assert isinstance(outcome, Failed)
    assert (outcome.kind, outcome.retryable, outcome.effect) == ("push_rejected", False, "not_done")
    assert "closed on Sundays" in outcome.reason
    assert git("branch", "--list", at=repository) == ""


@pytest.mark.parametrize("directory", [".", "..", "../elsewhere", "/", "missing"])
@pytest.mark.usefixtures("site")
async def test_only_a_directory_below_the_workspace_is_published(
    directory: str, tmp_path: Path, repository: Path
) -> None:
    (tmp_path / "elsewhere").mkdir()
    outcome = await run(tmp_path, repository, directory=directory)
    assert isinstance(outcome, Failed)
    assert (outcome.kind, outcome.retryable, outcome.effect) == ("bad_directory", False, "not_done")


@pytest.mark.usefixtures("site")
async def test_a_password_in_a_task_is_refused(tmp_path: Path) -> None:
    outcome = await run(tmp_path, "https://me:secret@git.invalid/site.git")
    assert isinstance(outcome, Failed)
    assert outcome.kind == "password_in_url"
    assert "secret" not in outcome.reason


@pytest.mark.parametrize("repository", ["ext::sh -c date", "--upload-pack=date", "site.git", "git://git.invalid/x", ""])
def test_what_git_might_take_for_an_order_is_no_repository(repository: str) -> None:
    with pytest.raises(ValidationError):
        publish_git.PublishInputs(directory="site", repository=repository, branch="pages")
