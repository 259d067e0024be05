"""MDX pages from plain text: whatever somebody wrote is shown as it is and never runs as markup or code.

Characters that could mean something to MDX become character references. By CommonMark 0.31, section 6.2, those
"cannot be used in place of symbols indicating structure", so the reader sees the character and the parser sees text.
"""

import json
import re
from collections.abc import Iterable, Mapping

from wrenchai_journey.portfolio.content import Paragraph, Sentence

UNPRINTABLE = re.compile("[\x00-\x08\x0b\x0c\x0e-\x1f\x7f-\x9f\ud800-\udfff\ufffe\uffff]")
"""Control characters and non-characters: not allowed in HTML text or in the XML of a feed."""

ACTIVE = re.compile(r"[\\`*_{}\[\]<>#|~&$^=]|:(?=[A-Za-z:\[{])")
"""Characters with a meaning somewhere in MDX: emphasis, code, links, JSX, expressions, tables, directives."""

LEADING = re.compile(r"^(?:[-+](?=\s|$|[-+])|import\b|export\b)")
"""What begins a list, a rule or a module statement when it begins a block."""

NUMBERED = re.compile(r"^(\d{1,9})([.)])(?=\s|$)")
"""What begins a numbered list when it begins a block."""

CODE_SPAN = re.compile(r"`([^`]+)`")
LINK = re.compile(r"\[([^\[\]]+)\]\((/(?!/)[A-Za-z0-9._~/#-]*)\)")
"""A link to another page of the same site, `[words](/section/page/)`; nothing else that looks so becomes a link."""

LINE_BREAKS = re.compile(r"[ \t]*[\r\n][ \t\r\n]*|[ \t]+")


def printable(text: str) -> str:
    """Drop what no page or feed may contain, and keep the rest."""
    return UNPRINTABLE.sub("", text)


def one_line(text: str) -> str:
    """Make a text printable, on one line, with single blanks."""
    return LINE_BREAKS.sub(" ", printable(text)).strip(" ")


def escaped(text: str) -> str:
    """Write text so that MDX shows it unchanged, wherever in a paragraph it stands."""
    return ACTIVE.sub(lambda found: _reference(found[0]), one_line(text))


def inline(text: str) -> str:
    """Write text of which `backticks` mark code and links lead to pages of the site: all markup there may be."""
    parts = CODE_SPAN.split(one_line(text))
    return "".join(f"`{part}`" if index % 2 else _with_links(part) for index, part in enumerate(parts))


def _with_links(text: str) -> str:
    words = iter(LINK.split(text))
    written = [_escaped_part(next(words))]
    for label, target, after in zip(words, words, words, strict=True):
        written.append(f"[{_escaped_part(label)}]({target}){_escaped_part(after)}")
    return "".join(written)


def _escaped_part(text: str) -> str:
    return ACTIVE.sub(lambda found: _reference(found[0]), text)


def unlinked(text: str) -> str:
    """The text with the words of each link in its place, for where no link can be."""
    parts = CODE_SPAN.split(text)
    return "".join(f"`{part}`" if index % 2 else LINK.sub(r"\1", part) for index, part in enumerate(parts))


def block(text: str) -> str:
    """Write text that begins a paragraph, a heading or a list item."""
    line = inline(text)
    line = LEADING.sub(lambda found: _reference(found[0][0]) + found[0][1:], line)
    return NUMBERED.sub(lambda found: found[1] + _reference(found[2]), line)


def _reference(character: str) -> str:
    return f"&#{ord(character)};"


def paragraph(content: Paragraph, *, heading_level: int = 2) -> str:
    """Write a paragraph as one MDX block, without a line break at its end."""
    texts = [sentence.text for sentence in content.sentences]
    match content.kind:
        case "code":
            return code_block(texts, content.language)
        case "list":
            return "\n".join(f"- {block(text)}" for text in texts)
        case "heading":
            return f"{'#' * heading_level} {block(' '.join(texts))}"
        case "prose":
            return block(" ".join(texts))


def code_block(lines: Iterable[str], language: str) -> str:
    """Write lines of code inside a fence that none of them can close."""
    code = printable("\n".join(lines).replace("\r\n", "\n").replace("\r", "\n"))
    longest = max((len(run) for run in re.findall("`+", code)), default=0)
    fence = "`" * max(3, longest + 1)
    return f"{fence}{language}\n{code}\n{fence}"


def page(front_matter: Mapping[str, object], blocks: Iterable[str]) -> str:
    """Write a page: its front matter, then its blocks with a blank line between them."""
    head = "\n".join(f"{key}: {json.dumps(value)}" for key, value in front_matter.items())
    return "\n\n".join([f"---\n{head}\n---", *blocks]) + "\n"


def plain(paragraphs: Iterable[Paragraph]) -> list[str]:
    """Give each paragraph's text on one line, for pages that are not MDX."""
    return [unlinked(one_line(" ".join(sentence.text for sentence in part.sentences))) for part in paragraphs]


def statements(paragraphs: Iterable[Paragraph]) -> list[Sentence]:
    """Give all sentences of some paragraphs in reading order."""
    return [sentence for part in paragraphs for sentence in part.sentences]
