"""An audit's report tells what was found, and what was not measured."""

from wrenchai_journey.portfolio.checks.report import CheckReport, finding, not_measured
from wrenchai_journey.repository_audit import report
from wrenchai_journey.repository_audit.checkout import Checkout

CHECKOUT = Checkout(
    directory="audit/repository", source="river", commit="a" * 40, files=7, python_files=1, notes=("one commit only",)
)
CHECKS: report.Checks = {
    "links": [
        CheckReport(
            judge="links.lychee",
            dimension="links",
            passed=3,
            tried=4,
            findings=(finding("README.md:3", "broken-link", "docs/gone.md | not found"),),
        )
    ],
    "outdated": [not_measured("outdated.index", "outdated", "no index was named")],
    "secrets": None,
}


def test_the_headline_counts_findings_and_names_what_was_not_measured() -> None:
    said = report.headline(CHECKOUT, CHECKS)
    assert said == "river at aaaaaaaaaaaa: 1 finding in 1 measured check; not measured: outdated, secrets"


def test_a_check_that_failed_stands_in_the_table_as_not_measured() -> None:
    text = report.markdown(CHECKOUT, CHECKS)
    assert "| secrets | 0 | 0 | not measured: the check itself failed" in text
    assert "| links | 3 | 4 |" in text
    assert "Note: one commit only." in text


def test_a_finding_is_listed_with_its_place_and_cannot_break_the_table() -> None:
    assert "- `README.md:3` broken-link: docs/gone.md \\| not found" in report.markdown(CHECKOUT, CHECKS)


def test_findings_are_counted_by_check() -> None:
    assert report.findings_of(CHECKS) == {"links": 1, "outdated": 0, "secrets": 0}
