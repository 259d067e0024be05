"""The form a user fills in: its shape, its rules, and its normal form; pure."""

import datetime as dt
import hashlib
import json
from collections.abc import Mapping
from typing import Annotated, Literal, NamedTuple

from pydantic import Field, ValidationError
from wrenchai_contracts.shape import Frozen, JsonObject

from wrenchai_journey.portfolio import fields
from wrenchai_journey.portfolio.content import Email, HexColor, PaletteName, Slug, ThemeMode
from wrenchai_journey.portfolio.form_errors import FieldError, FormRejected, field_errors
from wrenchai_journey.portfolio.slugs import unique_slugs

MAX_PROJECTS = 50
MAX_ARTICLES = 200
MAX_FEATURED = 3
LOCAL_SITE = "http://localhost:3000"
"""The site's address until the user names one."""

WishedPalette = Literal[PaletteName, "auto"]
ProjectSection = Literal["projects", "scripts", "frontend", "analytics", "datascience"]

LISTS: Mapping[str, ProjectSection | None] = {
    "projects": None,
    "scripts": "scripts",
    "frontend": "frontend",
    "pipelines": "analytics",
    "data_science": "datascience",
}
"""The form's lists of what gets a page as projects do, each with the section that its entries belong to; projects are
sorted by what is found out about them."""


class LinkForm(Frozen):
    """A named address of the person."""

    label: fields.Label
    url: fields.WebLink


class PersonForm(Frozen):
    """Who the site is about."""

    name: fields.Name
    claim: fields.Statement | None = None
    about: fields.Text = ()
    location: fields.Name | None = None
    email: Email | None = None
    links: tuple[LinkForm, ...] = Field(default=(), max_length=20)
    skills: fields.Labels = ()


class SiteForm(Frozen):
    """Where the site will live and how it looks."""

    url: fields.SiteOrigin = LOCAL_SITE
    base_url: Annotated[fields.SitePath, fields.WithSlashes] = "/"
    palette: WishedPalette = Field(
        default="fjord", description="auto: the one nearest to the colour of the leading language."
    )
    accent: HexColor | None = Field(default=None, description="A colour of your own for links and buttons.")
    theme_mode: ThemeMode = "system"
    language: str = Field(default="en", pattern=r"^[a-z]{2,3}(-[A-Za-z0-9]{2,8})*$")


class PublishForm(Frozen):
    """What the packed site needs besides its pages."""

    ci_cd: bool = Field(default=False, description="A workflow that publishes the site from its repository.")
    domain: fields.Domain | None = Field(default=None, description="A domain of your own, for GitHub Pages.")


class FactForm(Frozen):
    """A fact the user knows, and where everyone can look it up."""

    label: fields.Label
    value: fields.Headline
    source: fields.WebLink | None = None


class ProjectForm(Frozen):
    """One project. Only name and description are needed; an empty part has no heading on the site."""

    name: fields.Name
    description: fields.Statement
    slug: Slug | None = None
    github_url: fields.Repository | None = None
    path: fields.LocalPath | None = Field(
        default=None, description="A directory or git clone; relative to the form's own directory."
    )
    section: ProjectSection | None = None
    featured: bool = False
    problem: fields.Text = ()
    approach: fields.Text = ()
    decisions: fields.Items = ()
    outcome: fields.Statement | None = None
    lessons: fields.Items = ()
    stages: fields.Items = Field(default=(), description="The stages of a pipeline, in order.")
    data: fields.Text = Field(default=(), description="Which data were looked at, and where they came from.")
    run: fields.Commands = ()
    live_url: fields.WebLink | None = None
    tags: fields.Labels = ()
    facts: Annotated[tuple[FactForm, ...], fields.FactTable, Field(max_length=40)] = ()


class ArticleForm(Frozen):
    """One technical article."""

    title: fields.Headline
    date: dt.date
    text: Annotated[fields.Text, Field(min_length=1)]
    slug: Slug | None = None
    tags: fields.Labels = ()


class Whereabouts(Frozen):
    """Where something can be found out about a project; all that has to be known of it for that."""

    name: fields.Name
    slug: Slug | None = None
    github_url: fields.Repository | None = None
    path: fields.LocalPath | None = None


class Entry(NamedTuple):
    """Something that gets a page of its own as a project does, and its place in the form."""

    source: str
    project: ProjectForm

    @property
    def path(self) -> str:
        """How the form's own errors name it."""
        return self.source.removeprefix("form.")

    @property
    def whereabouts(self) -> Whereabouts:
        """Where to look it up."""
        one = self.project
        return Whereabouts(name=one.name, slug=one.slug, github_url=one.github_url, path=one.path)


class PortfolioForm(Frozen):
    """The whole form. The smallest one has a title, a description, and projects."""

    title: fields.Name
    description: fields.Statement
    person: PersonForm | None = None
    site: SiteForm = SiteForm()
    publish: PublishForm = PublishForm()
    projects: tuple[ProjectForm, ...] = Field(min_length=1, max_length=MAX_PROJECTS)
    scripts: tuple[ProjectForm, ...] = Field(default=(), max_length=MAX_PROJECTS)
    frontend: tuple[ProjectForm, ...] = Field(default=(), max_length=MAX_PROJECTS)
    pipelines: tuple[ProjectForm, ...] = Field(default=(), max_length=MAX_PROJECTS)
    data_science: tuple[ProjectForm, ...] = Field(default=(), max_length=MAX_PROJECTS)
    articles: tuple[ArticleForm, ...] = Field(default=(), max_length=MAX_ARTICLES)

    @property
    def entries(self) -> tuple[Entry, ...]:
        """All that gets a page as a project does, list by list."""
        return tuple(
            Entry(f"form.{name}[{place}]", project)
            for name in LISTS
            for place, project in enumerate(getattr(self, name))
        )


def normal_form(raw: JsonObject) -> PortfolioForm:
    """Check a form and fill in what follows from it, so that equal forms have equal digests.

    Normalising a normal form changes nothing. Raises FormRejected with every field error found.
    """
    try:
        form = PortfolioForm.model_validate(raw)
    except ValidationError as refused:
        raise FormRejected(field_errors(refused, PortfolioForm)) from None
    if errors := (*_repeated_slugs(form), *_too_many_featured(form), *_misplaced(form)):
        raise FormRejected(errors)
    return _with_slugs(form)


def digest(form: PortfolioForm) -> str:
    """SHA-256 of the normal form, in hexadecimal."""
    printed = json.dumps(form.model_dump(mode="json"), sort_keys=True, separators=(",", ":"))
    return hashlib.sha256(printed.encode()).hexdigest()


def notes(form: PortfolioForm) -> tuple[str, ...]:
    """Say what is worth knowing before publishing, though nothing is wrong."""
    said = []
    if form.site.url == LOCAL_SITE:
        said.append(f"site.url is not set: sitemap, feeds and cards will name {LOCAL_SITE}")
    if form.person is None:
        said.append("person is not set: the site bears its title, and the description as its claim")
    if form.publish.domain and form.site.url != f"https://{form.publish.domain}":
        said.append(f"publish.domain is {form.publish.domain}, but sitemap, feeds and cards will name {form.site.url}")
    said += [f"{entry.path} has no outcome, the line readers look for first"
             for entry in form.entries if entry.project.outcome is None]  # fmt: skip
    return tuple(said)


def _with_slugs(form: PortfolioForm) -> PortfolioForm:
    pages, articles = [entry.project for entry in form.entries], form.articles
    names = iter(unique_slugs([page.name for page in pages], [page.slug for page in pages], kind="project"))
    titles = unique_slugs([text.title for text in articles], [text.slug for text in articles], kind="article")
    lists = {
        name: tuple(
            page.model_copy(update={"slug": next(names), "section": section or page.section})
            for page in getattr(form, name)
        )
        for name, section in LISTS.items()
    }
    named = tuple(text.model_copy(update={"slug": slug}) for text, slug in zip(articles, titles, strict=True))
    return form.model_copy(update={**lists, "articles": named})


def _repeated_slugs(form: PortfolioForm) -> tuple[FieldError, ...]:
    articles = [(f"articles[{place}]", article.slug) for place, article in enumerate(form.articles)]
    return (*_repeats([(entry.path, entry.project.slug) for entry in form.entries]), *_repeats(articles))


def _repeats(named: list[tuple[str, Slug | None]]) -> list[FieldError]:
    slugs = [slug for _, slug in named]
    return [
        FieldError(path=f"{path}.slug", reason=f"{slug} is used by an earlier entry")
        for place, (path, slug) in enumerate(named)
        if slug is not None and slug in slugs[:place]
    ]


def _too_many_featured(form: PortfolioForm) -> list[FieldError]:
    featured = [entry.path for entry in form.entries if entry.project.featured]
    reason = f"at most {MAX_FEATURED} projects can be featured"
    return [FieldError(path=f"{path}.featured", reason=reason) for path in featured[MAX_FEATURED:]]


def _misplaced(form: PortfolioForm) -> list[FieldError]:
    """Entries of a section's own list that say they belong to another section."""
    return [
        FieldError(path=f"{name}[{place}].section", reason=f"what stands under {name} belongs to {section}")
        for name, section in LISTS.items()
        for place, page in enumerate(getattr(form, name))
        if section is not None and page.section not in {None, section}
    ]
