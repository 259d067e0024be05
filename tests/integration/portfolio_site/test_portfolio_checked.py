"""The playbook's own checks, run on a real build: they find nothing, and excuse only what is known."""

import json
import re
from collections.abc import Iterator

import pytest
from wrenchai_journey.portfolio.checks.browser_session import BrowserInputs
from wrenchai_journey.portfolio.checks.built_site import SiteInputs
from wrenchai_journey.portfolio.checks.programs import NO_CHROMIUM, chromium
from wrenchai_journey.portfolio.checks.report import Excused
from wrenchai_journey.portfolio.checks.verdict import REPORTS
from wrenchai_journey.tools.check_accessibility import check_accessibility
from wrenchai_journey.tools.check_html import check_html
from wrenchai_journey.tools.check_links import check_links

from tests.made_site import BASE, Site

pytestmark = pytest.mark.timeout(900)

WHERE = {"site": "build", "base_url": BASE}


def excused(site: Site, report: str) -> Iterator[Excused]:
    kept = json.loads((site.run.workspace / REPORTS / f"{report}.json").read_bytes())
    return (Excused.model_validate(one) for part in kept for one in part["excused"])


def test_the_html_of_every_page_is_valid_and_only_the_lines_of_code_are_excused(site: Site) -> None:
    verdict = check_html.run(SiteInputs(**WHERE), site.run)
    assert verdict.findings == ()
    (result,) = verdict.results
    assert result.passed == result.tried == len(site.pages)
    known = list(excused(site, "html"))
    assert known
    assert {one.finding.rule for one in known} == {"element-permitted-content"}
    assert [one for one in known if not re.search(r"under <code>.* pre > code > div", one.finding.message)] == []


def test_every_link_and_fragment_leads_somewhere(site: Site) -> None:
    verdict = check_links.run(SiteInputs(**WHERE), site.run)
    assert verdict.findings == ()
    assert verdict.results[0].tried > len(site.pages)


def test_axe_finds_nothing_on_any_kind_of_page_and_the_console_is_quiet(site: Site) -> None:
    if chromium() is None:
        pytest.skip(f"ACCESSIBILITY OF THE REAL SITE NOT TESTED: {NO_CHROMIUM}")
    verdict = check_accessibility.run(BrowserInputs(**WHERE, mode="quick"), site.run)
    assert verdict.findings == ()
    assert list(excused(site, "accessibility")) == []
    assert {result.dimension: result.tried > 0 for result in verdict.results} == {
        "accessibility": True,
        "console": True,
    }
    answer = json.loads((site.run.workspace / ".accessibility" / "answer.json").read_bytes())
    looked_at = {run["path"] for run in answer["runs"]}
    assert {BASE, f"{BASE}404.html", f"{BASE}search/", f"{BASE}tags/", f"{BASE}articles/tags/"} <= looked_at
