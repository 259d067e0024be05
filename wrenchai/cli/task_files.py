"""The files that a task left: listed with size and hash, and fetched, each verified by the hash that names it."""

import os
import re
from collections import Counter
from collections.abc import Iterable, Mapping
from dataclasses import dataclass
from pathlib import Path, PurePosixPath

from rich.console import Console, Group, RenderableType
from rich.table import Table
from rich.text import Text
from wrenchai_contracts.errors import Refused
from wrenchai_contracts.evidence import ArtifactRef
from wrenchai_contracts.views import StepView, TaskView

from wrenchai.cli.connecting import connect
from wrenchai.cli.durations import size
from wrenchai.cli.output_directory import writable
from wrenchai.cli.screen import Screen

_UNSAFE = re.compile(r"[^\w.()+ -]", re.ASCII)
_WIDE = 140
_ENOUGH = 8  # digits of a hash that tell the files of one task apart


class FileInTheWay(Refused):
    """There is a file already where one was to be put; nothing was fetched."""

    def __init__(self, path: Path) -> None:
        advice = "is a directory" if path.is_dir() else "is there already; --force replaces it"
        super().__init__(f"{path} {advice}, and nothing was fetched; --output names another place")
        self.path = path


@dataclass(frozen=True, slots=True)
class LeftFile:
    """A file, and the step that made it."""

    step: str
    artifact: ArtifactRef


def show_files(task_id: str, directory: Path | None, *, force: bool, as_json: bool) -> None:
    """`wrenchai files`; with a `directory` they are put there."""
    screen = Screen(as_json=as_json)
    with connect() as client:
        files = files_of(client.task(task_id))
        paths = {} if directory is None else places(files, writable(directory), force=force)
        for name, path in paths.items():
            client.download(files[name].artifact, path)
    screen.result({"task_id": task_id, "files": _told(files, paths)}, _shown(files, paths, screen.people))


def files_of(task: TaskView) -> dict[str, LeftFile]:
    """Every file of every step, each once, as the steps ran, by the name that it gets on a disk.

    Files that share a name, on a disk that may not tell `A` from `a`, have their step and hash before it.
    """
    found = {artifact.sha256: LeftFile(_label(step), artifact) for step in task.steps for artifact in step.artifacts}
    taken = Counter(plain_name(left.artifact).casefold() for left in found.values())
    return {_name(left, alone=taken[plain_name(left.artifact).casefold()] == 1): left for left in found.values()}


def plain_name(artifact: ArtifactRef) -> str:
    """Its own name where that is harmless on any disk: no path, no hidden file, no control character."""
    name = PurePosixPath(artifact.name.replace("\\", "/")).name
    return _UNSAFE.sub("_", name).strip(". ") or artifact.sha256[:_ENOUGH]


def places(names: Iterable[str], directory: Path, *, force: bool) -> dict[str, Path]:
    """Where in `directory` each is put.

    Raises:
        FileInTheWay: something is there already, and `force` is not given.
    """
    paths = {name: directory / name for name in names}
    for path in paths.values():
        if path.is_dir() or (os.path.lexists(path) and not force):
            raise FileInTheWay(path)
    return paths


def _label(step: StepView) -> str:
    return step.step if step.index is None else f"{step.step}-{step.index}"


def _name(left: LeftFile, *, alone: bool) -> str:
    plain = plain_name(left.artifact)
    return plain if alone else f"{left.step}-{left.artifact.sha256[:_ENOUGH]}-{plain}"


def _told(files: Mapping[str, LeftFile], paths: Mapping[str, Path]) -> list[dict[str, object]]:
    return [
        {**left.artifact.model_dump(), "name": name, "step": left.step, "path": str(paths[name]) if paths else None}
        for name, left in files.items()
    ]


def _shown(files: Mapping[str, LeftFile], paths: Mapping[str, Path], console: Console) -> RenderableType:
    if not files:
        return Text("it left no files", "dim")
    digits = None if console.width >= _WIDE else _ENOUGH
    table = Table(box=None, pad_edge=False, padding=(0, 2, 0, 0), header_style="dim")
    table.add_column("step", no_wrap=True)
    table.add_column("size", justify="right", no_wrap=True)
    table.add_column("file", overflow="fold")
    table.add_column("sha256", no_wrap=True, style="dim")
    for name, left in files.items():
        table.add_row(left.step, size(left.artifact.size), Text(name), left.artifact.sha256[:digits])
    where = next((path.parent for path in paths.values()), None)
    return table if where is None else Group(table, Text(f"{len(paths)} files, each with the right hash, in {where}"))
