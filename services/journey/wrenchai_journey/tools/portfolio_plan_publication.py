"""Tell what publishing the site needs, part by part."""

from wrenchai_journey.portfolio.form import PublishForm
from wrenchai_journey.portfolio.publishing import Part, parts_of
from wrenchai_journey.tool import ToolRun, ToolShape, tool


class PublicationInputs(ToolShape):
    """What the form wants."""

    publish: PublishForm = PublishForm()


class Publication(ToolShape):
    """The parts; what needs nothing special is plain."""

    parts: tuple[Part, ...]


@tool(
    name="portfolio.plan_publication",
    summary="Tells what publishing the site needs.",
    inputs=PublicationInputs,
    outputs=Publication,
    inline=True,
)
def plan_publication(inputs: PublicationInputs, run: ToolRun) -> Publication:  # noqa: ARG001  # every tool has this shape
    """Read it from the form."""
    return Publication(parts=parts_of(inputs.publish))
