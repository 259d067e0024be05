"""The two shells around the one definition of calls and flows: one blocks, one awaits, none decides."""

import os
import time
from collections.abc import AsyncIterator, Callable, Collection, Coroutine, Iterator
from dataclasses import replace
from functools import cached_property, wraps
from pathlib import Path
from typing import Any, Generic, ParamSpec, Self, TypeVar, overload

import httpx
from wrenchai_contracts.evidence import ArtifactRef
from wrenchai_contracts.views import TaskView

from wrenchai.client import controls, endpoints, quality, scheduling
from wrenchai.client.actions import Flow, Give, Walk
from wrenchai.client.address import ACTOR_SETTING, Address, find_address
from wrenchai.client.calls import Call
from wrenchai.client.exchange import exchange
from wrenchai.client.following import countdown, everything, following, waiting
from wrenchai.client.frames import Frame
from wrenchai.client.hands import AwaitingHands, BlockingHands
from wrenchai.client.patience import Patience
from wrenchai.client.pieces import incoming, pieces

Answer = TypeVar("Answer")
Params = ParamSpec("Params")

USUAL_PATIENCE = Patience()
LIVE_PATIENCE = Patience(tries=40)
"""A live connection outlasts a restart of the gateway: about two minutes."""


class Endpoint(Generic[Params, Answer]):
    """A method of both clients, from the definition of one call; blocking in one, to be awaited in the other."""

    def __init__(self, define: Callable[Params, Call[Answer]]) -> None:
        self._define = define
        self.__doc__ = define.__doc__

    @overload
    def __get__(self, client: "Client", owner: type) -> Callable[Params, Answer]: ...
    @overload
    def __get__(self, client: "AsyncClient", owner: type) -> Callable[Params, Coroutine[Any, Any, Answer]]: ...
    @overload
    def __get__(self, client: None, owner: type) -> "Endpoint[Params, Answer]": ...
    def __get__(self, client: "Client | AsyncClient | None", owner: type) -> Any:
        """The method bound to `client`."""
        if client is None:
            return self

        @wraps(self._define)
        def method(*args: Params.args, **kwargs: Params.kwargs) -> Any:
            return client.send(self._define(*args, **kwargs))

        return method


class Endpoints:
    """What both clients can ask; see `endpoints`, `controls`, `scheduling` and `quality` for each."""

    submit_task = Endpoint(endpoints.submit_task)
    submit = Endpoint(endpoints.submit)
    submit_batch = Endpoint(endpoints.submit_batch)
    execute = Endpoint(endpoints.execute)
    tasks = Endpoint(endpoints.tasks)
    task = Endpoint(endpoints.task)
    events = Endpoint(endpoints.events)
    playbooks = Endpoint(endpoints.playbooks)
    playbook = Endpoint(endpoints.playbook)
    register_playbook = Endpoint(endpoints.register_playbook)
    check_playbook = Endpoint(endpoints.check_playbook)
    tools = Endpoint(endpoints.tools)
    artifact = Endpoint(endpoints.artifact)
    site = Endpoint(endpoints.site)
    parked = Endpoint(endpoints.parked)
    redrive = Endpoint(endpoints.redrive)
    log_head = Endpoint(endpoints.log_head)
    health = Endpoint(endpoints.health)

    cancel = Endpoint(controls.cancel)
    pause = Endpoint(controls.pause)
    resume = Endpoint(controls.resume)
    extend = Endpoint(controls.extend)
    prioritise = Endpoint(controls.prioritise)
    fork = Endpoint(controls.fork)
    retry = Endpoint(controls.retry)
    skip = Endpoint(controls.skip)
    signal = Endpoint(controls.signal)
    answer = Endpoint(controls.answer)
    decide = Endpoint(controls.decide)
    resolve_effect = Endpoint(controls.resolve_effect)
    context = Endpoint(controls.context)
    approvals = Endpoint(controls.approvals)
    effects = Endpoint(controls.effects)

    give_verdict = Endpoint(quality.give_verdict)
    task_quality = Endpoint(quality.task_quality)
    explain = Endpoint(quality.explain)
    tool_quality = Endpoint(quality.tool_quality)
    judges = Endpoint(quality.judges)
    calibration = Endpoint(quality.calibration)
    decisions = Endpoint(quality.decisions)
    audits = Endpoint(quality.audits)
    drift = Endpoint(quality.drift)
    recommendations = Endpoint(quality.recommendations)
    quality_health = Endpoint(quality.quality_health)
    what_if = Endpoint(quality.what_if)

    schedules = Endpoint(scheduling.schedules)
    schedule = Endpoint(scheduling.schedule)
    set_schedule = Endpoint(scheduling.set_schedule)
    pause_schedule = Endpoint(scheduling.pause_schedule)
    resume_schedule = Endpoint(scheduling.resume_schedule)
    backfill_schedule = Endpoint(scheduling.backfill_schedule)
    delete_schedule = Endpoint(scheduling.delete_schedule)

    def __init__(  # noqa: PLR0913  # each has a default
        self,
        url: str | None = None,
        api_key: str = "",
        *,
        actor: str | None = None,
        patience: Patience = USUAL_PATIENCE,
        live_patience: Patience = LIVE_PATIENCE,
        timeout: float = 30.0,
    ) -> None:
        """`actor`, else $WRENCHAI_ACTOR, is recorded as who asked; nobody verifies it.

        `timeout` is in seconds, for one request; how often and how long is tried says `patience`.
        """
        found = Address(url.rstrip("/"), api_key) if url else find_address(os.environ)
        self.address = replace(found, actor=os.environ.get(ACTOR_SETTING, "") if actor is None else actor)
        self._patience, self._live_patience, self._timeout = patience, live_patience, timeout

    @property
    def _http_options(self) -> dict[str, Any]:
        return {
            "base_url": self.address.url,
            "headers": self.address.headers,
            "timeout": self._timeout,
            "trust_env": not self.address.local,
        }


class Client(Endpoints):
    """The blocking client. One per thread group: it may be shared by threads, and keeps its connections."""

    @cached_property
    def _http(self) -> httpx.Client:
        return httpx.Client(**self._http_options)

    def send(self, call: Call[Answer]) -> Answer:
        """Perform one call, repeated where that is harmless."""
        return self._run(exchange(call, self._patience))

    def follow(self, task_id: str, *, after: int = 0) -> Iterator[Frame]:
        """A task's events behind position `after` as they happen, each once, and its steps' progress, until its end."""
        return self._each(following(f"/ws/tasks/{task_id}", self._live_patience, after=after))

    def follow_all(self, *, after: int = 0, types: Collection[str] = ()) -> Iterator[Frame]:
        """All events behind position `after` as they happen, for ever; only of those `types`, if any are named."""
        return self._each(following(everything(types), self._live_patience, after=after))

    def wait(self, task_id: str, *, timeout: float | None = None) -> TaskView:
        """The task once it has ended; `TookTooLong` after `timeout` seconds."""
        return self._run(waiting(task_id, self._live_patience, countdown(timeout, time.monotonic)))

    def download(self, artifact: ArtifactRef, path: Path) -> Path:
        """Write an artifact to `path`, whole and with the right hash, or not at all."""
        with incoming(artifact, path) as file:
            for piece in self._each(pieces(artifact, self._patience)):
                file.write(piece)
        return path

    def close(self) -> None:
        """Let go of all connections."""
        self._http.close()

    def __enter__(self) -> Self:
        return self

    def __exit__(self, *_: object) -> None:
        self.close()

    def _run(self, flow: Flow[Answer]) -> Answer:
        with BlockingHands(self._http, self.address) as hands:
            walk = Walk(flow)
            while not walk.done:
                hands.perform(walk)
            return walk.result

    def _each(self, flow: Flow[Any]) -> Iterator[Any]:
        with BlockingHands(self._http, self.address) as hands:
            walk = Walk(flow)
            while not walk.done:
                if isinstance(walk.action, Give):
                    yield walk.action.value
                hands.perform(walk)


class AsyncClient(Endpoints):
    """The awaiting client: the same methods and arguments, each to be awaited or iterated with `async for`."""

    @cached_property
    def _http(self) -> httpx.AsyncClient:
        return httpx.AsyncClient(**self._http_options)

    async def send(self, call: Call[Answer]) -> Answer:
        """See `Client.send`."""
        return await self._run(exchange(call, self._patience))

    def follow(self, task_id: str, *, after: int = 0) -> AsyncIterator[Frame]:
        """See `Client.follow`."""
        return self._each(following(f"/ws/tasks/{task_id}", self._live_patience, after=after))

    def follow_all(self, *, after: int = 0, types: Collection[str] = ()) -> AsyncIterator[Frame]:
        """See `Client.follow_all`."""
        return self._each(following(everything(types), self._live_patience, after=after))

    async def wait(self, task_id: str, *, timeout: float | None = None) -> TaskView:  # noqa: ASYNC109  # one deadline for both clients
        """See `Client.wait`."""
        return await self._run(waiting(task_id, self._live_patience, countdown(timeout, time.monotonic)))

    async def download(self, artifact: ArtifactRef, path: Path) -> Path:
        """See `Client.download`; the disk is written between two awaits, a piece at a time."""
        with incoming(artifact, path) as file:
            async for piece in self._each(pieces(artifact, self._patience)):
                file.write(piece)
        return path

    async def close(self) -> None:
        """Let go of all connections."""
        await self._http.aclose()

    async def __aenter__(self) -> Self:
        return self

    async def __aexit__(self, *_: object) -> None:
        await self.close()

    async def _run(self, flow: Flow[Answer]) -> Answer:
        async with AwaitingHands(self._http, self.address) as hands:
            walk = Walk(flow)
            while not walk.done:
                await hands.perform(walk)
            return walk.result

    async def _each(self, flow: Flow[Any]) -> AsyncIterator[Any]:
        async with AwaitingHands(self._http, self.address) as hands:
            walk = Walk(flow)
            while not walk.done:
                if isinstance(walk.action, Give):
                    yield walk.action.value
                await hands.perform(walk)
