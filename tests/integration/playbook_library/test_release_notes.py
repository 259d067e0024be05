"""Release notes from a real history, mended round by round with the real spell checker."""

import json
from pathlib import Path
from typing import Any

import pytest
from wrenchai_journey.tool import ToolFailed

from tests.small_repository import git


def polished(use: Any, history: dict[str, Any]) -> tuple[list[int], dict[str, Any]]:
    """The number of findings of each round, and the last check; as the playbook's loop does."""
    found: list[int] = []
    checked: dict[str, Any] = {"draft": None, "findings": []}
    for iteration in range(1, 9):
        written = use(
            "release_notes.write",
            commits=history["commits"],
            iteration=iteration,
            draft=checked["draft"],
            findings=checked["findings"],
        )
        checked = use("release_notes.check", commits=history["commits"], draft=written["draft"])
        found.append(checked["found"])
        if not checked["findings"]:
            break
    return found, checked


def test_notes_begin_after_the_last_tag_and_end_with_nothing_left_to_mend(use: Any, run: Any, repository: Path) -> None:
    git(repository, "remote", "add", "origin", "https://ada:word@example.org/river/river.git")
    history = use("release_notes.read_history", repository=str(repository))
    assert (history["count"], history["span"]["since"]) == (5, "v1.0.0")
    found, checked = polished(use, history)
    assert (found[0] > 0, found[-1], len(found)) == (True, 0, 2)
    told = use("release_notes.publish", draft=checked["draft"], span=history["span"])
    assert told["groups"] == {"Features": 2, "Fixes": 1, "Documentation": 1, "Other changes": 1}
    assert (told["breaking"], told["contributors"], told["open_findings"]) == (1, 3, 0)
    text = run.kept["RELEASE_NOTES.md"].decode()
    assert "## Breaking changes\n\n- Levels were in feet before" in text
    assert "- Explain how the gauge is read" in text
    assert "[#12](https://example.org/river/river/issues/12)" in text
    assert "(https://example.org/river/river/compare/v1.0.0...HEAD)" in text
    assert "ada:word" not in repr(history) + text + run.printed


def test_a_tag_of_the_end_itself_is_what_the_notes_are_for(use: Any, repository: Path) -> None:
    git(repository, "tag", "v1.1.0")
    history = use("release_notes.read_history", repository=str(repository), until="v1.1.0")
    assert (history["span"]["since"], history["count"]) == ("v1.0.0", 5)


def test_without_a_tag_the_notes_begin_with_the_first_commit_and_say_so(use: Any, repository: Path) -> None:
    git(repository, "tag", "-d", "v1.0.0")
    history = use("release_notes.read_history", repository=str(repository))
    assert (history["count"], history["span"]["since"]) == (6, None)
    assert history["notes"] == ["there is no tag before: the notes begin with the first commit"]


def test_every_round_leaves_evidence_of_its_own(use: Any, run: Any, repository: Path) -> None:
    polished(use, use("release_notes.read_history", repository=str(repository)))
    accounted = [(fact.passed, fact.tried) for fact in run.facts if fact.judge == "notes.accounted"]
    assert accounted == [(4, 5), (5, 5)]


def test_another_attempt_of_a_round_gives_the_same(use: Any, run: Any, repository: Path) -> None:
    history = use("release_notes.read_history", repository=str(repository))
    first = use("release_notes.write", commits=history["commits"])
    before = (run.workspace / first["draft"]).read_bytes()
    assert use("release_notes.write", commits=history["commits"]) == first
    assert (run.workspace / first["draft"]).read_bytes() == before


@pytest.mark.parametrize(
    ("asked", "reason"),
    [
        ({"since": "v9"}, "since: this repository has no commit 'v9'"),
        ({"until": "nowhere"}, "until: this repository has no commit 'nowhere'"),
        ({"since": "HEAD"}, "there is no commit"),
    ],
)
def test_a_range_that_is_not_there_is_refused_with_its_field(
    use: Any, repository: Path, asked: dict[str, str], reason: str
) -> None:
    with pytest.raises(ToolFailed, match=reason) as failed:
        use("release_notes.read_history", repository=str(repository), **asked)
    assert failed.value.kind == "bad_input"


def test_a_directory_without_a_history_is_refused(use: Any, tmp_path: Path) -> None:
    with pytest.raises(ToolFailed, match="not under version control"):
        use("release_notes.read_history", repository=str(tmp_path))


def test_merges_are_left_out_since_their_commits_are_there(use: Any, run: Any, repository: Path) -> None:
    git(repository, "checkout", "--quiet", "-b", "side", "v1.0.0")
    (repository / "side.py").write_text("x = 1\n")
    git(repository, "add", ".")
    git(repository, "commit", "--quiet", "-m", "feat: a side arm")
    git(repository, "checkout", "--quiet", "main")
    git(repository, "merge", "--quiet", "--no-ff", "-m", "Merge side", "side")
    history = use("release_notes.read_history", repository=str(repository))
    texts = [commit["text"] for commit in json.loads(run.kept["commits.json"])]
    assert (history["count"], "A side arm" in texts, "Merge side" in texts) == (6, True, False)
