"""Runs a playbook: registers it when a file was named, submits, and follows."""

import sys
from collections.abc import Mapping
from dataclasses import dataclass, field
from pathlib import Path

from rich.text import Text
from wrenchai_contracts.errors import FieldProblem, PlaybookRejected
from wrenchai_contracts.playbook import Playbook
from wrenchai_contracts.shape import JsonObject
from wrenchai_contracts.views import TaskAccepted

from wrenchai.cli.connecting import connect
from wrenchai.cli.input_files import as_inputs, read_inputs, read_text, with_settings
from wrenchai.cli.located import located
from wrenchai.cli.screen import Screen
from wrenchai.cli.task_page import exit_code_of, outcome
from wrenchai.cli.watching import watch
from wrenchai.client.shells import Client

_YAML = {".yaml", ".yml"}


@dataclass(frozen=True, slots=True)
class Request:
    """What was asked for on the command line."""

    playbook: str
    input_file: Path | None = None
    settings: tuple[str, ...] = ()
    metadata: Mapping[str, str] = field(default_factory=dict)
    idempotency_key: str | None = None

    @property
    def directory(self) -> Path:
        """Where relative paths of the input begin."""
        return (self.input_file.parent if self.input_file else Path()).absolute()

    @property
    def playbook_file(self) -> Path | None:
        """The playbook's file, when a file was meant and not a name."""
        path = Path(self.playbook)
        return path if path.suffix in _YAML else None


def run_playbook(request: Request, *, follow: bool, as_json: bool) -> None:
    """`wrenchai run`."""
    screen = Screen(as_json=as_json)
    content = read_inputs(request.input_file) if request.input_file else {}
    with connect() as client:
        accepted = _submitted(client, request, content, screen)
        if not follow:
            screen.result(accepted, Text(accepted.task_id))
            return
        ended = watch(client, accepted.task_id, screen)
    screen.result(ended, outcome(ended, screen.people))
    sys.exit(exit_code_of(ended))


def _submitted(client: Client, request: Request, content: JsonObject, screen: Screen) -> TaskAccepted:
    playbook = _playbook(client, request, screen)
    inputs = with_settings(as_inputs(content, playbook.inputs, request.directory), request.settings)
    key = request.idempotency_key
    return client.submit_task(playbook=playbook.name, inputs=inputs, metadata=request.metadata, idempotency_key=key)


def _playbook(client: Client, request: Request, screen: Screen) -> Playbook:
    """The playbook of that name; one that is a file is registered first, which changes nothing when it is known."""
    file = request.playbook_file
    if file is None:
        return client.playbook(request.playbook).playbook
    text = read_text(file)
    verdict = client.check_playbook(text)
    if not verdict.valid:
        raise PlaybookRejected(str(file), [FieldProblem(**place.model_dump()) for place in verdict.problems])
    for note in verdict.notes:
        screen.say(Text(located(str(file), note, "note"), "dim"))
    return client.register_playbook(text).playbook
