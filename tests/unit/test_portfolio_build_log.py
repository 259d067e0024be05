"""Docusaurus' output becomes a sentence with file and line; the samples are what Docusaurus 3.10.2 printed."""

from pathlib import Path

from wrenchai_journey.portfolio.build_log import build_faults

NOWHERE = Path("no-such-site")
BROKEN_LINK = """\
[INFO] [en] Creating an optimized production build...
\x1b[31m[ERROR]\x1b[0m Client bundle compiled with errors therefore further build is impossible.
╰─▶   x Error: MDX compilation failed for file "/ws/site/docs/projects/nats.mdx"
        │ Cause: Markdown link with URL `./gone.mdx` in source file "docs/projects/nats.mdx" (19:5) couldn't be
        │ Details:
        │ Error: Markdown link with URL `./gone.mdx` in source file "docs/projects/nats.mdx" (19:5) couldn't
"""
REJECTED = """\
╰─▶   x Error: MDX compilation failed for file "/ws/site/docs/projects/nats.mdx"
        │ Cause: Unexpected end of file in expression, expected a corresponding closing brace for `{`
        │ Details:
        │ {
        │   "column": 6,
        │   "line": 19,
        │   "name": "19:6",
"""
BROKEN_PAGE = """\
  [cause]: Error: Docusaurus found broken anchors!
  - Broken anchor on source page path = /portfolio/projects/nats/:
     -> linking to /portfolio/frontend/#nope
"""


def test_a_broken_link_is_named_once_with_file_line_and_column() -> None:
    (fault,) = build_faults(BROKEN_LINK, base_url="/portfolio/", site=NOWHERE)
    assert str(fault) == "docs/projects/nats.mdx:19:5: the link ./gone.mdx leads nowhere"
    assert fault.kind == "broken_link"


def test_a_page_that_mdx_refuses_is_named_with_its_cause() -> None:
    (fault,) = build_faults(REJECTED, base_url="/portfolio/", site=NOWHERE)
    assert str(fault).startswith("docs/projects/nats.mdx:19:6: Unexpected end of file in expression")
    assert fault.kind == "page_rejected"


def test_a_broken_anchor_names_the_page_and_where_it_points() -> None:
    (fault,) = build_faults(BROKEN_PAGE, base_url="/portfolio/", site=NOWHERE)
    assert str(fault) == "the anchor /frontend/#nope on /portfolio/projects/nats/ leads nowhere"


def test_an_unknown_failure_still_says_what_docusaurus_said() -> None:
    (fault,) = build_faults("[ERROR] Error: the sky fell\n", base_url="/", site=NOWHERE)
    assert str(fault) == "Error: the sky fell; the step's log has all of its output"
    (silent,) = build_faults("", base_url="/", site=NOWHERE)
    assert "without naming a reason" in str(silent)
