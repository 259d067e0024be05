"""How a block came to its outcome, in a few words. Pure."""

from collections.abc import Mapping
from typing import Any

from wrenchai_contracts.shape import JsonObject


def verdict_words(verdict: JsonObject) -> str:  # noqa: PLR0911  # one line for each kind of block
    """What people ask first: who won, why a loop ended, how many were handed on or ended well; else nothing."""
    match verdict:
        case {"outcome": "tie", "tied": [*names]}:
            return f"a tie of {', '.join(map(str, names))}"
        case {"winner": str(winner)}:
            return f"{winner} won"
        case {"outcome": "none"}:
            return "none was good enough"
        case {"because": str(why)}:
            found = found_words(verdict.get("findings") or {})
            return "; ".join(word for word in (found, why) if word)
        case {"handed": int(handed), "kept": int(kept)}:
            return f"{handed} handed on, {kept} kept"
        case {"branches": int(branches), "good": int(good)} if good < branches:
            return f"{good} of {branches} ended well"
        case _:
            return ""


def found_words(counts: Mapping[str, Any]) -> str:
    """Findings by severity: `1 major, 4 minor`."""
    return ", ".join(f"{count} {severity}" for severity, count in counts.items() if count)
