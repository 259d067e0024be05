"""Check the form of the Markdown that the site is made from."""

import json

from wrenchai_journey.portfolio.checks import markdown
from wrenchai_journey.portfolio.checks.node_package import Missing, checks_tree, node_script, npm_version
from wrenchai_journey.portfolio.checks.sources import SourceInputs, source_files
from wrenchai_journey.portfolio.checks.verdict import Verdict, conclude, unmeasured
from wrenchai_journey.tool import ToolFailed, ToolRun, tool

ENDINGS = frozenset({".md", ".mdx"})


@tool(name="check.markdown", summary="Lints the Markdown sources.", inputs=SourceInputs, outputs=Verdict)
def check_markdown(inputs: SourceInputs, run: ToolRun) -> Verdict:
    """Let markdownlint-cli2 judge every file by the rules beside our scripts."""
    judges = [(markdown.JUDGE, markdown.DIMENSION)]
    files = source_files(run, inputs, endings=ENDINGS)
    if not files:
        return unmeasured(run, "markdown", "there is no Markdown in these paths", judges=judges)
    try:
        tree = checks_tree(run)
    except Missing as missing:
        return unmeasured(run, "markdown", str(missing), judges=judges)
    workspace = run.workspace.resolve()
    answer = workspace / ".markdownlint.json"
    answer.unlink(missing_ok=True)
    literal = [f":{file}" for file in files]
    done = run.command(node_script("markdown", tree, str(workspace), str(answer), *literal), cwd=workspace)
    if done.exit_code != 0 or not answer.is_file():
        reason = f"markdownlint did not report (exit code {done.exit_code}); the step's log has its output"
        raise ToolFailed(reason, retryable=True, kind="check_failed")
    lines, version = json.loads(answer.read_bytes()), npm_version(tree, "markdownlint-cli2")
    return conclude(run, "markdown", [markdown.markdown_report(lines, files=files, version=version)])
