"""The default writer: fixed templates that put the form's words and the found facts in their places; pure."""

import datetime as dt
import re
from collections.abc import Iterable, Sequence

from wrenchai_journey.portfolio.content import (
    Article,
    Fact,
    Generated,
    KeyFigure,
    Link,
    PaletteName,
    Paragraph,
    Person,
    ProjectPage,
    Section,
    SectionId,
    Sentence,
    SiteContent,
    SiteSettings,
)
from wrenchai_journey.portfolio.facts import FactName, Found, ProjectFacts
from wrenchai_journey.portfolio.form import ArticleForm, PortfolioForm, ProjectForm
from wrenchai_journey.portfolio.material import Derived, Material
from wrenchai_journey.portfolio.sections import LABELS, SectionPlan

SENTENCE_BREAK = re.compile(r"(?<=[.!?])\s+(?=[A-Z0-9\"\u201c(])")

FACT_LABELS: tuple[tuple[FactName, str], ...] = (
    ("commits", "Commits"),
    ("contributors", "Contributors"),
    ("first_commit", "First commit"),
    ("last_commit", "Last commit"),
    ("tags", "Tags"),
    ("latest_tag", "Latest tag"),
    ("stars", "Stars"),
    ("forks", "Forks"),
    ("license", "License"),
)


def compose(material: Material, plan: SectionPlan, generated: Generated) -> SiteContent:
    """Write the site. The same material and plan give the same content, byte for byte."""
    form = material.form
    pages = {page.slug: page for page in _pages(material)}
    return SiteContent(
        person=_person(form),
        site=_site(form),
        sections=tuple(_section(section, plan, pages) for section in plan.sections),
        articles=tuple(_article(article, f"form.articles[{i}]") for i, article in enumerate(form.articles)),
        featured=tuple(chosen.slug for chosen in plan.featured),
        key_figures=tuple(_figure(figure) for figure in material.derived()),
        generated=generated,
    )


def sentences(text: str, source: str) -> tuple[Sentence, ...]:
    """Split a text where a sentence ends; each part keeps the source."""
    return tuple(Sentence(text=part, source=source) for part in SENTENCE_BREAK.split(text) if part)


def _site(form: PortfolioForm) -> SiteSettings:
    """Where the site lives, and in which colours until a designer has seen it."""
    settings = form.site.model_dump(exclude={"accent", "palette"})
    palette: PaletteName = "fjord" if form.site.palette == "auto" else form.site.palette
    return SiteSettings(title=form.title, palette=palette, **settings)


def _person(form: PortfolioForm) -> Person:
    """The person of the form; without one, the site bears its title, and its description as the claim."""
    described = Sentence(text=form.description, source="form.description")
    person = form.person
    if person is None:
        return Person(name=form.title, claim=described)
    claim = Sentence(text=person.claim, source="form.person.claim") if person.claim else described
    about = _prose(person.about, "form.person.about")
    return Person(
        name=person.name,
        claim=claim,
        about=about or ((Paragraph(sentences=(described,)),) if person.claim else ()),
        location=person.location,
        email=person.email,
        links=tuple(Link(label=link.label, url=link.url) for link in person.links),
        skills=person.skills,
    )


def _section(section: SectionId, plan: SectionPlan, pages: dict[str, ProjectPage]) -> Section:
    label, kicker = LABELS[section]
    inside = tuple(pages[placed.slug] for placed in plan.placed if placed.section == section)
    return Section(id=section, label=label, kicker=kicker, projects=inside)


def _pages(material: Material) -> Iterable[ProjectPage]:
    for source, project in material.form.entries:
        yield _page(project, source, material)


def _page(project: ProjectForm, source: str, material: Material) -> ProjectPage:
    slug = project.slug or ""
    facts = material.facts_of(slug)
    active = facts.last_activity
    return ProjectPage(
        slug=slug,
        name=project.name,
        summary=Sentence(text=project.description, source=f"{source}.description"),
        outcome=Sentence(text=project.outcome, source=f"{source}.outcome") if project.outcome else None,
        problem=_prose(project.problem, f"{source}.problem"),
        data=_prose(project.data, f"{source}.data"),
        approach=_approach(project, source, facts),
        stages=_listed(project.stages, f"{source}.stages"),
        decisions=_listed(project.decisions, f"{source}.decisions"),
        run_it=_run_it(project, source, facts),
        lessons=_listed(project.lessons, f"{source}.lessons"),
        source_url=project.github_url,
        live_url=project.live_url,
        languages=material.languages.get(slug, ()),
        last_activity=dt.date.fromisoformat(str(active.value)) if active else None,
        tags=project.tags,
        license=_text(facts.first("license")),
        stars=facts.number("stars") if facts.first("stars") else None,
        facts=(*_found_facts(facts), *_form_facts(project, source)),
    )


def _approach(project: ProjectForm, source: str, facts: ProjectFacts) -> tuple[Paragraph, ...]:
    """The form's words; where it tells neither problem nor approach, the README's first paragraph."""
    intro = facts.first("readme_intro")
    if project.approach or project.problem or intro is None or intro.value == project.description:
        return _prose(project.approach, f"{source}.approach")
    return (Paragraph(sentences=sentences(str(intro.value), f"{facts.slug}/{intro.source}")),)


def _run_it(project: ProjectForm, source: str, facts: ProjectFacts) -> tuple[Paragraph, ...]:
    """The form's commands, else those of the README or manifest."""
    if project.run:
        lines = tuple(Sentence(text=line, source=f"{source}.run[{i}]") for i, line in enumerate(project.run))
    else:
        lines = tuple(Sentence(text=str(fact.value), source=f"{facts.slug}/{fact.source}") for fact in facts.all("run"))
    return (Paragraph(sentences=lines, kind="code", language="bash"),) if lines else ()


def _prose(paragraphs: Sequence[str], source: str) -> tuple[Paragraph, ...]:
    return tuple(Paragraph(sentences=sentences(text, f"{source}[{i}]")) for i, text in enumerate(paragraphs))


def _listed(items: Sequence[str], source: str) -> tuple[Paragraph, ...]:
    if not items:
        return ()
    lines = tuple(Sentence(text=item, source=f"{source}[{i}]") for i, item in enumerate(items))
    return (Paragraph(sentences=lines, kind="list"),)


def _found_facts(facts: ProjectFacts) -> Iterable[Fact]:
    for name, label in FACT_LABELS:
        fact = facts.first(name)
        if fact is not None:
            yield Fact(label=label, value=_text(fact) or "", source=f"{facts.slug}/{fact.source}")


def _form_facts(project: ProjectForm, source: str) -> Iterable[Fact]:
    for place, fact in enumerate(project.facts):
        yield Fact(label=fact.label, value=fact.value, source=f"{source}.facts[{place}]")


def _article(article: ArticleForm, source: str) -> Article:
    return Article(
        slug=article.slug or "",
        title=article.title,
        date=article.date,
        tags=article.tags,
        paragraphs=_prose(article.text, f"{source}.text"),
    )


def _figure(figure: Derived) -> KeyFigure:
    """Years stand as they are, counts with a comma between thousands."""
    value = str(figure.value) if figure.name == "first_year" else f"{figure.value:,}"
    return KeyFigure(value=value, label=figure.label, source=figure.source)


def _text(fact: Found | None) -> str | None:
    """A fact as people read it."""
    if fact is None:
        return None
    return f"{fact.value:,}" if isinstance(fact.value, int) else fact.value
