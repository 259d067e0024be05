"""Two ways to write the same material: one that keeps to the point, and one that tells all of it; pure."""

from collections.abc import Callable, Mapping, Sequence
from typing import Literal

from wrenchai_journey.portfolio.content import Paragraph, ProjectPage, Section, Sentence, SiteContent
from wrenchai_journey.portfolio.facts import Found, ProjectFacts
from wrenchai_journey.portfolio.languages import OTHER
from wrenchai_journey.portfolio.material import Material

Style = Literal["concise", "narrative"]

SENTENCES = 5
"""How many sentences of a part the concise writer keeps."""

ITEMS = 3
"""How many entries of a list the concise writer keeps."""

ALL, LEADING = 100.0, 50.0
"""Percent of the code from which on a language is all, or most, of what a project is written in."""

_SHORTENED = ("problem", "data", "approach", "stages", "decisions", "lessons")


def styled(content: SiteContent, material: Material, style: Style) -> SiteContent:
    """The content as a writer of that style leaves it; every sentence keeps its source."""
    return _WRITERS[style](content, material)


def _concise(content: SiteContent, material: Material) -> SiteContent:  # noqa: ARG001  # every writer has this shape
    """The beginning of each part; lists without their tails. Articles are nobody's to cut but their author's."""
    person = content.person.model_copy(update={"about": content.person.about[:1]})
    return content.model_copy(update={"person": person, "sections": _each_page(content.sections, _shortened)})


def _narrative(content: SiteContent, material: Material) -> SiteContent:
    """All that the form says, and what the history of the code tells besides."""

    def told(page: ProjectPage) -> ProjectPage:
        sentences = (*_history(material.facts_of(page.slug)), *_written_in(page))
        return page.model_copy(update={"history": (Paragraph(sentences=sentences),)}) if sentences else page

    return content.model_copy(update={"sections": _each_page(content.sections, told)})


_WRITERS: Mapping[Style, Callable[[SiteContent, Material], SiteContent]] = {
    "concise": _concise,
    "narrative": _narrative,
}


def _each_page(sections: Sequence[Section], change: Callable[[ProjectPage], ProjectPage]) -> tuple[Section, ...]:
    return tuple(section.model_copy(update={"projects": tuple(map(change, section.projects))}) for section in sections)


def _shortened(page: ProjectPage) -> ProjectPage:
    return page.model_copy(update={part: _beginning(getattr(page, part)) for part in _SHORTENED})


def _beginning(paragraphs: Sequence[Paragraph]) -> tuple[Paragraph, ...]:
    """The first paragraph, with no more than a few sentences or entries."""
    return tuple(
        part.model_copy(update={"sentences": part.sentences[: ITEMS if part.kind == "list" else SENTENCES]})
        for part in paragraphs[:1]
    )


def _history(facts: ProjectFacts) -> tuple[Sentence, ...]:
    """From when to when a project was worked on; nothing of one without a history."""
    first, last, commits = facts.first("first_commit"), facts.first("last_commit"), facts.number("commits")
    if first is None or last is None or commits <= 1:
        return ()
    text = f"The history of its code has {commits:,} commits, from {first.value} to {last.value}."
    return (Sentence(text=text, source=f"{facts.slug}/{first.source}"), *_released(facts))


def _released(facts: ProjectFacts) -> tuple[Sentence, ...]:
    latest: Found | None = facts.first("latest_tag")
    if latest is None:
        return ()
    return (Sentence(text=f"Its latest tag is `{latest.value}`.", source=f"{facts.slug}/{latest.source}"),)


def _written_in(page: ProjectPage) -> tuple[Sentence, ...]:
    """Which language most of the code is written in, where one is."""
    share = next((share for share in page.languages if share.percent >= LEADING and share.name != OTHER), None)
    if share is None:
        return ()
    text = f"It is mostly written in {share.name}, which makes up {share.percent:g} % of the code."
    if share.percent >= ALL:
        text = f"All of its code is written in {share.name}."
    return (Sentence(text=text, source=f"{page.slug}/languages"),)
