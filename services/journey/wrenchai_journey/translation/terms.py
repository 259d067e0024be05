"""A glossary's terms in running text: found, replaced, and recognised in forms that the glossary lacks; pure."""

import re
from collections import Counter
from collections.abc import Iterator, Mapping

from wrenchai_journey.translation.document import WORD, text_parts

_ENDINGS = ("s", "es", "ed", "d", "ing", "ly")
_SHORTEST = 4
"""Shorter words have too many chance likenesses."""


class Terms:
    """Source terms with their translations; the longest that fits is taken, whatever its case."""

    def __init__(self, glossary: Mapping[str, str]) -> None:
        self._by_source = {" ".join(source.casefold().split()): target for source, target in glossary.items()}
        longest_first = sorted(self._by_source, key=lambda term: (-len(term), term))
        either = "|".join(re.escape(term).replace(r"\ ", r"\s+") for term in longest_first)
        self._written = re.compile(rf"(?<![\w]){'(?:' + either + ')' if either else '(?!)'}(?![\w])", re.IGNORECASE)
        self._targets = {word.casefold() for target in glossary.values() for word in WORD.findall(target)}

    def replaced(self, text: str) -> tuple[str, int]:
        """The text with every term translated, and how many words that were; what is protected stays."""
        parts = [(part, 0) if stays else self._in_words(part) for part, stays in text_parts(text)]
        return "".join(part for part, _ in parts), sum(words for _, words in parts)

    def found(self, text: str) -> Counter[str]:
        """How often each translation is due in a source text."""
        due: Counter[str] = Counter()
        for part, stays in text_parts(text):
            if not stays:
                due.update(self._target(match[0]) for match in self._written.finditer(part))
        return due

    def forms(self, text: str) -> Iterator[tuple[str, str]]:
        """Words that are forms of a source term (`servers` of `server`), each with the term's translation."""
        for part, stays in text_parts(text):
            for word in () if stays else WORD.findall(part):
                plain = word.casefold()
                if plain not in self._by_source and plain not in self._targets and (target := self._of_form(plain)):
                    yield word, as_written(word, target)

    def _in_words(self, part: str) -> tuple[str, int]:
        words = 0

        def translate(match: re.Match[str]) -> str:
            nonlocal words
            words += len(WORD.findall(match[0]))
            return as_written(match[0], self._target(match[0]))

        return self._written.sub(translate, part), words

    def _target(self, source: str) -> str:
        return self._by_source[" ".join(source.casefold().split())]

    def _of_form(self, word: str) -> str | None:
        stems = (word.removesuffix(ending) for ending in _ENDINGS if word.endswith(ending))
        candidates = (
            form for stem in stems for form in (stem, f"{stem}e", stem[:-1] if stem[-2:-1] == stem[-1:] else stem)
        )
        return next(
            (self._by_source[one] for one in candidates if len(one) >= _SHORTEST and one in self._by_source), None
        )


def as_written(source: str, target: str) -> str:
    """The translation with a capital where the source has one; in capitals where it is in capitals."""
    if len(source) > 1 and source.isupper():
        return target.upper()
    return target[:1].upper() + target[1:] if source[:1].isupper() else target
