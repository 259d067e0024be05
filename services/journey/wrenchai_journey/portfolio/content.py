"""What a portfolio site says: the one shape between the tools that find facts and the tools that build pages.

Every text carries its source, so a reader can ask where a sentence came from and get an answer.
"""

from datetime import date
from pathlib import Path
from typing import Annotated, Literal, Self

from pydantic import Field, StringConstraints, model_validator
from wrenchai_contracts.shape import Frozen, Sha256

CONTENT_FILE = "content.json"
"""Where the content lies in a task's workspace."""

Slug = Annotated[str, StringConstraints(pattern=r"^[a-z0-9]+(-[a-z0-9]+)*$", max_length=80)]
"""A page's name in an address: lower case letters, digits and single hyphens."""

Source = Annotated[str, StringConstraints(min_length=1, max_length=300)]
"""Where a text comes from, e.g. `form.projects[0].outcome`, `git.log`, `readme:12`."""

WebAddress = Annotated[str, StringConstraints(pattern=r"^https?://[^\s]+$", max_length=2000)]
"""An http or https address; nothing else may become a link."""

Origin = Annotated[str, StringConstraints(pattern=r"^https?://[^\s/?#]+$", max_length=255)]
"""Scheme and host of the published site, e.g. `https://example.org`, without a path."""

BasePath = Annotated[str, StringConstraints(pattern=r"^/([A-Za-z0-9._~-]+/)*$", max_length=200)]
"""The path the site lives under; begins and ends with a slash."""

Email = Annotated[str, StringConstraints(pattern=r"^[^@\s<>\"'?]+@[^@\s<>\"'?]+$", max_length=254)]
HexColor = Annotated[str, StringConstraints(pattern=r"^#[0-9a-fA-F]{6}$")]
SectionId = Literal["projects", "scripts", "articles", "frontend", "analytics", "datascience"]
PaletteName = Literal["fjord", "ink", "moss", "ember", "plum", "slate"]
ThemeMode = Literal["system", "light", "dark"]
Mode = Literal["light", "dark"]
OwnTones = dict[Mode, dict[str, HexColor]]
"""Colours of a site's own by mode and by what they are for; see `theme.Tones`."""


class Sentence(Frozen):
    """One statement and where it comes from."""

    text: str = Field(min_length=1, max_length=2000)
    source: Source


class Paragraph(Frozen):
    """Sentences that stand together: running text, the items of a list, the lines of a code block, a heading."""

    sentences: tuple[Sentence, ...] = Field(min_length=1)
    kind: Literal["prose", "list", "code", "heading"] = "prose"
    language: str = Field(
        default="", pattern=r"^[a-z0-9+-]*$", max_length=20, description="Of a code block, e.g. `bash`."
    )


class Link(Frozen):
    """A named address."""

    label: str = Field(min_length=1, max_length=80)
    url: WebAddress


class Person(Frozen):
    """Who the site is about."""

    name: str = Field(min_length=1, max_length=120)
    claim: Sentence = Field(description="One sentence: for what, and why it matters.")
    about: tuple[Paragraph, ...] = ()
    location: str | None = Field(default=None, max_length=120)
    email: Email | None = None
    links: tuple[Link, ...] = ()
    skills: tuple[str, ...] = ()


class SiteSettings(Frozen):
    """Where the site lives and how it looks."""

    url: Origin
    base_url: BasePath = "/"
    title: str = Field(min_length=1, max_length=120)
    language: str = Field(default="en", pattern=r"^[a-z]{2,3}(-[A-Za-z0-9]{2,8})*$")
    palette: PaletteName = "fjord"
    theme_mode: ThemeMode = "system"
    tones: OwnTones | None = Field(default=None, description="Instead of the palette's own.")


class LanguageShare(Frozen):
    """How much of a project is written in a language."""

    name: str = Field(min_length=1, max_length=60)
    percent: float = Field(gt=0, le=100)
    color: HexColor = "#8a8f98"


class Fact(Frozen):
    """A short labelled fact for a table, e.g. `Commits: 412`."""

    label: str = Field(min_length=1, max_length=60)
    value: str = Field(min_length=1, max_length=200)
    source: Source


class KeyFigure(Frozen):
    """A figure big enough for the first screen."""

    value: str = Field(min_length=1, max_length=24)
    label: str = Field(min_length=1, max_length=80)
    source: Source


PARTS: tuple[str, ...] = ("problem", "data", "approach", "stages", "decisions", "run_it", "lessons", "history")
"""The parts of a case study, in the order of its page."""


class ProjectPage(Frozen):
    """A project as a case study; an empty part has no heading on the page."""

    slug: Slug
    name: str = Field(min_length=1, max_length=120)
    summary: Sentence
    outcome: Sentence | None = None
    problem: tuple[Paragraph, ...] = ()
    data: tuple[Paragraph, ...] = ()
    approach: tuple[Paragraph, ...] = ()
    stages: tuple[Paragraph, ...] = ()
    decisions: tuple[Paragraph, ...] = ()
    run_it: tuple[Paragraph, ...] = ()
    lessons: tuple[Paragraph, ...] = ()
    history: tuple[Paragraph, ...] = ()
    source_url: WebAddress | None = None
    live_url: WebAddress | None = None
    languages: tuple[LanguageShare, ...] = ()
    last_activity: date | None = None
    tags: tuple[str, ...] = ()
    license: str | None = Field(default=None, max_length=80)
    stars: int | None = Field(default=None, ge=0)
    facts: tuple[Fact, ...] = ()


class Section(Frozen):
    """One of the six sections; `articles` lists the articles, every other one its projects."""

    id: SectionId
    label: str = Field(min_length=1, max_length=80)
    kicker: str = Field(default="", max_length=200)
    projects: tuple[ProjectPage, ...] = ()


class Article(Frozen):
    """A technical article; its first paragraph is also its summary in lists and feeds."""

    slug: Slug
    title: str = Field(min_length=1, max_length=200)
    date: date
    tags: tuple[str, ...] = ()
    paragraphs: tuple[Paragraph, ...] = Field(min_length=1)


class Generated(Frozen):
    """What made this content, and from which input; the task is known in its workspace and never to its site."""

    by: Literal["WrenchAI"] = "WrenchAI"
    task_id: str = Field(min_length=1, max_length=100)
    input_sha256: Sha256


class SiteContent(Frozen):
    """The whole site: slugs are unique, and what is featured exists."""

    person: Person
    site: SiteSettings
    sections: tuple[Section, ...] = ()
    articles: tuple[Article, ...] = ()
    featured: tuple[Slug, ...] = Field(default=(), max_length=3)
    key_figures: tuple[KeyFigure, ...] = Field(default=(), max_length=4)
    generated: Generated

    @property
    def projects(self) -> tuple[ProjectPage, ...]:
        """All projects in the order of their sections."""
        return tuple(project for section in self.sections for project in section.projects)

    @model_validator(mode="after")
    def _names_agree(self) -> Self:
        slugs = [project.slug for project in self.projects]
        _refuse_repeats("project slug", slugs)
        _refuse_repeats("article slug", [article.slug for article in self.articles])
        _refuse_repeats("section", [section.id for section in self.sections])
        if missing := set(self.featured) - set(slugs):
            message = f"featured projects that do not exist: {', '.join(sorted(missing))}"
            raise ValueError(message)
        return self


def _refuse_repeats(kind: str, names: list[str]) -> None:
    repeated = sorted({name for name in names if names.count(name) > 1})
    if repeated:
        message = f"{kind} used more than once: {', '.join(repeated)}"
        raise ValueError(message)


def read_content(workspace: Path) -> SiteContent:
    """Read a task's content.

    Raises FileNotFoundError when no step wrote it, pydantic.ValidationError when it has another shape.
    """
    return SiteContent.model_validate_json((workspace / CONTENT_FILE).read_bytes())


def write_content(workspace: Path, content: SiteContent) -> Path:
    """Write a task's content, the same bytes for the same content."""
    target = workspace / CONTENT_FILE
    target.write_text(content.model_dump_json(indent=2) + "\n", encoding="utf-8")
    return target
