"""Write a draft of what the site says, every sentence with its source, and refuse what no source says."""

from pydantic import Field
from wrenchai_contracts.shape import Sha256

from wrenchai_journey.portfolio.content import Generated, SiteContent
from wrenchai_journey.portfolio.drafts import Draft, DraftPath, keep_draft, offered_by
from wrenchai_journey.portfolio.facts import ProjectFacts
from wrenchai_journey.portfolio.form import PortfolioForm, digest
from wrenchai_journey.portfolio.grounding import ground
from wrenchai_journey.portfolio.languages import ProjectLanguages
from wrenchai_journey.portfolio.material import Material, known_languages
from wrenchai_journey.portfolio.provenance import provenance, unsourced
from wrenchai_journey.portfolio.sections import SectionPlan
from wrenchai_journey.portfolio.styles import Style, styled
from wrenchai_journey.portfolio.writer import compose
from wrenchai_journey.tool import ToolFailed, ToolRun, ToolShape, tool

MAX_SHOWN = 5


class WriteInputs(ToolShape):
    """Everything the writer may use; nothing else gets on the site."""

    form: PortfolioForm
    plan: SectionPlan
    facts: tuple[ProjectFacts, ...] = ()
    languages: tuple[ProjectLanguages, ...] = ()
    style: Style = Field(default="narrative", description="concise: to the point; narrative: all there is to tell.")


class Written(ToolShape):
    """Where the draft lies, and how much it says."""

    draft: DraftPath
    style: Style
    input_sha256: Sha256
    statements: int
    claims: int = Field(description="Numbers and names that were looked up in the sources.")


@tool(
    name="portfolio.write_content",
    summary="Writes a draft of the site's texts from templates, each sentence with its source.",
    inputs=WriteInputs,
    outputs=Written,
)
def write_content(inputs: WriteInputs, run: ToolRun) -> Written:
    """Compose, look every claim up, and keep the draft in the workspace."""
    material = Material(
        form=inputs.form,
        facts={facts.slug: facts for facts in inputs.facts},
        languages=known_languages(inputs.facts, inputs.languages),
    )
    generated = Generated(task_id=run.task_id, input_sha256=digest(inputs.form))
    whole = compose(material, inputs.plan, generated)
    content = styled(whole, material, inputs.style)
    claims = _looked_up(content, material)
    draft = Draft(
        content=content,
        sources=material.sources(),
        derived=provenance(content, material).derived,
        offered=dict(offered_by(whole)),
    )
    return Written(
        draft=keep_draft(run, inputs.style, draft),
        style=inputs.style,
        input_sha256=generated.input_sha256,
        statements=len(draft.statements),
        claims=claims,
    )


def _looked_up(content: SiteContent, material: Material) -> int:
    """How many claims there are. A number without a source, or a source that does not exist, is an error."""
    said, sources = provenance(content, material).statements, material.sources()
    looked_up = ground(said, sources)
    nowhere = [f"{one.text!r} from {one.source}" for one in unsourced(said, sources)]
    numbers = [f"{claim.word} in {claim.statement.text!r}" for claim in looked_up.invented if claim.kind == "number"]
    if wrong := [*nowhere, *numbers]:
        reason = f"the text says what no source says: {'; '.join(wrong[:MAX_SHOWN])}"
        raise ToolFailed(reason, kind="not_grounded")
    return looked_up.tried
