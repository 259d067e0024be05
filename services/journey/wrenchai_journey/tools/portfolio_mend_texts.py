"""Put right what a proofreader found in a draft, as far as anybody knows how."""

from pydantic import Field

from wrenchai_journey.portfolio.drafts import DraftPath, keep_draft, read_draft
from wrenchai_journey.portfolio.proofreading import Found, with_mended
from wrenchai_journey.tool import ToolRun, ToolShape, tool


class MendInputs(ToolShape):
    """The draft that was read, and what was found in it."""

    draft: DraftPath
    findings: tuple[Found, ...]
    iteration: int = Field(ge=1, description="Number of the round; each round's draft is its own.")


class Mended(ToolShape):
    """The draft of this round, and what was done to it."""

    draft: DraftPath
    mended: tuple[Found, ...]


@tool(
    name="portfolio.mend_texts",
    summary="Mends a draft where the proofreader knows what to write instead.",
    inputs=MendInputs,
    outputs=Mended,
)
def mend_texts(inputs: MendInputs, run: ToolRun) -> Mended:
    """Write a new draft and leave the old one as it is, so that another attempt begins where the first did."""
    draft = read_draft(run, inputs.draft)
    content, mended = with_mended(draft.content, inputs.findings)
    path = keep_draft(run, f"round-{inputs.iteration}", draft.model_copy(update={"content": content}))
    run.progress(1.0, f"{len(mended)} of {len(inputs.findings)} findings mended")
    return Mended(draft=path, mended=mended)
