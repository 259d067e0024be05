"""From a task's story to what is judged: whose evidence counts, whose work it is, what was judged inside."""

from typing import Any

import pytest
from wrenchai_contracts.events import EntriesScored, JourneyCompleted, RoundEnded
from wrenchai_contracts.judging import Costs, Difficulty, Offered, Work
from wrenchai_contracts.subjects import journey_stream
from wrenchai_inspector.subjects import entry_subjects, measured, round_subjects, sole_subject, whole_subject
from wrenchai_inspector.told import Told
from wrenchai_judgement.exact import logit, sigmoid

from tests.samples import TASK
from tests.unit.inspector.inspected import breaks, fact, finds, last, offered, said, story_of, told, unmeasured, whole
from tests.unit.task_story import Story, fan, step
from tests.unit.test_gates import decides
from tests.unit.test_step_outcomes import handoff, loop, process, versus

EITHER = {"id": "a", "any_of": ["noop", "fast"]}
SCORES = {"scores": {"a": {"speed": 0.2, "care": 0.9}, "b": {"speed": 0.9, "care": 0.4}}}


def loop_of(*rounds: tuple[int, int]) -> Story:
    """A loop whose rounds left so many of so many; then another step."""
    story = story_of(loop("edit", step("fix"), exit_condition="output.by == 'never'"), step("z"))
    for number, (passed, tried) in enumerate(rounds, start=1):
        finds(story, f"edit.{number}.fix", fact(passed, tried, "spelling")).goes_on()
    return story


def contest(**evidence: int) -> Story:
    """Of the competitors a and b each left so much of ten; the judge has scored them, and the inspector ranked them."""
    story = story_of(versus("best", step("a"), step("b"), judge=step("weigh"), pick="posterior"), step("z"))
    for name, passed in evidence.items():
        finds(story, f"best.{name}", fact(passed, 10, "spelling"), seconds=2.0)
    story.goes_on()
    story.completes("best.weigh", output=SCORES).goes_on()
    return story


class TestMeasuring:
    def test_what_was_not_measured_is_named_once_and_says_nothing(self) -> None:
        found = measured([fact(), unmeasured(), unmeasured(why="still none")])
        assert (len(found.reports), found.not_measured) == (1, ("browser",))

    def test_mandatory_checks_prove_if_all_were_made_and_passed(self) -> None:
        good, failed = fact(mandatory=True), fact(4, 5, "html", mandatory=True, summary="one tag is open")
        missing = unmeasured(mandatory=True)
        assert measured([good, fact(0)]).proven
        assert not measured([fact()]).proven
        assert measured([good, failed])[2:] == (("html: one tag is open",), (), False)
        assert measured([good, missing])[2:] == ((), ("browser: no browser here",), False)

    def test_a_thousand_pages_of_which_each_says_the_same_are_two_reports(self) -> None:
        found = measured([fact(n != 7) for n in range(1000)])
        assert [(report.level, report.times) for report in found.reports] == [(1, 999), (0, 1)]


class TestTheWhole:
    def test_everything_that_counts_speaks_for_it(self) -> None:
        story = story_of(fan("check", step("links"), step("html")), step("z"))
        finds(story, "check.links", fact(judge="links"))
        finds(story, "check.html", fact(0, judge="html"))
        assert said(whole(story)) == {"links": 1, "html": 1}

    def test_a_check_that_crashed_was_not_measured_and_keeps_what_it_had_measured(self) -> None:
        story = story_of(fan("check", step("links"), step("html"), on_failure="continue"))
        finds(story, "check.links", fact())
        breaks(story, "check.html", unmeasured())
        assert whole(story).not_measured == ("browser", "noop")
        assert said(whole(story)) == {"links": 1}

    def test_a_check_that_failed_after_it_had_measured_is_taken_at_its_word(self) -> None:
        story = story_of(fan("check", step("links"), step("html"), on_failure="continue"))
        breaks(finds(story, "check.links", fact()), "check.html", fact(judge="html"))
        assert (whole(story).not_measured, said(whole(story))) == ((), {"links": 1, "html": 1})

    @pytest.mark.parametrize("reason", ["x" * 2000, ""])
    def test_a_check_that_failed_with_a_long_story_or_none_is_still_judged(self, reason: str) -> None:
        story = story_of(fan("check", step("links"), step("html"), on_failure="continue"))
        breaks(finds(story, "check.links", fact()), "check.html", reason=reason)
        assert whole(story).not_measured == ("noop",)

    def test_of_a_loop_only_the_last_round_counts(self) -> None:
        assert [report.level for report in whole(loop_of((2, 10), (10, 10))).reports] == [4]

    def test_costs_and_bars_are_the_playbook_s(self) -> None:
        quality = {"costs": {"human": 7}, "reject_below": 0.1}
        subject = whole(finds(story_of(step("a"), step("b"), quality=quality), "a"))
        assert (subject.costs, subject.reject_below) == (Costs(human=7), 0.1)
        assert (subject.seed, subject.retries_left, subject.judges) == (TASK, 0, ())

    def test_what_its_steps_used_is_told_with_the_tool_that_used_it(self) -> None:
        story = finds(story_of(step("a", tool="fast"), step("b")), "a", seconds=3.0)
        assert [(one.step, one.tool, one.sample.seconds) for one in whole(story).used] == [
            ("a", "fast", 3.0),
            ("b", "noop", 3.0),
        ]

    def test_nothing_can_be_judged_before_it_was_planned(self) -> None:
        with pytest.raises(ValueError, match="planned"):
            whole_subject(Told(), TASK)


class TestWhoseWork:
    def test_it_is_that_of_the_step_that_gives_the_result(self) -> None:
        story = story_of(step("a"), step("b", tool="fast", role="writer"), roles={"worker": {}, "writer": {}})
        finds(story, "a").goes_on()
        subject = whole(finds(story, "b"))
        assert subject.work == Work(role="writer", tool="fast", version="3", playbook="book")
        assert subject.kind == "writer"

    def test_of_a_contest_it_is_the_winner_s_not_the_judge_s_nor_the_loser_s(self) -> None:
        steps = (step("a", tool="fast"), step("b"))
        story = story_of(versus("best", *steps, judge=step("weigh", tool="check"), pick="posterior"))
        finds(finds(story, "best.a", fact()), "best.b", fact()).goes_on()
        story.completes("best.weigh", output=SCORES).goes_on()
        story.is_ranked("best", a=0.9, b=0.6).goes_on()
        assert whole(story).work.tool == "fast"
        other = story_of(versus("best", *steps, judge=step("weigh", tool="check"), pick="posterior"))
        finds(finds(other, "best.a", fact()), "best.b", fact()).goes_on()
        other.completes("best.weigh", output=SCORES).goes_on()
        other.is_ranked("best", a=0.2, b=0.6).goes_on()
        assert whole(other).work.tool == "noop"

    def test_a_judge_on_call_makes_no_result(self) -> None:
        judge = {"name": "style", "use": "check", "with": {"of": "${result.by}"}, "price": 0.2}
        story = story_of(step("a", tool="fast", quality={"judges": [judge]}))
        finds(story, "a", fact()).goes_on()
        story.is_said_of("a", "ask_judge", asks="style").goes_on()
        finds(story, "a~judge.style", fact(judge="style")).goes_on()
        assert whole(story.is_said_of("a", "accept")).work.tool == "fast"

    def test_of_a_step_with_several_tools_it_is_the_one_that_was_drawn_for_the_go_that_counts(self) -> None:
        story = story_of(EITHER | {"quality": True}).is_drawn("a", "fast")
        story.goes_on()
        finds(story, "a", fact(0), seconds=2.0).goes_on()
        story.is_said_of("a", "retry").goes_on()
        story.is_drawn("a~2", "noop").goes_on()
        finds(story, "a~2", fact(), seconds=4.0).goes_on()
        assert offered(story, "a~2").work.tool == "noop"
        assert [(one.tool, one.sample.seconds) for one in offered(story, "a~2").used] == [("noop", 4.0)]
        assert whole(story.is_said_of("a~2", "accept")).work.tool == "noop"

    def test_a_tool_that_was_drawn_inside_a_block_is_the_one_that_is_judged(self) -> None:
        story = story_of(process("p", EITHER)).is_drawn("p.a", "fast")
        story.goes_on()
        assert whole(finds(story, "p.a", fact(), seconds=1.0)).work.tool == "fast"
        assert whole(story).used[0].tool == "fast"

    def test_of_a_handoff_it_is_the_specialist_s(self) -> None:
        story = story_of(handoff("sort", step("look"), ("true", step("expert", tool="fast"))))
        finds(story, "sort.look").goes_on()
        finds(story, "sort.0.expert", fact())
        assert whole(story).work.tool == "fast"

    def test_a_plan_of_nobody_s_work_is_nobody_s(self) -> None:
        story = story_of({"id": "w", "wait_for": {"signal": "go"}})
        assert whole(story).work == Work(role="nobody", tool="none", playbook="book")


class TestAnOffer:
    def gated(self, **quality: Any) -> Story:
        story = story_of(step("a", quality=quality or True), step("b"))
        finds(story, "a", fact(0, judge="links")).goes_on()
        return story

    def test_it_is_its_own_evidence_and_that_of_the_judges_who_were_asked_about_it(self) -> None:
        judge = {"name": "style", "use": "check", "with": {"of": "${result.by}"}, "price": 0.2}
        story = self.gated(judges=[judge])
        assert [judge.name for judge in offered(story, "a").judges] == ["style"]
        story.is_said_of("a", "ask_judge", asks="style").goes_on()
        finds(story, "a~judge.style", fact(judge="style")).goes_on()
        again = offered(story, "a")
        assert said(again) == {"links": 1, "style": 1}
        assert again.judges == ()
        assert again.seed == f"{TASK}/a/2"

    def test_a_judge_on_call_is_offered_at_his_price_and_family(self) -> None:
        judge = {"name": "style", "use": "check", "family": "models", "scale": "rubric", "price": 0.2}
        assert (
            offered(self.gated(judges=[judge]), "a").judges
            == (Offered(name="style", judge="check", version="7", family="models", scale="rubric", price=0.2),)
            or offered(self.gated(judges=[judge]), "a").judges[0].family == "models"
        )

    def test_another_go_knows_what_the_one_before_told_of_the_task(self) -> None:
        story = self.gated()
        assert offered(story, "a").difficulty == Difficulty()
        story.is_said_of("a", "retry", difficulty={"shift": -0.4, "variance": 0.175}).goes_on()
        finds(story, "a~2", fact()).goes_on()
        again = offered(story, "a~2")
        assert again.difficulty == Difficulty(shift=-0.4, variance=0.175)
        assert (again.retries_left, said(again)) == (1, {"links": 1})
        assert [report.level for report in again.reports] == [1]

    def test_a_block_is_judged_by_what_lies_inside_and_not_by_what_lies_beside(self) -> None:
        story = story_of(process("p", step("x"), quality=True), step("z"))
        finds(story, "p.x", fact(judge="inside")).goes_on()
        assert said(offered(story, "p")) == {"inside": 1}


class TestParts:
    def test_what_was_judged_inside_is_a_part_and_its_evidence_counts_once(self) -> None:
        story = story_of(step("a", quality=True), step("b"))
        finds(story, "a", fact(judge="inside"), seconds=1.0).goes_on()
        story.is_said_of("a", "accept", quality=0.8, interval=(0.6, 0.9)).goes_on()
        subject = whole(finds(story, "b", fact(judge="outside"), seconds=2.0))
        assert said(subject) == {"outside": 1}
        assert [one.step for one in subject.used] == ["b"]
        part = subject.parts["a"]
        assert part.probability == 0.8
        assert part.spread == pytest.approx((logit(0.8) - logit(0.6)) / 1.645, rel=1e-3)

    def test_of_goes_only_the_last_is_a_part(self) -> None:
        story = story_of(step("a", quality=True), step("b"))
        finds(story, "a", fact()).goes_on()
        story.is_said_of("a", "retry").goes_on()
        finds(story, "a~2", fact()).goes_on()
        story.is_said_of("a~2", "accept", quality=0.9).goes_on()
        assert {path: part.probability for path, part in whole(story).parts.items()} == {"a~2": 0.9}

    def test_of_parts_inside_each_other_only_the_outermost_counts(self) -> None:
        story = story_of(process("p", step("x", quality=True), quality=True), step("z"))
        finds(story, "p.x", fact()).goes_on()
        story.is_said_of("p.x", "accept", quality=0.8).goes_on()
        assert set(offered(story, "p").parts) == {"p.x"}
        story.is_said_of("p", "accept", quality=0.7).goes_on()
        assert set(whole(story).parts) == {"p"}

    @pytest.mark.parametrize(("decision", "better"), [("approve", True), ("reject", False)])
    def test_a_person_who_looked_at_it_has_changed_what_it_is_worth(self, decision: str, better: object) -> None:
        story = story_of(step("a", quality=True), step("b", when="true"))
        finds(story, "a", fact()).goes_on()
        story.is_said_of("a", "escalate", quality=0.6, interval=(0.4, 0.8)).goes_on()
        part = whole(decides(story, "a", decision)).parts["a"]
        assert part.probability == pytest.approx(sigmoid(logit(0.6) + (3.476 if better else -3.476)))
        assert part.spread == pytest.approx((logit(0.6) - logit(0.4)) / 1.645, rel=1e-3)


class TestRounds:
    def test_each_is_judged_by_its_own_evidence(self) -> None:
        story = loop_of((2, 10), (9, 10))
        ended = RoundEnded(step="edit", round=2, delta=0.1)
        levels = [[report.level for report in one.reports] for one in round_subjects(told(story), ended, TASK)]
        assert levels == [[0], [3]]

    def test_they_are_the_work_of_who_made_them(self) -> None:
        story = story_of(loop("edit", EITHER, step("judge", tool="check"), exit_condition="output.by == 'never'"))
        assert [one.work.tool for one in round_subjects(told(story), RoundEnded(step="edit", round=1), TASK)] == [
            "check"
        ]

    def test_in_a_round_the_tool_that_was_drawn_for_it_is_judged(self) -> None:
        story = story_of(loop("edit", EITHER, exit_condition="output.by == 'never'"), step("z"))
        for number, tool in ((1, "fast"), (2, "noop")):
            story.is_drawn(f"edit.{number}.a", tool).goes_on()
            finds(story, f"edit.{number}.a", fact()).goes_on()
        ended = RoundEnded(step="edit", round=2)
        assert [one.work.tool for one in round_subjects(told(story), ended, TASK)] == ["fast", "noop"]


class TestContests:
    def test_an_entry_is_its_evidence_and_the_score_that_the_judge_gave_it(self) -> None:
        scored = last(contest(a=10, b=3)).event
        assert isinstance(scored, EntriesScored)
        entries = entry_subjects(told(contest(a=10, b=3)), scored, TASK)
        assert [(report.judge, report.level) for report in entries["a"].reports] == [("spelling", 4), ("noop", 3)]
        assert [(report.judge, report.level) for report in entries["b"].reports] == [("spelling", 0), ("noop", 2)]
        assert entries["b"].work.pair == "book/best/b"
        assert [one.step for one in entries["a"].used] == ["a"]

    def test_the_winner_speaks_for_the_whole_and_the_losers_do_not(self) -> None:
        story = contest(a=10, b=3).is_ranked("best", a=0.9, b=0.4)
        story.goes_on()
        assert [report.level for report in whole(story).known if report.judge == "spelling"] == [4]
        assert whole(story).reports == ()

    def test_what_the_winner_was_learnt_from_is_not_learnt_again(self) -> None:
        """Neither its evidence nor what it used: both were when it won."""
        story = contest(a=10, b=3).is_ranked("best", a=0.9, b=0.4)
        story.goes_on()
        subject = whole(finds(story, "z", fact(judge="after"), seconds=1.0))
        assert [report.judge for report in subject.reports] == ["after"]
        assert [one.step for one in subject.used] == ["z"]


class TestASoleJourney:
    def test_its_end_alone_says_what_the_story_says(self) -> None:
        story = story_of(step("a", tool="fast", role="writer"), roles={"writer": {}}, quality={"accept_above": 0.9})
        dispatched = story.dispatched("a")
        evidence = (fact(), fact(4, 5, "html", mandatory=True, summary="one"), unmeasured(mandatory=True))
        ended = JourneyCompleted(
            journey="a", outputs={"a": {}}, evidence=evidence, final=True, sole=dispatched.sole,
            accept_above=dispatched.accept_above, reject_below=dispatched.reject_below, costs=dispatched.costs,
            work=Work(role="writer", tool="fast", version="3", playbook="book"),
        )  # fmt: skip
        story.record(journey_stream(TASK, "a"), ended)
        assert dispatched.sole
        assert sole_subject(ended, TASK) == whole(story)

    def test_the_story_is_read_where_the_end_does_not_say_everything(self) -> None:
        ended = JourneyCompleted(journey="a", outputs={}, final=True, sole=True)
        assert sole_subject(ended, TASK) is None
        assert sole_subject(ended.model_copy(update={"sole": False, "work": whole(loop_of((1, 1))).work}), TASK) is None


def test_a_draw_among_competitors_is_no_tool() -> None:
    drawn = versus("best", step("a"), step("b"), step("c"), judge=step("weigh"), most=2)
    story = story_of(drawn).is_drawn("best", "c", "a")
    story.goes_on()
    finds(finds(story, "best.a", fact(), seconds=1.0), "best.c", fact(), seconds=1.0)
    assert {one.tool for one in whole(story).used} == {"noop"}
