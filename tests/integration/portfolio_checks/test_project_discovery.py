"""What can be found out about a project, from real git repositories and directories."""

import os
import subprocess
from pathlib import Path
from typing import Any

import pytest
from wrenchai_journey.portfolio.form import Whereabouts
from wrenchai_journey.tool import ToolFailed
from wrenchai_journey.tools.portfolio_discover_project import DiscoverInputs, discover_project
from wrenchai_journey.tools.portfolio_language_stats import LanguageInputs, language_stats

README = """# River [![badge](x)](y)

[![build](https://x)](https://y)

A model of **rivers** that
[warns](https://x) towns early.

## Quick start

```sh
$ pip install river
river demo
```
"""


def git(directory: Path, *words: str, author: str = "Ada", day: str = "2024-01-02") -> None:
    when = f"{day}T12:00:00+0000"
    who = {"GIT_AUTHOR_NAME": author, "GIT_COMMITTER_NAME": author, "GIT_AUTHOR_EMAIL": f"{author}@x.org"}
    env = {**os.environ, **who, "GIT_COMMITTER_EMAIL": f"{author}@x.org"}
    env |= {"GIT_AUTHOR_DATE": when, "GIT_COMMITTER_DATE": when}
    subprocess.run(["git", "-C", str(directory), *words], check=True, capture_output=True, env=env)


@pytest.fixture
def clone(tmp_path: Path) -> Path:
    """A repository with two commits of two people, a tag, a README and a licence."""
    directory = tmp_path / "river"
    directory.mkdir()
    git(directory, "init", "--quiet")
    (directory / "README.md").write_text(README)
    (directory / "LICENSE").write_text("\nApache License\n   Version 2.0, January 2004\n")
    (directory / "river.py").write_text("print('river')\n" * 50)
    git(directory, "add", ".")
    git(directory, "commit", "--quiet", "-m", "first")
    (directory / "river.py").write_text("print('river')\n" * 60)
    git(directory, "commit", "--quiet", "-am", "second", author="Bo", day="2024-03-04")
    git(directory, "tag", "v1.2.0")
    return directory


def discovered(run: Any, path: str, *, base: str | None = None) -> Any:
    project = Whereabouts(name="River", slug="river", path=path)
    return discover_project.run(DiscoverInputs(project=project, base_directory=base), run)


def test_a_clone_gives_facts_each_with_its_source(run: Any, clone: Path) -> None:
    facts = discovered(run, str(clone))
    found = {(fact.name, fact.value, fact.source) for fact in facts.found}
    assert facts.origins == ("git",)
    assert found == {
        ("commits", 2, "git.log"),
        ("contributors", 2, "git.log"),
        ("first_commit", "2024-01-02", "git.log"),
        ("last_commit", "2024-03-04", "git.log"),
        ("tags", 1, "git.tags"),
        ("latest_tag", "v1.2.0", "git.tags"),
        ("readme_title", "River", "readme:1"),
        ("readme_intro", "A model of rivers that warns towns early.", "readme:5"),
        ("run", "pip install river", "readme:11"),
        ("run", "river demo", "readme:12"),
        ("license", "Apache-2.0", "LICENSE:2"),
    }


def test_a_relative_path_starts_at_the_form(run: Any, clone: Path) -> None:
    (clone.parent / "forms").mkdir()
    assert discovered(run, "../river", base=str(clone.parent / "forms")).number("commits") == 2


def test_a_relative_path_without_a_form_directory_is_refused(run: Any) -> None:
    with pytest.raises(ToolFailed, match=r"path of project river: '\.\./river' is relative"):
        discovered(run, "../river")


def test_a_directory_that_is_no_repository_is_fine_and_said_so(run: Any, tmp_path: Path) -> None:
    (tmp_path / "plain").mkdir()
    (tmp_path / "plain" / "README.md").write_text("# Plain\n\nJust a plain directory of files.\n")
    facts = discovered(run, str(tmp_path / "plain"))
    assert facts.origins == ("directory",)
    assert facts.number("commits") == 0
    assert facts.first("readme_title").value == "Plain"
    assert "not under version control" in facts.notes[0]


def test_without_git_the_files_and_the_form_are_what_is_known(
    run: Any, clone: Path, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    (tmp_path / "no-programs").mkdir()
    monkeypatch.setenv("PATH", str(tmp_path / "no-programs"))
    facts = discovered(run, str(clone))
    assert facts.origins == ("directory",)
    assert facts.first("readme_title").value == "River"
    assert facts.number("commits") == 0
    assert facts.notes == ("git is not installed here: no history, contributors or tags are known",)
    assert run.commands == []


def test_a_part_of_a_repository_has_only_its_own_history(run: Any, clone: Path) -> None:
    (clone / "docs").mkdir()
    (clone / "docs" / "a.md").write_text("a")
    git(clone, "add", ".")
    git(clone, "commit", "--quiet", "-m", "docs", day="2024-05-06")
    assert discovered(run, str(clone / "docs")).number("commits") == 1


def test_a_missing_path_is_a_failure_that_names_the_field(run: Any) -> None:
    with pytest.raises(ToolFailed, match="path of project river: '/no/such/place' is not a directory") as failed:
        discovered(run, "/no/such/place")
    assert not failed.value.retryable


def test_a_link_out_of_the_directory_is_not_followed(run: Any, tmp_path: Path) -> None:
    (tmp_path / "secret.md").write_text("# Secret\n\nNobody may ever read this.\n")
    (tmp_path / "private").mkdir()
    (tmp_path / "private" / "key.py").write_text("key = 1\n" * 100)
    plain = tmp_path / "plain"
    plain.mkdir()
    (plain / "README.md").symlink_to(tmp_path / "secret.md")
    (plain / "code").symlink_to(tmp_path / "private")
    (plain / "key.py").symlink_to(tmp_path / "private" / "key.py")
    assert discovered(run, str(plain)).found == ()
    project = Whereabouts(name="P", slug="p", path=str(plain))
    assert language_stats.run(LanguageInputs(project=project), run).files == 0


def test_only_the_allowed_roots_may_be_read(run: Any, clone: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("WRENCHAI_PROJECT_ROOTS", str(clone.parent / "forms"))
    with pytest.raises(ToolFailed, match="outside the directories that WRENCHAI_PROJECT_ROOTS allows"):
        discovered(run, str(clone))
    monkeypatch.setenv("WRENCHAI_PROJECT_ROOTS", str(clone.parent))
    assert discovered(run, str(clone)).number("commits") == 2


def test_a_repository_cannot_make_git_run_a_program(run: Any, clone: Path, tmp_path: Path) -> None:
    trap = tmp_path / "trap"
    trap.write_text(f"#!/bin/sh\ntouch {tmp_path}/sprung\n")
    trap.chmod(0o755)
    for setting in ("gpg.program", "core.fsmonitor", "core.pager", "diff.external"):
        git(clone, "config", setting, str(trap))
    git(clone, "config", "log.showSignature", "true")
    assert discovered(run, str(clone)).number("commits") == 2
    assert not (tmp_path / "sprung").exists()


def test_without_a_token_github_is_not_asked_and_the_facts_say_so(run: Any, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.delenv("WRENCHAI_GITHUB_TOKEN", raising=False)
    project = Whereabouts(name="P", github_url="https://github.com/a/b")
    facts = discover_project.run(DiscoverInputs(project=project), run)
    assert facts.origins == ("form",)
    assert facts.consulted == ()
    assert "WRENCHAI_GITHUB_TOKEN is not set" in facts.notes[0]


def languages(run: Any, path: Path) -> Any:
    project = Whereabouts(name="P", slug="p", path=str(path))
    return language_stats.run(LanguageInputs(project=project), run)


@pytest.fixture
def mixed(tmp_path: Path) -> Path:
    """A project in two languages, with much that is not its own."""
    directory = tmp_path / "mixed"
    for folder in ("src", "node_modules/x", ".venv/lib", "dist"):
        (directory / folder).mkdir(parents=True)
    (directory / "src" / "a.py").write_text("x = 1\n" * 50)
    (directory / "src" / "b.ts").write_text("let x=1\n" * 12 + "//1\n")
    for other in ("node_modules/x/i.js", ".venv/lib/z.py", "dist/o.js"):
        (directory / other).write_text("var x = 1;\n" * 1000)
    (directory / "package-lock.json").write_text("{}\n" * 1000)
    return directory


def test_languages_leave_out_what_is_not_the_projects_own(warm: Any, mixed: Path) -> None:
    counted = languages(warm, mixed)
    assert counted.counted_by == "linguist-js"
    assert [(share.name, share.percent, share.color) for share in counted.shares] == [
        ("Python", 75.0, "#3572A5"),
        ("TypeScript", 25.0, "#3178c6"),
    ]
    assert counted.files == 2


def test_our_own_table_agrees_where_linguist_is_not_installed(run: Any, mixed: Path, tmp_path: Path) -> None:
    run.shared = tmp_path / "empty"
    counted = languages(run, mixed)
    assert counted.counted_by == "extensions"
    assert [(share.name, share.percent, share.color) for share in counted.shares] == [
        ("Python", 75.0, "#3572A5"),
        ("TypeScript", 25.0, "#3178c6"),
    ]
    assert counted.files == 2


def test_counting_leaves_no_copy_behind(warm: Any, mixed: Path) -> None:
    languages(warm, mixed)
    assert list(warm.workspace.iterdir()) == []
