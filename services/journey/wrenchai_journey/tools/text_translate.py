"""Translate a document by a glossary, or mend a translation where a reviewer found something."""

import json
from typing import Literal

from pydantic import Field

from wrenchai_journey.portfolio.checks.built_site import inside_workspace
from wrenchai_journey.tool import ToolFailed, ToolRun, ToolShape, tool
from wrenchai_journey.tools.text_open import GLOSSARY, SOURCE
from wrenchai_journey.translation.document import lines_of, words_of
from wrenchai_journey.translation.review import Finding
from wrenchai_journey.translation.stand_in import mended, translated
from wrenchai_journey.translation.terms import Terms


class TranslateInputs(ToolShape):
    """Source and glossary; and, from the second round on, the translation before and its review."""

    source: str = Field(default=SOURCE, max_length=300, description="Path in the workspace.")
    glossary: str = Field(default=GLOSSARY, max_length=300, description="Path in the workspace.")
    iteration: int = Field(default=1, ge=1, description="Number of the round.")
    before: str | None = Field(default=None, max_length=300, description="Path of the translation before.")
    review: tuple[Finding, ...] = Field(default=(), description="What was found in it.")


class Translated(ToolShape):
    """A translation, and who made it."""

    document: str = Field(description="Path in the workspace.")
    by: Literal["glossary"] = Field(
        description="glossary: word by word, without a model; a draft for people to finish."
    )
    words: int
    translated: int = Field(description="Words that the glossary has.")
    answered: int = Field(description="Findings of the review before.")


@tool(
    name="text.translate",
    summary="Translates a document by a glossary, or mends the translation before.",
    inputs=TranslateInputs,
    outputs=Translated,
)
def translate(inputs: TranslateInputs, run: ToolRun) -> Translated:
    """Each round has a file of its own, so that another attempt of a round begins where the first did."""
    source = _text(inputs.source, run)
    glossary = json.loads(_text(inputs.glossary, run))
    if inputs.before is None:
        text = translated(source, glossary)
    else:
        text = mended(source, _text(inputs.before, run), inputs.review, glossary)
    name = f"text/translation-{inputs.iteration}.md"
    (run.workspace / name).write_text(text, encoding="utf-8")
    words, known = _counted(source, Terms(glossary))
    run.progress(1.0, f"round {inputs.iteration}: {known} of {words} words, {len(inputs.review)} findings answered")
    return Translated(document=name, by="glossary", words=words, translated=known, answered=len(inputs.review))


def _counted(source: str, terms: Terms) -> tuple[int, int]:
    """Words in all, and those that the glossary has."""
    texts = [line.text for line in lines_of(source) if line.kind in {"heading", "text"}]
    return sum(len(words_of(text)) for text in texts), sum(terms.replaced(text)[1] for text in texts)


def _text(relative: str, run: ToolRun) -> str:
    file = inside_workspace(run, relative)
    if not file.is_file():
        reason = f"there is no {relative!r} in the workspace; open the document first"
        raise ToolFailed(reason, kind="bad_input")
    return file.read_text(encoding="utf-8")
