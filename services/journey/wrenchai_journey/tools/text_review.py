"""Review a translation against its source: structure, links, numbers, glossary, untranslated passages."""

import json
from collections.abc import Iterator, Sequence

from pydantic import Field

from wrenchai_journey.portfolio.checks.built_site import inside_workspace
from wrenchai_journey.tool import ToolRun, ToolShape, tool
from wrenchai_journey.tools.text_open import GLOSSARY, SOURCE
from wrenchai_journey.translation.review import Finding, facts, reviewed, severities

MAX_BYTES = 24 * 1024
_ORDER = ("critical", "major", "minor", "info")


class ReviewInputs(ToolShape):
    """What to compare."""

    source: str = Field(default=SOURCE, max_length=300, description="Path in the workspace.")
    translation: str = Field(max_length=300, description="Path in the workspace.")
    glossary: str = Field(default=GLOSSARY, max_length=300, description="Path in the workspace.")


class Review(ToolShape):
    """What was found, the gravest first."""

    findings: tuple[Finding, ...] = Field(description=f"The first {MAX_BYTES} bytes of them.")
    found: int = Field(description="How many in all.")
    severities: dict[str, int]


@tool(
    name="text.review",
    summary="Reviews a translation against its source.",
    inputs=ReviewInputs,
    outputs=Review,
)
def review(inputs: ReviewInputs, run: ToolRun) -> Review:
    """Compare what lies in the workspace; who translated is not asked."""
    source, translation, glossary = (
        inside_workspace(run, path).read_text(encoding="utf-8")
        for path in (inputs.source, inputs.translation, inputs.glossary)
    )
    found = sorted(
        reviewed(source, translation, json.loads(glossary)), key=lambda one: (_ORDER.index(one.severity), one.line)
    )
    for fact in facts(source, found):
        run.evidence(fact)
    run.progress(1.0, f"{len(found)} findings")
    return Review(findings=tuple(_told(found)), found=len(found), severities=severities(found))


def _told(findings: Sequence[Finding]) -> Iterator[Finding]:
    """As many as the log has room for."""
    size = 0
    for found in findings:
        size += len(found.model_dump_json())
        if size > MAX_BYTES:
            return
        yield found
