"""Check every page's accessibility in light and dark, and that its console stays quiet."""

from typing import Any

from wrenchai_journey.portfolio.checks import accessibility as axe
from wrenchai_journey.portfolio.checks.browser_session import (
    BrowserInputs,
    BrowserSession,
    browser_session,
    sample_of,
    seconds_for_pages,
)
from wrenchai_journey.portfolio.checks.built_site import html_files, page_paths
from wrenchai_journey.portfolio.checks.node_package import Missing, driven
from wrenchai_journey.portfolio.checks.static_server import serving
from wrenchai_journey.portfolio.checks.verdict import Verdict, conclude, unmeasured
from wrenchai_journey.tool import ToolRun, tool

TABS = 4
SCHEMES = ("light", "dark")


@tool(
    name="check.accessibility",
    summary="Runs axe on every page in light and dark, and counts console errors.",
    inputs=BrowserInputs,
    outputs=Verdict,
    weight=2,
)
def check_accessibility(inputs: BrowserInputs, run: ToolRun) -> Verdict:
    """Look at every page (quick: one per template) in four tabs."""
    judges = [(axe.AXE_JUDGE, axe.AXE_DIMENSION), (axe.CONSOLE_JUDGE, axe.CONSOLE_DIMENSION)]
    try:
        session = browser_session(run, inputs)
    except Missing as missing:
        return unmeasured(run, "accessibility", str(missing), judges=judges)
    paths = page_paths(session.site, inputs.base_url, one_of_each=inputs.mode == "quick")
    run.progress(0.1, f"{len(paths)} pages in {len(SCHEMES)} colour schemes")
    said = _judged(run, inputs, session, paths)
    asked: Any = {"planned": len(paths) * len(SCHEMES), "sample": sample_of(len(paths), len(html_files(session.site)))}
    reports = [
        axe.accessibility_report(said["runs"], version=said["axe"], **asked),
        axe.console_report(said["runs"], version=said["browser"], **asked),
    ]
    return conclude(run, "accessibility", reports)


def _judged(run: ToolRun, inputs: BrowserInputs, session: BrowserSession, paths: tuple[str, ...]) -> Any:
    with serving(session.site, inputs.base_url) as origin:
        config = {
            "origin": origin,
            "chromium": str(session.chromium),
            "paths": paths,
            "schemes": SCHEMES,
            "tabs": TABS,
            "seconds": seconds_for_pages(run),
        }
        return driven(run, "accessibility", session.tree, config=config, name="accessibility")
