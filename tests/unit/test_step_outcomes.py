"""How steps made of steps come to their outcomes: a truth table for each type."""

from typing import Any

import pytest
from wrenchai_contracts.events import RoundEvaluated, StepOpened, StepSettled, TaskFailed
from wrenchai_contracts.plan import Gathering
from wrenchai_contracts.subjects import evaluation_stream
from wrenchai_orchestrator.nodes.fan import made_of
from wrenchai_orchestrator.nodes.versus import outcome_of
from wrenchai_orchestrator.turn import NodeFailed

from tests.samples import TASK
from tests.unit.task_story import Story, dispatches, fan, step


def loop(step_id: str, *operations: dict[str, Any], **facts: object) -> dict[str, Any]:
    return {"id": step_id, "type": "self_feedback_loop", "max_iterations": 3, "operations": list(operations), **facts}


def partner(step_id: str, creator: dict[str, Any], reviewer: dict[str, Any], **facts: object) -> dict[str, Any]:
    both = {"creator": creator, "reviewer": reviewer}
    return {"id": step_id, "type": "partner_feedback_loop", "max_iterations": 3, **both, **facts}


def process(step_id: str, *operations: dict[str, Any], **facts: object) -> dict[str, Any]:
    return {"id": step_id, "type": "process", "operations": list(operations), **facts}


def versus(step_id: str, *competitors: dict[str, Any], judge: dict[str, Any], **facts: object) -> dict[str, Any]:
    return {"id": step_id, "type": "versus", "competitors": list(competitors), "judge": judge, "pick": "totals",
            "evaluation_criteria": {"speed": 1, "care": 3}, **facts}  # fmt: skip


def handoff(
    step_id: str, primary: dict[str, Any], *cases: tuple[str, dict[str, Any]], **facts: object
) -> dict[str, Any]:
    conditions = [{"when": when, "to": to} for when, to in cases]
    return {"id": step_id, "type": "handoff", "primary": primary, "handoff_conditions": conditions, **facts}


def given(step_id: str, **inputs: object) -> dict[str, Any]:
    return step(step_id, **{"with": inputs})


def settled(story: Story, path: str) -> StepSettled:
    return next(e.event for e in story.events if isinstance(e.event, StepSettled) and e.event.step == path)


def opened(story: Story, path: str) -> StepOpened:
    return next(e.event for e in story.events if isinstance(e.event, StepOpened) and e.event.step == path)


class TestALoop:
    def test_a_round_follows_a_round_and_sees_its_output_until_the_exit_condition_is_met(self) -> None:
        again = loop("edit", given("fix", n="${iteration}", draft="${previous}"), exit_condition="output.left == 0",
                     initial="${inputs.draft}")  # fmt: skip
        story = Story(again, step("z"), inputs={"draft": "first"}).started()
        assert story.dispatched("edit.1.fix").steps[0].inputs == {"n": 1, "draft": "first"}
        assert story.completes("edit.1.fix", output={"left": 2}).goes_on() == [
            "RoundEnded edit",
            *dispatches("edit.2.fix"),
        ]
        assert story.dispatched("edit.2.fix").steps[0].inputs == {"n": 2, "draft": {"left": 2}}
        assert story.completes("edit.2.fix", output={"left": 0}).goes_on() == [
            "RoundEnded edit", "StepSettled edit", *dispatches("z"),
        ]  # fmt: skip
        assert settled(story, "edit").output == {"left": 0}
        assert settled(story, "edit").verdict == {
            "rounds": 2, "converged": True, "because": "the exit condition is met",
        }  # fmt: skip

    @pytest.mark.parametrize(("exhausted", "outcome"), [("accept", "completed"), ("fail", "failed")])
    def test_when_all_rounds_have_passed_the_playbook_says_what_that_means(self, exhausted: str, outcome: str) -> None:
        again = loop("edit", step("fix"), exit_condition="false", max_iterations=2, on_exhausted=exhausted)
        story = Story(again).started()
        story.completes("edit.1.fix").goes_on()
        story.completes("edit.2.fix").goes_on()
        assert settled(story, "edit").outcome == outcome
        assert settled(story, "edit").verdict["converged"] is False

    def test_it_ends_when_the_inspector_finds_another_round_unlikely_to_improve(self) -> None:
        again = loop("edit", step("fix"), max_iterations=9, stop_when={"improvement": 0.05, "unlikelier_than": 0.2})
        story = Story(again).started()
        assert story.completes("edit.1.fix").goes_on() == ["RoundEnded edit"], "the inspector has the word"
        story.record(evaluation_stream(TASK), judged(1, improves=0.5))
        assert story.goes_on() == dispatches("edit.2.fix")
        assert story.completes("edit.2.fix").goes_on() == ["RoundEnded edit"]
        story.record(evaluation_stream(TASK), judged(2, improves=0.1))
        assert story.goes_on() == ["StepSettled edit", "PlanExecuted"]
        assert "0.100, which is below 0.2" in settled(story, "edit").verdict["because"]

    def test_a_failed_operation_fails_the_loop_with_its_reason(self) -> None:
        story = Story(loop("edit", step("fix"))).started().fails("edit.1.fix")
        assert story.goes_on() == ["StepSettled edit", "PlanAborted edit", "TaskFailed"]
        assert settled(story, "edit").reason == "fix failed: it broke"

    def test_a_condition_that_cannot_be_worked_out_fails_it_and_says_so(self) -> None:
        story = Story(loop("edit", step("fix"), exit_condition="output.nowhere > 1")).started()
        story.completes("edit.1.fix").goes_on()
        assert settled(story, "edit").kind == "bad_condition"

    def test_a_thousand_rounds_leave_no_more_in_memory_than_ten(self) -> None:
        story = Story(loop("edit", step("fix"), max_iterations=1000)).started()
        sizes = []
        for n in range(1, 41):
            story.completes(f"edit.{n}.fix").goes_on()
            task = story.task
            sizes.append((len(task.results), len(task.opened), len(task.journeys.running)))
        assert set(sizes) == {(0, 1, 1)}


def judged(number: int, improves: float) -> RoundEvaluated:
    return RoundEvaluated(step="edit", round=number, quality=0.5, interval=(0.4, 0.6), improves=improves, delta=0.05)


class TestPartners:
    REVIEWED = partner(
        "draft", given("write", notes="${review}", last="${previous}"), given("read", text="${steps.write.output}")
    )

    def test_the_creator_sees_the_findings_and_its_last_work_until_none_is_grave(self) -> None:
        story = Story(self.REVIEWED).started()
        assert story.dispatched("draft.1.write").steps[0].inputs == {"notes": [], "last": None}
        found = [{"severity": "major", "message": "too long"}, {"severity": "info", "message": "nice"}]
        story.completes("draft.1.write", output={"text": "long"}).goes_on()
        story.completes("draft.1.read", output={"findings": found}).goes_on()
        assert story.dispatched("draft.2.write").steps[0].inputs == {"notes": found, "last": {"text": "long"}}
        story.completes("draft.2.write", output={"text": "short"}).goes_on()
        story.completes("draft.2.read", output={"findings": [{"severity": "minor", "message": "a comma"}]}).goes_on()
        assert settled(story, "draft").output == {"text": "short"}
        assert settled(story, "draft").verdict["findings"] == {"minor": 1}

    def test_a_review_without_findings_is_no_review(self) -> None:
        story = Story(self.REVIEWED).started()
        story.completes("draft.1.write").goes_on()
        story.completes("draft.1.read", output={"verdict": "fine"}).goes_on()
        assert settled(story, "draft").kind == "bad_review"


class TestAProcess:
    def test_operations_follow_each_other_and_those_whose_condition_is_false_are_skipped(self) -> None:
        ship = process("ship", step("a"), step("b", condition="steps.a.output.n > 1"), step("c"))
        story = Story(ship, given("z", all="${steps.ship.output}")).started()
        assert story.completes("ship.a", output={"n": 1}).goes_on() == ["StepSettled ship.b", *dispatches("ship.c")]
        assert story.completes("ship.c").goes_on() == ["StepSettled ship", *dispatches("z")]
        assert story.dispatched("z").steps[0].inputs == {"all": {"a": {"n": 1}, "b": None, "c": {"by": "c"}}}
        assert settled(story, "ship").verdict["skipped"] == ["b"]

    def test_retry_goes_through_an_operation_once_more_and_then_gives_up(self) -> None:
        story = Story(process("ship", step("a", failure_action="retry"))).started()
        assert story.fails("ship.a").goes_on() == ["StepRepeated ship.a", *dispatches("ship.a~2")]
        assert story.fails("ship.a~2").goes_on() == ["StepSettled ship", "PlanAborted ship", "TaskFailed"]

    def test_skip_goes_on_without_it(self) -> None:
        story = Story(process("ship", step("a", failure_action="skip"), step("b"))).started()
        assert story.fails("ship.a").goes_on() == dispatches("ship.b")

    def test_log_and_fix_mends_before_the_operation_is_gone_through_again(self) -> None:
        mend = given("mend", why="${failure.reason}")
        story = Story(process("ship", step("a", failure_action={"log_and_fix": mend}), step("b"))).started()
        assert story.fails("ship.a").goes_on() == dispatches("ship.a~fix.mend")
        assert story.dispatched("ship.a~fix.mend").steps[0].inputs == {"why": "it broke"}
        assert story.completes("ship.a~fix.mend").goes_on() == ["StepRepeated ship.a", *dispatches("ship.a~2")]
        assert story.completes("ship.a~2").goes_on() == dispatches("ship.b")

    def test_what_cannot_be_mended_has_failed(self) -> None:
        story = Story(process("ship", step("a", failure_action={"log_and_fix": step("mend")}))).started()
        story.fails("ship.a").goes_on()
        assert story.fails("ship.a~fix.mend").goes_on() == ["StepSettled ship", "PlanAborted ship", "TaskFailed"]

    def test_abort_ends_it_at_once(self) -> None:
        story = Story(process("ship", step("a", failure_action="abort"), step("b"))).started()
        assert story.fails("ship.a").goes_on() == ["StepSettled ship", "PlanAborted ship", "TaskFailed"]

    def test_compensate_takes_back_what_was_done_in_reverse(self) -> None:
        def done(name: str) -> dict[str, Any]:
            return step(name, undo={"tool": "noop", "with": {"what": f"${{steps.{name}.output.by}}"}})

        story = Story(process("ship", done("a"), done("b"), step("c", failure_action="compensate"))).started()
        story.completes("ship.a").goes_on()
        story.completes("ship.b").goes_on()
        assert story.fails("ship.c").goes_on() == ["UndoBegan", *dispatches("ship.b~undo")]
        assert story.dispatched("ship.b~undo").steps[0].inputs == {"what": "b"}
        assert story.dispatched("ship.b~undo").undoes == "ship.b"
        assert story.completes("ship.b~undo").goes_on() == dispatches("ship.a~undo")
        assert story.fails("ship.a~undo").goes_on() == ["StepSettled ship", "PlanAborted ship", "TaskFailed"]
        assert settled(story, "ship").verdict == {"undone": ["ship.b"], "not_undone": ["ship.a"]}


class TestAContest:
    JUDGED = versus("best", step("fast"), step("careful"), judge=given("weigh", entries="${entries}"))

    def scored(self, fast: tuple[float, float], careful: tuple[float, float], **facts: object) -> Story:
        story = Story({**self.JUDGED, **facts}, step("z")).started()
        story.completes("best.fast", "best.careful").goes_on()
        assert story.dispatched("best.weigh").steps[0].inputs == {
            "entries": {"fast": {"by": "fast"}, "careful": {"by": "careful"}}
        }
        scores = {"fast": dict(zip(("speed", "care"), fast, strict=True)),
                  "careful": dict(zip(("speed", "care"), careful, strict=True))}  # fmt: skip
        story.completes("best.weigh", output={"scores": scores}).goes_on()
        return story

    def test_the_best_by_weighted_criteria_wins_and_its_output_goes_on(self) -> None:
        output = settled(self.scored((1.0, 0.2), (0.4, 0.8)), "best").output
        assert (output["outcome"], output["winner"], output["output"]) == ("winner", "careful", {"by": "careful"})
        assert output["totals"] == pytest.approx({"fast": 0.4, "careful": 0.7})

    def test_a_tie_is_an_outcome(self) -> None:
        output = settled(self.scored((0.5, 0.5), (0.5, 0.49), tie_within=0.05), "best").output
        assert (output["outcome"], output["tied"]) == ("tie", ["careful", "fast"])

    def test_none_is_good_enough_is_an_outcome_too(self) -> None:
        story = self.scored((0.5, 0.5), (0.4, 0.4), at_least=0.6, none_good="continue")
        assert settled(story, "best").output["outcome"] == "none"
        failed = settled(self.scored((0.5, 0.5), (0.4, 0.4), at_least=0.6), "best")
        assert (failed.outcome, failed.kind) == ("failed", "none_good_enough")

    def test_a_competitor_that_fails_is_out_and_the_others_go_on(self) -> None:
        story = Story(self.JUDGED).started().fails("best.fast")
        assert story.goes_on() == []
        story.completes("best.careful").goes_on()
        assert story.dispatched("best.weigh").steps[0].inputs == {"entries": {"careful": {"by": "careful"}}}

    def test_when_all_fail_there_is_nothing_to_judge(self) -> None:
        story = Story(self.JUDGED).started().fails("best.fast").fails("best.careful")
        assert story.goes_on() == ["StepSettled best", "PlanAborted best", "TaskFailed"]
        assert settled(story, "best").kind == "no_entries"

    def test_a_judge_that_forgets_a_score_has_not_judged(self) -> None:
        story = Story(self.JUDGED).started()
        story.completes("best.fast", "best.careful").goes_on()
        story.completes("best.weigh", output={"scores": {"fast": {"speed": 1}}}).goes_on()
        assert settled(story, "best").kind == "bad_judgement"

    @pytest.mark.parametrize(
        ("totals", "outcome", "winner"),
        [
            ({"a": 0.5, "b": 0.7}, "winner", "b"),
            ({"a": 0.7, "b": 0.7}, "tie", "a"),
            ({"a": 0.2, "b": 0.3}, "none", None),
        ],
    )
    def test_totals_decide(self, totals: dict[str, float], outcome: str, winner: str | None) -> None:
        found = outcome_of(totals, at_least=0.4, tie_within=0.0)
        assert (found["outcome"], found["winner"]) == (outcome, winner)


class TestAHandoff:
    TRIAGE = handoff(
        "triage", step("look"),
        ("part.area == 'db'", given("dba", issue="${part.id}")),
        ("part.area == 'web'", given("front", issue="${part.id}")),
        parts="${steps.look.output.parts}",
        completion_action=given("sum_up", handed="${handed}"),
    )  # fmt: skip
    PARTS = ({"id": 1, "area": "web"}, {"id": 2, "area": "moon"}, {"id": 3, "area": "db"})

    def test_each_part_goes_to_the_first_specialist_whose_condition_it_meets(self) -> None:
        story = Story(self.TRIAGE).started()
        assert story.completes("triage.look", output={"parts": list(self.PARTS)}).goes_on() == [
            "StepOpened triage", *dispatches("triage.0.front", "triage.2.dba"),
        ]  # fmt: skip
        assert opened(story, "triage").assigned == (1, None, 0)
        assert story.completes("triage.0.front", "triage.2.dba").goes_on() == dispatches("triage.sum_up")
        handed = story.dispatched("triage.sum_up").steps[0].inputs["handed"]
        assert [(one["to"], one["output"]) for one in handed] == [
            ("front", {"by": "front"}), (None, None), ("dba", {"by": "dba"}),
        ]  # fmt: skip
        story.completes("triage.sum_up", output={"report": "r"}).goes_on()
        assert settled(story, "triage").output == {"report": "r"}

    def test_without_a_completion_its_output_is_the_primary_s_and_what_was_handed(self) -> None:
        alone = handoff("triage", step("look"), ("part.n > 1", step("dba")))
        story = Story(alone).started()
        story.completes("triage.look", output={"n": 1}).goes_on()
        assert settled(story, "triage").output == {
            "output": {"n": 1}, "handed": [{"to": None, "part": {"n": 1}, "output": None}],
        }  # fmt: skip

    def test_a_specialist_that_fails_fails_it_after_the_others_were_stopped(self) -> None:
        story = Story(self.TRIAGE).started()
        story.completes("triage.look", output={"parts": list(self.PARTS)}).goes_on()
        assert story.fails("triage.0.front").goes_on() == ["JourneysStopped"]
        assert story.stops("triage.2.dba").goes_on() == ["StepSettled triage", "PlanAborted triage", "TaskFailed"]


class TestSideBySide:
    def test_a_split_gives_each_branch_its_part_in_order(self) -> None:
        shared = {"split": "${inputs.files}", "as": "mine"}
        story = Story(
            fan("fan", given("x", f="${mine}"), given("y", f="${mine}"), input_distribution=shared),
            inputs={"files": [1, 2, 3]},
        ).started()
        assert [story.dispatched(f"fan.{b}").steps[0].inputs["f"] for b in "xy"] == [[1, 2], [3]]

    def test_a_broadcast_gives_all_of_it_to_each(self) -> None:
        shared = {"broadcast": "${inputs.files}"}
        story = Story(fan("fan", given("x", f="${share}"), step("y"), input_distribution=shared), inputs={"files": [1]})
        assert story.started().dispatched("fan.x").steps[0].inputs["f"] == [1]

    def test_a_chunk_gives_several_items_to_one_branch(self) -> None:
        scan = {
            "id": "scan",
            "type": "work_in_parallel",
            "for_each": "${inputs.n}",
            "chunk": 2,
            "step": given("look", n="${item}"),
        }
        story = Story(scan, inputs={"n": [1, 2, 3]}).started()
        assert [story.dispatched(f"scan.{k}.look").steps[0].inputs["n"] for k in (0, 1)] == [[1, 2], [3]]

    def test_a_quorum_of_good_branches_ends_it_and_stops_the_others(self) -> None:
        story = Story(fan("fan", step("x"), step("y"), step("z"), quorum=1), step("next")).started()
        assert story.completes("fan.y").goes_on() == ["JourneysStopped"]
        assert story.stops("fan.x").stops("fan.z").goes_on() == ["StepSettled fan", *dispatches("next")]
        assert settled(story, "fan").verdict == {"branches": 3, "good": 1}

    def test_a_quorum_that_cannot_be_reached_any_more_fails_it(self) -> None:
        story = Story(fan("fan", step("x"), step("y"), step("z"), quorum=2)).started().fails("fan.x")
        assert story.goes_on() == []
        assert story.fails("fan.y").goes_on() == ["JourneysStopped"]
        assert story.stops("fan.z").goes_on() == ["StepSettled fan", "PlanAborted fan", "TaskFailed"]
        assert settled(story, "fan").kind == "no_quorum"

    @pytest.mark.parametrize(
        ("how", "outputs", "made"),
        [
            (Gathering(how="merge"), [{"a": 1}, {"b": 2}], {"a": 1, "b": 2}),
            (Gathering(how="concat", field="l"), [{"l": [1]}, {"l": [2, 3]}], [1, 2, 3]),
            (Gathering(how="vote", field="v"), [{"v": "x"}, {"v": "y"}, {"v": "y"}], "y"),
            (Gathering(field="v"), {"p": {"v": 1}, "q": {"v": 2}}, {"p": 1, "q": 2}),
            (Gathering(how="expression", expression="size(outputs)"), [1, 2, 3], 3),
        ],
    )
    def test_outputs_become_one_value(self, how: Gathering, outputs: Any, made: Any) -> None:
        assert made_of(how, outputs, {})[0] == made

    @pytest.mark.parametrize("how", [Gathering(how="merge"), Gathering(how="concat"), Gathering(field="nowhere")])
    def test_outputs_that_cannot_become_one_say_why(self, how: Gathering) -> None:
        with pytest.raises(NodeFailed):
            made_of(how, [7], {})


class TestNesting:
    def test_a_loop_inside_a_list_inside_a_loop_keeps_its_rounds_apart(self) -> None:
        inner = loop("inner", given("do", at="${item}", n="${iteration}"), max_iterations=2)
        scan = {"id": "scan", "type": "work_in_parallel", "for_each": "${inputs.n}", "step": inner}
        story = Story(loop("outer", scan, max_iterations=2), inputs={"n": ["p", "q"]}).started()
        for outer in (1, 2):
            for round_ in (1, 2):
                names = [f"outer.{outer}.scan.{item}.inner.{round_}.do" for item in (0, 1)]
                assert [story.dispatched(name).steps[0].inputs["n"] for name in names] == [round_, round_]
                story.completes(*names).goes_on()
        assert settled(story, "outer").output == [{"by": "do"}, {"by": "do"}]

    def test_a_step_inside_that_may_fail_does_not_fail_what_is_around_it(self) -> None:
        story = Story(loop("edit", step("try_it", on_failure="continue"), given("then", ok="${steps.try_it.failed}"),
                           max_iterations=1)).started()  # fmt: skip
        story.fails("edit.1.try_it").goes_on()
        assert story.dispatched("edit.1.then").steps[0].inputs == {"ok": True}


class TestConditions:
    def test_a_step_whose_condition_is_false_is_skipped_and_what_follows_sees_no_output(self) -> None:
        story = Story(step("a", when="inputs.yes"), given("b", a="${steps.a.output}"), inputs={"yes": False})
        assert story.goes_on()[-2:] == ["StepSettled a", *dispatches("b")]
        assert story.dispatched("b").steps[0].inputs == {"a": None}

    def test_a_condition_that_is_no_truth_value_fails_the_step(self) -> None:
        story = Story(step("a", when="inputs.yes"), inputs={"yes": 7}).started()
        assert isinstance(story.last(), TaskFailed)
        assert settled(story, "a").kind == "bad_condition"
