"""Built sites: found in a task's view, fetched from whichever gateway has them, and served on this machine only."""

import signal
import zipfile
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass
from pathlib import Path
from tempfile import TemporaryDirectory

from rich.text import Text
from wrenchai_contracts.errors import Refused
from wrenchai_contracts.evidence import ArtifactRef
from wrenchai_contracts.shape import JsonObject
from wrenchai_contracts.views import TaskView
from wrenchai_journey.portfolio.checks.static_server import serving

from wrenchai.cli.screen import Screen
from wrenchai.client.shells import Client

_PUBLISHED, _PACKED = "portfolio.preview", "portfolio.package"


class NoSite(Refused):
    """The task has packed no site, or not yet."""

    def __init__(self, task: TaskView) -> None:
        super().__init__(f"{task.task_id} is {task.status} and has packed no site; see `wrenchai show {task.task_id}`")
        self.task_id, self.status = task.task_id, task.status


@dataclass(frozen=True, slots=True)
class Site:
    """A built site on this disk; its own links begin with `base_url`."""

    directory: Path
    base_url: str


def package_of(task: TaskView) -> ArtifactRef | None:
    """The file that the task packed its site into."""
    packed = _output(task, _PACKED)
    return None if packed is None else ArtifactRef.model_validate(packed["package"])


def published_site(task: TaskView, shared: Path) -> Site | None:
    """The task's site where the installation on this disk published it, below its `shared` directory."""
    published = _output(task, _PUBLISHED)
    return None if published is None else Site(shared / published["directory"], published["base_url"])


@contextmanager
def unpacked_site(client: Client, task: TaskView) -> Iterator[Site]:
    """The task's site, fetched, verified by its hash and unpacked, as long as the block runs.

    Raises:
        NoSite: it has packed none.
    """
    package, published = package_of(task), _output(task, _PUBLISHED)
    if package is None or published is None:
        raise NoSite(task)
    with TemporaryDirectory(prefix="wrenchai-preview-") as scratch:
        packed, site = Path(scratch, "site.zip"), Path(scratch, "site")
        with zipfile.ZipFile(client.download(package, packed)) as archive:
            archive.extractall(site)
        yield Site(site, published["base_url"])


@contextmanager
def served(site: Site) -> Iterator[str]:
    """The site's address, on this machine only, while the block runs."""
    with serving(site.directory, site.base_url) as origin:
        yield origin + site.base_url


def end_as_ctrl_c_does() -> None:
    """Have SIGTERM end this command as Ctrl-C does, so that it cleans up."""
    signal.signal(signal.SIGTERM, signal.default_int_handler)


def wait_for_ctrl_c(screen: Screen) -> None:
    """Serve until somebody has seen enough."""
    screen.say(Text("serving the site until Ctrl-C", "bold"))
    try:
        signal.pause()
    except KeyboardInterrupt:
        screen.say(Text())


def _output(task: TaskView, tool: str) -> JsonObject | None:
    return next((step.output for step in task.steps if step.tool == tool and step.output is not None), None)
