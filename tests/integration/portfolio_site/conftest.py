"""One site for all tests of this folder: npm and Docusaurus run for it once."""

from pathlib import Path

import pytest
from wrenchai_journey.portfolio.content import SiteContent
from wrenchai_journey.portfolio.npm_store import warm_tree
from wrenchai_journey.portfolio.site_directory import TEMPLATE

from tests.made_site import LocalRun, Site, hostile_content, made


@pytest.fixture(scope="session")
def shared(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """The directory that all tasks share."""
    return tmp_path_factory.mktemp("shared")


@pytest.fixture(scope="session")
def content() -> SiteContent:
    """What the site says; some of it tries to be code."""
    return hostile_content()


@pytest.fixture(scope="session")
def installing(tmp_path_factory: pytest.TempPathFactory, shared: Path) -> LocalRun:
    """The run that installed the template's npm packages, where there were none."""
    run = LocalRun(tmp_path_factory.mktemp("installing"), shared)
    warm_tree(run, TEMPLATE)
    return run


@pytest.fixture(scope="session")
def site(tmp_path_factory: pytest.TempPathFactory, installing: LocalRun, content: SiteContent) -> Site:
    """The site, built."""
    return made(tmp_path_factory.mktemp("first") / "ws", installing.shared, content)
