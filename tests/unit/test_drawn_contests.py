"""Contests of whose competitors not all run: who does is drawn, and the outcome is told to later tasks."""

from wrenchai_contracts.events import ContestEnded
from wrenchai_orchestrator.results import Contest

from tests.unit.task_story import Story, step
from tests.unit.test_step_outcomes import opened, versus


class TestDrawnContests:
    DRAWN = versus("best", step("a"), step("b"), step("c"), judge=step("weigh"), most=2)

    def test_only_so_many_run_and_who_they_are_is_recorded_with_their_chances(self) -> None:
        story = Story(self.DRAWN).started()
        event = opened(story, "best")
        assert len(event.chosen) == len(event.chances) == 2
        assert story.follows() == []
        assert {name for name in "abc" if name in event.chosen} == set(event.chosen)

    def test_the_outcome_is_told_to_later_tasks_behind_what_was_known(self) -> None:
        story = Story(self.DRAWN)
        story.contests = {"best": Contest(4, {"a": (3, 4), "b": (0, 2)})}
        story.started()
        one, other = opened(story, "best").chosen
        story.completes(f"best.{one}", f"best.{other}").goes_on()
        scores = {one: {"speed": 1, "care": 1}, other: {"speed": 0, "care": 0}}
        story.completes("best.weigh", output={"scores": scores})
        told = next(step for step in story.decided() if isinstance(step.event, ContestEnded))
        assert (told.stream, told.version) == ("contest/default/book/best", 5)
        assert isinstance(told.event, ContestEnded)
        won, ran = story.contests["best"].standings.get(one, (0, 0))
        assert told.event.standings[one] == (won + 1, ran + 1)
