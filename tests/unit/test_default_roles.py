"""The first WrenchAI's agents and operations: roles, tools, and what nobody does."""

import re
from pathlib import Path

import pytest
from wrenchai_contracts.playbook import Playbook
from wrenchai_journey.registry import all_tools
from wrenchai_language.default_roles import DEFAULT_ROLES, OPERATIONS, default_role
from wrenchai_language.legacy_layout import from_legacy
from wrenchai_language.refusal import refusal
from wrenchai_language.shelf import shelf_of
from wrenchai_language.yaml_reading import read_yaml

from tests.unit.legacy_story import mapped, playbook_of, said, step, written

PAGE = (Path(__file__).parents[2] / "docs" / "playbooks" / "legacy.md").read_text()


# --- roles ------------------------------------------------------------------------------------------------


def test_every_agent_of_the_original_is_a_role_with_tools() -> None:
    named = ["GithubJourneyAgent", "CodeGeneratorAgent", "CodifierAgent", "UXDesignerAgent", "InspectorAgent"]
    named += ["TestEngineerAgent", "UATAgent", "DBA", "DevOpsAgent", "SuperAgent"]
    assert set(named) <= set(DEFAULT_ROLES)
    assert all(role.tools for role in DEFAULT_ROLES.values())
    roles = Playbook(
        name="b",
        roles={r.name: {"tools": r.tools} for r in DEFAULT_ROLES.values()},
        steps=({"id": "a", "tool": "noop"},),
    )  # type: ignore[arg-type, misc]
    assert len(roles.roles) == len(DEFAULT_ROLES)


def test_a_role_has_only_tools_that_workers_announce() -> None:
    known = all_tools()
    assert {tool for role in DEFAULT_ROLES.values() for tool in role.tools} <= set(known)
    assert {equal.tool for equal in OPERATIONS.values()} <= set(known)


def test_what_an_operation_needs_is_what_its_tool_requires() -> None:
    known = all_tools()
    required = {name: set(known[equal.tool].input_schema().get("required", ())) for name, equal in OPERATIONS.items()}
    assert required == {name: set(equal.needs) for name, equal in OPERATIONS.items()}


@pytest.mark.parametrize("name", ["DBA", "DbaAgent", "dba", "DBAAgent"])
def test_an_agent_is_known_however_it_is_written(name: str) -> None:
    role = default_role(name)
    assert role is not None
    assert role.name == "dba"


def test_an_unknown_agent_is_a_role_for_its_model() -> None:
    found = mapped(step(agent="WriterAgent"))
    assert playbook_of(found).steps[0].role == "writer_agent"
    assert "no agent of the default registry" in said(found, 1, "agent")


def test_an_operation_is_done_by_a_tool_if_one_does_it_and_else_by_the_model() -> None:
    looks = step("b", agent="InspectorAgent", operation="check_links", parameters={"site": "build"}, next=None)
    found = mapped(step("a"), looks)
    first, second = playbook_of(found).steps
    assert (first.operation, second.tool) == ("think", "check.links")  # type: ignore[union-attr]
    assert "goes to the role's model; with none configured a run is refused" in said(found, 1, "operation")
    assert said(found, 2, "operation") == "check_links is done by the tool check.links"


# --- what nobody does -------------------------------------------------------------------------------------


def test_without_a_model_a_run_is_refused_with_what_the_role_can_do() -> None:
    playbook = playbook_of(mapped(step(agent="InspectorAgent", operation="ponder")))
    (nobody,) = refusal(playbook, {"noop", "check.links"}, has_model=False)
    assert (nobody.place, nobody.role) == (("steps", 0, "operation"), "inspector_agent")
    assert nobody.reason == (
        "no tool implements 'ponder', and no model is configured; the role inspector_agent can do: noop, check.links"
    )
    assert refusal(playbook, set(), has_model=True) == []


def test_where_tools_do_everything_no_model_is_missed() -> None:
    playbook = playbook_of(from_legacy(written("tools_of_ours").value))
    assert refusal(playbook, set(all_tools()), has_model=False) == []


def test_what_a_playbook_inside_cannot_do_is_told_where_it_is_named() -> None:
    inner = playbook_of(mapped(step(), name="inner"))
    outer = Playbook(name="outer", steps=({"id": "a", "playbook": "inner"},))  # type: ignore[arg-type]
    (nobody,) = refusal(outer, set(), has_model=False, others=shelf_of([inner]))
    assert nobody.place == ("steps", 0, "playbook")


# --- the page ---------------------------------------------------------------------------------------------


def test_the_example_of_the_page_becomes_what_the_page_says() -> None:
    original, today = (read_yaml(block.encode()).value for block in re.findall(r"```yaml\n(.*?)```", PAGE, re.DOTALL))
    found = from_legacy(original)
    playbook_of(found)
    assert {name: value for name, value in found.playbook.items() if name != "roles"} == today


def test_the_page_has_every_agent_and_every_operation() -> None:
    roles = (f"| {agent} | `{role.name}` | {quoted(role.tools[1:])} |" for agent, role in DEFAULT_ROLES.items())
    operations = (f"| `{name}` | `{equal.tool}` | {quoted(equal.needs)} |" for name, equal in OPERATIONS.items())
    assert [row for row in (*roles, *operations) if row not in PAGE] == []


def quoted(names: tuple[str, ...]) -> str:
    return ", ".join(f"`{name}`" for name in names)
