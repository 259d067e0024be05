"""What a run would take: bounds that hold, and a usual time only where there is something to go by."""

import pytest
from wrenchai_contracts.spending import Spending
from wrenchai_language.compilation import compile_plan
from wrenchai_language.estimate import Estimate, Known, estimate_of
from wrenchai_language.playbook_yaml import read_playbook
from wrenchai_language.spans import Span

HEAD = "name: book\ninputs: {type: object}\nsteps:\n"
ONCE = "tool: noop, timeout: 10s, retry: {max_attempts: 1}"
ASK = {"ask": Spending(calls=1, tokens=1000, micros=20_000)}


def estimate(steps: str, *, items: int | None = None, **seconds: float) -> Estimate:
    plan = compile_plan(read_playbook((HEAD + steps).encode(), file="book.yaml"))
    return estimate_of(plan, Known(ASK, seconds, lambda _: items))


def test_one_call_takes_as_many_attempts_as_it_may_have_each_until_its_timeout_and_the_delays_between() -> None:
    found = estimate("  - {id: a, tool: noop, timeout: 10s, retry: {max_attempts: 3, first_delay: 1s, factor: 2}}\n")
    assert (found.calls, found.seconds) == (Span(1, 3), Span(0, 33))


def test_a_model_costs_what_its_tool_declares_for_every_attempt() -> None:
    found = estimate("  - {id: a, tool: ask, retry: {max_attempts: 2}}\n")
    assert (found.tokens, found.micros) == (Span(0, 2000), Span(0, 40_000))


def test_the_usual_time_is_known_where_every_tool_has_run_before() -> None:
    steps = f"  - {{id: a, {ONCE}}}\n  - {{id: b, {ONCE}}}\n"
    assert estimate(steps, noop=1.5).usually == Span(3, 3)
    assert estimate(steps).usually is None


def test_the_longest_way_is_the_one_that_keeps_the_others_waiting() -> None:
    steps = (
        f"  - {{id: a, {ONCE}}}\n"
        f"  - {{id: slow, needs: [a], tool: slow, timeout: 10s, retry: {{max_attempts: 1}}}}\n"
        f"  - {{id: quick, needs: [a], {ONCE}}}\n"
        f"  - {{id: z, needs: [slow, quick], {ONCE}}}\n"
    )
    found = estimate(steps, noop=1, slow=5)
    assert found.way == ("a", "slow", "z")
    assert (found.usually, found.seconds, found.calls) == (Span(7, 7), Span(0, 30), Span(4, 4))


def test_what_has_a_condition_may_take_nothing() -> None:
    found = estimate(f"  - {{id: a, {ONCE}, when: 'true'}}\n", noop=2)
    assert (found.calls, found.usually) == (Span(0, 1), Span(0, 2))


FAN = f"  - {{id: f, type: work_in_parallel, for_each: '${{inputs.x}}', max_parallel: 2, step: {{id: s, {ONCE}}}}}\n"


def test_a_list_that_is_given_is_counted_and_takes_as_many_waves_as_it_needs() -> None:
    found = estimate(FAN, items=5, noop=1)
    assert (found.calls, found.seconds, found.usually, found.way) == (Span(5, 5), Span(0, 30), Span(3, 3), ("f.s",))


def test_a_list_that_only_the_run_will_tell_has_no_known_end() -> None:
    found = estimate(FAN, noop=1)
    assert (found.calls, found.seconds, found.tokens) == (Span(0, None), Span(0, None), Span(0, 0))


def test_named_branches_side_by_side_take_as_long_as_the_longest() -> None:
    steps = (
        f"  - {{id: f, type: work_in_parallel, branches: [{{id: a, {ONCE}}}, {{id: b, tool: slow, timeout: 60s}}]}}\n"
    )
    found = estimate(steps, noop=1, slow=9)
    assert (found.usually, found.way, found.calls) == (Span(9, 9), ("f.b",), Span(2, 4))


def test_a_loop_takes_one_round_or_as_many_as_it_may() -> None:
    steps = f"  - {{id: l, type: self_feedback_loop, max_iterations: 4, operations: [{{id: a, {ONCE}}}]}}\n"
    found = estimate(steps, noop=2)
    assert (found.calls, found.seconds, found.usually) == (Span(1, 4), Span(0, 40), Span(2, 8))


def test_of_competitors_that_are_drawn_the_dearest_count_at_most_and_the_judge_always() -> None:
    competitors = f"{{id: a, {ONCE}}}, {{id: b, {ONCE}}}, {{id: c, tool: ask, retry: {{max_attempts: 1}}}}"
    steps = (
        f"  - {{id: v, type: versus, most: 2, evaluation_criteria: {{good: 1}}, competitors: [{competitors}],\n"
        f"     judge: {{id: j, {ONCE}}}}}\n"
    )
    found = estimate(steps)
    assert (found.calls, found.tokens) == (Span(3, 3), Span(0, 1000))
    assert found.way[-1] == "v.j"


@pytest.mark.parametrize(("items", "calls"), [(3, Span(1, 4)), (None, Span(1, None))])
def test_of_a_handoff_any_number_of_parts_may_go_to_specialists(items: int | None, calls: Span) -> None:
    steps = (
        f"  - {{id: h, type: handoff, primary: {{id: p, {ONCE}}}, parts: '${{steps.p.output.parts}}',\n"
        f"     handoff_conditions: [{{when: 'index == 0', to: {{id: s, {ONCE}}}}}]}}\n"
    )
    assert estimate(steps, items=items).calls == calls


def test_a_fix_and_the_goes_after_it_are_in_the_bound_and_not_in_the_usual_time() -> None:
    operation = f"{{id: o, {ONCE}, failure_action: {{log_and_fix: {{id: m, {ONCE}}}}}}}"
    found = estimate(f"  - {{id: p, type: process, operations: [{operation}]}}\n", noop=1)
    assert (found.calls, found.seconds, found.usually) == (Span(1, 3), Span(0, 30), Span(1, 1))


def test_a_time_that_passes_counts_and_what_people_take_only_as_far_as_it_ends() -> None:
    found = estimate("  - {id: a, wait_for: {time: 60s}}\n  - {id: b, wait_for: {answer: Well?, timeout: 1h}}\n")
    assert (found.seconds, found.usually, found.calls) == (Span(60, 3660), Span(60, 60), Span(0, 0))
