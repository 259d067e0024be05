"""What CONTRIBUTING.md says of the code is so."""

import ast
import re
from collections.abc import Iterator
from importlib.util import module_from_spec, spec_from_file_location
from pathlib import Path
from typing import Any

import wrenchai_journey.tools
from wrenchai_contracts.evidence import Evidence
from wrenchai_journey.inline import InlineRun
from wrenchai_journey.tool import Tool

REPOSITORY = Path(__file__).parents[2]
SAID = (REPOSITORY / "CONTRIBUTING.md").read_text()
PRODUCT = ("contracts", "language", "judgement", "chassis", "services", "wrenchai")
BROAD = {"Exception", "BaseException"}


def broad_excepts(file: Path) -> Iterator[int]:
    """Lines with an `except` that catches everything."""
    for node in ast.walk(ast.parse(file.read_text())):
        if isinstance(node, ast.ExceptHandler):
            caught = {name.id for name in ast.walk(node.type) if isinstance(name, ast.Name)} if node.type else BROAD
            if caught & BROAD:
                yield node.lineno


def test_each_broad_except_is_named_there_and_no_file_has_two() -> None:
    files = [file for name in PRODUCT for file in (REPOSITORY / name).rglob("*.py")]
    found = sorted(file.name for file in files for _ in broad_excepts(file))
    (sentence,) = re.findall(r"broad `except`s, and a test counts them.*", SAID)
    assert found == sorted(re.findall(r"`(\w+\.py)`", sentence))


def test_each_directory_that_it_names_is_there() -> None:
    named = re.findall(r"^(\w+)/ ", SAID, re.MULTILINE)
    assert [name for name in named if not (REPOSITORY / name).is_dir()] == []
    assert set(PRODUCT) <= set(named)


def test_the_tool_that_it_shows_is_one(tmp_path: Path) -> None:
    (block,) = re.findall(r"```python\n(.*?)```", SAID, re.DOTALL)
    tool = the_tool_in(block, tmp_path)
    assert (tool.name, Path(wrenchai_journey.tools.__path__[0]).relative_to(REPOSITORY).as_posix() in SAID) == (
        "count_words",
        True,
    )
    run = InlineRun("task_01234567", seconds_left=10.0)
    assert tool.run(tool.inputs(text="a tool in ten lines"), run).model_dump() == {"words": 5}
    assert run.facts == list[Evidence]()


def the_tool_in(text: str, directory: Path) -> Tool[Any, Any]:
    file = directory / "count_words.py"
    file.write_text(text)
    spec = spec_from_file_location("count_words", file)
    assert spec is not None
    assert spec.loader is not None
    module = module_from_spec(spec)
    spec.loader.exec_module(module)
    return next(value for value in vars(module).values() if isinstance(value, Tool))
