"""Judge how exactly a repository declares its dependencies."""

from wrenchai_journey.portfolio.checks.verdict import Verdict, conclude
from wrenchai_journey.repository_audit.checkout import CheckoutInputs, copy_in, declarations, locks_of
from wrenchai_journey.repository_audit.pins import pins_report
from wrenchai_journey.tool import ToolRun, tool

IN_CODE = "setup.py was not run, so what it declares is not measured"


@tool(
    name="audit.pins",
    summary="Judges how exactly a repository declares its dependencies.",
    inputs=CheckoutInputs,
    outputs=Verdict,
)
def pins(inputs: CheckoutInputs, run: ToolRun) -> Verdict:
    """Read requirements files, pyproject.toml and setup.cfg; nothing of the repository is run."""
    copy = copy_in(run, inputs.directory)
    notes = (IN_CODE,) if (copy / "setup.py").is_file() else ()
    return conclude(run, "pins", [pins_report(declarations(copy), locks=locks_of(copy), notes=notes)])
