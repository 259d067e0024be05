"""What the view says of a task's judgements, and of what people said since."""

from typing import Any

import pytest
from wrenchai_contracts.events import ExecutionEvaluated, StepOpened, Wait
from wrenchai_contracts.plan import WHOLE_RESULT, Approval
from wrenchai_contracts.subjects import evaluation_stream, quality_stream
from wrenchai_contracts.views import TaskView
from wrenchai_gateway.task_answers import view_of
from wrenchai_gateway.task_projection import TaskProjection

from tests.learnt_stream import LearntStream
from tests.made_up_log import DIGEST, MadeUpLog, finished, requested
from tests.unit.quality.judged_story import TASK, a_judgement, judged_step, judged_task, spoken_of
from tests.unit.test_task_fold import folded
from tests.unit.test_task_projection import Tables


def viewed(log: MadeUpLog) -> TaskView:
    """The task as clients are shown it."""
    task = folded(log.entries)
    return TaskView.model_validate(view_of(task.header, list(task.steps())))


def rows_of(log: MadeUpLog, table: str) -> list[dict[str, Any]]:
    """The rows of one table after that log."""
    tables = Tables()
    tables.project(TaskProjection(), log.entries)
    return list(tables.rows[table].values())


def test_a_judgement_of_one_step_is_shown_on_it_and_is_no_word_on_the_task() -> None:
    view = viewed(judged_step(MadeUpLog()))
    assert view.quality is None
    judged = {step.journey: step.judged for step in view.steps if step.judged is not None}
    assert {path: (said.decision, said.quality) for path, said in judged.items()} == {
        "write": ("retry", 0.6),
        "write~2": ("accept", 0.9),
    }


def test_the_whole_shows_what_moved_it_what_could_be_done_and_whether_to_believe_it() -> None:
    quality = viewed(judged_task(MadeUpLog())).quality
    assert quality is not None
    assert [(one.judge, one.decibans) for one in quality.contributions] == [("tone", -1.737), ("links", 3.909)]
    assert (quality.prior, quality.losses["escalate"], quality.calibrated) == (0.7, 3.0, False)
    assert (quality.audit, quality.audited, quality.parts) == (0.25, True, {"write~2": 0.9})


def test_several_reports_of_one_judge_on_one_thing_are_told_as_one() -> None:
    log = requested(MadeUpLog(), TASK, "a")
    fourfold = a_judgement("accept").assessment
    assert fourfold is not None
    twice = fourfold.model_copy(update={"weighed": (*fourfold.weighed, *fourfold.weighed[:1])})
    log.record(evaluation_stream(TASK), a_judgement("accept", assessment=twice))
    quality = viewed(log).quality
    assert quality is not None
    assert quality.contributions[-1].decibans == pytest.approx(2 * 3.909, abs=0.002)


def test_what_is_as_always_in_a_judgement_is_filled_in() -> None:
    log = requested(MadeUpLog(), TASK, "a")
    log.record(evaluation_stream(TASK), ExecutionEvaluated(quality=0.5, interval=(0.1, 0.9), decision="accept"))
    quality = viewed(log).quality
    assert quality is not None
    assert (quality.level, quality.model, quality.reasons, quality.words) == (0.9, "beta-binomial/1", (), ())


def test_a_word_said_after_the_end_stands_beside_the_judgement_it_is_about() -> None:
    log = spoken_of(spoken_of(judged_task(MadeUpLog())), step="write~2", by="bob", verdict="good")
    view = viewed(log)
    assert view.quality is not None
    assert [(word.by, word.verdict, word.after) for word in view.quality.words] == [("ann", "bad", 0.15)]
    (step,) = (step for step in view.steps if step.journey == "write~2")
    assert step.judged is not None
    assert [word.by for word in step.judged.words] == ["bob"]
    assert view.status == "completed"


def test_a_word_on_what_was_never_judged_changes_nothing() -> None:
    log = finished(requested(MadeUpLog(), TASK, "a"), TASK, "a")
    assert all(step.judged is None for step in viewed(spoken_of(log, step="a")).steps)


def test_results_that_were_judged_by_evidence_have_a_row_each_with_how_often_a_judge_was_asked() -> None:
    rows = {row["path"]: row for row in rows_of(judged_task(MadeUpLog()), "judgement")}
    assert {path: (row["decision"], row["asked"], row["wants"]) for path, row in rows.items()} == {
        "write": ("retry", 0, None),
        "write~2": ("accept", 1, None),
        WHOLE_RESULT: ("accept", 0, "audit"),
    }
    assert (rows["write"]["expected"], rows["write"]["false_accept"]) == (1.5, 10.0)


def test_a_result_that_nobody_measured_has_no_row_unless_it_was_not_accepted() -> None:
    unmeasured = {"audit": None, "assessment": None, "losses": {}}
    for decision, expected in (("accept", []), ("escalate", ["escalation"])):
        log = requested(MadeUpLog(), TASK, "a").record(evaluation_stream(TASK), a_judgement(decision, **unmeasured))
        assert [row["wants"] for row in rows_of(log, "judgement")] == expected


def test_a_result_wants_a_word_until_somebody_has_spoken() -> None:
    log = judged_task(MadeUpLog())
    asked = [row["path"] for row in rows_of(log, "judgement") if row["wants"] and row["said"] is None]
    assert asked == [WHOLE_RESULT]
    said = [row for row in rows_of(spoken_of(log), "judgement") if row["wants"]]
    assert [row["said"] for row in said] == ["bad"]


def test_what_was_offered_beside_each_other_has_a_row() -> None:
    rows = rows_of(judged_task(MadeUpLog()), "choice")
    assert {(row["step"], row["kind"]): [one["name"] for one in row["options"]] for row in rows} == {
        ("write", "choice"): ["noop", "other"],
        ("contest", "contest"): ["one", "two"],
    }
    assert [one["pair"] for row in rows for one in row["options"] if row["kind"] == "contest"] == [
        "book/contest/one",
        "book/contest/two",
    ]


def test_a_task_whose_whole_result_a_person_is_asked_about_waits() -> None:
    log = judged_task(MadeUpLog())
    del log.sealed[-1]
    asks = Wait(waits_for="approval", name="quality", digest=DIGEST, approval=Approval(requester_may=True))
    log.record(TASK, StepOpened(step=WHOLE_RESULT, type="wait", wait=asks))
    assert viewed(log).status == "waiting"


def test_what_was_learnt_belongs_to_no_task() -> None:
    projection, log = TaskProjection(), MadeUpLog()
    for sealed in LearntStream().results(30).sealed:
        if sealed.stream == quality_stream("default"):
            log.sealed.append(sealed)
    assert log.sealed
    assert projection.missing(log.entries) == {}
    Tables().project(projection, log.entries)
    assert not projection.complaints()
