"""How good a draft is, by what can be counted: grounding, completeness, readability, length; pure.

Readability is Björnsson's LIX (1968): words per sentence plus the percentage of words longer than six letters; up to
30 is easy, 40 is a newspaper, 60 is a treatise. It needs no word list, so it holds for any language with letters.
"""

import re
from collections import Counter
from collections.abc import Iterable, Mapping

from wrenchai_journey.portfolio.drafts import Draft
from wrenchai_journey.portfolio.grounding import ground
from wrenchai_journey.portfolio.provenance import Statement, unsourced

CRITERIA = ("grounding", "completeness", "readability", "length")

EASY, HARD = 30.0, 60.0
"""LIX of a text that is as readable as can be wished, and of one that is not readable at all."""

LONG_WORD = 6
FEWEST, MOST = 40, 220
"""Words of a page that says enough and can still be read in a minute."""

_NO_PROSE = frozenset({"run_it", "facts", "languages", "kicker", "figures"})
_ARTICLE = "text"
_WORD = re.compile(r"[^\W\d_]+(?:['\u2019-][^\W\d_]+)*", re.UNICODE)


def scores_of(draft: Draft) -> dict[str, float]:
    """The draft's score by each criterion, from 0 to 1."""
    said = draft.statements
    prose = [one for one in said if one.part not in _NO_PROSE]
    measured = {
        "grounding": grounded(said, draft.sources),
        "completeness": complete(said, draft.offered),
        "readability": readable([one.text for one in prose]),
        "length": lengthy([one for one in prose if one.page != "home" and one.part != _ARTICLE]),
    }
    return {criterion: round(measured[criterion], 4) for criterion in CRITERIA}


def grounded(said: Iterable[Statement], sources: Mapping[str, str]) -> float:
    """The share of claims that a source has; nothing at all when a statement has no source or a number none."""
    statements = tuple(said)
    looked_up = ground(statements, sources)
    if unsourced(statements, sources) or any(claim.kind == "number" for claim in looked_up.invented):
        return 0.0
    return looked_up.passed / looked_up.tried if looked_up.tried else 1.0


def complete(said: Iterable[Statement], offered: Mapping[str, int]) -> float:
    """The share of what the sources offer that is said; what is said besides does not count."""
    used = Counter(one.source for one in said)
    total = sum(offered.values())
    return sum(min(count, used[source]) for source, count in offered.items()) / total if total else 1.0


def readable(texts: Iterable[str]) -> float:
    """1 for a text of LIX 30 or less, 0 for one of 60 or more, and evenly in between."""
    return min(1.0, max(0.0, (HARD - lix(texts)) / (HARD - EASY)))


def lix(texts: Iterable[str]) -> float:
    """Words per sentence plus the percentage of long words; 0 without words."""
    words = [_WORD.findall(text) for text in texts]
    sentences, count = sum(1 for found in words if found), sum(map(len, words))
    long = sum(len(word) > LONG_WORD for found in words for word in found)
    return count / sentences + 100 * long / count if count else 0.0


def lengthy(said: Iterable[Statement]) -> float:
    """How near the pages' lengths are to what can be read in a minute, on average; 1 without a page."""
    words: Counter[str] = Counter()
    for one in said:
        words[one.page] += len(_WORD.findall(one.text))
    fits = [min(1.0, count / FEWEST, MOST / count if count else 1.0) for count in words.values()]
    return sum(fits) / len(fits) if fits else 1.0
