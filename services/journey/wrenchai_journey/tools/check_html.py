"""Check the HTML of every page against the standard."""

import json

from wrenchai_journey.portfolio.checks import html
from wrenchai_journey.portfolio.checks.built_site import SiteInputs, html_files, site_directory
from wrenchai_journey.portfolio.checks.node_package import Missing, checks_tree, npm_binary, npm_version
from wrenchai_journey.portfolio.checks.verdict import Verdict, conclude, unmeasured
from wrenchai_journey.tool import ToolFailed, ToolRun, tool


@tool(name="check.html", summary="Validates the HTML of every page.", inputs=SiteInputs, outputs=Verdict)
def check_html(inputs: SiteInputs, run: ToolRun) -> Verdict:
    """Let html-validate judge all pages by its `standard` rules."""
    site = site_directory(run, inputs)
    try:
        tree = checks_tree(run)
    except Missing as missing:
        return unmeasured(run, "html", str(missing), judges=[(html.JUDGE, html.DIMENSION)])
    pages = html_files(site)
    report = run.workspace.resolve() / ".html-validate.json"
    report.unlink(missing_ok=True)
    options = ("--preset", "standard", "--formatter", f"json={report}", "--ext", "html")
    done = run.command(npm_binary(tree, "html-validate", *options, str(site)), cwd=run.workspace)
    if not report.is_file():
        reason = f"html-validate did not report (exit code {done.exit_code}); the step's log has its output"
        raise ToolFailed(reason, retryable=True, kind="check_failed")
    printed = json.loads(report.read_bytes())
    version = npm_version(tree, "html-validate")
    return conclude(run, "html", [html.html_report(printed, pages=pages, root=str(site), version=version)])
