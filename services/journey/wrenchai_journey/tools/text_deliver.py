"""Keep a translation and its last review."""

import json
from typing import Literal

from pydantic import Field
from wrenchai_contracts.evidence import ArtifactRef

from wrenchai_journey.portfolio.checks.built_site import inside_workspace
from wrenchai_journey.portfolio.checks.report import counted
from wrenchai_journey.tool import ToolRun, ToolShape, tool
from wrenchai_journey.tools.text_open import GLOSSARY, SOURCE
from wrenchai_journey.tools.text_translate import Translated
from wrenchai_journey.translation.review import reviewed, severities


class DeliverInputs(ToolShape):
    """The translation that the reviewer let pass."""

    source: str = Field(default=SOURCE, max_length=300, description="Path in the workspace.")
    glossary: str = Field(default=GLOSSARY, max_length=300, description="Path in the workspace.")
    translated: Translated
    language: str = Field(pattern=r"^[A-Za-z]{2,3}(-[A-Za-z0-9]{2,8})*$", description="What it was translated into.")


class Delivered(ToolShape):
    """The document, who made it, and what is still to be said of it."""

    headline: str
    by: Literal["glossary"]
    document: ArtifactRef
    review: ArtifactRef
    severities: dict[str, int]
    untranslated: tuple[int, ...] = Field(description="The first 100 lines of which no word is translated.")


@tool(
    name="text.deliver",
    summary="Keeps a translation and its last review.",
    inputs=DeliverInputs,
    outputs=Delivered,
)
def deliver(inputs: DeliverInputs, run: ToolRun) -> Delivered:
    """Review once more what is delivered, so that the review kept is of this very text."""
    document = inside_workspace(run, inputs.translated.document)
    source, glossary = (
        inside_workspace(run, path).read_text(encoding="utf-8") for path in (inputs.source, inputs.glossary)
    )
    found = reviewed(source, document.read_text(encoding="utf-8"), json.loads(glossary))
    kept = run.workspace / "text" / "review.json"
    kept.write_text(json.dumps([one.model_dump() for one in found], indent=1) + "\n", encoding="utf-8")
    left = [one.line for one in found if one.rule in {"untranslated", "left-untranslated"}]
    share = inputs.translated.translated / max(inputs.translated.words, 1)
    return Delivered(
        headline=f"{share:.0%} of {counted(inputs.translated.words, 'word')} by {inputs.translated.by}; "
        f"{counted(len(left), 'line')} untranslated",
        by=inputs.translated.by,
        document=run.artifact(document, name=f"translation.{inputs.language}.md", media_type="text/markdown"),
        review=run.artifact(kept, name="review.json", media_type="application/json"),
        severities=severities(found),
        untranslated=tuple(left[:100]),
    )
