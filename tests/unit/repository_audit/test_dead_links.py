"""Links that do not work are told from a network that does not."""

from typing import Any

from wrenchai_journey.repository_audit.dead_links import elsewhere_report, inside_report

ROOT = "/work/river"


def printed(*statuses: dict[str, Any], successful: int = 0, excludes: int = 0) -> dict[str, Any]:
    broken = [
        {"url": f"https://x.test/{n}", "status": status, "span": {"line": n}} for n, status in enumerate(statuses)
    ]
    total = len(statuses) + successful + excludes
    return {"total": total, "successful": successful, "excludes": excludes, "error_map": {f"{ROOT}/a.md": broken}}


GONE = {"text": "404 Not Found", "code": 404}
SILENT = {"text": "Network error: Connection failed"}


def test_a_site_that_says_no_is_a_dead_link() -> None:
    report = elsewhere_report(printed(GONE), root=ROOT, version="1")
    assert (report.passed, report.tried, report.judge) == (0, 1, "links.elsewhere")
    assert report.family == "links", "the same program has read the same documents"
    assert report.findings[0].where == "a.md:0"


def test_one_silent_site_among_others_is_a_dead_link() -> None:
    report = elsewhere_report(printed(SILENT, successful=3), root=ROOT, version="1")
    assert (report.passed, report.tried) == (3, 4)


def test_when_every_site_is_silent_nothing_was_measured() -> None:
    report = elsewhere_report(printed(SILENT, SILENT), root=ROOT, version="1")
    assert (report.tried, report.findings) == (0, ())
    assert report.summary == "not measured: 2 links: no other site could be reached from here"


def test_inside_the_repository_a_missing_file_is_dead_and_other_sites_are_left_out() -> None:
    report = inside_report(printed({"text": "File not found"}, successful=1, excludes=5), root=ROOT, version="1")
    assert (report.passed, report.tried, report.mandatory) == (1, 2, False)
    assert report.summary == "2 links, 1 dead; 5 to other sites left out"


def test_without_links_nothing_was_measured() -> None:
    assert inside_report(printed(excludes=2), root=ROOT, version="1").tried == 0
    assert elsewhere_report(printed(excludes=2), root=ROOT, version="1").tried == 0
