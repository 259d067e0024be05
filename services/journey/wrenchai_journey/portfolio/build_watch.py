"""How far a Docusaurus build is, seen from the files it has written so far."""

import threading
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path

from wrenchai_journey.tool import ToolRun

LOOK_EVERY_SECONDS = 0.25


def stage(site: Path, pages: int) -> tuple[float, str]:
    """Say the part done, 0 to 1, and what is being done; `pages` is about how many HTML files there will be."""
    built = sum(1 for _ in (site / "build").rglob("index.html")) if (site / "build").is_dir() else 0
    if built:
        return min(0.7 + 0.25 * built / pages, 0.95), f"{built} pages written"
    if (site / "build" / "assets").is_dir():
        return 0.7, "bundles are compiled, writing pages"
    if (site / ".docusaurus" / "routes.js").is_file():
        return 0.4, "pages are read, compiling bundles"
    return 0.3, "reading pages"


@contextmanager
def watched(run: ToolRun, site: Path, pages: int) -> Iterator[None]:
    """Report each new stage while the body runs."""
    ended = threading.Event()
    watcher = threading.Thread(target=_watch, args=(run, site, pages, ended), name="build-watch", daemon=True)
    watcher.start()
    try:
        yield
    finally:
        ended.set()
        watcher.join()


def _watch(run: ToolRun, site: Path, pages: int, ended: threading.Event) -> None:
    last = ""
    while not ended.wait(LOOK_EVERY_SECONDS):
        fraction, message = stage(site, pages)
        if message != last:
            run.progress(fraction, message)
            last = message
