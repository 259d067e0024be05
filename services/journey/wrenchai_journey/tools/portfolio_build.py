"""Build the site with Docusaurus, or take the output that is kept for the same source."""

import shutil
from collections.abc import Mapping
from pathlib import Path
from typing import Final

from pydantic import Field
from wrenchai_contracts.evidence import Evidence
from wrenchai_contracts.shape import Sha256

from wrenchai_journey.portfolio.archive import tree_files, tree_sha256
from wrenchai_journey.portfolio.build_log import BuildFault, build_faults
from wrenchai_journey.portfolio.build_trouble import keep_faults, kept_mended
from wrenchai_journey.portfolio.build_watch import watched
from wrenchai_journey.portfolio.built_site import OUTPUT
from wrenchai_journey.portfolio.checks.report import counted
from wrenchai_journey.portfolio.kept_builds import BuildRecord, KeptBuilds
from wrenchai_journey.portfolio.link_mending import MendedLink
from wrenchai_journey.portfolio.linked_modules import linked_modules
from wrenchai_journey.portfolio.npm_store import node_program, pinned_version, warm_tree
from wrenchai_journey.portfolio.site_directory import NOT_SOURCE, SITE, TEMPLATE
from wrenchai_journey.portfolio.themed_content import written_content
from wrenchai_journey.tool import Finished, ToolFailed, ToolRun, ToolShape, tool

DOCUSAURUS: Final = "node_modules/@docusaurus/core/bin/docusaurus.mjs"
ENVIRONMENT: Final[Mapping[str, str]] = {
    "CI": "1",
    "NO_COLOR": "1",
    "NODE_ENV": "production",
    "TZ": "UTC",
    "SKIP_HTML_MINIFICATION": "true",
}
MOST_FAULTS: Final = 5


class BuildInputs(ToolShape):
    """What to do with an output that is kept for the same source."""

    rebuild: bool = Field(default=False, description="Build although an output for the same source is kept.")


class Built(ToolShape):
    """The built site in the workspace, and what it took."""

    directory: str
    input_sha256: Sha256
    output_sha256: Sha256 = Field(description="Hash of every file's name and content.")
    files: int
    bytes: int
    seconds: float = Field(description="Of Docusaurus alone; of the first build when the output was reused.")
    peak_rss_bytes: int
    reused: bool = Field(description="The source was built before; its output was copied.")
    mended: tuple[MendedLink, ...] = Field(default=(), description="Links of the form that led nowhere.")


@tool(
    name="portfolio.build",
    summary="Builds the site with Docusaurus; an unchanged source is not built again.",
    inputs=BuildInputs,
    outputs=Built,
    weight=2,
)
def build(inputs: BuildInputs, run: ToolRun) -> Built:
    """Give the site's output; a page that cannot be built is named by file and line."""
    site, output = run.workspace / SITE, run.workspace / OUTPUT
    if not (site / "package.json").is_file():
        reason = "there is no site to build yet: a step with portfolio.assemble has to come first"
        raise ToolFailed(reason, kind="site_missing")
    source = tree_sha256(site, without=NOT_SOURCE)
    shutil.rmtree(output, ignore_errors=True)
    kept = KeptBuilds(run.shared)
    record = None if inputs.rebuild else kept.take(source, output)
    reused = record is not None
    if record is None:
        record = _built(run, site, output, source)
        kept.keep(record, output, owner=run.task_id)
    mended = kept_mended(run)
    run.evidence(_evidence(1, f"{record.files} files, output {record.output_sha256[:12]}, {_links(mended)}"))
    run.progress(1.0, f"{record.files} files" + (", as built before" if reused else ""))
    return Built(directory=OUTPUT, reused=reused, mended=mended, **record.model_dump())


def _links(mended: tuple[MendedLink, ...]) -> str:
    """Say that no link is broken, and at what price."""
    if not mended:
        return "no broken link"
    return f"no broken link after {counted(len(mended), 'link')} of the form had to be mended"


def _built(run: ToolRun, site: Path, output: Path, source: str) -> BuildRecord:
    """Run Docusaurus from a clean cache and move its output out of the source."""
    store = warm_tree(run, site) / "node_modules"
    pages = sum(name.suffix == ".mdx" for name in tree_files(site, without=NOT_SOURCE)) * 2 + 4
    for leftover in (".docusaurus", "build"):
        shutil.rmtree(site / leftover, ignore_errors=True)
    run.progress(0.2, "linking the npm packages")
    with linked_modules(store, site / "node_modules"), watched(run, site, pages):
        ended = run.command([str(node_program("node")), DOCUSAURUS, "build"], cwd=site, env=ENVIRONMENT)
    if ended.exit_code != 0:
        raise _refused(run, ended, site)
    (site / "build").rename(output)
    return _record(output, source, ended)


def _record(output: Path, source: str, ended: Finished) -> BuildRecord:
    files = tree_files(output)
    return BuildRecord(
        input_sha256=source,
        output_sha256=tree_sha256(output),
        files=len(files),
        bytes=sum((output / name).stat().st_size for name in files),
        seconds=round(ended.seconds, 3),
        peak_rss_bytes=ended.peak_rss_bytes,
    )


def _refused(run: ToolRun, ended: Finished, site: Path) -> ToolFailed:
    """Turn a failed build into evidence and a sentence with file and line."""
    faults = build_faults(ended.tail, base_url=written_content(run).site.base_url, site=site)
    keep_faults(run, faults)
    run.evidence(_evidence(0, str(faults[0])))
    return ToolFailed(_reason(faults), kind=faults[0].kind)


def _reason(faults: tuple[BuildFault, ...]) -> str:
    more = f" (and {len(faults) - MOST_FAULTS} more)" if len(faults) > MOST_FAULTS else ""
    return "; ".join(str(fault) for fault in faults[:MOST_FAULTS]) + more


def _evidence(passed: int, summary: str) -> Evidence:
    return Evidence(
        judge="build.docusaurus",
        judge_version=pinned_version(TEMPLATE, "@docusaurus/core"),
        dimension="build",
        passed=passed,
        tried=1,
        mandatory=True,
        summary=summary[:500],
    )
