"""A playbook becomes journeys: what one agent runs in one go, what waits for what."""

from hypothesis import given, settings
from hypothesis import strategies as st
from wrenchai_contracts.plan import Plan, PlannedJourney
from wrenchai_contracts.playbook import ParallelStep, Playbook, StandardStep, Step
from wrenchai_language.compilation import compile_plan, needs_of
from wrenchai_language.playbook_check import calls_of

from tests.simulation.random_plans import random_playbook
from tests.simulation.seeded_time import seeded


def step(step_id: str, **facts: object) -> StandardStep:
    return StandardStep.model_validate({"id": step_id, "tool": "noop", **facts})


def parallel(step_id: str, **facts: object) -> ParallelStep:
    return ParallelStep.model_validate({"id": step_id, "type": "work_in_parallel", **facts})


def plan_of(*steps: Step) -> Plan:
    return compile_plan(Playbook(name="book", steps=steps))


def shape(plan: Plan) -> dict[str, tuple[list[str], tuple[str, ...]]]:
    """Each journey's steps, and the journeys it waits for."""
    return {journey.id: ([step.id for step in journey.steps], journey.after) for journey in plan.journeys}


def test_consecutive_steps_of_one_role_are_one_journey() -> None:
    assert shape(plan_of(step("a"), step("b"), step("c"))) == {"a": (["a", "b", "c"], ())}


def test_another_role_takes_over_in_a_journey_of_its_own() -> None:
    plan = plan_of(step("a"), step("b", role="checker"), step("c", role="checker"))
    assert shape(plan) == {"a": (["a"], ()), "b": (["b", "c"], ("a",))}
    assert [journey.role for journey in plan.journeys] == ["worker", "checker"]


def test_a_step_that_may_fail_is_a_journey_of_its_own() -> None:
    plan = plan_of(step("a"), step("b", on_failure="continue"), step("c"))
    assert shape(plan) == {"a": (["a"], ()), "b": (["b"], ("a",)), "c": (["c"], ("b",))}
    assert [journey.on_failure for journey in plan.journeys] == ["fail", "continue", "fail"]


def test_steps_that_need_nothing_start_together_and_the_last_joins_them() -> None:
    plan = plan_of(step("a"), step("b", needs=()), step("c", needs=("a", "b")))
    assert shape(plan) == {"a": (["a"], ()), "b": (["b"], ()), "c": (["c"], ("a", "b"))}


def test_each_named_branch_is_a_journey_and_what_follows_waits_for_all_of_them() -> None:
    plan = plan_of(step("a"), parallel("fan", branches=[step("x"), step("y", role="checker")]), step("z"))
    assert shape(plan) == {"a": (["a"], ()), "x": (["x"], ("a",)), "y": (["y"], ("a",)), "z": (["z"], ("x", "y"))}
    assert [journey.group for journey in plan.journeys] == [None, "fan", "fan", None]


def test_a_fan_out_over_a_list_is_one_pattern() -> None:
    fan = parallel(
        "scan", for_each="${inputs.items}", step=step("look"), max_parallel=3, role="checker", **{"as": "it"}
    )
    plan = plan_of(fan, step("join"))
    pattern = plan.journeys[0]
    assert (pattern.id, pattern.for_each, pattern.item_name, pattern.max_parallel, pattern.role) == (
        "scan", "${inputs.items}", "it", 3, "checker",
    )  # fmt: skip
    assert shape(plan) == {"scan": (["look"], ()), "join": (["join"], ("scan",))}


def test_a_branch_may_fail_if_it_or_its_fan_out_says_so() -> None:
    fans = [
        parallel("one", on_failure="continue", branches=[step("a")]),
        parallel("two", branches=[step("b", on_failure="continue"), step("c")]),
    ]
    assert [journey.on_failure for journey in plan_of(*fans).journeys] == ["continue", "continue", "fail"]


def test_the_one_journey_that_everything_leads_to_is_final() -> None:
    plan = plan_of(step("a"), parallel("fan", branches=[step("x"), step("y")]), step("z"))
    assert [journey.id for journey in plan.journeys if journey.final] == ["z"]


def test_no_journey_is_final_when_several_end_the_plan_or_the_last_is_a_fan_out() -> None:
    two_ends = plan_of(step("a"), step("b", needs=()))
    over_a_list = plan_of(step("a"), parallel("scan", for_each="${inputs.items}", step=step("look")))
    assert not any(journey.final for journey in (*two_ends.journeys, *over_a_list.journeys))


def test_the_result_comes_from_the_steps_that_nothing_follows() -> None:
    assert plan_of(step("a"), step("b"), step("c", needs=("a",))).result_from == ("b", "c")
    assert plan_of(step("a"), parallel("fan", branches=[step("x")])).result_from == ("fan",)


def test_a_step_waits_for_the_one_before_unless_it_says_otherwise() -> None:
    steps = (step("a"), step("b"), step("c", needs=()), step("d", needs=("a", "c")))
    assert needs_of(steps) == {"a": (), "b": ("a",), "c": (), "d": ("a", "c")}


def test_equal_playbooks_give_plans_of_equal_digest_and_others_do_not() -> None:
    assert plan_of(step("a")).digest() == plan_of(step("a")).digest()
    assert plan_of(step("a")).digest() != plan_of(step("a", timeout=5)).digest()


@given(st.integers(min_value=0, max_value=10**9))
@settings(max_examples=200, deadline=None)
def test_in_any_plan_each_journey_follows_what_it_waits_for_and_each_step_is_in_one(seed: int) -> None:
    playbook = random_playbook(seeded(seed), "book")
    journeys = compile_plan(playbook).journeys
    placed: set[str] = set()
    for journey in journeys:
        assert placed.issuperset(journey.after)
        placed.add(journey.id)
    assert sorted(step.id for journey in journeys for step in journey.steps) == sorted(steps_in(playbook))
    assert sum(journey.final for journey in journeys) <= 1
    assert not any(journey.final for journey in journeys[:-1]), "the decider looks for it in the last place"
    assert all(waits_for_its_needs(playbook, journeys, step) for step in playbook.steps)


def steps_in(playbook: Playbook) -> list[str]:
    return [call.id for step in playbook.steps for _, call in calls_of((), step)]


def waits_for_its_needs(playbook: Playbook, journeys: tuple[PlannedJourney, ...], wanted: Step) -> bool:
    """Every step that `wanted` needs ran before it: earlier in its journey, or in one that its journey waits for."""
    inside = {step.id: [call.id for _, call in calls_of((), step)] for step in playbook.steps}
    at = {step.id: (journey, place) for journey in journeys for place, step in enumerate(journey.steps)}
    for needed in needs_of(playbook.steps)[wanted.id]:
        for before in inside[needed]:
            for after in inside[wanted.id]:
                (one, first), (other, second) = at[before], at[after]
                if not (one is other and first < second) and one.id not in other.after:
                    return False
    return True
