"""The pages of a built site: from its sitemap, and one of each template; pure."""

import html
import re
from collections.abc import Iterable, Sequence
from urllib.parse import urlsplit

LOCATION = re.compile(r"<loc>\s*([^<]+?)\s*</loc>")
HTML_CLASS = re.compile(r"<html\b[^>]*\bclass=\"?([^\">]*)", re.IGNORECASE)
OF_ONE_PAGE = re.compile(r"-(doc|page|post)-id-")


def sitemap_paths(sitemap: str) -> tuple[str, ...]:
    """The paths that a sitemap lists, in its order; where the site will be published does not matter."""
    paths = (urlsplit(html.unescape(location)).path or "/" for location in LOCATION.findall(sitemap))
    return tuple(dict.fromkeys(paths))


def file_paths(files: Iterable[str], base_url: str) -> tuple[str, ...]:
    """The paths under which the HTML files of a site without a sitemap are served."""
    served = (base_url + re.sub(r"(^|/)index\.html$", r"\1", file) for file in sorted(files))
    return tuple(path for path in served if not path.endswith("/404.html"))


def file_of(path: str, base_url: str) -> str:
    """The file that answers for a path, below the site's directory."""
    below = path.removeprefix(base_url).removeprefix("/")
    return f"{below}index.html" if not below or below.endswith("/") else below


def template_of(path: str, page: str) -> tuple[str, int]:
    """What pages of one template share: the classes that Docusaurus puts on `html`, and the depth."""
    classes = HTML_CLASS.search(page)
    kept = sorted(word for word in (classes[1].split() if classes else ()) if not OF_ONE_PAGE.search(word))
    return " ".join(kept), path.rstrip("/").count("/")


def one_per_template(pages: Sequence[tuple[str, str]]) -> tuple[str, ...]:
    """The first page of each template, from (path, HTML) pairs, in the order given."""
    first: dict[tuple[str, int], str] = {}
    for path, page in pages:
        first.setdefault(template_of(path, page), path)
    return tuple(first.values())
