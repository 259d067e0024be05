"""A task as a document tells it: each line is what somebody does, or what is then to be found. Nothing else runs.

Whatever a person asks must be legal by the gateway's rules; whatever a tool does, its journey must be at work.
"""

import re
from collections.abc import Callable, Mapping
from datetime import datetime, timedelta
from functools import partial
from typing import Any

import yaml
from pydantic import TypeAdapter
from wrenchai_contracts.commands import (
    AnswerQuestion,
    DecideApproval,
    ExtendLimits,
    PauseTask,
    ResolveEffect,
    ResumeTask,
    RetryStep,
    SendSignal,
    SkipStep,
)
from wrenchai_contracts.events import (
    Event,
    JourneyCancelled,
    JourneyCompleted,
    JourneyDispatched,
    JourneyFailed,
    JourneyPaused,
    JourneyResumed,
    PlanAborted,
    PlanExecuted,
    PlaybookRegistered,
    Question,
    RoundEvaluated,
    StepSettled,
    TaskCancellationRequested,
    TaskCancelled,
    TaskCompleted,
    TaskFailed,
    TaskRequested,
    TimerFired,
    ToolRegistered,
    UndoBegan,
)
from wrenchai_contracts.paths import with_go
from wrenchai_contracts.playbook import Playbook
from wrenchai_contracts.shape import Seconds
from wrenchai_contracts.spending import Spending
from wrenchai_contracts.subjects import journey_stream, round_stream, timer_stream
from wrenchai_gateway.control_rules import Command, event_of, refusal
from wrenchai_gateway.control_state import ControlState
from wrenchai_language.input_schema import InputSchema
from wrenchai_language.shelf import Shelf
from wrenchai_orchestrator.decision import Step, decide
from wrenchai_orchestrator.nodes.values import shown
from wrenchai_orchestrator.staffing import Catalogue

from tests.samples import AT, TASK
from tests.unit.task_story import Story

REQUESTER = "requester"
_SECONDS: TypeAdapter[float] = TypeAdapter(Seconds)


class ToldStory(Story):
    """A task of a document's playbook. `tell` takes one line of it."""

    def __init__(self, book: Playbook, tools: Mapping[str, ToolRegistered], shelf: Shelf, inputs: Any) -> None:
        self.book, self.now, self.events, self.origin = book, AT, [], None
        self.catalogue = Catalogue()
        for tool in tools.values():
            self.catalogue.learn(tool)
        for inner in (*shelf.values(), book):
            self.catalogue.learn(PlaybookRegistered(digest=inner.digest(), playbook=inner))
        schema = InputSchema(book.inputs)
        given = schema.completed(inputs)
        assert schema.problems(given) == []
        self.record(TASK, TaskRequested(task_id=TASK, playbook_digest=book.digest(), inputs=given), REQUESTER)
        self.runs()

    def runs(self) -> None:
        """Everything that follows by itself."""
        while self.goes_on():
            pass

    def is_answered(self) -> None:
        """The inspector accepts what there is to judge, draws who stands first, and ranks by the scores."""
        while answers := [*self._accepted(), *self._chosen()]:
            for answer in answers:
                answer()
            self.runs()

    def _accepted(self) -> list[Callable[[], object]]:
        said = self.task.judgements
        offers = [path for path in said.offered if said.is_open(path) and said.word_on(path) is None]
        of_steps: list[Callable[[], object]] = [partial(self.is_said_of, path, "accept") for path in offers]
        return [*of_steps, partial(self.is_judged, "accept")] if self._is_to_be_judged() else of_steps

    def _chosen(self) -> list[Callable[[], object]]:
        choices = self.task.choices
        draws: list[Callable[[], object]] = [
            partial(self.is_drawn, path, *(option.name for option in offered.options[: offered.most]))
            for path, offered in choices.offered.items()
            if path not in choices.drawn
        ]
        scored = [(path, said) for path, said in choices.scored.items() if path not in choices.ranked]
        return [*draws, *(partial(self.is_ranked, path, **said.totals) for path, said in scored)]

    def decide(self, task: Any) -> list[Step]:
        task.know_begun({name for name in task.journeys.running if name in self._begun})
        return decide(task, self.catalogue, self.now)

    @property
    def _begun(self) -> set[str]:
        """Journeys of whose own streams more is on record than the dispatch."""
        return {event.stream.partition("/")[2] for event in self.events if event.version > 1}

    def _is_to_be_judged(self) -> bool:
        said = [event.event for event in self.events]
        done = any(isinstance(e, PlanExecuted) or (isinstance(e, JourneyCompleted) and e.final) for e in said)
        return done and self.task.evaluation is None and not self.is_over

    @property
    def is_over(self) -> bool:
        """Whether the task has ended."""
        return self.task.ended

    def tell(self, line: str) -> None:
        """One line: what it says is done, or must be so."""
        if not line.startswith(INSPECTOR):
            self.is_answered()
        for pattern, meant in MEANINGS:
            found = pattern.fullmatch(line)
            if found is not None:
                meant(self, **found.groupdict())
                self.runs()
                return
        message = f"nobody knows what this means: {line}"
        raise AssertionError(message)

    def asked(self, by: str, command: Command) -> None:
        """A person asks something of the task, and it is legal."""
        state = ControlState(TASK)
        for event in self.events:
            state.evolve(event)
        assert refusal(state, command, by=by, at=self.now) is None
        self.record(TASK, event_of(state, command), by)

    def of(self, journey: str, event: Event) -> None:
        """What becomes of a journey, which must be at work."""
        running = self.task.journeys.running
        assert journey in running, f"{journey} is not at work; at work are: {', '.join(running) or 'none'}"
        self.record(journey_stream(TASK, journey), event)

    def newest(self, kind: type[Event], **facts: Any) -> Any:
        """The last event of that kind that says so."""
        found = [e.event for e in self.events if isinstance(e.event, kind) and _says(e.event, facts)]
        assert found, f"no {kind.__name__} says {facts}"
        return found[-1]

    def result(self) -> dict[str, Any]:
        """The outputs of the steps that nothing comes after."""
        task, plan = self.task, self.plan().plan
        seen: dict[str, Any] = {}
        for node in plan.nodes:
            known = task.results.get(with_go(node.id, task.go_of(node.id)))
            seen |= {} if known is None else shown(node, "", known, task)
        return {step: seen[step]["output"] for step in plan.result_from if step in seen}


INSPECTOR = "the inspector"
"""What a line begins with that tells what the inspector says."""


def _says(event: Event, facts: Mapping[str, Any]) -> bool:
    return all(getattr(event, name) == value for name, value in facts.items())


# --- what tools do ----------------------------------------------------------------------------------------


def _is_asked(story: ToldStory, path: str, value: str) -> None:
    steps = story.newest(JourneyDispatched, journey=path).steps
    inputs = {step.id: step.inputs for step in steps}
    assert _read(value) == (steps[0].inputs if len(steps) == 1 else inputs)


def _gives(story: ToldStory, path: str, value: str, spent: str | None) -> None:
    dispatched = story.newest(JourneyDispatched, journey=path)
    given = _read(value)
    outputs = {dispatched.steps[0].id: given} if len(dispatched.steps) == 1 else given
    assert set(outputs) == {step.id for step in dispatched.steps}
    cost = None if dispatched.reserved is None else Spending.model_validate({"calls": 1} | _read(spent or "{}"))
    story.of(path, JourneyCompleted(journey=path, outputs=outputs, final=dispatched.final, spent=cost))


def _fails(story: ToldStory, path: str, kind: str | None, reason: str) -> None:
    step = story.newest(JourneyDispatched, journey=path).steps[-1].id
    story.of(path, JourneyFailed(journey=path, step=step, reason=reason, kind=kind or "tool_failed"))


def _stops(story: ToldStory, path: str) -> None:
    ends = any(isinstance(e.event, PlanAborted | TaskCancellationRequested) for e in story.events)
    assert ends or path in story.task.journeys.stopped, f"{path} was not told to stop"
    story.of(path, JourneyCancelled(journey=path))


def _rests(story: ToldStory, path: str) -> None:
    step = story.newest(JourneyDispatched, journey=path).steps[0].id
    story.of(path, JourneyPaused(journey=path, step=step, why="paused"))


def _asks(story: ToldStory, path: str, value: str) -> None:
    step = story.newest(JourneyDispatched, journey=path).steps[0].id
    question = Question.model_validate(_read(value))
    story.of(path, JourneyPaused(journey=path, step=step, why="question", question=question))


def _in_doubt(story: ToldStory, path: str) -> None:
    step = story.newest(JourneyDispatched, journey=path).steps[0].id
    story.of(path, JourneyPaused(journey=path, step=step, why="in_doubt", effect=f"{TASK}/{path}/{step}"))


def _goes_on(story: ToldStory, path: str, value: str | None) -> None:
    resumed = story.newest(JourneyResumed, journey=path)
    assert value is None or resumed.answer == _read(value)
    assert story.task.journeys.running[path].paused is None


def _improves(story: ToldStory, path: str, round: str, value: str) -> None:  # noqa: A002  # as it is said
    facts = {"quality": 0.5, "interval": (0.4, 0.6), "improves": float(value), "delta": 0.02}
    judged = RoundEvaluated.model_validate({"step": path, "round": int(round)} | facts)
    story.record(round_stream(TASK, path, int(round)), judged)


DECISIONS = {
    "is acceptable": "accept",
    "is to be done again": "retry",
    "should be looked at": "escalate",
    "is refused": "reject",
}


def _is_judged(story: ToldStory, path: str, word: str, reason: str | None) -> None:
    story.is_said_of(path, DECISIONS[word], reasons=(reason,) if reason else ())


def _asks_a_judge(story: ToldStory, path: str, judge: str) -> None:
    story.is_said_of(path, "ask_judge", asks=judge)


def _draws(story: ToldStory, path: str, names: str) -> None:
    story.is_drawn(path, *_read(f"[{names}]"))


def _ranks(story: ToldStory, path: str, value: str) -> None:
    story.is_ranked(path, **_read(value))


def _whole_is_escalated(story: ToldStory) -> None:
    story.is_judged("escalate")


# --- what people do ---------------------------------------------------------------------------------------


def _decides(story: ToldStory, by: str, verb: str, path: str, reason: str | None) -> None:
    wait = story.task.opened[path].event.wait
    assert wait is not None
    decision = {"approves": "approve", "rejects": "reject"}[verb]
    facts = {"step": path, "digest": wait.digest, "decision": decision, "reason": reason or ""}
    story.asked(by, DecideApproval.model_validate(facts))


def _changes(story: ToldStory, by: str, path: str, value: str) -> None:
    wait = story.task.opened[path].event.wait
    assert wait is not None
    facts = {"step": path, "digest": wait.digest, "decision": "change", "change": _read(value)}
    story.asked(by, DecideApproval.model_validate(facts))


def _answers(story: ToldStory, by: str, path: str, value: str) -> None:
    story.asked(by, AnswerQuestion(step=path, answer=_read(value)))


def _signals(story: ToldStory, by: str, path: str, value: str | None) -> None:
    story.asked(by, SendSignal(name=path, content=_read(value or "{}")))


def _skips(story: ToldStory, by: str, path: str, value: str | None) -> None:
    story.asked(by, SkipStep(step=path, output=_read(value or "null")))


def _retries(story: ToldStory, by: str, path: str) -> None:
    story.asked(by, RetryStep(step=path))


def _extends(story: ToldStory, by: str, value: str) -> None:
    story.asked(by, ExtendLimits.model_validate(_read(value)))


def _finds(story: ToldStory, by: str, resolution: str, path: str, value: str | None) -> None:
    step = story.newest(JourneyDispatched, journey=path).steps[0].id
    facts = {"key": f"{TASK}/{path}/{step}", "resolution": resolution, "output": _read(value or "null")}
    story.asked(by, ResolveEffect.model_validate(facts))


def _pauses(story: ToldStory, by: str) -> None:
    story.asked(by, PauseTask())


def _resumes(story: ToldStory, by: str) -> None:
    story.asked(by, ResumeTask())


def _cancels(story: ToldStory, by: str) -> None:
    story.record(TASK, TaskCancellationRequested(reason="cancelled"), by)


def _passes(story: ToldStory, value: str) -> None:
    """Time passes: whatever is due by then fires."""
    story.now += timedelta(seconds=_SECONDS.validate_python(value))
    task = story.task
    due: dict[str | None, datetime | None] = {path: opened.event.due for path, opened in task.opened.items()}
    due[None] = task.deadline
    for path, running in task.journeys.running.items():
        patience = running.dispatched.schedule_to_start
        due[path] = None if patience is None else AT + timedelta(seconds=patience)
    for waits, moment in due.items():
        if moment is not None and moment <= story.now:
            stream = timer_stream(TASK, waits, len(story.events))
            story.record(stream, TimerFired(step=waits, due=moment))


# --- what is to be found ----------------------------------------------------------------------------------


def _waits(story: ToldStory, path: str, what: str) -> None:
    wait = story.task.opened[path].event.wait
    assert wait is not None
    assert wait.waits_for == what


def _settled(story: ToldStory, path: str, outcome: str, kind: str | None, value: str | None) -> None:
    settled = story.newest(StepSettled, step=path)
    assert (settled.outcome, settled.kind) == (outcome, kind or "")
    assert value is None or _read(value).items() <= settled.verdict.items()


def _comes_to(story: ToldStory, path: str, value: str) -> None:
    assert story.newest(StepSettled, step=path).output == _read(value)


def _taken_back(story: ToldStory, value: str) -> None:
    assert list(story.newest(UndoBegan).journeys) == _read(value)


def _completed(story: ToldStory, value: str) -> None:
    story.newest(TaskCompleted)
    assert story.result() == _read(value)


def _failed(story: ToldStory, kind: str) -> None:
    assert story.newest(TaskFailed).kind == kind


def _cancelled(story: ToldStory) -> None:
    story.newest(TaskCancelled)


def _read(text: str) -> Any:
    return yaml.safe_load(text)


Meant = Callable[..., None]
_PATH = r"(?P<path>[a-z][a-z0-9_.~-]*)"
_BY = r"(?P<by>[a-z]+)"
_VALUE = r"(?P<value>[\[{].*)"
_WORDS = "|".join(DECISIONS)
_MAYBE = rf"(?: {_VALUE})?"
MEANINGS: tuple[tuple[re.Pattern[str], Meant], ...] = tuple(
    (re.compile(pattern), meant)
    for pattern, meant in (
        (rf"{_PATH} is asked {_VALUE}", _is_asked),
        (rf"{_PATH} gives (?P<value>\{{.*?\}})(?: and costs (?P<spent>\{{.*\}}))?", _gives),
        (rf"{_PATH} fails(?: \((?P<kind>\w+)\))?: (?P<reason>.*)", _fails),
        (rf"{_PATH} is told to stop, and stops", _stops),
        (rf"{_PATH} rests", _rests),
        (rf"{_PATH} asks {_VALUE}", _asks),
        (rf"{_PATH} is in doubt", _in_doubt),
        (rf"{_PATH} goes on(?: with {_VALUE})?", _goes_on),
        (
            rf"the inspector: another round of {_PATH} after (?P<round>\d+) improves it with (?P<value>[\d.]+)",
            _improves,
        ),
        (
            rf"the inspector: {_PATH} (?P<word>{_WORDS})(?:: (?P<reason>.*))?",
            _is_judged,
        ),
        (rf"the inspector asks (?P<judge>\w+) about {_PATH}", _asks_a_judge),
        (rf"the inspector draws (?P<names>[\w., ]+) for {_PATH}", _draws),
        (rf"the inspector ranks {_PATH} {_VALUE}", _ranks),
        (r"the inspector: somebody should look at the whole", _whole_is_escalated),
        (rf"{_BY} (?P<verb>approves|rejects) {_PATH}(?:: (?P<reason>.*))?", _decides),
        (rf"{_BY} approves {_PATH} with {_VALUE}", _changes),
        (rf"{_BY} answers {_PATH} {_VALUE}", _answers),
        (rf"{_BY} signals {_PATH}{_MAYBE}", _signals),
        (rf"{_BY} skips {_PATH}{_MAYBE}", _skips),
        (rf"{_BY} retries {_PATH}", _retries),
        (rf"{_BY} extends {_VALUE}", _extends),
        (rf"{_BY} says (?P<resolution>happened|retry|compensate) of {_PATH}{_MAYBE}", _finds),
        (rf"{_BY} pauses", _pauses),
        (rf"{_BY} resumes", _resumes),
        (rf"{_BY} cancels", _cancels),
        (r"(?P<value>\d+\w+) pass", _passes),
        (rf"{_PATH} waits for (?P<what>\w+)", _waits),
        (rf"{_PATH} is (?P<outcome>completed|failed|skipped)(?: \((?P<kind>\w+)\))?(?:: {_VALUE})?", _settled),
        (rf"{_PATH} comes to (?P<value>.*)", _comes_to),
        (rf"taken back: {_VALUE}", _taken_back),
        (rf"the task completed: {_VALUE}", _completed),
        (r"the task failed \((?P<kind>\w+)\)", _failed),
        (r"the task was cancelled", _cancelled),
    )
)
"""What each kind of line means, the first that fits."""
