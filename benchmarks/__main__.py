"""`python -m benchmarks WHAT`: core (everything) or parts of it; `append --library` measures the library beside."""

import argparse
import asyncio
from pathlib import Path

import uvloop

from benchmarks import demonstration, idle, load, log_rates, view_rates
from benchmarks.installation import Installation, fresh_directory, installation
from benchmarks.report import Figures, show

PARTS = ("append", "latency", "fanout", "fsyncs", "accept", "throughput", "project", "rebuild", "idle", "start", "demo")


def main() -> None:
    """Parse, measure, show."""
    told = _arguments()
    parts = PARTS if "core" in told.what else tuple(part for part in PARTS if part in told.what)
    with fresh_directory() as root:
        figures = uvloop.run(_measure(root, parts, library=told.library))
        if "demo" in parts:
            figures |= demonstration.demo(root / "demo")
    show(f"wrenchai bench {' '.join(told.what)}", figures)


def _arguments() -> argparse.Namespace:
    parser = argparse.ArgumentParser(prog="just bench", description=__doc__)
    parser.add_argument("what", nargs="+", choices=("core", *PARTS), help="core: all of them")
    parser.add_argument(
        "--library", action="store_true", help="append: the eventsourcing library's recorder beside ours"
    )
    return parser.parse_args()


async def _measure(root: Path, parts: tuple[str, ...], *, library: bool) -> Figures:
    figures: Figures = await _append(root, library=library) if "append" in parts else {}
    if parts == ("append",):
        return figures
    async with installation(root / "home") as found:
        figures["start.cold_s"] = round(found.seconds, 2)
        await load.register(found.gateway)
        for part in parts:
            figures |= await _part(part, found)
            await asyncio.sleep(1)
    if "start" in parts:
        async with installation(root / "home") as again:
            figures["start.warm_s"] = round(again.seconds, 2)
    return figures


async def _part(part: str, found: Installation) -> Figures:  # noqa: PLR0911  # one line for each part
    match part:
        case "latency":
            return await load.latency(found.gateway)
        case "fanout":
            return await load.fan_out(found.gateway)
        case "fsyncs":
            return await idle.fsyncs(found, found.gateway)
        case "accept":
            return await load.accept(found.gateway)
        case "throughput":
            return await load.throughput(found)
        case "project":
            return await view_rates.project(found.endpoints.service_dsn)
        case "rebuild":
            return await view_rates.rebuild_all(found.endpoints.service_dsn)
        case "idle":
            return await idle.idle(found)
        case _:
            return {}


async def _append(root: Path, *, library: bool) -> Figures:
    """Postgres without any service, so that nobody relays or projects what is measured."""
    async with installation(root / "append", services=lambda _: ()) as found:
        ours = await log_rates.append(found.endpoints.service_dsn)
        if not library:
            return ours
        theirs = await asyncio.to_thread(log_rates.library_append, found.endpoints.owner_dsn)
        again = await log_rates.append(found.endpoints.service_dsn)
    both = (ours["append.per_s"] + again["append.per_s"]) / 2
    return {"append.per_s": both, **theirs, "append.ratio": round(both / theirs["append.library_per_s"], 2)}


if __name__ == "__main__":
    main()
