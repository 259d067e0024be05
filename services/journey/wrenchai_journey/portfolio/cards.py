"""The pictures of a site as SVG: a social card per page, 1200 by 630, and the icon."""

import unicodedata
from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from xml.sax.saxutils import escape

from wrenchai_journey.portfolio import mdx
from wrenchai_journey.portfolio.content import Article, LanguageShare, ProjectPage, Section, SiteContent
from wrenchai_journey.portfolio.site import card_file, shown_sections
from wrenchai_journey.portfolio.theme import Tones, palette_of

WIDTH, HEIGHT, MARGIN = 1200, 630, 80
SERIF, SANS = "Newsreader", "Geist"
NARROW, WIDE = frozenset("iljtfrI.,:;'|!()[]/ "), frozenset("mwMW@%&—")
BAR_WIDTH = WIDTH - 2 * MARGIN


@dataclass(frozen=True, slots=True)
class Picture:
    """A picture to be drawn: its place below `static/`, its SVG, and the width of the PNG in pixels."""

    file: str
    svg: str
    width: int


@dataclass(frozen=True, slots=True)
class CardText:
    """What one card says."""

    kicker: str
    title: str
    line: str
    languages: tuple[LanguageShare, ...] = ()


@dataclass(frozen=True, slots=True)
class Lettering:
    """How a block of text is set: where its first baseline is, how big, and how many lines it may take."""

    top: float
    size: float
    lines: int
    family: str
    weight: int
    fill: str

    @property
    def leading(self) -> float:
        """Distance of two baselines."""
        return self.size * (1.12 if self.family == SERIF else 1.4)


def pictures(content: SiteContent) -> tuple[Picture, ...]:
    """Plan all pictures of a site: its cards and its icon as PNG."""
    tones = palette_of(content.site).dark
    signature = f"{content.site.url.split('://')[1]}{content.site.base_url}".rstrip("/")
    cards = (Picture(card_file(name), card_svg(text, signature, tones), WIDTH) for name, text in _texts(content))
    return (*cards, Picture("img/icon-180.png", icon_svg(content), 180))


def _texts(content: SiteContent) -> Iterator[tuple[str, CardText]]:
    person = content.person
    yield "home", CardText(person.location or "Portfolio", person.name, person.claim.text)
    for section in shown_sections(content):
        yield section.id, CardText(person.name, section.label, section.kicker)
        for project in section.projects:
            yield f"project-{project.slug}", _project_text(project, section, person.name)
    for article in content.articles:
        yield f"article-{article.slug}", _article_text(article, person.name)


def _project_text(project: ProjectPage, section: Section, author: str) -> CardText:
    told = project.outcome or project.summary
    return CardText(f"{author} · {section.label}", project.name, told.text, project.languages)


def _article_text(article: Article, author: str) -> CardText:
    written = f"{article.date.isoformat()} · {', '.join(article.tags)}".rstrip(" ·")
    return CardText(author, article.title, written)


def card_svg(text: CardText, signature: str, tones: Tones) -> str:
    """Draw a card; text that does not fit ends in an ellipsis."""
    kicker = Lettering(MARGIN + 34, 26, 1, SANS, 500, tones.primary)
    title = _title_style(text.title, tones.text)
    below = title.top + title.leading * len(fitted(text.title, title))
    line = Lettering(below + 2, 34, 3, SANS, 400, tones.muted)
    foot = Lettering(HEIGHT - 46, 24, 1, SANS, 500, tones.muted)
    return "".join(
        (
            f'<svg xmlns="http://www.w3.org/2000/svg" viewBox="0 0 {WIDTH} {HEIGHT}">',
            f'<rect width="{WIDTH}" height="{HEIGHT}" fill="{tones.background}"/>',
            f'<rect width="14" height="{HEIGHT}" fill="{tones.primary}"/>',
            lettering(text.kicker, kicker),
            lettering(text.title, title),
            lettering(text.line, line),
            _bar(text.languages, tones),
            lettering(signature, foot),
            "</svg>",
        )
    )


def _title_style(title: str, fill: str) -> Lettering:
    """Set a short title big, and a long one so that three lines of it fit."""
    big = Lettering(216, 86, 2, SERIF, 500, fill)
    cut = "".join(fitted(title, big)).endswith("…")
    return Lettering(200, 64, 3, SERIF, 500, fill) if cut else big


def _bar(languages: Sequence[LanguageShare], tones: Tones) -> str:
    total = sum(share.percent for share in languages)
    if not total:
        return f'<rect x="{MARGIN}" y="524" width="{BAR_WIDTH}" height="2" fill="{tones.border}"/>'
    drawn, left = [], float(MARGIN)
    for share in languages:
        width = BAR_WIDTH * share.percent / total
        drawn.append(f'<rect x="{left:.2f}" y="518" width="{width:.2f}" height="12" fill="{share.color}"/>')
        left += width
    return "".join(drawn)


def lettering(text: str, style: Lettering) -> str:
    """Set a text in lines below each other."""
    return "".join(
        f'<text x="{MARGIN}" y="{style.top + number * style.leading:.1f}" font-family="{style.family}" '
        f'font-weight="{style.weight}" font-size="{style.size}" fill="{style.fill}">{escape(line)}</text>'
        for number, line in enumerate(fitted(text, style))
    )


def icon_svg(content: SiteContent) -> str:
    """Draw the icon: the initials on the palette's colour."""
    tones = palette_of(content.site).light
    return (
        '<svg xmlns="http://www.w3.org/2000/svg" viewBox="0 0 64 64">'
        f'<rect width="64" height="64" rx="14" fill="{tones.primary}"/>'
        f'<text x="32" y="41.5" text-anchor="middle" font-family="{SANS}, system-ui, sans-serif" font-weight="600" '
        f'font-size="26" fill="{tones.on_primary}">{escape(initials(content.person.name))}</text></svg>\n'
    )


def initials(name: str) -> str:
    """Give the first letters of the first and the last word."""
    words = [word for word in mdx.one_line(name).split(" ") if word[:1].isalnum()] or ["?"]
    return "".join(word[0] for word in dict.fromkeys((words[0], words[-1]))).upper()


def fitted(text: str, style: Lettering) -> list[str]:
    """Break a text into the lines that its style allows; what is too long ends in an ellipsis."""
    rest = mdx.one_line(text.replace("`", ""))
    broken: list[str] = []
    while rest and len(broken) < style.lines:
        line = _line(rest, style)
        broken.append(line)
        rest = rest[len(line) :].lstrip()
    if rest:
        last = broken[-1]
        while last and text_width(f"{last}…", style) > BAR_WIDTH:
            last = last[:-1]
        broken[-1] = f"{last.rstrip()}…"
    return broken


def _line(text: str, style: Lettering) -> str:
    """Take as many words as fit, or as many letters when not even one word does."""
    fitting = len(text)
    while fitting > 1 and text_width(text[:fitting], style) > BAR_WIDTH:
        fitting -= 1
    if fitting == len(text):
        return text
    blank = text.rfind(" ", 1, fitting + 1)
    return text[:blank] if blank > 0 else text[:fitting]


def text_width(text: str, style: Lettering) -> float:
    """Estimate a text's width in pixels, a little too wide rather than too narrow."""
    return style.size * sum(_letter_width(letter) for letter in text)


def _letter_width(letter: str) -> float:
    if unicodedata.combining(letter):
        return 0
    if unicodedata.east_asian_width(letter) in "WF":
        return 1.2
    if letter in NARROW:
        return 0.34
    return 0.92 if letter in WIDE else 0.68 if letter.isupper() else 0.56


def beyond_own_fonts(text: str) -> bool:
    """Tell whether a text has letters that the template's fonts lack: neither Latin, Greek nor Cyrillic."""
    return any(ord(letter) > 0x52F and not 0x1E00 <= ord(letter) <= 0x20CF for letter in text)  # noqa: PLR2004  # Unicode blocks
