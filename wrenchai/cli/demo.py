"""The whole thing in one command: starts what is not running, builds a site from real projects, and serves it."""

import signal
import sys
import time
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass
from pathlib import Path

from rich.panel import Panel
from rich.table import Table
from rich.text import Text
from wrenchai_contracts.evidence import ArtifactRef
from wrenchai_contracts.views import StepView, TaskStatus, TaskView
from wrenchai_journey.portfolio.checks.static_server import serving

from wrenchai.cli.connecting import connect
from wrenchai.cli.durations import duration, size
from wrenchai.cli.input_files import InputFileWrong, read_inputs
from wrenchai.cli.screen import Screen
from wrenchai.cli.starting import start_in_background
from wrenchai.cli.stopping import bring_down
from wrenchai.cli.task_page import exit_code_of, outcome, quality_line
from wrenchai.cli.watching import watch
from wrenchai.client.shells import Client
from wrenchai.local.attached import attach
from wrenchai.local.data_directory import DataDirectory
from wrenchai.local.errors import NotRunning

PLAYBOOK, FORM = "portfolio", "portfolio.yaml"


@dataclass(frozen=True, slots=True)
class Wish:
    """What was asked for on the command line."""

    home: Path | None
    keep: bool
    full: bool
    output: Path


@dataclass(frozen=True, slots=True)
class Site:
    """A built site on this disk; its own links begin with `base_url`."""

    directory: Path
    base_url: str


@dataclass(frozen=True, slots=True)
class Shown:
    """What the demo has to show."""

    task: TaskView
    site: Site | None
    package: Path | None
    seconds: float


def run_demo(wish: Wish, *, as_json: bool) -> None:
    """`wrenchai demo`: exit code 1 when the site was not built."""
    screen = Screen(as_json=as_json)
    signal.signal(signal.SIGTERM, signal.default_int_handler)  # so that what was started here is stopped here
    directory = DataDirectory.at(wish.home)
    with _installation(directory, screen):
        shown = _build(directory, wish, screen)
        with _served(shown.site if wish.keep else None) as url:
            screen.result(_told(shown, url), _panel(shown, url, screen))
            if url is not None:
                _wait_for_ctrl_c(screen)
    sys.exit(exit_code_of(shown.task))


def example_form() -> Path:
    """The form of the demo: beside the packages in a checkout, inside them when installed."""
    package = Path(__file__).parent.parent
    found = [place / "examples" / FORM for place in (package, package.parent)]
    existing = next((file for file in found if file.exists()), None)
    if existing is None:
        raise InputFileWrong(str(found[0]), reason="the example is not installed")
    return existing


@contextmanager
def _installation(directory: DataDirectory, screen: Screen) -> Iterator[None]:
    """The installation that runs on this directory; else one of our own, stopped again at the end."""
    try:
        attach(directory.root)
    except NotRunning:
        screen.say(Text("nothing runs here yet, so everything is started", "bold"))
    else:
        yield
        return
    start_in_background(directory, screen)
    try:
        yield
    finally:
        screen.say(Text("stopping; the data is kept for the next time", "dim"))
        bring_down(directory.root)


def _build(directory: DataDirectory, wish: Wish, screen: Screen) -> Shown:
    began = time.monotonic()
    form = example_form()
    inputs = {"form": read_inputs(form), "base_directory": str(form.parent), "mode": "full" if wish.full else "quick"}
    with connect(directory.root) as client:
        accepted = client.submit_task(playbook=PLAYBOOK, inputs=inputs)
        task = watch(client, accepted.task_id, screen)
        package = _package(client, task, wish.output)
    return Shown(task, _site(directory, task), package, time.monotonic() - began)


def _package(client: Client, task: TaskView, directory: Path) -> Path | None:
    """The packed site on this disk."""
    step = _step(task, "portfolio.package")
    if step is None or step.output is None:
        return None
    artifact = ArtifactRef.model_validate(step.output["package"])
    directory.mkdir(parents=True, exist_ok=True)
    return client.download(artifact, directory.absolute() / artifact.name)


def _site(directory: DataDirectory, task: TaskView) -> Site | None:
    """Where the preview step left the site."""
    step = _step(task, "portfolio.preview")
    if step is None or step.output is None:
        return None
    return Site(directory.root / "shared" / step.output["directory"], step.output["base_url"])


@contextmanager
def _served(site: Site | None) -> Iterator[str | None]:
    """The site's address, on this machine only, while the block runs."""
    if site is None:
        yield None
        return
    with serving(site.directory, site.base_url) as origin:
        yield origin + site.base_url


def _step(task: TaskView, tool: str) -> StepView | None:
    return next((step for step in task.steps if step.tool == tool), None)


def _told(shown: Shown, url: str | None) -> dict[str, object]:
    return {
        "site": url,
        "directory": str(shown.site.directory) if shown.site else None,
        "package": str(shown.package) if shown.package else None,
        "seconds": round(shown.seconds, 2),
        "task": shown.task,
    }


def _panel(shown: Shown, url: str | None, screen: Screen) -> Panel:
    if shown.task.status is not TaskStatus.COMPLETED:
        return Panel(outcome(shown.task, screen.people), title="the site was not built", border_style="red")
    facts = Table.grid(padding=(0, 2))
    facts.add_column(style="dim")
    facts.add_column(overflow="fold")
    if url is not None:
        facts.add_row("site", Text(url, "bold cyan"))
    elif shown.site is not None:
        facts.add_row("site", str(shown.site.directory))
    if shown.package is not None:
        facts.add_row("packed", Text(f"{shown.package}  {size(shown.package.stat().st_size)}"))
    if quality := shown.task.quality:
        facts.add_row("quality", quality_line(quality))
        missing = ", ".join(quality.not_measured)
        facts.add_row("not measured", Text(missing or "nothing: every check ran", "yellow" if missing else "green"))
    facts.add_row("evidence", f"wrenchai show {shown.task.task_id}")
    title = f"a site from real projects, after {duration(shown.seconds)}"
    return Panel(facts, title=title, title_align="left", border_style="green", expand=False)


def _wait_for_ctrl_c(screen: Screen) -> None:
    screen.say(Text("serving the site until Ctrl-C", "bold"))
    try:
        signal.pause()
    except KeyboardInterrupt:
        screen.say(Text())
