"""Figures as a table for people, then as one JSON object on the last line for programs."""

import json
import math
import os
import platform
from collections.abc import Mapping, Sequence

from rich.console import Console
from rich.table import Table

Figures = dict[str, float]

BARS: Mapping[str, tuple[str, float]] = {
    "latency.p50_ms": ("<=", 12),
    "latency.p95_ms": ("<=", 25),
    "throughput.single_tasks_per_s": (">=", 600),
    "throughput.batch_tasks_per_s": (">=", 1000),
    "accept.per_s": (">=", 500),
    "accept.p99_ms": ("<=", 60),
    "append.per_s": (">=", 10_000),
    "project.per_s": (">=", 30_000),
    "rebuild.per_s": (">=", 20_000),
    "fanout.p50_ms": ("<=", 20),
    "idle.sql_per_min": ("<=", 10),
    "idle.memory_mb": ("<=", 900),
    "start.warm_s": ("<=", 5),
    "demo.warm_s": ("<=", 60),
    "list.ratio": ("<=", 12),
    "loop.growth": ("<=", 1.05),
    "check.1000_steps_ms": ("<=", 300),
    "timers.late_p95_ms": ("<=", 1000),
    "open.start_s": ("<=", 10),
}
"""What we promise, as far as a figure has a bar."""


def percentile(sorted_values: Sequence[float], share: float) -> float:
    """The value at `share` (0..1) of sorted values, nearest rank."""
    return sorted_values[min(math.ceil(share * len(sorted_values)), len(sorted_values)) - 1]


def milliseconds(seconds: Sequence[float], prefix: str) -> Figures:
    """Median, 95th and 99th percentile of durations in seconds, as `<prefix>.p50_ms` and so on."""
    ordered = sorted(seconds)
    return {
        f"{prefix}.p{int(share * 100)}_ms": round(percentile(ordered, share) * 1000, 2) for share in (0.5, 0.95, 0.99)
    }


def show(title: str, figures: Figures, failed: Mapping[str, str]) -> None:
    """Print the table and what could not be measured, then the JSON line, in which that has the value null."""
    table = Table(
        title=f"{title} · {os.cpu_count()} cores, Python {platform.python_version()}, load {os.getloadavg()[0]:.1f}"
    )
    table.add_column("figure")
    table.add_column("measured", justify="right")
    table.add_column("bar", justify="right")
    table.add_column("")
    for name, value in figures.items():
        sign, bar = BARS.get(name, ("", math.nan))
        verdict = "" if not sign else "holds" if _holds(value, sign, bar) else "[red]misses[/red]"
        table.add_row(name, f"{value:,.2f}".rstrip("0").rstrip("."), f"{sign} {bar:,.0f}" if sign else "", verdict)
    console = Console(width=100)
    console.print(table)
    for part, reason in failed.items():
        console.print(f"[red]{part} could not be measured:[/red] {reason}", markup=True)
    print(json.dumps(figures | dict.fromkeys(failed)))  # noqa: T201  # the line that programs read


def _holds(value: float, sign: str, bar: float) -> bool:
    return value <= bar if sign == "<=" else value >= bar
