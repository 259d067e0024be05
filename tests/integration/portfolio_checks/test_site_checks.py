"""Each check finds the one defect put into a sound site, and nothing in the sound one."""

import json
from typing import Any

import pytest
from wrenchai_journey.portfolio.checks.browser_session import BrowserInputs
from wrenchai_journey.portfolio.checks.built_site import SiteInputs
from wrenchai_journey.portfolio.checks.sources import SourceInputs
from wrenchai_journey.tool import ToolFailed
from wrenchai_journey.tools.check_html import check_html
from wrenchai_journey.tools.check_links import check_links
from wrenchai_journey.tools.check_markdown import check_markdown
from wrenchai_journey.tools.check_spelling import check_spelling


def rules(verdict: Any) -> set[str]:
    return {finding.rule for finding in verdict.findings}


def test_a_sound_site_has_only_good_links(run: Any, site: Any) -> None:
    verdict = check_links.run(SiteInputs(**site.inputs), run)
    assert verdict.findings == ()
    fact = run.fact("links")
    assert fact.passed == fact.tried > 0
    assert fact.judge_version != "unknown"


def test_a_style_sheet_is_not_read_for_links(run: Any, site: Any) -> None:
    before = check_links.run(SiteInputs(**site.inputs), run).results
    css = "a { background: url(data:image/svg+xml,%3Csvg/%3E) } b { background: url(data:;base64,AAAA) url(gone.png) }"
    (site.directory / "site.css").write_text(css)
    verdict = check_links.run(SiteInputs(**site.inputs), run)
    assert verdict.findings == ()
    assert verdict.results == before


@pytest.mark.parametrize(
    ("body", "said"),
    [
        ('<a href="/portfolio/gone/">x</a>', "portfolio/gone"),
        ('<a href="../#nowhere">x</a>', "portfolio#nowhere"),
        ('<img src="/portfolio/gone.png" alt="">', "portfolio/gone.png"),
        ('<a href="/outside-the-base/">x</a>', "outside-the-base"),
    ],
)
def test_a_broken_link_is_found_with_its_page(run: Any, site: Any, body: str, said: str) -> None:
    site.page("broken/", "Broken", body)
    verdict = check_links.run(SiteInputs(**site.inputs), run)
    (found,) = verdict.findings
    assert found.where.startswith("portfolio/broken/index.html:")
    assert said in found.message
    assert run.fact("links").passed == run.fact("links").tried - 1


def test_a_site_at_the_root_is_checked_too(run: Any, site: Any) -> None:
    site.page("", "Home", '<a href="/work/">ok</a> <a href="/gone/">broken</a>')
    site.page("work/", "Work", '<a href="/">home</a>')
    (found,) = check_links.run(SiteInputs(site="built", base_url="/"), run).findings
    assert found.message.startswith("gone")


def test_the_links_report_is_kept_as_an_artifact_of_the_evidence(run: Any, site: Any) -> None:
    check_links.run(SiteInputs(**site.inputs), run)
    artifact = run.fact("links").artifact
    assert artifact is not None
    assert json.loads(run.kept[artifact.name])[0]["judge"] == "links.lychee"


def test_a_site_that_was_not_built_is_a_clear_failure(run: Any) -> None:
    with pytest.raises(ToolFailed, match="no built site in 'nothing'"):
        check_links.run(SiteInputs(site="nothing"), run)


def test_a_site_outside_the_workspace_is_refused(run: Any, tmp_path: Any) -> None:
    (tmp_path / "elsewhere").mkdir()
    (run.workspace / "way-out").symlink_to(tmp_path / "elsewhere")
    for way in ("../elsewhere", "way-out", str(tmp_path / "elsewhere")):
        with pytest.raises(ToolFailed, match="leads out of the task's workspace"):
            check_links.run(SiteInputs(site=way), run)


def test_invalid_html_is_found_and_lowers_only_its_own_page(warm: Any, site: Any) -> None:
    site.page("broken/", "Broken", '<p id="a">one</p><p id="a">two</p>')
    verdict = check_html.run(SiteInputs(**site.inputs), warm)
    assert rules(verdict) == {"no-dup-id"}
    assert (warm.fact("html").passed, warm.fact("html").tried) == (2, 3)


def test_a_misspelling_is_found_with_its_line(run: Any) -> None:
    texts = run.workspace / "texts"
    texts.mkdir()
    (texts / "good.md").write_text("# Rivers\n\nAll is well.\n")
    (texts / "bad.md").write_text("# Rivers\n\nWe recieve data.\n")
    (found,) = check_spelling.run(SourceInputs(paths=("texts",)), run).findings
    assert found.where == "texts/bad.md:3"
    assert found.message == "recieve: receive"
    assert (run.fact("spelling").passed, run.fact("spelling").tried) == (1, 2)


def test_no_texts_are_not_measured_rather_than_passed(run: Any) -> None:
    (run.workspace / "texts").mkdir()
    check_spelling.run(SourceInputs(paths=("texts",)), run)
    assert run.fact("spelling").tried == 0
    assert run.fact("spelling").summary.startswith("not measured: ")


def test_bad_markdown_is_found(warm: Any) -> None:
    texts = warm.workspace / "texts"
    texts.mkdir()
    (texts / "good.md").write_text("---\ntitle: Rivers\n---\n\nText.\n")
    (texts / "bad.md").write_text("---\ntitle: Rivers\n---\n\n## Two\n#### Four\n\nText.   \n")
    verdict = check_markdown.run(SourceInputs(paths=("texts",)), warm)
    assert {"MD001", "MD009", "MD022"} <= rules(verdict)
    assert all(finding.where.startswith("texts/bad.md:") for finding in verdict.findings)
    assert (warm.fact("markdown").passed, warm.fact("markdown").tried) == (1, 2)


def test_an_unknown_mode_is_refused_before_anything_runs() -> None:
    with pytest.raises(ValueError, match="mode"):
        BrowserInputs(site="built", mode="fast")
