"""A site's generated files: nothing empty is shown, and the same content gives the same bytes."""

import json
from datetime import date

import pytest
from wrenchai_journey.portfolio.content import (
    Article,
    Fact,
    Generated,
    KeyFigure,
    Paragraph,
    Person,
    ProjectPage,
    Section,
    Sentence,
    SiteContent,
    SiteSettings,
)
from wrenchai_journey.portfolio.site import card_file, site_files, tag_address

NO_CARDS: frozenset[str] = frozenset()


def sentence(text: str, source: str = "form") -> Sentence:
    return Sentence(text=text, source=source)


def told(text: str) -> tuple[Paragraph, ...]:
    return (Paragraph(sentences=(sentence(text),)),)


def site(*sections: Section, articles: tuple[Article, ...] = (), **more: object) -> SiteContent:
    return SiteContent.model_validate(
        {
            "person": Person(name="WrenchAI maintainers", claim=sentence("We build.", "form.description")),
            "site": SiteSettings(url="https://example.org", base_url="/portfolio/", title="Portfolio"),
            "sections": sections,
            "articles": articles,
            "generated": Generated(task_id="t", input_sha256="0" * 64),
            **more,
        }
    )


PROJECT = ProjectPage(slug="nats", name="NATS", summary=sentence("Carries messages."), approach=told("By streams."))
ARTICLE = Article(slug="one", title="One", date=date(2026, 1, 2), tags=("C++", "C"), paragraphs=told("Begin."))


def test_only_parts_with_facts_have_a_heading() -> None:
    page = site_files(site(Section(id="projects", label="Projects", projects=(PROJECT,))), NO_CARDS)
    text = page["docs/projects/nats.mdx"].decode()
    assert [line for line in text.splitlines() if line.startswith("## ")] == ["## Approach"]


def test_an_empty_section_is_not_shown() -> None:
    files = site_files(site(Section(id="scripts", label="Scripts"), Section(id="articles", label="A")), NO_CARDS)
    assert json.loads(files["src/data/site.json"])["sections"] == []
    assert [name for name in files if name.startswith("docs/")] == ["docs/provenance.mdx"]


def test_articles_are_a_section_as_soon_as_there_is_one() -> None:
    files = site_files(site(articles=(ARTICLE,)), NO_CARDS)
    assert [s["id"] for s in json.loads(files["src/data/site.json"])["sections"]] == ["articles"]
    assert "blog/one.mdx" in files


def test_the_newest_article_comes_first() -> None:
    newer = ARTICLE.model_copy(update={"slug": "two", "date": date(2026, 2, 3)})
    data = json.loads(site_files(site(articles=(ARTICLE, newer)), NO_CARDS)["src/data/site.json"])
    assert [article["slug"] for article in data["articles"]] == ["two", "one"]


def test_a_page_names_its_social_card_only_when_there_is_one() -> None:
    content = site(Section(id="projects", label="Projects", projects=(PROJECT,)))
    without = site_files(content, NO_CARDS)["docs/projects/nats.mdx"].decode()
    with_card = site_files(content, frozenset({card_file("project-nats")}))["docs/projects/nats.mdx"].decode()
    assert "image:" not in without
    assert 'image: "/img/cards/project-nats.png"' in with_card


def test_every_statement_is_on_the_page_of_sources_with_its_source() -> None:
    project = PROJECT.model_copy(update={"facts": (Fact(label="Version", value="2", source="pypi:nats"),)})
    figure = KeyFigure(value="12", label="invariants", source="design.md")
    content = site(Section(id="projects", label="P", kicker="K.", projects=(project,)), key_figures=(figure,))
    pages = json.loads(site_files(content, NO_CARDS)["static/provenance.json"])
    said = {(page["path"], one["text"], one["source"]) for page in pages for one in page["statements"]}
    assert ("/", "We build.", "form.description") in said
    assert ("/", "12 invariants", "design.md") in said
    assert ("/projects/nats/", "By streams.", "form") in said
    assert ("/projects/nats/", "Version: 2", "pypi:nats") in said


def test_a_project_and_an_article_of_one_slug_keep_their_sources_apart() -> None:
    article = ARTICLE.model_copy(update={"slug": "nats"})
    content = site(Section(id="projects", label="P", projects=(PROJECT,)), articles=(article,))
    pages = json.loads(site_files(content, NO_CARDS)["static/provenance.json"])
    assert {"/projects/nats/", "/articles/nats/"} <= {page["path"] for page in pages}


def test_equal_content_gives_equal_bytes() -> None:
    content = site(Section(id="projects", label="P", projects=(PROJECT,)), articles=(ARTICLE,))
    again = SiteContent.model_validate_json(content.model_dump_json())
    assert site_files(content, NO_CARDS) == site_files(again, NO_CARDS)


def test_robots_are_told_where_the_sitemap_is() -> None:
    robots = site_files(site(), NO_CARDS)["static/robots.txt"].decode()
    assert "Sitemap: https://example.org/portfolio/sitemap.xml" in robots


@pytest.mark.parametrize(
    ("tag", "address"), [("C++", "cpp"), ("C", "c"), ("C#", "csharp"), ("Event sourcing", "event-sourcing")]
)
def test_tags_that_differ_by_a_sign_have_different_addresses(tag: str, address: str) -> None:
    assert tag_address(tag) == address


def test_a_tag_without_a_latin_letter_still_has_an_address() -> None:
    assert tag_address("数据") != tag_address("工程")
    assert tag_address("数据").isalnum()


def test_a_content_that_features_a_project_it_does_not_have_is_refused() -> None:
    with pytest.raises(ValueError, match="featured projects that do not exist: ghost"):
        site(featured=("ghost",))
