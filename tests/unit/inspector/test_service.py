"""The inspector over a log: each question is answered once, and each word of people teaches once."""

import asyncio
from collections.abc import AsyncIterator
from contextlib import suppress
from dataclasses import dataclass, field
from typing import Any

import pytest
from wrenchai_chassis.bell import Rung
from wrenchai_chassis.committer import Committer
from wrenchai_chassis.log import Stored, events_of
from wrenchai_chassis.memory_log import MemoryLog
from wrenchai_chassis.snapshots import MemorySnapshots
from wrenchai_contracts.envelope import Context, NewEvent, Recorded, seal
from wrenchai_contracts.events import (
    ApprovalDecided,
    ChoiceDrawn,
    ChoiceOffered,
    ContestEvaluated,
    EntriesScored,
    Event,
    EvidenceLearned,
    ExecutionEvaluated,
    ResultOffered,
    RoundEnded,
    RoundEvaluated,
    VerdictGiven,
    VerdictLearned,
    VerdictWeighed,
)
from wrenchai_contracts.subjects import quality_stream, verdict_stream
from wrenchai_inspector.service import Inspector

from tests.samples import AT, TASK
from tests.unit.inspector.inspected import fact, finds, story_of
from tests.unit.task_story import Story, step
from tests.unit.test_gates import decides
from tests.unit.test_step_outcomes import loop, versus


class CountingLog(MemoryLog):
    """Tells how often a whole family was read."""

    families = 0

    async def read_family(self, root: str, after: int = 0, **how: Any) -> list[Stored]:
        self.families += 1
        return await super().read_family(root, after, **how)


@dataclass(slots=True)
class Bench:
    """An inspector, its log, and what it reported."""

    log: CountingLog
    inspector: Inspector
    lines: list[str] = field(default_factory=list)

    async def tells(self, story: Story) -> None:
        """Put into the log what of the story is not there; what the inspector has said itself is."""
        known = {(row.stream, row.version) for row in await self.log.read(0, 1000)}
        for event in story.events:
            if (event.stream, event.version) not in known:
                context = Context(event.actor, event.tenant, event.correlation)
                await self.log.append([seal(NewEvent(event.stream, event.version, event.event, context), AT)])

    async def hears(self, event: Event, stream: str, by: str = "ann") -> Recorded:
        """Somebody says something; it is on record, and delivered."""
        version = len(await self.log.read_stream(stream)) + 1
        position = await self.log.append([seal(NewEvent(stream, version, event, Context(by, correlation=TASK)), AT)])
        recorded = events_of(await self.log.read(position - 1, 1))[0]
        await self.inspector.attend(recorded, first=True)
        return recorded

    async def all_of(self, kind: type[Event]) -> list[Any]:
        """Everything of that kind that is on record."""
        return [one.event for one in events_of(await self.log.read(0, 1000)) if isinstance(one.event, kind)]

    async def attends(self, story: Story, kind: type[Event], *, first: bool = True) -> None:
        """The last event of that kind is delivered."""
        await self.tells(story)
        rows = events_of(await self.log.read(0, 1000))
        await self.inspector.attend([one for one in rows if isinstance(one.event, kind)][-1], first)


@pytest.fixture
async def bench() -> AsyncIterator[Bench]:
    async def ring(_: list[Rung]) -> None:
        return

    log, lines = CountingLog(), list[str]()
    committer = Committer(log, ring, clock=lambda: AT)
    running = asyncio.create_task(committer.run())
    yield Bench(log, Inspector(log, committer, Context("inspector"), MemorySnapshots(), lines.append), lines)
    running.cancel()
    with suppress(asyncio.CancelledError):
        await running
    assert lines == []


def gated() -> Story:
    """A step whose result is offered, in a task that goes on behind it."""
    story = story_of(step("a", quality=True), step("b", when="true"))
    finds(story, "a", fact(), fact(judge="html")).goes_on()
    return story


class TestQuestions:
    async def test_a_plan_that_ended_is_judged_and_learnt_from_in_one_go(self, bench: Bench) -> None:
        story = story_of(step("a"), step("b", when="true"))
        finds(story, "a", fact()).goes_on()
        finds(story, "b", fact(judge="html")).goes_on()
        await bench.attends(story, type(story.events[-1].event))
        (evaluation,), (learnt,) = await bench.all_of(ExecutionEvaluated), await bench.all_of(EvidenceLearned)
        assert (evaluation.state_before, evaluation.state_after) == (learnt.before, learnt.after)
        assert evaluation.quality == learnt.probability
        assert evaluation.step is None

    async def test_an_offer_is_answered_under_its_number(self, bench: Bench) -> None:
        await bench.attends(gated(), ResultOffered)
        (evaluation,) = await bench.all_of(ExecutionEvaluated)
        assert (evaluation.step, evaluation.go) == ("a", 1)

    async def test_a_round_is_answered_by_its_number(self, bench: Bench) -> None:
        story = story_of(loop("edit", step("fix"), exit_condition="output.by == 'never'"), step("z"))
        finds(story, "edit.1.fix", fact(3, 10)).goes_on()
        story.record(TASK, RoundEnded(step="edit", round=1, delta=0.05))
        await bench.attends(story, RoundEnded)
        (judged,) = await bench.all_of(RoundEvaluated)
        assert (judged.step, judged.round) == ("edit", 1)
        assert await bench.all_of(EvidenceLearned) == []

    async def test_who_runs_is_drawn(self, bench: Bench) -> None:
        await bench.attends(story_of({"id": "a", "any_of": ["noop", "fast"]}), ChoiceOffered)
        (drawn,) = await bench.all_of(ChoiceDrawn)
        assert set(drawn.chances) == {"noop", "fast"}
        assert drawn.chosen[0] in drawn.chances

    async def test_who_wins_is_said_and_every_entry_is_learnt_from(self, bench: Bench) -> None:
        story = story_of(versus("best", step("a"), step("b"), judge=step("weigh"), pick="posterior"))
        finds(finds(story, "best.a", fact()), "best.b", fact(0)).goes_on()
        scores = {"scores": {"a": {"speed": 0.2, "care": 0.9}, "b": {"speed": 0.9, "care": 0.4}}}
        story.completes("best.weigh", output=scores).goes_on()
        await bench.attends(story, EntriesScored)
        (evaluated,) = await bench.all_of(ContestEvaluated)
        assert evaluated.winner == "a"
        assert [one.step for one in await bench.all_of(EvidenceLearned)] == ["best.a", "best.b"]

    async def test_a_second_delivery_answers_nothing_twice(self, bench: Bench) -> None:
        story = gated()
        await bench.attends(story, ResultOffered)
        head, reads = await bench.log.head(), bench.log.families
        await bench.attends(story, ResultOffered, first=False)
        assert bench.log.families == reads, "that it is answered is seen without reading the story"
        await bench.attends(story, ResultOffered)
        assert await bench.log.head() == head

    async def test_a_sole_journey_is_judged_without_reading_its_story(self, bench: Bench) -> None:
        story = story_of(step("a"))
        dispatched = story.dispatched("a")
        assert dispatched.sole
        finds(story, "a", fact())
        await bench.attends(story, type(story.events[-1].event))
        assert len(await bench.all_of(ExecutionEvaluated)) == 1


class TestPeople:
    async def judged(self, bench: Bench) -> Story:
        story = gated()
        await bench.attends(story, ResultOffered)
        return story

    async def test_a_word_teaches_and_tells_what_it_changed(self, bench: Bench) -> None:
        await self.judged(bench)
        await bench.hears(VerdictGiven(step="a", verdict="bad"), verdict_stream(TASK))
        (weighed,), (learnt,) = await bench.all_of(VerdictWeighed), await bench.all_of(VerdictLearned)
        assert weighed.after < weighed.before
        assert (learnt.by, learnt.verdict, learnt.step) == ("ann", "bad", "a")

    async def test_the_same_delivery_again_teaches_nothing(self, bench: Bench) -> None:
        await self.judged(bench)
        word = await bench.hears(VerdictGiven(step="a", verdict="bad"), verdict_stream(TASK))
        head = await bench.log.head()
        for first in (False, True):
            await bench.inspector.attend(word, first)
        assert await bench.log.head() == head

    async def test_a_changed_mind_replaces_what_was_said_before(self, bench: Bench) -> None:
        await self.judged(bench)
        for verdict in ("bad", "bad", "good"):
            await bench.hears(VerdictGiven.model_validate({"step": "a", "verdict": verdict}), verdict_stream(TASK))
        await bench.hears(VerdictGiven(step="a", verdict="good"), verdict_stream(TASK), by="bob")
        learnt = [(one.by, one.verdict, one.replaces) for one in await bench.all_of(VerdictLearned)]
        assert learnt == [("ann", "bad", None), ("ann", "good", "bad"), ("bob", "good", None)]
        assert len(await bench.all_of(VerdictWeighed)) == 4

    async def test_of_what_was_never_judged_a_word_says_nothing(self, bench: Bench) -> None:
        await self.judged(bench)
        await bench.hears(VerdictGiven(step="b", verdict="bad"), verdict_stream(TASK))
        await bench.hears(VerdictGiven(verdict="bad"), verdict_stream(TASK))
        assert await bench.all_of(VerdictWeighed) == []

    async def asked(self, bench: Bench) -> Story:
        """The inspector was not sure, so a person is asked to look."""
        story = await self.judged(bench)
        (evaluation,) = await bench.all_of(ExecutionEvaluated)
        said = evaluation.model_dump(include={"quality", "interval", "assessment", "state_before", "state_after"})
        story.is_said_of("a", "escalate", **said).goes_on()
        return story

    async def test_who_looked_at_a_result_has_given_a_word_too(self, bench: Bench) -> None:
        story = await self.asked(bench)
        decides(story, "a", "reject")
        await bench.attends(story, ApprovalDecided)
        (learnt,) = await bench.all_of(VerdictLearned)
        assert (learnt.verdict, learnt.source, learnt.step) == ("bad", "escalation", "a")

    async def test_who_looked_and_then_says_otherwise_has_changed_their_mind(self, bench: Bench) -> None:
        story = await self.asked(bench)
        decides(story, "a", "reject")
        await bench.attends(story, ApprovalDecided)
        await bench.hears(VerdictGiven(step="a", verdict="good"), verdict_stream(TASK))
        learnt = [(one.verdict, one.replaces) for one in await bench.all_of(VerdictLearned)]
        assert learnt == [("bad", None), ("good", "bad")]

    async def test_an_approval_of_something_else_says_nothing_of_quality(self, bench: Bench) -> None:
        await self.judged(bench)
        await bench.hears(ApprovalDecided(step="a", digest="c" * 64, decision="reject"), TASK)
        assert await bench.all_of(VerdictLearned) == []


async def test_what_was_learnt_is_one_stream_without_a_gap_whose_hashes_follow_each_other(bench: Bench) -> None:
    await bench.attends(gated(), ResultOffered)
    await bench.hears(VerdictGiven(step="a", verdict="bad"), verdict_stream(TASK))
    rows = events_of(await bench.log.read_stream(quality_stream("default")))
    assert [row.version for row in rows] == [1, 2]
    assert rows[0].event.after == rows[1].event.before
    known = await bench.inspector.learner("default").known()
    assert known.digest == rows[1].event.after
