"""Commands about quality: verdict, and the group quality with a page for each question."""

from typing import Annotated, Literal

import typer

from wrenchai.cli.options import FLAG, QUALITY, Json, Reason, TaskId

quality = typer.Typer(help="Ask how results were judged, and how right that was.", invoke_without_command=True)

Cost = Annotated[float | None, typer.Option(metavar="LOSS", min=0, help="In units of one retry; default: as it was.")]


def register(app: typer.Typer) -> None:
    """Add this group's commands."""
    app.command(rich_help_panel=QUALITY)(verdict)
    app.add_typer(quality, name="quality", rich_help_panel=QUALITY)


def verdict(
    task_id: TaskId,
    word: Annotated[Literal["good", "bad"], typer.Argument(metavar="good|bad", help="Whether it is acceptable.")],
    *,
    step: Annotated[
        str | None, typer.Option(metavar="STEP", help="Of this step's result, by its path; else of the whole.")
    ] = None,
    reason: Reason = "",
    json: Json = False,
) -> None:
    """Say whether a result is acceptable.

    Also long after its task has ended; the inspector learns from it. Another word of yours replaces the one before.
    Recorded under $WRENCHAI_ACTOR, else your login name.
    """
    from wrenchai.cli.giving_verdicts import give_verdict

    give_verdict(task_id, word, step, reason=reason, as_json=json)


@quality.callback()
def overview(context: typer.Context, *, json: Json = False) -> None:
    """Show whether what the inspector knows can be relied on; each command below asks more."""
    from wrenchai.cli.quality.changes import show_health

    if context.invoked_subcommand is None:
        show_health(as_json=json)


@quality.command()
def show(task_id: TaskId, *, json: Json = False) -> None:
    """Show how all results of a task were judged, and what it waited for."""
    from wrenchai.cli.quality.results import show_task

    show_task(task_id, as_json=json)


@quality.command()
def explain(
    evaluation: Annotated[
        str, typer.Argument(metavar="TASK[/STEP]", help="A task's id; behind a slash a step's path.")
    ],
    *,
    go: Annotated[
        int | None, typer.Option(metavar="NUMBER", min=1, help="Which judgement of it; default: the last one.")
    ] = None,
    json: Json = False,
) -> None:
    """Explain one judgement, term by term."""
    from wrenchai.cli.quality.results import explain as explain_one

    explain_one(evaluation, go, as_json=json)


@quality.command()
def tools(
    *,
    slo: Annotated[
        float, typer.Option(metavar="RATE", min=0.01, max=0.99, help="The rate of acceptable results that is wanted.")
    ] = 0.9,
    sort: Annotated[
        Literal["rate", "name", "runs", "reaches"],
        typer.Option(metavar="BY", help="rate (the worst first), name, runs or reaches."),
    ] = "rate",
    usage: Annotated[bool, typer.Option("--usage", metavar=FLAG, help="Also what their steps usually use.")] = False,
    json: Json = False,
) -> None:
    """Show how often tools, roles and playbooks do acceptable work."""
    from wrenchai.cli.quality.instruments import show_tools

    show_tools(slo, sort, usage=usage, as_json=json)


@quality.command()
def judges(*, json: Json = False) -> None:
    """Show how right each judge is, and whether it is useful."""
    from wrenchai.cli.quality.instruments import show_judges

    show_judges(as_json=json)


@quality.command()
def calibration(*, json: Json = False) -> None:
    """Show how right the inspector's probabilities were, by people's verdicts."""
    from wrenchai.cli.quality.instruments import show_calibration

    show_calibration(as_json=json)


@quality.command()
def decisions(
    *,
    weeks: Annotated[int, typer.Option(metavar="COUNT", min=1, max=520, help="Of so many weeks.")] = 12,
    json: Json = False,
) -> None:
    """Show what was decided week by week, at which expected loss, and what it has cost."""
    from wrenchai.cli.quality.ledger import show_decisions

    show_decisions(weeks, as_json=json)


@quality.command()
def audits(*, json: Json = False) -> None:
    """List results that want a person's word."""
    from wrenchai.cli.quality.ledger import show_audits

    show_audits(as_json=json)


@quality.command()
def drift(*, json: Json = False) -> None:
    """Show which tools, roles and judges do not do as they used to."""
    from wrenchai.cli.quality.changes import show_drift

    show_drift(as_json=json)


@quality.command()
def recommend(*, json: Json = False) -> None:
    """Show what to use instead of what, where both were offered."""
    from wrenchai.cli.quality.changes import show_recommendations

    show_recommendations(as_json=json)


@quality.command()
def health(*, json: Json = False) -> None:
    """Show whether what the inspector knows can be relied on."""
    from wrenchai.cli.quality.changes import show_health

    show_health(as_json=json)


@quality.command("what-if")
def what_if(
    *,
    false_accept: Cost = None,
    retry: Cost = None,
    human: Cost = None,
    since: Annotated[
        str | None, typer.Option(metavar="TIME", help="Of decisions since then: 7d, 12h, or 2026-11-01T00:00:00Z.")
    ] = None,
    json: Json = False,
) -> None:
    """Decide anew what was decided, as if mistakes had cost something else.

    Nothing is recorded, and no judge is asked.
    """
    from wrenchai.cli.quality.ledger import show_what_if

    show_what_if(false_accept, retry, human, since, as_json=json)
