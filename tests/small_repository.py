"""A small Python repository under real version control, with a history that release notes can be made of."""

import os
import subprocess
from pathlib import Path

README = """# River

See [the guide](docs/guide.md#start), [what is gone](docs/gone.md) and [elsewhere](https://river.invalid/x).
"""
PYPROJECT = """[project]
name = "river"
version = "1.1.0"
license = "Apache-2.0"
dependencies = ["pydantic>=2", "httpx", "river-of-no-name>=1"]
"""
HISTORY = (
    ("feat(flow): measure the flow of a river (#12)", "Ada"),
    ("fix: do not divide by nought when a river is dry", "Bo"),
    ("feat!: levels are in metres\n\nBREAKING CHANGE: levels were in feet before", "Ada"),
    ("chore: tidy up", "Bo"),
    ("docs: expain how the guage is read", "Cleo"),
)


def git(directory: Path, *words: str, author: str = "Ada", day: str = "2024-01-02") -> None:
    """Ask git, as an author of a day."""
    when, email = f"{day}T12:00:00+0000", f"{author.lower()}@river.test"
    who = {"GIT_AUTHOR_NAME": author, "GIT_COMMITTER_NAME": author, "GIT_AUTHOR_EMAIL": email}
    env = {**os.environ, **who, "GIT_COMMITTER_EMAIL": email, "GIT_AUTHOR_DATE": when, "GIT_COMMITTER_DATE": when}
    subprocess.run(["git", "-C", str(directory), *words], check=True, capture_output=True, env=env)


def small_repository(directory: Path) -> Path:
    """With a licence, a dead link, a loose dependency, a tag, and five commits after it."""
    directory.mkdir(parents=True)
    git(directory, "init", "--quiet", "--initial-branch=main")
    (directory / "docs").mkdir()
    (directory / "README.md").write_text(README)
    (directory / "docs" / "guide.md").write_text("# Guide\n\n## Start\n\nBack to [the beginning](../README.md).\n")
    (directory / "LICENSE").write_text("\n  Apache License\n  Version 2.0, January 2004\n")
    (directory / "pyproject.toml").write_text(PYPROJECT)
    (directory / "requirements.txt").write_text("pydantic==2.12.0\nhttpx>=0.28\n")
    (directory / "river.py").write_text("FLOW = 1\n")
    git(directory, "add", ".")
    git(directory, "commit", "--quiet", "-m", "feat: a river")
    git(directory, "tag", "v1.0.0")
    for number, (message, author) in enumerate(HISTORY, start=2):
        (directory / "river.py").write_text(f"FLOW = {number}\n")
        git(directory, "commit", "--quiet", "-am", message, author=author, day=f"2024-02-{number:02d}")
    return directory
