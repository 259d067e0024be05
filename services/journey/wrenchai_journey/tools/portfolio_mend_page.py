"""Put right the links that a failed build has named, in the pages that it has named."""

from pathlib import Path

from pydantic import Field

from wrenchai_journey.portfolio.build_log import BuildFault
from wrenchai_journey.portfolio.build_trouble import keep_mended, kept_faults, kept_mended
from wrenchai_journey.portfolio.checks.built_site import inside_workspace
from wrenchai_journey.portfolio.link_mending import MendedLink, addresses, mended
from wrenchai_journey.portfolio.site_directory import SITE
from wrenchai_journey.tool import ToolFailed, ToolRun, ToolShape, tool

MENDABLE = "broken_link"


class Failure(ToolShape):
    """How the build failed."""

    step: str
    reason: str
    kind: str


class MendInputs(ToolShape):
    """The failure that is to be mended."""

    failure: Failure


class Mended(ToolShape):
    """What became of each link."""

    links: tuple[MendedLink, ...] = Field(min_length=1)


@tool(
    name="portfolio.mend_page",
    summary="Mends the links that a failed build has named.",
    inputs=MendInputs,
    outputs=Mended,
)
def mend_page(inputs: MendInputs, run: ToolRun) -> Mended:
    """Lead each to the page that is meant, or take it away; what is no broken link is for people to mend."""
    faults = [fault for fault in kept_faults(run) if fault.kind == MENDABLE and fault.file and fault.target]
    if inputs.failure.kind != MENDABLE or not faults:
        reason = f"only broken links can be mended here; the build says: {inputs.failure.reason}"
        raise ToolFailed(reason[:1000], kind="not_mendable")
    site = run.workspace / SITE
    known = addresses(_pages(site))
    links = tuple(link for fault in faults for link in _mended(run, fault, known))
    if not links:
        reason = f"the links that the build names are not in its pages: {faults[0]}"
        raise ToolFailed(reason, kind="not_mendable")
    keep_mended(run, (*kept_mended(run), *links))
    run.progress(1.0, "; ".join(_said(link) for link in links)[:500])
    return Mended(links=links)


def _pages(site: Path) -> dict[str, str]:
    found = (file for folder in ("docs", "blog") for file in sorted((site / folder).rglob("*.mdx")))
    return {str(file.relative_to(site)): file.read_text(encoding="utf-8") for file in found}


def _mended(run: ToolRun, fault: BuildFault, known: tuple[str, ...]) -> tuple[MendedLink, ...]:
    file = inside_workspace(run, f"{SITE}/{fault.file}")
    text, links = mended(fault.file or "", file.read_text(encoding="utf-8"), fault.target or "", known)
    file.write_text(text, encoding="utf-8")
    return links


def _said(link: MendedLink) -> str:
    return f"{link.file}: {link.target} " + (f"now leads to {link.leads_to}" if link.leads_to else "was taken away")
