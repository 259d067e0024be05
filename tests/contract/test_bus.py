"""What every bus promises: the one over NATS and the one in memory."""

import asyncio
from contextlib import suppress

import pytest
from wrenchai_chassis.bell import read_bell
from wrenchai_chassis.bus import Bus, BusUnavailable, Consumer, OutOfOrder
from wrenchai_contracts.envelope import Sealed
from wrenchai_contracts.events import JourneyCompleted, StepCompleted, TaskCancellationRequested
from wrenchai_contracts.subjects import BELL, every, progress_subject, subject_of

from tests.deliveries import Inbox
from tests.samples import rungs, until
from tests.whole_bus import Replicas, WholeBus

ALL = Consumer("orchestrator", (every(TaskCancellationRequested),))


async def flushed(bus: Bus) -> None:
    """Return when the bus has taken what was asked of it: a subscription is in force once it heard its own beat."""
    heard = asyncio.Event()
    await bus.listen("beat.flushed", lambda *_: heard.set())
    await bus.publish("beat.flushed", b"")
    await asyncio.wait_for(heard.wait(), 5)


# --- bell and beats --------------------------------------------------------------------------------------


async def test_who_listens_to_the_bell_hears_what_was_rung(bus: WholeBus) -> None:
    heard: list[bytes] = []
    await bus.listen(BELL, lambda _, payload: heard.append(payload))
    await flushed(bus)
    await bus.ring(rungs(7, 9))
    await until(lambda: heard)
    assert list(read_bell(heard[0])) == rungs(7, 9)


async def test_an_empty_ring_says_look(bus: WholeBus) -> None:
    heard: list[bytes] = []
    await bus.listen(BELL, lambda _, payload: heard.append(payload))
    await flushed(bus)
    await bus.ring([])
    await until(lambda: heard)
    assert heard == [b""]


async def test_a_beat_reaches_every_listener_of_a_matching_subject_only(bus: WholeBus) -> None:
    heard: list[tuple[str, bytes]] = []
    subject = progress_subject("default", "task_1")
    for pattern in ("beat.>", subject, "beat.progress.other.>"):
        await bus.listen(pattern, lambda about, payload: heard.append((about, payload)))
    await flushed(bus)
    heard.clear()
    await bus.publish(subject, b"half")
    await until(lambda: len(heard) == 2)
    assert heard == [(subject, b"half")] * 2


async def test_who_listens_to_events_hears_what_the_relay_puts(bus: WholeBus) -> None:
    heard: list[tuple[str, bytes]] = []
    await bus.listen("ev.>", lambda subject, state: heard.append((subject, state)))
    await flushed(bus)
    await bus.put(rungs(1, 3))
    await until(lambda: len(heard) == 3)
    assert heard == [(event.subject, event.state) for event in rungs(1, 3)]


# --- the cache -------------------------------------------------------------------------------------------


async def test_put_adds_events_and_last_says_where_the_bus_stands(bus: WholeBus) -> None:
    await bus.put(rungs(1, 5))
    await bus.put(rungs(6, 6))
    assert await bus.last(start_after=0) == 6


async def test_put_refuses_what_does_not_follow(bus: WholeBus) -> None:
    await bus.put(rungs(1, 2))
    with pytest.raises(OutOfOrder):
        await bus.put(rungs(4, 5))
    assert await bus.last(start_after=0) == 2


async def test_put_refuses_what_is_there_already(bus: WholeBus) -> None:
    await bus.put(rungs(1, 2))
    with pytest.raises(OutOfOrder):
        await bus.put(rungs(1, 2))
    assert await bus.last(start_after=0) == 2


async def test_put_of_a_batch_with_a_hole_keeps_at_most_what_lies_before_it(bus: WholeBus) -> None:
    with pytest.raises(OutOfOrder):
        await bus.put([*rungs(1, 2), *rungs(4, 4)])
    assert await bus.last(start_after=0) == 2


async def test_a_batch_that_overlaps_the_end_puts_nothing_on_the_bus_twice(bus: WholeBus) -> None:
    inbox = Inbox()
    await bus.put(rungs(1, 3))
    with suppress(OutOfOrder):
        await bus.put(rungs(3, 4))
    await bus.put(rungs(await bus.last(start_after=0) + 1, 5))
    await bus.consume(ALL, inbox, after=0)
    assert [message.position for message in await inbox.filled(5)] == [1, 2, 3, 4, 5]


async def test_a_missing_stream_is_made_to_hold_what_follows_the_given_position(bus: WholeBus) -> None:
    await bus.drop()
    assert await bus.last(start_after=41) == 41
    assert await bus.last(start_after=0) == 41
    with pytest.raises(OutOfOrder):
        await bus.put(rungs(1, 1))
    await bus.put(rungs(42, 43))
    assert await bus.last(start_after=0) == 43


async def test_put_makes_no_missing_stream_so_that_its_beginning_is_chosen_by_last_alone(bus: WholeBus) -> None:
    await bus.drop()
    with pytest.raises(OutOfOrder):
        await bus.put(rungs(1, 1))
    assert await bus.last(start_after=5) == 5


async def test_after_a_drop_the_stream_can_be_filled_again_and_consumers_begin_anew(bus: WholeBus) -> None:
    before, after = Inbox(), Inbox()
    await bus.consume(ALL, before, after=0)
    await bus.put(rungs(1, 3))
    await before.filled(3)
    await bus.drop()
    assert await bus.last(start_after=1) == 1
    await bus.put(rungs(2, 3))
    assert await bus.progress(ALL.name) is None
    fresh = Consumer("fresh", ALL.subjects)
    await bus.consume(fresh, after, after=1)
    assert [message.position for message in await after.filled(2)] == [2, 3]


async def test_the_cache_shows_what_it_holds_at_a_position_and_nothing_elsewhere(bus: WholeBus) -> None:
    assert await bus.event(0) is None
    await bus.put(rungs(1, 3))
    assert [await bus.event(position) for position in (1, 3, 4)] == [*rungs(1, 1), *rungs(3, 3), None]


async def test_an_empty_stream_holds_no_event_where_it_begins(bus: WholeBus) -> None:
    await bus.drop()
    assert await bus.last(start_after=41) == 41
    assert await bus.event(41) is None


async def test_the_oldest_event_is_the_first_that_the_bus_holds_or_will_hold(bus: WholeBus) -> None:
    assert await bus.oldest() == 1
    await bus.drop()
    with pytest.raises(BusUnavailable):
        await bus.oldest()
    await bus.last(start_after=41)
    assert await bus.oldest() == 42
    await bus.put(rungs(42, 45))
    assert await bus.oldest() == 42


async def test_a_full_bus_throws_away_the_oldest_and_counts_it_as_done_for_whoever_had_not_handled_it(
    small_bus: WholeBus,
) -> None:
    inbox = Inbox()
    await small_bus.consume(ALL, inbox, after=0)
    await small_bus.put(rungs(1, 5))
    await inbox.filled(5)
    await small_bus.put(rungs(6, 100))
    oldest = await small_bus.oldest()
    assert 50 < oldest <= 100
    assert await small_bus.event(oldest - 1) is None
    assert await small_bus.event(oldest) == rungs(oldest, oldest)[0]

    async def passed_over() -> bool:
        progress = await small_bus.progress(ALL.name)
        return progress is not None and progress.waiting <= 101 - oldest

    await until(passed_over)


async def test_who_begins_behind_what_the_bus_holds_gets_what_is_left(small_bus: WholeBus) -> None:
    inbox = Inbox()
    await small_bus.put(rungs(1, 100))
    await small_bus.consume(ALL, inbox, after=0)
    oldest = await small_bus.oldest()
    await inbox.filled(101 - oldest)
    assert inbox.positions == list(range(oldest, 101))


# --- consumers -------------------------------------------------------------------------------------------


async def test_a_message_brings_position_subject_and_bytes_of_its_event(bus: WholeBus) -> None:
    inbox = Inbox()
    await bus.consume(ALL, inbox, after=0)
    await bus.put(rungs(1, 1))
    (message,) = await inbox.filled(1)
    assert (message.position, message.subject, message.state) == tuple(rungs(1, 1)[0])
    assert message.deliveries == 1


async def test_a_consumer_gets_what_was_on_the_bus_before_it_and_what_comes_after(bus: WholeBus) -> None:
    inbox = Inbox()
    await bus.put(rungs(1, 3))
    await bus.consume(ALL, inbox, after=1)
    await bus.put(rungs(4, 5))
    await inbox.filled(4)
    assert inbox.positions == [2, 3, 4, 5]


async def test_a_consumer_gets_matching_subjects_only(bus: WholeBus) -> None:
    inbox = Inbox()
    spec = Consumer("picky", (every(JourneyCompleted, "final"), every(StepCompleted, tenant="acme")))
    await bus.consume(spec, inbox, after=0)
    wanted = [("JourneyCompleted.final", "default"), ("StepCompleted", "acme")]
    others = [("JourneyCompleted.partial", "default"), ("StepCompleted", "default"), ("StepCompletedToo", "acme")]
    subjects = [subject_of(Sealed("task_1/a", 1, topic, tenant, b"")) for topic, tenant in (*others, *wanted)]
    await bus.put([event._replace(subject=subject) for event, subject in zip(rungs(1, 5), subjects, strict=True)])
    assert [message.subject for message in await inbox.filled(2)] == subjects[3:]


async def test_what_was_acknowledged_is_done_with(bus: WholeBus) -> None:
    inbox = Inbox()
    await bus.consume(ALL, inbox, after=0)
    await bus.put(rungs(1, 2))
    for message in await inbox.filled(2):
        await message.ack()

    async def all_done() -> bool:
        progress = await bus.progress(ALL.name)
        return progress is not None and (progress.done, progress.waiting) == (2, 0)

    await until(all_done)
    assert inbox.positions == [1, 2]


async def test_progress_counts_up_to_the_first_that_is_not_done_and_all_that_wait(bus: WholeBus) -> None:
    inbox = Inbox()
    await bus.consume(ALL, inbox, after=0)
    await bus.put(rungs(1, 5))
    for message in (await inbox.filled(5))[:4]:
        if message.position != 3:
            await message.ack()

    async def counted() -> bool:
        progress = await bus.progress(ALL.name)
        return progress is not None and (progress.done, progress.waiting) == (2, 2)

    await until(counted)


async def test_a_consumer_that_the_bus_does_not_know_has_no_progress(bus: WholeBus) -> None:
    assert await bus.progress("nobody") is None


async def test_what_was_refused_comes_again_and_says_for_which_time(bus: WholeBus) -> None:
    inbox = Inbox()
    await bus.consume(ALL, inbox, after=0)
    await bus.put(rungs(1, 1))
    for delivery in (1, 2, 3):
        message = (await inbox.filled(delivery))[-1]
        assert (message.position, message.deliveries) == (1, delivery)
        await message.nak(0.01)


async def test_one_refused_event_does_not_hold_up_the_next(bus: WholeBus) -> None:
    inbox = Inbox()
    await bus.consume(ALL, inbox, after=0)
    await bus.put(rungs(1, 1))
    await (await inbox.filled(1))[0].nak(0.02)
    await bus.put(rungs(2, 2))
    await until(lambda: set(inbox.positions) == {1, 2})


async def test_each_of_two_consumers_gets_every_event(bus: WholeBus) -> None:
    inboxes = Inbox(), Inbox()
    for name, inbox in zip(("inspector", "journey"), inboxes, strict=True):
        await bus.consume(Consumer(name, ALL.subjects), inbox, after=0)
    await bus.put(rungs(1, 3))
    for inbox in inboxes:
        await inbox.filled(3)
        assert inbox.positions == [1, 2, 3]


async def test_two_replicas_share_one_consumer_so_that_each_event_goes_to_one_of_them(
    bus: WholeBus, replicas: Replicas
) -> None:
    inboxes = Inbox(), Inbox()
    await replicas.first.consume(ALL, inboxes[0], after=0)
    await replicas.second.consume(ALL, inboxes[1], after=0)
    await flushed(replicas.second)
    await bus.put(rungs(1, 40))
    await until(lambda: len(inboxes[0].messages) + len(inboxes[1].messages) >= 40)
    assert sorted(inboxes[0].positions + inboxes[1].positions) == list(range(1, 41))


async def test_to_consume_again_resumes_instead_of_beginning_anew(bus: WholeBus) -> None:
    inbox = Inbox()
    await bus.consume(ALL, inbox, after=0)
    await bus.put(rungs(1, 2))
    await inbox.filled(2)
    await bus.consume(ALL, inbox, after=0)
    await bus.put(rungs(3, 3))
    await inbox.filled(3)
    assert inbox.positions == [1, 2, 3]


async def test_who_has_left_gets_nothing_more_and_the_other_replica_gets_it_all(
    bus: WholeBus, replicas: Replicas
) -> None:
    leaving, staying = Inbox(), Inbox()
    await replicas.first.consume(ALL, leaving, after=0)
    await replicas.second.consume(ALL, staying, after=0)
    await flushed(replicas.second)
    await bus.put(rungs(1, 20))
    await until(lambda: len(leaving.messages) + len(staying.messages) == 20)
    before = len(leaving.messages)
    await replicas.first.leave(ALL, leaving)
    await bus.put(rungs(21, 60))
    await staying.filled(60 - before)
    assert len(leaving.messages) == before


async def test_what_a_leaving_replica_gives_back_goes_to_another(bus: WholeBus, replicas: Replicas) -> None:
    leaving, staying = Inbox(), Inbox()
    await replicas.first.consume(ALL, leaving, after=0)
    await bus.put(rungs(1, 5))
    await leaving.filled(5)
    await replicas.first.leave(ALL, leaving)
    await replicas.second.consume(ALL, staying, after=0)
    for message in leaving.messages:
        await message.nak(0)
    await staying.filled(5)
    assert sorted(staying.positions) == [1, 2, 3, 4, 5]


async def test_a_consumer_that_another_release_made_becomes_what_this_one_wants(bus: WholeBus) -> None:
    before, now = Inbox(), Inbox()
    old = Consumer("grown", (every(StepCompleted),))
    await bus.consume(old, before, after=0)
    await bus.put([rungs(1, 1)[0]._replace(subject="ev.StepCompleted.-.default.task_1")])
    await (await before.filled(1))[0].ack()
    await bus.leave(old, before)
    await bus.consume(Consumer("grown", (every(StepCompleted), every(TaskCancellationRequested))), now, after=0)
    await bus.put(rungs(2, 3))
    await now.filled(2)
    assert now.positions == [2, 3]
