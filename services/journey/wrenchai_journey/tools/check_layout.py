"""Take pictures of the site on a wide and a narrow screen, in light and dark, and see that nothing sticks out."""

from pathlib import Path
from typing import Any

from wrenchai_contracts.evidence import ArtifactRef

from wrenchai_journey.portfolio.checks import layout
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
from wrenchai_journey.portfolio.checks.verdict import REPORTS, Verdict, conclude, unmeasured
from wrenchai_journey.tool import ToolRun, tool

TABS = 1
"""One tab at a time: Chromium paints only the tab in front, and a screenshot of another one can wait forever."""
MAX_PAGES = 8
VIEWS = (
    {"scheme": "light", "width": 1280, "height": 900},
    {"scheme": "dark", "width": 1280, "height": 900},
    {"scheme": "light", "width": 390, "height": 844},
)


@tool(
    name="check.layout",
    summary="Takes screenshots at 1280 and 390 px and tests for sideways scrolling.",
    inputs=BrowserInputs,
    outputs=Verdict,
    weight=2,
)
def check_layout(inputs: BrowserInputs, run: ToolRun) -> Verdict:
    """Picture one page per template (quick: the home page only) in three views; keep the pictures."""
    try:
        session = browser_session(run, inputs)
    except Missing as missing:
        return unmeasured(run, "layout", str(missing), judges=[(layout.JUDGE, layout.DIMENSION)])
    most = 1 if inputs.mode == "quick" else MAX_PAGES
    paths = page_paths(session.site, inputs.base_url, one_of_each=True)[:most]
    pictures = run.workspace / REPORTS / "pictures"
    pictures.mkdir(parents=True, exist_ok=True)
    said = _pictured(run, inputs, session, paths=paths, pictures=pictures)
    report = layout.layout_report(
        said["views"],
        planned=len(paths) * len(VIEWS),
        version=said["browser"],
        sample=sample_of(len(paths), len(html_files(session.site))),
    )
    return conclude(run, "layout", [report], pictures=[_kept(run, pictures, view) for view in said["views"]])


def _pictured(
    run: ToolRun, inputs: BrowserInputs, session: BrowserSession, *, paths: tuple[str, ...], pictures: Path
) -> Any:
    with serving(session.site, inputs.base_url) as origin:
        config = {
            "origin": origin,
            "chromium": str(session.chromium),
            "paths": paths,
            "views": VIEWS,
            "pictures": str(pictures),
            "tabs": TABS,
            "seconds": seconds_for_pages(run),
        }
        return driven(run, "layout", session.tree, config=config, name="layout")


def _kept(run: ToolRun, pictures: Path, view: dict[str, Any]) -> ArtifactRef:
    page = view["path"].strip("/").replace("/", "-") or "home"
    name = f"{page}-{view['width']}-{view['scheme']}.png"[-200:]
    return run.artifact(pictures / view["picture"], name=name, media_type="image/png")
