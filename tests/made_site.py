"""A portfolio site made for real in a directory of a test: the run, what the tools gave, and how to read a page."""

import hashlib
import json
import os
import re
import subprocess
import time
from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field
from html.parser import HTMLParser
from pathlib import Path
from resource import RUSAGE_CHILDREN, getrusage
from xml.etree import ElementTree as ET

from wrenchai_contracts.evidence import ArtifactRef, Evidence
from wrenchai_journey.portfolio.content import ProjectPage, Sentence, SiteContent, write_content
from wrenchai_journey.portfolio.design import ThemeChoice
from wrenchai_journey.tool import Finished
from wrenchai_journey.tools.portfolio_assemble import Assembled, AssembleInputs, assemble
from wrenchai_journey.tools.portfolio_build import BuildInputs, Built, build
from wrenchai_journey.tools.portfolio_cards import Cards, CardsInputs, cards

CONTENT = SiteContent.model_validate_json((Path(__file__).parent / "fixtures" / "portfolio_content.json").read_bytes())
HOSTILE = "Braces {x} & <b>tags</b>, *stars*, [a](b), :smile: :::note, $m$ ~~no~~ and {/* no comment */}"
BREAKOUT = "]]></script><script>alert({1})</script>"
BASE = "/portfolio/"
THEME = ThemeChoice(palette="ember", theme_mode="system", reason="a test's")


@dataclass
class LocalRun:
    """`ToolRun` in this process: files in a directory, facts in lists."""

    workspace: Path
    shared: Path
    env: dict[str, str] = field(default_factory=dict)
    facts: list[Evidence] = field(default_factory=list)
    told: list[tuple[float, str]] = field(default_factory=list)
    commands: list[list[str]] = field(default_factory=list)
    task_id: str = "task-local"
    seconds_left: float = 900.0

    def progress(self, fraction: float, message: str) -> None:
        self.told.append((fraction, message))

    def evidence(self, fact: Evidence) -> None:
        self.facts.append(fact)

    def artifact(
        self, path: Path, *, name: str | None = None, media_type: str = "application/octet-stream"
    ) -> ArtifactRef:
        kept = path.read_bytes()
        digest = hashlib.sha256(kept).hexdigest()
        return ArtifactRef(sha256=digest, name=name or path.name, media_type=media_type, size=len(kept))

    def command(
        self, argv: Sequence[str], *, cwd: Path | None = None, env: Mapping[str, str] | None = None
    ) -> Finished:
        self.commands.append(list(argv))
        started = time.monotonic()
        ended = subprocess.run(  # noqa: PLW1510  # the exit code is the result
            argv,
            cwd=cwd,
            env={**os.environ, **self.env, **(env or {})},
            stdout=subprocess.PIPE,
            stderr=subprocess.STDOUT,
            text=True,
            errors="replace",
        )
        peak = getrusage(RUSAGE_CHILDREN).ru_maxrss * 1024
        return Finished(ended.returncode, ended.stdout[-65536:], time.monotonic() - started, peak)


@dataclass(frozen=True)
class Site:
    """What the tools made of a content."""

    run: LocalRun
    drawn: Cards
    assembled: Assembled
    built: Built

    @property
    def root(self) -> Path:
        return self.run.workspace / self.built.directory

    @property
    def files(self) -> list[Path]:
        """Every file that is published."""
        return sorted(path for path in self.root.rglob("*") if path.is_file())

    @property
    def pages(self) -> dict[str, str]:
        """Every page by its path in the site, those that the sitemap leaves out too."""
        html = (path for path in self.files if path.suffix == ".html")
        return {str(path.relative_to(self.root)): path.read_text(encoding="utf-8") for path in html}

    def page(self, address: str) -> str:
        return (self.root / address.strip("/") / "index.html").read_text(encoding="utf-8")


def hostile_content() -> SiteContent:
    """The fixture, and a project and an article whose texts try to be code."""
    sentence = Sentence(text=HOSTILE, source="test")
    hostile = ProjectPage(
        slug="hostile",
        name=BREAKOUT,
        summary=sentence,
        outcome=sentence,
        problem=({"sentences": (sentence,)}, {"sentences": (sentence, sentence), "kind": "list"}),
        approach=({"sentences": ({"text": "import x from 'y'", "source": "test"},)},),
        run_it=({"sentences": ({"text": "```{x}</pre>", "source": "test"},), "kind": "code"},),
        tags=("C++", "C", "{tag}"),
    )
    first, *others = CONTENT.sections
    grown = first.model_copy(update={"projects": (*first.projects, hostile)})
    article = CONTENT.articles[0].model_copy(update={"slug": "hostile", "title": BREAKOUT})
    person = CONTENT.person.model_copy(update={"name": "<Maintainers> & {friends}"})
    grown_site = {"sections": (grown, *others), "articles": (*CONTENT.articles, article), "person": person}
    return SiteContent.model_validate({**dict(CONTENT), **grown_site})


def made(
    workspace: Path, shared: Path, content: SiteContent, *, rebuild: bool = False, task_id: str = "task-local"
) -> Site:
    """Make a site as the task of that name does: the content says which task wrote it, as the writer leaves it."""
    workspace.mkdir(parents=True)
    run = LocalRun(workspace, shared, task_id=task_id)
    generated = content.generated.model_copy(update={"task_id": task_id})
    write_content(workspace, content.model_copy(update={"generated": generated}))
    return Site(
        run,
        cards.run(CardsInputs(theme=THEME), run),
        assemble.run(AssembleInputs(theme=THEME), run),
        build.run(BuildInputs(rebuild=rebuild), run),
    )


class Shown(HTMLParser):
    """The text of a page, as a reader gets it."""

    def __init__(self) -> None:
        super().__init__()
        self.parts: list[str] = []

    def handle_data(self, data: str) -> None:
        self.parts.append(data)


def text_of(page: str) -> str:
    reader = Shown()
    reader.feed(page)
    return re.sub(r"\s+", " ", "".join(reader.parts))


def structured(page: str, kind: str) -> list[dict[str, object]]:
    found = re.findall(r'<script[^>]*type="?application/ld\+json"?[^>]*>(.*?)</script>', page, re.DOTALL)
    return [data for data in map(json.loads, found) if data["@type"] == kind]


def sitemap(site: Site) -> set[str]:
    tree = ET.parse(site.root / "sitemap.xml")  # noqa: S314  # our own file
    return {
        "/" + (url.text or "").split(BASE, 1)[1]
        for url in tree.iter("{http://www.sitemaps.org/schemas/sitemap/0.9}loc")
    }
