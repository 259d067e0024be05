"""The ledger of effects: what is on record before and after, and who says what became of an effect in doubt."""

import asyncio
from dataclasses import replace
from typing import Any

import pytest
from wrenchai_contracts.events import (
    EffectClaimed,
    EffectSettled,
    Event,
    JourneyCancelled,
    JourneyCompleted,
    JourneyDispatched,
    JourneyFailed,
    JourneyPaused,
    JourneyResumed,
    Question,
    StepInterrupted,
    StepStarted,
    TaskCancellationRequested,
    TaskPaused,
    TaskRequested,
)
from wrenchai_contracts.plan import PlannedStep, RetryPolicy, action_digest
from wrenchai_contracts.spending import Spending
from wrenchai_journey.effects import Happened, NotHappened
from wrenchai_journey.outcome import MAX_OUTPUT_BYTES, Asked, Effect, Failed, Outcome, Stopped, Succeeded
from wrenchai_journey.registry import announcement
from wrenchai_journey.tool import ToolMisdefined, ToolRun, ToolShape, tool

from tests.samples import TASK
from tests.unit.workshop import STREAM, ScriptedAttempts, Workshop, workshop
from tests.virtual_time import in_virtual_time


class Letter(ToolShape):
    to: str


class Sent(ToolShape):
    by: str = "a"


@tool(name="send", summary="Sends.", inputs=Letter, outputs=Sent, effect=True, target="to")
def send(inputs: Letter, run: ToolRun) -> Sent:  # noqa: ARG001  # every tool has this shape
    return Sent()


LOOKING, REPEATABLE = replace(send, probe=lambda _inputs, _run: None), replace(send, repeatable=True)
KEY = f"{STREAM}/a"
REQUESTED = TaskRequested(task_id=TASK)
HAPPENED = Happened("probe", Succeeded({"by": "probe"}, 0.1))
TIMEOUT = Failed("too slow", "timeout", retryable=True, effect="unknown")
ONCE, TWICE = RetryPolicy(max_attempts=1), RetryPolicy(max_attempts=2, first_delay=1)
CLAIM = EffectClaimed(
    key=KEY, step="a", attempt=1, tool="send", target="Ann", digest=action_digest("send", {"to": "Ann"})
)
LEFT = StepInterrupted(step="a", attempt=1, reason="its worker went away")


def dispatched(retry: RetryPolicy = TWICE, **inputs: Any) -> JourneyDispatched:
    step = PlannedStep(id="a", tool="send", inputs=inputs or {"to": "Ann"}, retry=retry)
    after = PlannedStep(id="b", tool="noop")
    return JourneyDispatched(journey="a", role="worker", steps=(step, after), tools=("send@1", "noop@1"))


def begun(attempt: int = 1) -> StepStarted:
    return StepStarted(step="a", attempt=attempt, tool="send", worker="w0")


async def story_of(
    shop: Workshop, sender: Any, *before: Event, script: Any = None, seen: Any = None
) -> tuple[list[str], ScriptedAttempts]:
    """What a worker records of the journey that `before` tells of."""
    await shop.record(*before)
    worker, attempts = shop.worker(script, tools=(sender,))
    attempts.seen = seen
    first = await shop.recorded()
    cause = first[-1] if isinstance(first[-1].event, JourneyResumed) else first[0]
    await worker.attend(cause, first=False)
    return (await shop.story())[len(before) :], attempts


def test_an_effect_is_claimed_before_its_tool_is_touched_and_settled_with_its_end() -> None:
    @in_virtual_time
    async def so_it_is() -> None:
        async with workshop() as shop:
            await story_of(shop, send, dispatched())
            assert shop.log.commits[1:] == [
                ["StepStarted", "EffectClaimed"],
                ["EffectSettled", "StepCompleted", "StepStarted"],
                ["StepCompleted", "JourneyCompleted"],
            ]
            events = await shop.events()
            assert events[2] == CLAIM
            assert events[3] == EffectSettled(key=KEY, step="a", outcome="done")

    so_it_is()


REST = ["StepStarted b 1", "StepCompleted b 1", "JourneyCompleted"]
FOUND = ["StepStarted a 2", "EffectSettled a", "StepCompleted a 2", *REST]
AGAIN = ["StepStarted a 2", "EffectClaimed a 2", "EffectSettled a", "StepCompleted a 2", *REST]


@pytest.mark.parametrize(
    ("sender", "seen", "follow", "ran"),
    [
        (send, None, ["StepInterrupted a 1", "JourneyPaused a"], []),
        (LOOKING, HAPPENED, FOUND, [("b", 1)]),
        (LOOKING, NotHappened("probe"), ["EffectSettled a", *AGAIN], [("a", 2), ("b", 1)]),
        (LOOKING, None, ["StepInterrupted a 1", "JourneyPaused a"], []),
        (REPEATABLE, None, AGAIN, [("a", 2), ("b", 1)]),
    ],
    ids=["nobody-knows", "it-happened", "it-did-not", "it-cannot-tell", "repeatable"],
)
def test_an_effect_whose_worker_died_is_found_out_about_and_never_simply_tried_again(
    sender: Any, seen: Any, follow: list[str], ran: list[tuple[str, int]]
) -> None:
    @in_virtual_time
    async def so_it_is() -> None:
        async with workshop() as shop:
            told, attempts = await story_of(shop, sender, dispatched(), begun(), CLAIM, seen=seen)
            assert (told, attempts.ran) == (follow, ran)

    so_it_is()


def test_a_worker_that_died_before_its_claim_was_on_record_had_not_touched_the_tool() -> None:
    @in_virtual_time
    async def it_is_tried() -> None:
        async with workshop() as shop:
            told, _ = await story_of(shop, send, dispatched())
            assert told[0] == "StepStarted a 1"

    it_is_tried()


@pytest.mark.parametrize(
    ("resolution", "output", "follow", "outcome"),
    [
        ("happened", {"by": "post"}, FOUND, "done"),
        ("retry", None, ["EffectSettled a", *AGAIN], "not_done"),
    ],
)
def test_a_person_s_word_settles_what_is_in_doubt(
    resolution: Any, output: Any, follow: list[str], outcome: str
) -> None:
    @in_virtual_time
    async def so_it_is() -> None:
        async with workshop() as shop:
            paused = JourneyPaused(journey="a", step="a", why="in_doubt", effect=KEY)
            resumed = JourneyResumed(journey="a", resolution=resolution, output=output)
            told, attempts = await story_of(shop, LOOKING, dispatched(), begun(), CLAIM, LEFT, paused, resumed)
            assert told == follow
            assert attempts.looked == 0, "who was told need not look"
            settled = next(event for event in await shop.events() if isinstance(event, EffectSettled))
            assert (settled.outcome, settled.by) == (outcome, "person")
            last = (await shop.last()).event
            assert isinstance(last, JourneyCompleted)
            assert last.outputs["a"] == (output or {"by": "a"})

    so_it_is()


def test_a_journey_in_doubt_that_is_resumed_without_a_word_looks_again() -> None:
    @in_virtual_time
    async def so_it_is() -> None:
        async with workshop() as shop:
            paused, resumed = JourneyPaused(journey="a", step="a", why="in_doubt"), JourneyResumed(journey="a")
            told, _ = await story_of(shop, LOOKING, dispatched(), begun(), CLAIM, LEFT, paused, resumed, seen=HAPPENED)
            assert told == FOUND

    so_it_is()


TRIED = ["StepStarted a 1", "EffectClaimed a 1"]


@pytest.mark.parametrize(
    ("effect", "retry", "sender", "seen", "follow"),
    [
        ("not_done", ONCE, send, None, ["EffectSettled a", "StepFailed a 1", "JourneyFailed a"]),
        ("not_done", TWICE, send, None, ["EffectSettled a", "StepFailed a 1", *AGAIN]),
        ("done", TWICE, send, None, ["EffectSettled a", "StepFailed a 1", "JourneyFailed a"]),
        ("unknown", TWICE, send, None, ["StepFailed a 1", "JourneyPaused a"]),
        ("unknown", ONCE, send, None, ["StepFailed a 1", "JourneyPaused a"]),
        ("unknown", TWICE, LOOKING, HAPPENED, ["StepFailed a 1", *FOUND]),
        ("unknown", ONCE, LOOKING, HAPPENED, ["StepFailed a 1", *FOUND]),
        ("unknown", TWICE, LOOKING, NotHappened("probe"), ["StepFailed a 1", "EffectSettled a", *AGAIN]),
        ("unknown", ONCE, LOOKING, NotHappened("probe"), ["StepFailed a 1", "EffectSettled a", "JourneyFailed a"]),
        ("unknown", TWICE, REPEATABLE, None, ["StepFailed a 1", *AGAIN]),
        ("unknown", ONCE, REPEATABLE, None, ["StepFailed a 1", "JourneyPaused a"]),
    ],
)
def test_a_failed_attempt_is_tried_again_only_once_its_effect_is_known_not_to_have_happened(
    effect: Effect, retry: RetryPolicy, sender: Any, seen: Any, follow: list[str]
) -> None:
    @in_virtual_time
    async def so_it_is() -> None:
        async with workshop() as shop:
            script = {("a", 1): replace(TIMEOUT, effect=effect)}
            told, _ = await story_of(shop, sender, dispatched(retry), script=script, seen=seen)
            assert told == [*TRIED, *follow]

    so_it_is()


@pytest.mark.parametrize(
    ("order", "effect", "sender", "seen", "follow"),
    [
        ("cancel", "unknown", send, None, ["StepInterrupted a 1", "JourneyCancelled"]),
        ("cancel", "unknown", REPEATABLE, None, ["StepInterrupted a 1", "JourneyCancelled"]),
        ("cancel", "unknown", LOOKING, None, ["StepInterrupted a 1", "JourneyCancelled"]),
        ("cancel", "unknown", LOOKING, HAPPENED, ["StepInterrupted a 1", *FOUND[:3], "JourneyCancelled"]),
        ("cancel", "unknown", LOOKING, NotHappened("probe"),
         ["StepInterrupted a 1", "EffectSettled a", "JourneyCancelled"]),
        ("cancel", "not_done", send, None, ["EffectSettled a", "JourneyCancelled"]),
        ("pause", "unknown", send, None, ["StepInterrupted a 1", "JourneyPaused a in_doubt"]),
        ("pause", "unknown", REPEATABLE, None, ["StepInterrupted a 1", "JourneyPaused a paused"]),
        ("pause", "unknown", LOOKING, HAPPENED, ["StepInterrupted a 1", *FOUND[:3], "JourneyPaused b paused"]),
        ("pause", "unknown", LOOKING, NotHappened("probe"),
         ["StepInterrupted a 1", "EffectSettled a", "JourneyPaused a paused"]),
        ("pause", "not_done", send, None, ["EffectSettled a", "StepInterrupted a 1", "JourneyPaused a paused"]),
    ],
)  # fmt: skip
def test_a_stop_in_the_middle_of_an_effect_finds_out_what_can_be_found_out_and_hides_nothing(
    order: str, effect: Effect, sender: Any, seen: Any, follow: list[str]
) -> None:
    @in_virtual_time
    async def so_it_is() -> None:
        async with workshop() as shop:

            async def stopped(_: asyncio.Event) -> Outcome:
                told = TaskCancellationRequested() if order == "cancel" else TaskPaused(at="now")
                await shop.tell(REQUESTED, told)
                return Stopped("cancelled while it ran", effect=effect)

            told, _ = await story_of(shop, sender, dispatched(), script={("a", 1): stopped}, seen=seen)
            last = (await shop.last()).event
            why = f" {last.why}" if isinstance(last, JourneyPaused) else ""
            assert [*told[:-1], told[-1] + why] == [*TRIED, *follow]
            claims = sum(isinstance(event, EffectClaimed) for event in await shop.events())
            open_claims = claims - sum(isinstance(event, EffectSettled) for event in await shop.events())
            if isinstance(last, JourneyCancelled):
                assert (KEY in last.reason) is bool(open_claims), "an end that leaves something in doubt says so"

    so_it_is()


def test_a_journey_cancelled_whose_last_effect_turns_out_to_have_happened_has_completed() -> None:
    @in_virtual_time
    async def so_it_is() -> None:
        async with workshop() as shop:
            await shop.tell(REQUESTED, TaskCancellationRequested())
            alone = dispatched().model_copy(update={"steps": dispatched().steps[:1]})
            told, _ = await story_of(shop, LOOKING, alone, begun(), CLAIM, seen=HAPPENED)
            assert told == [*FOUND[:3], "JourneyCompleted"], "so that it can be taken back"

    so_it_is()


def test_a_claim_whose_tool_was_not_touched_is_known_not_to_have_happened() -> None:
    @in_virtual_time
    async def so_it_is() -> None:
        async with workshop() as shop:
            cause = await shop.record(dispatched())
            worker, attempts = shop.worker(tools=(send,))
            shop.log.behind = lambda: shop.tell_behind(REQUESTED, TaskPaused())
            await worker.attend(cause, first=True)
            assert attempts.ran == []
            assert (await shop.story())[3:] == ["EffectSettled a", "StepInterrupted a 1", "JourneyPaused a"]

    so_it_is()


def test_a_tool_that_asks_first_has_done_nothing_outside() -> None:
    @in_virtual_time
    async def so_it_is() -> None:
        async with workshop() as shop:
            asked = Asked(Question(title="To whom?"), 0.1)
            told, _ = await story_of(shop, send, dispatched(), script={("a", 1): asked})
            assert told == [*TRIED, "EffectSettled a", "StepInterrupted a 1", "JourneyPaused a"]

    so_it_is()


def test_an_output_too_large_to_record_is_no_reason_to_do_it_again() -> None:
    @in_virtual_time
    async def so_it_is() -> None:
        async with workshop() as shop:
            large = Succeeded({"text": "x" * MAX_OUTPUT_BYTES}, 0)
            told, _ = await story_of(shop, send, dispatched(), script={("a", 1): large})
            assert told == [*TRIED, "EffectSettled a", "StepFailed a 1", "JourneyFailed a"]
            settled = next(event for event in await shop.events() if isinstance(event, EffectSettled))
            assert settled.outcome == "done"
            assert isinstance((await shop.last()).event, JourneyFailed)

    so_it_is()


@pytest.mark.parametrize("sender", [send, replace(send, effect=False, target="")], ids=["effect", "any"])
def test_what_a_tool_has_done_is_not_forgotten_while_the_log_is_away(sender: Any) -> None:
    @in_virtual_time
    async def it_ran_once() -> None:
        async with workshop() as shop:

            async def log_goes_away(_: asyncio.Event) -> Outcome:
                shop.log.away = 2
                return Succeeded({"by": "a"}, 1)

            cause = await shop.record(dispatched())
            worker, attempts = shop.worker({("a", 1): log_goes_away}, tools=(sender,))
            for first in (True, False):
                with pytest.raises(Exception, match="log"):
                    await worker.attend(cause, first=first)
            await worker.attend(cause, first=False)
            assert attempts.ran == [("a", 1), ("b", 1)]
            assert isinstance((await shop.last()).event, JourneyCompleted)

    it_ran_once()


def test_a_call_that_its_tool_will_refuse_claims_nothing() -> None:
    @in_virtual_time
    async def so_it_is() -> None:
        async with workshop() as shop:
            refused = Failed("send cannot use its inputs", "bad_input", retryable=False)
            told, _ = await story_of(shop, send, dispatched(form="letter"), script={("a", 1): refused})
            assert told == ["StepStarted a 1", "StepFailed a 1", "JourneyFailed a"]

    so_it_is()


@pytest.mark.parametrize(
    ("facts", "said"),
    [
        ({"inline": True, "effect": True}, "an inline tool cannot have an effect"),
        ({"repeatable": True}, "for tools with effect=True"),
        ({"probe": lambda _inputs, _run: None}, "for tools with effect=True"),
        ({"target": "to"}, "for tools with effect=True"),
        ({"effect": True, "target": "whom"}, "no field 'whom'"),
    ],
)
def test_a_tool_that_contradicts_itself_is_refused_where_it_is_defined(facts: dict[str, Any], said: str) -> None:
    with pytest.raises(ToolMisdefined, match=f"send: .*{said}"):
        tool(name="send", summary="", inputs=Letter, outputs=Sent, **facts)(send.run)


def test_the_catalogue_is_told_of_an_effect_and_of_the_most_that_a_call_costs() -> None:
    told = announcement(replace(send, most=Spending(calls=1, tokens=500)))
    assert (told.effect, told.most) == (True, Spending(calls=1, tokens=500))
    plain = announcement(replace(send, effect=False, target=""))
    assert (plain.effect, plain.most) == (False, Spending(calls=1))
