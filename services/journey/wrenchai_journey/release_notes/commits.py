"""Reading commits: git's own words, conventional ones and plain; pure."""

import re
from collections.abc import Iterator

from wrenchai_contracts.shape import Frozen

FIELD, RECORD = "\x1f", "\x1e"
FORMAT = "%H%x1f%aN%x1f%cs%x1f%s%x1f%b%x1e"
_CONVENTIONAL = re.compile(r"^(?P<kind>[A-Za-z]{2,12})(?:\((?P<scope>[^()]{1,60})\))?(?P<bang>!)?:\s+(?P<text>\S.*)$")
_KINDS = {
    "feat": "feat", "feature": "feat", "fix": "fix", "bugfix": "fix", "hotfix": "fix", "perf": "perf",
    "docs": "docs", "doc": "docs", "refactor": "refactor", "test": "test", "tests": "test", "build": "build",
    "ci": "build", "chore": "chore", "style": "chore", "revert": "revert", "deps": "build", "security": "security",
}  # fmt: skip
_VERBS = (
    ("revert", r"revert"),
    ("security", r"security|cve-\d+"),
    ("fix", r"fix(es|ed)?|repair|correct|mend|resolve|prevent|avoid|bugfix"),
    ("feat", r"add(s|ed)?|new|support|introduce|implement|allow|offer"),
    ("removed", r"remove(s|d)?|drop(s|ped)?|delete"),
    ("perf", r"speed|faster|optimi[sz]e"),
    ("docs", r"doc(s|ument(ation)?)?|readme|explain"),
    ("test", r"test(s|ed)?"),
    ("build", r"bump|upgrade|update dependenc\w+|pin"),
    ("refactor", r"refactor|rename|move|extract|simplify|split|clean"),
)
_BREAKING = re.compile(r"^BREAKING[ -]CHANGE:\s*(.+?)(?:\n\s*\n|\n[A-Z][\w-]+: |\Z)", re.MULTILINE | re.DOTALL)
_NUMBER = re.compile(r"(?<![\w&])#(\d{1,7})\b")
_TRAILING_NUMBER = re.compile(r"\s*\(#\d{1,7}\)\s*$")


class Commit(Frozen):
    """One commit as the notes need it: `breaking` says what it breaks, in its author's words."""

    sha: str
    author: str
    day: str
    kind: str
    scope: str | None = None
    text: str
    breaking: str | None = None
    numbers: tuple[int, ...] = ()


def commits_in(log: str) -> Iterator[Commit]:
    """Read what git printed in `FORMAT`, in its order."""
    for record in log.split(RECORD):
        parts = record.lstrip("\n").split(FIELD, 4)
        if len(parts) == 5:  # noqa: PLR2004  # the fields of FORMAT
            sha, author, day, subject, body = parts
            yield _commit(sha, author, day, " ".join(subject.split()), body)


def _commit(sha: str, author: str, day: str, subject: str, body: str) -> Commit:
    kind, scope, text, bang = _read(subject)
    broken = _BREAKING.search(body)
    why = " ".join(broken[1].split()) if broken else text if bang else None
    numbers = tuple(dict.fromkeys(int(number) for number in _NUMBER.findall(subject)))
    return Commit(
        sha=sha, author=" ".join(author.split()), day=day, kind=kind, scope=scope,
        text=_sentence(_TRAILING_NUMBER.sub("", text)), breaking=_sentence(why) if why else None, numbers=numbers,
    )  # fmt: skip


def _read(subject: str) -> tuple[str, str | None, str, bool]:
    """Kind, scope, text and whether it breaks; a word before a colon that is no kind is part of the text."""
    said = _CONVENTIONAL.match(subject)
    if said and said["kind"].lower() in _KINDS:
        return _KINDS[said["kind"].lower()], said["scope"], said["text"], said["bang"] is not None
    kinds = (kind for kind, verbs in _VERBS if re.match(rf"(?:{verbs})\b", subject, re.IGNORECASE))
    return next(kinds, "other"), None, subject, False


def _sentence(text: str) -> str:
    """With a capital at its beginning and no full stop at its end."""
    text = text.strip().rstrip(".")
    return text[:1].upper() + text[1:] if text else "(no subject)"
