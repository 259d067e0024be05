"""Write the workflow that publishes the site from its repository."""

from wrenchai_journey.portfolio.publishing import PUBLICATION, WORKFLOW_FILE, Addition, Part, workflow
from wrenchai_journey.tool import ToolRun, ToolShape, tool


class WorkflowInputs(ToolShape):
    """The part of the publication that needs it."""

    part: Part


@tool(
    name="portfolio.write_workflow",
    summary="Writes the workflow that publishes the site from its repository.",
    inputs=WorkflowInputs,
    outputs=Addition,
)
def write_workflow(inputs: WorkflowInputs, run: ToolRun) -> Addition:  # noqa: ARG001  # every tool has this shape
    """Lay it where the packer finds it."""
    file = f"{PUBLICATION}/publish.yml"
    (run.workspace / PUBLICATION).mkdir(exist_ok=True)
    (run.workspace / file).write_text(workflow(), encoding="utf-8")
    return Addition(path=WORKFLOW_FILE, file=file)
