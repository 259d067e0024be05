"""A task's content as the site shall show it: what the writer wrote, in the colours that the designer chose."""

from wrenchai_journey.portfolio.content import SiteContent, read_content
from wrenchai_journey.portfolio.design import ThemeChoice
from wrenchai_journey.tool import ToolFailed, ToolRun


def written_content(run: ToolRun) -> SiteContent:
    """Read what the proofreader left in this task's workspace; without it no site can be made."""
    try:
        return read_content(run.workspace)
    except FileNotFoundError:
        reason = "there is no content yet: a step with portfolio.proofread has to come first"
        raise ToolFailed(reason, kind="content_missing") from None


def themed_content(run: ToolRun, theme: ThemeChoice | None) -> SiteContent:
    """Read the content with the theme that was chosen for it; without a choice it keeps its own."""
    content = written_content(run)
    if theme is None:
        return content
    chosen = {"palette": theme.palette, "theme_mode": theme.theme_mode, "tones": theme.tones}
    return content.model_copy(update={"site": content.site.model_copy(update=chosen)})
