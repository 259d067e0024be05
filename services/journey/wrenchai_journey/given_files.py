"""A file or directory of this machine that the inputs of a task name: found, allowed, readable, or a reason why not."""

from pathlib import Path
from typing import IO

from wrenchai_journey.portfolio.project_directory import project_directory
from wrenchai_journey.tool import ToolFailed

_LOOKED_AT = 8192
_WIDE = (b"\xff\xfe", b"\xfe\xff")
"""How UTF-16 and UTF-32 begin: their NUL bytes are text."""

_TEXT = bytes([*range(9, 14), 27, *range(32, 256)])
"""Bytes that text has in some encoding: no controls but white space and escape, with which colours begin."""


def given_file(path: str, *, base: str | None, field: str) -> Path:
    """Find the file that an input means; relative paths start at `base`, where the inputs' own file lies.

    Raises ToolFailed, naming the field, when there is none, when it is empty, or outside the allowed roots.
    """
    written = Path(path).expanduser()
    if not written.is_absolute() and base is None:
        raise _refused(field, path, "is relative, but where it begins is not known; write it in full")
    file = (Path(base or "/") / written).resolve()
    if not file.is_file():
        raise _refused(field, path, "is a directory, not a file" if file.is_dir() else "is no file on this machine")
    project_directory(str(file.parent), base=None, field=field)
    if file.stat().st_size == 0:
        raise _refused(field, path, "is empty")
    return file


def refuse_binary(file: Path, *, path: str, field: str) -> None:
    """Raise ToolFailed for a file whose beginning is no text; a stray NUL byte among text is borne."""
    with file.open("rb") as opened:
        if is_binary(opened):
            raise _refused(field, path, "is binary, not text")


def is_binary(opened: IO[bytes]) -> bool:
    """Whether the next bytes are no text: too many control bytes for any encoding without a byte order mark."""
    beginning = opened.read(_LOOKED_AT)
    if beginning.startswith(_WIDE):
        return False
    odd = len(beginning.translate(None, delete=_TEXT))
    return odd * 20 > len(beginning)


def read_text(file: Path, *, most: int, path: str, field: str) -> str:
    """The whole text of a file in UTF-8 (or with a byte order mark); raises ToolFailed when it is none, or too long."""
    refuse_binary(file, path=path, field=field)
    if (size := file.stat().st_size) > most:
        raise _refused(field, path, f"has {size} bytes; the most is {most}")
    content = file.read_bytes()
    try:
        return content.decode("utf-16" if content.startswith(_WIDE) else "utf-8-sig")
    except UnicodeDecodeError as wrong:
        raise _refused(field, path, f"is not UTF-8 text (byte {wrong.start}); save it as UTF-8") from wrong


def _refused(field: str, path: str, reason: str) -> ToolFailed:
    return ToolFailed(f"{field}: {path!r} {reason}", kind="bad_input")
