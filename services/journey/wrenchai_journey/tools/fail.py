"""Fail as often as told, then succeed: a step to try retries and failure branches with."""

from pydantic import Field

from wrenchai_journey.tool import ToolFailed, ToolRun, ToolShape, tool


class FailInputs(ToolShape):
    """How to fail; `key` keeps apart the counts of several such steps in one task."""

    times: int = Field(default=1, ge=0, le=1000, description="How many attempts fail before one succeeds.")
    retryable: bool = True
    reason: str = Field(default="this step was asked to fail", min_length=1, max_length=500)
    key: str = Field(default="fail", pattern=r"^[a-z0-9_-]{1,64}$")


class FailedBefore(ToolShape):
    """How many attempts failed before this one."""

    failures: int


@tool(name="fail", summary="Fails the first few attempts.", inputs=FailInputs, outputs=FailedBefore)
def fail(inputs: FailInputs, run: ToolRun) -> FailedBefore:
    """Count attempts in the task's workspace and fail until `times` of them have failed."""
    tally = run.workspace / f".{inputs.key}.failures"
    failures = int(tally.read_text()) if tally.exists() else 0
    if failures >= inputs.times:
        return FailedBefore(failures=failures)
    tally.write_text(str(failures + 1))
    raise ToolFailed(inputs.reason, retryable=inputs.retryable, kind="asked_to_fail")
