"""Whoever gives up waiting for a position of the view leaves nothing behind."""

import asyncio
from collections.abc import Awaitable, Callable

import pytest
from wrenchai_chassis.applied import Applied

NEVER = 2**62


async def gives_up(applied: Applied) -> None:
    assert not await applied.wait_for(NEVER, 0)


async def is_cancelled(applied: Applied) -> None:
    waiting = await begun(applied, NEVER)
    waiting.cancel()
    await asyncio.wait([waiting])


async def begun(applied: Applied, position: int) -> "asyncio.Task[bool]":
    """A wait for `position` that has begun."""
    waiting = asyncio.create_task(applied.wait_for(position, 60))
    await asyncio.sleep(0)
    return waiting


@pytest.mark.parametrize("leave", [gives_up, is_cancelled])
async def test_the_view_lingers_again_once_who_waited_has_left(leave: Callable[[Applied], Awaitable[None]]) -> None:
    applied = Applied()
    await leave(applied)
    lingering = asyncio.create_task(applied.linger(60))
    await asyncio.sleep(0)
    await asyncio.sleep(0)
    assert not lingering.done()
    waiting = await begun(applied, 1)
    await asyncio.wait_for(lingering, 5)
    applied.reach(1)
    assert await waiting


async def test_the_others_go_on_waiting_each_for_its_own_position() -> None:
    applied = Applied()
    waiting = {position: await begun(applied, position) for position in (5, 2, 4, 3, 1)}
    waiting[2].cancel()
    await asyncio.wait([waiting[2]])
    applied.reach(4)
    assert await asyncio.gather(waiting[1], waiting[3], waiting[4]) == [True, True, True]
    assert not waiting[5].done()
    applied.reach(5)
    assert await waiting[5]


async def test_who_leaves_in_the_moment_of_arrival_harms_nobody() -> None:
    applied = Applied()
    leaving, staying = await begun(applied, 1), await begun(applied, 1)
    leaving.cancel()
    applied.reach(1)
    assert await staying
    assert (await asyncio.wait([leaving]))[0] == {leaving}
