"""Which playbook a goal means, who plays which role, with which tools."""

import pytest
from wrenchai_contracts.events import PlaybookRegistered, TaskRequested, ToolRegistered
from wrenchai_contracts.playbook import Playbook
from wrenchai_contracts.shape import JsonObject
from wrenchai_orchestrator.staffing import (
    MAX_DATA_BYTES,
    CannotStaff,
    Catalogue,
    allocate_tools,
    assign_roles,
    choose_playbook,
    staffed_for,
)


def playbook(name: str, **facts: object) -> Playbook:
    return Playbook.model_validate({"name": name, "steps": [{"id": "a", "tool": "noop"}], **facts})


def tool(name: str, *, version: str = "1", roles: tuple[str, ...] = ()) -> ToolRegistered:
    return ToolRegistered(name=name, version=version, inputs={}, outputs={}, roles=roles)


def catalogue(*playbooks: Playbook, tools: tuple[ToolRegistered, ...] = (tool("noop"),)) -> Catalogue:
    known = Catalogue()
    for announced in tools:
        known.learn(announced)
    for registered in playbooks:
        known.learn(PlaybookRegistered(digest=registered.digest(), playbook=registered))
    return known


SITE = playbook("portfolio", description="Builds a web site of projects.", keywords=("website", "portfolio"))
REPORT = playbook("report", description="Writes a report about projects.", keywords=("summary",))


def test_a_goal_means_the_playbook_whose_words_it_uses() -> None:
    assert choose_playbook("Write a report on my work", catalogue(SITE, REPORT)) == REPORT.digest()


def test_a_keyword_counts_more_than_words_of_the_description() -> None:
    goal = "a website that is about projects and a report"
    assert choose_playbook(goal, catalogue(SITE, REPORT)) == SITE.digest()


def test_the_newest_version_of_a_playbook_is_chosen() -> None:
    newer = SITE.model_copy(update={"version": "2"})
    assert choose_playbook("a portfolio", catalogue(SITE, newer)) == newer.digest()


def test_a_goal_that_fits_two_playbooks_equally_is_refused_with_both_names() -> None:
    with pytest.raises(CannotStaff, match="portfolio and report fit") as refused:
        choose_playbook("my projects", catalogue(SITE, REPORT))
    assert refused.value.kind == "goal_is_ambiguous"


@pytest.mark.parametrize("goal", ["", "brew coffee", "a I to"])
def test_a_goal_that_fits_nothing_is_refused_with_what_there_is(goal: str) -> None:
    with pytest.raises(CannotStaff, match="name one of: portfolio, report") as refused:
        choose_playbook(goal, catalogue(SITE, REPORT))
    assert refused.value.kind == "no_playbook_fits"


def test_without_any_playbook_a_goal_is_refused() -> None:
    with pytest.raises(CannotStaff, match="none"):
        choose_playbook("a portfolio", Catalogue())


TWO_ROLES = playbook(
    "book",
    roles={"builder": {"tools": ["extra"]}, "idle": {"tools": ["noop"]}},
    steps=[
        {"id": "a", "tool": "noop", "role": "builder"},
        {"id": "fan", "type": "work_in_parallel", "role": "checker",
         "branches": [{"id": "b", "tool": "look"}, {"id": "c", "tool": "noop", "role": "builder"}]},
        {"id": "d", "tool": "look"},
    ],
)  # fmt: skip


def test_every_role_that_a_step_asks_for_is_played_by_an_agent_and_no_other() -> None:
    assert assign_roles(TWO_ROLES) == dict.fromkeys(("builder", "checker", "worker"), "journey-agent")


def test_a_role_gets_the_tools_of_its_steps_and_what_the_playbook_grants_it() -> None:
    tools = {t.name: t for t in (tool("noop"), tool("look", version="7"), tool("extra"))}
    assert allocate_tools(TWO_ROLES, tools) == {
        "builder": ("extra@1", "noop@1"),
        "checker": ("look@7",),
        "worker": ("look@7",),
    }


def test_a_tool_that_no_worker_has_announced_is_refused_with_those_that_are_known() -> None:
    with pytest.raises(CannotStaff, match=r"'extra'; known are: look, noop") as refused:
        allocate_tools(TWO_ROLES, {t.name: t for t in (tool("noop"), tool("look"))})
    assert refused.value.kind == "unknown_tool"


def test_a_tool_for_other_roles_is_refused() -> None:
    tools = {t.name: t for t in (tool("noop"), tool("look", roles=("auditor",)), tool("extra"))}
    with pytest.raises(CannotStaff, match="for the roles auditor, not for 'checker'") as refused:
        allocate_tools(TWO_ROLES, tools)
    assert refused.value.kind == "tool_not_for_role"


def test_a_catalogue_counts_what_it_learned_and_keeps_the_newest_tool() -> None:
    known = catalogue(SITE, tools=(tool("noop"), tool("noop", version="2")))
    assert known.version == 3
    assert known.tools["noop"].version == "2"


def test_what_a_task_begins_with_is_worked_out_anew_when_the_catalogue_changes() -> None:
    known = catalogue(SITE)
    assert known.staffed(SITE.digest()) is known.staffed(SITE.digest())
    known.learn(tool("noop", version="2"))
    assert known.staffed(SITE.digest()).allocated.tools == {"worker": ("noop@2",)}


def test_a_digest_that_was_never_registered_is_refused() -> None:
    with pytest.raises(CannotStaff) as refused:
        catalogue().staffed("0" * 64)
    assert refused.value.kind == "unknown_playbook"


def test_a_plan_that_no_event_could_hold_is_refused_instead_of_stuck() -> None:
    steps = [{"id": f"s{n}", "tool": "noop", "with": {"text": "x" * 500}} for n in range(MAX_DATA_BYTES // 600)]
    huge = playbook("huge", steps=steps)
    with pytest.raises(CannotStaff, match="Split the playbook") as refused:
        catalogue(huge).staffed(huge.digest())
    assert refused.value.kind == "plan_too_large"


def asked_for(book: Playbook, *requirements: str, constraints: JsonObject | None = None) -> TaskRequested:
    return TaskRequested(
        task_id="task_01jd3k0000",
        playbook_digest=book.digest(),
        requirements=requirements,
        constraints=constraints or {},
    )


def test_a_task_whose_playbook_may_use_what_it_requires_is_staffed_like_any_other() -> None:
    known = catalogue(SITE)
    assert staffed_for(asked_for(SITE, "noop"), known) is known.staffed(SITE.digest())


def test_a_task_that_requires_a_tool_its_playbook_may_not_use_is_refused() -> None:
    with pytest.raises(CannotStaff, match="requires look; its playbook may use: noop") as refused:
        staffed_for(asked_for(SITE, "noop", "look"), catalogue(SITE, tools=(tool("noop"), tool("look"))))
    assert refused.value.kind == "requirement_unmet"


def test_a_task_may_be_stricter_than_its_playbook_and_has_a_plan_of_its_own_then() -> None:
    known = catalogue(SITE)
    strict = staffed_for(asked_for(SITE, constraints={"deadline": 60.0, "accept_above": 0.9}), known).planned
    assert (strict.plan.deadline, strict.plan.accept_above) == (60.0, 0.9)
    assert strict.digest == strict.plan.digest() != known.staffed(SITE.digest()).planned.digest


def test_a_task_cannot_be_laxer_than_its_playbook() -> None:
    lax = staffed_for(asked_for(SITE, constraints={"deadline": 1e9, "accept_above": 0.1}), catalogue(SITE)).planned
    assert (lax.plan.deadline, lax.plan.accept_above) == (86400.0, 0.7)
