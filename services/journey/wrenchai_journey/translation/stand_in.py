"""A translator without a model: a glossary's words, and obedience to a reviewer; pure.

It translates what the glossary has and nothing else, and its output says so (`by: "glossary"`). A first round takes
each term as it stands; what a reviewer then finds is mended line by line in the translation before.
"""

from collections.abc import Mapping, Sequence

from wrenchai_journey.translation.document import MARK, Line, lines_of, text_parts, written_lines
from wrenchai_journey.translation.review import Finding, reviewed
from wrenchai_journey.translation.terms import Terms

BY = "glossary"


def translated(source: str, glossary: Mapping[str, str]) -> str:
    """A first translation, line for line."""
    terms = Terms(glossary)
    return _document(source, [_translated(line, terms) for line in lines_of(source)])


def mended(source: str, before: str, findings: Sequence[Finding], glossary: Mapping[str, str]) -> str:
    """The translation before, with every finding answered; what cannot be mended is translated afresh.

    A rule that one finding names is looked for in every line: a review may tell of the first lines only.
    """
    named = {found.rule for found in findings}
    everywhere = [found for found in reviewed(source, before, glossary) if found.rule in named]
    terms, by_line = Terms(glossary), _by_line([*findings, *everywhere])
    own, lines = lines_of(source), written_lines(before)
    if len(own) != len(lines):
        return translated(source, glossary)
    answered = [
        _answered(line, text, by_line.get(line.number, ()), terms) for line, text in zip(own, lines, strict=True)
    ]
    return _document(source, answered)


def _answered(line: Line, text: str, findings: Sequence[Finding], terms: Terms) -> str:
    rules = {found.rule for found in findings}
    if rules - {"form", "anchor", "untranslated", "left-untranslated", "unknown-words"}:
        text = _translated(line, terms)
    for found in findings:
        if found.rule == "form":
            text = _with_word(text, found.wrong, found.right)
        elif found.rule == "anchor":
            text = text.replace(f"(#{found.wrong})", f"(#{found.right})")
    if "untranslated" in rules and MARK not in text:
        text = f"{text.rstrip()} {MARK}"
    return text


def _translated(line: Line, terms: Terms) -> str:
    if line.kind in {"code", "blank"}:
        return line.whole
    return line.prefix + terms.replaced(line.text)[0]


def _with_word(text: str, wrong: str, right: str) -> str:
    """One word for another, outside of what must stay."""
    return "".join(part if stays else _each_word(part, wrong, right) for part, stays in text_parts(text))


def _each_word(part: str, wrong: str, right: str) -> str:
    pieces = part.split(wrong)
    joined = pieces[0]
    for piece in pieces[1:]:
        whole_word = not joined[-1:].isalnum() and not piece[:1].isalnum()
        joined += (right if whole_word else wrong) + piece
    return joined


def _by_line(findings: Sequence[Finding]) -> dict[int, list[Finding]]:
    found: dict[int, list[Finding]] = {}
    for one in findings:
        found.setdefault(one.line, []).append(one)
    return found


def _document(source: str, lines: Sequence[str]) -> str:
    return "\n".join(lines) + ("\n" if source.endswith("\n") else "")
