"""Messages of one kind made equal: what differs from one time to the next is masked; pure."""

import re

_MASKS: tuple[tuple[re.Pattern[str], str], ...] = (
    (re.compile(r"[a-z][a-z0-9+.-]{1,20}://\S+", re.IGNORECASE), "<address>"),
    (re.compile(r"[\w.+-]+@[\w-]+\.[\w.-]+"), "<email>"),
    (re.compile(r"\b[0-9a-f]{8}-[0-9a-f]{4}-[0-9a-f]{4}-[0-9a-f]{4}-[0-9a-f]{12}\b", re.IGNORECASE), "<id>"),
    (re.compile(r"\d{4}-\d{2}-\d{2}[T ]\d{2}:\d{2}:\d{2}\S*"), "<time>"),
    (re.compile(r"\b\d{1,3}(?:\.\d{1,3}){3}(?::\d+)?\b"), "<ip>"),
    (re.compile(r"\b0x[0-9a-f]+\b|\b(?=[a-f]*\d)[0-9a-f]{8,}\b", re.IGNORECASE), "<id>"),
    (re.compile(r"\"[^\"]{0,500}\"|(?<!\w)'[^']{0,500}'(?!\w)"), "<text>"),
    (re.compile(r"(?<![\w<])(?:/[\w.@%+-]+){2,}/?"), "<path>"),
    (re.compile(r"\b(password|token|secret|api[_-]?key|authorization)(\s*[=:]\s*)\S+", re.IGNORECASE), r"\1\2<secret>"),
    (re.compile(r"[+-]?\d+(?:[.,:]\d+)*"), "<n>"),
)
_LOOKED_AT, _LONGEST = 1000, 200


def template_of(message: str) -> str:
    """The message with addresses, ids, times, numbers, quoted words and secrets masked, on one line."""
    message = message[:_LOOKED_AT]
    for written, mask in _MASKS:
        message = written.sub(mask, message)
    return " ".join(message.split())[:_LONGEST]
