"""The document links what it can, and writes nothing that Markdown could take for its own."""

import pytest
from wrenchai_journey.release_notes.commits import Commit
from wrenchai_journey.release_notes.document import Span, markdown, origin_in, page_of
from wrenchai_journey.release_notes.draft import first_draft

SHA = "abcdef0" + "1" * 33
COMMITS = [
    Commit(
        sha=SHA, author="Ada", day="2024-02-03", kind="feat", scope="flow", text="Read *.csv and `a_b`", numbers=(12,)
    )
]


@pytest.mark.parametrize(
    ("remote", "page"),
    [
        ("git@example.org:river/flow.git", "https://example.org/river/flow"),
        ("https://user:word@example.org/river/flow.git", "https://example.org/river/flow"),
        ("ssh://git@example.org/river/flow", "https://example.org/river/flow"),
        ("/srv/git/flow", None),
        ("file:///srv/git/flow", None),
    ],
)
def test_a_remote_has_a_page_without_its_credentials(remote: str, page: str | None) -> None:
    assert page_of(remote) == page


def test_the_origin_is_found_among_other_settings() -> None:
    settings = """[core]
\tbare = false
[remote "fork"]
\turl = https://example.org/fork
[remote "origin"]
\turl = git@example.org:river/flow.git
\tfetch = +refs/heads/*:refs/remotes/origin/*
"""
    assert origin_in(settings) == "git@example.org:river/flow.git"
    assert origin_in("[core]\n") == ""


def test_with_a_page_commits_numbers_and_the_range_are_links() -> None:
    page = "https://example.org/river"
    draft = first_draft("Notes", COMMITS, ["feat"])
    text = markdown(draft, COMMITS, Span(since="v1", until="v2", page=page))
    assert f"[All changes]({page}/compare/v1...v2)" in text
    assert f"- **flow:** Read \\*.csv and `a_b` ([#12]({page}/issues/12), [abcdef0]({page}/commit/{SHA}))" in text


def test_without_a_page_they_are_plain() -> None:
    text = markdown(first_draft("Notes", COMMITS, ["feat"]), COMMITS, Span(since=None, until="HEAD"))
    assert "(#12, abcdef0)" in text
    assert "1 commits since the beginning, 2024-02-03 to 2024-02-03." not in text
    assert "1 commit since the beginning, 2024-02-03 to 2024-02-03." in text
    assert text.endswith("## Contributors\n\n- Ada (1)\n")
