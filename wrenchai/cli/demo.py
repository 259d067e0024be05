"""The whole thing in one command: starts what is not running, builds a site from real projects, and serves it."""

import shlex
import sys
import time
from collections.abc import Iterator
from contextlib import contextmanager, nullcontext
from dataclasses import dataclass
from pathlib import Path

from rich.panel import Panel
from rich.table import Table
from rich.text import Text
from wrenchai_contracts.shape import JsonObject
from wrenchai_contracts.views import TaskStatus, TaskView

from wrenchai.cli.connecting import connect
from wrenchai.cli.durations import duration, size
from wrenchai.cli.input_files import InputFileWrong, as_inputs, read_inputs
from wrenchai.cli.output_directory import writable
from wrenchai.cli.quality_facts import quality_facts
from wrenchai.cli.screen import Screen
from wrenchai.cli.sites import Site, end_as_ctrl_c_does, package_of, published_site, served, wait_for_ctrl_c
from wrenchai.cli.starting import start_in_background
from wrenchai.cli.stopping import bring_down
from wrenchai.cli.task_files import plain_name
from wrenchai.cli.task_page import exit_code_of, next_commands, outcome
from wrenchai.cli.watching import watch
from wrenchai.client.shells import Client
from wrenchai.local.attached import attach
from wrenchai.local.data_directory import HOME_SETTING, DataDirectory
from wrenchai.local.errors import NotRunning

PLAYBOOK, FORM = "portfolio", "portfolio.yaml"


@dataclass(frozen=True, slots=True)
class Wish:
    """What was asked for on the command line."""

    home: Path | None
    form: Path | None
    keep: bool
    full: bool
    output: Path


@dataclass(frozen=True, slots=True)
class Order:
    """A wish that can be fulfilled: its form was read, its output directory can be written."""

    form: Path
    content: JsonObject
    mode: str
    output: Path


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
    end_as_ctrl_c_does()  # so that what was started here is stopped here
    order, directory = _order(wish), DataDirectory.at(wish.home)
    with _installation(directory, screen) as ours:
        shown = _build(directory, order, screen)
        with served(shown.site) if shown.site and wish.keep else nullcontext() as url:
            screen.result(_told(shown, url), _panel(shown, url, _hints(shown.task, wish.home, ours=ours), screen))
            if url is not None:
                wait_for_ctrl_c(screen)
    sys.exit(exit_code_of(shown.task))


def example_form() -> Path:
    """The form of the demo: beside the packages in a checkout, inside them when installed."""
    package = Path(__file__).parent.parent
    found = [place / "examples" / FORM for place in (package, package.parent)]
    existing = next((file for file in found if file.exists()), None)
    if existing is None:
        raise InputFileWrong(str(found[0]), reason="the example is not installed")
    return existing


def _order(wish: Wish) -> Order:
    form = wish.form or example_form()
    return Order(form, read_inputs(form), "full" if wish.full else "quick", writable(wish.output))


@contextmanager
def _installation(directory: DataDirectory, screen: Screen) -> Iterator[bool]:
    """The installation that runs on this directory; else one of our own (True), stopped again at the end."""
    try:
        attach(directory.root)
    except NotRunning:
        screen.say(Text("nothing runs here yet, so everything is started", "bold"))
    else:
        yield False
        return
    start_in_background(directory, screen)
    try:
        yield True
    finally:
        screen.say(Text("stopping; the data is kept for the next time", "dim"))
        bring_down(directory.root)


def _build(directory: DataDirectory, order: Order, screen: Screen) -> Shown:
    began = time.monotonic()
    with connect(directory.root) as client:
        schema = client.playbook(PLAYBOOK).playbook.inputs
        inputs = {**as_inputs(order.content, schema, order.form.parent.absolute()), "mode": order.mode}
        accepted = client.submit_task(playbook=PLAYBOOK, inputs=inputs)
        task = watch(client, accepted.task_id, screen)
        package = _fetched(client, task, order.output)
    return Shown(task, published_site(task, directory.root / "shared"), package, time.monotonic() - began)


def _fetched(client: Client, task: TaskView, directory: Path) -> Path | None:
    """The packed site on this disk."""
    package = package_of(task)
    return None if package is None else client.download(package, directory / plain_name(package))


def _told(shown: Shown, url: str | None) -> dict[str, object]:
    return {
        "site": url,
        "directory": str(shown.site.directory) if shown.site else None,
        "package": str(shown.package) if shown.package else None,
        "seconds": round(shown.seconds, 2),
        "task": shown.task,
    }


def _panel(shown: Shown, url: str | None, hints: list[Text], screen: Screen) -> Panel:
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
        for name, fact in quality_facts(quality, shown.task.task_id):
            facts.add_row(name, fact)
        if not quality.not_measured:
            facts.add_row("not measured", Text("nothing: every check ran", "green"))
    for place, hint in enumerate(hints):
        facts.add_row("" if place else "next", hint)
    title = f"a site from real projects, after {duration(shown.seconds)}"
    return Panel(facts, title=title, title_align="left", border_style="green", expand=False)


def _hints(task: TaskView, home: Path | None, *, ours: bool) -> list[Text]:
    """What to type in another terminal, and what it needs where the installation stops with the demo."""
    where = "" if home is None else f"{HOME_SETTING}={shlex.quote(str(home.absolute()))} "
    commands = [f"wrenchai show {task.task_id}", *next_commands(task)]
    needed = [Text(f"they ask what runs; once this has stopped, first: {where}wrenchai up", "dim")] if ours else []
    return [*(Text(where + command) for command in commands), *needed]
