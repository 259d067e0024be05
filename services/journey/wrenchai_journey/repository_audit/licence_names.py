"""Naming the licence of an installed distribution from its own metadata; pure."""

import re
from collections.abc import Iterable, Sequence
from typing import Protocol

from wrenchai_contracts.shape import Frozen

from wrenchai_journey.portfolio.checks.report import CheckReport, Finding, counted, finding
from wrenchai_journey.portfolio.licenses import license_fact
from wrenchai_journey.portfolio.manifests import pyproject_facts

LICENCES, DIMENSION = "licences.metadata", "licences"
_CLASSIFIED = {
    "MIT License": "MIT", "MIT No Attribution License (MIT-0)": "MIT-0", "Apache Software License": "Apache-2.0",
    "BSD License": "BSD", "ISC License (ISCL)": "ISC", "Mozilla Public License 2.0 (MPL 2.0)": "MPL-2.0",
    "Python Software Foundation License": "PSF-2.0", "The Unlicense (Unlicense)": "Unlicense",
    "GNU General Public License v2 (GPLv2)": "GPL-2.0", "GNU General Public License v3 (GPLv3)": "GPL-3.0",
    "GNU General Public License v2 or later (GPLv2+)": "GPL-2.0-or-later",
    "GNU General Public License v3 or later (GPLv3+)": "GPL-3.0-or-later",
    "GNU Lesser General Public License v3 (LGPLv3)": "LGPL-3.0",
    "GNU Lesser General Public License v3 or later (LGPLv3+)": "LGPL-3.0-or-later",
    "GNU Lesser General Public License v2 or later (LGPLv2+)": "LGPL-2.0-or-later",
    "GNU Affero General Public License v3": "AGPL-3.0",
    "GNU Affero General Public License v3 or later (AGPLv3+)": "AGPL-3.0-or-later",
    "zlib/libpng License": "Zlib", "Zope Public License": "ZPL",
}  # fmt: skip
_SHORT = 60


class Licence(Frozen):
    """What one thing is licensed under; `name` is None when that is not known, and `source` says why."""

    subject: str
    name: str | None
    source: str
    place: str = ""


class Metadata(Protocol):
    """The headers of a distribution, as `importlib.metadata` gives them."""

    def get_all(self, name: str) -> Sequence[str] | None:
        """All values of one header."""


def licence_in(metadata: Metadata, texts: Iterable[tuple[str, str]]) -> tuple[str, str] | None:
    """Name and source: the expression, else the classifiers, else the header if short, else a licence file's words."""
    if expression := _first(metadata, "License-Expression"):
        return expression, "License-Expression"
    if classified := _classified(metadata):
        return " AND ".join(classified), "classifiers"
    written = " ".join(_first(metadata, "License").split())
    if written and len(written) <= _SHORT and written.upper() != "UNKNOWN":
        return written, "License"
    named = (license_fact(text, file=file) for file, text in texts)
    return next(((str(fact.value), fact.source) for fact in named if fact), None)


def own_licence(manifest: str, texts: Iterable[tuple[str, str]]) -> Licence:
    """The repository's: its licence file's words, else what `pyproject.toml` says."""
    facts = [fact for file, text in texts if (fact := license_fact(text, file=file))]
    facts += [fact for fact in pyproject_facts(manifest) if fact.name == "license"]
    if facts:
        return Licence(subject="this repository", name=str(facts[0].value), source=facts[0].source)
    return Licence(subject="this repository", name=None, source="no licence file and no licence in pyproject.toml")


def licences_report(own: Licence, others: Sequence[Licence], *, refused: Sequence[str], where: str) -> CheckReport:
    """Count the known licences that are not refused; a dependency without metadata here was not measured."""
    measured = [own, *(one for one in others if one.source != NOT_INSTALLED)]
    left_out = sorted({one.subject for one in others if one.source == NOT_INSTALLED})
    findings = [found for one in measured for found in _wrong(one, refused)]
    said = f"{counted(len(measured), 'licence')} looked at ({where}), {len(findings)} unknown or refused"
    missing = f"; not measured, as they are not installed there: {', '.join(left_out)}" if left_out else ""
    return CheckReport(
        judge=LICENCES, judge_version="1", dimension=DIMENSION, passed=len(measured) - len(findings),
        tried=len(measured), summary=said + missing, findings=tuple(findings),
    )  # fmt: skip


NOT_INSTALLED = "not installed"


def is_refused(licence: str, refused: Sequence[str]) -> bool:
    """Whether every alternative (`OR`) has a part that is refused; `-only` and `-or-later` are the same licence."""
    refused_names = {_family(name) for name in refused}
    alternatives = re.split(r"\s+OR\s+|/", licence, flags=re.IGNORECASE)
    return all(
        any(
            _family(part) in refused_names for part in re.split(r"\s+AND\s+|\s+WITH\s+|[(),]", one, flags=re.IGNORECASE)
        )
        for one in alternatives
    )


def _wrong(licence: Licence, refused: Sequence[str]) -> Iterable[Finding]:
    if licence.name is None:
        yield finding(licence.place or licence.subject, "unknown-licence", f"{licence.subject}: {licence.source}")
    elif licence.subject != "this repository" and is_refused(licence.name, refused):
        yield finding(licence.place, "refused-licence", f"{licence.subject} is under {licence.name} ({licence.source})")


def _family(name: str) -> str:
    return re.sub(r"-(only|or-later)$|\+$", "", name.strip()).upper()


def _first(metadata: Metadata, header: str) -> str:
    return next(iter(metadata.get_all(header) or ()), "").strip()


def _classified(metadata: Metadata) -> list[str]:
    labels = (line.split("::") for line in metadata.get_all("Classifier") or () if line.startswith("License ::"))
    names = [parts[-1].strip() for parts in labels]
    return [_CLASSIFIED.get(name, name) for name in names if name != "OSI Approved"]
