"""How exactly dependencies are declared, and whether an index knows newer ones; pure."""

import re
from collections.abc import Iterator, Mapping, Sequence

from packaging.requirements import InvalidRequirement, Requirement
from packaging.version import InvalidVersion, Version

from wrenchai_journey.portfolio.checks.report import CheckReport, Finding, counted, finding, not_measured
from wrenchai_journey.repository_audit.declared import Declared, Found, Unreadable

PINS, PINS_DIMENSION = "pins.declared", "pins"
OUTDATED, OUTDATED_DIMENSION = "outdated.index", "outdated"
_EXACT_COMMIT = re.compile(r"@[0-9a-f]{40}\b|#sha256=|#.*\bsha256=")
_WHEEL = re.compile(r"\.(whl|tar\.gz|zip)\b")


def pins_report(found: Sequence[Found], *, locks: Sequence[str], notes: Sequence[str] = ()) -> CheckReport:
    """Count declarations that say enough: exact in requirements files, with a bound elsewhere."""
    findings = [one for declared in found for one in _loose(declared)]
    said = [f"{counted(len(found), 'declaration')}, {len(findings)} too loose or unreadable"]
    said += [f"locked by {', '.join(locks)}"] if locks else ["no lock file at the top"]
    if not found:
        return not_measured(PINS, PINS_DIMENSION, "; ".join(["no declared dependency was found", *notes]))
    return CheckReport(
        judge=PINS, judge_version="1", dimension=PINS_DIMENSION, passed=len(found) - len(findings), tried=len(found),
        summary="; ".join([*said, *notes]), findings=tuple(findings),
    )  # fmt: skip


def _loose(found: Found) -> Iterator[Finding]:
    """At most one finding for each declaration."""
    if isinstance(found, Unreadable):
        yield finding(found.place, "unreadable", found.reason)
        return
    asked = _requirement(found.written)
    if asked is not None and asked.url:
        if not _EXACT_COMMIT.search(asked.url) and not _WHEEL.search(asked.url):
            yield finding(found.place, "moving", f"{found.name}: its address names no commit and no hash")
    elif found.listed and not (asked and _is_exact(asked)):
        yield finding(found.place, "unpinned", f"{found.written}: a requirements file should say name==version")
    elif not found.listed and found.written.partition(" ")[2] == "" and asked is not None and not asked.specifier:
        yield finding(found.place, "unbounded", f"{found.name}: any version is allowed; say at least the lowest")


def _requirement(written: str) -> Requirement | None:
    """None for Poetry's own ranges."""
    try:
        return Requirement(written)
    except InvalidRequirement:
        return None


def _is_exact(asked: Requirement) -> bool:
    return any(one.operator in {"==", "==="} and not one.version.endswith(".*") for one in asked.specifier)


def newest_of(versions: Sequence[str]) -> Version | None:
    """The newest version that is no pre-release; None when there is none."""
    known = [version for text in versions if (version := _version(text)) and not version.is_prerelease]
    return max(known, default=None)


def outdated_report(
    declared: Sequence[Declared], newest: Mapping[str, Version], *, unknown: Mapping[str, str]
) -> CheckReport:
    """Count declarations that allow the newest version the index knows; `unknown` says why a name was not measured."""
    measured = [one for one in declared if one.name in newest]
    findings = [one for each in measured for one in _behind(each, newest[each.name])]
    left_out = [f"{name} ({reason})" for name, reason in sorted(unknown.items())]
    missing = f"not measured: {', '.join(left_out)}" if left_out else ""
    if not measured:
        return not_measured(OUTDATED, OUTDATED_DIMENSION, missing.removeprefix("not measured: ") or "nothing declared")
    said = f"{counted(len(measured), 'declaration')} against the index, {len(findings)} behind"
    return CheckReport(
        judge=OUTDATED, judge_version="1", dimension=OUTDATED_DIMENSION,
        passed=len(measured) - len(findings), tried=len(measured),
        summary="; ".join(filter(None, [said, missing])), findings=tuple(findings),
    )  # fmt: skip


def _behind(declared: Declared, newest: Version) -> Iterator[Finding]:
    asked = _requirement(declared.written)
    if asked is not None and asked.specifier and not asked.specifier.contains(newest):
        yield finding(declared.place, "outdated", f"{declared.written}: the newest is {newest}")


def _version(text: str) -> Version | None:
    try:
        return Version(text)
    except InvalidVersion:
        return None
