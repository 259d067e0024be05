"""Let Lighthouse judge the home page: performance, accessibility, best practices, search engines."""

from collections.abc import Mapping
from typing import Any, Final

from wrenchai_journey.portfolio.checks.browser_session import BrowserInputs, BrowserSession, browser_session
from wrenchai_journey.portfolio.checks.lighthouse import CATEGORIES, judge_of, lighthouse_reports
from wrenchai_journey.portfolio.checks.node_package import Missing, driven
from wrenchai_journey.portfolio.checks.report import CheckReport
from wrenchai_journey.portfolio.checks.static_server import serving
from wrenchai_journey.portfolio.checks.verdict import Verdict, conclude, unmeasured
from wrenchai_journey.tool import ToolFailed, ToolRun, tool

QUIET_MS: Final = 250
SETTINGS: Final[Mapping[str, Mapping[str, Any]]] = {
    "full": {},
    "quick": {
        **dict.fromkeys(
            ("pauseAfterFcpMs", "pauseAfterLoadMs", "networkQuietThresholdMs", "cpuQuietThresholdMs"), QUIET_MS
        ),
        "disableFullPageScreenshot": True,
        "skipAudits": ["bf-cache"],
    },
}
"""Quick: waits for a quarter of a second of silence instead of a whole one, takes no picture of the whole page (the
layout check does), and leaves out one audit, which has no weight. Every audit that counts runs in both modes."""


@tool(
    name="check.lighthouse",
    summary="Runs Lighthouse on the home page, as on a desktop computer.",
    inputs=BrowserInputs,
    outputs=Verdict,
    weight=2,
)
def check_lighthouse(inputs: BrowserInputs, run: ToolRun) -> Verdict:
    """Take the four categories; it needs the machine for itself to measure performance fairly."""
    judges = [(judge_of(category), category) for category in CATEGORIES]
    try:
        session = browser_session(run, inputs)
    except Missing as missing:
        return unmeasured(run, "lighthouse", str(missing), judges=judges)
    return conclude(run, "lighthouse", _measured(run, inputs, session))


def _measured(run: ToolRun, inputs: BrowserInputs, session: BrowserSession) -> tuple[CheckReport, ...]:
    with serving(session.site, inputs.base_url) as origin:
        config = {
            "chromium": str(session.chromium),
            "address": origin + inputs.base_url,
            "settings": {"onlyCategories": list(CATEGORIES), **SETTINGS[inputs.mode]},
        }
        printed = driven(run, "lighthouse", session.tree, config=config, name="lighthouse")
    try:
        return lighthouse_reports(printed)
    except ValueError as said:
        reason = f"Lighthouse could not load the home page: {said}"
        raise ToolFailed(reason, retryable=True, kind="check_failed") from said
