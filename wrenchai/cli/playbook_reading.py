"""A playbook named on the command line: a file, read with what this machine knows, or one that is registered."""

from collections.abc import Iterator, Mapping
from contextlib import suppress
from dataclasses import dataclass
from pathlib import Path

from wrenchai_contracts.catalogue_views import ToolView
from wrenchai_contracts.errors import FieldProblem, PlaybookRejected
from wrenchai_contracts.events import ToolRegistered
from wrenchai_contracts.playbook import Playbook
from wrenchai_contracts.spending import Spending
from wrenchai_gateway.settings import playbooks_directory
from wrenchai_journey.registry import all_tools, announcement
from wrenchai_language.expansion import playbooks_in
from wrenchai_language.playbook_yaml import Read, read_playbook, read_with_notes
from wrenchai_language.shelf import Shelf, place_on, shelf_of
from wrenchai_language.yaml_reading import MAX_BYTES

from wrenchai.cli.connecting import connect
from wrenchai.cli.input_files import InputFileWrong
from wrenchai.client.problems import Unreachable
from wrenchai.client.shells import Client
from wrenchai.local.errors import NotRunning

_YAML = {".yaml", ".yml"}
_MOST_BESIDE = 200

AnyTool = ToolRegistered | ToolView


@dataclass(frozen=True, slots=True)
class Subject:
    """A playbook that is looked at, what there is to run it with, and where it came from."""

    playbook: Playbook
    origin: str
    tools: Mapping[str, AnyTool]
    shelf: Shelf
    notes: tuple[FieldProblem, ...] = ()
    legacy: bool = False

    @property
    def most(self) -> Mapping[str, Spending]:
        """What one call of each tool costs at most."""
        return {name: tool.most for name, tool in self.tools.items()}


def is_file(playbook: str) -> bool:
    """Whether a file is meant, and not a name."""
    return Path(playbook).suffix in _YAML


def subject_of(playbook: str) -> Subject:
    """What is meant by a name or a file.

    Raises:
        PlaybookRejected: the file is wrong.
        UnknownPlaybook: nothing of that name is registered; where nothing runs, it is none of ours.
        InputFileWrong: the file cannot be read.
    """
    if is_file(playbook):
        return from_file(Path(playbook))
    try:
        with connect() as client:
            return _registered(client, playbook)
    except (Unreachable, NotRunning):
        ours = _ours()
        if playbook not in ours:
            raise
        return Subject(ours[playbook], "as shipped; nothing runs here", local_tools(), ours)


def from_file(file: Path) -> Subject:
    """The playbook in a file, checked against the tools of this machine, our playbooks, and those beside the file.

    Raises:
        PlaybookRejected, InputFileWrong
    """
    tools, shelf = local_tools(), _ours() | shelf_of(_beside(file))
    playbook, notes, legacy = read_file(file, tools=tools, shelf=shelf)
    return Subject(playbook, str(file), tools, shelf, notes, legacy)


def read_file(file: Path, *, tools: Mapping[str, AnyTool], shelf: Shelf) -> Read:
    """Its playbook, with notes.

    Raises:
        PlaybookRejected, InputFileWrong
    """
    return read_with_notes(bytes_of(file), file=str(file), tools=tools, playbooks=shelf)


def bytes_of(file: Path) -> bytes:
    """What the file holds; of one that is too large, no more than is needed to say so.

    Raises:
        InputFileWrong: it cannot be read.
    """
    try:
        with file.open("rb") as opened:
            return opened.read(MAX_BYTES + 1)
    except OSError as problem:
        raise InputFileWrong(str(file), problem.strerror or str(problem)) from problem


def local_tools() -> dict[str, AnyTool]:
    """Every tool that a worker on this machine would announce."""
    return {name: announcement(tool) for name, tool in all_tools().items()}


def _ours() -> dict[str, Playbook]:
    return shelf_of(_readable(sorted(playbooks_directory().glob("*.yaml"))))


def _beside(file: Path) -> Iterator[Playbook]:
    """Playbooks in the same directory: any of them may be a step of this one."""
    others = (other for other in sorted(file.absolute().parent.glob("*.y*ml")) if other.name != file.name)
    return _readable([other for other, _ in zip(others, range(_MOST_BESIDE), strict=False)])


def _readable(files: list[Path]) -> Iterator[Playbook]:
    for file in files:
        with suppress(PlaybookRejected, InputFileWrong):
            yield read_playbook(bytes_of(file), file=file.name)


def _registered(client: Client, name: str) -> Subject:
    tools = {tool.name: tool for tool in client.tools().items}
    playbook, shelf = client.playbook(name).playbook, dict[str, Playbook]()
    place_on(shelf, playbook)
    to_see = [playbook]
    while to_see:
        for _, wanted in playbooks_in(to_see.pop()):
            inner = wanted.partition("@")[0]
            if inner not in shelf:
                place_on(shelf, client.playbook(inner).playbook)
                to_see.append(shelf[inner])
    return Subject(playbook, "as registered", tools, shelf)
