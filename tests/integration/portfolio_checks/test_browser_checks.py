"""The checks that need a browser find the defect put into a sound site; without one they say so."""

from pathlib import Path
from typing import Any

import pytest
from wrenchai_journey.portfolio.checks.browser_session import BrowserInputs
from wrenchai_journey.tools.check_accessibility import check_accessibility
from wrenchai_journey.tools.check_layout import check_layout
from wrenchai_journey.tools.check_lighthouse import check_lighthouse

PALE = '<p style="color:#bbb;background:#fff">Pale words</p>'
WIDE = '<div style="width:800px">A wide block</div>'


@pytest.mark.parametrize("check", [check_accessibility, check_layout, check_lighthouse])
def test_without_chromium_nothing_is_measured_and_nothing_passed(
    run: Any, site: Any, check: Any, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setenv("WRENCHAI_CHROMIUM", "")
    verdict = check.run(check.inputs(**site.inputs), run)
    assert run.facts
    assert all(fact.tried == 0 and fact.summary.startswith("not measured: no Chromium") for fact in run.facts)
    assert all(result.tried == 0 for result in verdict.results)


def test_a_sound_site_is_accessible_in_light_and_dark(browsing: Any, site: Any) -> None:
    verdict = check_accessibility.run(BrowserInputs(**site.inputs), browsing)
    assert verdict.findings == ()
    assert browsing.fact("accessibility").passed == browsing.fact("accessibility").tried == 4
    assert browsing.fact("console").passed == 4


def test_a_contrast_defect_in_the_dark_scheme_only_is_found_there(browsing: Any, site: Any) -> None:
    style = "<style>@media (prefers-color-scheme: dark) { p { color: #333; background: #000 } }</style>"
    site.page("work/", "Work", '<h2 id="river">River</h2><p>Dim words</p>', head=style)
    verdict = check_accessibility.run(BrowserInputs(**site.inputs), browsing)
    (found,) = verdict.findings
    assert (found.where, found.rule) == ("/portfolio/work/ (dark)", "color-contrast")
    assert browsing.fact("accessibility").passed == 3


def test_a_console_error_is_evidence_of_its_own(browsing: Any, site: Any) -> None:
    site.page("work/", "Work", '<h2 id="river">R</h2><script>throw new Error("lost the river")</script>')
    check_accessibility.run(BrowserInputs(**site.inputs), browsing)
    assert browsing.fact("accessibility").passed == 4
    assert browsing.fact("console").passed == 2


def test_a_page_of_another_site_is_never_fetched(browsing: Any, site: Any) -> None:
    site.page("work/", "Work", '<h2 id="river">R</h2><img src="http://example.org/x.png" alt="">')
    verdict = check_accessibility.run(BrowserInputs(**site.inputs), browsing)
    assert any("ERR_NAME_NOT_RESOLVED" in finding.message for finding in verdict.findings)


def test_the_quick_mode_looks_at_one_page_per_template(browsing: Any, site: Any) -> None:
    site.page("more/", "More", "<p>Like the other one</p>")
    check_accessibility.run(BrowserInputs(**site.inputs, mode="quick"), browsing)
    assert browsing.fact("accessibility").tried == 4
    assert browsing.fact("accessibility").summary.endswith("looked at 2 of 3 pages")


def test_the_full_mode_looks_at_every_page_that_was_built_also_at_unlisted_ones(browsing: Any, site: Any) -> None:
    site.page("tags/rivers/", "Rivers", PALE)
    (site.directory / "404.html").write_text((site.directory / "tags/rivers/index.html").read_text())
    (site.directory / "sitemap.xml").write_text("<urlset></urlset>")
    verdict = check_accessibility.run(BrowserInputs(**site.inputs), browsing)
    assert {found.where.partition(" ")[0] for found in verdict.findings} == {
        "/portfolio/404.html",
        "/portfolio/tags/rivers/",
    }
    assert browsing.fact("accessibility").tried == 8


def test_a_page_that_follows_the_system_late_is_judged_in_its_new_colours(browsing: Any, site: Any) -> None:
    follows = """<style>[data-theme='dark'] p { color: #333; background: #000 }</style><script>
      const { dataset } = document.documentElement, dark = matchMedia('(prefers-color-scheme: dark)');
      const follow = () => setTimeout(() => { dataset.theme = dark.matches ? 'dark' : 'light'; }, 50);
      dataset.themeChoice = 'system'; follow(); dark.addEventListener('change', follow);</script>"""
    site.page("work/", "Work", '<h2 id="river">River</h2><p>Dim words</p>', head=follows)
    verdict = check_accessibility.run(BrowserInputs(**site.inputs), browsing)
    assert [(found.where, found.rule) for found in verdict.findings] == [("/portfolio/work/ (dark)", "color-contrast")]


def test_a_page_too_wide_for_a_phone_is_found_and_pictured(browsing: Any, site: Any) -> None:
    site.page("", "Home", WIDE)
    verdict = check_layout.run(BrowserInputs(**site.inputs), browsing)
    (found,) = verdict.findings
    assert found.where == "/portfolio/ at 390 px, light"
    assert "width:800px" in found.message
    assert (browsing.fact("layout").passed, browsing.fact("layout").tried) == (5, 6)
    assert len(verdict.pictures) == 6
    assert all(content.startswith(b"\x89PNG") for name, content in browsing.kept.items() if name.endswith("png"))


def test_lighthouse_counts_the_audits_of_each_category(browsing: Any, site: Any) -> None:
    site.page("", "Home", f'{PALE}<img src="data:image/gif;base64,R0lGODlhAQABAAAAACw=">')
    verdict = check_lighthouse.run(BrowserInputs(**site.inputs), browsing)
    assert {"color-contrast", "image-alt"} <= {finding.rule for finding in verdict.findings}
    assert browsing.fact("accessibility").passed < browsing.fact("accessibility").tried
    assert browsing.fact("performance").tried > 0
    assert browsing.fact("seo").tried > 0


def test_the_quick_lighthouse_tries_every_audit_that_the_full_one_tries_and_says_how_long_it_watched(
    browsing: Any, site: Any
) -> None:
    quick = check_lighthouse.run(BrowserInputs(**site.inputs, mode="quick"), browsing)
    full = check_lighthouse.run(BrowserInputs(**site.inputs), browsing)
    assert [(one.dimension, one.tried) for one in quick.results] == [(one.dimension, one.tried) for one in full.results]
    assert quick.results[0].summary.endswith("watched for 250 ms after loading")
    assert full.results[0].summary.endswith("watched for 1000 ms after loading")


def test_the_browser_leaves_no_process_behind(browsing: Any, site: Any) -> None:
    check_layout.run(BrowserInputs(**site.inputs, mode="quick"), browsing)
    mine = str(browsing.workspace)
    lines = (path.read_bytes() for path in Path("/proc").glob("[0-9]*/cmdline") if path.exists())
    assert not [line for line in lines if mine.encode() in line]
