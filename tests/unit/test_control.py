"""What people ask of a running task, and what follows from it."""

from datetime import timedelta
from typing import Any

import pytest
from wrenchai_contracts.events import (
    ApprovalDecided,
    EffectResolved,
    JourneyCompleted,
    JourneyDispatched,
    JourneyFailed,
    JourneyResumed,
    JourneyReused,
    LimitsExtended,
    QuestionAnswered,
    SignalReceived,
    StepOpened,
    StepRetryRequested,
    StepSettled,
    StepSkipRequested,
    TaskCancelled,
    TaskFailed,
    TaskPaused,
    TaskPrioritised,
    TaskResumed,
)
from wrenchai_contracts.plan import action_digest
from wrenchai_contracts.spending import Limits, Spending
from wrenchai_contracts.subjects import journey_stream
from wrenchai_orchestrator.decision import decide

from tests.samples import AT, TASK
from tests.unit.task_story import STAFFED, Story, dispatches, each, fan, step


def waiting(step_id: str, **for_what: object) -> dict[str, Any]:
    return {"id": step_id, "wait_for": for_what}


def undoable(step_id: str, **facts: object) -> dict[str, Any]:
    return step(step_id, undo={"tool": "noop"}, **facts)


def opened(story: Story, path: str) -> StepOpened:
    return [e.event for e in story.events if isinstance(e.event, StepOpened) and e.event.step == path][-1]


def settled(story: Story, path: str) -> StepSettled:
    return [e.event for e in story.events if isinstance(e.event, StepSettled) and e.event.step == path][-1]


def digest_at(story: Story, path: str) -> str:
    wait = opened(story, path).wait
    assert wait is not None
    assert wait.digest is not None
    return wait.digest


def says(story: Story, path: str, decision: str, by: str, **facts: Any) -> list[str]:
    decided = {"step": path, "digest": digest_at(story, path), "decision": decision, **facts}
    return story.asks(ApprovalDecided.model_validate(decided), by).goes_on()


class TestPausing:
    def test_a_paused_task_begins_nothing_and_goes_on_where_it_was(self) -> None:
        story = Story(step("a"), step("b", role="checker")).started().asks(TaskPaused())
        assert story.completes("a").goes_on() == []
        assert story.asks(TaskResumed()).goes_on() == dispatches("b")

    def test_journeys_that_let_go_are_picked_up_when_the_task_goes_on(self) -> None:
        story = Story(step("a")).started().asks(TaskPaused(at="now")).pauses("a", why="paused")
        assert story.goes_on() == []
        assert story.asks(TaskResumed()).goes_on() == ["JourneyResumed a"]
        assert story.follows() == [], "once"

    def test_a_journey_that_lets_go_too_late_is_picked_up_at_once(self) -> None:
        story = Story(step("a")).started().asks(TaskPaused()).asks(TaskResumed()).pauses("a", why="paused")
        assert story.goes_on() == ["JourneyResumed a"]

    def test_a_paused_task_can_be_cancelled_and_nobody_s_journeys_are_ended(self) -> None:
        story = Story(step("a")).started().asks(TaskPaused()).pauses("a", why="paused").is_called_off()
        assert story.goes_on() == ["JourneyCancelled a", "TaskCancelled"]


class TestTakingBack:
    def test_a_cancelled_task_takes_back_what_was_done_the_newest_first(self) -> None:
        story = Story(undoable("a"), undoable("b"), step("c")).started()
        story.completes("a").goes_on()
        story.completes("b").goes_on()
        assert story.is_called_off().goes_on() == []
        assert story.stops("c").goes_on() == ["UndoBegan", *dispatches("b~undo")]
        assert story.completes("b~undo").goes_on() == dispatches("a~undo")
        assert story.completes("a~undo").goes_on() == ["TaskCancelled"]
        assert story.last() == TaskCancelled(reason="changed our mind", undone=("b", "a"))

    def test_a_failed_task_does_the_same_and_says_what_it_could_not_take_back(self) -> None:
        story = Story(undoable("a"), step("b")).started()
        story.completes("a").goes_on()
        assert story.fails("b").goes_on() == ["PlanAborted b", "UndoBegan", *dispatches("a~undo")]
        assert story.fails("a~undo").goes_on() == ["TaskFailed"]
        assert story.last() == TaskFailed(reason="it broke", step="b", not_undone=("a",))

    def test_what_did_not_end_well_is_not_taken_back(self) -> None:
        story = Story(undoable("a")).started().fails("a")
        assert story.goes_on() == ["PlanAborted a", "TaskFailed"]


class TestAskingAPersonAboutAFailure:
    def test_a_step_that_failed_waits_for_a_decision_and_is_tried_again_on_request(self) -> None:
        story = Story(step("a", on_failure="ask"), step("b")).started().fails("a")
        assert story.goes_on() == ["StepOpened a"]
        assert story.follows() == []
        assert story.asks(StepRetryRequested(step="a")).goes_on() == ["StepRepeated a", *dispatches("a~2")]
        assert story.completes("a~2").goes_on() == dispatches("b")

    def test_it_may_also_be_passed_over_with_an_output_of_the_person_s_own(self) -> None:
        story = Story(step("a", on_failure="ask"), step("b", **{"with": {"a": "${steps.a.output}"}})).started()
        story.fails("a").goes_on()
        skip = StepSkipRequested(step="a", output={"by": "hand"}, reason="did it myself")
        assert story.asks(skip).goes_on() == ["StepSettled a", *dispatches("b")]
        assert story.dispatched("b").steps[0].inputs == {"a": {"by": "hand"}}


class TestSkipping:
    def test_a_step_that_has_not_begun_is_passed_over_when_its_turn_comes(self) -> None:
        story = Story(step("a"), step("b", role="checker"), step("c")).started().asks(StepSkipRequested(step="b"))
        assert story.completes("a").goes_on() == ["StepSettled b", *dispatches("c")]

    def test_a_step_that_runs_is_stopped_first(self) -> None:
        story = Story(step("a"), step("b", role="checker")).started().asks(StepSkipRequested(step="a"))
        assert story.goes_on() == ["JourneysStopped"]
        assert story.stops("a").goes_on() == ["StepSettled a", *dispatches("b")]

    def test_a_whole_block_may_be_passed_over(self) -> None:
        story = Story(fan("fan", step("x"), step("y")), step("z")).started().asks(StepSkipRequested(step="fan"))
        assert story.goes_on() == ["JourneysStopped"]
        assert story.stops("fan.x").stops("fan.y").goes_on() == ["StepSettled fan", *dispatches("z")]


class TestWaiting:
    def test_a_wait_for_a_signal_takes_the_earliest_nobody_has_taken(self) -> None:
        story = Story(waiting("w1", signal="go"), waiting("w2", signal="go"), step("z"))
        assert story.goes_on() == [*STAFFED, "StepOpened w1"]
        story.asks(SignalReceived(name="stop")).asks(SignalReceived(name="go", content={"n": 1}))
        assert story.goes_on() == ["StepSettled w1", "StepOpened w2"]
        assert story.asks(SignalReceived(name="go", content={"n": 2})).goes_on() == ["StepSettled w2", *dispatches("z")]
        assert [settled(story, w).output for w in ("w1", "w2")] == [{"n": 1}, {"n": 2}]

    def test_a_signal_that_comes_before_its_wait_is_not_lost(self) -> None:
        story = Story(step("a"), waiting("w", signal="go")).started().asks(SignalReceived(name="go"))
        assert story.completes("a").goes_on() == ["StepOpened w", "StepSettled w", "PlanExecuted"]

    def test_a_wait_for_a_time_ends_when_its_timer_fires_and_not_before(self) -> None:
        story = Story(waiting("w", time="3d"), step("z")).started()
        assert opened(story, "w").due == AT + timedelta(days=3)
        assert story.time_comes("w", 3 * 86400 - 1).goes_on() == []
        assert story.time_comes("w", 3 * 86400).goes_on() == ["StepSettled w", *dispatches("z")]

    @pytest.mark.parametrize(("on_timeout", "outcome"), [("fail", "failed"), ("continue", "completed")])
    def test_a_wait_in_vain_fails_or_goes_on(self, on_timeout: str, outcome: str) -> None:
        story = Story(waiting("w", answer="which?", timeout="1h", on_timeout=on_timeout)).started()
        story.time_comes("w", 3600).goes_on()
        assert settled(story, "w").outcome == outcome

    def test_an_answer_is_the_output(self) -> None:
        story = Story(waiting("w", answer="which colour?"), step("z")).started()
        assert story.asks(QuestionAnswered(step="w", answer={"colour": "blue"})).goes_on()[0] == "StepSettled w"
        assert settled(story, "w").output == {"colour": "blue"}

    def test_a_moment_that_is_none_fails_the_step(self) -> None:
        story = Story(waiting("w", until="${inputs.at}"), inputs={"at": "teatime"}).started()
        assert settled(story, "w").kind == "bad_moment"


class TestApprovals:
    @staticmethod
    def guarded(**rule: object) -> Story:
        ship = step("ship", approval=rule, **{"with": {"to": "${inputs.to}"}})
        return Story(ship, step("z"), inputs={"to": "live"}).started()

    def test_a_call_is_made_only_after_people_agreed_to_exactly_it(self) -> None:
        story = self.guarded()
        assert opened(story, "ship").wait.details["inputs"] == {"to": "live"}  # type: ignore[union-attr]
        assert says(story, "ship", "approve", "ann") == dispatches("ship")
        assert story.dispatched("ship").approved == action_digest("noop", {"to": "live"})
        assert story.dispatched("ship").steps[0].inputs == {"to": "live"}

    def test_a_word_about_another_digest_changes_nothing(self) -> None:
        story = self.guarded()
        other = ApprovalDecided(step="ship", digest="0" * 64, decision="approve")
        assert story.asks(other, "ann").goes_on() == []

    def test_the_requester_s_own_word_does_not_count_unless_that_is_allowed(self) -> None:
        assert says(self.guarded(), "ship", "approve", "client") == []
        assert says(self.guarded(requester_may=True), "ship", "approve", "client") == dispatches("ship")

    def test_several_different_people_must_agree(self) -> None:
        story = self.guarded(need=2)
        assert says(story, "ship", "approve", "ann") == []
        assert says(story, "ship", "approve", "ann") == []
        assert says(story, "ship", "approve", "bob") == dispatches("ship")

    def test_only_those_who_were_named_count(self) -> None:
        story = self.guarded(of=["ann"])
        assert says(story, "ship", "approve", "bob") == []
        assert says(story, "ship", "approve", "ann") == dispatches("ship")

    def test_one_no_is_a_no(self) -> None:
        story = self.guarded(need=2)
        says(story, "ship", "approve", "ann")
        assert says(story, "ship", "reject", "bob", reason="not on a Friday") == [
            "StepSettled ship",
            "PlanAborted ship",
            "TaskFailed",
        ]
        assert settled(story, "ship").reason == "bob said no: not on a Friday"

    def test_a_change_by_the_one_who_decides_is_what_is_done(self) -> None:
        story = self.guarded()
        assert says(story, "ship", "change", "ann", change={"to": "test"}) == dispatches("ship")
        assert story.dispatched("ship").steps[0].inputs == {"to": "test"}
        assert story.dispatched("ship").approved == action_digest("noop", {"to": "test"})

    def test_where_more_must_agree_a_change_is_asked_about_anew(self) -> None:
        story = self.guarded(need=2)
        before = digest_at(story, "ship")
        assert says(story, "ship", "change", "ann", change={"to": "test"}) == ["StepOpened ship"]
        assert digest_at(story, "ship") == action_digest("noop", {"to": "test"}) != before
        assert says(story, "ship", "approve", "ann") == []
        assert says(story, "ship", "approve", "bob") == dispatches("ship")

    def test_nobody_in_time_is_a_failure(self) -> None:
        story = self.guarded(expires="1h")
        assert story.time_comes("ship", 3600).goes_on() == ["StepSettled ship", "PlanAborted ship", "TaskFailed"]
        assert settled(story, "ship").kind == "approval_expired"

    def test_a_wait_for_an_approval_alone_tells_who_agreed(self) -> None:
        story = Story(waiting("ok", approval={"title": "Publish?"}), step("z")).started()
        assert says(story, "ok", "approve", "ann") == ["StepSettled ok", *dispatches("z")]
        assert settled(story, "ok").output == {"approved": True, "by": ["ann"], "change": None}


class TestQuestionsOfTools:
    def test_the_first_answer_goes_to_the_first_question_and_the_second_to_the_second(self) -> None:
        story = Story(step("a")).started().pauses("a", why="question")
        assert story.goes_on() == []
        assert story.asks(QuestionAnswered(step="a", answer={"n": 1})).goes_on() == ["JourneyResumed a"]
        assert story.last() == JourneyResumed(journey="a", answer={"n": 1})
        assert story.pauses("a", why="question").goes_on() == []
        assert story.asks(QuestionAnswered(step="a", answer={"n": 2})).goes_on() == ["JourneyResumed a"]
        assert story.last() == JourneyResumed(journey="a", answer={"n": 2})


class TestEffectsInDoubt:
    @pytest.mark.parametrize("resolution", ["happened", "retry"])
    def test_what_a_person_found_out_is_told_to_the_worker(self, resolution: str) -> None:
        story = Story(step("a")).started().pauses("a", why="in_doubt", effect="k")
        assert story.goes_on() == []
        resolved = EffectResolved.model_validate({"key": "k", "step": "a", "resolution": resolution})
        assert story.asks(resolved).goes_on() == ["JourneyResumed a"]
        assert story.pauses("a", why="in_doubt", effect="k").goes_on() == [], "in doubt again, it is asked again"

    def test_to_compensate_fails_the_step_and_takes_it_back(self) -> None:
        story = Story(undoable("a")).started().pauses("a", why="in_doubt", effect="k")
        story.asks(EffectResolved(key="k", step="a", resolution="compensate"))
        assert story.goes_on() == ["JourneyFailed a"]
        assert story.goes_on() == ["PlanAborted a", "UndoBegan", *dispatches("a~undo")]
        assert story.completes("a~undo").goes_on() == ["TaskFailed"]


class TestDeadlines:
    def test_a_task_that_is_late_fails_and_journeys_nobody_began_are_ended(self) -> None:
        story = Story(step("a"), deadline="60s").started().time_comes(None, 60)
        assert story.goes_on() == ["PlanAborted a"], "a worker may have it"
        task = story.task
        task.know_begun(set())
        assert [type(s.event).__name__ for s in decide(task, story.catalogue, AT)] == ["JourneyCancelled", "TaskFailed"]

    def test_a_deadline_that_was_moved_is_not_reached_by_the_old_timer(self) -> None:
        story = Story(step("a"), deadline="60s").started()
        story.asks(LimitsExtended(deadline=AT + timedelta(hours=1))).time_comes(None, 60)
        assert story.goes_on() == []

    def test_a_journey_no_worker_takes_in_time_fails(self) -> None:
        story = Story(step("a", schedule_to_start="10s")).started().time_comes("a", 10)
        assert story.goes_on() == [], "a worker may have it"
        task = story.task
        task.know_begun(set())
        (failed, *_) = decide(task, story.catalogue, AT)
        assert isinstance(failed.event, JourneyFailed)
        assert (failed.event.kind, failed.version) == ("schedule_to_start", 2)


class TestBudgets:
    @staticmethod
    def tokens(step_id: str, most: int) -> dict[str, Any]:
        return step(step_id, cost={"tokens": most}, needs=())

    def spends(self, story: Story, name: str, tokens: int) -> Story:
        spent = Spending(calls=1, tokens=tokens)
        story.record(journey_stream(TASK, name), JourneyCompleted(journey=name, outputs={name: {}}, spent=spent))
        return story

    def test_what_a_call_may_cost_is_set_aside_before_it(self) -> None:
        story = Story(self.tokens("a", 60), self.tokens("b", 60), budget={"tokens": 100})
        assert story.goes_on() == [*STAFFED, *dispatches("a")], "beside a there is too little left for b"
        reserved = story.dispatched("a").reserved
        assert reserved is not None
        assert reserved.tokens == 60

    def test_what_was_not_used_is_there_for_others(self) -> None:
        story = Story(self.tokens("a", 60), self.tokens("b", 60), budget={"tokens": 100}).started()
        assert self.spends(story, "a", 10).goes_on() == dispatches("b")

    def test_the_last_call_may_exceed_the_budget_by_its_maximum_and_no_more(self) -> None:
        story = Story(*(self.tokens(f"s{n}", 60) for n in range(4)), budget={"tokens": 100}).started()
        assert self.spends(story, "s0", 60).goes_on() == dispatches("s1"), "40 are left: one more call"
        assert self.spends(story, "s1", 60).goes_on() == ["StepOpened s2", "StepOpened s3"]

    def test_a_task_without_budget_waits_for_more_and_goes_on_with_it(self) -> None:
        story = Story(self.tokens("a", 60), self.tokens("b", 60), budget={"tokens": 50}).started()
        assert self.spends(story, "a", 60).goes_on() == ["StepOpened b"]
        wait = opened(story, "b").wait
        assert wait is not None
        assert (wait.waits_for, wait.name) == ("budget", "tokens")
        assert story.asks(LimitsExtended(more=Limits(tokens=60))).goes_on() == dispatches("b")

    def test_a_journey_that_has_used_up_its_share_gets_more_while_there_is_some(self) -> None:
        story = Story(step("a", cost={"tokens": 40}), step("b", cost={"tokens": 40}), budget={"tokens": 60}).started()
        first = story.dispatched("a").reserved
        assert first is not None
        assert first.tokens == 40, "for the first call of two"
        paused = {"why": "budget", "spent": Spending(calls=1, tokens=10)}
        story.pauses("a", **paused)
        assert story.goes_on() == ["JourneyResumed a"]
        resumed = story.last()
        assert isinstance(resumed, JourneyResumed)
        assert resumed.reserved is not None
        assert resumed.reserved.tokens == 50

    def test_the_same_call_over_and_over_is_stopped(self) -> None:
        again = {"id": "poll", "type": "self_feedback_loop", "max_iterations": 9, "operations": [step("look")]}
        story = Story(again, same_call=2).started()
        story.completes("poll.1.look").goes_on()
        story.completes("poll.2.look").goes_on()
        assert settled(story, "poll.3.look").kind == "loop_guard"

    def test_equal_items_of_a_list_are_no_loop(self) -> None:
        story = Story(each("scan", "${inputs.items}", step("look")), same_call=2, inputs={"items": [1, 1, 1, 1]})
        assert len([name for name in story.goes_on() if name.startswith("JourneyDispatched")]) == 4


class TestPriorities:
    def test_what_is_dispatched_bears_the_task_s_present_priority(self) -> None:
        story = Story(step("a"), step("b", role="checker")).started().asks(TaskPrioritised(priority=7))
        story.completes("a").goes_on()
        assert (story.dispatched("a").priority, story.dispatched("b").priority) == (0, 7)


class TestForks:
    FIRST = step("a", **{"with": {"x": "${inputs.x}"}})

    def test_results_before_the_step_are_used_again_where_they_were_asked_for_the_same(self) -> None:
        steps = (
            step("a", **{"with": {"x": "${inputs.x}"}}),
            step("b", role="checker"),
            step("c", **{"with": {"b": "${steps.b.output}"}}),
        )
        story = Story(*steps, inputs={"x": 1}, forked_from="c")
        story.origin = before(story, a={"x": 1}, b={})
        assert story.goes_on() == [*STAFFED, "JourneyReused a", "JourneyReused b", *dispatches("c")]
        assert story.dispatched("c").steps[0].inputs == {"b": {"was": "b"}}

    def test_what_is_asked_for_differently_is_done_anew(self) -> None:
        story = Story(
            step("a", **{"with": {"x": "${inputs.x}"}}), step("b", role="checker"), inputs={"x": 2}, forked_from="b"
        )
        story.origin = before(story, a={"x": 1})
        assert story.goes_on() == [*STAFFED, *dispatches("a")]


def before(story: Story, **inputs: dict[str, Any]) -> dict[str, tuple[JourneyDispatched, JourneyCompleted]]:
    roles = {"a": "worker", "b": "checker"}
    plan = {n.id: n for n in story.planned().nodes}
    found = {}
    for name, given in inputs.items():
        steps = tuple(s.model_copy(update={"inputs": given}) for s in plan[name].steps)
        asked = JourneyDispatched(journey=name, role=roles[name], steps=steps)
        found[name] = asked, JourneyCompleted(journey=name, outputs={name: {"was": name}})
    return found


def test_reused_results_are_told_with_where_they_come_from() -> None:
    story = Story(step("a"), step("b", role="checker"), forked_from="b")
    story.origin = before(story, a={})
    story.goes_on()
    reused = [e.event for e in story.events if isinstance(e.event, JourneyReused)]
    assert [(one.journey, one.origin) for one in reused] == [("a", "task_01jd3k9999")]
