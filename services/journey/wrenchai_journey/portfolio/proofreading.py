"""What is wrong with the wording of a content, sentence by sentence, and how to put it right; pure.

A finding names its sentence by the place in the content (`sections.0.projects.1.problem.0.sentences.2`). One with
`mended` says what the sentence should be instead; an empty one takes the sentence away.
"""

import re
from collections.abc import Callable, Iterable, Iterator, Mapping, Sequence
from typing import Any, Literal, NamedTuple

from pydantic import Field
from wrenchai_contracts.plan import Severity
from wrenchai_contracts.shape import Frozen

from wrenchai_journey.portfolio.content import Sentence, SiteContent
from wrenchai_journey.portfolio.grounding import ground
from wrenchai_journey.portfolio.provenance import Statement

Rule = Literal["misspelling", "twice", "blank", "code", "length", "grounding"]

LONGEST = 45
"""Words of a sentence that nobody reads to its end."""

CODE = re.compile(r"`[^`]*`")
_TWICE = re.compile(r"\b([^\W\d_]{2,}) \1\b", re.IGNORECASE)
_MEANT_TWICE = frozenset({"had", "that", "is", "sie", "die", "der", "das", "nous", "vous"})
_BLANK = re.compile(r"\s+([,.])(?=\s|$)")
_PARTED = re.compile(r";\s+")
_CORRECTED = re.compile(r"^(?P<line>\d+): (?P<wrong>\S+) ==> (?P<right>.+)$")


class Found(Frozen):
    """One thing that is wrong in one sentence."""

    severity: Severity
    rule: Rule
    place: str = Field(max_length=200)
    message: str = Field(max_length=500)
    mended: tuple[str, ...] | None = Field(default=None, description="What to write instead; None: nobody knows.")


class Placed(NamedTuple):
    """A sentence and where it stands."""

    place: str
    sentence: Sentence


def prose_of(content: SiteContent) -> tuple[Placed, ...]:
    """Every sentence but the lines of code, in the order of the content."""
    return tuple(_walk(content.model_dump(mode="json"), ""))


def _walk(value: Any, place: str) -> Iterator[Placed]:
    if isinstance(value, dict):
        if value.keys() == {"text", "source"}:
            yield Placed(place, Sentence(**value))
        elif value.get("kind") != "code":
            for name, part in value.items():
                yield from _walk(part, f"{place}.{name}".lstrip("."))
    elif isinstance(value, list):
        for number, part in enumerate(value):
            yield from _walk(part, f"{place}.{number}")


def found_in(said: Sequence[Placed], sources: Mapping[str, str], corrections: str) -> tuple[Found, ...]:
    """All findings; `corrections` is what codespell printed about the sentences, one a line, without their code."""
    by_rule = (found for placed in said for rule in _RULES for found in rule(placed))
    return (*_misspelt(said, corrections), *by_rule, *_invented(said, sources))


def lines_for_spelling(said: Sequence[Placed]) -> str:
    """One sentence a line, without what stands in backticks."""
    return "".join(f"{CODE.sub(' ', ' '.join(placed.sentence.text.split()))}\n" for placed in said)


def _misspelt(said: Sequence[Placed], corrections: str) -> Iterator[Found]:
    """What a speller knows to be wrong; mended where it knows one right spelling only."""
    for printed in corrections.splitlines():
        if match := _CORRECTED.match(printed.strip().partition(":")[2]):
            wrong, right = match["wrong"], match["right"].split(",")[0].strip()
            place, sentence = said[int(match["line"]) - 1]
            sure = "," not in match["right"]
            mended = (_replaced(sentence.text, wrong, right),) if sure else None
            yield Found(severity="major", rule="misspelling", place=place, message=f"{wrong}: {match['right']}"[:500],
                        mended=mended)  # fmt: skip


def _replaced(text: str, wrong: str, right: str) -> str:
    """Put the word right outside of code."""
    parts = re.split(r"(`[^`]*`)", text)
    return "".join(
        part if number % 2 else re.sub(rf"\b{re.escape(wrong)}\b", right, part) for number, part in enumerate(parts)
    )


def _twice(placed: Placed) -> Iterator[Found]:
    words = [word for word in _TWICE.findall(CODE.sub(" ` ", placed.sentence.text)) if word.lower() not in _MEANT_TWICE]
    if words:
        mended = placed.sentence.text
        for word in words:
            mended = re.sub(rf"\b({re.escape(word)}) {re.escape(word)}\b", r"\1", mended, flags=re.IGNORECASE)
        yield Found(severity="minor", rule="twice", place=placed.place, message=f"twice: {', '.join(words)}"[:500],
                    mended=(mended,))  # fmt: skip


def _blank(placed: Placed) -> Iterator[Found]:
    text = placed.sentence.text
    if _BLANK.search(CODE.sub("`", text)):
        mended = (_BLANK.sub(r"\1", text),)
        yield Found(severity="minor", rule="blank", place=placed.place, message="a blank before a comma or full stop",
                    mended=mended)  # fmt: skip


def _code(placed: Placed) -> Iterator[Found]:
    text = placed.sentence.text
    if text.count("`") % 2:
        at = text.rindex("`")
        yield Found(severity="major", rule="code", place=placed.place, message="a backtick that nothing closes",
                    mended=(text[:at] + text[at + 1 :],))  # fmt: skip


def _length(placed: Placed) -> Iterator[Found]:
    words = len(placed.sentence.text.split())
    if words <= LONGEST:
        return
    parts = _PARTED.split(placed.sentence.text)
    may_be_parted = len(parts) > 1 and _is_in_a_text(placed.place) and "`" not in placed.sentence.text
    mended = tuple(part[:1].upper() + part[1:] + "." * (number < len(parts)) for number, part in enumerate(parts, 1))
    yield Found(severity="minor", rule="length", place=placed.place, message=f"{words} words in one sentence",
                mended=mended if may_be_parted else None)  # fmt: skip


def _is_in_a_text(place: str) -> bool:
    """Whether other sentences may stand beside it."""
    return ".sentences." in place


_RULES: tuple[Callable[[Placed], Iterator[Found]], ...] = (_twice, _blank, _code, _length)


def _invented(said: Sequence[Placed], sources: Mapping[str, str]) -> Iterator[Found]:
    """Claims that no source has. A sentence with such a number goes, if it may; an article is its author's to mend."""
    for place, sentence in said:
        statement = Statement(page="", part="", text=sentence.text, source=sentence.source)
        invented = ground([statement], sources).invented
        if not invented:
            continue
        is_grave = any(claim.kind == "number" for claim in invented)
        may_go = is_grave and _is_in_a_text(place) and not place.startswith("articles.")
        message = f"in no source: {', '.join(claim.word for claim in invented)}"[:500]
        yield Found(severity="critical" if is_grave else "minor", rule="grounding", place=place, message=message,
                    mended=() if may_go else None)  # fmt: skip


def with_mended(content: SiteContent, findings: Iterable[Found]) -> tuple[SiteContent, tuple[Found, ...]]:
    """The content with each sentence put right by the first finding about it; and those findings.

    A sentence has one mend a round: what is wrong besides is found again in the next.
    """
    mends: dict[str, Found] = {}
    for finding in findings:
        if finding.mended is not None:
            mends.setdefault(finding.place, finding)
    mended = _with(content.model_dump(mode="json"), "", mends)
    return SiteContent.model_validate(mended), tuple(mends.values())


def _with(value: Any, place: str, mends: Mapping[str, Found]) -> Any:
    if isinstance(value, dict):
        texts = mends[place].mended if place in mends else None
        if texts is not None and len(texts) == 1:
            return {**value, "text": texts[0]}
        return {name: _with(part, f"{place}.{name}".lstrip("."), mends) for name, part in value.items()}
    if not isinstance(value, list):
        return value
    kept = [part for number, entry in enumerate(value) for part in _instead(entry, f"{place}.{number}", mends)]
    return [part for part in kept if not (isinstance(part, dict) and part.get("sentences") == [])]


def _instead(entry: Any, place: str, mends: Mapping[str, Found]) -> Iterator[Any]:
    """What stands in the place of one entry of a list: itself, or the sentences that it is mended to."""
    texts = mends[place].mended if place in mends else None
    if texts is None:
        yield _with(entry, place, mends)
    else:
        yield from ({**entry, "text": text} for text in texts)
