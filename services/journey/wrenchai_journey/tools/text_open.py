"""Take a document and a glossary into the task's workspace."""

import json
from typing import Annotated

from pydantic import Field, StringConstraints

from wrenchai_journey.given_files import given_file, read_text
from wrenchai_journey.tool import ToolFailed, ToolRun, ToolShape, tool
from wrenchai_journey.translation.document import lines_of, targets, words_of

SOURCE, GLOSSARY = "text/source.md", "text/glossary.json"
MAX_BYTES = 2 * 1024 * 1024
Term = Annotated[str, StringConstraints(min_length=1, max_length=200, strip_whitespace=True)]


class OpenInputs(ToolShape):
    """Which document, and what its terms mean in the other language."""

    document: str = Field(
        min_length=1, max_length=1000, description="A Markdown or text file of this machine, in UTF-8."
    )
    base_directory: str | None = Field(default=None, description="Where a relative path begins.")
    glossary: dict[Term, Term] = Field(min_length=1, max_length=5000, description="Terms with their translations.")


class Opened(ToolShape):
    """Where both lie in the workspace, and what the document is made of."""

    source: str
    glossary: str
    lines: int
    words: int
    headings: int
    code_lines: int
    links: int


@tool(
    name="text.open",
    summary="Takes a document and a glossary into the workspace.",
    inputs=OpenInputs,
    outputs=Opened,
)
def open_document(inputs: OpenInputs, run: ToolRun) -> Opened:
    """Refuse what is no text, and a document without a word to translate."""
    file = given_file(inputs.document, base=inputs.base_directory, field="document")
    text = read_text(file, most=MAX_BYTES, path=inputs.document, field="document")
    lines = lines_of(text)
    words = sum(len(words_of(line.text)) for line in lines if line.kind in {"heading", "text"})
    if words == 0:
        reason = f"document: {inputs.document!r} has no word to translate"
        raise ToolFailed(reason, kind="bad_input")
    place = run.workspace / SOURCE
    place.parent.mkdir(exist_ok=True)
    place.write_text(text, encoding="utf-8")
    (run.workspace / GLOSSARY).write_text(json.dumps(inputs.glossary), encoding="utf-8")
    return Opened(
        source=SOURCE,
        glossary=GLOSSARY,
        lines=len(lines),
        words=words,
        headings=sum(1 for line in lines if line.kind == "heading"),
        code_lines=sum(1 for line in lines if line.kind == "code"),
        links=sum(len(targets(line)) for line in lines if line.kind != "code"),
    )
