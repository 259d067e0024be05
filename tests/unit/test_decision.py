"""What happens next in a task, whatever has happened so far."""

import pytest
from wrenchai_contracts.events import (
    JourneyDispatched,
    JourneysStopped,
    PlanAborted,
    PlanExecuted,
    TaskCancelled,
    TaskCompleted,
    TaskFailed,
)
from wrenchai_orchestrator.decision import decide
from wrenchai_orchestrator.nodes.values import MAX_ITEMS
from wrenchai_orchestrator.task import Task

from tests.samples import AT, TASK
from tests.unit.task_story import STAFFED, Story, dispatches, each, fan, step

ITEMS = {"items": [{"n": 0}, {"n": 1}, {"n": 2}]}


class TestBeginning:
    def test_a_request_is_staffed_planned_and_its_first_journey_dispatched(self) -> None:
        assert Story(step("a"), step("b")).goes_on() == [*STAFFED, *dispatches("a")]

    def test_a_task_that_was_never_requested_waits(self) -> None:
        story = Story(step("a"))
        assert decide(Task(TASK), story.catalogue, AT) == []

    def test_everything_that_waits_for_nothing_begins_at_once(self) -> None:
        story = Story(step("a"), fan("fan", step("x"), step("y"), needs=()), step("z", needs=("a", "fan")))
        assert story.goes_on() == [*STAFFED, *dispatches("a"), "StepOpened fan", *dispatches("fan.x", "fan.y")]

    def test_inputs_are_resolved_but_for_what_the_journey_itself_will_know(self) -> None:
        story = Story(
            step("a", **{"with": {"title": "${inputs.title}"}}),
            step("b", **{"with": {"seen": "${steps.a.output.title}", "text": "by ${inputs.title}"}}),
            inputs={"title": ["x"]},
        ).started()
        first, second = story.dispatched("a").steps
        assert first.inputs == {"title": ["x"]}
        assert second.inputs == {"seen": "${steps.a.output.title}", "text": 'by ["x"]'}

    def test_a_journey_knows_its_deadline_its_tools_and_the_bar(self) -> None:
        story = Story(step("a"), deadline="60s", quality={"accept_above": 0.9, "reject_below": 0.1}).started()
        dispatched = story.dispatched("a")
        requested = story.events[0].at
        assert dispatched.deadline is not None
        assert (dispatched.deadline - requested).total_seconds() == 60
        assert dispatched.tools == ("noop@1",)
        assert (dispatched.accept_above, dispatched.reject_below) == (0.9, 0.1)
        assert (dispatched.final, dispatched.sole) == (True, True)

    def test_a_later_journey_may_use_its_tools_too(self) -> None:
        story = Story(step("a"), step("b", role="checker")).started().completes("a")
        story.goes_on()
        assert story.dispatched("b").tools == ("noop@1",)

    def test_a_task_that_cannot_be_staffed_fails_with_the_reason(self) -> None:
        story = Story({"id": "a", "tool": "unheard_of"})
        assert story.goes_on() == ["TaskFailed"]
        failed = story.last()
        assert isinstance(failed, TaskFailed)
        assert (failed.kind, "unheard_of" in failed.reason) == ("unknown_tool", True)

    def test_a_task_cancelled_before_it_was_planned_ends_without_a_plan(self) -> None:
        assert Story(step("a")).is_called_off().goes_on() == ["TaskCancelled"]

    def test_a_bad_reference_in_the_first_journey_fails_the_task_at_once(self) -> None:
        story = Story(step("a", **{"with": {"x": "${inputs.nowhere}"}}))
        assert story.goes_on() == [*STAFFED, "StepSettled a", "PlanAborted a", "TaskFailed"]

    def test_inputs_that_no_event_could_hold_fail_the_task_instead_of_stopping_it(self) -> None:
        story = Story(step("a", **{"with": {"x": "${inputs.x}"}}), inputs={"x": "y" * 300_000})
        assert story.goes_on() == [*STAFFED, "StepSettled a", "PlanAborted a", "TaskFailed"]
        failed = story.last()
        assert isinstance(failed, TaskFailed)
        assert failed.kind == "input_too_large"


class TestGoingOn:
    def test_the_next_journey_begins_when_what_it_waits_for_has_ended(self) -> None:
        story = Story(step("a"), step("b", role="checker"), step("c")).started()
        assert story.follows() == []
        assert story.completes("a").goes_on() == dispatches("b")
        assert story.completes("b").goes_on() == dispatches("c")

    def test_a_join_waits_for_the_last_of_its_branches(self) -> None:
        story = Story(fan("fan", step("x"), step("y")), step("z", **{"with": {"all": "${steps.fan.output}"}})).started()
        assert story.completes("fan.x").goes_on() == []
        assert story.completes("fan.y").goes_on() == ["StepSettled fan", *dispatches("z")]
        assert story.dispatched("z").steps[0].inputs == {"all": {"x": {"by": "x"}, "y": {"by": "y"}}}

    def test_a_final_journey_s_end_is_the_inspector_s_to_answer(self) -> None:
        assert Story(step("a")).started().completes("a").follows() == []

    def test_a_plan_with_several_ends_says_when_all_are_reached(self) -> None:
        story = Story(step("a"), step("b", needs=())).started()
        assert story.completes("a").goes_on() == []
        assert story.completes("b").goes_on() == ["PlanExecuted"]
        assert story.follows() == [], "once"

    @pytest.mark.parametrize(
        ("decision", "event"),
        [
            ("accept", TaskCompleted(decision="accepted", quality=0.8)),
            ("escalate", TaskCompleted(decision="escalated", quality=0.8)),
            ("reject", TaskFailed(reason="the inspector rejected the result: too thin", kind="quality")),
        ],
    )
    def test_the_inspector_s_decision_ends_the_task(self, decision: str, event: TaskCompleted | TaskFailed) -> None:
        story = Story(step("a")).started().completes("a").is_judged(decision, "too thin")
        assert [step.event for step in story.decided()] == [event]

    def test_an_ended_task_stays_as_it_is(self) -> None:
        story = Story(step("a")).started().completes("a").is_judged("accept")
        story.goes_on()
        assert story.is_called_off().follows() == []


class TestFanOutOverAList:
    def test_every_item_becomes_a_journey_with_its_item_and_index(self) -> None:
        look = step("look", **{"with": {"n": "${item.n}", "at": "${index}"}})
        story = Story(each("scan", "${inputs.items}", look), inputs=ITEMS)
        assert story.goes_on() == [*STAFFED, "StepOpened scan", *dispatches(*(f"scan.{n}.look" for n in range(3)))]
        assert [story.dispatched(f"scan.{n}.look").steps[0].inputs for n in range(3)] == [
            {"n": n, "at": n} for n in range(3)
        ]
        assert story.dispatched("scan.1.look").index == 1

    def test_no_more_than_max_parallel_items_run_at_once(self) -> None:
        story = Story(each("scan", "${inputs.items}", step("look"), max_parallel=2), inputs=ITEMS)
        assert story.goes_on() == [*STAFFED, "StepOpened scan", *dispatches("scan.0.look", "scan.1.look")]
        assert story.follows() == []
        assert story.completes("scan.1.look").goes_on() == dispatches("scan.2.look")
        assert story.completes("scan.0.look", "scan.2.look").goes_on() == ["StepSettled scan", "PlanExecuted"]

    def test_what_follows_gets_the_outputs_in_the_order_of_the_items(self) -> None:
        join = step("join", **{"with": {"all": "${steps.scan.output}"}})
        story = Story(each("scan", "${inputs.items}", step("look")), join, inputs=ITEMS).started()
        for n in (2, 0, 1):
            story.completes(f"scan.{n}.look", output={"n": n})
        assert story.goes_on() == ["StepSettled scan", *dispatches("join")]
        assert story.dispatched("join").steps[0].inputs == {"all": [{"n": 0}, {"n": 1}, {"n": 2}]}

    def test_over_an_empty_list_the_plan_goes_on_at_once(self) -> None:
        story = Story(each("scan", "${inputs.items}", step("look")), step("join"), inputs={"items": []})
        assert story.goes_on() == [*STAFFED, "StepOpened scan", "StepSettled scan", *dispatches("join")]

    def test_over_an_empty_list_as_the_last_step_the_plan_is_executed_at_once(self) -> None:
        alone = Story(each("scan", "${inputs.items}", step("look")), inputs={"items": []})
        assert alone.goes_on() == [*STAFFED, "StepOpened scan", "StepSettled scan", "PlanExecuted"]
        last = Story(step("a"), each("scan", "${inputs.items}", step("look")), inputs={"items": []}).started()
        assert last.completes("a").goes_on() == ["StepOpened scan", "StepSettled scan", "PlanExecuted"]

    def test_over_what_is_no_list_the_task_fails(self) -> None:
        story = Story(each("scan", "${inputs.items}", step("look")), inputs={"items": 7})
        assert story.goes_on() == [*STAFFED, "StepSettled scan", "PlanAborted scan", "TaskFailed"]
        failed = story.last()
        assert isinstance(failed, TaskFailed)
        assert "needs a list, this is int" in failed.reason

    def test_a_failed_item_is_no_output_when_the_plan_may_go_on(self) -> None:
        scan = each("scan", "${inputs.items}", step("look"), on_failure="continue")
        story = Story(scan, step("join", **{"with": {"all": "${steps.scan.output}"}}), inputs=ITEMS).started()
        assert story.completes("scan.0.look", "scan.2.look").fails("scan.1.look").follows()[0] == "StepSettled scan"
        story.goes_on()
        assert story.dispatched("join").steps[0].inputs == {"all": [{"by": "look"}, None, {"by": "look"}]}


class TestFailure:
    def test_a_failed_journey_fails_the_task_when_nothing_else_runs(self) -> None:
        story = Story(step("a"), step("b", role="checker")).started().fails("a")
        assert story.goes_on() == ["PlanAborted a", "TaskFailed"]
        assert story.last() == TaskFailed(reason="it broke", step="a")

    def test_what_still_runs_is_told_to_stop_once_and_waited_for(self) -> None:
        story = Story(step("x"), step("y", needs=()), step("z", needs=())).started().fails("y")
        assert story.goes_on() == ["PlanAborted y"]
        assert story.last() == PlanAborted(journey="y", reason="it broke", kind="step_failed", step="y")
        assert story.stops("x").goes_on() == []
        assert story.completes("z").goes_on() == ["TaskFailed"]
        assert story.last() == TaskFailed(reason="it broke", step="y")

    def test_branches_beside_a_failed_one_are_stopped_before_their_step_fails(self) -> None:
        story = Story(fan("fan", step("x"), step("y"), step("z"))).started().fails("fan.y")
        assert story.goes_on() == ["JourneysStopped"]
        assert story.last() == JourneysStopped(journeys=("fan.x", "fan.z"), reason="fan has its outcome")
        assert story.stops("fan.x").goes_on() == []
        assert story.completes("fan.z").goes_on() == ["StepSettled fan", "PlanAborted fan", "TaskFailed"]
        failed = story.last()
        assert isinstance(failed, TaskFailed)
        assert (failed.reason, failed.step) == ("y failed: it broke", "fan")

    def test_the_plan_goes_on_without_a_step_that_may_fail(self) -> None:
        lenient = step("a", on_failure="continue")
        story = Story(lenient, step("b", **{"with": {"a": "${steps.a}"}})).started().fails("a")
        assert story.goes_on() == dispatches("b")
        assert story.dispatched("b").steps[0].inputs == {
            "a": {"output": None, "failed": True, "skipped": False, "reason": "it broke"}
        }

    def test_a_last_step_that_may_fail_and_does_ends_the_plan_all_the_same(self) -> None:
        story = Story(step("a", on_failure="continue")).started().fails("a")
        assert story.goes_on() == ["PlanExecuted"]
        assert story.last() == PlanExecuted(failed_journeys=("a",))
        assert story.is_judged("accept").goes_on() == ["TaskCompleted"]

    def test_a_bad_reference_found_while_others_run_stops_them_first(self) -> None:
        story = Story(
            step("a"), step("b", role="checker", **{"with": {"x": "${steps.a.output.nowhere}"}}), step("c", needs=())
        ).started()
        assert story.completes("a").goes_on() == ["StepSettled b", "PlanAborted b"]
        assert story.stops("c").goes_on() == ["TaskFailed"]
        failed = story.last()
        assert isinstance(failed, TaskFailed)
        assert failed.kind == "bad_reference"
        assert "a.output has no 'nowhere'" in failed.reason

    def test_an_aborted_plan_stays_aborted_even_if_its_reason_goes_away(self) -> None:
        story = Story(
            step("a"), step("b", role="checker", **{"with": {"x": "${steps.c.output.by}"}}), step("c", needs=())
        ).started()
        assert story.completes("a").goes_on() == ["StepSettled b", "PlanAborted b"]
        assert story.completes("c").goes_on()[-1] == "TaskFailed"


class TestCancellation:
    def test_a_cancelled_task_waits_for_what_runs_and_begins_nothing(self) -> None:
        story = Story(fan("fan", step("x"), step("y")), step("z")).started().is_called_off()
        assert story.goes_on() == []
        assert story.completes("fan.x").goes_on() == []
        assert story.stops("fan.y").goes_on() == ["TaskCancelled"]
        assert story.last() == TaskCancelled(reason="changed our mind")

    def test_a_cancellation_outdoes_a_failure(self) -> None:
        story = Story(fan("fan", step("x"), step("y"))).started().fails("fan.x").is_called_off()
        assert story.goes_on() == []
        assert story.stops("fan.y").goes_on() == ["TaskCancelled"]

    @pytest.mark.parametrize("steps", [[step("a")], [step("a"), step("b", needs=())]])
    def test_a_task_under_judgement_is_cancelled_when_the_judgement_is_there(
        self, steps: list[dict[str, object]]
    ) -> None:
        story = Story(*steps).started()
        story.completes(*(str(s["id"]) for s in steps)).goes_on()
        assert story.is_called_off().goes_on() == [], "the judgement would follow the end"
        assert story.is_judged("accept").goes_on() == ["TaskCancelled"]


class TestTooMuch:
    """A list that would drown the orchestrator is refused, not begun."""

    def test_a_for_each_over_too_many_items_fails_the_task_with_the_limit(self) -> None:
        story = Story(each("scan", "${inputs.items}", step("look")), inputs={"items": list(range(MAX_ITEMS + 1))})
        story.started()
        failed = story.last()
        assert isinstance(failed, TaskFailed)
        assert (failed.kind, f"at most {MAX_ITEMS}" in failed.reason) == ("too_many_items", True)


class TestLevelTriggered:
    """The same state gives the same decision, and what was recorded is not decided again."""

    STORIES = (
        Story(step("a"), step("b", role="checker")),
        Story(each("scan", "${inputs.items}", step("look"), max_parallel=2), step("z"), inputs=ITEMS),
        Story(each("scan", "${inputs.items}", step("look")), inputs={"items": []}),
        Story(fan("fan", step("x"), step("y", on_failure="continue")), step("z")),
        Story(step("a", **{"with": {"x": "${inputs.nowhere}"}})),
    )

    @pytest.mark.parametrize("story", STORIES)
    def test_deciding_twice_on_one_state_says_the_same(self, story: Story) -> None:
        assert story.decided() == story.decided()

    @pytest.mark.parametrize("story", STORIES)
    def test_what_was_decided_is_not_decided_again(self, story: Story) -> None:
        story.goes_on()
        assert story.follows() == []

    def test_a_journey_is_dispatched_once_whatever_wakes_the_orchestrator(self) -> None:
        story = Story(step("a"), step("b", role="checker"), step("c")).started().completes("a")
        story.goes_on()
        assert story.follows() == []
        assert sum(isinstance(e.event, JourneyDispatched) for e in story.events) == 2
