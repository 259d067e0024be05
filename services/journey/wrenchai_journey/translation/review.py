"""What is wrong with a translation, each thing with its place and how grave it is; it trusts no translator. Pure."""

from collections import Counter
from collections.abc import Iterator, Mapping, Sequence

from pydantic import Field
from wrenchai_contracts.evidence import Evidence
from wrenchai_contracts.plan import Severity
from wrenchai_contracts.shape import Frozen

from wrenchai_journey.portfolio.checks.report import counted
from wrenchai_journey.translation.document import (
    MARK,
    Line,
    anchors,
    code_spans,
    level,
    lines_of,
    numbers,
    placeholders,
    targets,
    words_of,
)
from wrenchai_journey.translation.terms import Terms

_A_PASSAGE = 3
"""Words from which on a line is a passage that should not stay as it was."""

_RULES = "translation"
"""The family of all that is measured: one program compares one document with its source."""

_SEVERITIES: dict[str, Severity] = {
    "lines": "critical", "heading": "critical", "code": "critical", "code-span": "critical",
    "placeholder": "critical", "link": "critical",
    "number": "major", "anchor": "major", "term": "major", "form": "major", "untranslated": "major",
    "left-untranslated": "minor", "unknown-words": "info",
}  # fmt: skip
_DIMENSIONS = {
    "structure": {"lines", "heading", "code", "code-span"},
    "links": {"link", "anchor"},
    "placeholders": {"placeholder", "number"},
    "glossary": {"term", "form"},
    "completeness": {"untranslated", "left-untranslated"},
}


class Finding(Frozen):
    """One thing that is wrong in one line; `wrong` and `right` are words where the rule has such."""

    severity: Severity
    rule: str = Field(max_length=40)
    message: str = Field(max_length=1000)
    place: str = Field(max_length=100)
    line: int
    wrong: str = Field(default="", max_length=500)
    right: str = Field(default="", max_length=500)


def reviewed(source: str, translation: str, glossary: Mapping[str, str]) -> list[Finding]:
    """Compare line by line; when the lines are not the same in number, that is the only finding."""
    before, after = lines_of(source), lines_of(translation)
    if len(before) != len(after):
        message = f"the source has {counted(len(before), 'line')}, the translation {len(after)}"
        return [_finding("lines", message, 1)]
    terms, due = Terms(glossary), _anchors_due(before, after)
    return [
        found
        for own, other in zip(before, after, strict=True)
        for found in (*_structure(own, other), *_links(own, other, due), *_words(own, other, terms))
    ]


def facts(source: str, findings: Sequence[Finding]) -> Iterator[Evidence]:
    """Lines in order, by dimension; a document without lines of that sort was not measured."""
    lines = lines_of(source)
    applies = {
        "structure": len(lines),
        "links": sum(1 for line in lines if line.kind != "code" and targets(line)),
        "placeholders": sum(1 for line in lines if line.kind != "code" and (placeholders(line) or numbers(line))),
        "glossary": sum(1 for line in lines if line.kind in {"heading", "text"} and words_of(line.text)),
        "completeness": sum(1 for line in lines if _is_passage(line)),
    }
    for dimension, tried in applies.items():
        wrong = {found.line for found in findings if found.rule in _DIMENSIONS[dimension]}
        yield _fact(dimension, tried, min(len(wrong), tried))


def severities(findings: Sequence[Finding]) -> dict[str, int]:
    """How many findings of each severity."""
    return dict(Counter(found.severity for found in findings))


def _structure(own: Line, other: Line) -> Iterator[Finding]:
    if own.kind == "code" or other.kind == "code":
        if own.whole != other.whole:
            yield _finding("code", "a line of code is not as in the source", own.number)
        return
    if level(own) != level(other):
        yield _finding("heading", f"heading of level {level(own)} became {level(other) or 'text'}", own.number)
    elif own.prefix != other.prefix:
        yield _finding("heading", f"the mark {own.prefix!r} became {other.prefix!r}", own.number)
    if lost := code_spans(own) - code_spans(other):
        yield _finding("code-span", f"code is not as in the source: {_some(lost)}", own.number)
    if changed := _differing(placeholders(own), placeholders(other)):
        yield _finding("placeholder", f"placeholders differ: {_some(changed)}", own.number)
    if changed := _differing(numbers(own), numbers(other)):
        yield _finding("number", f"numbers differ: {_some(changed)}", own.number)


def _links(own: Line, other: Line, due: Mapping[str, str]) -> Iterator[Finding]:
    if own.kind == "code":
        return
    before, after = targets(own), targets(other)
    if len(before) != len(after):
        yield _finding("link", f"{counted(len(before), 'link')} became {len(after)}", own.number)
        return
    for wanted, given in zip(before, after, strict=True):
        if wanted.startswith("#"):
            right = due.get(wanted[1:], wanted[1:])
            if given != f"#{right}":
                message = f"no heading of the translation has the anchor {given}; it is #{right}"
                yield _finding("anchor", message, own.number, wrong=given.removeprefix("#"), right=right)
        elif wanted != given:
            yield _finding("link", f"the link to {wanted} leads to {given}", own.number)


def _words(own: Line, other: Line, terms: Terms) -> Iterator[Finding]:
    if own.kind not in {"heading", "text"}:
        return
    text = other.text.replace(MARK, "")
    for target, times in terms.found(own.text).items():
        if (missing := times - text.casefold().count(target.casefold())) > 0:
            message = f"the glossary wants {target!r}, missing {counted(missing, 'time')}"
            yield _finding("term", message, own.number, right=target)
    for word, right in dict.fromkeys(terms.forms(text)):
        message = f"{word!r} is a form of a glossary term; use {right!r}"
        yield _finding("form", message, own.number, wrong=word, right=right)
    if _is_passage(own) and text.split() == own.text.split():
        yield _untranslated(own, marked=MARK in other.text)
    elif left := [word for word in words_of(text) if word in set(words_of(own.text))]:
        yield _finding("unknown-words", f"{counted(len(left), 'word')} as in the source", own.number)


def _untranslated(line: Line, *, marked: bool) -> Finding:
    """An honest gap is better than a hidden one; a heading has no room for a mark."""
    if marked:
        return _finding("left-untranslated", "no word of this passage is translated; it is marked", line.number)
    if line.kind == "heading" or line.text.rstrip().endswith("|"):
        return _finding("left-untranslated", "no word of this line is translated", line.number)
    return _finding("untranslated", "no word of this passage is translated: translate or mark it", line.number)


def _is_passage(line: Line) -> bool:
    return line.kind in {"heading", "text"} and len(words_of(line.text)) >= _A_PASSAGE


def _anchors_due(before: Sequence[Line], after: Sequence[Line]) -> dict[str, str]:
    """The anchor that each heading of the source has become."""
    old, new = anchors(list(before)), anchors(list(after))
    return dict(zip(old, new, strict=True)) if len(old) == len(new) else {}


def _differing(before: Counter[str], after: Counter[str]) -> Counter[str]:
    return (before - after) + (after - before)


def _some(things: Mapping[str, int]) -> str:
    return ", ".join(sorted(things)[:5])[:300]


def _finding(rule: str, message: str, line: int, *, wrong: str = "", right: str = "") -> Finding:
    return Finding(
        severity=_SEVERITIES[rule], rule=rule, message=message[:1000], place=f"line {line}", line=line,
        wrong=wrong[:500], right=right[:500],
    )  # fmt: skip


def _fact(dimension: str, tried: int, wrong: int) -> Evidence:
    if tried == 0:
        reason = f"not measured: the document has nothing to check for {dimension}"
        return Evidence(judge=f"text.{dimension}", dimension=dimension, passed=0, tried=0, summary=reason)
    return Evidence(
        judge=f"text.{dimension}", dimension=dimension, passed=tried - wrong, tried=tried, scale="tests",
        family=_RULES, summary=f"{counted(tried, 'line')}, {wrong} not in order",
    )  # fmt: skip
