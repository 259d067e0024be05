"""Finding secrets in text: known formats, and assignments of values too random to be words; pure.

What is found never leaves this module: a finding has a place, a rule and a fingerprint, from which a person who holds
the secret can tell whether it is that one. The fingerprint is slow to make, so a guess costs an attacker as much.
"""

import hashlib
import math
import re
from collections import Counter
from collections.abc import Iterator
from functools import lru_cache
from pathlib import PurePosixPath
from typing import NamedTuple

EXCUSED = re.compile(r"pragma:\s*allowlist secret", re.IGNORECASE)
"""The words by which people excuse a line; detect-secrets knows the same."""

_FORMATS: tuple[tuple[str, re.Pattern[str]], ...] = (
    ("aws-access-key", re.compile(r"\b((?:AKIA|ASIA)[0-9A-Z]{16})\b")),
    ("github-token", re.compile(r"\b(gh[pousr]_[A-Za-z0-9]{36,255}|github_pat_[A-Za-z0-9_]{60,255})\b")),
    ("gitlab-token", re.compile(r"\b(glpat-[A-Za-z0-9_-]{20,64})\b")),
    ("slack-token", re.compile(r"\b(xox[abposr]-[A-Za-z0-9-]{10,250})\b")),
    ("stripe-key", re.compile(r"\b([rs]k_live_[A-Za-z0-9]{16,247})\b")),
    ("google-api-key", re.compile(r"\b(AIza[A-Za-z0-9_-]{35})\b")),
    ("package-index-token", re.compile(r"\b(pypi-[A-Za-z0-9_-]{50,250}|npm_[A-Za-z0-9]{36})\b")),
    ("model-api-key", re.compile(r"\b(sk-(?:ant-|proj-)?[A-Za-z0-9_-]{32,200})\b")),
    ("json-web-token", re.compile(r"\b(eyJ[A-Za-z0-9_-]{10,2000}\.eyJ[A-Za-z0-9_-]{10,2000}\.[A-Za-z0-9_-]{10,2000})")),
    ("private-key", re.compile(r"(-----BEGIN (?:[A-Z]{2,12} ){0,2}PRIVATE KEY(?: BLOCK)?-----)")),
    ("password-in-address", re.compile(r"\b[a-z][a-z0-9+.-]{1,20}://[^\s:/@'\"]{1,80}:([^\s:/@'\"]{4,100})@[\w.-]+")),
)
_NAME = r"(?:password|passwd|pwd|secret|token|api[_-]?key|access[_-]?key|auth[_-]?key|private[_-]?key|credential)s?"
_QUOTED = re.compile(
    rf"(?i)\b[\w.-]{{0,40}}{_NAME}[\w-]{{0,20}}[\"']?\s{{0,4}}[:=]\s{{0,4}}[\"']([^\"'\s]{{8,200}})[\"']"
)
_BARE = re.compile(
    rf"(?i)^\s*(?:export\s+)?[\w.-]{{0,40}}{_NAME}[\w-]{{0,20}}\s{{0,4}}[:=]\s{{0,4}}([^\"'\s#]{{8,200}})\s*$"
)
_BARE_ENDINGS = frozenset({".env", ".ini", ".cfg", ".properties", ".yaml", ".yml", ".conf"})
_PLACEHOLDER = re.compile(
    r"(?i)example|changeme|change-me|placeholder|dummy|your[_-]|xxx|\*\*\*|^<.*>$|\$\{|\{\{|%\(|^\$|^env[.:]|os\.environ"
)
_LONGEST_LINE = 4000
_RANDOM_ENOUGH = 3.0
"""Bits a sign; English words stay below, tokens of twelve signs and more lie above."""


class Leak(NamedTuple):
    """A secret's place and fingerprint; `excused` when its line says that it is known."""

    path: str
    line: int
    rule: str
    fingerprint: str
    excused: bool


def leaks_in(path: PurePosixPath, text: str) -> Iterator[Leak]:
    """Every secret in a text, one for each line and rule."""
    bare = path.suffix in _BARE_ENDINGS or path.name.startswith(".env")
    for number, line in enumerate(text.splitlines(), start=1):
        for rule, secret in _secrets(line[:_LONGEST_LINE], bare=bare):
            yield Leak(str(path), number, rule, fingerprint(secret), EXCUSED.search(line) is not None)


def entropy(text: str) -> float:
    """Shannon's entropy in bits a sign."""
    return -sum(n / len(text) * math.log2(n / len(text)) for n in Counter(text).values())


@lru_cache(maxsize=4096)
def fingerprint(secret: str) -> str:
    """Twelve hexadecimal signs that only the secret gives, made by scrypt."""
    salt = b"wrenchai repository audit"
    return hashlib.scrypt(secret.encode(errors="replace"), salt=salt, n=2**13, r=8, p=1, dklen=6).hex()


def _secrets(line: str, *, bare: bool) -> Iterator[tuple[str, str]]:
    known = [(rule, match[1]) for rule, written in _FORMATS if (match := written.search(line))]
    known = [(rule, secret) for rule, secret in known if not _PLACEHOLDER.search(secret)]
    yield from known
    assigned = _QUOTED.search(line) or (_BARE.search(line) if bare else None)
    if assigned and not known and _looks_random(assigned[1]):
        yield "assigned-secret", assigned[1]


def _looks_random(value: str) -> bool:
    """No placeholder, no word, no path or call: mixed signs with enough entropy."""
    if _PLACEHOLDER.search(value) or value.startswith(("/", "./", "http")) or set("()[] ") & set(value):
        return False
    mixed = any(sign.isdigit() for sign in value) and any(sign.isalpha() for sign in value)
    return mixed and entropy(value) >= _RANDOM_ENOUGH
