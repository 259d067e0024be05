"""A plan as a tree and as a chart: every step is there, with what waits for what, of whatever type it is."""

import re

import pytest
from wrenchai_contracts.plan import Plan
from wrenchai_contracts.playbook import Playbook
from wrenchai_language.compilation import compile_plan
from wrenchai_language.plan_mermaid import mermaid
from wrenchai_language.plan_tree import Line, tree_of
from wrenchai_language.playbook_yaml import read_playbook
from wrenchai_language.shelf import shelf_of

from tests.unit.test_step_types import ONE_OF_EACH, one

HEAD = "name: book\nsteps:\n"


def plan(text: str) -> Plan:
    return compile_plan(read_playbook(text.encode(), file="book.yaml"))


def lines(text: str) -> dict[str, Line]:
    return {line.id: line for outer in tree_of(plan(text)) for line in outer.all()}


@pytest.mark.parametrize("kind", ONE_OF_EACH)
def test_every_step_of_every_type_is_in_the_tree_once_and_in_the_chart(kind: str) -> None:
    step = one(kind)
    made = compile_plan(Playbook.model_validate({"name": "book", "steps": [step]}))
    found = [line.id for outer in tree_of(made) for line in outer.all()]
    assert len(found) == len(set(found))
    assert found[0] == "it"
    assert all(f'"{id_}<br/>' in mermaid(made) or f'"{id_}: ' in mermaid(made) for id_ in found)


def test_a_step_tells_role_tool_conditions_limits_and_what_takes_it_back() -> None:
    text = (
        "name: book\nroles: {cook: {tools: [bake, cool]}}\nsteps:\n"
        "  - {id: warm, tool: bake, role: cook}\n"
        "  - {id: bake, tool: bake, role: cook, when: '1 < 2', timeout: 30s, retry: {max_attempts: 5},\n"
        "     undo: {tool: cool}, approval: {need: 2}, on_failure: ask}\n"
    )
    found = lines(text)["bake"]
    assert (found.role, found.tool, found.after, found.when) == ("cook", "bake", ("warm",), "1 < 2")
    assert found.facts == (
        "30 s at most", "5 attempts at most", "2 people agree", "taken back by cool", "on failure: ask",
    )  # fmt: skip


def test_steps_that_one_agent_runs_in_one_go_wait_for_each_other_and_the_next_for_the_last() -> None:
    text = (
        HEAD + "".join(f"  - {{id: {id_}, tool: noop}}\n" for id_ in "abc") + "  - {id: d, tool: noop, when: 'true'}\n"
    )
    assert [line.after for line in lines(text).values()] == [(), ("a",), ("b",), ("c",)]


def test_an_operation_is_told_as_its_words_for_the_model() -> None:
    found = lines(HEAD + "  - {id: a, operation: Find a name for it.}\n")["a"]
    assert (found.tool, found.facts) == ("the role's model", ("asked: Find a name for it.",))


@pytest.mark.parametrize(
    ("wait", "told"),
    [
        ("{signal: paid, timeout: 1h}", ("wait for the signal paid", ("3600 s at most",))),
        ("{answer: Which one?}", ("wait for an answer", ("Which one?",))),
        ("{approval: {need: 2, of: [ada, grace]}}", ("wait for approval", ("2 people agree, of ada, grace",))),
        ("{time: 60s}", ("wait for a time", ("60 s",))),
        ("{until: '2027-01-31T08:00:00+01:00'}", ("wait for a time", ("until 2027-01-31T08:00:00+01:00",))),
    ],
)
def test_a_wait_tells_for_what(wait: str, told: tuple[str, tuple[str, ...]]) -> None:
    found = lines(HEAD + f"  - {{id: a, wait_for: {wait}}}\n")["a"]
    assert (found.type, found.facts) == told


def test_a_playbook_inside_is_told_with_its_digest_its_budget_and_its_steps() -> None:
    inner = Playbook.model_validate({"name": "inner", "steps": [{"id": "x", "tool": "noop"}]})
    step = {"id": "a", "playbook": "inner", "cost": {"calls": 5, "money": 1.5}}
    made = compile_plan(Playbook.model_validate({"name": "book", "steps": [step]}), shelf_of([inner]))
    (found,) = tree_of(made)
    assert found.facts == (f"inner@1, pinned as {inner.digest()[:12]}", "spends 5 calls, 1.50 money at most")
    assert [line.id for line in found.inside[0].lines] == ["x"]


def test_a_chart_leads_from_the_top_down_with_a_frame_for_each_step_made_of_steps() -> None:
    text = HEAD + (
        "  - {id: first, tool: noop}\n"
        "  - {id: again, type: self_feedback_loop, max_iterations: 3,\n"
        "     operations: [{id: x, tool: noop}, {id: y, tool: noop}]}\n"
        '  - {id: end, tool: noop, when: \'steps.first.output.n > 3 && "a" != "<b>"\'}\n'
    )
    chart = mermaid(plan(text))
    assert chart.splitlines()[:4] == [
        "flowchart TD",
        '  s1["first<br/>noop · worker"]:::tool',
        '  subgraph s2["again: self_feedback_loop, 3 rounds at most"]',
        "    direction TB",
    ]
    assert '    s5 -.->|"next round"| s4' in chart.splitlines()
    assert "  s1 --> s2" in chart.splitlines()
    assert (
        '  s2 -->|"if steps.first.output.n #gt; 3 #amp;#amp; #quot;a#quot; != #quot;#lt;b#gt;#quot;"| s3'
        in chart.splitlines()
    )


def test_what_an_author_wrote_cannot_break_out_of_its_box() -> None:
    chart = mermaid(plan(HEAD + '  - {id: a, tool: noop, when: \'"x\\"]; click a" == "<script>"\'}\n'))
    texts = re.findall(r'"([^"]*)"', chart)
    assert not any(set("<>`") & set(text.replace("<br/>", "")) for text in texts)
    assert [line for line in chart.splitlines() if line.count('"') % 2] == []


def test_the_judge_comes_after_the_competitors_and_the_completion_after_the_specialists() -> None:
    versus = mermaid(compile_plan(Playbook.model_validate({"name": "b", "steps": [one("versus")]})))
    handoff = one("handoff", completion_action={"id": "z", "tool": "noop"})
    parts = mermaid(compile_plan(Playbook.model_validate({"name": "b", "steps": [handoff]})))
    assert len(re.findall(r"^    s\d+ --> s\d+$", versus, re.MULTILINE)) == 1
    assert len(re.findall(r"^    s\d+ --> s\d+$", parts, re.MULTILINE)) == 2
