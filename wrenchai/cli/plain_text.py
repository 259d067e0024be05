"""Text that others wrote, made harmless: what a tool says must not move the cursor or paint the screen."""

import re

from rich.text import Text

_CONTROLS = re.compile(r"\x1b\[[0-9;?]*[ -/]*[@-~]|[\x00-\x08\x0b-\x1f\x7f-\x9f]")
_GAPS = re.compile(r"\s*\n\s*")


def harmless(text: str) -> str:
    """On one line, without control characters."""
    return _CONTROLS.sub("", _GAPS.sub(" ", text.strip()))


def told(text: str, style: str = "") -> Text:
    """A cell with a text that others wrote."""
    return Text(harmless(text), style, overflow="ellipsis")
