"""What a packed site needs to be published, part by part; pure."""

from collections.abc import Iterator
from typing import Final, Literal

from wrenchai_contracts.shape import Frozen

from wrenchai_journey.portfolio.form import PublishForm

Need = Literal["plain", "needs_ci_cd", "needs_domain"]

PUBLICATION: Final = "publication"
"""Where the files lie in a task's workspace that go into the package beside the site."""

WORKFLOW_FILE: Final = ".github/workflows/publish.yml"
DOMAIN_FILE: Final = "CNAME"


class Part(Frozen):
    """One part of the publication, and what it needs."""

    name: str
    need: Need
    domain: str | None = None


class Addition(Frozen):
    """A file that goes into the package: its path there, and where it lies in the workspace."""

    path: str
    file: str


def parts_of(publish: PublishForm) -> tuple[Part, ...]:
    """The pages themselves, and what the form wants besides."""
    return tuple(_parts(publish))


def _parts(publish: PublishForm) -> Iterator[Part]:
    yield Part(name="pages", need="plain")
    if publish.ci_cd:
        yield Part(name="workflow", need="needs_ci_cd")
    if publish.domain is not None:
        yield Part(name="domain", need="needs_domain", domain=publish.domain)


def domain_file(domain: str) -> str:
    """What GitHub Pages reads from the site's root to learn its domain."""
    return f"{domain}\n"


def workflow() -> str:
    """A workflow that publishes the unpacked package from the main branch of its repository, as it is."""
    return WORKFLOW


WORKFLOW: Final = """\
# Publishes this site on GitHub Pages whenever it changes. Written by WrenchAI.
# In the repository's settings, Pages, choose "GitHub Actions" as the source.
name: Publish
on:
  push:
    branches: [main]
  workflow_dispatch:
permissions:
  contents: read
  pages: write
  id-token: write
concurrency:
  group: pages
  cancel-in-progress: true
jobs:
  publish:
    runs-on: ubuntu-latest
    environment:
      name: github-pages
      url: ${{ steps.deployment.outputs.page_url }}
    steps:
      - uses: actions/checkout@v4
      - uses: actions/configure-pages@v5
      - uses: actions/upload-pages-artifact@v3
        with:
          path: .
      - id: deployment
        uses: actions/deploy-pages@v4
"""
