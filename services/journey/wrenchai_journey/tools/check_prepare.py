"""Install the checks' npm programs before they are needed, once for all tasks."""

from pydantic import Field

from wrenchai_journey.portfolio.checks.node_package import NODE_PACKAGE
from wrenchai_journey.portfolio.checks.programs import chromium
from wrenchai_journey.portfolio.npm_store import warm_tree
from wrenchai_journey.tool import ToolRun, ToolShape, tool


class Nothing(ToolShape):
    """No input."""


class Ready(ToolShape):
    """What the checks will find."""

    tree: str = Field(description="Name of the npm tree, which is the hash of its lock file.")
    browser: bool = Field(description="Whether a Chromium is there; without one, browser checks are not measured.")


@tool(
    name="check.prepare",
    summary="Installs the npm programs of the checks, once per lock file.",
    inputs=Nothing,
    outputs=Ready,
)
def prepare(inputs: Nothing, run: ToolRun) -> Ready:
    """Warm the tree; fails, and may be tried again, when npm cannot be reached."""
    del inputs
    return Ready(tree=warm_tree(run, NODE_PACKAGE).name, browser=chromium() is not None)
