"""Folds the log again from its first event: to prove that the live views follow from it, or to make them anew."""

import asyncio
import sys
from pathlib import Path

from rich.console import Group, RenderableType
from rich.table import Table
from rich.text import Text
from wrenchai_chassis.rebuild import Comparison, NoView, compare, rebuild
from wrenchai_contracts.errors import WrenchError
from wrenchai_gateway.task_projection import TaskProjection

from wrenchai.cli.databases import database_url
from wrenchai.cli.exit_codes import FAILED
from wrenchai.cli.screen import Screen
from wrenchai.cli.signs import labelled


class NothingToCompare(WrenchError):  # noqa: N818  # errors are nouns with their facts
    """The views were never built in this database."""


def replay_log(home: Path | None, *, verify: bool, as_json: bool) -> None:
    """`wrenchai replay`: with `verify` exit code 1 when a view does not follow from the log."""
    screen = Screen(as_json=as_json)
    url = database_url(home)
    if not verify:
        schema = asyncio.run(rebuild(TaskProjection, url))
        screen.result({"rebuilt": TaskProjection.name, "schema": schema}, Text(f"rebuilt, served from {schema}"))
        return
    compared = compared_views(url)
    screen.result(_told(compared), _shown(compared, screen))
    if not compared.equal:
        sys.exit(FAILED)


def compared_views(url: str) -> Comparison:
    """The live views beside the same views folded from the log's first event.

    Raises:
        NothingToCompare: there are no live views yet.
    """
    try:
        return asyncio.run(compare(TaskProjection, url))
    except NoView:
        message = "no gateway ever ran on this log, so there is no view to compare"
        raise NothingToCompare(message) from None


def _told(compared: Comparison) -> dict[str, object]:
    tables = [
        {
            "table": name,
            "rows": live.rows,
            "live": live.sha256,
            "rebuilt": compared.rebuilt[name].sha256,
            "same": live == compared.rebuilt[name],
            "first_different": compared.first_different.get(name),
        }
        for name, live in compared.live.items()
    ]
    return {
        "projection": compared.projection,
        "position": compared.position,
        "equal": compared.equal,
        "tables": tables,
    }


def _shown(compared: Comparison, screen: Screen) -> RenderableType:
    table = Table(box=None, pad_edge=False, padding=(0, 2, 0, 0), header_style="dim")
    for name in ("table", "", "rows", "live", "rebuilt", "first different row"):
        table.add_column(name, justify="right" if name == "rows" else "left")
    for name, live in compared.live.items():
        anew = compared.rebuilt[name]
        same = labelled("ok" if live == anew else "fail", screen.people)
        digests = (Text(live.sha256[:16], "dim"), Text(anew.sha256[:16], "dim"))
        table.add_row(name, same, f"{live.rows:,}", *digests, compared.first_different.get(name, ""))
    verdict = (
        Text(f"every view follows from the log, up to position {compared.position}", "green")
        if compared.equal
        else Text("a view does not follow from the log: rebuild it with `wrenchai replay`, and tell us", "red")
    )
    return Group(table, verdict)
