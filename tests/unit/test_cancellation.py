"""A cancellation that comes together with what is waited for is heeded, by every request to the bus too."""

import asyncio
from collections.abc import Awaitable, Callable
from types import SimpleNamespace
from typing import Any, cast

import pytest
from nats.aio.client import Client
from wrenchai_chassis.bell import Rung
from wrenchai_chassis.cancellation import heeding_cancellation
from wrenchai_chassis.nats_bus import NatsBus


class AnsweringClient:
    """A connected client whose every request waits for `answer` as the real one does."""

    is_connected = True

    def __init__(self) -> None:
        self.answer: asyncio.Future[Any] = asyncio.get_running_loop().create_future()

    def jetstream(self, **_: object) -> Any:
        return SimpleNamespace(
            consumer_info=self._ask,
            stream_info=self._ask,
            get_msg=self._ask,
            delete_stream=self._ask,
            publish=self._ask,
        )

    async def subscribe(self, *_: object, **__: object) -> None:
        """Nothing is delivered here."""

    async def flush(self) -> None:
        await self._ask()

    async def _ask(self, *_: object, **__: object) -> Any:
        return await asyncio.wait_for(self.answer, 5)


REQUESTS: dict[str, Callable[[NatsBus], Awaitable[object]]] = {
    "consumer": lambda bus: bus.progress("judge"),
    "stream": lambda bus: bus.oldest(),
    "event": lambda bus: bus.event(7),
    "drop": lambda bus: bus.drop(),
    "publish": lambda bus: bus.put([Rung(1, "evt.x", b"{}")]),
    "flush": lambda bus: bus.listen("bell", lambda *_: None),
}


@pytest.mark.parametrize("request_", REQUESTS.values(), ids=REQUESTS)
@pytest.mark.parametrize("answer", ["given", "refused"])
async def test_a_request_that_is_cancelled_while_its_answer_comes_ends_so(
    request_: Callable[[NatsBus], Awaitable[object]], answer: str
) -> None:
    client, bus = AnsweringClient(), NatsBus("judge")
    bus.attach(cast("Client", client))

    async def ask() -> None:
        await request_(bus)

    asking = asyncio.create_task(ask())
    await asyncio.sleep(0)
    if answer == "given":
        client.answer.set_result(SimpleNamespace(state=SimpleNamespace(first_seq=1)))
    else:
        client.answer.set_exception(TimeoutError())
    asking.cancel()
    with pytest.raises(asyncio.CancelledError):
        await asking


async def test_what_was_not_cancelled_goes_on() -> None:
    with heeding_cancellation():
        await asyncio.sleep(0)
    with pytest.raises(ZeroDivisionError), heeding_cancellation():
        raise ZeroDivisionError


async def test_a_timeout_inside_is_no_cancellation() -> None:
    with heeding_cancellation(), pytest.raises(TimeoutError):
        async with asyncio.timeout(0):
            await asyncio.Event().wait()
