"""What a check says: how many trials went well, and each one that did not; pure."""

from collections.abc import Iterable, Sequence
from typing import Annotated

from pydantic import Field
from wrenchai_contracts.evidence import Evidence
from wrenchai_contracts.shape import Frozen
from wrenchai_contracts.shape import Name as ShortName

NOT_MEASURED = "not measured: "
MAX_TEXT = 400

Clipped = Annotated[str, Field(max_length=2000)]


class Finding(Frozen):
    """One thing that is wrong: where, against which rule, and what a person should know."""

    where: Clipped
    rule: Clipped
    message: Clipped


class Excused(Frozen):
    """A finding that is known and accepted, and why."""

    finding: Finding
    reason: str


class CheckReport(Frozen):
    """`passed` of `tried` trials went well, one of one as well as forty of fifty; of none nothing was measured."""

    judge: ShortName
    judge_version: str = "unknown"
    dimension: ShortName
    passed: int = 0
    tried: int = 0
    mandatory: bool = False
    weight: float = 1.0
    family: ShortName | None = None
    summary: str = ""
    findings: tuple[Finding, ...] = ()
    excused: tuple[Excused, ...] = ()

    def evidence(self) -> Evidence:
        """The report as a fact for the log."""
        return Evidence(
            judge=self.judge,
            judge_version=self.judge_version[:40],
            dimension=self.dimension,
            passed=self.passed,
            tried=self.tried,
            mandatory=self.mandatory,
            weight=self.weight,
            scale="tests",
            family=self.family,
            summary=(self.summary or f"{self.passed} of {self.tried} passed")[:500],
        )


def not_measured(judge: str, dimension: str, reason: str) -> CheckReport:
    """Say that a check could not be made; never the same as passed."""
    return CheckReport(judge=judge, dimension=dimension, summary=f"{NOT_MEASURED}{reason}")


def finding(where: object, rule: object, message: object) -> Finding:
    """A finding from what a program printed, each part one bounded line without control signs."""
    return Finding(where=_clipped(where), rule=_clipped(rule), message=_clipped(message))


def trouble_free(places: Iterable[str], findings: Sequence[Finding]) -> int:
    """How many of these places no finding names before its first colon."""
    troubled = {one.where.partition(":")[0] for one in findings}
    return sum(1 for place in places if place not in troubled)


def counted(number: int, noun: str) -> str:
    """`1 page`, `2 pages`."""
    return f"{number} {noun}" if number == 1 else f"{number} {noun}s"


def _clipped(text: object) -> str:
    words = " ".join(str(text).split())[:MAX_TEXT]
    return "".join(sign if sign.isprintable() else "\ufffd" for sign in words)
