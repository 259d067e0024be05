"""The schema for editors takes what is read, and marks what is mistyped."""

from pathlib import Path
from typing import Any

import jsonschema_rs
import pytest
from wrenchai_contracts.playbook import Playbook
from wrenchai_gateway.settings import playbooks_directory
from wrenchai_language.editor_schema import editor_schema
from wrenchai_language.yaml_reading import read_yaml

from tests.unit.test_step_types import ONE_OF_EACH, one

TEMPLATES = Path(__file__).parents[2] / "wrenchai" / "cli" / "templates"
FILES = [*sorted(playbooks_directory().glob("*.yaml")), *sorted(TEMPLATES.glob("*.yaml"))]
SCHEMA = editor_schema({"noop": "Gives back its input."})
VALIDATOR = jsonschema_rs.validator_for(SCHEMA)


def wrong(steps: list[Any], **fields: Any) -> list[str]:
    book = {"name": "book", "steps": steps} | fields
    return [f"{'.'.join(map(str, e.instance_path))}: {e.message}" for e in VALIDATOR.iter_errors(book)]


@pytest.mark.parametrize("file", FILES, ids=lambda file: file.name)
def test_our_playbooks_and_templates_fit_it(file: Path) -> None:
    assert [str(error) for error in VALIDATOR.iter_errors(read_yaml(file.read_bytes()).value)] == []


@pytest.mark.parametrize("kind", ONE_OF_EACH)
def test_every_type_of_step_fits_it(kind: str) -> None:
    assert wrong([one(kind)]) == []


@pytest.mark.parametrize(
    "step",
    [
        {"id": "a", "tool": "noop", "condition": "true", "timeout": "5m", "needs": []},
        {"id": "a", "tool": "noop", "inputs": {"x": 1}, "retry": {"first_delay": "500ms", "non_retryable": ["x"]}},
        {"id": "a", "tool": "noop", "undo": {"tool": "noop", "with": {}}, "cost": {"money": 0.5}},
        {"id": "a", "type": "process", "operations": [{"id": "b", "tool": "noop", "failure_action": "skip"}]},
        {"id": "a", "type": "process", "operations": [{"id": "b", "tool": "noop", "failure_action": {"retry": 2}}]},
        one("work_in_parallel", output_aggregation="merge", input_distribution={"split": "${inputs.x}", "as": "y"}),
        one("work_in_parallel", output_aggregation={"cel": "outputs.x"}),
        {"id": "a", "wait_for": {"time": "2d"}},
        {"id": "a", "operation": "Think."},
        {"id": "a", "type": "standard", "playbook": "other@2"},
    ],
    ids=str,
)
def test_what_is_read_in_other_words_fits_it_too(step: dict[str, Any]) -> None:
    assert Playbook.model_validate({"name": "book", "steps": [step]})
    assert wrong([step]) == []


@pytest.mark.parametrize(
    ("step", "told"),
    [
        (
            {"id": "a", "tool": "noop", "tol": "x"},
            "steps.0: Additional properties are not allowed ('tol' was unexpected)",
        ),
        ({"id": "a", "type": "proces", "operations": []}, 'steps.0.type: "proces" is not one of'),
        ({"id": "a", "tool": "noop", "timeout": "5 parsecs"}, 'steps.0.timeout: "5 parsecs" is not valid'),
        ({"tool": "noop"}, 'steps.0: "id" is a required property'),
        ({"id": "a"}, "steps.0: "),
        ({"id": "a", "tool": "noop", "retry": {"tries": 3}}, "steps.0.retry: Additional properties are not allowed"),
        (one("process", operations=[{"id": "b", "tol": "noop"}]), "steps.0.operations.0: Additional properties"),
        (one("versus", evaluation_criteria={}), "steps.0.evaluation_criteria: "),
    ],
    ids=str,
)
def test_a_typo_is_marked_where_it_is(step: dict[str, Any], told: str) -> None:
    assert any(problem.startswith(told) for problem in wrong([step])), wrong([step])


def test_a_mistyped_field_of_the_playbook_is_marked() -> None:
    assert wrong([one("standard")], step=[]) == [": Additional properties are not allowed ('step' was unexpected)"]


def test_editors_are_offered_the_tools_with_what_they_do() -> None:
    offered = SCHEMA["$defs"]["StandardStep"]["properties"]["tool"]["anyOf"][0]["anyOf"]
    assert offered == [{"const": "noop", "description": "Gives back its input."}]
    assert wrong([{"id": "a", "tool": "of_another_worker"}]) == []


def test_it_is_a_schema_by_its_own_dialect_and_refers_to_nothing_outside() -> None:
    jsonschema_rs.meta.validate(SCHEMA)
    assert '"$ref": "#/' in str(SCHEMA).replace("'", '"')
    assert "http" not in str({**SCHEMA, "$schema": ""})
