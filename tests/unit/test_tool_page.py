"""The tool that the page on tools shows is one, and does what the page says."""

import re
from collections.abc import Callable
from importlib.util import module_from_spec, spec_from_file_location
from pathlib import Path
from typing import Any

import pytest
from wrenchai_journey.inline import InlineRun
from wrenchai_journey.tool import Tool, ToolAsks, ToolFailed

PAGE = Path(__file__).parents[2] / "docs" / "how-to" / "write-a-tool.md"
LONG = "word " * 200

Run = Callable[..., InlineRun]


@pytest.fixture(scope="module")
def pin(tmp_path_factory: pytest.TempPathFactory) -> Tool[Any, Any]:
    (block,) = re.findall(r"```python\n(.*?)```", PAGE.read_text(), re.DOTALL)
    file = tmp_path_factory.mktemp("tool") / "board_pin.py"
    file.write_text(block)
    spec = spec_from_file_location("board_pin", file)
    assert spec is not None
    assert spec.loader is not None
    module = module_from_spec(spec)
    spec.loader.exec_module(module)
    return next(value for value in vars(module).values() if isinstance(value, Tool))


def run(key: str = "task_01jd3k0000/pin/pin", answer: dict[str, Any] | None = None) -> InlineRun:
    return InlineRun("task_01jd3k0000", 10.0, answer=answer, idempotency_key=key)


def test_a_second_attempt_of_a_step_finds_what_the_first_has_done(pin: Tool[Any, Any], tmp_path: Path) -> None:
    note = pin.inputs(board=str(tmp_path), text="hello")
    assert pin.probe is not None
    assert pin.probe(note, run()) is None
    pinned = pin.run(note, run())
    assert pin.probe(note, run()) == pinned
    assert pin.probe(note, run("task_01jd3k0000/other/pin")) is None


def test_it_asks_before_anything_has_happened_and_goes_by_the_answer(pin: Tool[Any, Any], tmp_path: Path) -> None:
    note = pin.inputs(board=str(tmp_path), text=LONG)
    with pytest.raises(ToolAsks):
        pin.run(note, run())
    with pytest.raises(ToolFailed):
        pin.run(note, run(answer={"pin": False}))
    assert list(tmp_path.iterdir()) == []
    assert Path(pin.run(note, run(answer={"pin": True})).file).read_text() == LONG


def test_what_it_spends_is_within_what_it_says(pin: Tool[Any, Any], tmp_path: Path) -> None:
    spending = run(answer={"pin": True})
    pin.run(pin.inputs(board=str(tmp_path), text=LONG), spending)
    assert 0 < spending.spent.tokens <= pin.most.tokens
