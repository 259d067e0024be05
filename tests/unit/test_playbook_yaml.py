"""Playbooks as authors write them, and everything that can be wrong with one."""

import json
import re
from contextlib import suppress
from pathlib import Path

import pytest
from hypothesis import given
from hypothesis import strategies as st
from wrenchai_contracts.errors import PlaybookRejected
from wrenchai_contracts.steps import STEP_TYPES, ParallelStep
from wrenchai_gateway.settings import playbooks_directory
from wrenchai_language.playbook_yaml import read_playbook
from wrenchai_language.yaml_reading import MAX_BYTES, Unreadable, read_yaml

_COLUMN = re.compile(r"^(line \d+), column \d+: ")

HEAD = "name: book\nsteps:\n"


def problems(text: str | bytes) -> list[str]:
    raw = text.encode() if isinstance(text, str) else text
    with pytest.raises(PlaybookRejected) as rejected:
        read_playbook(raw, file="book.yaml")
    assert rejected.value.file == "book.yaml"
    return [_COLUMN.sub(r"\1: ", str(problem)) for problem in rejected.value.problems]


@pytest.mark.parametrize("file", sorted(playbooks_directory().glob("*.yaml")), ids=lambda file: file.name)
def test_our_own_playbooks_are_free_of_problems(file: Path) -> None:
    assert read_playbook(file.read_bytes(), file=file.name).steps


def test_a_step_is_standard_unless_it_says_otherwise() -> None:
    text = HEAD + "  - {id: a, tool: noop}\n  - {id: p, type: work_in_parallel, branches: [{id: b, tool: noop}]}\n"
    playbook = read_playbook(text.encode(), file="book.yaml")
    assert [type(step) is ParallelStep for step in playbook.steps] == [False, True]


@pytest.mark.parametrize(
    ("text", "problem"),
    [
        (HEAD + "  - id: a\n    tool: noop\n    tol: x\n", "line 5: steps.0.tol: unknown field; did you mean 'tool'?"),
        (HEAD + "  - tool: noop\n", "line 3: steps.0.id: is missing"),
        (
            HEAD + "  - id: a\n",
            "line 3: steps.0: a standard step has exactly one of: tool, any_of, playbook, wait_for",
        ),
        (HEAD + "  - {id: a, tool: noop}\n  - id: a\n    tool: noop\n", "another step is called 'a' already"),
        (HEAD + "  - {id: a, tool: noop}\nname: twice\n", "line 4: name: is written twice"),
        (HEAD + "  - id: a\n    tool: noop\n    needs: [z]\n", "line 5: steps.0.needs.0: no step is called 'z'"),
        (HEAD + "  - {id: a, tool: noop, type: dance}\n", "no step type is called 'dance'; known are: standard"),
        (HEAD + "  - {id: a, tool: noop, role: cook}\n", "no role is called 'cook'"),
        (
            "name: b\nroles: {cook: {tools: [oven]}}\nsteps:\n  - {id: a, tool: noop, role: cook}\n",
            "line 4: steps.0.tool: the role 'cook' may not use 'noop'; its tools are: oven",
        ),
        (HEAD + "  - {id: a, tool: noop, needs: [b]}\n  - {id: b, tool: noop}\n", "in a circle: a -> b -> a"),
        (HEAD + "  - a\n", "line 3: steps.0: a mapping is needed here"),
        (HEAD + "  - {id: a, tool: noop, type: proces}\n", "did you mean 'process'?"),
        (HEAD + "  - {id: a, tool: noop, when: x, condition: y}\n", "steps.0.condition: is given twice, by two names"),
        (
            HEAD + "  - {id: a, tool: noop, undo: {tol: noop}}\n",
            "steps.0.undo.tol: unknown field; did you mean",
        ),
        (
            HEAD + "  - {id: a, tool: noop, cost: {monny: 1}}\n",
            "cost.monny: unknown field; did you mean 'money'?",
        ),
        (
            HEAD + "  - {id: a, tool: noop, retry: {tries: 1}}\n",
            "unknown field; known here are: factor, first_delay",
        ),
        (HEAD + "  - {id: a, wait_for: {signal: x, time: 1h}}\n", "steps.0.wait_for: wait for exactly one of: signal"),
        (HEAD + "  - {id: a, wait_for: {time: soon}}\n", "steps.0.wait_for.time: 'soon' is no duration"),
        ("name: b\nbudget: {call: 1}\nsteps: [{id: a, tool: n}]\n", "line 2: budget.call: unknown field; did you mean"),
        ("name: b\nroles: {process: {tols: []}}\nsteps: [{id: a, tool: n}]\n", "roles.process.tols: unknown field"),
        (HEAD + "  - {id: a, tool: noop, with: {x: '${steps.b.output}'}}\n", "no step is called 'b'"),
        (
            HEAD + "  - {id: a, tool: noop, with: {x: '${steps.b.output}'}}\n  - {id: b, tool: noop}\n",
            "'b' need not have ended before 'a' begins",
        ),
        (HEAD + "  - {id: a, tool: noop}\n  - {id: b, tool: noop, with: {x: '${steps.a}'}}\n", "steps.<step>.output"),
        (
            "name: b\ninputs: {properties: {x: {}}}\nsteps: [{id: a, tool: noop, with: {x: '${inputs.y}'}}]\n",
            "inputs has no 'y'; it has: x",
        ),
        (HEAD + "  - {id: a, tool: noop, with: {x: '${item}'}}\n", "a reference begins with inputs or steps"),
        (HEAD + "  - {id: a, tool: noop, with: {x: ['${no way}']}}\n", "line 3: steps.0.with.x.0: ${no way}: write"),
        (HEAD + "  - {id: p, type: work_in_parallel}\n", "needs either `branches`, or `for_each` together with `step`"),
        (
            HEAD + "  - {id: p, type: work_in_parallel, for_each: all, step: {id: a, tool: noop}}\n",
            "for_each is one reference to a list",
        ),
        (
            HEAD + "  - {id: p, type: work_in_parallel, branches: [{id: b, tool: noop, needs: [p]}]}\n",
            "put `needs` on the outer step",
        ),
        ("name: b\ninputs: {type: strange}\nsteps: [{id: a, tool: noop}]\n", "inputs.type: the inputs of a task are"),
        (
            "name: b\ninputs:\n  properties:\n    x: {type: strin}\nsteps: [{id: a, tool: noop}]\n",
            "line 4: inputs.properties.x.type: not a JSON Schema",
        ),
        (
            'name: b\ninputs: {$ref: "http://127.0.0.1:1/x"}\nsteps: [{id: a, tool: noop}]\n',
            "http://127.0.0.1:1/x lies outside this schema",
        ),
        (HEAD + "  - {id: a, tool: noop\n", "this is no YAML"),
        ("a: 1\n---\nb: 2\n", "line 2: a second document begins here"),
        ("a: !!python/object:os.system x\n", "tags such as"),
        ("- id: a\n", "a playbook is a mapping"),
        ("", "the text is empty"),
        (b"a: \xff", "byte 3 is no UTF-8"),
        ("a: \x00", "the character U+0000 is not allowed"),
        ("name: .nan\n", "is no number that JSON has"),
        ("? [a]\n: b\n", "a key is a word"),
        ("a: *b\n", "*b stands for nothing"),
    ],
)
def test_what_is_wrong_is_told_with_its_place(text: str | bytes, problem: str) -> None:
    assert problem in "\n".join(problems(text))


DEEP = """name: book
steps:
  - id: outer
    type: process
    operations:
      - id: contest
        type: versus
        evaluation_criteria: {good: 1}
        competitors:
          - id: x
            tool: noop
            tols: noop
          - id: y
            type: handof
        judge:
          id: j
          type: self_feedback_loop
          operations: [{id: z, tool: noop, wiht: {}}]
      - id: b
        tool: noop
        failure_action: {log_and_fix: {id: mend, tol: noop}}
      - {id: c, tool: noop, failure_action: retri}
      - id: d
        type: handoff
        primary: {id: p, tool: noop}
        handoff_conditions:
          - {when: "true", too: {id: q, tool: noop}}
"""


def test_what_is_wrong_deep_inside_is_told_in_the_authors_words_with_its_line() -> None:
    within = "steps.0.operations"
    types = f"{', '.join(STEP_TYPES)}; did you mean 'handoff'?"
    actions = "abort, compensate, log_and_fix, retry, skip"
    assert problems(DEEP) == [
        f"line 12: {within}.0.competitors.0.tols: unknown field; did you mean 'tool'?",
        f"line 13: {within}.0.competitors.1: no step type is called 'handof'; known are: {types}",
        f"line 15: {within}.0.judge.max_iterations: is missing",
        f"line 18: {within}.0.judge.operations.0.wiht: unknown field; did you mean 'with'?",
        f"line 21: {within}.1.failure_action.log_and_fix.tol: unknown field; did you mean 'tool'?",
        f"line 22: {within}.2.failure_action: no failure action is called 'retri'; known are: {actions}",
        f"line 27: {within}.3.handoff_conditions.0.to: is missing",
        f"line 27: {within}.3.handoff_conditions.0.too: unknown field; did you mean 'to'?",
    ]


def test_a_list_that_is_too_short_is_told_unless_it_lacks_only_what_is_wrong_itself() -> None:
    contest = "  - {id: v, type: versus, evaluation_criteria: {good: 0}, judge: {id: j, tool: noop}, competitors: "
    too_short = "competitors: Tuple should have at least 2 items"
    assert too_short in "\n".join(problems(HEAD + contest + "[{id: x, tool: noop}]}\n"))
    assert too_short not in "\n".join(problems(HEAD + contest + "[{id: x, tool: noop}, {id: y, tol: noop}]}\n"))


def test_a_place_deep_inside_is_told_with_its_column() -> None:
    text = HEAD + "  - {id: l, type: process, operations: [{id: x, tool: noop, needs: [y]}]}\n"
    with pytest.raises(PlaybookRejected) as rejected:
        read_playbook(text.encode(), file="book.yaml")
    (problem,) = rejected.value.problems
    assert (problem.field, problem.line) == ("steps.0.operations.0.needs", 3)
    assert problem.column == text.splitlines()[2].index("needs") + 1


@pytest.mark.parametrize("word", ["when", "condition"])
def test_a_condition_that_is_wrong_is_told_by_the_word_that_its_author_took(word: str) -> None:
    text = HEAD + f"  - id: a\n    tool: noop\n    {word}: inputs.x ==\n"
    (told,) = problems(text)
    assert told.startswith(f"line 5: steps.0.{word}: ")


def test_all_problems_are_told_at_once() -> None:
    assert len(problems(HEAD + "  - {id: A, tool: noop}\n  - {id: b}\n  - {id: c, tool: noop, retries: 3}\n")) == 3


def test_a_branch_may_use_the_item_and_a_later_step_the_list() -> None:
    text = HEAD + (
        "  - {id: p, type: work_in_parallel, for_each: '${inputs.xs}', as: x, step: {id: s, tool: noop, with: "
        "{a: '${x.name}', b: '${index}'}}}\n  - {id: z, tool: noop, with: {all: '${steps.p.output}'}}\n"
    )
    assert read_playbook(text.encode(), file="book.yaml").name == "book"


def test_the_inner_step_of_a_for_each_is_known_by_its_list_only() -> None:
    text = HEAD + (
        "  - {id: p, type: work_in_parallel, for_each: '${inputs.xs}', step: {id: s, tool: noop}}\n"
        "  - {id: z, tool: noop, with: {one: '${steps.s.output}'}}\n"
    )
    assert "take steps.p.output, the list of all" in problems(text)[0]


@pytest.mark.parametrize(
    "text",
    [
        "[" * 5000,
        "a: &a [x,x,x,x,x,x,x,x,x]\nb: &b [*a,*a,*a,*a,*a,*a]\n" + "c: [" + "*b," * 200 + "]\n",
        "a0: &a0 [x,x,x,x,x,x,x,x,x]\n"
        + "".join(f"a{n + 1}: &a{n + 1} [{','.join([f'*a{n}'] * 9)}]\n" for n in range(9)),
        "a: [" + "x," * 300_000 + "]",
        "a" * (MAX_BYTES + 1),
        "n: " + "9" * 100_000,
    ],
    ids=["deep", "aliases", "alias bomb", "values", "bytes", "digits"],
)
@pytest.mark.timeout(10)
def test_what_is_over_a_limit_is_refused_before_it_is_built(text: str) -> None:
    assert problems(text)


@pytest.mark.timeout(10)
def test_thousands_of_wrong_steps_are_refused_with_the_first_hundred_problems() -> None:
    wrong = "".join(f"  - {{id: s{n}, type: process, operations: []}}\n" for n in range(5_000))
    assert len(problems(HEAD + wrong)) == 100


def test_ten_thousand_steps_are_read() -> None:
    text = HEAD + "".join(f"  - {{id: s{n}, tool: noop}}\n" for n in range(10_000))
    assert len(read_playbook(text.encode(), file="book.yaml").steps) == 10_000


def test_plain_scalars_mean_what_yaml_1_2_says() -> None:
    text = b"{a: yes, b: on, c: true, d: 010, e: 0x1F, f: 1.5, g: 2026-01-02, h: ~, i: '1', j: 1e3, k: -2}"
    meant = {"a": "yes", "b": "on", "c": True, "d": 10, "e": 31, "f": 1.5, "g": "2026-01-02", "h": None}
    assert read_yaml(text).value == meant | {"i": "1", "j": 1000.0, "k": -2}


@given(st.one_of(st.binary(max_size=200), st.text(max_size=200).map(lambda text: text.encode("utf-8", "replace"))))
def test_no_text_breaks_the_reader(text: bytes) -> None:
    with suppress(Unreadable):
        read_yaml(text)


WORDS = [
    "name", "id", "tool", "roles", "inputs", "with", "type", "needs", "step", "steps", "branches", "operations", "to",
    "creator", "reviewer", "judge", "competitors", "primary", "failure_action", "log_and_fix", "wait_for", "when",
]  # fmt: skip


@given(
    st.recursive(
        st.none() | st.booleans() | st.integers() | st.text(max_size=8) | st.sampled_from(sorted(STEP_TYPES)),
        lambda inner: (
            st.lists(inner, max_size=4)
            | st.dictionaries(
                st.sampled_from(WORDS),
                inner,
                max_size=5,
            )
        ),
        max_leaves=20,
    )
)
def test_no_structure_breaks_the_check(value: object) -> None:
    json_is_yaml = json.dumps({"name": "b", "steps": value}).encode()
    with suppress(PlaybookRejected):
        read_playbook(json_is_yaml, file="book.yaml")
