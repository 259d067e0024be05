"""Every playbook that the documents show is right, and runs as they say; what they say of fields and limits is so."""

import re
from importlib import import_module
from pathlib import Path
from typing import Any

import pytest
import yaml
from pydantic import BaseModel
from pydantic.fields import FieldInfo
from wrenchai_contracts import plan, playbook, steps
from wrenchai_contracts.errors import PlaybookRejected

from tests.unit.playbook_examples import DOCUMENTS, FIRST, ROOT, Example, examples, known_playbooks, known_tools
from tests.unit.told_story import ToldStory

TOOLS = known_tools()
SHELF = known_playbooks(TOOLS)
ALL = examples()
FIELDS = re.compile(r"^\| field of \[`(?P<shape>\w+)`\].*\n\|[-|]+\n(?P<rows>(?:\|.*\n)+)", re.MULTILINE)
LIMIT = re.compile(r"^\| .* \| (?P<most>[\d,]+) \| \[`\w+\.(?P<name>\w+)`\]\((?P<file>[^)]+)\) \|$", re.MULTILINE)


@pytest.mark.parametrize("example", ALL, ids=lambda example: example.place)
def test_an_example_is_refused_or_runs_as_the_lines_below_it_tell(example: Example) -> None:
    assert example.told, "nothing is told of it"
    if example.is_refused:
        assert refused(example) == list(example.told)
        return
    told = [" ".join(line.split()) for line in example.told]
    given = yaml.safe_load(told.pop(0).removeprefix("given ")) if told[0].startswith("given ") else {}
    story = ToldStory(example.playbook(TOOLS, SHELF), TOOLS, SHELF, given)
    for line in told:
        story.tell(line)
    assert story.is_over, "it is not told to its end"


def refused(example: Example) -> list[str]:
    """Why it is, line by line."""
    with pytest.raises(PlaybookRejected) as rejected:
        example.playbook(TOOLS, SHELF)
    return [f"{p.line}:{p.column} {p.field}: {p.reason}" for p in rejected.value.problems]


def test_no_two_examples_have_one_name() -> None:
    names = [yaml.safe_load(example.text)["name"] for example in ALL]
    assert [name for name in names if names.count(name) > 1] == []


def test_each_type_of_step_has_a_page_with_an_example_of_it() -> None:
    pages = {example.document.stem for example in ALL if f"type: {example.document.stem}" in example.text}
    assert pages | {"standard"} == set(steps.STEP_TYPES)
    assert {file.stem for file in DOCUMENTS if file != FIRST} == set(steps.STEP_TYPES)


# --- fields -----------------------------------------------------------------------------------------------


def fields_told(document: Path) -> dict[str, dict[str, str]]:
    """By shape: each field of a table, and what is said of its default."""
    return {found["shape"]: rows_of(found["rows"]) for found in FIELDS.finditer(document.read_text())}


def rows_of(rows: str) -> dict[str, str]:
    cells = [[cell.strip() for cell in row.split("|")[1:]] for row in rows.splitlines()]
    return {name.strip("`"): default for name, default, *_ in cells}


TOLD = {shape: told for document in DOCUMENTS for shape, told in fields_told(document).items()}


def shape_called(name: str) -> type[BaseModel]:
    """The shape of that name, of a step, a playbook or a plan."""
    found: type[BaseModel] = next(getattr(module, name) for module in (steps, playbook, plan) if hasattr(module, name))
    return found


def own_fields(shape: type[BaseModel]) -> dict[str, FieldInfo]:
    """As an author writes them; what every step may say has a table of its own."""
    above = shape.__mro__.index(steps._Step) if issubclass(shape, steps._Step) and shape is not steps._Step else None
    said = {name for kind in shape.__mro__[:above] for name in vars(kind).get("__annotations__", {})} - {"type"}
    return {facts.alias or name: facts for name, facts in shape.model_fields.items() if name in said}


@pytest.mark.parametrize("name", sorted(TOLD))
def test_a_table_of_fields_names_each_of_them_and_no_other(name: str) -> None:
    assert set(TOLD[name]) == set(own_fields(shape_called(name)))


@pytest.mark.parametrize("name", sorted(TOLD))
def test_a_default_that_is_told_is_the_default(name: str) -> None:
    fields = own_fields(shape_called(name))
    assert {field: told for field, told in TOLD[name].items() if not is_default(told, fields[field])} == {}


def is_default(told: str, field: FieldInfo) -> bool:
    """A value stands between backticks; words, or nothing, stand for what is empty."""
    if field.is_required() or told == "required":
        return field.is_required() == (told == "required")
    default: Any = field.get_default(call_default_factory=True)
    if not told.startswith("`"):
        return isinstance(default, BaseModel) or not default
    return told.strip("`") in {str(default), str(default).lower()}


def test_every_shape_that_an_author_may_write_in_a_step_has_a_table_of_its_fields() -> None:
    shapes = {shape for shape in vars(steps).values() if isinstance(shape, type) and issubclass(shape, steps.Authored)}
    names = {shape.__name__ for shape in shapes} - {"Authored", "_Loop"}
    assert names | {"Playbook", "RetryPolicy"} <= set(TOLD)


def test_a_limit_that_is_told_is_the_limit() -> None:
    rows = list(LIMIT.finditer(FIRST.read_text()))
    assert len(rows) > 10
    told = {row["name"] + row["file"]: int(row["most"].replace(",", "")) for row in rows}
    assert told == {row["name"] + row["file"]: limit_in(row["file"], row["name"]) for row in rows}


def limit_in(file: str, name: str) -> Any:
    """What a module, named by a link of the first document, has under that name."""
    parts = (FIRST.parent / file).resolve().relative_to(ROOT).with_suffix("").parts
    package = next(n for n, part in enumerate(parts) if part.startswith("wrenchai_"))
    return getattr(import_module(".".join(parts[package:])), name)
