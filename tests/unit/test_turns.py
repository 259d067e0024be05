"""One decision at a time for each task, and one for all who asked meanwhile."""

import asyncio

import pytest
from wrenchai_orchestrator.turns import Turns

from tests.virtual_time import in_virtual_time


class Work:
    """Takes a second; remembers when it began."""

    def __init__(self) -> None:
        self.began: list[float] = []

    async def __call__(self) -> None:
        self.began.append(asyncio.get_running_loop().time())
        await asyncio.sleep(1)


@in_virtual_time
async def test_all_who_come_while_one_works_share_the_next_turn() -> None:
    turns, work = Turns(), Work()
    first = asyncio.create_task(turns.take("task", work))
    await asyncio.sleep(0.5)
    await asyncio.gather(*(turns.take("task", work) for _ in range(100)))
    assert work.began == [0, 1]
    assert first.done()


@in_virtual_time
async def test_whoever_comes_waits_for_work_that_began_after_it_came() -> None:
    turns, work = Turns(), Work()
    running = asyncio.create_task(turns.take("task", work))
    await asyncio.sleep(0.1)
    came = asyncio.get_running_loop().time()
    await turns.take("task", work)
    assert max(work.began) >= came
    await running


@in_virtual_time
async def test_different_keys_do_not_wait_for_each_other() -> None:
    turns, work = Turns(), Work()
    await asyncio.gather(*(turns.take(f"task{n}", work) for n in range(5)))
    assert work.began == [0] * 5


@in_virtual_time
async def test_a_failure_is_everybody_s_who_shared_the_turn_and_nobody_else_s() -> None:
    turns, failures = Turns(), 0

    async def fail() -> None:
        nonlocal failures
        failures += 1
        await asyncio.sleep(1)
        raise LookupError

    outcomes = await asyncio.gather(*(turns.take("task", fail) for _ in range(3)), return_exceptions=True)
    assert [type(outcome) for outcome in outcomes] == [LookupError] * 3
    assert failures == 1
    await turns.take("task", Work())


@in_virtual_time
async def test_who_gives_up_waiting_does_not_stop_the_work_for_the_others() -> None:
    turns, work = Turns(), Work()
    impatient = asyncio.create_task(turns.take("task", work))
    patient = asyncio.create_task(turns.take("task", work))
    await asyncio.sleep(0.5)
    impatient.cancel()
    await patient
    assert work.began == [0]
    with pytest.raises(asyncio.CancelledError):
        await impatient


@in_virtual_time
async def test_nothing_is_kept_of_turns_that_are_over() -> None:
    turns = Turns()
    await asyncio.gather(*(turns.take("task", Work()) for _ in range(5)))
    assert (turns._working, turns._next) == ({}, {})


@in_virtual_time
async def test_the_patient_wait_for_company_and_begin_with_the_first_who_cannot_wait() -> None:
    turns, work = Turns(), Work()
    patient = [asyncio.create_task(turns.take("task", work, patience=5)) for _ in range(3)]
    await asyncio.sleep(2)
    await turns.take("task", work)
    assert work.began == [2]
    assert all(task.done() for task in patient)


@in_virtual_time
async def test_the_patient_do_not_wait_for_ever() -> None:
    turns, work = Turns(), Work()
    await turns.take("task", work, patience=5)
    assert work.began == [5]


@in_virtual_time
async def test_a_turn_does_the_work_of_whoever_joined_it_last() -> None:
    turns, first, last = Turns(), Work(), Work()
    await asyncio.gather(turns.take("task", first, patience=1), turns.take("task", last))
    assert (first.began, last.began) == ([], [0])
