"""The npm package of the checks: where it lies, how its programs are called, and what to do without it."""

import json
from collections.abc import Mapping
from pathlib import Path
from typing import Any

from wrenchai_journey.portfolio.npm_store import node_program, warm_tree
from wrenchai_journey.tool import ToolFailed, ToolRun

NODE_PACKAGE = Path(__file__).parent / "node"
"""package.json, package-lock.json and the small scripts that drive the programs."""


class Missing(Exception):  # noqa: N818  # reads as the fact it states
    """A program that the check needs cannot be had here; the check is then not measured."""


def checks_tree(run: ToolRun) -> Path:
    """The directory with the checks' npm packages; raises Missing when they cannot be installed here."""
    try:
        return warm_tree(run, NODE_PACKAGE)
    except ToolFailed as failed:
        raise Missing(failed.reason) from failed


def node_script(name: str, tree: Path, *arguments: str) -> list[str]:
    """The argv of one of our own scripts; it finds its packages in `tree`."""
    return [str(node_program("node")), str(NODE_PACKAGE / f"{name}.mjs"), str(tree), *arguments]


def npm_binary(tree: Path, name: str, *arguments: str) -> list[str]:
    """The argv of a program that an npm package brings."""
    return [str(node_program("node")), str(tree / "node_modules" / ".bin" / name), *arguments]


def npm_version(tree: Path, name: str) -> str:
    """The version of an installed npm package."""
    manifest = json.loads((tree / "node_modules" / name / "package.json").read_bytes())
    return str(manifest["version"])


def driven(run: ToolRun, script: str, tree: Path, *, config: Mapping[str, Any], name: str) -> Any:
    """Run one of our browser scripts with a config and give the JSON it wrote.

    Raises ToolFailed when the script failed; another try may succeed, since browsers do crash.
    """
    home = run.workspace / f".{name}"
    home.mkdir(exist_ok=True)
    order, answer = home / "config.json", home / "answer.json"
    answer.unlink(missing_ok=True)
    order.write_text(json.dumps({"profile": str(home / "profile"), **config}), encoding="utf-8")
    done = run.command(node_script(script, tree, str(order), str(answer)), env={"HOME": str(home)})
    if done.exit_code != 0 or not answer.is_file():
        reason = f"the browser script {script} ended with exit code {done.exit_code}; the step's log has its output"
        raise ToolFailed(reason, retryable=True, kind="check_failed")
    return json.loads(answer.read_bytes())
