"""Write what the site says, every sentence with its source, and refuse what no source says."""

from pathlib import Path

from pydantic import Field
from wrenchai_contracts.evidence import ArtifactRef, Evidence
from wrenchai_contracts.shape import Sha256

from wrenchai_journey.portfolio.checks.report import counted
from wrenchai_journey.portfolio.content import CONTENT_FILE, Generated, SiteContent
from wrenchai_journey.portfolio.content import write_content as keep_content
from wrenchai_journey.portfolio.facts import ProjectFacts
from wrenchai_journey.portfolio.form import PortfolioForm, digest
from wrenchai_journey.portfolio.grounding import KINDS, Grounding, Kind, ground
from wrenchai_journey.portfolio.languages import ProjectLanguages
from wrenchai_journey.portfolio.material import Material, known_languages
from wrenchai_journey.portfolio.provenance import PROVENANCE_FILE, Provenance, provenance, unsourced
from wrenchai_journey.portfolio.sections import SectionPlan
from wrenchai_journey.portfolio.writer import compose
from wrenchai_journey.tool import ToolFailed, ToolRun, ToolShape, tool

MAX_SHOWN = 5


class WriteInputs(ToolShape):
    """Everything the writer may use; nothing else gets on the site."""

    form: PortfolioForm
    plan: SectionPlan
    facts: tuple[ProjectFacts, ...] = ()
    languages: tuple[ProjectLanguages, ...] = ()


class Written(ToolShape):
    """Where the content lies, and how much it says."""

    content: str = Field(description="Path in the workspace.")
    provenance: ArtifactRef
    input_sha256: Sha256
    statements: int
    claims: int = Field(description="Numbers and names that were looked up in the sources.")


@tool(
    name="portfolio.write_content",
    summary="Writes the site's texts from templates, each sentence with its source.",
    inputs=WriteInputs,
    outputs=Written,
)
def write_content(inputs: WriteInputs, run: ToolRun) -> Written:
    """Compose, look every claim up, and keep content and provenance in the workspace."""
    material = Material(
        form=inputs.form,
        facts={facts.slug: facts for facts in inputs.facts},
        languages=known_languages(inputs.facts, inputs.languages),
    )
    generated = Generated(task_id=run.task_id, input_sha256=digest(inputs.form))
    content = compose(material, inputs.plan, generated)
    said = provenance(content, material)
    looked_up = ground(said.statements, material.sources())
    for kind in KINDS:
        run.evidence(_evidence(kind, looked_up))
    _refuse_inventions(said, looked_up, material)
    return _kept(content, said, looked_up, run)


def _kept(content: SiteContent, said: Provenance, looked_up: Grounding, run: ToolRun) -> Written:
    keep_content(run.workspace, content)
    path = run.workspace / PROVENANCE_FILE
    path.write_text(said.model_dump_json(indent=2) + "\n", encoding="utf-8")
    return Written(
        content=CONTENT_FILE,
        provenance=run.artifact(Path(path), name=PROVENANCE_FILE, media_type="application/json"),
        input_sha256=content.generated.input_sha256,
        statements=len(said.statements),
        claims=looked_up.tried,
    )


def _refuse_inventions(said: Provenance, looked_up: Grounding, material: Material) -> None:
    """A number without a source, or a source that does not exist, is an error; a name only lowers the evidence."""
    nowhere = [f"{one.text!r} from {one.source}" for one in unsourced(said.statements, material.sources())]
    numbers = [f"{claim.word} in {claim.statement.text!r}" for claim in looked_up.invented if claim.kind == "number"]
    if wrong := [*nowhere, *numbers]:
        reason = f"the text says what no source says: {'; '.join(wrong[:MAX_SHOWN])}"
        raise ToolFailed(reason, kind="not_grounded")


def _evidence(kind: Kind, looked_up: Grounding) -> Evidence:
    """An invented number can never be accepted; a name may be a word that only looks like one."""
    claims = [claim for claim in looked_up.claims if claim.kind == kind]
    invented = [claim.word for claim in claims if not claim.grounded]
    return Evidence(
        judge=f"grounding.{kind}s",
        dimension="grounding",
        passed=len(claims) - len(invented),
        tried=len(claims),
        mandatory=kind == "number",
        summary=_summary(kind, len(claims), invented[:MAX_SHOWN]),
    )


def _summary(kind: Kind, tried: int, invented: list[str]) -> str:
    if tried == 0:
        return f"not measured: the text has no {kind}"
    if invented:
        return f"in no source: {', '.join(invented)}"[:500]
    return f"{counted(tried, kind)}, each found in the sources"
