"""What went wrong in a Docusaurus build, from its output: the file, the line and one sentence."""

import re
from collections.abc import Iterator
from dataclasses import dataclass
from pathlib import Path, PurePosixPath

ANSI = re.compile(r"\x1b\[[0-9;]*m")
BROKEN_REFERENCE = re.compile(
    r"Markdown (?P<kind>link|image) with URL `(?P<target>[^`]*)` in source file \"(?P<file>[^\"]+)\" "
    r"\((?P<line>\d+):(?P<column>\d+)\)"
)
REJECTED_PAGE = re.compile(
    r"MDX compilation failed for file \"[^\"]*?/(?P<file>(?:docs|blog|src)/[^\"]+)\"\s+│?\s*Cause: (?P<cause>[^\n]+)"
    r"(?:(?!MDX compilation failed).)*?\"name\": \"(?P<line>\d+):(?P<column>\d+)",
    re.DOTALL,
)
BROKEN_ON_PAGE = re.compile(
    r"Broken (?P<kind>link|anchor) on source page path = (?P<page>\S+):\n(?P<targets>(?:\s*-> .*\n?)+)"
)
TARGET = re.compile(r"-> linking to (\S+)")
CAUSE = re.compile(r"(?:\[cause\]: |Cause: )(?:Error: )?(?P<cause>[^\n]+)")
ERROR = re.compile(r"(?:\[ERROR\]|Error:) *(?P<cause>[^\n]+)")


@dataclass(frozen=True, slots=True)
class BuildFault:
    """One reason why a build stopped: `file` is relative to the site, `line` counts from 1, `target` is a link's."""

    kind: str
    what: str
    file: str | None = None
    line: int | None = None
    column: int | None = None
    target: str | None = None

    def __str__(self) -> str:
        """Say place and reason as compilers do: `docs/a.mdx:19:5: the link ./gone.mdx leads nowhere`."""
        place = ":".join(str(part) for part in (self.file, self.line, self.column) if part is not None)
        return f"{place}: {self.what}" if place else self.what


def build_faults(output: str, *, base_url: str, site: Path) -> tuple[BuildFault, ...]:
    """Read every fault that the output names; at least one, even when it says nothing that is known."""
    text = ANSI.sub("", output)
    found = (*_broken_references(text), *_rejected_pages(text), *_broken_on_pages(text, base_url, site))
    return tuple(dict.fromkeys(found)) or (_unknown(text),)


def _broken_references(text: str) -> Iterator[BuildFault]:
    for found in BROKEN_REFERENCE.finditer(text):
        what = f"the {found['kind']} {found['target']} leads nowhere"
        place = found["file"], int(found["line"]), int(found["column"])
        yield BuildFault("broken_link", what, *place, target=found["target"])


def _rejected_pages(text: str) -> Iterator[BuildFault]:
    for found in REJECTED_PAGE.finditer(text):
        if not BROKEN_REFERENCE.search(found["cause"]):
            yield BuildFault(
                "page_rejected", found["cause"].strip(), found["file"], int(found["line"]), int(found["column"])
            )


def _broken_on_pages(text: str, base_url: str, site: Path) -> Iterator[BuildFault]:
    for found in BROKEN_ON_PAGE.finditer(text):
        file = source_of(found["page"], base_url, site)
        for target in TARGET.findall(found["targets"]):
            own = "/" + target.removeprefix(base_url)
            line = _line_of(own, site / file) if file else None
            what = f"the {found['kind']} {own} on {found['page']} leads nowhere"
            yield BuildFault("broken_link", what, file, line, target=own)


def source_of(page: str, base_url: str, site: Path) -> str | None:
    """Find the file that a page is made from, by the address in its front matter."""
    address = "/" + page.removeprefix(base_url)
    article = address.removeprefix("/articles").strip("/")
    for folder, slug in (("docs", address), ("blog", article)):
        line = f'slug: "{slug}"'
        for file in sorted((site / folder).rglob("*.mdx")):
            if line in file.read_text(encoding="utf-8").splitlines():
                return str(PurePosixPath(file.relative_to(site)))
    return None


def _line_of(target: str, file: Path) -> int | None:
    lines = file.read_text(encoding="utf-8").splitlines()
    return next((number for number, line in enumerate(lines, start=1) if target in line), None)


def _unknown(text: str) -> BuildFault:
    """Take the innermost cause, which is the last; without any, the first error."""
    causes = [found["cause"].strip() for found in CAUSE.finditer(text)]
    errors = [found["cause"].strip() for found in ERROR.finditer(text)]
    said = [*causes[-1:], *errors[:1], "Docusaurus stopped without naming a reason"][0]
    return BuildFault("build_failed", f"{said[:300]}; the step's log has all of its output")
