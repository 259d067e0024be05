"""The site's statements page by page, for the page that says where every sentence comes from."""

from collections.abc import Mapping
from itertools import groupby

from wrenchai_contracts.shape import Frozen

from wrenchai_journey.portfolio import mdx
from wrenchai_journey.portfolio.content import SiteContent
from wrenchai_journey.portfolio.provenance import Statement, statements

PageKey = tuple[str, bool]
"""What a statement calls its page, and whether that is an article: both kinds may use the same slug."""


class Told(Frozen):
    """A text as it stands on a page, and its source."""

    text: str
    source: str


class SourcedPage(Frozen):
    """A page of the site and everything that it states."""

    path: str
    title: str
    statements: tuple[Told, ...]


def sourced_pages(content: SiteContent) -> list[SourcedPage]:
    """Give every page that states something, in the order of the site."""
    addresses = _addresses(content)
    shown = [one for one in statements(content) if one.text and _key(one) in addresses]
    return [
        SourcedPage(path=addresses[key][0], title=addresses[key][1], statements=tuple(map(_told, found)))
        for key, found in groupby(shown, _key)
    ]


def _key(statement: Statement) -> PageKey:
    return statement.page, statement.part == "text"


def _told(statement: Statement) -> Told:
    return Told(text=mdx.unlinked(mdx.one_line(statement.text)), source=statement.source)


def _addresses(content: SiteContent) -> Mapping[PageKey, tuple[str, str]]:
    home = {("home", False): ("/", content.person.name)}
    sections = {(s.id, False): (f"/{s.id}/", s.label) for s in content.sections if s.projects}
    projects = {(p.slug, False): (f"/{s.id}/{p.slug}/", p.name) for s in content.sections for p in s.projects}
    articles = {(a.slug, True): (f"/articles/{a.slug}/", a.title) for a in content.articles}
    return home | sections | projects | articles
