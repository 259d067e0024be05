"""Page names from titles: lower case, plain letters, and each one only once; pure."""

import re
import unicodedata
from collections.abc import Sequence

MAX_LENGTH = 60


def slug_of(title: str, *, fallback: str) -> str:
    """Give the page name for a title, or `fallback` when no plain letter is left of it."""
    plain = unicodedata.normalize("NFKD", title).encode("ascii", "ignore").decode().lower()
    words = re.sub(r"[^a-z0-9]+", "-", plain).strip("-")
    return words[:MAX_LENGTH].rstrip("-") or fallback


def unique_slugs(titles: Sequence[str], chosen: Sequence[str | None], *, kind: str) -> tuple[str, ...]:
    """Give one page name per title: the chosen one, else one from the title; later ones get a number.

    `kind` names a page whose title has no plain letter: `project-3`.
    """
    taken = {slug for slug in chosen if slug}
    slugs: list[str] = []
    for place, (title, wish) in enumerate(zip(titles, chosen, strict=True), start=1):
        slug = wish or _free(slug_of(title, fallback=f"{kind}-{place}"), taken)
        taken.add(slug)
        slugs.append(slug)
    return tuple(slugs)


def _free(slug: str, taken: set[str]) -> str:
    numbered = slug
    number = 2
    while numbered in taken:
        numbered = f"{slug}-{number}"
        number += 1
    return numbered
