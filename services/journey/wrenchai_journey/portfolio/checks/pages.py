"""The pages of a built site: all of them, and one of each template; pure."""

import re
from collections.abc import Iterable, Sequence

HTML_CLASS = re.compile(r"<html\b[^>]*\bclass=\"?([^\">]*)", re.IGNORECASE)
OF_ONE_PAGE = re.compile(r"-(doc|page|post)-id-")


def file_paths(files: Iterable[str], base_url: str) -> tuple[str, ...]:
    """The paths under which the HTML files of a site are served; the page of wrong addresses is one of them."""
    return tuple(base_url + re.sub(r"(^|/)index\.html$", r"\1", file) for file in sorted(files))


def file_of(path: str, base_url: str) -> str:
    """The file that answers for a path, below the site's directory."""
    below = path.removeprefix(base_url).removeprefix("/")
    return f"{below}index.html" if not below or below.endswith("/") else below


def template_of(path: str, page: str) -> tuple[str, int, bool]:
    """What pages of one template share: the classes that Docusaurus puts on `html`, the depth, and a folder or none."""
    classes = HTML_CLASS.search(page)
    kept = sorted(word for word in (classes[1].split() if classes else ()) if not OF_ONE_PAGE.search(word))
    return " ".join(kept), path.rstrip("/").count("/"), path.endswith("/")


def one_per_template(pages: Sequence[tuple[str, str]]) -> tuple[str, ...]:
    """The first page of each template, from (path, HTML) pairs, in the order given."""
    first: dict[tuple[str, int, bool], str] = {}
    for path, page in pages:
        first.setdefault(template_of(path, page), path)
    return tuple(first.values())
