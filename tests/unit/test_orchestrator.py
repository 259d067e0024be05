"""What the orchestrator need not read again, and what it asks the log for all the same before it lets a message go."""

import asyncio
from collections.abc import AsyncIterator, Sequence
from contextlib import asynccontextmanager
from dataclasses import dataclass

from wrenchai_chassis.committer import Committer
from wrenchai_chassis.log import Guard, Stored
from wrenchai_chassis.memory_log import MemoryLog
from wrenchai_contracts.envelope import Context, NewEvent, Recorded, Sealed, seal, unseal_all
from wrenchai_contracts.events import (
    ChoiceDrawn,
    Event,
    ExecutionEvaluated,
    JourneyCancelled,
    JourneyCompleted,
    JourneyDispatched,
    JourneyFailed,
    PlaybookRegistered,
    TaskCancellationRequested,
    TaskRequested,
    ToolRegistered,
)
from wrenchai_contracts.judging import Chance
from wrenchai_contracts.paths import own_id
from wrenchai_contracts.playbook import Playbook
from wrenchai_contracts.subjects import CATALOGUE, choice_stream, evaluation_stream, journey_stream, result_stream
from wrenchai_orchestrator.service import Orchestrator

from tests.samples import TASK
from tests.simulation.seeded_time import virtual_now
from tests.virtual_time import in_virtual_time

BRANCHES = 50
BOOK = Playbook.model_validate(
    {
        "name": "book",
        "steps": [
            {
                "id": "many",
                "type": "work_in_parallel",
                "for_each": "${inputs.items}",
                "step": {"id": "one", "tool": "noop"},
            }
        ],
    }
)
GATED = Playbook.model_validate(
    {
        "name": "gated",
        "steps": [
            {"id": "a", "tool": "noop", "quality": True},
            {"id": "b", "any_of": ["noop", "other"]},
        ],
    }
)
SIDE_BY_SIDE = Playbook.model_validate(
    {
        "name": "side_by_side",
        "steps": [
            {
                "id": "all",
                "type": "work_in_parallel",
                "branches": [
                    {"id": "a", "tool": "noop", "quality": True},
                    {"id": "p", "type": "process", "operations": [{"id": "b", "tool": "noop"}]},
                ],
            }
        ],
    }
)
JUDGED = ExecutionEvaluated(quality=0.9, interval=(0.8, 0.95), decision="accept")


class CountingLog(MemoryLog):
    """Counts how often a task was read; with `meanwhile`, somebody else is quicker than the next end of a task."""

    def __init__(self) -> None:
        super().__init__()
        self.reads = 0
        self.meanwhile: Sequence[Sealed] = ()

    async def append(self, events: Sequence[Sealed], guards: Sequence[Guard] = ()) -> int:
        if any(event.topic in {"PlanAborted", "TaskFailed"} for event in events) and self.meanwhile:
            quicker, self.meanwhile = self.meanwhile, ()
            await super().append(quicker)
        return await super().append(events, guards)

    async def read_family(self, root: str, after: int = 0, *, without: Sequence[str] = ()) -> list[Stored]:
        self.reads += 1
        return await super().read_family(root, after, without=without)


@dataclass(slots=True)
class Office:
    """An orchestrator, its log, and a hand that records as the other services would."""

    log: CountingLog
    committer: Committer

    def orchestrator(self) -> Orchestrator:
        return Orchestrator(self.log, self.committer, Context("orchestrator"))

    async def record(self, stream: str, event: Event) -> Recorded:
        version = len(await self.log.read_stream(stream)) + 1
        await self.committer.commit([NewEvent(stream, version, event, Context("other", correlation=TASK))])
        return (await self.story())[-1]

    async def story(self) -> list[Recorded]:
        return unseal_all((row.position, row.state) for row in await self.log.read(0, 10_000))

    async def names(self) -> list[str]:
        return [recorded.type for recorded in await self.story()]

    async def dispatched(self, by: Orchestrator, book: Playbook = BOOK) -> None:
        """A task whose branches have all been dispatched."""
        inputs = {"items": list(range(BRANCHES))}
        asked = TaskRequested(task_id=TASK, playbook_digest=book.digest(), inputs=inputs)
        await by.attend(await self.record(TASK, asked), first=True)

    async def completes(self, journey: str) -> Recorded:
        """The end of a journey with one step, as its worker records it."""
        outputs = {own_id(journey): {"n": 1}}
        return await self.record(journey_stream(TASK, journey), JourneyCompleted(journey=journey, outputs=outputs))

    async def says(self, step: str, decision: str) -> Recorded:
        """The inspector's first word on the result of a step."""
        facts = {"step": step, "quality": 0.6, "interval": (0.4, 0.8), "decision": decision}
        return await self.record(result_stream(TASK, step), ExecutionEvaluated.model_validate(facts))

    async def ends(self, *, failing: str = "none") -> list[Recorded]:
        """The end of each branch, as its worker records it."""
        journeys = [e.event.journey for e in await self.story() if isinstance(e.event, JourneyDispatched)]
        failed = JourneyFailed(journey=failing, step="one", reason="it broke", kind="broken")
        ends = [failed if name == failing else JourneyCompleted(journey=name, outputs={"one": {}}) for name in journeys]
        return [await self.record(journey_stream(TASK, end.journey), end) for end in ends]


@asynccontextmanager
async def office() -> AsyncIterator[Office]:
    log = CountingLog()

    async def ring(_: object) -> None:
        """Nobody listens."""

    committer = Committer(log, ring, clock=virtual_now)
    running = asyncio.create_task(committer.run())
    made = Office(log, committer)
    await made.record(CATALOGUE, ToolRegistered(name="noop", version="1", inputs={}, outputs={}))
    await made.record(CATALOGUE, ToolRegistered(name="other", version="1", inputs={}, outputs={}))
    for book in (BOOK, GATED, SIDE_BY_SIDE):
        await made.record(CATALOGUE, PlaybookRegistered(digest=book.digest(), playbook=book))
    yield made
    running.cancel()


async def attended(orchestrator: Orchestrator, events: Sequence[Recorded]) -> None:
    await asyncio.gather(*(orchestrator.attend(event, first=True) for event in events))


@in_virtual_time
async def test_fifty_branches_are_joined_and_the_task_is_ended_without_reading_it_once() -> None:
    async with office() as made:
        orchestrator = made.orchestrator()
        await made.dispatched(orchestrator)
        await attended(orchestrator, await made.ends())
        assert (await made.names())[-1] == "PlanExecuted"
        judged = await made.record(evaluation_stream(TASK), JUDGED)
        await orchestrator.attend(judged, first=True)
        assert (await made.names())[-1] == "TaskCompleted"
        assert made.log.reads == 0


@in_virtual_time
async def test_two_replicas_that_each_heard_half_of_the_ends_join_the_branches_all_the_same() -> None:
    async with office() as made:
        one, other = made.orchestrator(), made.orchestrator()
        await made.dispatched(one)
        ends = await made.ends()
        await asyncio.gather(attended(one, ends[::2]), attended(other, ends[1::2]))
        assert (await made.names()).count("PlanExecuted") == 1


@in_virtual_time
async def test_an_end_that_memory_makes_nothing_of_is_let_go_only_after_the_log_was_asked() -> None:
    async with office() as made:
        orchestrator = made.orchestrator()
        await made.dispatched(orchestrator)
        first, *unheard = await made.ends()
        assert len(unheard) == BRANCHES - 1
        await orchestrator.attend(first, first=True)
        assert (await made.names())[-1] == "PlanExecuted"
        assert made.log.reads == 1


@in_virtual_time
async def test_what_memory_has_not_heard_of_is_noticed_by_the_commit() -> None:
    async with office() as made:
        orchestrator = made.orchestrator()
        await made.dispatched(orchestrator)
        ends = await made.ends()
        await made.record(TASK, TaskCancellationRequested(reason="changed our mind"))
        await attended(orchestrator, ends)
        assert (await made.names())[-1] == "TaskCancelled"


@in_virtual_time
async def test_a_task_does_not_end_over_what_another_replica_has_begun_at_the_same_moment() -> None:
    """Its guard allowed that, because nothing had been said in the task's own stream yet."""
    async with office() as made:
        orchestrator = made.orchestrator()
        await made.dispatched(orchestrator)
        begun = JourneyDispatched(journey="late", role="worker", steps=())
        late = NewEvent(journey_stream(TASK, "late"), 1, begun, Context("other", correlation=TASK))
        made.log.meanwhile = [seal(late, virtual_now())]

        await attended(orchestrator, await made.ends(failing="many.0.one"))
        assert (await made.names())[-1] == "PlanAborted"
        stopped = await made.record(journey_stream(TASK, "late"), JourneyCancelled(journey="late"))
        await orchestrator.attend(stopped, first=True)
        assert (await made.names())[-1] == "TaskFailed"


DRAWN = ChoiceDrawn(step="b", chosen=("other",), chances={"other": Chance(expected=0.5, probability=0.5)})


async def followed(made: Office, orchestrator: Orchestrator, *events: Recorded) -> list[str]:
    """What is recorded when these are heard."""
    before = len(await made.names())
    await attended(orchestrator, events)
    return (await made.names())[before:]


@in_virtual_time
async def test_offers_and_their_answers_go_on_by_memory_alone() -> None:
    async with office() as made:
        orchestrator = made.orchestrator()
        await made.dispatched(orchestrator, GATED)
        assert await followed(made, orchestrator, await made.completes("a")) == ["ResultOffered"]
        retried = await followed(made, orchestrator, await made.says("a", "retry"))
        assert sorted(retried) == ["JourneyDispatched", "StepRepeated"]
        assert await followed(made, orchestrator, await made.completes("a~2")) == ["ResultOffered"]
        assert await followed(made, orchestrator, await made.says("a~2", "accept")) == ["ChoiceOffered"]
        drawn = await made.record(choice_stream(TASK, "b"), DRAWN)
        assert await followed(made, orchestrator, drawn) == ["JourneyDispatched"]
        assert made.log.reads == 0


@in_virtual_time
async def test_an_answer_that_two_replicas_hear_is_followed_once() -> None:
    async with office() as made:
        one, other = made.orchestrator(), made.orchestrator()
        await made.dispatched(one, GATED)
        await attended(one, [await made.completes("a")])
        word = await made.says("a", "retry")
        await asyncio.gather(attended(one, [word, word]), attended(other, [word]), other.attend(word, first=False))
        told = await made.names()
        assert (told.count("StepRepeated"), told.count("JourneyDispatched")) == (1, 2)


@in_virtual_time
async def test_whoever_takes_over_after_a_crash_finds_the_answer_in_the_log() -> None:
    async with office() as made:
        await made.dispatched(made.orchestrator(), GATED)
        ended = await made.completes("a")
        assert await followed(made, made.orchestrator(), ended) == ["ResultOffered"]
        word = await made.says("a", "accept")
        assert await followed(made, made.orchestrator(), ended) == ["ChoiceOffered"], "it was heard of by the log"
        assert await followed(made, made.orchestrator(), word) == []


@in_virtual_time
async def test_an_answer_is_not_followed_over_what_was_asked_of_the_task_meanwhile() -> None:
    async with office() as made:
        orchestrator = made.orchestrator()
        await made.dispatched(orchestrator, GATED)
        await attended(orchestrator, [await made.completes("a")])
        word = await made.says("a", "accept")
        await made.record(TASK, TaskCancellationRequested(reason="changed our mind"))
        assert await followed(made, orchestrator, word) == ["TaskCancelled"]


@in_virtual_time
async def test_what_another_replica_heard_and_could_not_act_on_yet_is_not_forgotten() -> None:
    """Found by simulation: the other had recorded nothing, so no version told that memory lacked its word."""
    async with office() as made:
        one, other = made.orchestrator(), made.orchestrator()
        await made.dispatched(one, SIDE_BY_SIDE)
        assert await followed(made, one, await made.completes("all.a")) == ["ResultOffered"]
        assert await followed(made, other, await made.says("all.a", "accept")) == []
        settled = ["StepSettled", "StepSettled", "PlanExecuted"]
        assert await followed(made, one, await made.completes("all.p.b")) == settled
