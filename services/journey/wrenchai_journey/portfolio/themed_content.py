"""A task's content as the site shall show it: what the writer wrote, in the colours that the theme step chose."""

from wrenchai_contracts.shape import Frozen

from wrenchai_journey.portfolio.content import PaletteName, SiteContent, ThemeMode, read_content
from wrenchai_journey.tool import ToolFailed, ToolRun

THEME_FILE = "theme.json"


class ThemeChoice(Frozen):
    """The colours of a site, and why these."""

    palette: PaletteName
    theme_mode: ThemeMode
    reason: str


def written_content(run: ToolRun) -> SiteContent:
    """Read what the writer left in this task's workspace; without it no site can be made."""
    try:
        return read_content(run.workspace)
    except FileNotFoundError:
        reason = "there is no content yet: a step with portfolio.write_content has to come first"
        raise ToolFailed(reason, kind="content_missing") from None


def themed_content(run: ToolRun) -> SiteContent:
    """Read the content with the theme that was chosen for it; without a choice it keeps its own."""
    content = written_content(run)
    choice = run.workspace / THEME_FILE
    if not choice.is_file():
        return content
    theme = ThemeChoice.model_validate_json(choice.read_bytes())
    site = content.site.model_copy(update={"palette": theme.palette, "theme_mode": theme.theme_mode})
    return content.model_copy(update={"site": site})
