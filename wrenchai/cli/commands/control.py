"""Commands to a running task: pause, resume, cancel, retry, skip, signal, answer, approve, reject, extend, and more."""

from typing import Annotated

import typer

from wrenchai.cli.options import (
    CONTROL,
    FLAG,
    Fields,
    Follow,
    InputFile,
    Json,
    OneStep,
    Reason,
    Settings,
    StepPath,
    TaskId,
)

Digest = Annotated[
    str | None,
    typer.Option(metavar="DIGEST", help="Its digest, or how it begins: 8 characters or more."),
]
Yes = Annotated[bool, typer.Option("--yes", "-y", metavar=FLAG, help="To what is asked now, whatever it is.")]


def register(app: typer.Typer) -> None:
    """Add this group's commands."""
    for command in (pause, resume, cancel, retry, skip, signal, answer, approve, reject, extend):
        app.command(rich_help_panel=CONTROL)(command)
    app.command(rich_help_panel=CONTROL, context_settings={"ignore_unknown_options": True})(prioritise)
    app.command(rich_help_panel=CONTROL)(fork)


def pause(
    task_id: TaskId,
    *,
    now: Annotated[
        bool, typer.Option("--now", metavar=FLAG, help="Also end what runs; that does not count as an attempt.")
    ] = False,
    reason: Reason = "",
    follow: Annotated[
        bool, typer.Option("--follow", "-f", metavar=FLAG, help="Wait until nothing of it runs.")
    ] = False,
    json: Json = False,
) -> None:
    """Begin nothing more of a task.

    What runs comes to its end first, unless --now ends it.
    """
    from wrenchai.cli.controlling import pause_task

    pause_task(task_id, at="now" if now else "boundary", reason=reason, follow=follow, as_json=json)


def resume(task_id: TaskId, *, reason: Reason = "", follow: Follow = False, json: Json = False) -> None:
    """Go on with a paused task."""
    from wrenchai.cli.controlling import resume_task

    resume_task(task_id, reason=reason, follow=follow, as_json=json)


def cancel(task_id: TaskId, *, reason: Reason = "", follow: Follow = False, json: Json = False) -> None:
    """Stop a task, also in the middle of a step.

    What its steps did outside is undone, where they say how.
    """
    from wrenchai.cli.controlling import cancel_task

    cancel_task(task_id, reason=reason, follow=follow, as_json=json)


def retry(task_id: TaskId, step: StepPath, *, reason: Reason = "", follow: Follow = False, json: Json = False) -> None:
    """Try a failed step once more, or at once.

    A task that has failed stays so: a new one goes on from that step.
    """
    from wrenchai.cli.controlling import retry_step

    retry_step(task_id, step, reason=reason, follow=follow, as_json=json)


def skip(  # noqa: PLR0913  # one parameter for each option
    task_id: TaskId,
    step: StepPath,
    *,
    output: Annotated[
        str | None, typer.Option(metavar="JSON", help="What stands for its output: JSON, or a file as @FILE.")
    ] = None,
    reason: Reason = "",
    follow: Follow = False,
    json: Json = False,
) -> None:
    """Go on without a step."""
    from wrenchai.cli.controlling import skip_step

    skip_step(task_id, step, output=output, reason=reason, follow=follow, as_json=json)


def signal(  # noqa: PLR0913  # one parameter for each option
    task_id: TaskId,
    name: Annotated[str, typer.Argument(metavar="NAME", help="The signal's name, as the step that waits has it.")],
    *,
    content: Annotated[
        str | None, typer.Option(metavar="JSON", help="What it says: a JSON object, or a file as @FILE.")
    ] = None,
    given: Fields = None,
    reason: Reason = "",
    follow: Follow = False,
    json: Json = False,
) -> None:
    """Send what a step waits for."""
    from wrenchai.cli.controlling import send_signal

    send_signal(task_id, name, content=content, given=given or (), reason=reason, follow=follow, as_json=json)


def answer(  # noqa: PLR0913  # one parameter for each option
    task_id: TaskId,
    step: OneStep = None,
    *,
    given: Fields = None,
    content: Annotated[
        str | None, typer.Option("--answer", metavar="JSON", help="All of it: a JSON object, or a file as @FILE.")
    ] = None,
    reason: Reason = "",
    follow: Follow = False,
    json: Json = False,
) -> None:
    """Answer what a step asks; alone it shows the form.

    Nothing is answered without --field or --answer.
    """
    from wrenchai.cli.answering import answer_question

    answer_question(task_id, step, content=content, given=given or (), reason=reason, follow=follow, as_json=json)


def approve(  # noqa: PLR0913  # one parameter for each option
    task_id: TaskId,
    step: OneStep = None,
    *,
    digest: Digest = None,
    yes: Yes = False,
    change: Annotated[
        str | None, typer.Option(metavar="JSON", help="Yes, with these inputs: a JSON object, or a file as @FILE.")
    ] = None,
    reason: Reason = "",
    follow: Follow = False,
    json: Json = False,
) -> None:
    """Agree to exactly what a step is about to do; alone it shows that.

    Nothing is agreed to without --digest or --yes. Recorded under $WRENCHAI_ACTOR, else your login name:
    who asked for the task may not agree, unless its playbook says so.
    """
    from wrenchai.cli.approving import Choice, decide

    choice = Choice(task_id, step, digest, yes, reason)
    decide(choice, "approve" if change is None else "change", change, follow=follow, as_json=json)


def reject(  # noqa: PLR0913  # one parameter for each option
    task_id: TaskId,
    step: OneStep = None,
    *,
    digest: Digest = None,
    yes: Yes = False,
    reason: Reason = "",
    follow: Follow = False,
    json: Json = False,
) -> None:
    """Say no to what a step is about to do; alone it shows that.

    Nothing is said without --digest or --yes. Recorded under $WRENCHAI_ACTOR, else your login name.
    """
    from wrenchai.cli.approving import Choice, decide

    decide(Choice(task_id, step, digest, yes, reason), "reject", None, follow=follow, as_json=json)


def extend(  # noqa: PLR0913  # one parameter for each limit
    task_id: TaskId,
    *,
    calls: Annotated[int | None, typer.Option(metavar="COUNT", min=1, help="So many more tool calls.")] = None,
    tokens: Annotated[int | None, typer.Option(metavar="COUNT", min=1, help="So many more tokens.")] = None,
    money: Annotated[float | None, typer.Option(metavar="AMOUNT", help="So much more, in currency units.")] = None,
    seconds: Annotated[str | None, typer.Option(metavar="TIME", help="So much more work: 90s, 5m, 2h.")] = None,
    deadline: Annotated[str | None, typer.Option(metavar="TIME", help="So much later it may end: 30m, 2h, 1d.")] = None,
    reason: Reason = "",
    follow: Follow = False,
    json: Json = False,
) -> None:
    """Allow a task more than its budget, or more time."""
    from wrenchai.cli.controlling import extend_limits

    more = {"calls": calls, "tokens": tokens, "money": money, "seconds": seconds, "deadline": deadline}
    extend_limits(task_id, more, reason=reason, follow=follow, as_json=json)


def prioritise(
    task_id: TaskId,
    priority: Annotated[int, typer.Argument(metavar="PRIORITY", min=-100, max=100, help="Higher goes first.")],
    *,
    reason: Reason = "",
    json: Json = False,
) -> None:
    """Say how much a task matters, from -100 to 100."""
    from wrenchai.cli.controlling import prioritise_task

    prioritise_task(task_id, priority, reason=reason, as_json=json)


def fork(  # noqa: PLR0913  # one parameter for each option
    task_id: TaskId,
    *,
    step: Annotated[str, typer.Option("--from", metavar="STEP", help="The first outermost step that is done anew.")],
    input_file: InputFile = None,
    settings: Settings = None,
    reason: Reason = "",
    follow: Follow = False,
    json: Json = False,
) -> None:
    """Begin a new task from an old one, at some step.

    With other inputs by --input, or with some of them changed by --set. What came before the step
    is used again, where it was given the same.
    """
    from wrenchai.cli.controlling import fork_task

    fork_task(task_id, step, input_file, settings or (), reason=reason, follow=follow, as_json=json)
