"""Check the spelling of the texts that the site is made from."""

import sys

from wrenchai_journey.portfolio.checks import spelling
from wrenchai_journey.portfolio.checks.programs import package_version
from wrenchai_journey.portfolio.checks.sources import SourceInputs, source_files
from wrenchai_journey.portfolio.checks.verdict import Verdict, conclude, unmeasured
from wrenchai_journey.tool import ToolFailed, ToolRun, tool

ENDINGS = frozenset({".md", ".mdx", ".txt", ".json"})
SPOKE = frozenset({0, 65})
"""codespell's exit codes for `nothing found` and `something found`."""


@tool(name="check.spelling", summary="Checks the spelling of the sources.", inputs=SourceInputs, outputs=Verdict)
def check_spelling(inputs: SourceInputs, run: ToolRun) -> Verdict:
    """Let codespell look for known misspellings; it knows no names, so it seldom cries wolf."""
    judges = [(spelling.JUDGE, spelling.DIMENSION)]
    version = package_version("codespell")
    if version == "unknown":
        return unmeasured(run, "spelling", "codespell is not installed; install wrenchai[journey]", judges=judges)
    files = source_files(run, inputs, endings=ENDINGS)
    if not files:
        return unmeasured(run, "spelling", "there is no text in these paths", judges=judges)
    done = run.command([sys.executable, "-m", "codespell_lib", *files], cwd=run.workspace)
    if done.exit_code not in SPOKE:
        reason = f"codespell ended with exit code {done.exit_code}; the step's log has its output"
        raise ToolFailed(reason, retryable=True, kind="check_failed")
    return conclude(run, "spelling", [spelling.spelling_report(done.tail, files=files, version=version)])
