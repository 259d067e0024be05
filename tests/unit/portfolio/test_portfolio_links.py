"""Links between pages of a site: which texts become links, and what becomes of one that leads nowhere."""

import pytest
from ruamel.yaml import YAML
from wrenchai_journey.portfolio import mdx
from wrenchai_journey.portfolio.form import PublishForm
from wrenchai_journey.portfolio.link_mending import addresses, meant, mended
from wrenchai_journey.portfolio.publishing import domain_file, parts_of, workflow

KNOWN = ("/", "/projects/", "/projects/river/", "/frontend/plot/", "/articles/how/", "/scripts/plot/")


@pytest.mark.parametrize(
    ("text", "written"),
    [
        ("See [the river](/projects/river/).", "See [the river](/projects/river/)."),
        ("See [*it*](/a/#b).", "See [&#42;it&#42;](/a/#b)."),
        ("See `[it](/a/)`.", "See `[it](/a/)`."),
    ],
)
def test_a_link_inside_the_site_becomes_one_and_its_words_stay_text(text: str, written: str) -> None:
    assert mdx.inline(text) == written


@pytest.mark.parametrize(
    "target", ["https://x.org", "//evil.org/", "javascript:alert(1)", "a/b", "/a b/", "/a{b}/", "/a(b)/", "/a?b=c", ""]
)
def test_nothing_else_becomes_a_link(target: str) -> None:
    assert "](" not in mdx.inline(f"See [it]({target}).")


def test_where_no_link_can_be_its_words_stand() -> None:
    assert mdx.unlinked("See [the river](/projects/river/), not `[it](/a/)`.") == "See the river, not `[it](/a/)`."


def test_the_addresses_of_pages_are_those_of_their_front_matter() -> None:
    project, article = '---\nslug: "/projects/river/"\n---\n', '---\nslug: "how"\n---\n'
    pages = {"docs/projects/river.mdx": project, "blog/how.mdx": article}
    assert addresses(pages) == ("/articles/how/", "/projects/river/")


@pytest.mark.parametrize(
    ("target", "page"),
    [
        ("/work/river/", "/projects/river/"),
        ("/river", "/projects/river/"),
        ("./river.mdx", "/projects/river/"),
        ("/plot/", None),
        ("/gone/", None),
        ("/projects/river/#nothing", None),
    ],
)
def test_a_link_is_led_to_a_page_only_where_one_page_alone_can_be_meant(target: str, page: str | None) -> None:
    assert meant(target, KNOWN) == page


def test_a_link_is_mended_wherever_it_stands_and_no_other_is_touched() -> None:
    text = "See [it](/gone/), [again](/gone) and [the river](/projects/river/)."
    after, links = mended("docs/a.mdx", text, "/gone/", KNOWN)
    assert after == "See it, again and [the river](/projects/river/)."
    assert [(link.words, link.leads_to) for link in links] == [("it", None), ("again", None)]
    after, (link,) = mended("docs/a.mdx", "See [it](/work/river/).", "/work/river/", KNOWN)
    assert (after, link.leads_to) == ("See [it](/projects/river/).", "/projects/river/")


def test_pages_alone_need_nothing_special_and_wishes_name_their_specialist() -> None:
    assert [part.need for part in parts_of(PublishForm())] == ["plain"]
    wished = parts_of(PublishForm(ci_cd=True, domain="ada.example.org"))
    assert [part.need for part in wished] == ["plain", "needs_ci_cd", "needs_domain"]
    assert domain_file(wished[2].domain or "") == "ada.example.org\n"


def test_the_workflow_is_yaml_that_may_do_no_more_than_publish_pages() -> None:
    read = YAML(typ="safe", pure=True).load(workflow())
    assert read["permissions"] == {"contents": "read", "pages": "write", "id-token": "write"}
    assert [step["uses"].partition("@")[0] for step in read["jobs"]["publish"]["steps"]][-1] == "actions/deploy-pages"
