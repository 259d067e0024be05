"""Read a draft for spelling, wording, length and grounding, and keep it as the site's content."""

import sys
from collections.abc import Iterator, Sequence
from pathlib import Path

from pydantic import Field
from wrenchai_contracts.evidence import ArtifactRef, Evidence

from wrenchai_journey.portfolio.checks.programs import package_version
from wrenchai_journey.portfolio.checks.report import NOT_MEASURED, counted
from wrenchai_journey.portfolio.content import CONTENT_FILE, write_content
from wrenchai_journey.portfolio.drafts import Draft, DraftPath, read_draft
from wrenchai_journey.portfolio.grounding import KINDS, Claim, Kind, ground
from wrenchai_journey.portfolio.proofreading import Found, Placed, found_in, lines_for_spelling, prose_of
from wrenchai_journey.portfolio.provenance import PROVENANCE_FILE, Provenance
from wrenchai_journey.tool import ToolFailed, ToolRun, ToolShape, tool
from wrenchai_journey.tools.portfolio_mend_texts import Mended

MAX_FINDINGS = 100
MAX_SHOWN = 5
RULES = "prose"
"""The family of our own rules of wording and grounding: one program reads one text."""

SPOKE = frozenset({0, 65})
"""codespell's exit codes for `nothing found` and `something found`."""


class ProofreadInputs(ToolShape):
    """The draft of the round before, and what was mended in it since, if anything was."""

    draft: DraftPath
    mended: Mended | None = None


class Proofread(ToolShape):
    """What was found, and what now is the site's content."""

    draft: DraftPath
    findings: tuple[Found, ...] = Field(description=f"The first {MAX_FINDINGS}.")
    found: int = Field(description="How many in all.")
    mendable: int = Field(description="Those of which anybody knows what to write instead.")
    content: str = Field(description="Path in the workspace.")
    provenance: ArtifactRef
    statements: int
    claims: int = Field(description="Numbers and names that were looked up in the sources.")


@tool(
    name="portfolio.proofread",
    summary="Reads a draft for spelling, wording, length and grounding.",
    inputs=ProofreadInputs,
    outputs=Proofread,
)
def proofread(inputs: ProofreadInputs, run: ToolRun) -> Proofread:
    """Read the newest draft; it is the site's content until a later round has mended it."""
    path = inputs.draft if inputs.mended is None else inputs.mended.draft
    draft = read_draft(run, path)
    said = prose_of(draft.content)
    corrections = _corrections(said, run)
    findings = found_in(said, draft.sources, corrections or "")
    claims = ground(draft.statements, draft.sources).claims
    for fact in _facts(said, findings, claims, spelt=corrections is not None):
        run.evidence(fact)
    run.progress(1.0, f"{counted(len(said), 'sentence')} read, {counted(len(findings), 'finding')}")
    return Proofread(
        draft=path,
        findings=findings[:MAX_FINDINGS],
        found=len(findings),
        mendable=sum(finding.mended is not None for finding in findings),
        content=CONTENT_FILE,
        provenance=_kept(draft, run),
        statements=len(draft.statements),
        claims=len(claims),
    )


def _kept(draft: Draft, run: ToolRun) -> ArtifactRef:
    write_content(run.workspace, draft.content)
    said = Provenance(statements=draft.statements, derived=draft.derived)
    path = run.workspace / PROVENANCE_FILE
    path.write_text(said.model_dump_json(indent=2) + "\n", encoding="utf-8")
    return run.artifact(Path(path), name=PROVENANCE_FILE, media_type="application/json")


def _corrections(said: Sequence[Placed], run: ToolRun) -> str | None:
    """What codespell printed about the sentences; None where it is not installed."""
    if package_version("codespell") == "unknown":
        return None
    lines = run.workspace / "sentences.txt"
    lines.write_text(lines_for_spelling(said), encoding="utf-8")
    done = run.command([sys.executable, "-m", "codespell_lib", lines.name], cwd=run.workspace)
    if done.exit_code not in SPOKE:
        reason = f"codespell ended with exit code {done.exit_code}; the step's log has its output"
        raise ToolFailed(reason, retryable=True, kind="check_failed")
    return done.tail


def _facts(
    said: Sequence[Placed], findings: Sequence[Found], claims: Sequence[Claim], *, spelt: bool
) -> Iterator[Evidence]:
    """Sentences without a misspelling, sentences well worded, and claims with a source."""
    misspelt = [one for one in findings if one.rule == "misspelling"]
    clumsy = [one for one in findings if one.rule not in {"misspelling", "grounding"}]
    if spelt:
        version = package_version("codespell")[:40]
        yield _about("spelling.codespell", "spelling", said, misspelt).model_copy(update={"judge_version": version})
    else:
        reason = f"{NOT_MEASURED}codespell is not installed; install wrenchai[journey]"
        yield Evidence(judge="spelling.codespell", dimension="spelling", passed=0, tried=0, summary=reason)
    yield _about("wording.rules", "wording", said, clumsy).model_copy(update={"family": RULES})
    yield from (_grounding(kind, claims) for kind in KINDS)


def _about(judge: str, dimension: str, said: Sequence[Placed], findings: Sequence[Found]) -> Evidence:
    shown = "; ".join(finding.message for finding in findings[:MAX_SHOWN])
    summary = f"{counted(len(said), 'sentence')}, {counted(len(findings), 'finding')}{': ' if shown else ''}{shown}"
    wrong = len({finding.place for finding in findings})
    return Evidence(
        judge=judge, dimension=dimension, passed=len(said) - wrong, tried=len(said), scale="tests",
        summary=summary[:500],
    )  # fmt: skip


def _grounding(kind: Kind, claims: Sequence[Claim]) -> Evidence:
    """An invented number can never be accepted; a name may be a word that only looks like one."""
    own = [claim for claim in claims if claim.kind == kind]
    invented = [claim.word for claim in own if not claim.grounded]
    return Evidence(
        judge=f"grounding.{kind}s",
        dimension="grounding",
        passed=len(own) - len(invented),
        tried=len(own),
        mandatory=kind == "number",
        scale="tests",
        family=RULES,
        summary=_summary(kind, len(own), invented[:MAX_SHOWN]),
    )


def _summary(kind: Kind, tried: int, invented: list[str]) -> str:
    if tried == 0:
        return f"not measured: the text has no {kind}"
    if invented:
        return f"in no source: {', '.join(invented)}"[:500]
    return f"{counted(tried, kind)}, each found in the sources"
