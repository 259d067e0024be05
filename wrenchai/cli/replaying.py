"""Folds the log again from its first event: to prove that the live views follow from it, or to make them anew."""

import asyncio
import sys
from collections.abc import Sequence
from pathlib import Path

from rich.console import Group, RenderableType
from rich.table import Table
from rich.text import Text
from wrenchai_chassis.rebuild import Comparison, MakeProjection, NoView, compare, rebuild
from wrenchai_contracts.errors import WrenchError
from wrenchai_gateway.task_projection import TaskProjection
from wrenchai_orchestrator.admission_projection import AdmissionProjection
from wrenchai_orchestrator.timer_projection import TimerProjection

from wrenchai.cli.databases import database_url
from wrenchai.cli.exit_codes import FAILED
from wrenchai.cli.screen import Screen
from wrenchai.cli.signs import labelled

VIEWS: tuple[MakeProjection, ...] = (TaskProjection, TimerProjection, AdmissionProjection)
"""Every view that is kept of the log."""


class NothingToCompare(WrenchError):  # noqa: N818  # errors are nouns with their facts
    """The views were never built in this database."""


def replay_log(home: Path | None, *, verify: bool, as_json: bool) -> None:
    """`wrenchai replay`: with `verify` exit code 1 when a view does not follow from the log."""
    screen = Screen(as_json=as_json)
    url = database_url(home)
    if not verify:
        schemas = {make().name: asyncio.run(rebuild(make, url)) for make in VIEWS}
        served = ", ".join(f"{name} from {schema}" for name, schema in schemas.items())
        screen.result({"rebuilt": schemas}, Text(f"rebuilt, served: {served}"))
        return
    compared = compared_views(url)
    equal = all(one.equal for one in compared)
    screen.result({"equal": equal, "views": [*map(_told, compared)]}, _shown(compared, screen, equal=equal))
    if not equal:
        sys.exit(FAILED)


def compared_views(url: str) -> list[Comparison]:
    """The live views, each beside the same view folded from the log's first event.

    Raises:
        NothingToCompare: there are no live views yet.
    """
    found = [one for make in VIEWS if (one := _compared(make, url)) is not None]
    if not found:
        message = "no gateway ever ran on this log, so there is no view to compare"
        raise NothingToCompare(message)
    return found


def _compared(make: MakeProjection, url: str) -> Comparison | None:
    """None if nobody has kept that view yet."""
    try:
        return asyncio.run(compare(make, url))
    except NoView:
        return None


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


def _shown(compared: Sequence[Comparison], screen: Screen, *, equal: bool) -> RenderableType:
    table = Table(box=None, pad_edge=False, padding=(0, 2, 0, 0), header_style="dim")
    for name in ("table", "", "rows", "live", "rebuilt", "first different row"):
        table.add_column(name, justify="right" if name == "rows" else "left")
    for view in compared:
        for name, live in view.live.items():
            anew = view.rebuilt[name]
            same = labelled("ok" if live == anew else "fail", screen.people)
            digests = (Text(live.sha256[:16], "dim"), Text(anew.sha256[:16], "dim"))
            table.add_row(name, same, f"{live.rows:,}", *digests, view.first_different.get(name, ""))
    reached = ", ".join(f"{view.projection} up to position {view.position}" for view in compared)
    verdict = (
        Text(f"every view follows from the log: {reached}", "green")
        if equal
        else Text("a view does not follow from the log: rebuild it with `wrenchai replay`, and tell us", "red")
    )
    return Group(table, verdict)
