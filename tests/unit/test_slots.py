"""How many tools run at once."""

import asyncio
from contextlib import suppress

from hypothesis import given, settings
from hypothesis import strategies as st
from wrenchai_journey.slots import ANYBODY, Claim, Slots

from tests.virtual_time import in_virtual_time


class Crowd:
    """Holders of slots; remembers who began when, and the most that was held at once."""

    def __init__(self, total: int) -> None:
        self.slots, self.total = Slots(total), total
        self.order: list[str] = []
        self.held = self.most = 0

    async def hold(
        self, name: str, weight: int, *, seconds: float = 1, stop: asyncio.Event | None = None, claim: Claim = ANYBODY
    ) -> bool:
        async with self.slots.hold(weight, stop or asyncio.Event(), claim=claim) as its_turn:
            if its_turn:
                self.order.append(name)
                self.held += min(weight, self.total)
                self.most = max(self.most, self.held)
                try:
                    await asyncio.sleep(seconds)
                finally:
                    self.held -= min(weight, self.total)
            return its_turn

    async def is_free(self) -> bool:
        """Whether all slots can be had at once, as at the beginning."""
        async with asyncio.timeout(0.1):
            return await self.hold("all", self.total, seconds=0)


@in_virtual_time
async def test_no_more_run_than_there_are_slots_and_in_the_order_of_asking() -> None:
    crowd = Crowd(2)
    await asyncio.gather(*(crowd.hold(str(n), 1) for n in range(5)))
    assert crowd.order == list("01234")
    assert crowd.most == 2


@in_virtual_time
async def test_a_heavy_one_is_not_overtaken_for_ever_by_light_ones() -> None:
    crowd = Crowd(2)
    await asyncio.gather(crowd.hold("light", 1), crowd.hold("heavy", 2), crowd.hold("late", 1))
    assert crowd.order == ["light", "heavy", "late"]


@in_virtual_time
async def test_one_heavier_than_everything_takes_everything() -> None:
    crowd = Crowd(2)
    await asyncio.gather(crowd.hold("site", 99), crowd.hold("light", 1))
    assert (crowd.order, crowd.most) == (["site", "light"], 2)


@in_virtual_time
async def test_whoever_matters_more_goes_first_however_late_it_asks() -> None:
    crowd = Crowd(1)
    claims = {"first": 0, "usual": 0, "trifle": -5, "urgent": 9}
    await asyncio.gather(*(crowd.hold(name, 1, claim=Claim(priority=much)) for name, much in claims.items()))
    assert crowd.order == ["first", "urgent", "usual", "trifle"]


@in_virtual_time
async def test_among_equals_the_tenant_and_then_the_task_that_holds_the_fewest_goes_first() -> None:
    crowd = Crowd(3)
    asked = [("a1", 1.0), ("a1", 9.0), ("a1", 9.0), ("a1", 1.0), ("a2", 1.0), ("b1", 1.0)]
    await asyncio.gather(
        *(
            crowd.hold(f"{task}#{number}", 1, seconds=seconds, claim=Claim(task[0], task))
            for number, (task, seconds) in enumerate(asked)
        )
    )
    assert crowd.order == ["a1#0", "a1#1", "a1#2", "b1#5", "a2#4", "a1#3"]


@in_virtual_time
async def test_a_heavy_one_of_a_busy_tenant_gets_its_turn_though_others_keep_coming() -> None:
    crowd = Crowd(2)
    claim = Claim("a", "a1")
    light = [crowd.hold(f"b{n}", 1, claim=Claim("b", f"b{n}")) for n in range(6)]
    await asyncio.gather(crowd.hold("a", 1, claim=claim), crowd.hold("heavy", 2, claim=claim), *light)
    assert crowd.order.index("heavy") <= 4


@in_virtual_time
async def test_a_stop_ends_the_waiting_at_once_and_gives_no_slot() -> None:
    crowd, stop = Crowd(1), asyncio.Event()
    holding = asyncio.create_task(crowd.hold("holder", 1, seconds=100))
    waiting = asyncio.create_task(crowd.hold("stopped", 1, stop=stop))
    await asyncio.sleep(1)
    stop.set()
    assert await waiting is False
    assert not holding.done()
    assert await crowd.hold("next", 1) is True
    assert crowd.order == ["holder", "next"]


@in_virtual_time
async def test_any_of_several_stops_ends_the_waiting() -> None:
    crowd, first, second = Crowd(1), asyncio.Event(), asyncio.Event()
    holding = asyncio.create_task(crowd.hold("holder", 1, seconds=100))
    await asyncio.sleep(1)
    second.set()
    async with crowd.slots.hold(1, first, second) as its_turn:
        assert its_turn is False
    assert not holding.done()
    await holding
    assert await crowd.is_free()


VISITS = st.tuples(st.integers(1, 4), st.floats(0, 3), st.floats(0, 3), st.sampled_from(["stay", "stop", "cancel"]))


@given(st.integers(1, 4), st.lists(VISITS, max_size=12))
@settings(deadline=None)
def test_whoever_stops_or_is_cancelled_whenever_no_slot_is_ever_lost(
    total: int, visits: list[tuple[int, float, float, str]]
) -> None:
    @in_virtual_time
    async def nothing_is_lost() -> None:
        crowd = Crowd(total)
        await asyncio.gather(*(visit(crowd, *facts) for facts in visits))
        assert crowd.most <= total
        assert await crowd.is_free()

    nothing_is_lost()


async def visit(crowd: Crowd, weight: int, comes: float, stays: float, how: str) -> None:
    stop = asyncio.Event()
    await asyncio.sleep(comes)
    holding = asyncio.create_task(crowd.hold("visitor", weight, stop=stop))
    await asyncio.sleep(stays)
    if how == "stop":
        stop.set()
    if how == "cancel":
        holding.cancel()
    with suppress(asyncio.CancelledError):
        await holding
