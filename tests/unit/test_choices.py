"""Who works where more is offered than is used: drawn by the inspector; and who wins, by all that it knows of each."""

from typing import Any

import pytest
from wrenchai_contracts.events import (
    ChoiceOffered,
    EntriesScored,
    JourneyDispatched,
    StepOpened,
    StepSkipRequested,
    TaskPaused,
    TaskResumed,
    ToolRegistered,
)
from wrenchai_contracts.judging import Work
from wrenchai_orchestrator.forking import origin_of

from tests.unit.task_story import Story, dispatches, each, step
from tests.unit.test_step_outcomes import given, opened, settled, versus

EITHER = {"id": "a", "any_of": ["noop", "fast"]}


def story_of(*steps: dict[str, Any], **facts: Any) -> Story:
    """A task that may use a second tool, and has begun."""
    story = Story(*steps, **facts)
    story.catalogue.learn(ToolRegistered(name="fast", version="3", inputs={}, outputs={}))
    return story.started()


def choice(story: Story, path: str) -> ChoiceOffered:
    return next(e.event for e in story.events if isinstance(e.event, ChoiceOffered) and e.event.step == path)


class TestATool:
    def test_is_drawn_before_the_step_begins(self) -> None:
        story = story_of(EITHER, step("b"))
        assert story.follows() == []
        assert not story.task.journeys.running
        assert story.is_drawn("a", "fast").goes_on() == dispatches("a")
        assert [one.tool for one in story.dispatched("a").steps] == ["fast"]
        assert story.dispatched("a").tools == ("fast@3", "noop@1")

    def test_is_offered_with_what_is_known_it_by(self) -> None:
        offered = choice(story_of(EITHER), "a")
        assert (offered.most, [one.name for one in offered.options]) == (1, ["noop", "fast"])
        assert offered.options[1].work == Work(role="worker", tool="fast", version="3", playbook="book")

    def test_is_drawn_anew_for_each_go_and_judged_by_its_own_name(self) -> None:
        story = story_of(EITHER | {"quality": True}, step("b")).is_drawn("a", "fast")
        story.goes_on()
        assert story.completes("a").goes_on() == ["ResultOffered a"]
        assert story.offered("a").tool == "fast"
        assert story.is_said_of("a", "retry").goes_on() == ["StepRepeated a", "ChoiceOffered a~2"]
        assert story.is_drawn("a~2", "noop").goes_on() == dispatches("a~2")

    def test_is_drawn_for_each_item_of_a_list(self) -> None:
        story = story_of(each("all", "${inputs.items}", EITHER, max_parallel=1), inputs={"items": [1, 2]})
        assert story.follows() == []
        assert story.is_drawn("all.0.a", "fast").goes_on() == dispatches("all.0.a")
        assert story.completes("all.0.a").goes_on() == ["ChoiceOffered all.1.a"]

    def test_is_what_people_agree_to(self) -> None:
        story = story_of(EITHER | {"approval": {}}).is_drawn("a", "fast")
        assert story.goes_on() == ["StepOpened a"]
        wait = opened(story, "a").wait
        assert wait is not None
        assert wait.details["tool"] == "fast"

    def test_is_not_needed_where_its_condition_is_not_met(self) -> None:
        assert story_of(EITHER | {"when": "1 == 2"}, step("b")).follows() == []

    def test_is_not_drawn_for_a_step_that_is_passed_over_or_while_the_task_rests(self) -> None:
        skipped = story_of(EITHER, step("b")).asks(StepSkipRequested(step="a"))
        assert skipped.goes_on() == ["StepSettled a", *dispatches("b")]
        assert skipped.is_drawn("a", "fast").follows() == []
        paused = story_of(EITHER).asks(TaskPaused()).is_drawn("a", "fast")
        assert paused.follows() == []
        assert paused.asks(TaskResumed()).goes_on() == dispatches("a")

    def test_is_not_waited_for_when_the_task_is_called_off(self) -> None:
        assert story_of(EITHER).is_called_off().goes_on() == ["TaskCancelled"]

    def test_of_the_origin_is_kept_by_a_fork_that_takes_its_result_over(self) -> None:
        origin = story_of(EITHER, step("b", when="true")).is_drawn("a", "fast")
        origin.goes_on()
        origin.completes("a").goes_on()
        fork = Story(EITHER, step("b", when="true"), forked_from="b")
        fork.catalogue.learn(ToolRegistered(name="fast", version="3", inputs={}, outputs={}))
        fork.origin = origin_of(origin.events, "b")
        assert fork.goes_on()[-2:] == ["JourneyReused a", *dispatches("b")]


DRAWN = versus("best", step("a"), step("b"), step("c"), judge=step("weigh"), most=2)


class TestCompetitors:
    def test_only_so_many_run_and_who_they_are_is_recorded_with_their_chances(self) -> None:
        story = Story(DRAWN).started()
        assert story.follows() == []
        assert choice(story, "best").most == 2
        work = choice(story, "best").options[2].work
        assert work == Work(role="worker", tool="noop", version="1", playbook="book", pair="book/best/c")
        story.is_drawn("best", "c", "a")
        assert story.goes_on() == ["StepOpened best", *dispatches("best.a", "best.c")]
        event = opened(story, "best")
        assert (event.chosen, event.chances, event.count) == (("a", "c"), (0.25, 0.25), 2)

    def test_all_run_where_none_is_left_out(self) -> None:
        assert Story({**DRAWN, "most": 3}).started().follows() == []
        assert "ChoiceOffered best" not in [type(e.event).__name__ for e in Story(versus(
            "best", step("a"), step("b"), judge=step("weigh"))).started().events]  # fmt: skip

    def test_a_contest_of_an_older_release_that_is_under_way_draws_nobody_anew(self) -> None:
        story = Story(DRAWN).started()
        story.events = [e for e in story.events if not isinstance(e.event, ChoiceOffered)]
        story.record(
            story.task.task_id, StepOpened(step="best", type="versus", count=2, chosen=("b", "c"), chances=(0.5, 0.4))
        )
        assert story.goes_on() == dispatches("best.b", "best.c")


def judged(totals: dict[str, float], **facts: Any) -> Story:
    """A contest whose judge has given these scores; the inspector ranks it."""
    contest = versus("best", *(step(name) for name in totals), judge=given("weigh", e="${entries}"))
    contest |= {"pick": "posterior", "evaluation_criteria": {"good": 1}} | facts
    story = Story(contest).started().completes(*(f"best.{name}" for name in totals))
    story.goes_on()
    return story.completes("best.weigh", output={"scores": {name: {"good": at} for name, at in totals.items()}})


def entries(story: Story) -> EntriesScored:
    return next(e.event for e in story.events if isinstance(e.event, EntriesScored))


class TestAWinner:
    def test_is_named_by_the_inspector_and_not_by_the_scores(self) -> None:
        story = judged({"a": 0.6, "b": 0.5})
        assert story.goes_on() == ["EntriesScored best"]
        assert (entries(story).totals, entries(story).judge) == ({"a": 0.6, "b": 0.5}, "noop")
        assert [one.work.pair for one in entries(story).entries] == ["book/best/a", "book/best/b"]
        assert story.follows() == []
        story.is_ranked("best", a=0.5, b=0.75).goes_on()
        output = settled(story, "best").output
        assert (output["outcome"], output["winner"], output["output"]) == ("winner", "b", {"by": "b"})
        assert output["standings"]["b"] == {"probability": 0.75, "interval": [0.65, 0.85], "best": 0.6}
        assert output["totals"] == {"a": 0.6, "b": 0.5}

    def test_stays_the_winner_of_those_that_tie(self) -> None:
        story = judged({"a": 0.6, "b": 0.5, "c": 0.4}, tie_within=0.1)
        story.goes_on()
        story.is_ranked("best", "b", a=0.7, b=0.75, c=0.3).goes_on()
        output = settled(story, "best").output
        assert (output["outcome"], output["winner"], output["tied"]) == ("tie", "b", ["a", "b"])

    def test_is_one_of_those_that_are_good_enough(self) -> None:
        story = judged({"a": 0.6, "b": 0.2}, at_least=0.5)
        story.goes_on()
        assert ([one.name for one in entries(story).entries], entries(story).totals) == (["a"], {"a": 0.6})

    @pytest.mark.parametrize(("none_good", "outcome"), [("continue", "completed"), ("fail", "failed")])
    def test_there_is_none_where_nobody_is_good_enough(self, none_good: str, outcome: str) -> None:
        story = judged({"a": 0.3, "b": 0.2}, at_least=0.5, none_good=none_good)
        assert "EntriesScored best" not in story.goes_on()
        assert settled(story, "best").outcome == outcome

    def test_is_the_best_by_the_scores_where_the_inspector_names_nobody(self) -> None:
        story = judged({"a": 0.6, "b": 0.5})
        story.goes_on()
        story.is_ranked("best").goes_on()
        assert settled(story, "best").output["winner"] == "a"

    def test_of_scores_alone_needs_no_inspector(self) -> None:
        story = judged({"a": 0.6, "b": 0.5}, pick="totals")
        assert story.goes_on() == ["StepSettled best", "PlanExecuted"]
        assert "standings" not in settled(story, "best").output


def test_hearing_anything_twice_is_as_good_as_once() -> None:
    story = story_of({**DRAWN, "pick": "posterior"}, EITHER).is_drawn("best", "c", "a")
    story.goes_on()
    story.completes("best.a", "best.c").goes_on()
    story.completes("best.weigh", output={"scores": {n: {"speed": 1, "care": 1} for n in "abc"}}).goes_on()
    story.is_ranked("best", a=0.5, c=0.75).goes_on()
    story.is_drawn("a", "fast")
    for event in story.events:
        task = story.task
        task.hear(event)
        assert [type(one.event) for one in story.decide(task)] == [JourneyDispatched], event.id
