"""What one event can hold of a result that thousands of journeys made: all of it counts, some is told. Pure."""

import math
from collections.abc import Iterable, Mapping, Sequence

from wrenchai_contracts.judging import Part, Used
from wrenchai_contracts.shape import Path

MOST_FINDINGS = 20
"""Mandatory checks that failed, or were not made, of which each is told by itself."""

MOST_USED = 300
"""Samples of what steps used that one result is judged and learnt from by."""

MOST_PARTS = 200
"""Results inside of which each is told by itself."""

OTHERS = "others"
"""Stands for all other results inside, together."""


def few(findings: Iterable[str]) -> tuple[str, ...]:
    """The first of them, each once, and how many more there are."""
    told = tuple(dict.fromkeys(findings))
    more = len(told) - MOST_FINDINGS
    return told if more <= 0 else (*told[:MOST_FINDINGS], f"and {more} more")


def evenly(used: Sequence[Used]) -> tuple[Used, ...]:
    """As many as may be, evenly picked from the first to the last."""
    if len(used) <= MOST_USED:
        return tuple(used)
    return tuple(used[at * len(used) // MOST_USED] for at in range(MOST_USED))


def fewer(parts: Mapping[Path, Part]) -> dict[Path, Part]:
    """The least probable of them, and all others as one: acceptable if each is.

    Its spread is that of the logit of the product by the delta method: sqrt(sum ((1 - p) s)^2) / (1 - product p).
    """
    if len(parts) <= MOST_PARTS:
        return dict(parts)
    doubtful = set(sorted(parts, key=lambda path: (parts[path].probability, path))[: MOST_PARTS - 1])
    others = [part for path, part in parts.items() if path not in doubtful]
    probability = math.prod(part.probability for part in others)
    unsure = math.hypot(*((1.0 - part.probability) * part.spread for part in others))
    together = Part(probability=probability, spread=unsure / max(1.0 - probability, 1e-6))
    return {**{path: part for path, part in parts.items() if path in doubtful}, OTHERS: together}
