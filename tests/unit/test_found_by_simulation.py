"""What simulated runs have found once, each as the smallest story that shows it."""

from wrenchai_contracts.commands import ResolveEffect, RetryStep
from wrenchai_contracts.events import (
    ApprovalDecided,
    JourneyCompleted,
    JourneyFailed,
    JourneyPaused,
    LimitsExtended,
    PlanExecuted,
    StepFailed,
    StepOpened,
    StepRetryRequested,
    StepSkipRequested,
    StepStarted,
)
from wrenchai_contracts.spending import Limits, Spending
from wrenchai_contracts.subjects import journey_stream
from wrenchai_gateway.control_rules import legal, refusal

from tests.samples import AT, TASK
from tests.unit.task_story import Story, dispatches, each, fan, step
from tests.unit.test_control_rules import KEY, running


def waits_at(story: Story, path: str) -> list[str]:
    """What was waited for at a path, in order."""
    opened = [e.event for e in story.events if isinstance(e.event, StepOpened) and e.event.step == path]
    return [one.wait.waits_for for one in opened if one.wait is not None]


def test_a_branch_that_runs_is_stopped_when_it_is_to_be_passed_over() -> None:
    story = Story(fan("all", step("x"), step("y"))).started().asks(StepSkipRequested(step="all.x"))
    assert story.goes_on() == ["JourneysStopped"]
    assert story.stops("all.x").goes_on() == ["StepSettled all.x"]


def test_a_branch_that_asks_something_may_be_passed_over_too() -> None:
    story = Story(fan("all", step("x"), step("y"))).started().pauses("all.x", why="question")
    assert story.asks(StepSkipRequested(step="all.x")).goes_on() == ["JourneyCancelled all.x", "StepSettled all.x"]


def test_what_was_agreed_to_when_the_budget_is_used_up_says_so_and_goes_on_with_more() -> None:
    costs = {"cost": {"tokens": 60}}
    story = Story(step("a", **costs), step("b", approval={}, role="checker", **costs), budget={"tokens": 50}).started()
    spent = Spending(calls=1, tokens=60)
    story.record(journey_stream(TASK, "a"), JourneyCompleted(journey="a", outputs={"a": {}}, spent=spent))
    assert story.goes_on() == ["StepOpened b"]
    opened = story.last()
    assert isinstance(opened, StepOpened)
    assert opened.wait is not None
    assert opened.wait.digest is not None

    story.asks(ApprovalDecided(step="b", digest=opened.wait.digest, decision="approve"), by="ann")
    assert story.goes_on() == ["StepOpened b"]
    assert waits_at(story, "b") == ["approval", "budget"]
    assert story.follows() == [], "it is said once"
    assert story.asks(LimitsExtended(more=Limits(tokens=60))).goes_on() == dispatches("b")
    assert story.dispatched("b").approved == opened.wait.digest


def test_a_step_whose_effect_is_in_doubt_is_not_tried_again_but_resolved() -> None:
    """It had failed before, and so was about to be tried again when that became impossible."""
    story = running().journey(
        "send",
        StepStarted(step="send", attempt=1, tool="send", worker="w"),
        StepFailed(step="send", attempt=1, reason="no answer", kind="x", retry_in=9.0),
        JourneyPaused(journey="send", step="send", why="in_doubt", effect=KEY),
    )
    assert refusal(story.state, RetryStep(step="send"), by="ann", at=AT) == "send has not failed"
    assert refusal(story.state, ResolveEffect(key=KEY, resolution="retry"), by="ann", at=AT) is None


def test_who_wanted_it_tried_again_just_before_its_effect_came_into_doubt_has_not_resolved_that() -> None:
    """The gateway reads the journey before it records, and the worker may be quicker."""
    story = running().journey("send", JourneyPaused(journey="send", step="send", why="in_doubt", effect=KEY))
    story.told(StepRetryRequested(step="send"))
    assert refusal(story.state, ResolveEffect(key=KEY, resolution="retry"), by="ann", at=AT) is None


def test_an_end_that_is_heard_before_its_beginning_was_read_does_not_make_its_undo_forgotten() -> None:
    """Another replica has dispatched it; this one hears of its end first, and reads the log then."""
    story = Story(step("a"), step("b", role="checker", undo={"tool": "noop"}), step("c")).started()
    early = story.task
    story.completes("a").goes_on()
    story.completes("b")
    early.hear(story.events[-1])
    for event in story.events[early.position :]:
        early.evolve(event)
    assert list(early.undoable()) == ["b"]


def test_what_takes_an_effect_back_is_never_too_late() -> None:
    """A timer of a step fired late, when the task's deadline had passed and its undo had not been begun."""
    story = Story(step("a", undo={"tool": "noop"}), step("b", role="checker"), deadline=60).started()
    story.completes("a").goes_on()
    assert story.time_comes(None, 60).stops("b").goes_on() == ["PlanAborted a", "UndoBegan", *dispatches("a~undo")]
    task = story.task
    task.know_begun([])
    assert story.decide(task) == []


def test_once_all_of_the_plan_is_done_nothing_begins_again_until_it_is_judged() -> None:
    story = Story(step("a", on_failure="continue")).started().fails("a")
    assert story.goes_on() == ["PlanExecuted"]
    assert story.asks(StepRetryRequested(step="a")).follows() == []
    assert story.is_judged("accept").goes_on() == ["TaskCompleted"]


def test_who_wants_a_step_tried_again_of_a_plan_that_is_done_is_told_so() -> None:
    failed = JourneyFailed(journey="send", step="send", reason="no", kind="x")
    story = running().journey("send", failed).told(PlanExecuted())
    assert refusal(story.state, RetryStep(step="send"), by="ann", at=AT) is not None
    assert "retry" not in legal(story.state)


def test_contests_of_several_items_draw_and_end_each_for_itself() -> None:
    """Both told their outcome as the first of one stream: every commit was refused, for ever."""
    contest = {
        "id": "best", "type": "versus", "competitors": [step("a"), step("b"), step("c")], "most": 2,
        "evaluation_criteria": {"good": 1}, "judge": step("weigh"),
    }  # fmt: skip
    story = Story(each("scan", "${inputs.items}", contest), inputs={"items": [1, 2]}).started()
    story.is_drawn("scan.0.best", "a", "b").is_drawn("scan.1.best", "c", "a").goes_on()
    assert sorted(story.task.journeys.running) == ["scan.0.best.a", "scan.0.best.b", "scan.1.best.a", "scan.1.best.c"]
    story.completes(*story.task.journeys.running).goes_on()
    story.completes("scan.0.best.weigh", "scan.1.best.weigh", output={"scores": {n: {"good": 0.5} for n in "abc"}})
    assert story.goes_on() == ["EntriesScored scan.0.best", "EntriesScored scan.1.best"]
    story.is_ranked("scan.0.best", a=0.4, b=0.6).is_ranked("scan.1.best", a=0.4, c=0.3)
    assert story.goes_on() == ["StepSettled scan.0.best", "StepSettled scan.1.best", "StepSettled scan", "PlanExecuted"]
