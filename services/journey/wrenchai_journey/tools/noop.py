"""Give back what came in: the smallest step, for plans under test and for benchmarks."""

from pydantic import BaseModel, ConfigDict

from wrenchai_journey.tool import ToolRun, tool


class Anything(BaseModel):
    """Any JSON object."""

    model_config = ConfigDict(frozen=True, extra="allow")


@tool(name="noop", summary="Gives back its input.", inputs=Anything, outputs=Anything, inline=True)
def noop(inputs: Anything, run: ToolRun) -> Anything:  # noqa: ARG001  # every tool has this shape
    """Return the input as it is."""
    return inputs
