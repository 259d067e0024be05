"""`python -m benchmarks WHAT`: core, playbooks, or parts of them; `append --library` measures the library beside.

`inspector` has bars, worlds and options of its own: `inspector --help`.
"""

import argparse
import asyncio
import sys
from collections.abc import Awaitable, Callable, Mapping
from dataclasses import dataclass
from pathlib import Path

import psycopg
import uvloop

from benchmarks import demonstration, fairness, idle, load, log_rates, open_tasks, step_types, timers, view_rates
from benchmarks.inspector.__main__ import main as inspector
from benchmarks.installation import Installation, bare_database, fresh_directory, installation
from benchmarks.report import Figures, show

PLAYBOOKS = ("steps", "lists", "loops", "fairness", "check", "timers", "open")
"""`just bench playbooks`."""

CORE = ("append", "latency", "fanout", "fsyncs", "accept", "throughput", "project", "rebuild", "idle", "start", "demo")
"""`just bench core`."""

PARTS = (*CORE, *PLAYBOOKS)


def main() -> None:
    """Parse, measure, show. A part that fails costs its own figures only, and the exit code tells."""
    if sys.argv[1:2] == ["inspector"]:
        inspector(sys.argv[2:])
        return
    told = _arguments()
    parts = tuple(part for part in PARTS if _is_wanted(part, told.what))
    figures, failed = Figures(), dict[str, str]()
    with fresh_directory() as root:
        uvloop.run(_measure(root, parts, Measured(figures, failed), library=told.library))
    show(f"wrenchai bench {' '.join(told.what)}", figures, failed)
    sys.exit(bool(failed))


def _arguments() -> argparse.Namespace:
    parser = argparse.ArgumentParser(prog="just bench", description=__doc__)
    parser.add_argument(
        "what",
        nargs="*",
        default=["core"],
        help=f"core (the default): {', '.join(CORE)}; playbooks: {', '.join(PLAYBOOKS)}",
    )
    parser.add_argument(
        "--library", action="store_true", help="append: the eventsourcing library's recorder beside ours"
    )
    told = parser.parse_args()
    unknown = set(told.what) - {"core", "playbooks", *PARTS}
    if unknown:
        parser.error(
            f"nothing to measure is called {', '.join(sorted(unknown))}; there is core, playbooks, {', '.join(PARTS)}"
        )
    return told


def _is_wanted(part: str, what: list[str]) -> bool:
    return part in what or ("core" in what and part in CORE) or ("playbooks" in what and part in PLAYBOOKS)


@dataclass(frozen=True, slots=True)
class Measured:
    """What was found so far, and which parts could not be measured, with the reason."""

    figures: Figures
    failed: dict[str, str]

    async def take(self, part: str, measuring: Awaitable[Figures]) -> None:
        """Add the figures of one part."""
        try:
            self.figures.update(await measuring)
        except (RuntimeError, OSError, TimeoutError, psycopg.Error) as problem:
            self.failed[part] = f"{type(problem).__name__}: {problem}"


async def _measure(root: Path, parts: tuple[str, ...], measured: Measured, *, library: bool) -> None:
    if "append" in parts:
        await measured.take("append", _append(root, library=library))
    if "check" in parts:
        await measured.take("check", asyncio.to_thread(step_types.checking))
    if "timers" in parts:
        await measured.take("timers", _timers(root))
    if "open" in parts:
        await measured.take("open", open_tasks.start_with_open_tasks(root / "open"))
    served = [part for part in parts if part not in {"append", "demo", "check", "timers", "open"}]
    if served:
        await _measure_served(root / "home", served, measured)
    if "demo" in parts:
        await measured.take("demo", asyncio.to_thread(demonstration.demo, root / "demo"))


async def _measure_served(home: Path, parts: list[str], measured: Measured) -> None:
    async with installation(home) as found:
        measured.figures["start.cold_s"] = round(found.seconds, 2)
        await load.register(found.gateway)
        for part in parts:
            await measured.take(part, _part(part, found))
            await asyncio.sleep(1)
    if "start" in parts:
        async with installation(home) as again:
            measured.figures["start.warm_s"] = round(again.seconds, 2)


async def _part(part: str, found: Installation) -> Figures:
    measure = _SERVED.get(part)
    return {} if measure is None else await measure(found)


_SERVED: Mapping[str, Callable[[Installation], Awaitable[Figures]]] = {
    "latency": lambda found: load.latency(found.gateway),
    "fanout": lambda found: load.fan_out(found.gateway),
    "fsyncs": lambda found: idle.fsyncs(found, found.gateway),
    "accept": lambda found: load.accept(found.gateway),
    "throughput": load.throughput,
    "project": lambda found: view_rates.project(found.service_dsn),
    "rebuild": lambda found: view_rates.rebuild_all(found.service_dsn),
    "idle": idle.idle,
    "steps": step_types.step_types,
    "lists": step_types.lists,
    "loops": step_types.loops,
    "fairness": fairness.fairness,
}
"""Parts that need a running installation."""


async def _timers(root: Path) -> Figures:
    async with bare_database(root / "timers") as found:
        return {**await timers.timers(found.service_dsn), **await timers.catch_up(found.service_dsn)}


async def _append(root: Path, *, library: bool) -> Figures:
    async with bare_database(root / "append") as found:
        ours = await log_rates.append(found.service_dsn)
        if not library:
            return ours
        others = await asyncio.to_thread(log_rates.library_append, found.service_dsn, found.owner_dsn)
        again = await log_rates.append(found.service_dsn)
    both = (ours["append.per_s"] + again["append.per_s"]) / 2
    return {
        "append.per_s": both,
        **others,
        "append.ratio": round(both / others["append.library_per_s"], 2),
        "append.recorder_ratio": round(others["append.recorder_per_s"] / others["append.library_per_s"], 2),
    }


if __name__ == "__main__":
    main()
