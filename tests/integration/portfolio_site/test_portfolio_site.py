"""A built site keeps its promises: readable, complete, self-contained, and safe with the texts of others."""

import json
import re
from itertools import pairwise
from xml.etree import ElementTree as ET

import pytest
from wrenchai_journey.portfolio.npm_store import node_program, warm_tree
from wrenchai_journey.portfolio.site_directory import TEMPLATE
from wrenchai_journey.portfolio.theme import ENOUGH_CONTRAST, PALETTES, contrast

from tests.made_site import BASE, BREAKOUT, CONTENT, HOSTILE, Site, sitemap, structured, text_of

pytestmark = pytest.mark.timeout(900)


def test_the_palette_is_not_overruled_by_the_theme(site: Site) -> None:
    css = "".join(path.read_text() for path in site.root.rglob("*.css"))
    assert f"--tone-primary:{PALETTES['ember'].light.primary}" in css
    assert "--ifm-color-primary:var(--tone-primary)" in css
    assert "@layer" in css
    assert ":not(#\\#)" not in css


def test_fonts_are_served_by_the_site_itself(site: Site) -> None:
    css = "".join(path.read_text() for path in site.root.rglob("*.css"))
    fonts = set(re.findall(r"url\(([^)]+\.woff2)\)", css))
    assert any("newsreader" in font for font in fonts)
    assert all((site.root / font.removeprefix(BASE)).is_file() for font in fonts)


@pytest.mark.parametrize("mode", ["light", "dark"])
def test_every_colour_of_code_can_be_read_in_every_palette(site: Site, mode: str) -> None:
    modules = warm_tree(site.run, TEMPLATE) / "node_modules"
    script = f"console.log(JSON.stringify(require('{TEMPLATE / 'src' / 'code-themes.js'}').{mode}))"
    ended = site.run.command([str(node_program("node")), "-e", script], env={"NODE_PATH": str(modules)})
    colors = json.loads(ended.tail)
    papers = {tones.surface for palette in PALETTES.values() for name, tones in palette.modes if name == mode}
    inks = {style["style"]["color"] for style in colors["styles"] if "color" in style["style"]}
    inks.add(colors["plain"]["color"])
    hard = [(ink, paper) for ink in inks for paper in papers if contrast(as_hex(ink), paper) < ENOUGH_CONTRAST]
    assert hard == []


def as_hex(color: str) -> str:
    if color.startswith("#"):
        return "#" + "".join(2 * digit for digit in color[1:]) if len(color) == 4 else color
    return "#" + "".join(f"{int(float(part)):02x}" for part in re.findall(r"[\d.]+", color)[:3])


def test_any_text_is_shown_as_it_was_written(site: Site) -> None:
    page = site.page("/projects/hostile/")
    shown = text_of(page)
    assert shown.count(HOSTILE) >= 5
    assert "import x from 'y'" in shown
    assert "```{x}</pre>" in shown


def test_no_text_runs_as_a_script_on_any_page(site: Site) -> None:
    assert [path for path, page in site.pages.items() if "<script>alert" in page] == []


def test_only_headings_with_facts_are_shown(site: Site) -> None:
    thin, full = site.page("/projects/pydantic/"), site.page("/projects/wrenchai/")
    for heading in ("Problem", "Approach", "Decisions", "Run it", "Lessons"):
        assert f">{heading}<" in full
        assert f">{heading}<" not in thin
    assert ">Outcome<" in full
    assert ">Outcome<" not in thin


def test_sections_without_projects_have_no_page(site: Site) -> None:
    assert not (site.root / "scripts").exists()
    assert "datascience" not in site.page("/")


def test_every_built_page_has_one_first_level_heading_and_leaves_no_level_out(site: Site) -> None:
    assert {"404.html", "search/index.html", "tags/index.html", "articles/tags/index.html"} <= site.pages.keys()
    for path, page in site.pages.items():
        levels = [int(level) for level in re.findall(r"<h([1-6])[ >]", page)]
        assert levels[0] == 1, path
        assert levels.count(1) == 1, path
        assert [pair for pair in pairwise(levels) if pair[1] > pair[0] + 1] == [], path


def test_every_listed_page_has_a_card_that_exists(site: Site) -> None:
    addresses = sitemap(site)
    assert {"/", "/projects/", "/projects/nats/", "/articles/", "/provenance/"} <= addresses
    for address in addresses:
        page = site.page(address)
        card = re.search(r'property="?og:image"? content="?(?P<url>[^" >]+)', page)
        assert card, address
        assert (site.root / card["url"].split(BASE, 1)[1]).is_file(), address


def test_the_last_project_leads_back_to_the_first(site: Site) -> None:
    slugs = [(project["section"], project["slug"]) for project in json.loads(site_json(site))["projects"]]
    for (section, slug), following in zip(slugs, [*slugs[1:], slugs[0]], strict=True):
        (way,) = re.findall(r'<nav class="next".*?href="([^"]+)"', site.page(f"/{section}/{slug}/"), re.DOTALL)
        assert way == f"{BASE}{following[0]}/{following[1]}/"


def site_json(site: Site) -> str:
    return (site.run.workspace / "site" / "src" / "data" / "site.json").read_text(encoding="utf-8")


def test_cards_have_the_size_that_networks_ask_for(site: Site) -> None:
    for card in (site.root / "img" / "cards").glob("*.png"):
        header = card.read_bytes()[:24]
        assert (int.from_bytes(header[16:20], "big"), int.from_bytes(header[20:24], "big")) == (1200, 630)


def test_structured_data_names_the_person_and_the_source_code(site: Site) -> None:
    (person,) = structured(site.page("/"), "Person")
    assert person["name"] == "<Maintainers> & {friends}"
    assert person["sameAs"] == [link.url for link in CONTENT.person.links]
    (code,) = structured(site.page("/frontend/docusaurus/"), "SoftwareSourceCode")
    assert code["codeRepository"] == "https://github.com/facebook/docusaurus"
    (hostile,) = structured(site.page("/projects/hostile/"), "SoftwareSourceCode")
    assert hostile["name"] == BREAKOUT
    (article,) = structured(site.page("/articles/hostile/"), "BlogPosting")
    assert article["headline"] == BREAKOUT


def test_articles_have_feeds_in_three_formats(site: Site) -> None:
    titles = {article.title for article in CONTENT.articles} | {BREAKOUT}
    for name in ("rss.xml", "atom.xml"):
        feed = ET.parse(site.root / "articles" / name)  # noqa: S314  # our own file
        assert titles <= {element.text for element in feed.iter() if element.tag.endswith("title")}
    assert {item["title"] for item in json.loads((site.root / "articles/feed.json").read_text())["items"]} == titles


def test_the_search_index_robots_and_the_404_page_are_there(site: Site) -> None:
    assert list(site.root.glob("search-index*.json"))
    assert "sitemap.xml" in (site.root / "robots.txt").read_text()
    assert "There is no page at this address." in text_of((site.root / "404.html").read_text())


def test_the_foot_says_what_made_the_site_and_from_which_input(site: Site) -> None:
    shown = text_of(site.page("/projects/nats/"))
    assert "Generated with WrenchAI" in shown
    assert CONTENT.generated.input_sha256[:12] in shown
