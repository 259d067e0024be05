"""The directory of one task's site: the template's own files, the pictures, and what the content makes of them."""

import shutil
from pathlib import Path
from typing import Final

from wrenchai_journey.portfolio.archive import tree_files
from wrenchai_journey.portfolio.cards import icon_svg
from wrenchai_journey.portfolio.content import SiteContent
from wrenchai_journey.portfolio.site import site_files

TEMPLATE: Final = Path(__file__).parent / "template"
"""The pinned template; its node_modules live in the store that tasks share, never here."""

PICTURES: Final = "pictures"
"""Where the cards lie in a task's workspace."""

SITE: Final = "site"
"""Where the site's source lies in a task's workspace."""

NOT_SOURCE: Final = frozenset({"node_modules", ".docusaurus", "build"})
"""What npm and Docusaurus put into a site's directory."""


def lay_out(content: SiteContent, workspace: Path) -> Path:
    """Make the site's directory anew and give its path; equal content and pictures give equal trees."""
    site = workspace / SITE
    _remove_source(site)
    _copy(TEMPLATE, site)
    drawn = workspace / PICTURES
    cards = _copy(drawn, site / "static") if drawn.is_dir() else frozenset[str]()
    files = site_files(content, cards) | {"static/img/favicon.svg": icon_svg(content).encode()}
    for name, text in files.items():
        target = site / name
        target.parent.mkdir(parents=True, exist_ok=True)
        target.write_bytes(text)
    return site


def _remove_source(site: Path) -> None:
    """Leave what npm and Docusaurus keep there: a second build of the same task starts warm."""
    if not site.is_dir():
        return
    for entry in site.iterdir():
        if entry.name in NOT_SOURCE:
            continue
        if entry.is_dir():
            shutil.rmtree(entry)
        else:
            entry.unlink()


def _copy(source: Path, target: Path) -> frozenset[str]:
    """Copy the files of a tree and give their names."""
    names = tree_files(source, without=NOT_SOURCE)
    for name in names:
        copied = target / name
        copied.parent.mkdir(parents=True, exist_ok=True)
        shutil.copyfile(source / name, copied)
    return frozenset(map(str, names))
