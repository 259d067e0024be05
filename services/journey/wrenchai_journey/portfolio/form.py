"""The form a user fills in: its shape, its rules, and its normal form; pure."""

import datetime as dt
import hashlib
import json
from collections.abc import Sequence
from typing import Annotated, Literal

from pydantic import Field, ValidationError
from wrenchai_contracts.shape import Frozen, JsonObject

from wrenchai_journey.portfolio import fields
from wrenchai_journey.portfolio.content import Email, PaletteName, Slug, ThemeMode
from wrenchai_journey.portfolio.form_errors import FieldError, FormRejected, field_errors
from wrenchai_journey.portfolio.slugs import unique_slugs

MAX_PROJECTS = 50
MAX_ARTICLES = 200
MAX_FEATURED = 3
LOCAL_SITE = "http://localhost:3000"
"""The site's address until the user names one."""

ProjectSection = Literal["projects", "scripts", "frontend", "analytics", "datascience"]


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
    palette: PaletteName = "fjord"
    theme_mode: ThemeMode = "system"
    language: str = Field(default="en", pattern=r"^[a-z]{2,3}(-[A-Za-z0-9]{2,8})*$")


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


class PortfolioForm(Frozen):
    """The whole form. The smallest one has a title, a description, and projects."""

    title: fields.Name
    description: fields.Statement
    person: PersonForm | None = None
    site: SiteForm = SiteForm()
    projects: tuple[ProjectForm, ...] = Field(min_length=1, max_length=MAX_PROJECTS)
    articles: tuple[ArticleForm, ...] = Field(default=(), max_length=MAX_ARTICLES)


def normal_form(raw: JsonObject) -> PortfolioForm:
    """Check a form and fill in what follows from it, so that equal forms have equal digests.

    Normalising a normal form changes nothing. Raises FormRejected with every field error found.
    """
    try:
        form = PortfolioForm.model_validate(raw)
    except ValidationError as refused:
        raise FormRejected(field_errors(refused, PortfolioForm)) from None
    if errors := (*_repeated_slugs(form), *_too_many_featured(form)):
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
    said += [f"projects[{i}] has no outcome, the line readers look for first"
             for i, project in enumerate(form.projects) if project.outcome is None]  # fmt: skip
    return tuple(said)


def _with_slugs(form: PortfolioForm) -> PortfolioForm:
    pages, articles = form.projects, form.articles
    names = unique_slugs([page.name for page in pages], [page.slug for page in pages], kind="project")
    titles = unique_slugs([text.title for text in articles], [text.slug for text in articles], kind="article")
    return form.model_copy(
        update={
            "projects": tuple(page.model_copy(update={"slug": slug}) for page, slug in zip(pages, names, strict=True)),
            "articles": tuple(
                text.model_copy(update={"slug": slug}) for text, slug in zip(articles, titles, strict=True)
            ),
        }
    )


def _repeated_slugs(form: PortfolioForm) -> tuple[FieldError, ...]:
    return (
        *_repeats("projects", [page.slug for page in form.projects]),
        *_repeats("articles", [article.slug for article in form.articles]),
    )


def _repeats(field: str, slugs: Sequence[str | None]) -> list[FieldError]:
    return [
        FieldError(path=f"{field}[{place}].slug", reason=f"{slug} is used by an earlier entry")
        for place, slug in enumerate(slugs)
        if slug is not None and slug in slugs[:place]
    ]


def _too_many_featured(form: PortfolioForm) -> list[FieldError]:
    featured = [place for place, project in enumerate(form.projects) if project.featured]
    reason = f"at most {MAX_FEATURED} projects can be featured"
    return [FieldError(path=f"projects[{place}].featured", reason=reason) for place in featured[MAX_FEATURED:]]
