"""The kinds of fields a form has: addresses, paths, lines and running text, each with its rule; pure."""

from typing import Annotated
from urllib.parse import SplitResult, urlsplit

from pydantic import AfterValidator, BeforeValidator, Field, StringConstraints

from wrenchai_journey.portfolio.content import BasePath

JOINERS = frozenset("\u200c\u200d")


def web_address(address: str) -> str:
    """Refuse everything that a browser and a fetcher could read in two ways.

    Raises ValueError with the reason.
    """
    if any(sign.isspace() or not sign.isprintable() for sign in address):
        return _refuse("must not contain spaces or control characters")
    parts = urlsplit(address)
    if parts.scheme not in {"http", "https"}:
        return _refuse("must begin with http:// or https://")
    if not parts.hostname or not _has_usable_port(parts):
        return _refuse("names no host that could be reached")
    if "@" in parts.netloc or "\\" in address:
        return _refuse("must not contain a user name, a password or a backslash")
    return address


def origin(address: str) -> str:
    """Scheme and host of an address; raises ValueError where it has more."""
    parts = urlsplit(web_address(address))
    if parts.path.strip("/") or parts.query or parts.fragment:
        return _refuse("must be scheme and host only; put the path into site.base_url")
    return f"{parts.scheme}://{parts.netloc}"


def _has_usable_port(parts: SplitResult) -> bool:
    try:
        return parts.port is None or parts.port > 0
    except ValueError:
        return False


def _refuse(reason: str) -> str:
    raise ValueError(reason)


def _repository(address: str) -> str:
    return web_address(address).rstrip("/").removesuffix(".git")


def _with_slashes(path: object) -> object:
    return f"/{path.strip('/')}/".replace("//", "/") if isinstance(path, str) else path


def _without_steps_up(path: str) -> str:
    return path if {".", ".."}.isdisjoint(path.split("/")) else _refuse("must not contain . or .. as a part")


def _printable(text: str) -> str:
    """Refuse control signs and those that turn the direction of text; joiners are part of scripts and emoji."""
    if all(sign.isprintable() or sign in JOINERS for sign in text):
        return text
    return _refuse("must not contain control characters")


def _on_one_line(value: object) -> object:
    """Numbers may be written without quotes in YAML; a folded line counts as one line."""
    if isinstance(value, int | float) and not isinstance(value, bool):
        return str(value)
    return " ".join(value.split()) if isinstance(value, str) else value


def _as_paragraphs(text: object) -> object:
    """Split running text at blank lines; a list is taken as paragraphs already."""
    if not isinstance(text, str):
        return text
    blocks = (" ".join(block.split()) for block in text.replace("\r\n", "\n").split("\n\n"))
    return [block for block in blocks if block]


def _as_items(text: object) -> object:
    return [text] if isinstance(text, str) else text


def _as_commands(text: object) -> object:
    return [line.strip() for line in text.splitlines() if line.strip()] if isinstance(text, str) else text


def _as_facts(facts: object) -> object:
    """Take `{License: MIT}` as well as a list of labels and values."""
    if not isinstance(facts, dict):
        return facts
    return [{"label": label, "value": value} for label, value in facts.items()]


WebLink = Annotated[str, StringConstraints(max_length=2000), AfterValidator(web_address)]
Repository = Annotated[str, StringConstraints(max_length=2000), AfterValidator(_repository)]
SiteOrigin = Annotated[str, StringConstraints(max_length=255), AfterValidator(origin)]
SitePath = Annotated[BasePath, AfterValidator(_without_steps_up)]
"""A base path; `.` and `..` are no names in it, so it can be joined to a directory."""

Domain = Annotated[
    str,
    StringConstraints(
        pattern=r"(?i)^([a-z0-9]([a-z0-9-]{0,61}[a-z0-9])?\.)+[a-z]([a-z0-9-]{0,61}[a-z0-9])?$", max_length=253
    ),
    AfterValidator(str.lower),
]
"""A host name with a dot in it, and nothing else: it becomes a file's only line."""

WithSlashes = BeforeValidator(_with_slashes)
LocalPath = Annotated[str, StringConstraints(min_length=1, max_length=1000), AfterValidator(_printable)]

_LINE = (AfterValidator(_printable), BeforeValidator(_on_one_line))
Label = Annotated[str, StringConstraints(min_length=1, max_length=60), *_LINE]
Name = Annotated[str, StringConstraints(min_length=1, max_length=120), *_LINE]
Headline = Annotated[str, StringConstraints(min_length=1, max_length=200), *_LINE]
Statement = Annotated[str, StringConstraints(min_length=1, max_length=2000), *_LINE]

Text = Annotated[tuple[Statement, ...], BeforeValidator(_as_paragraphs), Field(max_length=40)]
"""Running text: one string with blank lines between paragraphs, or a list of paragraphs."""

Items = Annotated[tuple[Statement, ...], BeforeValidator(_as_items), Field(max_length=40)]
"""A list of statements; one string is a list of one."""

Commands = Annotated[tuple[Statement, ...], BeforeValidator(_as_commands), Field(max_length=20)]
"""Lines to type, in order."""

Labels = Annotated[tuple[Label, ...], BeforeValidator(_as_items), Field(max_length=40)]
FactTable = BeforeValidator(_as_facts)
