"""Write release notes out and keep them: Markdown for people, JSON for programs."""

import json

from pydantic import Field
from wrenchai_contracts.evidence import ArtifactRef

from wrenchai_journey.portfolio.checks.built_site import inside_workspace
from wrenchai_journey.portfolio.checks.report import counted
from wrenchai_journey.release_notes.document import Span, markdown
from wrenchai_journey.release_notes.draft import Draft
from wrenchai_journey.tool import ToolRun, ToolShape, tool
from wrenchai_journey.tools.release_notes_history import ALL, COMMITS

NAME = "RELEASE_NOTES.md"


class PublishInputs(ToolShape):
    """The draft that is good, its commits and their range."""

    commits: str = Field(default=COMMITS, max_length=300, description="Path in the workspace.")
    draft: str = Field(max_length=300, description="Path in the workspace.")
    span: Span
    open_findings: int = Field(default=0, ge=0, description="What the last check still found.")


class Published(ToolShape):
    """The notes, and what is in them."""

    headline: str
    document: ArtifactRef
    data: ArtifactRef
    groups: dict[str, int] = Field(description="Entries by the group's title.")
    breaking: int
    contributors: int
    open_findings: int


@tool(
    name="release_notes.publish",
    summary="Writes release notes out and keeps them.",
    inputs=PublishInputs,
    outputs=Published,
)
def publish(inputs: PublishInputs, run: ToolRun) -> Published:
    """The document says what the draft says; findings that are still open are told, not hidden."""
    commits = ALL.validate_json(inside_workspace(run, inputs.commits).read_bytes())
    draft = Draft.model_validate_json(inside_workspace(run, inputs.draft).read_bytes())
    document = run.workspace / "release-notes" / NAME
    document.write_text(markdown(draft, commits, inputs.span), encoding="utf-8")
    data = document.with_name("release-notes.json")
    whole = {"span": inputs.span.model_dump(mode="json"), **draft.model_dump(mode="json")}
    data.write_text(json.dumps(whole, indent=2) + "\n", encoding="utf-8")
    people = len({one.author for one in commits})
    return Published(
        headline=f"{draft.title}: {counted(len(commits), 'commit')} by {counted(people, 'contributor')}",
        document=run.artifact(document, name=NAME, media_type="text/markdown"),
        data=run.artifact(data, name="release-notes.json", media_type="application/json"),
        groups={group.title: len(group.entries) for group in draft.groups},
        breaking=len(draft.breaking),
        contributors=people,
        open_findings=inputs.open_findings,
    )
