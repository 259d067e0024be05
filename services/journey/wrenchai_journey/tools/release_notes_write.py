"""Draft release notes, or mend a draft where a check found something."""

from typing import Literal

from pydantic import Field

from wrenchai_journey.portfolio.checks.built_site import inside_workspace
from wrenchai_journey.release_notes.commits import Commit
from wrenchai_journey.release_notes.draft import Draft, Problem, first_draft, mended
from wrenchai_journey.tool import ToolFailed, ToolRun, ToolShape, tool
from wrenchai_journey.tools.release_notes_history import ALL, COMMITS

Kind = Literal[
    "feat", "fix", "security", "perf", "docs", "removed", "revert", "refactor", "test", "build", "chore"
]  # fmt: skip
GROUPS: tuple[Kind, ...] = ("feat", "fix", "security", "perf", "docs", "removed")


class WriteInputs(ToolShape):
    """The commits; and, from the second round on, the draft before and what was found in it."""

    commits: str = Field(default=COMMITS, max_length=300, description="Path in the workspace.")
    title: str = Field(default="Release notes", min_length=1, max_length=200)
    groups: tuple[Kind, ...] = Field(default=GROUPS, min_length=1, description="Kinds of commits, in their order.")
    longest: int = Field(default=100, ge=30, le=1000, description="Signs of an entry at most.")
    iteration: int = Field(default=1, ge=1, description="Number of the round.")
    draft: str | None = Field(default=None, max_length=300, description="Path of the draft before, in the workspace.")
    findings: tuple[Problem, ...] = Field(default=(), description="What was found in it.")


class Written(ToolShape):
    """The draft of this round."""

    draft: str = Field(description="Path in the workspace.")
    entries: int
    mended: int = Field(description="Findings that were answered.")


@tool(
    name="release_notes.write",
    summary="Drafts release notes, or mends the draft before.",
    inputs=WriteInputs,
    outputs=Written,
)
def write(inputs: WriteInputs, run: ToolRun) -> Written:
    """Each round has a file of its own, so that another attempt of a round begins where the first did."""
    commits = ALL.validate_json(inside_workspace(run, inputs.commits).read_bytes())
    draft = _draft(inputs, commits, run)
    name = f"release-notes/draft-{inputs.iteration}.json"
    (run.workspace / name).write_text(draft.model_dump_json(indent=1), encoding="utf-8")
    run.progress(1.0, f"round {inputs.iteration}: {len(inputs.findings)} findings answered")
    return Written(draft=name, entries=len(draft.entries()), mended=len(inputs.findings))


def _draft(inputs: WriteInputs, commits: tuple[Commit, ...], run: ToolRun) -> Draft:
    if inputs.draft is None:
        return first_draft(inputs.title, commits, tuple(dict.fromkeys(inputs.groups)))
    before = inside_workspace(run, inputs.draft)
    if not before.is_file():
        reason = f"draft: there is no {inputs.draft!r} in the workspace"
        raise ToolFailed(reason, kind="bad_input")
    return mended(Draft.model_validate_json(before.read_bytes()), inputs.findings, commits, longest=inputs.longest)
