"""JSON bytes that Postgres will take: it has no place for the character U+0000, which JSON may write as an escape."""

import re

_ESCAPED_NUL = re.compile(rb"(?<!\\)((?:\\\\)*)\\u0000")


def storable(json: bytes) -> bytes:
    r"""`json` with every escaped U+0000 replaced by U+FFFD; `\\u0000`, an escaped backslash before text, stays."""
    return _ESCAPED_NUL.sub(rb"\1\\ufffd", json) if rb"\u0000" in json else json
