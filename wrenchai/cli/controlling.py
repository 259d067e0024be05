"""Commands to a running task: each is recorded, told in a sentence, and followed where that is asked for."""

import sys
from collections.abc import Callable, Iterable, Mapping
from pathlib import Path
from typing import Any, Literal

from rich.text import Text
from wrenchai_contracts.shape import JsonObject
from wrenchai_contracts.views import TaskAccepted, TaskStatus

from wrenchai.cli.connecting import connect
from wrenchai.cli.exit_codes import OK
from wrenchai.cli.input_files import (
    InputFileWrong,
    as_inputs,
    fields,
    json_object,
    json_value,
    read_inputs,
    with_settings,
)
from wrenchai.cli.live_task import LiveTask
from wrenchai.cli.screen import Screen
from wrenchai.cli.task_page import exit_code_of, outcome
from wrenchai.cli.watching import Enough, at_its_end, watch
from wrenchai.client.shells import Client

Ask = Callable[[Client], TaskAccepted]


def carry_out(ask: Ask, said: str, *, follow: bool, as_json: bool) -> None:
    """Ask, say so, and show the task until its end where that is wanted; `said` may name the `{task}` answered."""
    screen = Screen(as_json=as_json)
    with connect() as client:
        accepted = ask(client)
        if follow:
            show_to_its_end(client, accepted, screen)
    screen.result(accepted, Text(said.format(task=accepted.task_id)))


def show_to_its_end(
    client: Client,
    accepted: TaskAccepted,
    screen: Screen,
    *,
    until: Enough = at_its_end,
    wanted: TaskStatus = TaskStatus.COMPLETED,
) -> None:
    """Show the task until it ends, or is as far as `until` says; the exit code says whether it is as `wanted`."""
    task = watch(client, accepted.task_id, screen, until=until)
    screen.result(task, outcome(task, screen.people))
    sys.exit(OK if task.status is wanted else exit_code_of(task))


def pause_task(task_id: str, *, at: Literal["now", "boundary"], reason: str, follow: bool, as_json: bool) -> None:
    """`wrenchai pause`; followed until nothing of it runs."""
    screen = Screen(as_json=as_json)
    with connect() as client:
        accepted = client.pause(task_id, at=at, reason=reason)

        def rests(task: LiveTask) -> bool:
            return task.position >= accepted.position and task.paused and task.at_rest

        if follow:
            show_to_its_end(client, accepted, screen, until=rests, wanted=TaskStatus.PAUSED)
    screen.result(accepted, Text(f"{task_id} begins nothing more; go on with: wrenchai resume {task_id}"))


def resume_task(task_id: str, *, reason: str, follow: bool, as_json: bool) -> None:
    """`wrenchai resume`."""
    said = "{task} goes on; see it with: wrenchai show {task} --follow"
    carry_out(lambda client: client.resume(task_id, reason=reason), said, follow=follow, as_json=as_json)


def cancel_task(task_id: str, *, reason: str, follow: bool, as_json: bool) -> None:
    """`wrenchai cancel`; followed, it has done well if the task was cancelled."""
    screen = Screen(as_json=as_json)
    with connect() as client:
        accepted = client.cancel(task_id, reason=reason)
        if follow:
            show_to_its_end(client, accepted, screen, wanted=TaskStatus.CANCELLED)
    screen.result(accepted, Text(f"{task_id} is being cancelled; see it with: wrenchai show {task_id} --follow"))


def retry_step(task_id: str, step: str, *, reason: str, follow: bool, as_json: bool) -> None:
    """`wrenchai retry`; of a task that has failed, the task answered is a new one."""
    said = f"{step} is tried again; see it with: wrenchai show {{task}} --follow"
    carry_out(lambda client: client.retry(task_id, step, reason=reason), said, follow=follow, as_json=as_json)


def skip_step(  # noqa: PLR0913  # one parameter for each part
    task_id: str, step: str, *, output: str | None, reason: str, follow: bool, as_json: bool
) -> None:
    """`wrenchai skip`."""
    stands = None if output is None else json_value("--output", output)
    said = f"{{task}} goes on without {step}"
    carry_out(
        lambda client: client.skip(task_id, step, output=stands, reason=reason), said, follow=follow, as_json=as_json
    )


def send_signal(  # noqa: PLR0913  # one parameter for each part
    task_id: str, name: str, *, content: str | None, given: Iterable[str], reason: str, follow: bool, as_json: bool
) -> None:
    """`wrenchai signal`."""
    whole = {} if content is None else json_object("--content", content)
    whole |= fields(given, {})
    said = f"the signal {name} is sent to {{task}}"
    carry_out(
        lambda client: client.signal(task_id, name, content=whole, reason=reason), said, follow=follow, as_json=as_json
    )


def extend_limits(task_id: str, more: Mapping[str, Any], *, reason: str, follow: bool, as_json: bool) -> None:
    """`wrenchai extend`."""
    given = {kind: amount for kind, amount in more.items() if amount is not None}
    if not given:
        place, why = "wrenchai extend", "say by how much: --calls, --tokens, --money, --seconds or --deadline"
        raise InputFileWrong(place, why)
    amounts = ", ".join(f"{kind} {amount}" for kind, amount in given.items())
    said = f"{{task}} may have so much more: {amounts}"
    carry_out(lambda client: client.extend(task_id, **given, reason=reason), said, follow=follow, as_json=as_json)


def prioritise_task(task_id: str, priority: int, *, reason: str, as_json: bool) -> None:
    """`wrenchai prioritise`."""
    said = f"{{task}} has priority {priority} from now on"
    carry_out(lambda client: client.prioritise(task_id, priority, reason=reason), said, follow=False, as_json=as_json)


def fork_task(  # noqa: PLR0913  # one parameter for each part
    task_id: str,
    step: str,
    input_file: Path | None,
    settings: Iterable[str],
    *,
    reason: str,
    follow: bool,
    as_json: bool,
) -> None:
    """`wrenchai fork`."""

    def ask(client: Client) -> TaskAccepted:
        inputs = _other_inputs(client, task_id, input_file, tuple(settings))
        return client.fork(task_id, step, inputs=inputs, reason=reason)

    said = f"{{task}} does anew what {task_id} did, from {step} on; see it with: wrenchai show {{task}} --follow"
    carry_out(ask, said, follow=follow, as_json=as_json)


def _other_inputs(
    client: Client, task_id: str, input_file: Path | None, settings: tuple[str, ...]
) -> JsonObject | None:
    """The old task's inputs or those of the file, with the settings over them; None where they stay the same."""
    if input_file is None and not settings:
        return None
    task = client.task(task_id)
    if input_file is None:
        return with_settings(task.inputs, settings)
    schema = client.playbook(task.playbook).playbook.inputs if task.playbook else {}
    return with_settings(as_inputs(read_inputs(input_file), schema, input_file.parent.absolute()), settings)
