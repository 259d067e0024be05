"""Does the text say only what its sources say? Every number and every proper name is looked up; pure."""

import re
from collections.abc import Iterable, Iterator, Mapping
from decimal import Decimal
from typing import Literal

from wrenchai_contracts.shape import Frozen

from wrenchai_journey.portfolio.material import TEMPLATE
from wrenchai_journey.portfolio.provenance import Statement

NUMBER = re.compile(r"\d+(?:[.,]\d+)*")
WITH_THOUSANDS = re.compile(r"\d{1,3}(?:,\d{3})+(?:\.\d+)?")
WORD = re.compile(r"[^\W\d_][\w+#'\u2019-]*(?:\.[\w+#-]+)*", re.UNICODE)
SENTENCE_END = re.compile(r"[.!?:]\s*[\"'\u201d\u2019)]*\s*$")
NUMBER_WORDS = frozenset({
    "two", "three", "four", "five", "six", "seven", "eight", "nine", "ten", "eleven", "twelve", "twenty", "thirty",
    "forty", "fifty", "hundred", "hundreds", "thousand", "thousands", "million", "millions", "billion", "billions",
    "dozen", "dozens", "half", "twice", "thrice", "double", "triple",
})  # fmt: skip
NO_NAMES = frozenset({"I", "I'm", "I've", "I'd"})

Kind = Literal["number", "name"]
KINDS: tuple[Kind, ...] = ("number", "name")


class Claim(Frozen):
    """One number or name in the text, and whether a source has it."""

    kind: Kind
    word: str
    grounded: bool
    statement: Statement


class Grounding(Frozen):
    """All claims of a text."""

    claims: tuple[Claim, ...]

    @property
    def tried(self) -> int:
        """How many claims were looked up."""
        return len(self.claims)

    @property
    def invented(self) -> tuple[Claim, ...]:
        """Claims that no source has."""
        return tuple(claim for claim in self.claims if not claim.grounded)

    @property
    def passed(self) -> int:
        """How many claims a source has."""
        return self.tried - len(self.invented)


def ground(found: Iterable[Statement], sources: Mapping[str, str]) -> Grounding:
    """Look up each statement's numbers in its own source, and its names in any source.

    The words of the template are no claims. A statement from an unknown source has no ground at all.
    """
    everywhere = _names("\n".join(sources.values()))
    return Grounding(
        claims=tuple(
            claim
            for statement in found
            if statement.source != TEMPLATE
            for claim in _claims(statement, sources.get(statement.source, ""), everywhere)
        )
    )


def numbers_in(text: str) -> Iterator[str]:
    """The numbers of a text in one spelling: `1,234` is `1234`, `12.50` is `12.5`; small number words as they are."""
    for match in NUMBER.finditer(text):
        yield from _spelt_alike(match[0])
    yield from (word.lower() for word in WORD.findall(text) if word.lower() in NUMBER_WORDS)


def names_in(text: str) -> Iterator[str]:
    """Words that look like proper names: a capital inside a sentence, or one inside the word."""
    for match in WORD.finditer(text):
        word = match[0]
        begins = match.start() == 0 or bool(SENTENCE_END.search(text[: match.start()]))
        if word not in NO_NAMES and (_has_inner_capital(word) or (word[0].isupper() and not begins)):
            yield word


def _claims(statement: Statement, said: str, everywhere: frozenset[str]) -> Iterator[Claim]:
    numbers = frozenset(numbers_in(said))
    for number in numbers_in(statement.text):
        yield Claim(kind="number", word=number, grounded=number in numbers, statement=statement)
    for name in names_in(statement.text):
        known = _folded(name) in everywhere and bool(said)
        yield Claim(kind="name", word=name, grounded=known, statement=statement)


def _names(text: str) -> frozenset[str]:
    return frozenset(_folded(word) for word in WORD.findall(text))


def _folded(name: str) -> str:
    """`PyMC's` and `pymc` are one name."""
    return re.sub(r"['\u2019]s$", "", name).casefold()


def _has_inner_capital(word: str) -> bool:
    return any(sign.isupper() for sign in word[1:])


def _spelt_alike(number: str) -> Iterator[str]:
    if WITH_THOUSANDS.fullmatch(number):
        number = number.replace(",", "")
    if number.count(".") <= 1 and "," not in number:
        plain = Decimal(number).normalize()
        yield f"{plain:f}"
    else:
        yield number
