"""Which commands are legal in which state: a truth table, and what a command becomes."""

from collections.abc import Callable
from datetime import timedelta
from typing import Any

import pytest
from wrenchai_contracts.commands import (
    AnswerQuestion,
    DecideApproval,
    ExtendLimits,
    PauseTask,
    PrioritiseTask,
    ResolveEffect,
    ResumeTask,
    RetryStep,
    SendSignal,
    SkipStep,
)
from wrenchai_contracts.envelope import Context, NewEvent, seal, unseal
from wrenchai_contracts.events import (
    ApprovalDecided,
    EffectResolved,
    Event,
    JourneyCompleted,
    JourneyDispatched,
    JourneyFailed,
    JourneyPaused,
    JourneyResumed,
    PlanAborted,
    PlanCreated,
    Question,
    QuestionAnswered,
    StepFailed,
    StepOpened,
    StepRepeated,
    StepRetryRequested,
    StepSettled,
    StepSkipRequested,
    StepStarted,
    TaskCancellationRequested,
    TaskCancelled,
    TaskCompleted,
    TaskFailed,
    TaskPaused,
    TaskPrioritised,
    TaskRequested,
    TaskResumed,
    UndoBegan,
    Wait,
)
from wrenchai_contracts.plan import Approval, Plan, PlannedFan, PlannedJourney, PlannedWait
from wrenchai_contracts.spending import Limits
from wrenchai_gateway.command_fields import field_problems
from wrenchai_gateway.control_rules import Command, event_of, legal, refusal, told_before
from wrenchai_gateway.control_state import ControlState

from tests.made_up_log import DIGEST, planned
from tests.samples import AT

TASK, OTHER = "task_01jd3k0000", "cd" * 32
KEY = f"{TASK}/send/send"
FORM = {"type": "object", "required": ["n"], "properties": {"n": {"type": "integer"}}}
LATER = AT + timedelta(hours=1)


class Story:
    """What was recorded of a task, by whom."""

    def __init__(self) -> None:
        self.state = ControlState(TASK)
        self._versions: dict[str, int] = {}
        self._position = 0

    def told(self, *events: Event, by: str = "requester", at: str = TASK) -> "Story":
        for event in events:
            version = self._versions[at] = self._versions.get(at, 0) + 1
            self._position += 1
            sealed = seal(NewEvent(at, version, event, Context(by, correlation=TASK)), AT)
            self.state.evolve(unseal(self._position, sealed.state))
        return self

    def journey(self, path: str, *events: Event) -> "Story":
        return self.told(*events, at=f"{TASK}/{path}")

    @property
    def position(self) -> int:
        return self._position


def plan() -> Plan:
    send = PlannedJourney(id="send", role="worker", steps=planned("send"))
    inner = PlannedWait(id="inner", waits_for="signal", name="deep", answer=FORM)
    return Plan(
        playbook="book",
        nodes=(
            send,
            PlannedWait(id="ask", waits_for="answer"),
            PlannedWait(id="ok", waits_for="approval"),
            PlannedFan(id="fan", body=(inner,)),
        ),
        budget=Limits(calls=5),
    )


def requested() -> Story:
    return Story().told(TaskRequested(task_id=TASK))


def running() -> Story:
    story = requested().told(PlanCreated(plan=plan(), digest=DIGEST, playbook_digest=DIGEST))
    return story.journey("send", JourneyDispatched(journey="send", role="worker", steps=planned("send")))


def waiting(waits_for: Any, step: str, **more: Any) -> Story:
    return running().told(StepOpened(step=step, type="wait", wait=Wait(waits_for=waits_for, **more)))


def asking(**approval: Any) -> Story:
    return waiting("approval", "ok", digest=DIGEST, approval=Approval(**approval))


def in_doubt() -> Story:
    return running().journey("send", JourneyPaused(journey="send", step="send", why="in_doubt", effect=KEY))


def failed() -> Story:
    return running().journey("send", JourneyFailed(journey="send", step="send", reason="no", kind="x"))


STATES: dict[str, Callable[[], Story]] = {
    "requested": requested,
    "running": running,
    "paused": lambda: running().told(TaskPaused()),
    "asking": lambda: waiting("answer", "ask", form=FORM),
    "questioning": lambda: running().journey(
        "send", JourneyPaused(journey="send", step="send", why="question", question=Question(title="?", form=FORM))
    ),
    "approving": asking,
    "in doubt": in_doubt,
    "out of budget": lambda: waiting("budget", "send", name="calls"),
    "failed step": failed,
    "deciding": lambda: failed().told(StepOpened(step="send", type="wait", wait=Wait(waits_for="decision"))),
    "retrying": lambda: running().journey(
        "send",
        StepStarted(step="send", attempt=1, tool="noop", worker="w"),
        StepFailed(step="send", attempt=1, reason="no", kind="x", retry_in=9.0),
    ),
    "cancelling": lambda: in_doubt().told(TaskCancellationRequested()),
    "stopping": lambda: running().told(PlanAborted(journey="send", reason="no")),
    "undoing": lambda: running().told(UndoBegan(journeys=("send",), reason="no")),
    "completed": lambda: running().told(TaskCompleted()),
    "failed": lambda: failed().told(TaskFailed(reason="no")),
    "cancelled": lambda: running().told(TaskCancelled()),
}
COMMANDS: dict[str, Command] = {
    "pause": PauseTask(),
    "resume": ResumeTask(),
    "retry": RetryStep(step="send"),
    "skip": SkipStep(step="send"),
    "signal": SendSignal(name="deep", content={"n": 1}),
    "answer": AnswerQuestion(step="ask", answer={"n": 1}),
    "answer of a tool": AnswerQuestion(step="send", answer={"n": 1}),
    "approval": DecideApproval(step="ok", digest=DIGEST, decision="approve"),
    "extend": ExtendLimits(calls=1),
    "prioritise": PrioritiseTask(priority=1),
    "effects": ResolveEffect(key=KEY, resolution="retry"),
}
ALWAYS = {"pause", "signal", "extend", "prioritise"}
LEGAL = {
    "requested": ALWAYS,
    "running": ALWAYS | {"skip"},
    "paused": ALWAYS | {"resume", "skip"},
    "asking": ALWAYS | {"skip", "answer"},
    "questioning": ALWAYS | {"skip", "answer of a tool"},
    "approving": ALWAYS | {"skip", "approval"},
    "in doubt": ALWAYS | {"effects"},
    "out of budget": ALWAYS | {"skip"},
    "failed step": ALWAYS | {"retry"},
    "deciding": ALWAYS | {"retry", "skip"},
    "retrying": ALWAYS | {"retry", "skip"},
    "cancelling": {"effects"},
    "stopping": set(),
    "undoing": set(),
    "completed": set(),
    "failed": set(),
    "cancelled": set(),
}


def refused(story: Story, command: Command, *, by: str = "somebody") -> str | None:
    return refusal(story.state, command, by=by, at=AT)


@pytest.mark.parametrize("state", STATES)
def test_what_is_legal_in_a_state_is_just_this(state: str) -> None:
    story = STATES[state]()
    assert {name for name, command in COMMANDS.items() if refused(story, command) is None} == LEGAL[state]


@pytest.mark.parametrize("state", STATES)
def test_what_a_state_says_is_legal_holds_every_command_that_it_allows(state: str) -> None:
    story = STATES[state]()
    named = {name.partition(" ")[0] for name in LEGAL[state]} - {"pause", "resume"}
    assert named <= set(legal(story.state)) | {"skip"}
    assert ("retry" in legal(story.state)) == (state in {"failed step", "deciding", "retrying", "failed"})


@pytest.mark.parametrize("state", [name for name in STATES if name not in {"completed", "failed", "cancelled"}])
def test_cancelling_is_legal_until_the_end(state: str) -> None:
    assert "cancel" in legal(STATES[state]().state)


@pytest.mark.parametrize(
    ("state", "name"),
    [
        ("requested", "requested"),
        ("paused", "paused"),
        ("undoing", "undoing"),
        ("stopping", "stopping"),
        ("failed", "failed"),
    ],
)
def test_a_state_has_a_name_for_people(state: str, name: str) -> None:
    assert STATES[state]().state.name == name


class TestApproval:
    def decide(self, story: Story, *, by: str = "ann", digest: str = DIGEST, decision: Any = "approve") -> str | None:
        return refused(story, DecideApproval(step="ok", digest=digest, decision=decision), by=by)

    def test_the_requester_may_not_unless_the_step_says_so(self) -> None:
        assert "asked for the task" in (self.decide(asking(), by="requester") or "")
        assert self.decide(asking(requester_may=True), by="requester") is None

    def test_only_those_who_are_named_may(self) -> None:
        assert "none of those" in (self.decide(asking(of=("bob",))) or "")
        assert self.decide(asking(of=("ann",))) is None

    def test_another_digest_is_another_thing(self) -> None:
        assert DIGEST in (self.decide(asking(), digest=OTHER) or "")

    @pytest.mark.parametrize("decision", ["approve", "reject", "change"])
    def test_what_is_decided_stays_decided(self, decision: Any) -> None:
        story = asking().told(ApprovalDecided(step="ok", digest=DIGEST, decision=decision, change={}), by="bob")
        assert "is decided" in (self.decide(story) or "")

    def test_the_same_person_counts_once_and_may_not_say_otherwise(self) -> None:
        story = asking(need=2).told(ApprovalDecided(step="ok", digest=DIGEST, decision="approve"), by="ann")
        approve = DecideApproval(step="ok", digest=DIGEST, decision="approve", reason="again")
        assert told_before(story.state, approve, by="ann") == story.position
        assert told_before(story.state, approve, by="bob") is None
        assert "otherwise before" in (self.decide(story, decision="reject") or "")
        assert self.decide(story, by="bob") is None

    def test_it_expires(self) -> None:
        opened = StepOpened(
            step="ok", type="wait", wait=Wait(waits_for="approval", digest=DIGEST, approval=Approval()), due=AT
        )
        assert "until" in (self.decide(running().told(opened)) or "")
        assert self.decide(running().told(opened.model_copy(update={"due": LATER}))) is None

    @pytest.mark.parametrize(
        "event",
        [
            StepSettled(step="ok", outcome="failed", kind="approval_expired"),
            StepOpened(step="ok", type="wait", wait=Wait(waits_for="approval", digest=OTHER, approval=Approval())),
        ],
    )
    def test_it_is_single_use(self, event: Event) -> None:
        assert self.decide(asking().told(event)) is not None

    def test_a_change_needs_inputs_and_nothing_else_has_any(self) -> None:
        change = DecideApproval(step="ok", digest=DIGEST, decision="change")
        assert [problem.field for problem in field_problems(asking().state, change)] == ["change"]
        assert not field_problems(asking().state, change.model_copy(update={"change": {"n": 1}}))
        approve = DecideApproval(step="ok", digest=DIGEST, decision="approve", change={"n": 1})
        assert [problem.field for problem in field_problems(asking().state, approve)] == ["change"]


@pytest.mark.parametrize(
    ("story", "command", "recorded"),
    [
        (running, PauseTask(at="boundary"), TaskPaused(at="now", reason="x")),
        (lambda: running().told(TaskPaused()), ResumeTask(), TaskResumed(reason="x")),
        (running, PrioritiseTask(priority=3), TaskPrioritised(priority=3)),
        (running, SkipStep(step="send", output=1), StepSkipRequested(step="send", output=1)),
        (STATES["asking"], AnswerQuestion(step="ask", answer={"n": 1}), QuestionAnswered(step="ask", answer={"n": 1})),
        (STATES["deciding"], RetryStep(step="send"), StepRetryRequested(step="send")),
        (in_doubt, COMMANDS["effects"], EffectResolved(key=KEY, step="send", resolution="retry")),
    ],
)
def test_asking_twice_is_asking_once(story: Callable[[], Story], command: Command, recorded: Event) -> None:
    once = story().told(recorded)
    assert told_before(once.state, command, by="somebody") == once.position


@pytest.mark.parametrize(
    ("story", "command", "recorded"),
    [
        (running, PauseTask(at="now"), TaskPaused(at="boundary")),
        (running, PrioritiseTask(priority=3), TaskPrioritised(priority=4)),
        (running, ExtendLimits(calls=1), TaskPaused()),
        (running, SendSignal(name="deep"), TaskPaused()),
    ],
)
def test_asking_for_something_else_is_asking_anew(
    story: Callable[[], Story], command: Command, recorded: Event
) -> None:
    once = story().told(recorded)
    assert told_before(once.state, command, by="somebody") is None
    assert refused(once, command) is None


@pytest.mark.parametrize(
    ("story", "command", "recorded"),
    [
        (STATES["asking"], AnswerQuestion(step="ask", answer={"n": 2}), QuestionAnswered(step="ask", answer={"n": 1})),
        (STATES["deciding"], SkipStep(step="send"), StepRetryRequested(step="send")),
        (STATES["deciding"], RetryStep(step="send"), StepSkipRequested(step="send")),
        (in_doubt, COMMANDS["effects"], EffectResolved(key=KEY, step="send", resolution="happened")),
        (running, SkipStep(step="send", output=2), StepSkipRequested(step="send", output=1)),
    ],
)
def test_what_was_said_cannot_be_said_otherwise(story: Callable[[], Story], command: Command, recorded: Event) -> None:
    assert refused(story().told(recorded), command) is not None


@pytest.mark.parametrize("step", ["ok", "fan"])
def test_an_outermost_step_may_be_skipped_before_it_begins(step: str) -> None:
    assert refused(running(), SkipStep(step=step)) is None


@pytest.mark.parametrize("step", ["fan.inner", "nowhere"])
def test_a_step_inside_others_cannot_be_skipped_before_it_begins(step: str) -> None:
    assert refused(running(), SkipStep(step=step)) is not None


def test_what_has_ended_is_neither_skipped_nor_tried_again() -> None:
    done = running().journey("send", JourneyCompleted(journey="send", outputs={"send": {}}))
    assert refused(done, SkipStep(step="send")) == "send is completed"
    assert refused(done, RetryStep(step="send")) == "send has not failed"


def test_a_step_that_is_done_again_asks_nothing_any_more() -> None:
    again = STATES["deciding"]().told(StepRepeated(step="send", go=2))
    assert not again.state.waits
    assert refused(again, RetryStep(step="send")) == "send has not failed"


def test_what_takes_an_effect_back_is_not_tried_again_on_request() -> None:
    story = running().journey("send~undo", JourneyFailed(journey="send~undo", step="send", reason="no", kind="x"))
    assert refused(story, RetryStep(step="send~undo")) is not None
    assert "retry" not in legal(story.state)


def test_a_journey_that_goes_on_asks_nothing_any_more() -> None:
    assert not in_doubt().journey("send", JourneyResumed(journey="send", resolution="retry")).state.waits


def test_more_is_added_to_what_is_limited_and_the_deadline_is_moved_from_where_it_is() -> None:
    event = event_of(running().state, ExtendLimits(calls=2, money=0.5, deadline=60))
    assert event.model_dump() == {
        "more": {"calls": 2, "tokens": None, "micros": 500_000, "seconds": None},
        "deadline": AT + timedelta(days=1, seconds=60),
        "reason": "",
    }
    state = running().told(event).state
    assert (state.budget, state.deadline) == (Limits(calls=7), AT + timedelta(days=1, seconds=60))


def test_a_deadline_cannot_be_moved_before_there_is_one() -> None:
    assert refused(requested(), ExtendLimits(deadline=60)) is not None


@pytest.mark.parametrize(
    ("command", "fields"),
    [
        (ExtendLimits(), [""]),
        (ExtendLimits(tokens=1), ["tokens"]),
        (ExtendLimits(calls=1, deadline=5), []),
        (SendSignal(name="nobody"), ["name"]),
        (SendSignal(name="deep", content={"n": "x"}), ["content.n"]),
        (SendSignal(name="deep", content={"n": 1}), []),
        (AnswerQuestion(step="ask", answer={}), ["answer"]),
        (AnswerQuestion(step="ask", answer={"n": 1}), []),
        (ResolveEffect(key=KEY, resolution="retry", output={}), ["output"]),
    ],
)
def test_wrong_fields_are_named(command: Command, fields: list[str]) -> None:
    assert [problem.field for problem in field_problems(STATES["asking"]().state, command)] == fields


def test_a_form_that_is_no_schema_asks_for_nothing() -> None:
    story = waiting("answer", "ask", form={"type": 7})
    assert field_problems(story.state, AnswerQuestion(step="ask", answer={"any": 1})) == []
