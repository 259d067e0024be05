"""An audit's report in Markdown: what was found, what was measured, and what was not; pure."""

from collections.abc import Iterator, Mapping, Sequence

from wrenchai_journey.portfolio.checks.report import CheckReport, Finding, counted
from wrenchai_journey.repository_audit.checkout import Checkout

FAILED = "the check itself failed; the task's page says why"
MAX_LISTED = 200
Checks = Mapping[str, Sequence[CheckReport] | None]
"""What each check said; None for one that failed."""


def findings_of(checks: Checks) -> dict[str, int]:
    """How many findings each check has."""
    return {name: sum(len(one.findings) for one in reports or ()) for name, reports in checks.items()}


def not_measured_of(checks: Checks) -> tuple[str, ...]:
    """The checks of which nothing is known."""
    return tuple(name for name, reports in checks.items() if not any(one.tried for one in reports or ()))


def headline(checkout: Checkout, checks: Checks) -> str:
    """One sentence that says how the repository stands."""
    found, missing = sum(findings_of(checks).values()), not_measured_of(checks)
    measured = f"{counted(found, 'finding')} in {counted(len(checks) - len(missing), 'measured check')}"
    left_out = f"; not measured: {', '.join(missing)}" if missing else ""
    return f"{checkout.source} at {checkout.commit[:12]}: {measured}{left_out}"


def markdown(checkout: Checkout, checks: Checks) -> str:
    """The whole report."""
    return (
        "\n".join([*_beginning(checkout, checks), *(line for name in checks for line in _check(name, checks))]) + "\n"
    )


def _beginning(checkout: Checkout, checks: Checks) -> Iterator[str]:
    yield "# Repository audit"
    yield ""
    yield headline(checkout, checks) + "."
    yield ""
    yield f"{counted(checkout.files, 'file')}, {checkout.python_files} of them Python."
    for note in checkout.notes:
        yield f"Note: {note}."
    yield ""
    yield "| check | passed | tried | what it says |"
    yield "| --- | ---: | ---: | --- |"
    for name, reports in checks.items():
        for one in reports or ():
            yield f"| {name} | {one.passed} | {one.tried} | {_cell(one.evidence().summary)} |"
        if not reports:
            yield f"| {name} | 0 | 0 | not measured: {FAILED} |"


def _check(name: str, checks: Checks) -> Iterator[str]:
    findings = [found for one in checks[name] or () for found in one.findings]
    if findings:
        yield ""
        yield f"## {name.capitalize()}"
        yield ""
        yield from (_line(found) for found in findings[:MAX_LISTED])
        if len(findings) > MAX_LISTED:
            yield f"- … and {len(findings) - MAX_LISTED} more in the JSON report"


def _line(found: Finding) -> str:
    return f"- `{found.where.replace('`', '')}` {found.rule}: {_cell(found.message)}"


def _cell(text: str) -> str:
    return text.replace("|", "\\|").replace("<", "&lt;")
