"""Blocks, waits, pauses and effects of one task, folded from their events."""

from collections.abc import Iterable
from typing import Any

import pytest
from wrenchai_chassis.projection import Entry
from wrenchai_contracts.events import (
    ApprovalDecided,
    EffectClaimed,
    EffectResolved,
    EffectSettled,
    Event,
    JourneyCancelled,
    JourneyDispatched,
    JourneyPaused,
    JourneyResumed,
    JourneyReused,
    LimitsExtended,
    PlanCreated,
    Question,
    RoundEnded,
    StepCompleted,
    StepFailed,
    StepInterrupted,
    StepOpened,
    StepRepeated,
    StepSettled,
    StepStarted,
    TaskCancelled,
    TaskCompleted,
    TaskFailed,
    TaskPaused,
    TaskPrioritised,
    TaskRequested,
    TaskResumed,
    Wait,
)
from wrenchai_contracts.plan import (
    Approval,
    Node,
    Plan,
    PlannedFan,
    PlannedJourney,
    PlannedLoop,
    PlannedProcess,
    PlannedWait,
)
from wrenchai_contracts.spending import Limits, Spending
from wrenchai_contracts.views import TaskStatus, TaskView
from wrenchai_gateway.task_answers import progress_of, view_of
from wrenchai_gateway.task_fold import fold_on
from wrenchai_gateway.task_state import TaskFold

from tests.made_up_log import DIGEST, MadeUpLog, planned
from tests.samples import AT

TASK = "task_01jd3k0000"
ASKS = Wait(waits_for="approval", title="Publish it?", digest=DIGEST, approval=Approval(need=2))


def journey(step: str, *more: str) -> PlannedJourney:
    return PlannedJourney(id=step, role="worker", steps=planned(step, *more))


def begun(*nodes: Node, result_from: tuple[str, ...] = (), budget: Limits | None = None) -> MadeUpLog:
    plan = Plan(playbook="book", nodes=nodes, result_from=result_from, budget=budget or Limits())
    log = MadeUpLog().record(TASK, TaskRequested(task_id=TASK))
    return log.record(TASK, PlanCreated(plan=plan, digest=DIGEST, playbook_digest=DIGEST))


def dispatched(log: MadeUpLog, path: str, *steps: str, **more: Any) -> MadeUpLog:
    sent = JourneyDispatched(journey=path, role="worker", steps=planned(*steps), **more)
    return log.record(f"{TASK}/{path}", sent)


def ran(log: MadeUpLog, path: str, step: str, output: Any = None, **more: Any) -> MadeUpLog:
    dispatched(log, path, step, **more)
    log.record(f"{TASK}/{path}", StepStarted(step=step, attempt=1, tool="noop", worker="w"), after=1)
    return log.record(f"{TASK}/{path}", StepCompleted(step=step, attempt=1, output=output or {}, seconds=2), after=2)


def told(log: MadeUpLog, *events: Event) -> MadeUpLog:
    for event in events:
        log.record(TASK, event, after=1)
    return log


def folded(entries: Iterable[Entry]) -> TaskFold:
    task: TaskFold | None = None
    for entry in entries:
        task = fold_on(task, entry)
    assert task is not None
    return task


def header_of(log: MadeUpLog) -> dict[str, Any]:
    return folded(log.entries).header


def progress(log: MadeUpLog) -> list[float]:
    task: TaskFold | None = None
    seen = []
    for entry in log.entries:
        task = fold_on(task, entry)
        seen.append(progress_of(task.header))
    return seen


def shown(log: MadeUpLog) -> TaskView:
    task = folded(log.entries)
    return TaskView.model_validate(view_of(task.header, list(task.steps())))


def scan() -> PlannedFan:
    return PlannedFan(id="scan", body=(journey("look"),), for_each="${inputs.x}")


def test_a_block_is_a_row_with_its_count_its_rounds_and_its_verdict() -> None:
    loop = PlannedLoop(id="polish", body=(journey("edit"),), output_from="edit", max_rounds=3)
    log = told(begun(loop, result_from=("polish",)), StepOpened(step="polish", type="loop"))
    ran(log, "polish.1.edit", "edit", {"v": 1})
    told(log, RoundEnded(step="polish", round=1, output={"v": 1}))
    ran(log, "polish.2.edit", "edit", {"v": 2})
    told(log, RoundEnded(step="polish", round=2, output={"v": 2}, last="exit_condition"))
    told(log, StepSettled(step="polish", outcome="completed", output={"v": 2}, verdict={"rounds": 2}), TaskCompleted())
    view = shown(log)
    (row,) = [step for step in view.steps if step.type == "loop"]
    assert (row.journey, row.status, row.round, row.verdict) == ("polish", "completed", 2, {"rounds": 2})
    assert (view.result, view.metrics.steps_total, view.metrics.steps_completed) == ({"polish": {"v": 2}}, 2, 2)


def test_an_output_that_is_no_object_is_shown_as_a_value() -> None:
    log = told(begun(scan()), StepOpened(step="scan", type="fan", count=1))
    told(log, StepSettled(step="scan", outcome="completed", output=[1, 2]))
    (row,) = shown(log).steps
    assert (row.output, row.value) == (None, [1, 2])


def test_gathered_outputs_are_made_from_the_branches_in_the_order_of_items_with_holes_where_one_failed() -> None:
    log = told(begun(scan(), result_from=("scan",)), StepOpened(step="scan", type="fan", count=3))
    ran(log, "scan.2.look", "look", {"n": 2})
    ran(log, "scan.0.look", "look", {"n": 0})
    told(log, StepSettled(step="scan", outcome="completed", gathered=True), TaskCompleted())
    assert header_of(log)["result"] == {"scan": [{"n": 0}, None, {"n": 2}]}


def test_gathered_outputs_of_named_branches_are_by_branch_at_any_depth_and_of_the_last_go() -> None:
    inner = PlannedFan(id="pair", body=(journey("left"), journey("right", "after")))
    outer = PlannedFan(id="both", body=(inner, journey("alone")))
    log = told(begun(outer, result_from=("both",)), StepOpened(step="both", type="fan", count=2))
    told(log, StepOpened(step="both.pair", type="fan", count=2))
    ran(log, "both.pair.left", "left", {"go": 1})
    told(log, StepRepeated(step="both.pair.left", go=2))
    ran(log, "both.pair.left~2", "left", {"go": 2})
    dispatched(log, "both.pair.right", "right", "after")
    for step in ("right", "after"):
        log.record(f"{TASK}/both.pair.right", StepStarted(step=step, attempt=1, tool="noop", worker="w"))
        log.record(f"{TASK}/both.pair.right", StepCompleted(step=step, attempt=1, output={"of": step}))
    ran(log, "both.alone", "alone", {"a": 1})
    told(log, StepSettled(step="both.pair", outcome="completed", gathered=True))
    told(log, StepSettled(step="both", outcome="completed", gathered=True), TaskCompleted())
    assert header_of(log)["result"] == {
        "both": {"pair": {"left": {"go": 2}, "right": {"of": "after"}}, "alone": {"a": 1}}
    }


def test_what_takes_an_effect_back_is_no_result_and_no_progress() -> None:
    log = ran(begun(journey("send"), journey("next"), result_from=("send",)), "send", "send", {"sent": 1})
    before = header_of(log)["steps_completed"], progress(log)[-1]
    ran(log, "send~undo", "send", {"sent": 0}, undoes="send")
    told(log, TaskCompleted())
    assert (header_of(log)["steps_completed"], progress(log)[-2]) == before
    assert header_of(log)["result"] == {"send": {"sent": 1}}


def test_progress_never_goes_back_when_a_list_turns_out_to_be_long() -> None:
    log = ran(begun(journey("find"), scan(), journey("join")), "find", "find")
    told(log, StepOpened(step="scan", type="fan", count=50))
    for index in range(50):
        ran(log, f"scan.{index}.look", "look")
    ran(log, "join", "join")
    seen = progress(log)
    assert seen == sorted(seen)
    assert seen[-1] == 0.99
    assert header_of(log)["steps_total"] == 52


def test_a_list_of_unknown_length_is_not_taken_for_nothing() -> None:
    log = ran(begun(journey("find"), scan()), "find", "find")
    assert progress(log)[-1] == 0.5


def test_another_round_and_another_go_are_more_steps() -> None:
    loop = PlannedLoop(id="polish", body=(journey("edit"), journey("check")), output_from="edit", max_rounds=3)
    log = told(begun(loop), StepOpened(step="polish", type="loop"))
    assert header_of(log)["steps_total"] == 2
    told(log, RoundEnded(step="polish", round=1))
    assert header_of(log)["steps_total"] == 4
    ran(log, "polish.2.edit", "edit")
    told(log, StepRepeated(step="polish", go=2))
    assert header_of(log)["steps_total"] == 5


def test_a_step_that_mends_another_is_counted_when_it_begins() -> None:
    mended = journey("build").model_copy(update={"goes": 2, "fix": (journey("mend"),)})
    log = begun(PlannedProcess(id="make", body=(mended,)))
    assert header_of(log)["steps_total"] == 1
    ran(log, "make.build~fix.mend", "mend")
    assert (header_of(log)["steps_total"], header_of(log)["passed"]) == (2, 1)


def test_a_skipped_step_is_passed_over_and_its_output_is_the_one_given() -> None:
    log = told(begun(journey("a"), journey("b"), result_from=("a", "b")), StepSettled(step="a", outcome="skipped"))
    dispatched(log, "b", "b")
    log.record(f"{TASK}/b", JourneyCancelled(journey="b", reason="skipped"))
    told(log, StepSettled(step="b", outcome="skipped", output={"by": "hand"}), TaskCompleted())
    view = shown(log)
    assert {step.step: step.status for step in view.steps} == {"a": "skipped", "b": "skipped"}
    assert (view.result, view.metrics.steps_completed) == ({"b": {"by": "hand"}}, 0)


def test_a_task_in_which_only_a_wait_is_open_is_waiting_and_says_for_what() -> None:
    log = begun(journey("a"), PlannedWait(id="ok", waits_for="approval"))
    dispatched(log, "a", "a")
    told(log, StepOpened(step="ok", type="wait", wait=ASKS))
    assert header_of(log)["status"] == "running"
    log.record(f"{TASK}/a", StepStarted(step="a", attempt=1, tool="noop", worker="w"))
    log.record(f"{TASK}/a", StepCompleted(step="a", attempt=1))
    view = shown(log)
    assert (view.status, view.open_waits) == ("waiting", 1)
    assert view.message == "ok waits for 2 people to approve or reject it: Publish it?"
    told(log, StepSettled(step="ok", outcome="completed", output={"approved": True}))
    assert (shown(log).status, shown(log).open_waits) == ("running", 0)


@pytest.mark.parametrize(
    ("wait", "words"),
    [
        (Wait(waits_for="answer", title="Which?"), "w asks, answer it: Which?"),
        (Wait(waits_for="signal", name="go"), "w waits for the signal go, send it"),
        (Wait(waits_for="budget", title="no calls"), "w needs more than the budget has left, extend it: no calls"),
        (Wait(waits_for="decision", title="broke"), "w failed, retry or skip it: broke"),
        (Wait(waits_for="time"), "w waits until 2026-11-23T01:02:03.456789Z"),
    ],
)
def test_every_wait_says_what_to_do(wait: Wait, words: str) -> None:
    due = AT if wait.waits_for == "time" else None
    log = told(begun(PlannedWait(id="w", waits_for="answer")), StepOpened(step="w", type="wait", wait=wait, due=due))
    assert shown(log).message == words


def test_decisions_stand_on_the_wait_until_the_journey_begins_as_agreed() -> None:
    log = told(begun(journey("publish"), result_from=("publish",)), StepOpened(step="publish", type="wait", wait=ASKS))
    told(log, ApprovalDecided(step="publish", digest=DIGEST, decision="approve"))
    told(log, ApprovalDecided(step="publish", digest="cd" * 32, decision="approve"))
    wait = folded(log.entries).waits["publish"]
    assert [said["decision"] for said in wait["wait"]["decided"]] == ["approve"]
    ran(log, "publish", "publish", {"url": "x"}, approved=DIGEST)
    told(log, TaskCompleted())
    view = shown(log)
    assert [(step.type, step.status) for step in view.steps] == [("tool", "completed"), ("wait", "completed")]
    assert (view.result, view.open_waits) == ({"publish": {"url": "x"}}, 0)


def test_what_is_asked_anew_replaces_what_was_asked_before() -> None:
    log = told(begun(journey("publish")), StepOpened(step="publish", type="wait", wait=ASKS))
    told(log, StepOpened(step="publish", type="wait", wait=ASKS.model_copy(update={"digest": "cd" * 32})))
    assert header_of(log)["open_waits"] == 1


def test_a_failure_that_is_asked_about_is_over_when_the_step_is_done_again_or_skipped() -> None:
    asks = StepOpened(step="a", type="wait", wait=Wait(waits_for="decision"))
    log = dispatched(begun(journey("a"), result_from=("a",)), "a", "a")
    log.record(f"{TASK}/a", StepStarted(step="a", attempt=1, tool="noop", worker="w"))
    log.record(f"{TASK}/a", StepFailed(step="a", attempt=1, reason="no", kind="x"))
    told(log, asks)
    assert shown(log).status == "waiting"
    told(log, StepRepeated(step="a", go=2))
    assert (header_of(log)["open_waits"], header_of(log)["steps_total"]) == (0, 1)
    told(log, asks.model_copy(update={"step": "a~2"}))
    told(log, StepSettled(step="a~2", outcome="skipped", output={"v": 1}), TaskCompleted())
    assert (header_of(log)["open_waits"], header_of(log)["result"]) == (0, {"a": {"v": 1}})


def test_a_paused_task_is_paused_until_it_is_resumed_and_its_interrupted_attempt_is_no_failure() -> None:
    log = dispatched(begun(journey("a", "b")), "a", "a", "b")
    log.record(f"{TASK}/a", StepStarted(step="a", attempt=1, tool="noop", worker="w"))
    told(log, TaskPaused(at="now", reason="hold"))
    log.record(f"{TASK}/a", StepInterrupted(step="a", attempt=1, reason="paused", seconds=1))
    log.record(f"{TASK}/a", JourneyPaused(journey="a", step="a", why="paused"))
    view = shown(log)
    assert (view.status, view.paused, view.metrics.failed_attempts) == ("paused", True, 0)
    assert [step.status for step in view.steps] == ["paused", "paused"]
    told(log, TaskResumed())
    log.record(f"{TASK}/a", JourneyResumed(journey="a"))
    assert (shown(log).status, [step.status for step in shown(log).steps]) == ("running", ["pending", "pending"])


@pytest.mark.parametrize(
    ("paused", "waits_for"),
    [
        (JourneyPaused(journey="a", step="a", why="budget"), "budget"),
        (JourneyPaused(journey="a", step="a", why="question", question=Question(title="Which?")), "answer"),
        (JourneyPaused(journey="a", step="a", why="in_doubt", effect=f"{TASK}/a/a"), "effect"),
    ],
)
def test_a_journey_that_cannot_go_on_makes_its_task_wait(paused: JourneyPaused, waits_for: str) -> None:
    log = dispatched(begun(journey("a", "b")), "a", "a", "b").record(f"{TASK}/a", paused)
    view = shown(log)
    assert (view.status, view.open_waits) == ("waiting", 1)
    assert [step.status for step in view.steps] == ["waiting", "paused"]
    assert (view.steps[0].wait or {})["waits_for"] == waits_for
    log.record(f"{TASK}/a", JourneyResumed(journey="a"))
    assert (shown(log).open_waits, shown(log).steps[0].wait) == (0, None)


def test_an_effect_is_claimed_then_done_or_in_doubt_until_somebody_knows() -> None:
    key = f"{TASK}/a/a"
    log = dispatched(begun(journey("a")), "a", "a")
    log.record(f"{TASK}/a", StepStarted(step="a", attempt=1, tool="noop", worker="w"))
    log.record(f"{TASK}/a", EffectClaimed(key=key, step="a", attempt=1, tool="noop", digest=DIGEST))
    states = [(shown(log).steps[0].effect or {})["state"]]
    log.record(f"{TASK}/a", JourneyPaused(journey="a", step="a", why="in_doubt", effect=key))
    states.append((shown(log).steps[0].effect or {})["state"])
    told(log, EffectResolved(key=key, step="a", resolution="retry"))
    states.append((shown(log).steps[0].effect or {})["state"])
    log.record(f"{TASK}/a", EffectClaimed(key=key, step="a", attempt=2, tool="noop", digest=DIGEST))
    log.record(f"{TASK}/a", EffectSettled(key=key, step="a", outcome="done"))
    states.append((shown(log).steps[0].effect or {})["state"])
    assert states == ["claimed", "in_doubt", "not_done", "done"]


def test_what_was_spent_and_what_is_allowed_are_summed() -> None:
    log = dispatched(begun(journey("a", "b"), budget=Limits(calls=5)), "a", "a", "b")
    log.record(f"{TASK}/a", StepStarted(step="a", attempt=1, tool="noop", worker="w"))
    spent = Spending(calls=1, tokens=40, micros=7, seconds=1.5)
    log.record(f"{TASK}/a", StepFailed(step="a", attempt=1, reason="no", kind="x", retry_in=1, spent=spent))
    log.record(f"{TASK}/a", StepStarted(step="a", attempt=2, tool="noop", worker="w"))
    log.record(f"{TASK}/a", StepCompleted(step="a", attempt=2, seconds=2))
    told(log, LimitsExtended(more=Limits(calls=3, tokens=9)), TaskPrioritised(priority=7))
    view = shown(log)
    assert view.metrics.spent == Spending(calls=2, tokens=40, micros=7, seconds=3.5)
    assert (view.budget, view.priority) == (Limits(calls=8), 7)


def test_a_forked_task_shows_whose_results_it_uses() -> None:
    log = begun(journey("a"), journey("b"), result_from=("a",))
    told(log, JourneyReused(journey="a", origin="task_01jd3k0009", outputs={"a": {"v": 1}}), TaskCompleted())
    view = shown(log)
    assert (view.steps[0].reused_from, view.result) == ("task_01jd3k0009", {"a": {"v": 1}})


@pytest.mark.parametrize("end", [TaskFailed(reason="no", undone=("a",)), TaskCancelled(undone=("a",))])
def test_nothing_waits_in_a_task_that_has_ended(end: Event) -> None:
    log = told(begun(scan(), PlannedWait(id="ok", waits_for="approval")), StepOpened(step="scan", type="fan", count=0))
    told(log, StepOpened(step="ok", type="wait", wait=ASKS), end)
    view = shown(log)
    assert TaskStatus(view.status).ended
    assert ({step.status for step in view.steps}, view.open_waits, view.undone) == ({"cancelled"}, 0, ("a",))
