"""Reading git's own words: history, tags, and the arguments that make it safe to ask; pure."""

from collections.abc import Sequence
from pathlib import Path

from wrenchai_journey.portfolio.facts import Found

HISTORY_FORMAT = "%cs%x09%aN"
TAG_MARK = "tag:"


def asking(repository: Path, *question: str) -> list[str]:
    """Give the argv that asks git about a repository nobody vouches for.

    A repository's own configuration can name programs (`gpg.program`, `core.fsmonitor`, hooks); none is run.
    """
    return [
        "git", "-C", str(repository),
        "-c", f"safe.directory={repository}", "-c", "log.showSignature=false",
        "-c", "core.fsmonitor=false", "-c", "core.hooksPath=/dev/null",
        *question,
    ]  # fmt: skip


def history_question(output: Path) -> Sequence[str]:
    """Ask for one line per commit that touches the directory: committer date, tab, author by mailmap."""
    return ("log", "--use-mailmap", f"--format={HISTORY_FORMAT}", f"--output={output}", "--", ".")


def tags_question() -> Sequence[str]:
    """Ask for the tags, the oldest first."""
    return ("for-each-ref", "refs/tags", "--sort=creatordate", f"--format={TAG_MARK}%(refname:short)")


def history_facts(lines: Sequence[str]) -> tuple[Found, ...]:
    """Count commits and contributors, and find the first and last day."""
    commits = [line.split("\t", 1) for line in lines if "\t" in line]
    if not commits:
        return ()
    days = sorted(day for day, _ in commits)
    people = {author for _, author in commits}
    return (
        Found(name="commits", value=len(commits), source="git.log"),
        Found(name="contributors", value=len(people), source="git.log"),
        Found(name="first_commit", value=days[0], source="git.log"),
        Found(name="last_commit", value=days[-1], source="git.log"),
    )


def tag_facts(printed: str) -> tuple[Found, ...]:
    """Count the tags and name the newest, from what `tags_question` printed."""
    marked = (line.strip() for line in printed.splitlines())
    tags = [line.removeprefix(TAG_MARK) for line in marked if line.startswith(TAG_MARK)]
    if not tags:
        return ()
    return (
        Found(name="tags", value=len(tags), source="git.tags"),
        Found(name="latest_tag", value=tags[-1], source="git.tags"),
    )
