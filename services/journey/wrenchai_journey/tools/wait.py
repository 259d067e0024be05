"""Let time pass, saying how far it is: a step that takes as long as it is told."""

import time

from pydantic import Field

from wrenchai_journey.tool import ToolRun, ToolShape, tool

TICK = 0.25
"""Seconds between two progress messages."""


class WaitInputs(ToolShape):
    """How long to wait."""

    seconds: float = Field(ge=0, le=3600)


class Waited(ToolShape):
    """How long it took, by a clock that never jumps."""

    seconds: float


@tool(name="wait", summary="Waits the given number of seconds.", inputs=WaitInputs, outputs=Waited)
def wait(inputs: WaitInputs, run: ToolRun) -> Waited:
    """Wait, and report the fraction that has passed."""
    start = time.monotonic()
    while (passed := time.monotonic() - start) < inputs.seconds:
        run.progress(passed / inputs.seconds, f"{inputs.seconds - passed:.1f} s to go")
        time.sleep(min(TICK, inputs.seconds - passed))
    return Waited(seconds=round(passed, 3))
