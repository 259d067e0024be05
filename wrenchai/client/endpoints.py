"""Requests about tasks, the catalogue, files and operations, defined once; both clients get their methods from here."""

from collections.abc import Mapping, Sequence
from pathlib import PurePosixPath
from urllib.parse import quote

import httpx
from wrenchai_contracts.catalogue_views import PlaybookList, PlaybookText, PlaybookVerdict, ToolList
from wrenchai_contracts.commands import ExecutePlaybook, SubmitBatch, SubmitTask
from wrenchai_contracts.shape import JsonObject
from wrenchai_contracts.views import (
    BatchAccepted,
    EventPage,
    Health,
    LogHead,
    ParkedPage,
    Redriven,
    TaskAccepted,
    TaskPage,
    TaskStatus,
    TaskView,
)

from wrenchai.client.calls import API, Call, body_of, given, keyed, made, reads

YAML = {"Content-Type": "application/yaml"}


# --- tasks -----------------------------------------------------------------------------------------------


def submit_task(  # noqa: PLR0913  # a task has this many parts
    *,
    playbook: str | None = None,
    inputs: JsonObject | None = None,
    description: str = "",
    requirements: Sequence[str] = (),
    constraints: JsonObject | None = None,
    metadata: Mapping[str, str] | None = None,
    idempotency_key: str | None = None,
) -> Call[TaskAccepted]:
    """Run a playbook with inputs, or reach a goal given in words; see `submit`.

    Raises:
        InputRejected: one of the parts could never be taken.
    """
    parts: JsonObject = {"playbook": playbook, "inputs": inputs or {}, "description": description}
    parts |= {"requirements": requirements, "constraints": constraints or {}, "metadata": metadata or {}}
    return submit(made(SubmitTask, parts), idempotency_key=idempotency_key)


def submit(task: SubmitTask, *, idempotency_key: str | None = None) -> Call[TaskAccepted]:
    """Ask for a task; when this returns, the request is on disk and will be carried out.

    Without a key one is made, so that a repeated sending after a broken connection starts nothing twice.
    """
    return Call("POST", f"{API}/tasks", reads(TaskAccepted), content=body_of(task), headers=keyed(idempotency_key))


def submit_batch(batch: SubmitBatch, *, idempotency_key: str | None = None) -> Call[BatchAccepted]:
    """Ask for up to 1,000 tasks; all are accepted in one commit, or none."""
    headers = keyed(idempotency_key)
    return Call("POST", f"{API}/tasks/batch", reads(BatchAccepted), content=body_of(batch), headers=headers)


def execute(form: ExecutePlaybook, *, idempotency_key: str | None = None) -> Call[TaskAccepted]:
    """Run a playbook with a filled-in form, as the first WrenchAI did."""
    headers = keyed(idempotency_key)
    return Call("POST", f"{API}/playbooks/execute", reads(TaskAccepted), content=body_of(form), headers=headers)


def tasks(  # noqa: PLR0913  # one parameter for each that the gateway takes
    *,
    status: TaskStatus | None = None,
    playbook: str | None = None,
    metadata: Mapping[str, str] | None = None,
    cursor: str | None = None,
    limit: int = 50,
    min_position: int | None = None,
) -> Call[TaskPage]:
    """A page of tasks, newest first; with `metadata` only those that were submitted with all of it."""
    query = given(status=status, playbook=playbook, cursor=cursor, limit=limit, min_position=min_position)
    labels = [f"{name}={value}" for name, value in (metadata or {}).items()]
    return Call("GET", f"{API}/tasks", reads(TaskPage), query={**query, "metadata": labels})


def task(task_id: str, *, min_position: int | None = None) -> Call[TaskView]:
    """A task in full; with `min_position` only once everything up to there is in the view."""
    return Call("GET", f"{API}/tasks/{quote(task_id)}", reads(TaskView), query=given(min_position=min_position))


def events(task_id: str, *, after: int = 0, limit: int = 500) -> Call[EventPage]:
    """A page of a task's events behind position `after`."""
    return Call("GET", f"{API}/tasks/{quote(task_id)}/events", reads(EventPage), query=given(after=after, limit=limit))


# --- the catalogue ---------------------------------------------------------------------------------------


def playbooks() -> Call[PlaybookList]:
    """All registered playbooks."""
    return Call("GET", f"{API}/playbooks", reads(PlaybookList))


def playbook(name: str) -> Call[PlaybookText]:
    """One playbook in full."""
    return Call("GET", f"{API}/playbooks/{quote(name)}", reads(PlaybookText))


def register_playbook(yaml: str) -> Call[PlaybookText]:
    """Make a playbook known; the same text twice is the same playbook."""
    return Call("POST", f"{API}/playbooks", reads(PlaybookText), content=yaml.encode(), headers=YAML)


def check_playbook(yaml: str) -> Call[PlaybookVerdict]:
    """What is wrong with a playbook, each with its line; nothing is registered."""
    return Call("POST", f"{API}/playbooks/check", reads(PlaybookVerdict), content=yaml.encode(), headers=YAML)


def tools() -> Call[ToolList]:
    """All tools that workers announced."""
    return Call("GET", f"{API}/tools", reads(ToolList))


# --- files -----------------------------------------------------------------------------------------------


def artifact(sha256: str) -> Call[bytes]:
    """The bytes of an artifact, all in memory; for big ones take `download`."""
    return Call("GET", f"{API}/artifacts/{quote(sha256)}", _content)


def site(site_hash: str, path: str = "") -> Call[bytes]:
    """A page or file of a built site."""
    return Call("GET", f"{API}/sites/{quote(site_hash)}/{quote(str(PurePosixPath(path)))}", _content)


# --- operations ------------------------------------------------------------------------------------------


def parked(*, after: int = 0, limit: int = 100) -> Call[ParkedPage]:
    """A page of events that a service set aside after its tries, oldest first."""
    return Call("GET", f"{API}/parked", reads(ParkedPage), query=given(after=after, limit=limit))


def redrive(consumer: str, position: int) -> Call[Redriven]:
    """Send a parked event to its service again."""
    return Call("POST", f"{API}/parked/{quote(consumer)}/{position}/redrive", reads(Redriven))


def log_head() -> Call[LogHead]:
    """Position of the newest event."""
    return Call("GET", f"{API}/log/head", reads(LogHead))


def health() -> Call[Health]:
    """Whether the gateway can work, and each thing it needs; also when the answer is no."""
    return Call("GET", "/health", reads(Health), reads_also=frozenset({httpx.codes.SERVICE_UNAVAILABLE}))


def _content(response: httpx.Response) -> bytes:
    return response.content
