"""Reading what the check programs print, including when they could not check at all."""

from typing import Any

import pytest
from wrenchai_journey.portfolio.checks.accessibility import accessibility_report, console_report
from wrenchai_journey.portfolio.checks.html import html_report
from wrenchai_journey.portfolio.checks.layout import layout_report
from wrenchai_journey.portfolio.checks.lighthouse import lighthouse_reports
from wrenchai_journey.portfolio.checks.links import links_report
from wrenchai_journey.portfolio.checks.markdown import markdown_report
from wrenchai_journey.portfolio.checks.pages import file_of, file_paths, one_per_template
from wrenchai_journey.portfolio.checks.report import CheckReport, finding, not_measured
from wrenchai_journey.portfolio.checks.spelling import spelling_report
from wrenchai_journey.portfolio.npm_store import npm_failure


def test_not_measured_is_never_read_as_passed() -> None:
    fact = not_measured("links.lychee", "links", "lychee is not installed").evidence()
    assert not fact.measured
    assert fact.passed == fact.tried == 0
    assert fact.summary == "not measured: lychee is not installed"


def test_a_report_without_trials_must_say_why() -> None:
    report = CheckReport(judge="x", dimension="x", findings=(finding("a", "b", "c"),))
    assert report.evidence().summary


def test_a_finding_is_one_bounded_line_whatever_was_printed() -> None:
    said = finding("a\nb", "\x1brule", "x" * 5000)
    assert "\n" not in said.where
    assert said.rule == "\ufffdrule"
    assert len(said.message) == 400


LYCHEE: dict[str, Any] = {
    "total": 10,
    "excludes": 3,
    "error_map": {
        "/w/root/p/a.html": [{"url": "file:///w/root/p/b", "status": {"text": "File not found"}, "span": {"line": 7}}]
    },
    "timeout_map": {},
}


def test_links_to_other_sites_are_left_out_of_the_count() -> None:
    report = links_report(LYCHEE, root="/w/root", version="1")
    assert (report.passed, report.tried, report.mandatory) == (6, 7, True)
    assert report.findings[0] == finding("p/a.html:7", "broken-link", "p/b: File not found")


def test_a_site_without_inner_links_is_not_measured() -> None:
    report = links_report({**LYCHEE, "total": 3, "error_map": {}}, root="/", version="1")
    assert report.tried == 0
    assert report.summary.startswith("not measured")


def message(rule: str, text: str, selector: str) -> dict[str, Any]:
    return {"ruleId": rule, "message": text, "selector": selector, "line": 3, "column": 4}


DIV_IN_CODE = "<div> element is not permitted as content under <code>"


def test_the_themes_code_blocks_are_excused_and_nothing_else_is() -> None:
    printed = [
        {"filePath": "/s/a.html", "messages": [message("element-permitted-content", DIV_IN_CODE, "pre > code > div")]},
        {"filePath": "/s/b.html", "messages": [message("element-permitted-content", DIV_IN_CODE, "p > code > div")]},
    ]
    report = html_report(printed, pages=("a.html", "b.html", "c.html"), root="/s", version="1")
    assert (report.passed, report.tried) == (2, 3)
    assert [one.where for one in report.findings] == ["b.html:3:4"]
    assert "Docusaurus" in report.excused[0].reason


def test_a_misspelling_counts_against_its_file() -> None:
    report = spelling_report("./a.md:3: teh ==> the\nnoise\n", files=("a.md", "b.md"), version="1")
    assert (report.passed, report.tried, report.findings[0].message) == (1, 2, "teh: the")


@pytest.mark.parametrize(
    "line",
    ["a.md:3:4 error MD009/no-trailing-spaces Trailing spaces", "a.md:3 MD022/blanks Headings should be surrounded"],
)
def test_both_spellings_of_markdownlint_are_read(line: str) -> None:
    report = markdown_report([line, "Summary: 1 error"], files=("a.md",), version="1")
    assert (report.passed, report.tried, len(report.findings)) == (0, 1, 1)


def run_of(path: str, *, violations: int = 0, console: tuple[str, ...] = ()) -> dict[str, Any]:
    found = [{"id": "image-alt", "impact": "critical", "help": "h", "count": 2, "nodes": ["img"]}] * violations
    return {"path": path, "scheme": "dark", "violations": found, "console": list(console)}


def test_pages_are_counted_once_however_many_violations_they_have() -> None:
    runs = [run_of("/a", violations=3), run_of("/b", console=("oops",))]
    axe, console = (make(runs, planned=2, version="1") for make in (accessibility_report, console_report))
    assert (axe.passed, axe.tried, len(axe.findings)) == (1, 2, 3)
    assert (console.passed, console.tried) == (1, 2)
    assert axe.findings[0].message == "critical: h; 2 times, first img"


def test_pages_that_were_not_reached_in_time_do_not_count() -> None:
    report = accessibility_report([run_of("/a")], planned=74, version="1")
    assert (report.passed, report.tried) == (1, 1)
    assert "1 page run of 74 planned, then time was up" in report.summary
    assert accessibility_report([], planned=74, version="1").summary.startswith("not measured")
    assert layout_report([], planned=3, version="1").summary.startswith("not measured")


LIGHTHOUSE: dict[str, Any] = {
    "lighthouseVersion": "13",
    "categories": {
        "seo": {
            "score": 0.5,
            "auditRefs": [{"id": i, "weight": w} for i, w in (("a", 1), ("b", 1), ("c", 0), ("d", 1))],
        }
    },
    "audits": {
        "a": {"id": "a", "score": 1, "title": "A"},
        "b": {"id": "b", "score": 0.4, "title": "B", "displayValue": "3 s"},
        "c": {"id": "c", "score": 0, "title": "C"},
        "d": {"id": "d", "score": None, "title": "D"},
    },
}


def test_only_audits_that_weigh_and_apply_are_counted() -> None:
    (report,) = lighthouse_reports(LIGHTHOUSE)
    assert (report.dimension, report.passed, report.tried) == ("seo", 1, 2)
    assert report.findings[0].message == "B: 3 s"


def test_each_category_is_a_judge_and_all_see_with_lighthouse_s_eyes_but_the_one_that_axe_measures() -> None:
    categories = dict.fromkeys(("performance", "accessibility", "seo"), LIGHTHOUSE["categories"]["seo"])
    reports = [one.evidence().report for one in lighthouse_reports({**LIGHTHOUSE, "categories": categories})]
    assert [(one.judge, one.family, one.version) for one in reports if one is not None] == [
        ("lighthouse.performance", "lighthouse", "13"),
        ("lighthouse.accessibility", "accessibility", "13"),
        ("lighthouse.seo", "lighthouse", "13"),
    ]


def test_a_category_where_nothing_applied_is_not_measured() -> None:
    categories: dict[str, Any] = {"seo": {"score": None, "auditRefs": []}}
    (report,) = lighthouse_reports({**LIGHTHOUSE, "categories": categories})
    assert report.evidence().summary.startswith("not measured")


def test_a_page_that_lighthouse_could_not_load_is_an_error() -> None:
    with pytest.raises(ValueError, match="NO_FCP"):
        lighthouse_reports({"runtimeError": {"message": "NO_FCP"}})


def test_paths_and_files_belong_together() -> None:
    files = ["index.html", "a/index.html", "b.html", "404.html"]
    assert file_paths(files, "/p/") == ("/p/404.html", "/p/a/", "/p/b.html", "/p/")
    assert sorted(file_of(path, "/p/") for path in file_paths(files, "/p/")) == sorted(files)
    assert file_of("/p/a/", "/p/") == "a/index.html"
    assert file_of("/p/", "/p/") == "index.html"
    assert file_of("/p/b.html", "/p/") == "b.html"


def test_pages_of_one_template_are_looked_at_once() -> None:
    def page(doc: str) -> str:
        return f'<html lang=en class="docs-wrapper plugin-docs docs-doc-id-{doc}">'

    pages = [("/p/", "<html>"), ("/p/a/", page("a")), ("/p/b/", page("b")), ("/p/a/c/", page("c"))]
    assert one_per_template([*pages, ("/p/404.html", page("d"))]) == ("/p/", "/p/a/", "/p/a/c/", "/p/404.html")


@pytest.mark.parametrize(
    ("tail", "kind", "retryable"),
    [
        ("npm error code ENOTFOUND\nnpm error network", "npm_unreachable", True),
        ("npm error code ECONNREFUSED", "npm_unreachable", True),
        ("npm error code ENOSPC", "disk_full", False),
        ("npm error code EINTEGRITY", "npm_failed", False),
        ("Killed", "npm_failed", False),
    ],
)
def test_only_an_unreachable_registry_deserves_another_try(tail: str, kind: str, *, retryable: bool) -> None:
    failed = npm_failure(tail)
    assert (failed.kind, failed.retryable) == (kind, retryable)
