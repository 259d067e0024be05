"""`just bench inspector`: bars B1 to B16 on seeds that nobody developed with; a table, then one JSON object.

`--world FILE` measures B4 to B7 on a world of yours, `--labels FILE.csv` the judge model on a real crowd's labels.
"""

import argparse
import json
import os
import platform
import sys
import time
from collections.abc import Callable, Mapping
from importlib import import_module
from pathlib import Path
from typing import Any

from rich.console import Console
from rich.table import Table

from benchmarks.inspector.crowd import labels, show_labels
from benchmarks.inspector.label_file import LabelsRejected
from benchmarks.inspector.scores import Bar
from benchmarks.inspector.worlds import WorldRefused, WorldSpec, read_world

SEED = 20_261_126
"""What chance begins with here. Development used seeds below 1,000."""

BARS: Mapping[str, str] = {
    "B1": "speed_bars", "B2": "replay_bars", "B3": "refresh_bars", "B4": "forecast_bars", "B5": "forecast_bars",
    "B6": "evidence_bars", "B7": "loop_bars", "B8": "refresh_bars", "B9": "crowd", "B10": "rate_bars",
    "B11": "choice_bars", "B12": "resource_bars", "B13": "refresh_bars", "B14": "rule_bars", "B15": "forecast_bars",
    "B16": "rule_bars",
}  # fmt: skip
"""Which module measures each bar, in a function of its name."""

ON_WORLDS = ("B4", "B5", "B6", "B7")
"""Bars that can be measured on a world of the user's."""


def main(arguments: list[str] | None = None) -> None:
    """Measure what is asked for. A bar that cannot be measured says why and does not hold; the exit code tells."""
    parser = _parser()
    told = parser.parse_args(arguments)
    if told.labels is not None:
        _score(told.labels, parser)
        return
    spec = _world(told.world, parser)
    wanted = _wanted(told.only, parser, on_worlds=spec is not None)
    bars = {name: _measured(name, told.seed, spec) for name in wanted}
    _show(bars, of_ours=spec is None)
    print(json.dumps({"bars": bars}))  # noqa: T201  # what a benchmark is for
    sys.exit(not all(bar["holds"] for bar in bars.values()))


def _parser() -> argparse.ArgumentParser:
    parser = argparse.ArgumentParser(prog="just bench inspector", description=__doc__)
    parser.add_argument("--seed", type=int, default=SEED, help=f"what chance begins with (usually {SEED})")
    parser.add_argument("--world", type=Path, help="YAML or JSON: a world of yours (see docs/inspector.md)")
    parser.add_argument("--labels", type=Path, help="CSV with task, judge, level[, gold]: real labels of a crowd")
    parser.add_argument("--only", default="", help="some bars, e.g. B4,B6; all but B8 take some ten minutes together")
    return parser


def _score(path: Path, parser: argparse.ArgumentParser) -> None:
    try:
        found = labels(path)
    except (LabelsRejected, OSError) as problem:
        parser.error(f"{path}: {problem}")
    show_labels(found)
    print(json.dumps({"bars": {}, "labels": found}))  # noqa: T201  # what a benchmark is for


def _world(path: Path | None, parser: argparse.ArgumentParser) -> WorldSpec | None:
    if path is None:
        return None
    try:
        return read_world(path)
    except WorldRefused as refused:
        parser.error(str(refused))


def _wanted(only: str, parser: argparse.ArgumentParser, *, on_worlds: bool) -> list[str]:
    offered = ON_WORLDS if on_worlds else tuple(BARS)
    asked = [name.strip().upper() for name in only.split(",") if name.strip()]
    if unknown := sorted(set(asked) - set(offered)):
        parser.error(f"no bar is called {', '.join(unknown)} here; there is {', '.join(offered)}")
    return [name for name in offered if not asked or name in asked]


def _measured(name: str, seed: int, spec: WorldSpec | None) -> Bar:
    began = time.perf_counter()
    print(f"{name} …", end=" ", file=sys.stderr, flush=True)  # noqa: T201  # progress
    measure: Callable[..., Bar] = getattr(import_module(f"benchmarks.inspector.{BARS[name]}"), name.lower())
    given: list[Any] = [] if name == "B9" else [seed] if spec is None else [seed, spec]
    try:
        found = measure(*given)
    except (RuntimeError, OSError, ValueError) as problem:
        found = {"holds": False, "asks": "to be measured", "reason": f"{type(problem).__name__}: {problem}"}
    seconds = round(time.perf_counter() - began, 1)
    print(f"{'holds' if found['holds'] else 'does not hold'} ({seconds} s)", file=sys.stderr, flush=True)  # noqa: T201
    return {**found, "seconds": seconds}


def _show(bars: Mapping[str, Bar], *, of_ours: bool) -> None:
    machine = f"{os.cpu_count()} cores, Python {platform.python_version()}, load {os.getloadavg()[0]:.1f}"
    table = Table(title=f"the inspector · {machine}")
    for column in ("bar", "", "asks for", "measured"):
        table.add_column(column, overflow="fold")
    for name, bar in bars.items():
        figures = {key: value for key, value in bar.items() if key not in {"holds", "asks", "seconds"}}
        table.add_row(name, "holds" if bar["holds"] else "[red]no[/]", bar["asks"], _in_words(figures))
    console = Console(width=140)
    console.print(table)
    if not of_ours:
        console.print("What bars ask for was set for the usual world; on yours, compare the rows with each other.")


def _in_words(figures: Mapping[str, Any]) -> str:
    """`rmse .0733, coverage .929`; what is nested stays in the JSON."""
    flat = {key: value for key, value in figures.items() if not isinstance(value, dict | list)}
    nested = {f"{key}.{inner}": value for key, one in figures.items() if key == "ours" for inner, value in one.items()}
    return ", ".join(
        f"{key} {value}" for key, value in {**nested, **flat}.items() if not isinstance(value, dict | list)
    )


if __name__ == "__main__":
    main()
