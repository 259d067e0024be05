"""Findings that are known, not ours to mend, and accepted with a reason; pure."""

import re
from collections.abc import Iterable, Sequence
from dataclasses import dataclass

from wrenchai_journey.portfolio.checks.report import Excused, Finding


@dataclass(frozen=True, slots=True)
class Allowed:
    """A rule that may be broken where `where` and `message` match, and why."""

    rule: str
    where: str
    message: str
    reason: str

    def covers(self, finding: Finding) -> bool:
        """Whether this finding is the known one."""
        return (
            finding.rule == self.rule
            and re.search(self.where, finding.where) is not None
            and re.search(self.message, finding.message) is not None
        )


def sort_out(
    findings: Iterable[Finding], allowed: Sequence[Allowed]
) -> tuple[tuple[Finding, ...], tuple[Excused, ...]]:
    """Split findings into those that count and those that are excused."""
    count: list[Finding] = []
    excused: list[Excused] = []
    for finding in findings:
        reason = next((known.reason for known in allowed if known.covers(finding)), None)
        if reason is None:
            count.append(finding)
        else:
            excused.append(Excused(finding=finding, reason=reason))
    return tuple(count), tuple(excused)
