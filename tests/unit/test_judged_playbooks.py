"""What an author may say of quality: checked before the run, part of the plan, of its figures and of its pictures."""

import json
from typing import Any, ClassVar

import jsonschema_rs
import pytest
from pydantic import ValidationError
from wrenchai_contracts.errors import PlaybookRejected
from wrenchai_contracts.events import PlaybookRegistered, TaskRequested
from wrenchai_contracts.judging import Costs
from wrenchai_contracts.plan import Approval, Gate, PlannedJourney, PlannedVersus, maker_of
from wrenchai_contracts.playbook import Playbook
from wrenchai_contracts.spending import Spending
from wrenchai_gateway.plan_outline import certain_leaves, outline_of
from wrenchai_language.calls import calls_of
from wrenchai_language.compilation import compile_plan
from wrenchai_language.editor_schema import editor_schema
from wrenchai_language.estimate import Known, estimate_of
from wrenchai_language.plan_tree import tree_of
from wrenchai_language.playbook_check import problems
from wrenchai_language.playbook_yaml import read_playbook
from wrenchai_language.secret_mentions import secret_problems
from wrenchai_language.spans import Span
from wrenchai_orchestrator.staffing import staffed_for

from tests.samples import TASK
from tests.unit.task_story import fan, step
from tests.unit.test_playbook_check_types import TOOLS, found, look
from tests.unit.test_staffing import catalogue, tool

STYLE = {"name": "style", "use": "check", "with": {"of": "${result}"}}


def book(*steps: dict[str, Any], **playbook: object) -> Playbook:
    return Playbook.model_validate({"name": "book", "steps": list(steps), **playbook})


def gate_of(**quality: object) -> Gate:
    (node,) = compile_plan(book(step("a", quality=quality or True))).nodes
    assert node.gate is not None
    return node.gate


class TestThePlan:
    def test_true_is_a_gate_as_is_usual(self) -> None:
        assert gate_of() == Gate()

    def test_a_judge_is_a_journey_of_its_own_named_by_the_author(self) -> None:
        (judge,) = gate_of(judges=[STYLE | {"judge": "prose", "scale": "tests", "version": "7"}]).judges
        assert (judge.name, judge.judge, judge.family, judge.scale, judge.version) == (
            "style", "prose", "prose", "tests", "7",
        )  # fmt: skip
        (asking,) = judge.body
        assert isinstance(asking, PlannedJourney)
        assert (asking.id, asking.role, asking.steps[0].tool) == ("style", "worker", "check")

    def test_what_a_gate_does_not_say_of_costs_is_the_playbook_s(self) -> None:
        plan = compile_plan(book(step("a", quality={"costs": {"human": 5}}), quality={"costs": {"retry": 2}}))
        assert plan.costs == Costs(retry=2)
        assert plan.nodes[0].gate is not None
        assert plan.nodes[0].gate.costs == Costs(retry=2, human=5)

    def test_costs_that_are_said_stand_over_what_the_bar_amounts_to(self) -> None:
        assert compile_plan(book(step("a"), quality={"accept_above": 0.9})).costs == Costs(human=1)
        assert compile_plan(book(step("a"), quality={"accept_above": 0.9, "costs": {"human": 4}})).costs == Costs(
            human=4
        )

    def test_a_gated_step_is_run_by_itself(self) -> None:
        nodes = compile_plan(book(step("a"), step("b", quality=True), step("c"))).nodes
        assert [node.id for node in nodes] == ["a", "b", "c"]
        assert [node.id for node in compile_plan(book(step("a"), step("b"), step("c"))).nodes] == ["a"]

    def test_who_is_asked_about_the_whole_is_part_of_it(self) -> None:
        plan = compile_plan(book(step("a"), quality={"escalation": "ask", "approval": {"need": 2}}))
        assert (plan.escalation, plan.approval) == ("ask", Approval(need=2))

    def test_a_judge_never_counts_as_who_made_the_work(self) -> None:
        plan = compile_plan(book(fan("all", step("x"), step("y"), quality={"judges": [STYLE]})))
        made = maker_of(plan.nodes)
        assert made is not None
        assert made.id == "y"

    def test_an_old_plan_has_no_gates_and_costs_as_its_bar_says(self) -> None:
        plan = compile_plan(book(step("a"))).model_copy(update={"costs": None, "accept_above": 0.8})
        assert plan.weights == Costs(human=2.0)

    def test_a_playbook_is_read_again_as_it_was_registered(self) -> None:
        written = book(step("a", quality=True), step("b", quality={"judges": [STYLE], "costs": {"human": 1}}))
        recorded = PlaybookRegistered(digest=written.digest(), playbook=written).model_dump_json(exclude_defaults=True)
        assert PlaybookRegistered.model_validate_json(recorded).playbook == written


class TestTheCheck:
    @pytest.mark.parametrize(
        ("asked", "place", "reason"),
        [
            ({"use": "nothing"}, "steps.0.quality.judges.0.tool", "no tool is called 'nothing'"),
            ({"use": "read", "with": {"page": "${result.front}", "x": 1}}, "steps.0.quality.judges.0.with.x", "no 'x'"),
            ({"use": "look", "with": {"x": "${result.no}"}}, "steps.0.quality.judges.0.with.x", "no 'no'"),
            ({"use": "look", "with": {"x": "${steps.c.output.y}"}}, "steps.0.quality.judges.0.with.x", "need not have"),
            ({"use": "look", "role": "nobody"}, "steps.0.quality.judges.0.role", "no role is called 'nobody'"),
            ({"use": "look", "name": "c"}, "steps.1.id", "another step is called 'c'"),
        ],
    )
    def test_a_judge_is_looked_at_as_a_step_is(self, asked: dict[str, Any], place: str, reason: str) -> None:
        gated = {"id": "b", "tool": "build", "with": {"name": "site"}, "quality": {"judges": [{"name": "j"} | asked]}}
        told = found(gated, look("c"))
        assert [reason in why for at, why in told.items() if at == place] == [True], told

    def test_what_it_is_given_may_be_what_was_made(self) -> None:
        judge = {"name": "j", "use": "look", "with": {"url": "${result.url}", "title": "${inputs.title}"}}
        assert found({"id": "b", "tool": "build", "with": {"name": "x"}, "quality": {"judges": [judge]}}) == {}

    def test_nobody_sees_what_a_judge_gives(self) -> None:
        gated = {"id": "b", "tool": "look", "quality": {"judges": [{"name": "j", "use": "look"}]}}
        (reason,) = found(gated, look("c", "steps.j.output.x")).values()
        assert "may not be asked at all" in reason

    def test_what_only_waits_is_not_judged(self) -> None:
        waits = {"id": "w", "wait_for": {"signal": "go"}, "quality": True}
        process = {
            "id": "p",
            "type": "process",
            "operations": [{"id": "x", "wait_for": {"time": "1h"}}],
            "quality": True,
        }
        assert set(found(waits, process)) == {"steps.0.quality", "steps.1.quality"}

    def test_a_question_names_what_is_there(self) -> None:
        gated = {"id": "b", "tool": "look", "quality": {"approval": {"title": "Is ${inputs.titel} good?"}}}
        assert set(found(gated)) == {"steps.0.quality.approval.title"}

    def test_it_says_where_in_the_text_by_the_author_s_own_words(self) -> None:
        text = (
            "name: book\nsteps:\n  - id: a\n    tool: look\n    quality:\n      judges:\n"
            "        - {name: a, use: nothing}\n"
        )
        with pytest.raises(PlaybookRejected) as rejected:
            read_playbook(text.encode(), file="book.yaml", tools=TOOLS)
        told = {problem.field: (problem.line, problem.column) for problem in rejected.value.problems}
        assert told == {
            "steps.0.quality.judges.0.use": (7, 21),
            "steps.0.quality.judges.0.name": (7, 12),
        }

    def test_the_question_about_the_whole_may_name_inputs_alone(self) -> None:
        asked = (
            "name: b\nquality: {escalation: ask, approval: {title: '${steps.a.output}'}}\nsteps: [{id: a, tool: x}]\n"
        )
        with pytest.raises(PlaybookRejected, match="only inputs can be named here"):
            read_playbook(asked.encode(), file="book.yaml")

    @pytest.mark.parametrize(
        "quality", [False, "yes", {"retries": 21}, {"judges": [{"name": "j"}]}, {"costs": {"x": 1}}]
    )
    def test_what_means_nothing_is_refused(self, quality: object) -> None:
        with pytest.raises(ValidationError):
            book(step("a", quality=quality))

    def test_who_is_asked_is_said_only_where_somebody_is(self) -> None:
        with pytest.raises(ValidationError, match="escalation: ask"):
            book(step("a"), quality={"approval": {}})


class TestTheTools:
    JUDGED = book(step("a", role="writer", quality={"judges": [STYLE]}), roles={"writer": {}})

    def test_those_of_judges_are_allocated_to_their_role(self) -> None:
        asked = TaskRequested(task_id=TASK, playbook_digest=self.JUDGED.digest())
        staffed = staffed_for(asked, catalogue(self.JUDGED, tools=(tool("noop"), tool("check"))))
        assert staffed.allocated.tools == {"writer": ("check@1", "noop@1")}

    def test_they_are_told_with_their_place(self) -> None:
        assert [(call.tool, call.place) for call in calls_of(self.JUDGED)] == [
            ("noop", ("steps", 0, "tool")), ("check", ("steps", 0, "quality", "judges", 0, "tool")),
        ]  # fmt: skip

    def test_a_task_that_wants_a_higher_bar_gets_the_costs_of_it_and_never_lower_ones(self) -> None:
        known = catalogue(judged := book(step("a"), quality={"costs": {"false_accept": 20, "human": 4}}))
        for wanted, human in ((0.9, 2.0), (0.7, 4.0)):
            asked = TaskRequested(task_id=TASK, playbook_digest=judged.digest(), constraints={"accept_above": wanted})
            assert staffed_for(asked, known).planned.plan.weights == Costs(false_accept=20, human=human)


class TestTheFigures:
    def test_goes_and_judges_are_in_the_bound_and_not_in_the_usual_time(self) -> None:
        once = {"retry": {"max_attempts": 1}, "timeout": 10}
        gated = step("a", **once, quality={"retries": 1, "judges": [STYLE | {"timeout": 5}]})
        most = {"check": Spending(calls=1, tokens=100)}
        made = estimate_of(compile_plan(book(gated)), Known(most, {"noop": 1.0, "check": 1.0}, lambda _: None))
        assert (made.calls, made.usually) == (Span(1, 8), Span(1, 1))
        assert made.tokens == Span(0, 600)

    def test_the_tree_shows_the_judges_and_how_often_it_may_be_done(self) -> None:
        gated = step("a", quality={"retries": 1, "judges": [STYLE], "approval": {"need": 2}})
        (line,) = tree_of(compile_plan(book(gated)))
        assert line.facts == ("judged: done again once at most", "where it is worth it, 2 people agree")
        assert [inner.id for inner in line.all()] == ["a", "style"]

    def test_the_outline_counts_judges_when_they_are_asked(self) -> None:
        plan = compile_plan(book(step("a", quality={"judges": [STYLE]})))
        nodes = json.loads(plan.model_dump_json(exclude_defaults=True))["nodes"]
        assert certain_leaves(nodes) == 1
        assert outline_of(nodes) == {"style": {"leaves": 1, "unplanned": True}}

    def test_editors_complete_it(self) -> None:
        validator = jsonschema_rs.validator_for(editor_schema({"check": "Looks.", "noop": "Nothing."}))
        good = step("a", quality={"judges": [STYLE], "costs": {"human": 3}})
        assert validator.is_valid({"name": "book", "steps": [good, step("b", quality=True)]})
        assert not validator.is_valid({"name": "book", "steps": [step("a", quality={"judge": []})]})


EITHER = {"id": "a", "any_of": ["build", "look"], "with": {"name": "site"}}


class TestAChoiceOfTools:
    def test_is_a_journey_of_its_own_that_calls_the_first_until_another_is_drawn(self) -> None:
        first, second = compile_plan(book({"id": "a", "any_of": ["noop", "other"]}, step("b"))).nodes
        assert isinstance(first, PlannedJourney)
        assert (first.any_of, first.steps[0].tool, second.id) == (("noop", "other"), "noop", "b")

    def test_each_of_them_takes_what_is_given_and_gives_what_is_named(self) -> None:
        assert found(EITHER) == {}
        assert found(EITHER, look("b", "steps.a.output.url")) == {}, "one of them may give it"
        told = found({"id": "a", "any_of": ["build", "read"], "with": {"name": "site"}})
        assert told == {
            "steps.0.with": "'page' is missing; the tool 'read' needs it",
            "steps.0.with.name": "the tool 'read' has no 'name'; it has: page",
        }

    def test_each_of_them_is_there_and_granted_to_the_role(self) -> None:
        assert set(found({"id": "a", "any_of": ["look", "nothing"]})) == {"steps.0.any_of.1"}
        made = book({"id": "a", "any_of": ["look", "build"], "role": "r"}, roles={"r": {"tools": ["look"]}})
        assert [".".join(map(str, place)) for place, _ in problems(made)] == ["steps.0.any_of.1"]

    @pytest.mark.parametrize("any_of", [["noop"], ["noop", "noop"], ["noop"] * 21])
    def test_is_one_of_two_or_more(self, any_of: list[str]) -> None:
        with pytest.raises(ValidationError):
            book({"id": "a", "any_of": any_of})

    def test_a_step_that_names_a_tool_too_is_refused(self) -> None:
        with pytest.raises(ValidationError, match="exactly one of"):
            book(step("a", any_of=["noop", "other"]))

    def test_all_are_allocated_and_told_of(self) -> None:
        made = book({"id": "a", "any_of": ["noop", "check"]})
        asked = TaskRequested(task_id=TASK, playbook_digest=made.digest())
        staffed = staffed_for(asked, catalogue(made, tools=(tool("noop"), tool("check"))))
        assert staffed.allocated.tools == {"worker": ("check@1", "noop@1")}
        (line,) = tree_of(compile_plan(made))
        assert line.tool == "noop or check"

    def test_the_dearest_of_them_is_in_the_bound(self) -> None:
        made = compile_plan(book({"id": "a", "any_of": ["noop", "check"], "retry": {"max_attempts": 1}}))
        known = Known({"check": Spending(calls=1, tokens=100)}, {"noop": 1.0, "check": 3.0}, lambda _: None)
        assert (estimate_of(made, known).tokens, estimate_of(made, known).usually) == (Span(0, 100), Span(1, 3))

    def test_a_secret_is_given_only_where_each_of_them_keeps_it(self) -> None:
        secret = {"type": "object", "properties": {"key": {"type": "string", "writeOnly": True}}}
        made = book({"id": "a", "any_of": ["look", "build"], "with": {"name": "${inputs.key}"}}, inputs=secret)
        assert [place for place, _ in secret_problems(made, TOOLS)] == [("steps", 0, "with", "name")] * 2

    def test_editors_complete_it(self) -> None:
        validator = jsonschema_rs.validator_for(editor_schema({"check": "Looks.", "noop": "Nothing."}))
        assert validator.is_valid({"name": "book", "steps": [{"id": "a", "any_of": ["noop", "check"]}]})


class TestAContest:
    CONTEST: ClassVar[dict[str, Any]] = {
        "id": "c",
        "type": "versus",
        "evaluation_criteria": {"good": 1},
        "competitors": [look("x"), look("y")],
        "judge": {"id": "j", "tool": "judge", "with": {"e": "${entries}"}},
    }

    def test_is_won_by_all_that_is_known_unless_the_author_says_otherwise(self) -> None:
        for said, pick in (({}, "posterior"), ({"pick": "totals"}, "totals")):
            (node,) = compile_plan(book(self.CONTEST | said)).nodes
            assert isinstance(node, PlannedVersus)
            assert node.pick == pick

    def test_of_an_older_plan_is_won_by_the_scores(self) -> None:
        (node,) = compile_plan(book(self.CONTEST | {"pick": "totals"})).nodes
        assert "pick" not in json.loads(node.model_dump_json(exclude_defaults=True))

    def test_tells_what_was_thought_of_each(self) -> None:
        assert found(self.CONTEST, look("z", "steps.c.output.standings.x.probability")) == {}
        by_scores = self.CONTEST | {"pick": "totals"}
        assert found(by_scores, look("z", "steps.c.output.standings.x.probability")) != {}
