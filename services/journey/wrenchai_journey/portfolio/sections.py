"""Where each entry goes, what its section looks for in it, and which ones come first, each with its reason; pure."""

from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass

from pydantic import Field
from wrenchai_contracts.shape import Frozen

from wrenchai_journey.portfolio.content import LanguageShare, SectionId, Slug
from wrenchai_journey.portfolio.facts import ProjectFacts
from wrenchai_journey.portfolio.form import MAX_FEATURED, ArticleForm, PortfolioForm, ProjectForm

LABELS: Mapping[SectionId, tuple[str, str]] = {
    "projects": ("GitHub projects", "Code with its history, its decisions and its outcome."),
    "scripts": ("Useful scripts", "Small programs that take work off people."),
    "articles": ("Technical articles", "Longer notes on how things work."),
    "frontend": ("Frontend examples", "Interfaces to look at and to try."),
    "analytics": ("Analytics pipeline", "From raw records to answers."),
    "datascience": ("Data science", "Models, measurements and what they say."),
}
"""The six sections in the order they appear, each with its label and one line under it."""

LOOKED_FOR: Mapping[SectionId, str] = {
    "projects": "where its source is",
    "scripts": "how to run it",
    "articles": "more than a paragraph",
    "frontend": "an address to look at",
    "analytics": "its stages",
    "datascience": "its data",
}
"""What the readers of each section look for in an entry, before anything else."""


class Placed(Frozen):
    """A project, its section, and why it is there."""

    slug: Slug
    section: SectionId
    reason: str


class Chosen(Frozen):
    """A featured project, and why it comes first."""

    slug: Slug
    reason: str


class SectionPlan(Frozen):
    """The site's table of contents: only sections that have something in them."""

    sections: tuple[SectionId, ...]
    placed: tuple[Placed, ...]
    featured: tuple[Chosen, ...]


class Candidate(Frozen):
    """An entry of the form, the section it goes to, and what it has to show there."""

    slug: Slug
    name: str
    section: SectionId
    reason: str
    meets: bool = Field(description="It has what the readers of its section look for.")
    featured: bool = False
    merits: dict[str, int] = Field(default={}, description="What it has to show, weighted; articles have none.")


class PlannedSection(Frozen):
    """One section with its entries, and what they lack."""

    section: SectionId
    entries: tuple[Candidate, ...] = Field(min_length=1)
    lacking: tuple[str, ...] = Field(description="Names of entries without what readers look for here.")

    @property
    def looked_for(self) -> str:
        """What readers look for here."""
        return LOOKED_FOR[self.section]


@dataclass(frozen=True, slots=True)
class Rule:
    """A section, the tags that name it, and the languages that point to it when they make up enough of the code."""

    section: SectionId
    tags: frozenset[str]
    languages: frozenset[str]
    at_least: float


RULES = (
    Rule(
        section="datascience",
        tags=frozenset({"data-science", "datascience", "machine-learning", "deep-learning", "statistics", "ml",
                        "bayesian", "forecasting", "probabilistic-programming", "notebook"}),
        languages=frozenset({"Jupyter Notebook", "R", "Julia"}),
        at_least=40.0,
    ),
    Rule(
        section="analytics",
        tags=frozenset({"analytics", "etl", "elt", "data-pipeline", "data-engineering", "dashboard", "dbt", "bi",
                        "warehouse", "telemetry", "observability", "tracing"}),
        languages=frozenset({"SQL", "PLpgSQL", "PLSQL", "TSQL"}),
        at_least=50.0,
    ),
    Rule(
        section="frontend",
        tags=frozenset({"frontend", "react", "vue", "svelte", "ui", "design-system", "website", "static-site",
                        "static-site-generator", "web-design", "docusaurus", "streamlit"}),
        languages=frozenset({"HTML", "CSS", "SCSS", "Less", "Vue", "Svelte", "Astro", "MDX"}),
        at_least=30.0,
    ),
    Rule(
        section="scripts",
        tags=frozenset({"script", "scripts", "cli", "command-line", "automation", "utility", "shell", "devtools"}),
        languages=frozenset({"Shell", "PowerShell", "Batchfile", "Just", "Makefile"}),
        at_least=50.0,
    ),
)  # fmt: skip
"""Asked in this order; the first that fits decides."""

Languages = Mapping[str, Sequence[LanguageShare]]


def candidates(form: PortfolioForm, facts: Mapping[str, ProjectFacts], languages: Languages) -> tuple[Candidate, ...]:
    """Every entry of the form with its section, in the form's order."""
    projects = (
        _candidate(entry.project, facts.get(_slug(entry.project)), languages.get(_slug(entry.project), ()))
        for entry in form.entries
    )
    return (*projects, *map(_article, form.articles))


def section_plan(section: SectionId, entries: Sequence[Candidate]) -> PlannedSection:
    """Plan one section that has something in it: which of its entries have what its readers look for."""
    return PlannedSection(
        section=section, entries=tuple(entries), lacking=tuple(entry.name for entry in entries if not entry.meets)
    )


def contents(planned: Iterable[PlannedSection]) -> SectionPlan:
    """Put the planned sections together, in the order of the six, and pick up to three entries to feature."""
    by_id = {section.section: section for section in planned}
    inside = [by_id[section] for section in LABELS if section in by_id]
    entries = [entry for section in inside if section.section != "articles" for entry in section.entries]
    return SectionPlan(
        sections=tuple(section.section for section in inside),
        placed=tuple(Placed(slug=entry.slug, section=entry.section, reason=entry.reason) for entry in entries),
        featured=_featured(entries),
    )


def plan_sections(form: PortfolioForm, facts: Mapping[str, ProjectFacts], languages: Languages) -> SectionPlan:
    """Place every entry, drop what is empty, and pick up to three to feature."""
    found = candidates(form, facts, languages)
    sections = {entry.section: [one for one in found if one.section == entry.section] for entry in found}
    return contents(section_plan(section, entries) for section, entries in sections.items())


def _candidate(project: ProjectForm, facts: ProjectFacts | None, shares: Sequence[LanguageShare]) -> Candidate:
    placed = place(project, facts, shares)
    return Candidate(
        slug=placed.slug,
        name=project.name,
        section=placed.section,
        reason=placed.reason,
        meets=_meets(placed.section, project, facts),
        featured=project.featured,
        merits=_merits(project, facts),
    )


def _article(article: ArticleForm) -> Candidate:
    return Candidate(
        slug=article.slug or "",
        name=article.title,
        section="articles",
        reason="the form calls it an article",
        meets=len(article.text) > 1,
    )


def _meets(section: SectionId, project: ProjectForm, facts: ProjectFacts | None) -> bool:
    """Whether an entry has what the readers of its section look for."""
    match section:
        case "scripts":
            return bool(project.run) or bool(facts and facts.all("run"))
        case "frontend":
            return project.live_url is not None
        case "analytics":
            return bool(project.stages)
        case "datascience":
            return bool(project.data)
        case _:
            return project.github_url is not None or bool(facts and facts.number("commits"))


def place(project: ProjectForm, facts: ProjectFacts | None, shares: Sequence[LanguageShare]) -> Placed:
    """Choose one project's section: the form's word, else its tags, else its languages, else GitHub projects."""
    slug = _slug(project)
    if project.section:
        return Placed(slug=slug, section=project.section, reason="the form says so")
    topics = [str(topic.value) for topic in facts.all("topic")] if facts else []
    tags = {tag.lower().replace(" ", "-") for tag in (*project.tags, *topics)}
    for rule in RULES:
        if named := sorted(rule.tags & tags):
            return Placed(slug=slug, section=rule.section, reason=f"tagged {', '.join(named)}")
    for rule in RULES:
        part = sum(share.percent for share in shares if share.name in rule.languages)
        if part >= rule.at_least:
            known = ", ".join(share.name for share in shares if share.name in rule.languages)
            return Placed(slug=slug, section=rule.section, reason=f"{part:.1f} % of its code is {known}")
    return Placed(slug=slug, section="projects", reason="no tag or language points elsewhere")


def _featured(entries: Sequence[Candidate]) -> tuple[Chosen, ...]:
    """Take what the form features; only if it features none, the entries that have most to show."""
    asked = [Chosen(slug=entry.slug, reason="the form says so") for entry in entries if entry.featured]
    if asked:
        return tuple(asked[:MAX_FEATURED])
    ranked = sorted(entries, key=lambda entry: -sum(entry.merits.values()))
    return tuple(Chosen(slug=entry.slug, reason=_because(entry.merits)) for entry in ranked[:MAX_FEATURED])


def _merits(project: ProjectForm, facts: ProjectFacts | None) -> dict[str, int]:
    """What a project has to show, weighted by what readers look for first."""
    merits = {
        "an outcome": 4 if project.outcome else 0,
        "a live address": 2 if project.live_url else 0,
        "its problem": 1 if project.problem else 0,
        "its decisions": 1 if project.decisions else 0,
        "its history": 1 if facts and facts.number("commits") else 0,
        "stars on GitHub": 1 if facts and facts.number("stars") else 0,
    }
    return {merit: weight for merit, weight in merits.items() if weight}


def _because(merits: Mapping[str, int]) -> str:
    return f"it shows {', '.join(merits)}" if merits else "first in the form"


def _slug(project: ProjectForm) -> str:
    """Give the slug that the normal form always has."""
    return project.slug or ""
