"""Social cards: any text makes a well-formed picture, and no line runs out of it."""

from datetime import date
from xml.etree import ElementTree as ET

import pytest
from hypothesis import given
from hypothesis import strategies as st
from wrenchai_journey.portfolio.cards import (
    BAR_WIDTH,
    SANS,
    CardText,
    Lettering,
    beyond_own_fonts,
    card_svg,
    fitted,
    initials,
    pictures,
    text_width,
)
from wrenchai_journey.portfolio.content import (
    Article,
    Generated,
    LanguageShare,
    Paragraph,
    Person,
    ProjectPage,
    Section,
    Sentence,
    SiteContent,
    SiteSettings,
)
from wrenchai_journey.portfolio.theme import PALETTES

STYLE = Lettering(0, 40, 2, SANS, 400, "#000000")
TEXT = Sentence(text="A text.", source="form")


@given(st.text(max_size=300))
def test_every_line_fits_into_the_card(text: str) -> None:
    lines = fitted(text, STYLE)
    assert len(lines) <= STYLE.lines
    assert all(text_width(line, STYLE) <= BAR_WIDTH for line in lines)


def test_a_text_that_is_cut_says_so() -> None:
    assert fitted("word " * 200, STYLE)[-1].endswith("…")
    assert fitted("short", STYLE) == ["short"]


@given(st.text(max_size=60), st.text(max_size=200))
def test_any_text_makes_a_well_formed_picture(title: str, line: str) -> None:
    share = LanguageShare(name="Python", percent=100, color="#3572A5")
    svg = card_svg(CardText("kicker", title, line, (share,)), "example.org", PALETTES["ink"].dark)
    assert ET.fromstring(svg).tag.endswith("svg")  # noqa: S314  # our own picture


@pytest.mark.parametrize(
    ("name", "letters"), [("Ada Lovelace", "AL"), ("Prince", "P"), ("ß", "SS"), ("  - ", "?"), ("Émile de Zola", "ÉZ")]
)
def test_the_icon_shows_the_first_and_the_last_initial(name: str, letters: str) -> None:
    assert initials(name) == letters


def test_every_page_has_a_card() -> None:
    project = ProjectPage(slug="one", name="One", summary=TEXT)
    article = Article(slug="two", title="Two", date=date(2026, 1, 2), paragraphs=(Paragraph(sentences=(TEXT,)),))
    content = SiteContent(
        person=Person(name="WrenchAI maintainers", claim=TEXT),
        site=SiteSettings(url="https://example.org", title="Title"),
        sections=(Section(id="scripts", label="Scripts", projects=(project,)),),
        articles=(article,),
        generated=Generated(task_id="t", input_sha256="0" * 64),
    )
    assert [picture.file.removeprefix("img/") for picture in pictures(content)] == [
        "cards/home.png",
        "cards/scripts.png",
        "cards/project-one.png",
        "cards/articles.png",
        "cards/article-two.png",
        "icon-180.png",
    ]


def test_system_fonts_are_asked_for_only_where_the_own_ones_end() -> None:
    assert not beyond_own_fonts("Ünïcode, Ελλάδα, Привет … “quoted”")
    assert beyond_own_fonts("漢字")
