"""Steps whose result is judged before anything comes after it: the inspector's word is followed, whatever it is."""

from types import MappingProxyType
from typing import Any

import pytest
from wrenchai_contracts.events import (
    ApprovalDecided,
    JourneyDispatched,
    PlanAborted,
    StepOpened,
    StepRepeated,
    StepRetryRequested,
    StepSettled,
    StepSkipRequested,
    TaskCompleted,
    TaskFailed,
    TaskPaused,
    TaskResumed,
    Wait,
)
from wrenchai_contracts.judging import Costs
from wrenchai_contracts.paths import first_go
from wrenchai_contracts.plan import WHOLE_RESULT
from wrenchai_orchestrator.forking import origin_of

from tests.unit.task_story import Story, dispatches, each, fan, step
from tests.unit.test_step_outcomes import handoff, loop, process, settled, versus

STYLE = {"name": "style", "use": "noop", "with": {"of": "${result.by}"}, "price": 0.2}
FACTS = {"name": "facts", "use": "noop", "family": "models", "scale": "check"}


def gated(step_id: str, *, quality: Any = True, **facts: object) -> dict[str, Any]:
    return step(step_id, quality=quality, **facts)


def offered(*steps: dict[str, Any], **playbook: object) -> Story:
    """`a` has been done, and its result is offered."""
    story = Story(*(steps or (gated("a"), step("b"))), **playbook).started().completes("a")
    assert story.goes_on() == ["ResultOffered a"]
    return story


def wait_at(story: Story, path: str) -> Wait:
    wait = story.task.opened[path].event.wait
    assert wait is not None
    return wait


def decides(story: Story, path: str, decision: str = "approve", by: str = "ann", **facts: Any) -> Story:
    event = ApprovalDecided.model_validate(
        {"step": path, "digest": wait_at(story, path).digest, "decision": decision, **facts}
    )
    return story.asks(event, by)


class TestAnOffer:
    def test_nothing_begins_before_the_inspector_has_spoken(self) -> None:
        story = offered()
        assert story.follows() == []
        assert story.is_said_of("a", "accept").goes_on() == dispatches("b")

    def test_it_says_whose_work_it_is_and_what_mistakes_cost(self) -> None:
        offer = offered(gated("a", role="writer"), roles={"writer": {}}, quality={"accept_above": 0.9}).offered("a")
        assert (offer.role, offer.tool, offer.number, offer.retries_left) == ("writer", "noop", 1, 2)
        assert offer.costs == Costs(human=1.0)

    def test_its_own_costs_stand_over_those_of_the_playbook(self) -> None:
        quality = {"costs": {"human": 7}, "reject_below": 0.1, "retries": 0}
        offer = offered(gated("a", quality=quality), quality={"costs": {"retry": 2}}).offered("a")
        assert (offer.costs, offer.reject_below, offer.retries_left) == (Costs(retry=2, human=7), 0.1, 0)

    def test_what_failed_or_was_skipped_is_not_offered(self) -> None:
        failed = Story(gated("a", on_failure="continue"), step("b")).started().fails("a")
        assert failed.goes_on() == dispatches("b")
        assert Story(gated("a", when="1 == 2"), step("b")).started().follows() == []

    def test_a_block_is_offered_when_it_has_its_outcome(self) -> None:
        story = Story(fan("all", step("x"), step("y"), quality=True), step("z")).started().completes("all.x", "all.y")
        assert story.goes_on() == ["StepSettled all", "ResultOffered all"]
        assert story.is_said_of("all", "accept").goes_on() == dispatches("z")
        assert story.task.results["all"].gathered

    def test_a_wait_makes_nothing_that_could_be_offered(self) -> None:
        story = Story(step("a"), {"id": "w", "wait_for": {"signal": "go"}, "quality": True}).started()
        story.completes("a").goes_on()
        assert story.asks(StepSkipRequested(step="w")).goes_on() == ["StepSettled w", "PlanExecuted"]

    def test_the_last_step_of_a_plan_is_judged_by_itself_before_the_whole_is(self) -> None:
        story = offered(gated("a"))
        assert not story.dispatched("a").final
        assert story.is_said_of("a", "accept").goes_on() == ["PlanExecuted"]
        assert story.is_judged("accept").goes_on() == ["TaskCompleted"]

    def test_the_word_on_a_step_is_not_the_word_on_the_task(self) -> None:
        assert offered().is_said_of("a", "accept").task.evaluation is None


class TestRetries:
    def test_a_retry_is_another_go_and_its_result_is_offered_anew(self) -> None:
        story = offered().is_said_of("a", "retry", reasons=("too short",))
        assert story.goes_on() == ["StepRepeated a", *dispatches("a~2")]
        told = next(e.event for e in story.events if isinstance(e.event, StepRepeated))
        assert told.reason == "for its quality, P = 0.62 [0.41, 0.80]: too short"
        assert story.completes("a~2").goes_on() == ["ResultOffered a~2"]
        assert story.offered("a~2").retries_left == 1
        assert story.is_said_of("a~2", "accept").goes_on() == dispatches("b")

    def test_what_comes_after_sees_the_output_of_the_go_that_was_accepted(self) -> None:
        story = offered(gated("a"), step("b", **{"with": {"of": "${steps.a.output.n}"}}))
        story.is_said_of("a", "retry").goes_on()
        story.completes("a~2", output={"n": 2}).goes_on()
        story.is_said_of("a~2", "accept").goes_on()
        assert story.dispatched("b").steps[0].inputs == {"of": 2}

    def test_a_block_is_gone_through_as_a_whole(self) -> None:
        story = Story(process("p", step("x"), quality=True), step("z")).started().completes("p.x")
        assert story.goes_on() == ["StepSettled p", "ResultOffered p"]
        assert story.is_said_of("p", "retry").goes_on() == ["StepRepeated p", "StepOpened p~2", *dispatches("p~2.x")]

    def test_they_have_a_count_of_their_own_beside_the_goes_after_failures(self) -> None:
        story = Story(process("p", gated("x", failure_action={"retry": 1}, quality={"retries": 1}))).started()
        story.completes("p.x").goes_on()
        story.is_said_of("p.x", "retry").goes_on()
        assert story.fails("p.x~2").goes_on() == ["StepRepeated p.x", *dispatches("p.x~3")]
        assert story.completes("p.x~3").goes_on() == ["ResultOffered p.x~3"]
        assert story.offered("p.x~3").retries_left == 0

    def test_a_failure_still_ends_it_when_its_own_goes_are_used_up(self) -> None:
        story = offered().is_said_of("a", "retry")
        story.goes_on()
        assert story.fails("a~2").goes_on() == ["PlanAborted a~2", "TaskFailed"]

    def test_where_none_is_left_a_person_is_asked_instead(self) -> None:
        story = offered(gated("a", quality={"retries": 0})).is_said_of("a", "retry")
        assert story.goes_on() == ["StepOpened a"]

    def test_an_earlier_go_that_had_an_effect_is_taken_back_too(self) -> None:
        story = offered(gated("a", undo={"tool": "noop"})).is_said_of("a", "retry")
        story.goes_on()
        story.completes("a~2").goes_on()
        assert story.is_called_off().goes_on() == ["UndoBegan", *dispatches("a~2~undo")]
        assert story.completes("a~2~undo").goes_on() == dispatches("a~undo")
        assert story.completes("a~undo").goes_on() == ["TaskCancelled"]


class TestJudgesOnCall:
    ASKED = (gated("a", quality={"judges": [STYLE, FACTS]}), step("b"))

    def test_who_could_be_asked_is_told_with_the_price(self) -> None:
        first, second = offered(*self.ASKED).offered("a").judges
        assert (first.name, first.judge, first.family, first.scale, first.price) == (
            "style", "noop", "noop", "rubric", 0.2,
        )  # fmt: skip
        assert (second.name, second.family, second.scale) == ("facts", "models", "check")

    def test_who_is_asked_sees_the_result_and_then_it_is_offered_again_without_them(self) -> None:
        story = offered(*self.ASKED).is_said_of("a", "ask_judge", asks="style")
        assert story.goes_on() == dispatches("a~judge.style")
        assert story.dispatched("a~judge.style").steps[0].inputs == {"of": "a"}
        assert story.follows() == []
        assert story.completes("a~judge.style").goes_on() == ["ResultOffered a"]
        again = story.offered("a")
        assert (again.number, [judge.name for judge in again.judges]) == (2, ["facts"])
        assert story.follows() == []
        assert story.is_said_of("a", "accept").goes_on() == dispatches("b")

    def test_a_judge_that_fails_is_done_without(self) -> None:
        story = offered(*self.ASKED).is_said_of("a", "ask_judge", asks="style")
        story.goes_on()
        assert story.fails("a~judge.style").goes_on() == ["ResultOffered a"]
        assert [judge.name for judge in story.offered("a").judges] == ["facts"]

    def test_a_judge_that_nobody_knows_is_a_question_for_a_person(self) -> None:
        assert offered(*self.ASKED).is_said_of("a", "ask_judge", asks="nobody").goes_on() == ["StepOpened a"]

    def test_what_comes_after_a_block_does_not_come_after_its_judge(self) -> None:
        judged = fan("all", step("x"), step("y"), quality={"judges": [STYLE | {"with": {"all": "${result}"}}]})
        story = Story(judged, step("z")).started().completes("all.x", "all.y")
        story.goes_on()
        story.is_said_of("all", "ask_judge", asks="style").goes_on()
        assert story.dispatched("all~judge.style").steps[0].inputs == {"all": {"x": {"by": "x"}, "y": {"by": "y"}}}
        story.completes("all~judge.style").goes_on()
        assert story.is_said_of("all", "accept").goes_on() == dispatches("z")

    def test_a_judge_is_stopped_with_its_step(self) -> None:
        story = offered(*self.ASKED).is_said_of("a", "ask_judge", asks="style")
        story.goes_on()
        assert story.asks(StepSkipRequested(step="a", output={"n": 1})).goes_on() == ["JourneysStopped"]
        assert story.stops("a~judge.style").goes_on() == ["StepSettled a", *dispatches("b")]
        assert story.task.results["a"].output == {"n": 1}


class TestAPersonWhoLooks:
    def test_is_shown_what_the_inspector_thinks(self) -> None:
        story = offered().is_said_of("a", "escalate", reasons=("two judges disagree",), losses={"escalate": 3.0})
        assert story.goes_on() == ["StepOpened a"]
        wait = wait_at(story, "a")
        assert (wait.waits_for, wait.name) == ("approval", "quality")
        assert wait.title == "Is the result of a acceptable? P = 0.62 [0.41, 0.80]"
        assert wait.details == {
            "quality": 0.62, "interval": [0.41, 0.8], "reasons": ["two judges disagree"], "losses": {"escalate": 3.0},
        }  # fmt: skip

    def test_accepts_it_and_it_goes_on(self) -> None:
        story = offered(gated("a"), step("b", **{"with": {"of": "${steps.a.output.by}"}}))
        story.is_said_of("a", "escalate").goes_on()
        assert decides(story, "a", by="client").goes_on() == ["StepSettled a", *dispatches("b")]
        assert story.dispatched("b").steps[0].inputs == {"of": "a"}
        assert settled(story, "a").output == {"by": "a"}
        assert settled(story, "a").verdict == {"looked_at": "accepted", "by": ["client"]}

    def test_accepts_a_block_whose_output_and_verdict_stay_what_they_were(self) -> None:
        story = Story(
            fan("all", step("x"), step("y"), quality=True), step("z", **{"with": {"o": "${steps.all.output}"}})
        )
        story.started().completes("all.x", "all.y").goes_on()
        story.is_said_of("all", "escalate").goes_on()
        assert decides(story, "all").goes_on() == ["StepSettled all", *dispatches("z")]
        assert story.dispatched("z").steps[0].inputs == {"o": {"x": {"by": "x"}, "y": {"by": "y"}}}
        told = [e.event for e in story.events if isinstance(e.event, StepSettled)][-1]
        assert (told.gathered, told.verdict["branches"], told.verdict["looked_at"]) == (True, 2, "accepted")

    def test_refuses_it_and_the_step_has_failed_for_good(self) -> None:
        story = Story(process("p", gated("x", failure_action={"retry": 5}))).started().completes("p.x")
        story.goes_on()
        story.is_said_of("p.x", "escalate").goes_on()
        assert decides(story, "p.x", "reject", reason="dull").goes_on() == [
            "StepSettled p.x", "StepSettled p", "PlanAborted p", "TaskFailed",
        ]  # fmt: skip
        assert (settled(story, "p.x").kind, settled(story, "p.x").reason) == ("quality", "ann refused the result: dull")

    def test_may_change_nothing_so_a_change_is_a_yes(self) -> None:
        story = offered().is_said_of("a", "escalate")
        story.goes_on()
        assert decides(story, "a", "change", change={"n": 1}).goes_on() == ["StepSettled a", *dispatches("b")]

    def test_of_several_who_must_agree_all_see_the_change_that_one_of_them_wants(self) -> None:
        story = offered(gated("a", quality={"approval": {"need": 2}}), step("b")).is_said_of("a", "escalate")
        story.goes_on()
        assert decides(story, "a", "change", change={"n": 1}).goes_on() == ["StepOpened a"]
        assert wait_at(story, "a").details["change"] == {"n": 1}
        assert decides(story, "a").follows() == []
        assert decides(story, "a", by="bob").goes_on() == ["StepSettled a", *dispatches("b")]

    def test_is_one_of_those_who_were_named(self) -> None:
        quality = {"approval": {"of": ["ann"], "title": "Is ${inputs.what} well written?"}}
        story = offered(gated("a", quality=quality), step("b"), inputs={"what": "it"}).is_said_of("a", "escalate")
        story.goes_on()
        assert wait_at(story, "a").title == "Is it well written?"
        assert decides(story, "a", by="eve").follows() == []
        assert decides(story, "a").goes_on() == ["StepSettled a", *dispatches("b")]

    def test_has_so_long_to_say_something(self) -> None:
        story = offered(gated("a", quality={"approval": {"expires": "1h"}})).is_said_of("a", "escalate")
        story.goes_on()
        assert story.time_comes("a", 3600).goes_on() == ["StepSettled a", "PlanAborted a", "TaskFailed"]
        assert settled(story, "a").kind == "approval_expired"

    def test_passes_the_step_over(self) -> None:
        story = offered().is_said_of("a", "escalate")
        story.goes_on()
        assert story.asks(StepSkipRequested(step="a")).goes_on() == ["StepSettled a", *dispatches("b")]
        assert settled(story, "a").outcome == "skipped"


class TestARefusal:
    def test_fails_the_step_and_what_waits_for_it(self) -> None:
        story = offered().is_said_of("a", "reject", reasons=("a mandatory check failed",))
        assert story.goes_on() == ["StepSettled a", "PlanAborted a", "TaskFailed"]
        last = story.last()
        assert isinstance(last, TaskFailed)
        assert (last.kind, "a mandatory check failed" in last.reason) == ("quality", True)

    @pytest.mark.parametrize(("on_failure", "follows"), [("continue", dispatches("b")), ("ask", ["StepOpened a"])])
    def test_means_what_the_failure_of_the_step_means(self, on_failure: str, follows: list[str]) -> None:
        story = offered(gated("a", on_failure=on_failure), step("b")).is_said_of("a", "reject")
        assert story.goes_on() == ["StepSettled a", *follows]

    def test_may_be_answered_with_another_go_by_a_person(self) -> None:
        story = offered(gated("a", on_failure="ask"), step("b")).is_said_of("a", "reject")
        story.goes_on()
        assert story.asks(StepRetryRequested(step="a")).goes_on() == ["StepRepeated a", *dispatches("a~2")]
        story.completes("a~2").goes_on()
        assert story.offered("a~2").retries_left == 2
        assert story.is_said_of("a~2", "accept").goes_on() == dispatches("b")

    def test_takes_back_what_was_done(self) -> None:
        story = offered(gated("a", undo={"tool": "noop"})).is_said_of("a", "reject")
        assert story.goes_on() == ["StepSettled a", "PlanAborted a", "UndoBegan", *dispatches("a~undo")]
        assert story.completes("a~undo").goes_on() == ["TaskFailed"]

    def test_takes_back_a_process_where_that_is_its_answer_to_failure(self) -> None:
        done = step("x", undo={"tool": "noop"})
        story = Story(process("p", done, gated("y", failure_action="compensate"))).started().completes("p.x")
        story.goes_on()
        story.completes("p.y").goes_on()
        assert story.is_said_of("p.y", "reject").goes_on() == [
            "StepSettled p.y", "UndoBegan", *dispatches("p.x~undo"),
        ]  # fmt: skip


class TestWhileItIsJudged:
    def test_a_pause_holds_what_would_follow(self) -> None:
        story = offered().asks(TaskPaused()).is_said_of("a", "escalate")
        assert story.follows() == []
        assert story.asks(TaskResumed()).goes_on() == ["StepOpened a"]

    def test_a_cancellation_waits_for_nobody(self) -> None:
        assert offered().is_called_off().goes_on() == ["TaskCancelled"]

    def test_the_deadline_comes(self) -> None:
        story = offered(gated("a", undo={"tool": "noop"}), deadline=60).time_comes(None, 60)
        assert story.goes_on() == ["PlanAborted a", "UndoBegan", *dispatches("a~undo")]

    def test_the_failure_of_another_step_ends_the_task(self) -> None:
        story = Story(gated("a"), step("c", needs=[])).started().completes("a")
        story.goes_on()
        assert story.fails("c").goes_on() == ["PlanAborted c", "TaskFailed"]

    def test_a_word_that_comes_late_changes_nothing(self) -> None:
        story = offered().asks(StepSkipRequested(step="a"))
        story.goes_on()
        assert story.is_said_of("a", "retry").follows() == []


INSIDE = gated("x")


@pytest.mark.parametrize(
    ("block", "path", "then"),
    [
        (fan("o", INSIDE, step("y")), "o.x", []),
        (each("o", "${inputs.items}", INSIDE), "o.0.x", ["StepSettled o", "PlanExecuted"]),
        (loop("o", INSIDE, step("y")), "o.1.x", dispatches("o.1.y")),
        (process("o", INSIDE, step("y")), "o.x", dispatches("o.y")),
        (versus("o", INSIDE, step("y"), judge=step("w")), "o.x", []),
        (handoff("o", INSIDE, ("true", step("y"))), "o.x", ["StepOpened o", *dispatches("o.0.y")]),
    ],
    ids=["branch", "item", "round", "operation", "competitor", "primary"],
)
def test_a_step_inside_another_is_judged_where_it_stands(block: dict[str, Any], path: str, then: list[str]) -> None:
    story = Story(block, inputs={"items": [1]}).started().completes(path)
    assert story.goes_on() == [f"ResultOffered {path}"]
    assert story.is_said_of(path, "retry").goes_on() == [f"StepRepeated {first_go(path)}", *dispatches(f"{path}~2")]
    assert story.completes(f"{path}~2").goes_on() == [f"ResultOffered {path}~2"]
    assert story.is_said_of(f"{path}~2", "accept").goes_on() == then


def test_what_mends_a_step_may_be_judged_too() -> None:
    mended = step("x", failure_action={"log_and_fix": gated("m")})
    story = Story(process("p", mended)).started().fails("p.x")
    assert story.goes_on() == dispatches("p.x~fix.m")
    assert story.completes("p.x~fix.m").goes_on() == ["ResultOffered p.x~fix.m"]
    assert story.follows() == []
    assert story.is_said_of("p.x~fix.m", "accept").goes_on() == ["StepRepeated p.x", *dispatches("p.x~2")]


class TestTheWholeResult:
    ASK = MappingProxyType({"quality": {"escalation": "ask"}})

    def at_the_end(self, **playbook: Any) -> Story:
        story = Story(step("a"), step("b", needs=["a"], when="true"), **playbook).started().completes("a")
        story.goes_on()
        return story.completes("b").is_judged("escalate", "nothing was measured")

    def test_without_a_wish_for_a_person_the_task_ends_marked(self) -> None:
        story = self.at_the_end()
        assert story.goes_on() == ["TaskCompleted"]
        last = story.last()
        assert isinstance(last, TaskCompleted)
        assert last.decision == "escalated"

    def test_a_person_is_asked_where_the_playbook_says_so(self) -> None:
        story = self.at_the_end(**self.ASK)
        assert story.goes_on() == [f"StepOpened {WHOLE_RESULT}"]
        assert wait_at(story, WHOLE_RESULT).title == "Is the result of book acceptable? P = 0.80 [0.70, 0.90]"
        assert decides(story, WHOLE_RESULT, by="client").goes_on() == [f"StepSettled {WHOLE_RESULT}", "TaskCompleted"]
        last = story.last()
        assert isinstance(last, TaskCompleted)
        assert (last.decision, last.quality) == ("accepted", 0.8)

    def test_a_no_fails_the_task(self) -> None:
        story = self.at_the_end(**self.ASK)
        story.goes_on()
        assert decides(story, WHOLE_RESULT, "reject").goes_on() == [f"StepSettled {WHOLE_RESULT}", "TaskFailed"]
        last = story.last()
        assert isinstance(last, TaskFailed)
        assert last.kind == "quality"

    def test_nobody_is_asked_while_the_task_is_paused(self) -> None:
        story = self.at_the_end(**self.ASK).asks(TaskPaused())
        assert story.follows() == []
        assert story.asks(TaskResumed()).goes_on() == [f"StepOpened {WHOLE_RESULT}"]

    def test_passed_over_it_ends_as_it_was_judged(self) -> None:
        story = self.at_the_end(**self.ASK)
        story.goes_on()
        assert story.asks(StepSkipRequested(step=WHOLE_RESULT)).goes_on()[-1] == "TaskCompleted"
        last = story.last()
        assert isinstance(last, TaskCompleted)
        assert last.decision == "escalated"

    def test_it_may_be_cancelled_or_run_out_of_time(self) -> None:
        story = self.at_the_end(**self.ASK)
        story.goes_on()
        assert story.is_called_off().follows() == ["TaskCancelled"]
        late = self.at_the_end(quality={"escalation": "ask", "approval": {"expires": "1h"}})
        late.goes_on()
        assert late.time_comes(WHOLE_RESULT, 3600).goes_on() == [f"StepSettled {WHOLE_RESULT}", "TaskFailed"]


def test_the_sole_journey_is_told_what_mistakes_cost() -> None:
    sole = Story(step("a"), quality={"accept_above": 0.9}).started().dispatched("a")
    assert (sole.costs, sole.playbook) == (Costs(human=1.0), "book")
    assert Story(step("a"), step("b", needs=[])).started().dispatched("a").costs is None


def test_a_fork_takes_over_only_what_was_accepted() -> None:
    story = offered(gated("a"), step("b"))
    assert origin_of(story.events, "b") == {}
    assert set(origin_of(story.is_said_of("a", "accept").events, "b")) == {"a"}
    refused = offered(gated("a"), step("b")).is_said_of("a", "retry")
    assert origin_of(refused.events, "b") == {}


def test_what_was_taken_over_is_not_judged_again() -> None:
    origin = offered().is_said_of("a", "accept")
    fork = Story(gated("a"), step("b"), forked_from="b")
    fork.origin = origin_of(origin.events, "b")
    assert fork.goes_on()[-2:] == ["JourneyReused a", *dispatches("b")]


def test_hearing_anything_twice_is_as_good_as_once() -> None:
    story = Story(fan("all", step("x"), step("y"), quality=True), step("z")).started().completes("all.x", "all.y")
    story.goes_on()
    story.is_said_of("all", "retry").goes_on()
    story.completes("all~2.x", "all~2.y").goes_on()
    story.is_said_of("all~2", "escalate").goes_on()
    for length in range(len(story.events)):
        task = story.task
        task.hear(story.events[length])
        assert story.decide(task) == [], story.events[length].id
    decides(story, "all~2")
    for event in story.events:
        task = story.task
        task.hear(event)
        assert [type(one.event) for one in story.decide(task)] == [StepSettled, JourneyDispatched], event.id


def test_nothing_of_a_gate_is_left_open_in_the_end() -> None:
    story = offered().is_said_of("a", "escalate")
    story.goes_on()
    decides(story, "a").goes_on()
    assert not [path for path, opened in story.task.opened.items() if isinstance(opened.event, StepOpened)]
    assert not any(isinstance(e.event, PlanAborted) for e in story.events)
