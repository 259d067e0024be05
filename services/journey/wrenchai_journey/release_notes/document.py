"""Release notes written out in Markdown; pure."""

import re
from collections import Counter
from collections.abc import Iterator, Sequence

from wrenchai_contracts.shape import Frozen

from wrenchai_journey.portfolio.checks.report import counted
from wrenchai_journey.release_notes.commits import Commit
from wrenchai_journey.release_notes.draft import Draft, Entry

_SSH = re.compile(r"^(?:ssh://)?git@(?P<host>[\w.-]+)[:/](?P<path>[\w./~-]+)$")
_HTTP = re.compile(r"^https?://(?:[^/@\s]*@)?(?P<host>[\w.:-]+)/(?P<path>[\w./~-]+)$")
_ORIGIN = re.compile(r"^\s*\[remote \"origin\"\]([^\[]*)", re.MULTILINE)
_URL = re.compile(r"^\s*url\s*=\s*\"?(\S+?)\"?\s*$", re.MULTILINE)
_MARKS = re.compile(r"([\\*_\[\]<>])")


class Span(Frozen):
    """From where to where the notes reach; `page` is the repository's own, if it has one."""

    since: str | None
    until: str
    page: str | None = None


def origin_in(settings: str) -> str:
    """The address of the remote `origin` in the text of git's `config` file; empty when there is none."""
    section = _ORIGIN.search(settings)
    found = _URL.search(section[1]) if section else None
    return found[1] if found else ""


def page_of(remote: str) -> str | None:
    """The web page of a remote repository, without whatever credentials its address holds; None for a local one."""
    found = _SSH.match(remote) or _HTTP.match(remote)
    return f"https://{found['host']}/{found['path'].strip('/').removesuffix('.git')}" if found else None


def markdown(draft: Draft, commits: Sequence[Commit], span: Span) -> str:
    """The whole document."""
    return "\n".join([*_beginning(draft, commits, span), *_groups(draft, span), *_contributors(commits)]) + "\n"


def _beginning(draft: Draft, commits: Sequence[Commit], span: Span) -> Iterator[str]:
    days = sorted(one.day for one in commits)
    yield f"# {_escaped(draft.title)}"
    yield ""
    since = f"since {span.since}" if span.since else "since the beginning"
    yield f"{counted(len(commits), 'commit')} {since}, {days[0]} to {days[-1]}."
    if span.page and span.since:
        yield ""
        yield f"[All changes]({span.page}/compare/{span.since}...{span.until})"
    if draft.breaking:
        yield ""
        yield "## Breaking changes"
        yield ""
        yield from (_line(entry, span) for entry in draft.breaking)


def _groups(draft: Draft, span: Span) -> Iterator[str]:
    for group in draft.groups:
        yield ""
        yield f"## {group.title}"
        yield ""
        yield from (_line(entry, span) for entry in group.entries)


def _contributors(commits: Sequence[Commit]) -> Iterator[str]:
    yield ""
    yield "## Contributors"
    yield ""
    for name, number in sorted(Counter(one.author for one in commits).items(), key=lambda one: (-one[1], one[0])):
        yield f"- {_escaped(name)} ({number})"


def _line(entry: Entry, span: Span) -> str:
    scope = f"**{_escaped(entry.scope)}:** " if entry.scope else ""
    numbers = [f"[#{one}]({span.page}/issues/{one})" if span.page else f"#{one}" for one in entry.numbers]
    shas = [f"[{sha[:7]}]({span.page}/commit/{sha})" if span.page else sha[:7] for sha in entry.commits]
    return f"- {scope}{_escaped(entry.text)} ({', '.join([*numbers, *shas])})"


def _escaped(text: str) -> str:
    """Signs that Markdown would take for its own, outside of code spans."""
    parts = text.split("`")
    if len(parts) % 2 == 0:
        return _MARKS.sub(r"\\\1", text).replace("`", "\\`")
    return "`".join(part if index % 2 else _MARKS.sub(r"\\\1", part) for index, part in enumerate(parts))
