"""Where each project goes, and which ones come first, with the reason for each; pure."""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass

from wrenchai_contracts.shape import Frozen

from wrenchai_journey.portfolio.content import LanguageShare, SectionId, Slug
from wrenchai_journey.portfolio.facts import ProjectFacts
from wrenchai_journey.portfolio.form import MAX_FEATURED, PortfolioForm, ProjectForm

LABELS: Mapping[SectionId, tuple[str, str]] = {
    "projects": ("GitHub projects", "Code with its history, its decisions and its outcome."),
    "scripts": ("Useful scripts", "Small programs that take work off people."),
    "articles": ("Technical articles", "Longer notes on how things work."),
    "frontend": ("Frontend examples", "Interfaces to look at and to try."),
    "analytics": ("Analytics pipeline", "From raw records to answers."),
    "datascience": ("Data science", "Models, measurements and what they say."),
}
"""The six sections in the order they appear, each with its label and one line under it."""


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


def plan_sections(form: PortfolioForm, facts: Mapping[str, ProjectFacts], languages: Languages) -> SectionPlan:
    """Place every project, drop what is empty, and pick up to three to feature."""
    placed = tuple(
        place(project, facts.get(_slug(project)), languages.get(_slug(project), ())) for project in form.projects
    )
    used = {one.section for one in placed} | ({"articles"} if form.articles else set())
    return SectionPlan(
        sections=tuple(section for section in LABELS if section in used),
        placed=placed,
        featured=_featured(form.projects, facts),
    )


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


def _featured(projects: Sequence[ProjectForm], facts: Mapping[str, ProjectFacts]) -> tuple[Chosen, ...]:
    """Take what the form features; only if it features none, the projects that have most to show."""
    asked = [Chosen(slug=_slug(project), reason="the form says so") for project in projects if project.featured]
    if asked:
        return tuple(asked[:MAX_FEATURED])
    shown = [(_merits(project, facts.get(_slug(project))), project) for project in projects]
    ranked = sorted(shown, key=lambda pair: -sum(pair[0].values()))
    return tuple(Chosen(slug=_slug(project), reason=_because(merits)) for merits, project in ranked[:MAX_FEATURED])


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
