"""A Markdown document line by line: what is text, and what in it must stay as it is; pure."""

import re
from collections import Counter
from collections.abc import Iterator
from typing import Literal, NamedTuple

Kind = Literal["heading", "text", "code", "blank"]
MARK = "<!-- not translated -->"

_FENCE = re.compile(r"^\s{0,3}(`{3,}|~{3,})")
_HEADING = re.compile(r"^#{1,6}(?=\s)")
_PREFIX = re.compile(r"^\s*(?:#{1,6}\s+|(?:[-*+]|\d{1,9}[.)])\s+(?:\[[ xX]\]\s+)?|>\s?)*")
_RULE = re.compile(r"^[\s|:*_=-]+$")
_FORBIDDEN_IN_ANCHOR = re.compile(r"[^\w\- ]")
_LINK_TEXT = re.compile(r"!?\[([^\]]*)\]\([^)]*\)")

PLACEHOLDER = r"\$?\{\{?[^{}\n]{1,80}\}?\}|%\(\w{1,40}\)[a-z]|%[sdif](?!\w)|<[A-Z][A-Z0-9_]{1,40}>"
TARGET = r"(?<=\])\([^)\n]*\)"
PROTECTED = re.compile(
    rf"`+[^`\n]*`+|<!--.*?-->|{TARGET}|</?[A-Za-z][^<>\n]*>|<?\b[a-z][a-z0-9+.-]*://[^\s<>)]+>?|{PLACEHOLDER}|\d+(?:[.,:]\d+)*"
)
"""Code, addresses, tags, placeholders and numbers."""

_PLACEHOLDERS, _TARGETS = re.compile(PLACEHOLDER), re.compile(TARGET)
_NUMBERS = re.compile(r"\d+(?:[.,:]\d+)*")
_CODE = re.compile(r"`+[^`\n]*`+")
WORD = re.compile(r"[^\W\d_]+(?:['\u2019-][^\W\d_]+)*")


class Line(NamedTuple):
    """One line. `prefix` is its mark (`## `, `- `, `> `), `text` what follows; code and blank lines have only text."""

    number: int
    kind: Kind
    prefix: str
    text: str

    @property
    def whole(self) -> str:
        """As it is written."""
        return self.prefix + self.text


def lines_of(document: str) -> list[Line]:
    """Every line with its kind; front matter between `---` lines counts as code."""
    return list(_lines(written_lines(document)))


def written_lines(document: str) -> list[str]:
    """Parted at line feeds only; what else an editor may take for an end of line stays in its line."""
    return document.removesuffix("\n").split("\n")


def text_parts(text: str) -> Iterator[tuple[str, bool]]:
    """A text cut into parts, each with whether it must stay as it is."""
    here = 0
    for found in PROTECTED.finditer(text):
        yield text[here : found.start()], False
        yield found[0], True
        here = found.end()
    yield text[here:], False


def words_of(text: str) -> list[str]:
    """The words that a translation should change."""
    return [word for part, stays in text_parts(text) if not stays for word in WORD.findall(part)]


def placeholders(line: Line) -> Counter[str]:
    """What a program fills in."""
    return Counter(_PLACEHOLDERS.findall(_CODE.sub("", line.text)))


def targets(line: Line) -> list[str]:
    """Where its links lead."""
    return [found[1:-1] for found in _TARGETS.findall(line.text)]


def numbers(line: Line) -> Counter[str]:
    """Its numbers, those in code and addresses too."""
    return Counter(_NUMBERS.findall(_without_targets(line.text)))


def code_spans(line: Line) -> Counter[str]:
    """Its pieces of code."""
    return Counter(_CODE.findall(line.text))


def level(line: Line) -> int:
    """A heading's level; 0 for anything else."""
    found = _HEADING.match(line.whole)
    return len(found[0]) if found and line.kind == "heading" else 0


def anchors(lines: list[Line]) -> list[str]:
    """The anchor of each heading, in order, as GitHub makes them."""
    seen: Counter[str] = Counter()
    made = []
    for line in lines:
        if line.kind == "heading":
            plain = _LINK_TEXT.sub(r"\1", line.text).replace(MARK, "")
            name = _FORBIDDEN_IN_ANCHOR.sub("", plain.strip().lower()).replace(" ", "-")
            made.append(name if not seen[name] else f"{name}-{seen[name]}")
            seen[name] += 1
    return made


def _lines(written: list[str]) -> Iterator[Line]:
    fence = ""
    marks = [line.rstrip() == "---" for line in written]
    front = marks[0] and any(marks[1:])
    for number, line in enumerate(written, start=1):
        opened = _FENCE.match(line)
        if front:
            yield Line(number, "code", "", line)
            front = number == 1 or not marks[number - 1]
        elif fence:
            yield Line(number, "code", "", line)
            closes = opened is not None and line.strip() == opened[1] and opened[1].startswith(fence)
            fence = "" if closes else fence
        elif opened:
            fence = opened[1]
            yield Line(number, "code", "", line)
        else:
            yield _line(number, line)


def _line(number: int, line: str) -> Line:
    if not line.strip() or _RULE.match(line):
        return Line(number, "blank", "", line)
    found = _PREFIX.match(line)
    prefix = found[0] if found else ""
    return Line(number, "heading" if _HEADING.match(line) else "text", prefix, line[len(prefix) :])


def _without_targets(text: str) -> str:
    return _TARGETS.sub("", text)
