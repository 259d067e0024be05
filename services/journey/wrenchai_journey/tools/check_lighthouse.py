"""Let Lighthouse judge the home page: performance, accessibility, best practices, search engines."""

import json
from pathlib import Path

from wrenchai_journey.portfolio.checks.browser_session import BrowserSession, browser_session
from wrenchai_journey.portfolio.checks.built_site import SiteInputs
from wrenchai_journey.portfolio.checks.lighthouse import DIMENSIONS, JUDGE, lighthouse_reports
from wrenchai_journey.portfolio.checks.node_package import Missing, npm_binary
from wrenchai_journey.portfolio.checks.report import CheckReport
from wrenchai_journey.portfolio.checks.static_server import serving
from wrenchai_journey.portfolio.checks.verdict import Verdict, conclude, unmeasured
from wrenchai_journey.tool import ToolFailed, ToolRun, tool

CHROME = "--headless=new --no-sandbox --disable-dev-shm-usage --disable-gpu"
"""Its own sandbox is off: the tool's sandbox already holds it, and it loads only our own build."""


@tool(
    name="check.lighthouse",
    summary="Runs Lighthouse on the home page, as on a desktop computer.",
    inputs=SiteInputs,
    outputs=Verdict,
    weight=2,
)
def check_lighthouse(inputs: SiteInputs, run: ToolRun) -> Verdict:
    """Take the four categories; it needs the machine for itself to measure performance fairly."""
    judges = [(JUDGE, dimension) for dimension in DIMENSIONS.values()]
    try:
        session = browser_session(run, inputs)
    except Missing as missing:
        return unmeasured(run, "lighthouse", str(missing), judges=judges)
    return conclude(run, "lighthouse", _measured(run, inputs, session))


def _measured(run: ToolRun, inputs: SiteInputs, session: BrowserSession) -> tuple[CheckReport, ...]:
    home = run.workspace.resolve() / ".lighthouse"
    home.mkdir(exist_ok=True)
    answer = home / "answer.json"
    answer.unlink(missing_ok=True)
    with serving(session.site, inputs.base_url) as origin:
        argv = npm_binary(session.tree, "lighthouse", *_options(origin + inputs.base_url, answer))
        done = run.command(argv, cwd=home, env={"HOME": str(home), "CHROME_PATH": str(session.chromium)})
    if not answer.is_file():
        reason = f"Lighthouse did not report (exit code {done.exit_code}); the step's log has its output"
        raise ToolFailed(reason, retryable=True, kind="check_failed")
    try:
        return lighthouse_reports(json.loads(answer.read_bytes()))
    except ValueError as said:
        reason = f"Lighthouse could not load the home page: {said}"
        raise ToolFailed(reason, retryable=True, kind="check_failed") from said


def _options(address: str, answer: Path) -> list[str]:
    return [
        address, "--preset=desktop", "--output=json", f"--output-path={answer}", "--quiet",
        "--no-enable-error-reporting", f"--only-categories={','.join(DIMENSIONS)}", f"--chrome-flags={CHROME}",
    ]  # fmt: skip
