"""Carries one tenant's knowledge on: judges in one line, learns, and records both together or not at all.

Whatever waits is judged together, on top of each other, and committed in one go; while that is on its way, what comes
waits for the next. So the stream of what was learnt has no gap, and memory never holds what the log does not, but for
what is being committed. Where the log has gone on without us (another inspector, an answer that was lost), knowledge is
folded anew from snapshot and stream, and everything is judged again.
"""

import asyncio
from collections.abc import Awaitable, Callable, Sequence
from dataclasses import dataclass, field
from typing import NamedTuple, Protocol

from wrenchai_chassis.committer import Committer
from wrenchai_chassis.log import EventLog, VersionConflict, events_of
from wrenchai_chassis.snapshots import Snapshots
from wrenchai_contracts.envelope import Context, NewEvent
from wrenchai_contracts.errors import LogUnavailable, Overloaded
from wrenchai_contracts.event import Event
from wrenchai_contracts.subjects import quality_stream
from wrenchai_judgement.knowledge import Knowledge
from wrenchai_judgement.replaying import carry_on
from wrenchai_judgement.snapshot import SnapshotUnreadable, from_bytes, to_bytes

SNAPSHOT_EVERY = 500
"""Versions of the stream between two snapshots: what must be folded at most when a process begins."""

_TRIES, _TRIES_TOGETHER = 8, 3


class Said(NamedTuple):
    """What one request comes to: events of other streams, and what was learnt, in order."""

    events: tuple[tuple[str, int, Event], ...] = ()
    """Stream, version, event."""
    learnt: tuple[Event, ...] = ()


Say = Callable[[Knowledge], Said]
"""Judge, and learn: pure but for the knowledge, which goes on."""


class Gone(Exception):  # noqa: N818  # a noun with its facts
    """The stream of what was learnt could not be carried on, try after try."""


class Report(Protocol):
    """Where something worth a line in the service's log is told."""

    def __call__(self, line: str, /) -> None:
        """Tell it."""


@dataclass(slots=True)
class _Request:
    say: Say
    context: Context
    result: "asyncio.Future[None]" = field(default_factory=lambda: asyncio.get_running_loop().create_future())

    def refuse(self, problem: BaseException) -> None:
        """Whoever asked is told, and answers for it."""
        if not self.result.done():
            self.result.set_exception(problem)

    def done(self) -> None:
        """It is on record."""
        if not self.result.done():
            self.result.set_result(None)


class Learner:
    """One tenant's knowledge in this process."""

    def __init__(self, tenant: str, log: EventLog, committer: Committer, snapshots: Snapshots, report: Report) -> None:
        self.tenant = tenant
        self._log, self._committer, self._snapshots, self._report = log, committer, snapshots, report
        self._knowledge: Knowledge | None = None
        self._waiting: list[_Request] = []
        self._working: asyncio.Task[None] | None = None
        self._snapshot_at = 0
        self.differences = 0
        """Events of the stream that this release folds to something else than what is recorded."""

    async def record(self, say: Say, context: Context) -> None:
        """Judge and learn by `say`, once all before it is on record; it is called again if the log had gone on.

        Raises:
            VersionConflict: what it says is on record already.
            LogUnavailable: the store is away; whether it was recorded is unknown.
        """
        request = _Request(say, context)
        self._waiting.append(request)
        if self._working is None or self._working.done():
            self._working = asyncio.create_task(self._work())
        await request.result

    async def known(self) -> Knowledge:
        """What is known now; of a process that has just begun from the log. Not to be changed."""
        if self._knowledge is None:
            folded = await self._folded()
            if self._knowledge is None:  # somebody else may have asked meanwhile, and have gone on from there
                self._knowledge = folded
        return self._knowledge

    async def _work(self) -> None:
        while self._waiting:
            requests, self._waiting = self._waiting, []
            problem = await _problem_of(self._carry_on(requests, _TRIES_TOGETHER))
            if problem is None:
                continue
            for request in requests:
                away = isinstance(problem, LogUnavailable | Overloaded)
                refused = problem if away else await _problem_of(self._carry_on([request], _TRIES))
                if refused is not None:
                    request.refuse(refused)

    async def _carry_on(self, requests: Sequence[_Request], tries: int) -> None:
        """Commit the requests, again where the stream had gone on; by itself, one is refused for its own fault only.

        Raises:
            VersionConflict: an answer is on record already.
            Gone: others were faster, try after try.
        """
        for _ in range(tries):
            before = (await self.known()).version
            problem = await _problem_of(self._commit(requests))
            if problem is None:
                return
            self._knowledge = None
            if not isinstance(problem, VersionConflict) or (await self.known()).version == before:
                raise problem
        message = f"others keep carrying on what {self.tenant}'s results teach"
        raise Gone(message)

    async def _commit(self, requests: Sequence[_Request]) -> None:
        knowledge = await self.known()
        events: list[NewEvent] = []
        for request in requests:
            said = request.say(knowledge)
            events += [NewEvent(stream, version, event, request.context) for stream, version, event in said.events]
            for event in said.learnt:
                knowledge.version += 1
                events.append(NewEvent(quality_stream(self.tenant), knowledge.version, event, request.context))
        if events:
            await self._committer.commit(events)
        for request in requests:
            request.done()
        await self._keep(knowledge)

    async def _keep(self, knowledge: Knowledge) -> None:
        if knowledge.version < self._snapshot_at + SNAPSHOT_EVERY:
            return
        self._snapshot_at = knowledge.version
        problem = await _problem_of(self._snapshots.write(_name(self.tenant), knowledge.version, to_bytes(knowledge)))
        if problem is not None:
            self._report(f"no snapshot of {self.tenant}'s knowledge could be kept: {problem}")

    async def _folded(self) -> Knowledge:
        """From the latest snapshot on; a difference to what is recorded is told, and the recorded hash goes on."""
        knowledge = await self._from_snapshot()
        self._snapshot_at = knowledge.version
        for row in events_of(await self._log.read_stream(quality_stream(self.tenant), knowledge.version)):
            difference = carry_on(knowledge, row.event, row.version).difference
            if difference is not None:
                self.differences += 1
                self._report(f"{row.stream} version {row.version} folds to something else: {difference}")
        return knowledge

    async def _from_snapshot(self) -> Knowledge:
        kept = await self._snapshots.read(_name(self.tenant))
        if kept is not None:
            try:
                return from_bytes(kept)
            except SnapshotUnreadable as problem:
                self._report(f"the snapshot of {self.tenant}'s knowledge is of no use: {problem}")
        return Knowledge(self.tenant)


async def _problem_of(work: Awaitable[None]) -> BaseException | None:
    """What went wrong with it, if anything did."""
    (problem,) = await asyncio.gather(work, return_exceptions=True)
    return problem


def _name(tenant: str) -> str:
    return f"quality/{tenant}"
