"""A real tool run on this machine: commands run, files are kept, evidence and progress are remembered."""

import hashlib
import os
import subprocess
import time
from collections.abc import Mapping, Sequence
from pathlib import Path

import pytest
from wrenchai_contracts.evidence import ArtifactRef, Evidence
from wrenchai_journey.portfolio.checks.node_package import NODE_PACKAGE
from wrenchai_journey.portfolio.checks.programs import NO_CHROMIUM, chromium
from wrenchai_journey.portfolio.npm_store import warm_tree
from wrenchai_journey.tool import Finished

MOST_SECONDS = 100.0


class MachineRun:
    """What `ToolRun` promises, on this machine and without a sandbox."""

    def __init__(self, workspace: Path, shared: Path) -> None:
        self.task_id = "task-under-test"
        self.workspace, self.shared = workspace, shared
        self.facts: list[Evidence] = []
        self.said: list[tuple[float, str]] = []
        self.commands: list[list[str]] = []
        self.kept: dict[str, bytes] = {}
        self._ends = time.monotonic() + MOST_SECONDS

    @property
    def seconds_left(self) -> float:
        return self._ends - time.monotonic()

    def progress(self, fraction: float, message: str) -> None:
        self.said.append((fraction, message))

    def evidence(self, fact: Evidence) -> None:
        self.facts.append(fact)

    def artifact(
        self, path: Path, *, name: str | None = None, media_type: str = "application/octet-stream"
    ) -> ArtifactRef:
        content = path.read_bytes()
        digest = hashlib.sha256(content).hexdigest()
        self.kept[name or path.name] = content
        return ArtifactRef(sha256=digest, name=name or path.name, media_type=media_type, size=len(content))

    def command(
        self, argv: Sequence[str], *, cwd: Path | None = None, env: Mapping[str, str] | None = None
    ) -> Finished:
        self.commands.append(list(argv))
        start = time.monotonic()
        done = subprocess.run(
            list(argv), cwd=cwd, env={**os.environ, **(env or {})}, text=True, errors="replace",
            stdout=subprocess.PIPE, stderr=subprocess.STDOUT, timeout=max(self.seconds_left, 1), check=False,
        )  # fmt: skip
        seconds = time.monotonic() - start
        return Finished(exit_code=done.returncode, tail=done.stdout[-65536:], seconds=seconds, peak_rss_bytes=0)

    def fact(self, dimension: str) -> Evidence:
        """The one piece of evidence about a dimension."""
        (found,) = [fact for fact in self.facts if fact.dimension == dimension]
        return found


@pytest.fixture(scope="session")
def shared(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """A directory that all runs of the session share, or the one an environment keeps between sessions."""
    kept = os.environ.get("WRENCHAI_TEST_SHARED")
    return Path(kept) if kept else tmp_path_factory.mktemp("shared")


@pytest.fixture
def run(tmp_path: Path, shared: Path) -> MachineRun:
    """A tool run with a fresh workspace."""
    workspace = tmp_path / "workspace"
    workspace.mkdir()
    return MachineRun(workspace, shared)


@pytest.fixture
def warm(run: MachineRun) -> MachineRun:
    """A run whose npm programs of the checks are installed."""
    warm_tree(run, NODE_PACKAGE)
    return run


@pytest.fixture
def browsing(warm: MachineRun) -> MachineRun:
    """A run that finds a Chromium."""
    if chromium() is None:
        pytest.skip(f"BROWSER CHECKS NOT TESTED: {NO_CHROMIUM}")
    return warm


class SmallSite:
    """A site of a few sound pages in a run's workspace; tests break one thing each."""

    BASE = "/portfolio/"

    def __init__(self, directory: Path) -> None:
        self.directory = directory
        self.page("", "Home", '<p><a href="/portfolio/work/#river">The river model</a></p>')
        self.page("work/", "Work", '<h2 id="river">River</h2><p><a href="/portfolio/">Home</a></p>')

    def page(self, path: str, title: str, body: str, *, head: str = "") -> None:
        folder = self.directory / path
        folder.mkdir(parents=True, exist_ok=True)
        folder.joinpath("index.html").write_text(
            '<!DOCTYPE html>\n<html lang="en">\n<head>\n<meta charset="utf-8">\n'
            '<meta name="viewport" content="width=device-width, initial-scale=1">\n'
            f'<meta name="description" content="A page about {title}">\n<title>{title}</title>\n'
            f'<link rel="icon" href="data:,">\n{head}</head>\n'
            f"<body>\n<main>\n<h1>{title}</h1>\n{body}\n</main>\n</body>\n</html>\n"
        )

    @property
    def inputs(self) -> dict[str, str]:
        """What a check is told about this site."""
        return {"site": self.directory.name, "base_url": self.BASE}


@pytest.fixture
def site(run: MachineRun) -> SmallSite:
    """A sound site named `built` in the run's workspace."""
    return SmallSite(run.workspace / "built")
