"""Links that lead nowhere, put right in the source of the page that the build names; pure.

A link whose last part names exactly one page of the site is led there. Any other is taken away, and its words stay.
"""

import re
from collections.abc import Mapping
from pathlib import PurePosixPath

from wrenchai_contracts.shape import Frozen

SLUG = re.compile(r'^slug: "([^"]+)"$', re.MULTILINE)


class MendedLink(Frozen):
    """One link that led nowhere: on which page, and where it leads now; nowhere at all if `leads_to` is None."""

    file: str
    words: str
    target: str
    leads_to: str | None


def addresses(pages: Mapping[str, str]) -> tuple[str, ...]:
    """The address of each page, from its front matter; articles lie below their own."""
    found = ((file, SLUG.search(text)) for file, text in sorted(pages.items()))
    return tuple(_address(file, match[1]) for file, match in found if match)


def _address(file: str, slug: str) -> str:
    return f"/articles/{slug}/" if PurePosixPath(file).parts[0] == "blog" else slug


def mended(file: str, text: str, target: str, known: tuple[str, ...]) -> tuple[str, tuple[MendedLink, ...]]:
    """The page with every link to `target` put right, and what became of each."""
    leads_to = meant(target, known)
    links: list[MendedLink] = []

    def instead(link: re.Match[str]) -> str:
        links.append(MendedLink(file=file, words=link[1], target=target, leads_to=leads_to))
        return link[1] if leads_to is None else f"[{link[1]}]({leads_to})"

    return _link_to(target).sub(instead, text), tuple(links)


def meant(target: str, known: tuple[str, ...]) -> str | None:
    """The one page whose last part is that of the target; None when there is none, or more than one."""
    name = _last_part(target)
    alike = [address for address in known if name and _last_part(address) == name]
    return alike[0] if len(alike) == 1 and not _same(alike[0], target) else None


def _last_part(address: str) -> str:
    path = address.partition("#")[0].rstrip("/")
    return path.rpartition("/")[2].removesuffix(".mdx").removesuffix(".md")


def _same(address: str, target: str) -> bool:
    """Whether the page is there and it is something inside it that is not."""
    return address.rstrip("/") == target.partition("#")[0].rstrip("/")


def _link_to(target: str) -> re.Pattern[str]:
    """A link to it, with or without a slash at the end of its path."""
    path, sharp, fragment = target.partition("#")
    trimmed = path.rstrip("/")
    return re.compile(rf"\[([^\[\]]*)\]\({re.escape(trimmed)}/?{re.escape(sharp + fragment)}\)")
