"""Golden schemas: a message's shape may grow, and cannot turn unnoticed."""

import json
from copy import deepcopy
from pathlib import Path
from typing import Any

import pytest
from wrenchai_contracts.events import EVENT_TYPES
from wrenchai_contracts.schemas import (
    ShapeTurned,
    all_schemas,
    broken,
    kept_schemas,
    main,
    messages,
    outdated,
    write_all,
)

GOLDEN = Path(__file__).parents[2] / "contracts" / "schemas"

OLD: dict[str, Any] = {
    "x-schema-version": 1,
    "type": "object",
    "additionalProperties": False,
    "properties": {
        "reason": {"type": "string", "description": "Why."},
        "kind": {"enum": ["a", "b"]},
        "part": {"$ref": "#/$defs/Part"},
    },
    "required": ["reason"],
    "$defs": {"Part": {"type": "object", "properties": {"size": {"type": "integer"}}, "required": ["size"]}},
}


def changed(path: str, value: Any) -> dict[str, Any]:
    """`OLD` with one thing set (or, with None, removed)."""
    schema = deepcopy(OLD)
    *way, last = path.split("/")
    place = schema
    for name in way:
        place = place[name]
    if value is None:
        del place[last]
    else:
        place[last] = value
    return schema


def test_the_golden_schemas_are_what_the_code_says() -> None:
    assert outdated(GOLDEN) == [], "run `just schemas` and look at what changed"


def test_no_message_broke_its_golden_schema() -> None:
    kept, current = kept_schemas(GOLDEN), all_schemas()
    assert [(name, problem) for name in kept for problem in broken(kept[name], current[name])] == []


def test_events_commands_views_and_the_playbook_all_have_a_schema() -> None:
    named = all_schemas().keys()
    assert named == messages().keys()
    assert {*EVENT_TYPES, "SubmitTask", "SubmitBatch", "CancelTask", "TaskView", "Health", "Playbook"} <= named


@pytest.mark.parametrize(
    ("path", "value"),
    [
        pytest.param("properties/note", {"type": "string"}, id="a new optional field"),
        pytest.param("properties/kind/enum", ["a", "b", "c"], id="one more value"),
        pytest.param("properties/reason/description", "Why not.", id="better words"),
        pytest.param("$defs/Part/properties/name", {"type": "string"}, id="a new optional field of a part"),
        pytest.param("$defs/Whole", {"type": "object"}, id="a new part"),
    ],
)
def test_a_shape_may_grow(path: str, value: Any) -> None:
    assert list(broken(OLD, changed(path, value))) == []


@pytest.mark.parametrize(
    ("path", "value", "problem"),
    [
        ("required", ["reason", "kind"], "kind is required now"),
        ("properties/reason", None, "reason is gone"),
        ("properties/reason/type", "integer", "reason means something else now"),
        ("properties/reason/maxLength", 10, "reason means something else now"),
        ("properties/kind/enum", ["a"], "kind means something else now"),
        ("additionalProperties", True, "it has other rules now"),
        ("$defs/Part/properties/size/type", "string", "Part.size means something else now"),
        ("$defs/Part/properties/size", None, "Part.size is gone"),
        ("$defs/Part/required", ["size", "name"], "Part.name is required now"),
        ("$defs/Part/type", "array", "Part has other rules now"),
    ],
)
def test_a_shape_may_not_turn_under_the_same_version(path: str, value: Any, problem: str) -> None:
    assert list(broken(OLD, changed(path, value))) == [problem]


def test_a_new_version_may_change_everything() -> None:
    assert list(broken(OLD, {"x-schema-version": 2, "type": "object"})) == []


@pytest.fixture
def directory(tmp_path: Path) -> Path:
    write_all(tmp_path)
    return tmp_path


def turn(directory: Path, name: str) -> bytes:
    """Make as if `name` had once had another field; the bytes of its golden schema then."""
    file = directory / f"{name}.json"
    schema = json.loads(file.read_text())
    schema["properties"]["lost"] = {"type": "string"}
    file.write_text(json.dumps(schema))
    return file.read_bytes()


def test_written_schemas_are_up_to_date(directory: Path) -> None:
    assert outdated(directory) == []
    assert main(["--check", str(directory)]) == 0


def test_a_check_names_what_is_missing_and_what_is_left_over(
    directory: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    (directory / "TaskFailed.json").rename(directory / "TaskForgotten.json")
    assert main(["--check", str(directory)]) == 1
    assert capsys.readouterr().err == "not up to date, run `just schemas`: TaskFailed, TaskForgotten\n"


def test_what_is_missing_is_written(directory: Path) -> None:
    (directory / "TaskFailed.json").unlink()
    assert main([str(directory)]) == 0
    assert outdated(directory) == []


def test_the_golden_schema_of_a_message_that_is_no_more_is_not_removed(
    directory: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    (directory / "TaskFailed.json").rename(directory / "TaskForgotten.json")
    with pytest.raises(ShapeTurned) as turned:
        write_all(directory)
    assert [problem.partition(";")[0] for problem in turned.value.problems] == ["TaskForgotten: is no more"]
    assert main([str(directory)]) == 1
    assert "logs hold an event for ever, so keep its class" in capsys.readouterr().err
    assert (directory / "TaskForgotten.json").exists()
    assert not (directory / "TaskFailed.json").exists(), "nothing was written"


def test_a_shape_that_turned_is_not_written_over_and_the_message_says_what_to_do(
    directory: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    before = turn(directory, "TaskFailed")
    with pytest.raises(ShapeTurned):
        write_all(directory)
    assert main([str(directory)]) == 1
    said = "what has another meaning needs a new schema_version and an upcast:\nTaskFailed: lost is gone\n"
    assert capsys.readouterr().err == said
    assert (directory / "TaskFailed.json").read_bytes() == before
