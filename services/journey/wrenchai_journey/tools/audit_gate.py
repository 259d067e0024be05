"""Refuse a repository whose audit found what must not be, or could not measure it."""

from pydantic import Field

from wrenchai_journey.portfolio.checks.report import counted
from wrenchai_journey.tool import ToolFailed, ToolRun, ToolShape, tool


class GateInputs(ToolShape):
    """The counts of an audit's report, and which of them must be nought."""

    fail_on: tuple[str, ...] = Field(description="Names of checks that must have no finding.")
    findings: dict[str, int] = Field(description="Of the report.")
    not_measured: tuple[str, ...] = Field(default=(), description="Of the report.")


class Passed(ToolShape):
    """The checks without a finding."""

    clean: tuple[str, ...]


@tool(
    name="audit.gate",
    summary="Fails when a check that must be clean has findings or was not measured.",
    inputs=GateInputs,
    outputs=Passed,
    inline=True,
)
def gate(inputs: GateInputs, run: ToolRun) -> Passed:
    """Not measured is never passed."""
    unknown = [name for name in inputs.fail_on if name not in inputs.findings]
    if unknown:
        reason = f"fail_on: no check is called {', '.join(unknown)}; there are: {', '.join(inputs.findings)}"
        raise ToolFailed(reason, kind="bad_input")
    wrong = [words for name in inputs.fail_on if (words := _wrong(name, inputs))]
    if wrong:
        raise ToolFailed("; ".join(wrong), kind="audit_failed")
    run.progress(1.0, "clean")
    return Passed(clean=inputs.fail_on)


def _wrong(name: str, inputs: GateInputs) -> str:
    if name in inputs.not_measured:
        return f"{name} was not measured"
    return f"{name} has {counted(inputs.findings[name], 'finding')}" if inputs.findings[name] else ""
