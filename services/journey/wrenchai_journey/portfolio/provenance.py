"""Every statement of a site with its source, as one flat list that people and programs can check; pure."""

from collections.abc import Iterator, Mapping, Sequence

from wrenchai_contracts.shape import Frozen

from wrenchai_journey.portfolio.content import PARTS, Article, Paragraph, Person, ProjectPage, SiteContent
from wrenchai_journey.portfolio.material import TEMPLATE, Material

PROVENANCE_FILE = "provenance.json"


class Statement(Frozen):
    """Something the site says: on which page, in which part, and from which source."""

    page: str
    part: str
    text: str
    source: str


class Derivation(Frozen):
    """How a figure was computed, and from which sources."""

    source: str
    value: int
    of: tuple[str, ...]


class Provenance(Frozen):
    """The site's statements, and what each derived source rests on."""

    statements: tuple[Statement, ...]
    derived: tuple[Derivation, ...] = ()


def provenance(content: SiteContent, material: Material) -> Provenance:
    """List all statements in the order of the pages."""
    return Provenance(
        statements=tuple(statements(content)),
        derived=tuple(Derivation(source=one.source, value=one.value, of=one.of) for one in material.derived()),
    )


def statements(content: SiteContent) -> Iterator[Statement]:
    """Walk the site: home, sections, project pages, articles."""
    yield from _home(content.person)
    for figure in content.key_figures:
        yield Statement(page="home", part="figures", text=f"{figure.value} {figure.label}", source=figure.source)
    for section in content.sections:
        yield Statement(page=section.id, part="kicker", text=section.kicker, source=TEMPLATE)
        for project in section.projects:
            yield from _project(project)
    for article in content.articles:
        yield from _article(article)


def unsourced(found: Sequence[Statement], sources: Mapping[str, str]) -> tuple[Statement, ...]:
    """Statements whose source says nothing, because it does not exist."""
    return tuple(one for one in found if one.source != TEMPLATE and one.source not in sources)


def _home(person: Person) -> Iterator[Statement]:
    yield Statement(page="home", part="claim", text=person.claim.text, source=person.claim.source)
    yield from _paragraphs("home", "about", person.about)


def _project(project: ProjectPage) -> Iterator[Statement]:
    yield Statement(page=project.slug, part="summary", text=project.summary.text, source=project.summary.source)
    if project.outcome:
        yield Statement(page=project.slug, part="outcome", text=project.outcome.text, source=project.outcome.source)
    for part in PARTS:
        yield from _paragraphs(project.slug, part, getattr(project, part))
    for fact in project.facts:
        yield Statement(page=project.slug, part="facts", text=f"{fact.label}: {fact.value}", source=fact.source)
    for share in project.languages:
        text, source = f"{share.name} {share.percent}", f"{project.slug}/languages"
        yield Statement(page=project.slug, part="languages", text=text, source=source)


def _article(article: Article) -> Iterator[Statement]:
    yield from _paragraphs(article.slug, "text", article.paragraphs)


def _paragraphs(page: str, part: str, paragraphs: Sequence[Paragraph]) -> Iterator[Statement]:
    for paragraph in paragraphs:
        for sentence in paragraph.sentences:
            yield Statement(page=page, part=part, text=sentence.text, source=sentence.source)
