"""Check a draft of release notes: every commit accounted for, no empty group, brief, no misspelling."""

import sys

from pydantic import Field

from wrenchai_journey.portfolio.checks.built_site import inside_workspace
from wrenchai_journey.portfolio.checks.programs import package_version
from wrenchai_journey.release_notes.draft import Draft, Problem
from wrenchai_journey.release_notes.review import facts, misspellings, problems_of
from wrenchai_journey.tool import ToolFailed, ToolRun, ToolShape, tool
from wrenchai_journey.tools.release_notes_history import ALL, COMMITS

SPOKE = frozenset({0, 65})
"""codespell's exit codes for `nothing found` and `something found`."""
CODE = r"`[^`]*`"
MAX_FINDINGS = 60
NO_CODESPELL = "codespell is not installed; install wrenchai[journey]"


class CheckInputs(ToolShape):
    """Which draft, of which commits."""

    commits: str = Field(default=COMMITS, max_length=300, description="Path in the workspace.")
    draft: str = Field(max_length=300, description="Path in the workspace.")
    longest: int = Field(default=100, ge=30, le=1000, description="Signs of an entry at most.")


class Checked(ToolShape):
    """What was found in the draft."""

    draft: str
    findings: tuple[Problem, ...] = Field(description=f"The first {MAX_FINDINGS}.")
    found: int = Field(description="How many in all.")
    spelling_measured: bool


@tool(
    name="release_notes.check",
    summary="Checks a draft of release notes.",
    inputs=CheckInputs,
    outputs=Checked,
)
def check(inputs: CheckInputs, run: ToolRun) -> Checked:
    """Count what is in order; what is said in code spans is not spelled."""
    commits = ALL.validate_json(inside_workspace(run, inputs.commits).read_bytes())
    draft = Draft.model_validate_json(inside_workspace(run, inputs.draft).read_bytes())
    spelled = _spelled(draft, run)
    problems = [*problems_of(draft, commits, longest=inputs.longest), *(spelled or ())]
    not_spelled = NO_CODESPELL if spelled is None else ""
    for fact in facts(draft, commits, problems, speller=package_version("codespell"), not_spelled=not_spelled):
        run.evidence(fact)
    run.progress(1.0, f"{len(problems)} findings")
    return Checked(
        draft=inputs.draft,
        findings=tuple(problems[:MAX_FINDINGS]),
        found=len(problems),
        spelling_measured=spelled is not None,
    )


def _spelled(draft: Draft, run: ToolRun) -> list[Problem] | None:
    """Misspellings by the number of their entry; None when they cannot be looked for."""
    if package_version("codespell") == "unknown":
        return None
    place = run.workspace.resolve() / "release-notes" / "spelling"
    place.mkdir(parents=True, exist_ok=True)
    (place / "entries.txt").write_text("".join(f"{entry.text}\n" for entry in draft.entries()), encoding="utf-8")
    argv = [sys.executable, "-m", "codespell_lib", "--ignore-regex", CODE, "entries.txt"]
    done = run.command(argv, cwd=place)
    if done.exit_code not in SPOKE:
        reason = f"codespell ended with exit code {done.exit_code}; the step's log has its output"
        raise ToolFailed(reason, retryable=True, kind="check_failed")
    return misspellings(done.tail)
