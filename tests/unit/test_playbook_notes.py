"""What is to be known of a playbook that is right: old layouts, tools to come, operations that nobody does."""

import subprocess
import sys
from pathlib import Path
from typing import Any, ClassVar

import pytest
from wrenchai_contracts.errors import PlaybookRejected
from wrenchai_language.playbook_yaml import Read, read_playbook, read_with_notes
from wrenchai_language.shelf import shelf_of

LEGACY = Path(__file__).parents[1] / "fixtures" / "legacy_playbooks"
BOOK = "name: book\nsteps:\n  - {id: a, tool: noop}\n  - {id: b, tool: nop, with: {x: '${steps.a.output.y}'}}\n"


class Known:
    """A tool that takes anything, and gives a number."""

    inputs: ClassVar[dict[str, Any]] = {}
    outputs: ClassVar[dict[str, Any]] = {
        "type": "object",
        "additionalProperties": False,
        "properties": {"n": {"type": "integer"}},
    }


def noted(text: str, **facts: Any) -> list[str]:
    return [str(note) for note in read(text, **facts).notes]


def read(text: str, **facts: Any) -> Read:
    return read_with_notes(text.encode(), file="book.yaml", **{"tools": {"noop": Known()}, **facts})


def refused(text: str, **facts: Any) -> list[str]:
    with pytest.raises(PlaybookRejected) as rejected:
        read(text, **facts)
    return [str(problem) for problem in rejected.value.problems]


def test_an_unknown_tool_and_an_unknown_field_of_an_output_are_found() -> None:
    assert refused(BOOK) == [
        "line 4, column 13: steps.1.tool: no tool is called 'nop'; did you mean 'noop'?",
        "line 4, column 31: steps.1.with.x: ${steps.a.output.y}: steps.a.output has no 'y'; it has: n",
    ]


def test_a_tool_that_may_still_come_is_noted_and_the_rest_is_found_all_the_same() -> None:
    assert len(refused(BOOK, absent_tools="noted")) == 1
    fine = BOOK.replace("output.y", "output.n")
    assert noted(fine, absent_tools="noted") == [
        "line 4, column 13: steps.1.tool: no worker has announced the tool 'nop'; did you mean 'noop'?"
    ]


def test_without_tools_to_look_at_nothing_is_said_of_them() -> None:
    assert noted(BOOK, tools=None) == []


def test_a_tool_that_only_a_playbook_inside_uses_is_noted_at_the_step_that_names_it() -> None:
    inner = read_playbook(b"name: inner\nsteps: [{id: x, tool: far_away}]\n", file="inner.yaml")
    text = "name: book\nsteps:\n  - {id: a, playbook: inner}\n"
    assert noted(text, playbooks=shelf_of([inner])) == [
        "line 3, column 13: steps.0.playbook: no worker has announced the tool 'far_away'; known are: noop"
    ]


def test_an_operation_that_nobody_does_is_noted_with_what_its_role_can_do() -> None:
    text = "name: book\nroles: {cook: {tools: [noop]}}\nsteps: [{id: a, role: cook, operation: Bake a cake.}]\n"
    (note,) = noted(text)
    assert note.startswith("line 3, column ")
    assert note.endswith("and no model is configured; the role cook can do: noop")
    assert noted(text, tools={"noop": Known(), "model.ask": Known()}) == []


def test_the_first_layout_is_read_with_a_note_on_what_became_of_its_fields() -> None:
    found = read((LEGACY / "every_step_type.yaml").read_text(), tools=None)
    assert found.legacy
    assert len(found.notes) > 50
    assert all(note.line is not None for note in found.notes)


def test_what_is_wrong_in_the_first_layout_is_told_where_it_stands_there() -> None:
    text = "- metadata:\n    name: old\n- step_id: a\n  type: standrad\n  agent: SuperAgent\n  operation: think\n"
    found = refused(text, tools=None)
    assert any(problem.startswith("line 4, column 3: ") and "'standrad'" in problem for problem in found), found


@pytest.mark.parametrize(
    ("written", "column"),
    [
        ("when: 1 +* 2", 34),
        ("when: '1 +* 2'", 35),
        ('when: "1 +* 2"', 35),
        ("condition: 1 +* 2", 39),
        ('"when" :   "1 +* 2"', 40),
    ],
)
def test_what_is_wrong_in_an_expression_on_one_line_is_told_at_its_own_character(written: str, column: int) -> None:
    text = f"name: book\nsteps:\n  - {{id: a, tool: noop, {written}}}\n"
    (problem,) = refused(text)
    assert problem.startswith(f"line 3, column {column}: steps.0.")
    line = text.splitlines()[2]
    assert line[column - 1] == "*"
    assert "at character" not in problem


def test_of_an_expression_that_is_written_otherwise_the_beginning_is_told_and_the_character() -> None:
    text = "name: book\nsteps:\n  - id: a\n    tool: noop\n    when: >\n      1 +*\n      2\n"
    (problem,) = refused(text)
    assert problem.startswith("line 5, column 5: steps.0.when: ")
    assert problem.endswith("(at character 4)")


WRONG_ITEMS = "1," * 149_000
TOO_MUCH = {
    "steps": "name: b\nsteps: [" + WRONG_ITEMS + "]\n",
    "steps of a step": "name: b\nsteps: [{id: p, type: work_in_parallel, branches: [" + WRONG_ITEMS + "]}]\n",
    "words": "name: b\nsteps: [{id: a, tool: noop}]\nkeywords: [" + WRONG_ITEMS + "]\n",
    "fields": "name: b\nsteps: [{id: a, tool: noop}]\n" + "".join(f"f{n}: 1\n" for n in range(70_000)),
    "agents of an old step": "- metadata: {name: b}\n- {step_id: a, agents: [" + WRONG_ITEMS + "]}\n",
    "old steps": "- metadata: {name: b}\n" + "".join(f"- {{step_id: a{n}, agent: Sup}}\n" for n in range(14_000)),
    "fields of steps": "name: b\nsteps:\n"
    + "".join(f"- {{id: a{n}, b: , c: , d: , e: , f: }}\n" for n in range(9_900)),
}
MEASURED = """
import resource, sys
from wrenchai_contracts.errors import PlaybookRejected
from wrenchai_language.playbook_yaml import read_playbook
text = sys.stdin.buffer.read()
before = resource.getrusage(resource.RUSAGE_SELF).ru_maxrss
try:
    read_playbook(text, file="book.yaml")
except PlaybookRejected as rejected:
    print(resource.getrusage(resource.RUSAGE_SELF).ru_maxrss - before, len(rejected.problems), rejected.problems[0])
"""


@pytest.mark.parametrize("text", TOO_MUCH.values(), ids=TOO_MUCH)
def test_more_wrong_things_than_anybody_reads_are_refused_within_fifty_megabytes(text: str) -> None:
    asked = (sys.executable, "-c", MEASURED)
    ended = subprocess.run(asked, input=text.encode(), capture_output=True, timeout=60, check=True)
    kilobytes, count, *_ = ended.stdout.decode().split()
    assert (int(kilobytes) < 50 * 1024, int(count)) == (True, 1), ended.stdout


def test_what_a_tool_is_given_may_be_as_long_as_a_text_allows() -> None:
    items = ",".join("1" * 20_000)
    assert read_playbook(f"name: b\nsteps: [{{id: a, tool: noop, with: {{x: [{items}]}}}}]\n".encode(), file="b").steps
