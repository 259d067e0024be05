"""Tools that other packages bring by entry point: a real package in a directory, seen by a new interpreter."""

import os
import re
import subprocess
import sys
from pathlib import Path

import pytest

CONTRIBUTING = Path(__file__).parents[2] / "CONTRIBUTING.md"
LIST = "from wrenchai_journey.registry import all_tools; print(*all_tools())"
RUN = """
from wrenchai_journey.registry import all_tools, announcement, tool_in
found = all_tools()["count_words"]
assert tool_in(found.run.__module__, "count_words") == found
print(announcement(found).summary, found.inputs(text="one two three"))
"""


@pytest.fixture
def count_words() -> str:
    """The example that shows authors how to write a tool."""
    (example,) = re.findall(r"```python\n(.*?)```", CONTRIBUTING.read_text(), re.DOTALL)
    return str(example)


def install(place: Path, source: str, offered: str) -> None:
    """Put a package into `place` as an installer would."""
    (place / "their_tools.py").write_text(source)
    facts = place / "their_tools-1.0.dist-info"
    facts.mkdir()
    (facts / "METADATA").write_text("Metadata-Version: 2.1\nName: their-tools\nVersion: 1.0\n")
    (facts / "entry_points.txt").write_text(f"[wrenchai.tools]\ntheirs = {offered}\n")


def interpreter(program: str, place: Path) -> "subprocess.CompletedProcess[str]":
    environment = os.environ | {"PYTHONPATH": str(place)}
    command = [sys.executable, "-c", program]
    return subprocess.run(command, env=environment, capture_output=True, text=True, check=False, timeout=60)


@pytest.mark.parametrize("offered", ["their_tools", "their_tools:count_words"])
def test_an_installed_package_adds_its_tool_to_ours(offered: str, count_words: str, tmp_path: Path) -> None:
    ours = interpreter(LIST, tmp_path).stdout.split()
    install(tmp_path, count_words, offered)
    assert interpreter(LIST, tmp_path).stdout.split() == [*ours, "count_words"]


def test_it_is_found_by_name_announced_and_takes_its_inputs(count_words: str, tmp_path: Path) -> None:
    install(tmp_path, count_words, "their_tools")
    ended = interpreter(RUN, tmp_path)
    assert (ended.stdout, ended.stderr) == ("Counts the words of a text. text='one two three'\n", "")


def test_a_package_may_not_take_the_name_of_another_tool(count_words: str, tmp_path: Path) -> None:
    install(tmp_path, count_words.replace('"count_words"', '"noop"'), "their_tools")
    ended = interpreter(LIST, tmp_path)
    assert ended.stderr.splitlines()[-1].endswith("TwoToolsOneName: two tools are called 'noop'")
