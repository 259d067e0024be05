"""npm trees are installed once, appear whole, and say clearly why they could not be."""

import json
import shutil
from concurrent.futures import ThreadPoolExecutor
from pathlib import Path
from typing import Any

import pytest
from wrenchai_journey.portfolio.checks.built_site import SiteInputs
from wrenchai_journey.portfolio.checks.node_package import NODE_PACKAGE
from wrenchai_journey.portfolio.npm_store import installed_tree, node_program, tree_key, warm_tree
from wrenchai_journey.tool import ToolFailed
from wrenchai_journey.tools.check_html import check_html

NOWHERE = "http://127.0.0.1:9/"


@pytest.fixture
def package(tmp_path: Path) -> Path:
    """A package with no dependencies and a lock that says so."""
    directory = tmp_path / "package"
    directory.mkdir()
    manifest = {"name": "empty", "version": "1.0.0", "private": True, "dependencies": {"local": "file:local"}}
    (directory / "package.json").write_text(json.dumps({**manifest, "dependencies": {}}))
    lock = {"name": "empty", "version": "1.0.0", "lockfileVersion": 3, "packages": {"": {"name": "empty"}}}
    (directory / "package-lock.json").write_text(json.dumps(lock))
    return directory


def test_a_tree_is_installed_once_however_many_ask(run: Any, package: Path, tmp_path: Path) -> None:
    run.shared = tmp_path / "store"
    with ThreadPoolExecutor(4) as four:
        trees = set(four.map(lambda _: warm_tree(run, package), range(4)))
    (tree,) = trees
    assert tree.name == tree_key(package)
    assert len(run.commands) == 1


def test_another_lock_is_another_tree(package: Path) -> None:
    before = tree_key(package)
    lock = package / "package-lock.json"
    lock.write_text(lock.read_text() + "\n")
    assert tree_key(package) != before


def test_what_a_killed_install_left_is_never_used(run: Any, package: Path, tmp_path: Path) -> None:
    run.shared = tmp_path / "store"
    left = run.shared / "npm" / f"{tree_key(package)}.partial"
    (left / "node_modules" / "half").mkdir(parents=True)
    assert installed_tree(run, package) is None
    assert not (warm_tree(run, package) / "node_modules" / "half").exists()


def test_an_unreachable_registry_may_be_tried_again(run: Any, tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    run.shared = tmp_path / "store"
    monkeypatch.setenv("npm_config_registry", NOWHERE)
    monkeypatch.setenv("npm_config_cache", str(tmp_path / "cold"))
    with pytest.raises(ToolFailed, match="could not reach its registry") as failed:
        warm_tree(run, NODE_PACKAGE)
    assert failed.value.retryable
    assert installed_tree(run, NODE_PACKAGE) is None


def test_a_check_without_its_npm_programs_is_not_measured(
    run: Any, site: Any, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    run.shared = tmp_path / "store"
    monkeypatch.setenv("npm_config_registry", NOWHERE)
    monkeypatch.setenv("npm_config_cache", str(tmp_path / "cold"))
    check_html.run(SiteInputs(**site.inputs), run)
    assert run.fact("html").tried == 0
    assert run.fact("html").summary.startswith("not measured: npm could not reach its registry")


def test_a_lock_that_misses_packages_falls_back_to_npm_install(run: Any, package: Path, tmp_path: Path) -> None:
    run.shared = tmp_path / "store"
    (package / "local").mkdir()
    (package / "local" / "package.json").write_text('{"name": "local", "version": "1.0.0"}')
    manifest = {"name": "empty", "version": "1.0.0", "dependencies": {"local": f"file:{package / 'local'}"}}
    (package / "package.json").write_text(json.dumps(manifest))
    tree = warm_tree(run, package)
    assert (tree / "node_modules" / "local").exists()
    assert [command[1] for command in run.commands] == ["ci", "install"]


def test_a_package_without_a_lock_is_refused(run: Any, package: Path) -> None:
    (package / "package-lock.json").unlink()
    with pytest.raises(ToolFailed, match=r"has no package-lock\.json"):
        warm_tree(run, package)


@pytest.mark.timeout(300)
def test_the_committed_lock_of_the_checks_is_all_that_npm_ci_asks_for(run: Any, tmp_path: Path) -> None:
    run.shared = tmp_path / "store"
    tree = warm_tree(run, NODE_PACKAGE)
    assert [command[1] for command in run.commands] == ["ci"]
    assert not [message for _, message in run.said if "npm install" in message]
    assert (tree / "node_modules" / "axe-core" / "axe.min.js").is_file()


def test_the_committed_lock_of_the_checks_names_no_address() -> None:
    assert '"resolved"' not in (NODE_PACKAGE / "package-lock.json").read_text()


def test_node_is_the_wheels_own_and_never_the_systems() -> None:
    system = shutil.which("node", path="/usr/bin:/usr/local/bin")
    assert str(node_program("node")) != system
