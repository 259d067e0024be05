"""A playbook becomes nodes: what one agent runs in one go, what waits for what, at every depth."""

from collections.abc import Iterator

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st
from wrenchai_contracts.errors import PlaybookRejected
from wrenchai_contracts.plan import Case, Node, Plan, PlannedJourney, PlannedPlaybook
from wrenchai_contracts.playbook import Playbook
from wrenchai_contracts.spending import Limits, Spending
from wrenchai_contracts.steps import ParallelStep, StandardStep, Step
from wrenchai_language.calls import calls_of
from wrenchai_language.compilation import compile_plan, needs_of
from wrenchai_language.expansion import MAX_STEPS
from wrenchai_language.shelf import MAX_PLAYBOOKS_DEEP, shelf_of

from tests.simulation.random_plans import random_nested_playbook, random_playbook
from tests.simulation.seeded_time import seeded


def step(step_id: str, **facts: object) -> StandardStep:
    return StandardStep.model_validate({"id": step_id, "tool": "noop", **facts})


def parallel(step_id: str, **facts: object) -> ParallelStep:
    return ParallelStep.model_validate({"id": step_id, "type": "work_in_parallel", **facts})


def plan_of(*steps: Step, **facts: object) -> Plan:
    return compile_plan(Playbook.model_validate({"name": "book", "steps": steps, **facts}))


def shape(nodes: tuple[Node, ...]) -> dict[str, tuple[list[str], tuple[str, ...]]]:
    """Each node's steps (its own id, of a block or a wait), and the nodes it waits for."""
    return {
        node.id: ([step.id for step in node.steps] if isinstance(node, PlannedJourney) else [node.id], node.after)
        for node in nodes
    }


def test_consecutive_steps_of_one_role_are_one_journey() -> None:
    assert shape(plan_of(step("a"), step("b"), step("c")).nodes) == {"a": (["a", "b", "c"], ())}


def test_another_role_takes_over_in_a_journey_of_its_own() -> None:
    nodes = plan_of(step("a"), step("b", role="checker"), step("c", role="checker")).nodes
    assert shape(nodes) == {"a": (["a"], ()), "b": (["b", "c"], ("a",))}
    assert [node.role for node in nodes if isinstance(node, PlannedJourney)] == ["worker", "checker"]


@pytest.mark.parametrize(
    "facts",
    [
        {"on_failure": "continue"},
        {"on_failure": "ask"},
        {"when": "true"},
        {"approval": {}},
        {"undo": {"tool": "noop"}},
        {"schedule_to_start": "5m"},
    ],
    ids=lambda facts: next(iter(facts)),
)
def test_a_step_about_which_something_is_decided_is_a_node_of_its_own(facts: dict[str, object]) -> None:
    nodes = plan_of(step("a"), step("b", **facts), step("c")).nodes
    assert shape(nodes) == {"a": (["a"], ()), "b": (["b"], ("a",)), "c": (["c"], ("b",))}


@pytest.mark.parametrize("what", [{"wait_for": {"signal": "go"}}, {"wait_for": {"time": "2h"}}])
def test_a_wait_ends_the_journey_before_it(what: dict[str, object]) -> None:
    wait = StandardStep.model_validate({"id": "b", **what})
    assert shape(plan_of(step("a"), wait, step("c")).nodes) == {
        "a": (["a"], ()), "b": (["b"], ("a",)), "c": (["c"], ("b",)),
    }  # fmt: skip


def test_steps_that_need_nothing_start_together_and_the_last_joins_them() -> None:
    nodes = plan_of(step("a"), step("b", needs=()), step("c", needs=("a", "b"))).nodes
    assert shape(nodes) == {"a": (["a"], ()), "b": (["b"], ()), "c": (["c"], ("a", "b"))}


def test_what_follows_a_block_waits_for_the_block() -> None:
    nodes = plan_of(step("a"), parallel("fan", branches=[step("x"), step("y", role="checker")]), step("z")).nodes
    assert shape(nodes) == {"a": (["a"], ()), "fan": (["fan"], ("a",)), "z": (["z"], ("fan",))}


def test_a_role_holds_for_the_steps_inside_unless_they_say_otherwise() -> None:
    inner = parallel("inner", branches=[step("x"), step("y", role="checker")])
    (outer,) = plan_of(parallel("outer", role="builder", branches=[inner])).nodes
    assert [(node.id, node.role) for node in journeys_in((outer,))] == [("x", "builder"), ("y", "checker")]


def test_the_one_journey_that_everything_leads_to_is_final() -> None:
    plan = plan_of(step("a"), parallel("fan", branches=[step("x"), step("y")]), step("z"))
    assert [node.id for node in journeys_in(plan.nodes) if node.final] == ["z"]


def test_no_journey_is_final_when_several_end_the_plan_or_the_last_is_a_block() -> None:
    two_ends = plan_of(step("a"), step("b", needs=()))
    block_at_the_end = plan_of(step("a"), parallel("scan", for_each="${inputs.items}", step=step("look")))
    assert not any(node.final for node in journeys_in((*two_ends.nodes, *block_at_the_end.nodes)))


def test_the_result_comes_from_the_steps_that_nothing_follows() -> None:
    assert plan_of(step("a"), step("b"), step("c", needs=("a",))).result_from == ("b", "c")
    assert plan_of(step("a"), parallel("fan", branches=[step("x")])).result_from == ("fan",)


def test_a_step_waits_for_the_one_before_unless_it_says_otherwise() -> None:
    steps = (step("a"), step("b"), step("c", needs=()), step("d", needs=("a", "c")))
    assert needs_of(steps) == {"a": (), "b": ("a",), "c": (), "d": ("a", "c")}


def test_equal_playbooks_give_plans_of_equal_digest_and_others_do_not() -> None:
    assert plan_of(step("a")).digest() == plan_of(step("a")).digest()
    assert plan_of(step("a")).digest() != plan_of(step("a", timeout=5)).digest()


# --- what it costs -----------------------------------------------------------------------------------------


def test_limits_of_the_whole_task_are_in_the_plan_money_in_millionths() -> None:
    plan = plan_of(step("a"), budget={"money": 0.1, "calls": 3}, same_call=7, deadline="2h")
    assert (plan.budget, plan.same_call, plan.deadline) == (Limits(micros=100_000, calls=3), 7, 7200)


@pytest.mark.parametrize(
    ("cost", "budget", "most"),
    [
        ({}, {}, Spending()),
        ({}, {"calls": 5}, Spending(calls=1, seconds=60)),
        ({"money": 0.25, "tokens": 800}, {}, Spending(calls=1, seconds=60, micros=250_000, tokens=800)),
        ({"calls": 0, "seconds": "5s"}, {"calls": 5}, Spending(calls=0, seconds=5)),
    ],
)
def test_a_call_costs_one_call_and_its_time_unless_it_says_otherwise_where_anything_is_limited(
    cost: dict[str, object], budget: dict[str, object], most: Spending
) -> None:
    (journey,) = journeys_in(plan_of(step("a", cost=cost, timeout="60s"), budget=budget).nodes)
    assert journey.steps[0].most == most


# --- playbooks inside --------------------------------------------------------------------------------------


def book(name: str, *inside: str, version: str = "1", **facts: object) -> Playbook:
    """A playbook of one tool call, and a step for each playbook inside it."""
    steps = [{"id": "work", "tool": "noop"}, *({"id": f"s{n}", "playbook": one} for n, one in enumerate(inside))]
    return Playbook.model_validate({"name": name, "version": version, "steps": steps, **facts})


def inside(outer: Playbook, *others: Playbook) -> PlannedPlaybook:
    (found,) = [node for node in compile_plan(outer, shelf_of(others)).nodes if isinstance(node, PlannedPlaybook)]
    return found


def test_a_playbook_inside_is_pinned_by_digest_and_stands_in_the_plan_in_full() -> None:
    inner = book("inner", version="3")
    node = inside(book("outer", "inner"), inner)
    assert (node.playbook, node.version, node.digest, node.result_from) == ("inner", "3", inner.digest(), ("work",))
    assert shape(node.body) == {"work": (["work"], ())}, "its ids are its own: the outer one has a `work` too"


def test_the_newest_version_is_taken_unless_one_is_named() -> None:
    old, new = book("inner", version="1"), book("inner", version="2", description="newer")
    assert inside(book("outer", "inner"), old, new).digest == new.digest()
    assert inside(book("outer", "inner@1"), old, new).digest == old.digest()


def test_the_tighter_of_both_budgets_holds_and_calls_inside_are_reserved_for() -> None:
    outer = Playbook.model_validate(
        {"name": "outer", "steps": [{"id": "a", "playbook": "inner", "cost": {"calls": 9, "money": 1}}]}
    )
    node = inside(outer, book("inner", budget={"calls": 4}))
    assert node.budget == Limits(calls=4, micros=1_000_000)
    assert next(journeys_in(node.body)).steps[0].most == Spending(calls=1, seconds=300)


@pytest.mark.parametrize(
    ("others", "reason"),
    [
        ([], "no playbook is called 'one'; known are: none yet"),
        ([book("one", "two"), book("two", "outer")], "cannot stand inside itself: outer -> one -> two -> outer"),
        ([book("one", "one")], "cannot stand inside itself: one -> one"),
        ([book("one", "two@7"), book("two")], "no playbook is called 'two@7'; known are: two@1"),
    ],
)
def test_what_cannot_stand_inside_is_refused_with_the_way_to_it(others: list[Playbook], reason: str) -> None:
    with pytest.raises(PlaybookRejected) as rejected:
        compile_plan(book("outer", "one"), shelf_of([*others, book("outer", "one")]) if others else {})
    assert reason in str(rejected.value)


def tower(floors: int) -> list[Playbook]:
    return [book(f"p{n}", *([f"p{n + 1}"] if n < floors - 1 else [])) for n in range(floors)]


def test_playbooks_stand_inside_each_other_eight_deep_and_no_deeper() -> None:
    assert compile_plan(tower(MAX_PLAYBOOKS_DEEP)[0], shelf_of(tower(MAX_PLAYBOOKS_DEEP))).nodes
    for floors in (MAX_PLAYBOOKS_DEEP + 1, 500):
        with pytest.raises(PlaybookRejected, match="more than 8 deep"):
            compile_plan(tower(floors)[0], shelf_of(tower(floors)))


def test_a_playbook_that_is_known_already_is_not_let_in_deeper_than_eight() -> None:
    low, high = tower(MAX_PLAYBOOKS_DEEP - 1), [book("a", "b"), book("b", "p0")]
    with pytest.raises(PlaybookRejected, match="more than 8 deep behind 'p0'"):
        compile_plan(book("top", "p0", "a"), shelf_of([*low, *high]))


@pytest.mark.timeout(10)
def test_a_few_playbooks_that_would_become_millions_of_steps_are_refused_before_that() -> None:
    bombs = [book(f"p{n}", *[f"p{n + 1}"] * 20) for n in range(6)]
    with pytest.raises(PlaybookRejected, match=f"a plan may have {MAX_STEPS}"):
        compile_plan(bombs[0], shelf_of([*bombs, book("p6")]))


def test_every_call_of_a_playbook_inside_is_found_at_the_step_that_names_it() -> None:
    inner = Playbook.model_validate(
        {"name": "inner", "steps": [{"id": "a", "tool": "deep", "role": "diver", "undo": {"tool": "surface"}}]}
    )
    found = {(call.place, call.role, call.tool) for call in calls_of(book("outer", "inner"), shelf_of([inner]))}
    assert found == {
        (("steps", 0, "tool"), "worker", "noop"),
        (("steps", 1, "playbook"), "diver", "deep"),
        (("steps", 1, "playbook"), "diver", "surface"),
    }


# --- any plan ----------------------------------------------------------------------------------------------

SEEDS = st.integers(min_value=0, max_value=10**9)


@given(SEEDS)
@settings(max_examples=200, deadline=None)
def test_in_any_plan_each_node_follows_what_it_waits_for_and_each_call_is_in_one(seed: int) -> None:
    playbook = random_nested_playbook(seeded(seed), "book")
    plan = compile_plan(playbook)
    for body in bodies_in(plan.nodes):
        placed: set[str] = set()
        for node in body:
            assert placed.issuperset(node.after)
            placed.add(node.id)
    planned = sorted(step.tool for journey in journeys_in(plan.nodes) for step in (*journey.steps, *journey.undo))
    assert planned == sorted(call.tool for call in calls_of(playbook))
    assert not any(journey.final for journey in journeys_in(plan.nodes[:-1])), (
        "the engine looks for it in the last place"
    )


@given(SEEDS)
@settings(max_examples=100, deadline=None)
def test_in_any_plan_what_a_step_needs_ran_before_it(seed: int) -> None:
    playbook = random_playbook(seeded(seed), "book")
    at = {step: (node, n) for node in compile_plan(playbook).nodes for n, step in enumerate(shape((node,))[node.id][0])}
    for wanted, needed in needs_of(playbook.steps).items():
        for before in needed:
            (one, first), (other, second) = at[before], at[wanted]
            assert (one is other and first < second) or one.id in other.after


def test_a_plan_survives_its_way_through_the_log() -> None:
    plan = compile_plan(random_nested_playbook(seeded(7), "book"))
    assert Plan.model_validate_json(plan.model_dump_json(exclude_defaults=True)) == plan


def bodies_in(nodes: tuple[Node, ...]) -> Iterator[tuple[Node, ...]]:
    """Those nodes, and every body inside them."""
    yield nodes
    for node in nodes:
        cases: tuple[Case, ...] = getattr(node, "cases", ())
        inner = [getattr(node, name, ()) for name in ("fix", "body", "judge", "completion")]
        for body in [*inner, *(case.body for case in cases)]:
            yield from bodies_in(body) if body else ()


def journeys_in(nodes: tuple[Node, ...]) -> Iterator[PlannedJourney]:
    return (node for body in bodies_in(nodes) for node in body if isinstance(node, PlannedJourney))
