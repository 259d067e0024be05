"""The files of a site's own: what the assemble tool lays over the template, as a pure function of the content."""

import hashlib
import json
import re
from collections.abc import Iterator, Mapping

from wrenchai_journey.portfolio import mdx
from wrenchai_journey.portfolio.content import PARTS, Article, Paragraph, ProjectPage, Section, SiteContent
from wrenchai_journey.portfolio.provenance_page import sourced_pages
from wrenchai_journey.portfolio.theme import palette_css, palette_of

Json = dict[str, object]

HEADINGS = {
    "problem": "Problem",
    "data": "Data",
    "approach": "Approach",
    "stages": "Stages",
    "decisions": "Decisions",
    "run_it": "Run it",
    "lessons": "Lessons",
    "history": "History",
}
CARD_FACTS = 2
"""How many facts of a project its card may show."""

NAMED_TAGS = {"c++": "cpp", "c#": "csharp", "f#": "fsharp", ".net": "dotnet"}


def site_files(content: SiteContent, cards: frozenset[str]) -> dict[str, bytes]:
    """Give every generated file by its path in the site, in a fixed order.

    `cards` are the social cards that exist, as paths below `static/`; a page without one names none.
    """
    sources = _json([page.model_dump() for page in sourced_pages(content)])
    files: dict[str, str] = {
        "src/css/palette.css": palette_css(palette_of(content.site)),
        "src/data/site.json": _json(site_data(content, cards)),
        "src/data/provenance.json": sources,
        "static/provenance.json": sources,
        "docs/provenance.mdx": _sources_page(cards),
        "static/robots.txt": _robots(content),
    }
    for section in shown_sections(content):
        files |= _section_files(section, cards)
    for article in content.articles:
        files[f"blog/{article.slug}.mdx"] = _article(article, cards)
    return {path: text.encode() for path, text in sorted(files.items())}


def shown_sections(content: SiteContent) -> tuple[Section, ...]:
    """Give the sections that have something to show; articles are a section as soon as there is one."""
    given = list(content.sections)
    if content.articles and all(section.id != "articles" for section in given):
        given.append(Section(id="articles", label="Articles"))
    return tuple(s for s in given if (content.articles if s.id == "articles" else s.projects))


def site_data(content: SiteContent, cards: frozenset[str]) -> Json:
    """Give what the template's React pages read; nothing in it tells one run from another."""
    sections = shown_sections(content)
    person = content.person
    return {
        "title": content.site.title,
        "url": content.site.url,
        "base_url": content.site.base_url,
        "language": content.site.language,
        "theme_mode": content.site.theme_mode,
        "person": {
            **person.model_dump(include={"name", "location", "email", "links", "skills"}),
            "claim": mdx.one_line(person.claim.text),
            "about": mdx.plain(person.about),
        },
        "sections": [s.model_dump(include={"id", "label", "kicker"}) for s in sections],
        "projects": [_card_data(p, s) for s in sections for p in s.projects],
        "articles": [_article_data(a) for a in _newest_first(content)],
        "featured": list(content.featured),
        "key_figures": [figure.model_dump() for figure in content.key_figures],
        "cards": {name: _card_path(name, cards) for name in ("home", "articles")},
        "generated": content.generated.model_dump(exclude={"task_id"}),
    }


def _newest_first(content: SiteContent) -> list[Article]:
    return sorted(content.articles, key=lambda article: (article.date, article.slug), reverse=True)


def _card_data(project: ProjectPage, section: Section) -> Json:
    return {
        **project.model_dump(mode="json", include={"slug", "name", "languages", "last_activity", "license", "stars"}),
        "section": section.id,
        "section_label": section.label,
        "summary": mdx.one_line(project.summary.text),
        "outcome": mdx.one_line(project.outcome.text) if project.outcome else None,
        "facts": [fact.model_dump(include={"label", "value"}) for fact in project.facts[:CARD_FACTS]],
    }


def _article_data(article: Article) -> Json:
    return {
        "slug": article.slug,
        "title": article.title,
        "date": article.date.isoformat(),
        "tags": list(article.tags),
        "summary": _article_summary(article),
    }


def _article_summary(article: Article) -> str:
    prose = [part for part in article.paragraphs if part.kind == "prose"]
    return mdx.plain(prose or article.paragraphs)[0]


def _section_files(section: Section, cards: frozenset[str]) -> dict[str, str]:
    if section.id == "articles":
        return {}
    files = {f"docs/{section.id}.mdx": _section_page(section, cards)}
    for project in section.projects:
        files[f"docs/{section.id}/{project.slug}.mdx"] = _project_page(project, section, cards)
        files[f"src/data/projects/{project.slug}.json"] = _json(_project_data(project, section))
    return files


def _project_data(project: ProjectPage, section: Section) -> Json:
    return {
        **_card_data(project, section),
        **project.model_dump(include={"source_url", "live_url", "tags"}),
        "facts": [fact.model_dump(include={"label", "value"}) for fact in project.facts],
    }


def _section_page(section: Section, cards: frozenset[str]) -> str:
    head = _front_matter(
        title=section.label,
        slug=f"/{section.id}/",
        description=section.kicker or f"{section.label}: {', '.join(p.name for p in section.projects)}.",
        card=_card_path(section.id, cards),
    )
    return mdx.page(head, [f'<SectionIndex id="{section.id}" />'])


def _sources_page(cards: frozenset[str]) -> str:
    head = _front_matter(
        title="Sources",
        slug="/provenance/",
        description="Where every sentence on this site comes from.",
        card=_card_path("home", cards),
    )
    return mdx.page(head, ["<Sources />"])


def _project_page(project: ProjectPage, section: Section, cards: frozenset[str]) -> str:
    head = _front_matter(
        title=project.name,
        slug=f"/{section.id}/{project.slug}/",
        description=mdx.one_line(project.summary.text),
        card=_card_path(f"project-{project.slug}", cards),
    )
    load = f"import project from '@site/src/data/projects/{project.slug}.json';"
    story = [text for part in PARTS for text in _part(HEADINGS[part], getattr(project, part))]
    body = [load, "<CaseStudy project={project}>", *story, "</CaseStudy>"]
    return mdx.page({**head, "tags": _tags(project.tags)}, body)


def _part(heading: str, paragraphs: tuple[Paragraph, ...]) -> Iterator[str]:
    if paragraphs:
        yield f"## {heading}"
        yield from (mdx.paragraph(part, heading_level=3) for part in paragraphs)


def _front_matter(*, title: str, slug: str, description: str, card: str | None) -> Json:
    return {
        "title": mdx.one_line(title),
        "slug": slug,
        "description": description,
        **({"image": f"/{card}"} if card else {}),
        "hide_title": True,
        "hide_table_of_contents": True,
    }


def _article(article: Article, cards: frozenset[str]) -> str:
    card = _card_path(f"article-{article.slug}", cards)
    head: Json = {
        "title": mdx.one_line(article.title),
        "slug": article.slug,
        "date": article.date.isoformat(),
        "description": _article_summary(article),
        **({"image": f"/{card}"} if card else {}),
        "hide_table_of_contents": True,
        "tags": _tags(article.tags),
    }
    return mdx.page(head, [mdx.paragraph(part) for part in article.paragraphs])


def _tags(tags: tuple[str, ...]) -> list[Mapping[str, str]]:
    """Give each tag an address of its own; the theme's would be the same for `C` and `C++`."""
    by_address = {tag_address(tag): mdx.one_line(tag) for tag in tags}
    return [{"label": label, "permalink": f"/{address}"} for address, label in by_address.items()]


def tag_address(tag: str) -> str:
    """Name a tag in an address: what it says where that can be read, else the start of its hash."""
    lowered = tag.strip().lower()
    plain = re.sub(r"[^a-z0-9]+", "-", lowered).strip("-")
    return NAMED_TAGS.get(lowered) or plain or hashlib.sha256(lowered.encode()).hexdigest()[:8]


def card_file(name: str) -> str:
    """Give the path of a page's social card below `static/`."""
    return f"img/cards/{name}.png"


def _card_path(name: str, cards: frozenset[str]) -> str | None:
    return card_file(name) if card_file(name) in cards else None


def _robots(content: SiteContent) -> str:
    root = f"{content.site.url}{content.site.base_url}"
    return f"User-agent: *\nAllow: /\nSitemap: {root}sitemap.xml\n"


def _json(value: object) -> str:
    return json.dumps(value, ensure_ascii=False, indent=2) + "\n"
