"""What every browser check needs: the site, the programs, and the seconds it may take."""

from dataclasses import dataclass
from pathlib import Path
from typing import Literal

from pydantic import Field

from wrenchai_journey.portfolio.checks.built_site import SiteInputs, site_directory
from wrenchai_journey.portfolio.checks.node_package import Missing, checks_tree
from wrenchai_journey.portfolio.checks.programs import NO_CHROMIUM, chromium
from wrenchai_journey.tool import ToolRun

RESERVE = 10.0
"""Seconds kept back for the report, so that a deadline cuts the pages and not the evidence."""


class BrowserInputs(SiteInputs):
    """The site, and how much of it to look at."""

    mode: Literal["quick", "full"] = Field(default="full", description="quick: one page per template.")


@dataclass(frozen=True, slots=True)
class BrowserSession:
    """A site, a Chromium and the checks' npm packages: all there."""

    site: Path
    chromium: Path
    tree: Path


def browser_session(run: ToolRun, inputs: SiteInputs) -> BrowserSession:
    """Find everything; raises Missing, with what to do, where a program cannot be had."""
    site = site_directory(run, inputs)
    browser = chromium()
    if browser is None:
        raise Missing(NO_CHROMIUM)
    return BrowserSession(site=site, chromium=browser, tree=checks_tree(run))


def sample_of(looked_at: int, pages: int) -> str:
    """What a report adds when it did not look at every page; nothing when it did."""
    return f"; looked at {looked_at} of {pages} pages" if looked_at < pages else ""


def seconds_for_pages(run: ToolRun) -> float:
    """How long pages may be looked at before the report has to be written."""
    return max(run.seconds_left - RESERVE, 1.0)
