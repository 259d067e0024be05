"""Random plans under random commands, failures, doubled and late news: what must hold whatever happens."""

import random
from collections import Counter
from typing import Any

import pytest
from hypothesis import HealthCheck, settings
from hypothesis import strategies as st
from hypothesis.stateful import RuleBasedStateMachine, initialize, invariant, precondition, rule
from wrenchai_contracts.events import (
    TASK_ENDS,
    ApprovalDecided,
    ChoiceOffered,
    EntriesScored,
    ExecutionEvaluated,
    JourneyCancelled,
    JourneyCompleted,
    JourneyDispatched,
    JourneyFailed,
    JourneyPaused,
    JourneyResumed,
    JourneysStopped,
    LimitsExtended,
    PlaybookRegistered,
    QuestionAnswered,
    ResultOffered,
    RoundEvaluated,
    SignalReceived,
    StepRepeated,
    StepRetryRequested,
    StepSkipRequested,
    TaskCancellationRequested,
    TaskPaused,
    TaskRequested,
    TaskResumed,
    ToolRegistered,
)
from wrenchai_contracts.plan import Plan
from wrenchai_contracts.playbook import Playbook
from wrenchai_contracts.spending import Limits, Spending
from wrenchai_contracts.subjects import evaluation_stream, journey_stream, round_stream
from wrenchai_language.calls import calls_of
from wrenchai_language.compilation import compile_plan
from wrenchai_language.playbook_check import problems
from wrenchai_orchestrator.judgements import QUALITY
from wrenchai_orchestrator.staffing import Catalogue

from tests.samples import TASK
from tests.simulation.promises import broken_promises
from tests.simulation.random_plans import random_nested_playbook
from tests.unit.task_story import Story
from wrenchai.invariants import task_violations

MOST_TOKENS = 10
"""What one call may cost."""

CAP = 60

WISHES = ("pause", "resume", "cancel", "retry", "skip", "signal", "extend")


class RandomStory(Story):
    """A task of a random playbook with a budget of tokens."""

    def __init__(self, seed: int) -> None:
        self.chance = random.Random(seed)
        raw = random_nested_playbook(self.chance, "book", deepest=3).model_dump(by_alias=True, exclude_defaults=True)
        capped = {"budget": {"tokens": CAP}} if self.chance.random() < 0.3 else {}
        asking = {"quality": {"escalation": self.chance.choice(("ask", "complete"))}}
        self.book = Playbook.model_validate(_costing(_judged(raw, self.chance)) | capped | asking)
        assert problems(self.book) == []
        self.catalogue = Catalogue()
        for tool in sorted({call.tool for call in calls_of(self.book)}):
            self.catalogue.learn(ToolRegistered(name=tool, version="1", inputs={}, outputs={}))
        self.catalogue.learn(PlaybookRegistered(digest=self.book.digest(), playbook=self.book))
        self.events, self.origin, self.now = [], None, Story.NOW
        self.plan_made: Plan = compile_plan(self.book)
        inputs = {"items": [{"n": n} for n in range(self.chance.randint(0, 3))], "number": self.chance.randint(0, 6)}
        self.record(TASK, TaskRequested(task_id=TASK, playbook_digest=self.book.digest(), inputs=inputs))

    def output(self) -> dict[str, Any]:
        """What any step may come to: it is a review, a judgement and a list of parts as well."""
        severity = self.chance.choice(("info", "major"))
        scores = {f"n{n}": {"good": self.chance.random()} for n in range(200)}
        return {"findings": [{"severity": severity, "message": "m"}], "scores": scores}


def _costing(raw: Any) -> Any:
    """The same playbook, each of its tool calls with a price."""
    if isinstance(raw, list | tuple):
        return [_costing(item) for item in raw]
    if not isinstance(raw, dict):
        return raw
    calls = ("tool" in raw and "id" in raw) or "any_of" in raw or "use" in raw
    priced = {"cost": {"tokens": MOST_TOKENS}} if calls else {}
    return {key: _costing(value) for key, value in raw.items()} | priced


def _judged(raw: Any, chance: random.Random) -> Any:
    """The same playbook, some of its steps with a gate, some with a choice of tools, some contests with a draw."""
    if isinstance(raw, list | tuple):
        return [_judged(item, chance) for item in raw]
    if not isinstance(raw, dict):
        return raw
    found = {key: _judged(value, chance) for key, value in raw.items()}
    if "id" in raw and chance.random() < 0.3:
        judges = [
            {"name": f"{raw['id']}_{n}", "use": "look", "with": {"r": "${result}"}} for n in range(chance.randint(0, 2))
        ]
        found["quality"] = {"retries": chance.randint(0, 2), "judges": judges}
    if "id" in raw and "tool" in raw and chance.random() < 0.2:
        found["any_of"] = [found.pop("tool"), "other"]
    if raw.get("type") == "versus":
        found |= {"pick": chance.choice(("posterior", "totals"))}
        found |= {"most": 2} if len(raw["competitors"]) > 2 and chance.random() < 0.5 else {}
    return found


class RandomTask(RuleBasedStateMachine):
    """Workers, people and chance around one task; the orchestrator decides after everything that happens."""

    @initialize(seed=st.integers(0, 10**6))
    def begins(self, seed: int) -> None:
        self.story = RandomStory(seed)
        self.chance = self.story.chance
        self.decides()

    def decides(self) -> None:
        """Decide until nothing follows; deciding once more on the same state says nothing."""
        for _ in range(50):
            if not self.story.goes_on():
                return
        pytest.fail("the orchestrator does not come to rest")

    def running(self) -> list[str]:
        return sorted(self.story.task.journeys.running)

    def at_work(self) -> list[str]:
        """Journeys that a worker has."""
        return [name for name, one in sorted(self.story.task.journeys.running.items()) if one.paused is None]

    @property
    def over(self) -> bool:
        return self.story.task.ended

    # --- workers -----------------------------------------------------------------------------------------

    @rule(pick=st.integers(0, 999), how=st.sampled_from(["well", "badly"]), tokens=st.integers(0, MOST_TOKENS))
    def a_journey_ends(self, pick: int, how: str, tokens: int) -> None:
        names = self.at_work()
        if names and not self.over:
            self.end(names[pick % len(names)], good=how == "well", tokens=tokens)
            self.decides()

    @rule(pick=st.integers(0, 999))
    def a_worker_obeys_a_stop(self, pick: int) -> None:
        told = [name for name in self.at_work() if self.must_stop(name)]
        if told and not self.over:
            name = told[pick % len(told)]
            self.story.record(journey_stream(TASK, name), JourneyCancelled(journey=name))
            self.decides()

    @rule(pick=st.integers(0, 999), why=st.sampled_from(["paused", "question", "budget"]))
    def a_worker_lets_go(self, pick: int, why: str) -> None:
        task = self.story.task
        names = [n for n in self.at_work() if task.journeys.running[n].dispatched.undoes is None]
        if why == "budget":
            names = [name for name in names if name in task.journeys.reserved]
        if names and not self.over:
            name = names[pick % len(names)]
            step = task.journeys.running[name].dispatched.steps[-1].id
            paused = JourneyPaused.model_validate({"journey": name, "step": step, "why": why, "spent": Spending()})
            self.story.record(journey_stream(TASK, name), paused)
            self.decides()

    def end(self, name: str, *, good: bool, tokens: int) -> None:
        dispatched = self.story.task.journeys.running[name].dispatched
        spent = Spending(calls=len(dispatched.steps), tokens=min(tokens, MOST_TOKENS))
        if good:
            outputs = {step.id: self.story.output() for step in dispatched.steps}
            ended = JourneyCompleted(journey=name, outputs=outputs, final=dispatched.final, spent=spent)
            self.story.record(journey_stream(TASK, name), ended)
        else:
            last = dispatched.steps[-1].id
            failed = JourneyFailed(journey=name, step=last, reason="broke", kind="broken", spent=spent)
            self.story.record(journey_stream(TASK, name), failed)

    def must_stop(self, name: str) -> bool:
        task = self.story.task
        if task.journeys.running[name].dispatched.undoes is not None:
            return False
        return task.asked.cancelled is not None or task.aborted is not None or name in task.journeys.stopped

    @rule()
    def the_inspector_judges(self) -> None:
        self.judge()
        self.decides()

    @rule()
    def the_inspector_answers(self) -> None:
        self.answer(0.7)
        self.decides()

    def answer(self, share: float) -> None:
        """What it was offered, as far as it comes to it."""
        task = self.story.task
        said, choices = task.judgements, task.choices
        for path in [path for path in said.offered if said.word_on(path) is None]:
            if self.chance.random() < share:
                self.say(path)
        for path, offered in choices.offered.items():
            if path not in choices.drawn and self.chance.random() < share:
                names = [option.name for option in offered.options]
                self.story.is_drawn(path, *self.chance.sample(names, offered.most))
        for path, scored in choices.scored.items():
            if path not in choices.ranked and self.chance.random() < share:
                self.story.is_ranked(path, **{name: self.chance.uniform(0.1, 0.9) for name in scored.totals})

    def say(self, path: str) -> None:
        """Any word, also one that cannot be followed, and sometimes one that comes when nobody waits for it."""
        decision = self.chance.choice(("accept", "accept", "retry", "escalate", "reject", "ask_judge"))
        judges = [judge.name for judge in self.story.offered(path).judges]
        asks = self.chance.choice([*judges, "nobody"]) if decision == "ask_judge" else None
        self.story.is_said_of(path, decision, asks=asks)

    def judge(self) -> None:
        task = self.story.task
        done = any(isinstance(e.event, JourneyCompleted) and e.event.final for e in self.story.events)
        if (task.executed or done) and task.evaluation is None and not self.over:
            decision = self.chance.choice(("accept", "escalate", "reject"))
            facts = {"quality": 0.8, "interval": (0.7, 0.9), "decision": decision}
            self.story.record(evaluation_stream(TASK), ExecutionEvaluated.model_validate(facts))
        for path, opened in task.opened.items():
            last = opened.last_round
            if last is not None and last.delta is not None and not self.over:
                judged = RoundEvaluated(
                    step=path, round=last.round, quality=0.5, interval=(0.4, 0.6), improves=0.5, delta=last.delta
                )
                self.story.record(round_stream(TASK, path, last.round), judged)

    @rule(pick=st.integers(0, 99), decision=st.sampled_from(["approve", "reject", "change"]))
    def a_person_looks(self, pick: int, decision: str) -> None:
        task = self.story.task
        waits = [(path, one.event.wait) for path, one in sorted(task.opened.items()) if one.event.wait is not None]
        asked = [(path, wait) for path, wait in waits if wait.name == QUALITY]
        if asked and not self.over:
            path, wait = asked[pick % len(asked)]
            facts = {
                "step": path,
                "digest": wait.digest,
                "decision": decision,
                "change": {} if decision == "change" else None,
            }
            self.story.asks(ApprovalDecided.model_validate(facts), "ann")
            self.decides()

    # --- people ------------------------------------------------------------------------------------------

    @rule(
        what=st.sampled_from(["pause", "resume", "cancel", "retry", "skip", "signal", "extend"]),
        pick=st.integers(0, 99),
    )
    @precondition(lambda self: not self.over)
    def somebody_asks(self, what: str, pick: int) -> None:
        if what == "cancel" and pick > 20:
            return
        task = self.story.task
        waiting = [path for path, opened in task.opened.items() if opened.event.wait is not None]
        known = sorted({*task.opened, *task.journeys.running})
        match what:
            case "pause":
                self.story.asks(TaskPaused())
            case "resume":
                self.story.asks(TaskResumed())
            case "cancel":
                self.story.asks(TaskCancellationRequested())
            case "retry" if waiting:
                self.story.asks(StepRetryRequested(step=waiting[pick % len(waiting)]))
            case "skip" if known:
                self.story.asks(StepSkipRequested(step=known[pick % len(known)], output={"by": "hand"}))
            case "signal":
                self.story.asks(SignalReceived(name="go"))
            case "extend":
                self.story.asks(LimitsExtended(more=Limits(tokens=10)))
        self.decides()

    # --- news --------------------------------------------------------------------------------------------

    @rule(pick=st.integers(0, 10**6))
    def an_old_event_is_heard_again(self, pick: int) -> None:
        """Whoever hears an event twice decides as if it had been once."""
        task = self.story.task
        task.hear(self.story.events[pick % len(self.story.events)])
        assert [s.event for s in self.story.decide(task)] == [s.event for s in self.story.decided()]

    @rule(pick=st.integers(0, 10**6))
    def the_latest_events_are_read_again(self, pick: int) -> None:
        """Reading on from an earlier place changes nothing."""
        task = self.story.task
        for event in self.story.events[pick % len(self.story.events) :]:
            task.evolve(event)
        assert [s.event for s in self.story.decide(task)] == [s.event for s in self.story.decided()]

    # --- what must hold ----------------------------------------------------------------------------------

    @invariant()
    def it_ends_once_and_nothing_follows(self) -> None:
        ends = [n for n, e in enumerate(self.story.events) if isinstance(e.event, TASK_ENDS)]
        assert len(ends) <= 1
        if ends:
            assert not self.running()
            assert all(not isinstance(e.event, JourneyDispatched) for e in self.story.events[ends[0] :])

    @invariant()
    def nothing_is_dispatched_twice(self) -> None:
        asked = Counter(e.event.journey for e in self.story.events if isinstance(e.event, JourneyDispatched))
        assert not asked or max(asked.values()) == 1

    @invariant()
    def nothing_begins_after_a_cancellation_but_what_takes_back(self) -> None:
        called_off = False
        for recorded in self.story.events:
            called_off |= isinstance(recorded.event, TaskCancellationRequested)
            if called_off and isinstance(recorded.event, JourneyDispatched):
                assert recorded.event.undoes is not None
            if called_off:
                assert not isinstance(recorded.event, JourneyResumed)

    @invariant()
    def a_budget_is_exceeded_by_one_call_at_most(self) -> None:
        if self.story.plan_made.budget.tokens is None:
            return
        allowed = CAP
        spent = 0
        for recorded in self.story.events:
            if isinstance(recorded.event, LimitsExtended):
                allowed += recorded.event.more.tokens or 0
            if isinstance(recorded.event, JourneyDispatched) and recorded.event.undoes is None:
                assert recorded.event.reserved is not None
            cost = getattr(recorded.event, "spent", None)
            if isinstance(recorded.event, JourneyCompleted | JourneyFailed | JourneyCancelled) and cost is not None:
                spent += 0 if recorded.event.journey.endswith("~undo") else cost.tokens
                assert spent <= allowed + MOST_TOKENS

    @invariant()
    def a_step_is_repeated_only_as_often_as_its_plan_or_a_person_allows(self) -> None:
        asked = sum(isinstance(e.event, StepRetryRequested) for e in self.story.events)
        by_step = Counter(e.event.step for e in self.story.events if isinstance(e.event, StepRepeated))
        assert not by_step or max(by_step.values()) <= 1 + 2 + asked

    @invariant()
    def nothing_is_offered_twice(self) -> None:
        offers = Counter(
            (e.type, e.event.step, getattr(e.event, "number", 0))
            for e in self.story.events
            if isinstance(e.event, ResultOffered | ChoiceOffered | EntriesScored)
        )
        assert not offers or max(offers.values()) == 1

    @invariant()
    def what_is_judged_is_relied_on_only_when_it_stands(self) -> None:
        """And all else that a plan promises: order, limits, an end that the events justify."""
        assert broken_promises(self.story.events) == []

    @invariant()
    def who_is_told_to_stop_ran(self) -> None:
        begun = {e.event.journey for e in self.story.events if isinstance(e.event, JourneyDispatched)}
        told = {name for e in self.story.events if isinstance(e.event, JourneysStopped) for name in e.event.journeys}
        assert told <= begun

    def teardown(self) -> None:
        """Once chance has stopped, the task comes to its end."""
        if not hasattr(self, "story"):
            return
        if self.story.task.asked.paused and not self.over:
            self.story.asks(TaskResumed())
        for _ in range(3000):
            self.decides()
            if self.over:
                assert task_violations(self.story.events, settled=True) == []
                return
            self.help_on()
        task = self.story.task
        pytest.fail(f"it does not end: {sorted(task.opened)} open, {self.running()} running")

    def help_on(self) -> None:
        """Everybody does what is expected of them."""
        task = self.story.task
        self.judge()
        self.answer(1.0)
        for name, running in sorted(task.journeys.running.items()):
            if running.paused is not None and running.paused.why == "question":
                self.story.asks(QuestionAnswered(step=name, answer={}))
            elif running.paused is not None:
                self.story.asks(LimitsExtended(more=Limits(tokens=1000)))
            elif self.must_stop(name):
                self.story.record(journey_stream(TASK, name), JourneyCancelled(journey=name))
            else:
                self.end(name, good=True, tokens=1)
        for path, opened in task.opened.items():
            wait = opened.event.wait
            if wait is not None and wait.waits_for == "budget":
                self.story.asks(LimitsExtended(more=Limits(tokens=1000)))
            elif wait is not None and wait.digest is not None:
                decision = "reject" if wait.name == QUALITY and self.chance.random() < 0.3 else "approve"
                self.story.asks(ApprovalDecided(step=path, digest=wait.digest, decision=decision), "ann")
            elif wait is not None:
                self.story.asks(StepSkipRequested(step=path))


RandomTask.TestCase.settings = settings(
    max_examples=60, stateful_step_count=40, deadline=None, suppress_health_check=list(HealthCheck)
)
TestRandomTasks = RandomTask.TestCase
