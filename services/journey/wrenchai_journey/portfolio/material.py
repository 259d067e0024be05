"""All a writer may use: the form, the facts, the languages, and what follows from them; pure."""

from collections.abc import Iterable, Iterator, Mapping
from dataclasses import dataclass
from pathlib import PurePosixPath
from posixpath import normpath

from wrenchai_journey.portfolio.content import LanguageShare
from wrenchai_journey.portfolio.facts import ProjectFacts
from wrenchai_journey.portfolio.form import PortfolioForm
from wrenchai_journey.portfolio.languages import OTHER, ProjectLanguages, shares

TEMPLATE = "template"
"""The source of the few words that are the same on every site."""

DEEP = PurePosixPath("/", *"0123456789")
"""Where a form is thought to lie, so that paths that lead up from it can be compared with each other."""

MAX_FIGURES = 4
FEW_COMMITS = 10
"""Fewer commits than these are no figure for the first screen."""


@dataclass(frozen=True, slots=True)
class Derived:
    """A figure computed from facts: its value, and the sources it was computed from."""

    name: str
    value: int
    label: str
    of: tuple[str, ...]

    @property
    def source(self) -> str:
        """How content refers to it."""
        return f"derived.{self.name}"


def known_languages(
    facts: Iterable[ProjectFacts], counted: Iterable[ProjectLanguages]
) -> dict[str, tuple[LanguageShare, ...]]:
    """Each project's languages by slug: those counted in its directory, else those that GitHub counts."""
    known = {project.slug: shares(project.language_bytes) for project in facts if project.language_bytes}
    return known | {project.slug: project.shares for project in counted if project.shares}


@dataclass(frozen=True, slots=True)
class Material:
    """Form, facts and languages; the mappings go by project slug."""

    form: PortfolioForm
    facts: Mapping[str, ProjectFacts]
    languages: Mapping[str, tuple[LanguageShare, ...]]

    def facts_of(self, slug: str) -> ProjectFacts:
        """The facts of a project; only its name where none were found."""
        return self.facts.get(slug) or ProjectFacts(slug=slug)

    def sources(self) -> dict[str, str]:
        """Every source a sentence may name, with all that it says."""
        said = dict(_form_fields("form", self.form.model_dump(mode="json")))
        for slug, facts in self.facts.items():
            for fact in facts.found:
                _add(said, f"{slug}/{fact.source}", str(fact.value))
        for slug, parts in self.languages.items():
            for share in parts:
                _add(said, f"{slug}/languages", f"{share.name} {share.percent}")
        for figure in self.derived():
            _add(said, figure.source, f"{figure.value} {figure.label}")
        return said

    def derived(self) -> tuple[Derived, ...]:
        """Figures over all projects, at most four; one that says next to nothing is left out."""
        figures = (self._projects(), self._commits(), self._languages(), self._articles(), self._first_year())
        return tuple(figure for figure in figures if figure.value)[:MAX_FIGURES]

    def _projects(self) -> Derived:
        of = tuple(entry.source for entry in self.form.entries)
        return Derived("projects", len(of), "projects" if len(of) > 1 else "project", of)

    def _articles(self) -> Derived:
        of = tuple(f"form.articles[{place}]" for place in range(len(self.form.articles)))
        return Derived("articles", len(of), "articles" if len(of) > 1 else "article", of)

    def _commits(self) -> Derived:
        inside = self._inside_others()
        counted = {
            slug: facts.number("commits")
            for slug, facts in self.facts.items()
            if facts.number("commits") and slug not in inside
        }
        of = tuple(f"{slug}/git.log" for slug in counted)
        total = sum(counted.values())
        where = f"commits in {len(counted)} repositories" if len(counted) > 1 else "commits in one repository"
        return Derived("commits", total if total >= FEW_COMMITS else 0, where, of)

    def _inside_others(self) -> frozenset[str]:
        """Slugs of entries that lie inside another entry's directory: what they count, the other has counted."""
        places = {
            project.slug or "": PurePosixPath(normpath(DEEP / project.path))
            for _, project in self.form.entries
            if project.path is not None
        }
        return frozenset(
            slug for slug, place in places.items() if any(other in place.parents for other in places.values())
        )

    def _languages(self) -> Derived:
        names = {share.name for parts in self.languages.values() for share in parts} - {OTHER}
        of = tuple(f"{slug}/languages" for slug, parts in self.languages.items() if parts)
        return Derived("languages", len(names), "languages" if len(names) > 1 else "language", of)

    def _first_year(self) -> Derived:
        """The year of the first commit, once the history has reached another year."""
        days = [
            (str(fact.value), f"{slug}/{fact.source}")
            for slug, facts in self.facts.items()
            for fact in (facts.first("first_commit"), facts.first("last_commit"))
            if fact
        ]
        (first, source), (last, _) = min(days, default=("0", "")), max(days, default=("0", ""))
        year = int(first[:4]) if first[:4] < last[:4] else 0
        return Derived("first_year", year, "year of the first commit", (source,))


def _add(said: dict[str, str], source: str, words: str) -> None:
    said[source] = f"{said[source]}\n{words}" if source in said else words


def _form_fields(path: str, value: object) -> Iterator[tuple[str, str]]:
    """Every field of the form by its path; a list also has one entry for all it says."""
    if isinstance(value, Mapping):
        yield path, _words(value)
        for name, part in value.items():
            yield from _form_fields(f"{path}.{name}", part)
    elif isinstance(value, list):
        yield path, _words(value)
        for place, part in enumerate(value):
            yield from _form_fields(f"{path}[{place}]", part)
    elif value not in (None, ""):
        yield path, str(value)


def _words(value: object) -> str:
    if isinstance(value, Mapping):
        return "\n".join(filter(None, (_words(part) for part in value.values())))
    if isinstance(value, list):
        return "\n".join(filter(None, (_words(part) for part in value)))
    return "" if value is None or isinstance(value, bool) else str(value)
