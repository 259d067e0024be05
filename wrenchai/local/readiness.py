"""How the supervisor finds out that a process is ready."""

import asyncio

import httpx

from wrenchai.local.process_spec import Probe

_FIRST_PAUSE, _LONGEST_PAUSE, _GROWTH = 0.01, 0.2, 1.3


def answers_http(url: str, *, api_key: str | None = None) -> Probe:
    """A probe: a GET on `url` answers with a success (2xx) within a second.

    With `api_key` only a server that takes this key is meant: a stranger may have come to the port before ours.
    """
    headers = {"Authorization": f"Bearer {api_key}"} if api_key else {}

    async def probe() -> bool:
        try:
            async with httpx.AsyncClient(timeout=1.0, trust_env=False, headers=headers) as client:
                return (await client.get(url)).is_success
        except httpx.TransportError:
            return False

    return probe


async def until_ready(probe: Probe, *, within: float) -> None:
    """Ask `probe` until it says yes: often at first, then five times a second.

    Raises:
        TimeoutError: it did not within `within` seconds.
        LocalStartError: the probe knows that it never will.
    """
    pause = _FIRST_PAUSE
    async with asyncio.timeout(within):
        while not await probe():
            await asyncio.sleep(pause)
            pause = min(pause * _GROWTH, _LONGEST_PAUSE)
