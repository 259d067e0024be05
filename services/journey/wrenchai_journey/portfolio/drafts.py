"""A draft: what one writer makes of the material, with all that is needed to judge it; a directory of the workspace."""

import json
from collections.abc import Mapping
from pathlib import Path
from typing import Annotated, Final

from pydantic import Field
from wrenchai_contracts.shape import Frozen

from wrenchai_journey.portfolio.checks.built_site import inside_workspace
from wrenchai_journey.portfolio.content import SiteContent
from wrenchai_journey.portfolio.provenance import Derivation, Statement, statements
from wrenchai_journey.tool import ToolFailed, ToolRun

DRAFTS: Final = "drafts"
"""Where drafts lie in a task's workspace, each in a directory of its own."""

DraftPath = Annotated[str, Field(pattern=r"^drafts/[a-z0-9-]{1,60}$", description="The draft's path in the workspace.")]


class Draft(Frozen):
    """What is written, what it may rest on, and what more could have been said.

    `sources` says all that each source says; `offered` counts the sentences that each source offers to a site.
    """

    content: SiteContent
    sources: dict[str, str]
    derived: tuple[Derivation, ...] = ()
    offered: dict[str, int]

    @property
    def statements(self) -> tuple[Statement, ...]:
        """Everything that it states, in the order of the pages."""
        return tuple(statements(self.content))


def offered_by(content: SiteContent) -> Mapping[str, int]:
    """How many statements of a content rest on each source."""
    counts: dict[str, int] = {}
    for statement in statements(content):
        counts[statement.source] = counts.get(statement.source, 0) + 1
    return counts


def keep_draft(run: ToolRun, name: str, draft: Draft) -> str:
    """Write a draft to its directory and give its path; the same draft gives the same bytes."""
    path = f"{DRAFTS}/{name}"
    directory = run.workspace / path
    directory.mkdir(parents=True, exist_ok=True)
    said = json.dumps(draft.model_dump(mode="json"), ensure_ascii=False, indent=1, sort_keys=True)
    (directory / "draft.json").write_text(f"{said}\n", encoding="utf-8")
    return path


def read_draft(run: ToolRun, path: str) -> Draft:
    """Read a draft that another step kept; refuse a path that leads to none."""
    file: Path = inside_workspace(run, path) / "draft.json"
    try:
        return Draft.model_validate_json(file.read_bytes())
    except FileNotFoundError:
        reason = f"there is no draft in {path!r}: a step with portfolio.write_content has to come first"
        raise ToolFailed(reason, kind="draft_missing") from None
