"""People around simulated tasks: first they meddle at random, then they do what is expected of them.

They ask through the gateway's own rules: what a task's state does not allow is refused, and recorded by nobody.
"""

import asyncio
import random
from collections.abc import Callable, Sequence
from dataclasses import dataclass
from itertools import count
from types import SimpleNamespace
from typing import Any, cast

from wrenchai_chassis.committer import Committer
from wrenchai_chassis.log import LogUnavailable, VersionConflict
from wrenchai_chassis.memory_log import MemoryLog
from wrenchai_contracts.commands import (
    AnswerQuestion,
    DecideApproval,
    ExtendLimits,
    ForkTask,
    PauseTask,
    PrioritiseTask,
    ResolveEffect,
    ResumeTask,
    RetryStep,
    SendSignal,
    SkipStep,
)
from wrenchai_contracts.envelope import Context, NewEvent
from wrenchai_contracts.errors import Refused
from wrenchai_contracts.events import IdempotencyKeyClaimed, TaskCancellationRequested, TaskRequested
from wrenchai_gateway.control_rules import Command, legal, told_before
from wrenchai_gateway.control_state import ControlState, OpenWait
from wrenchai_gateway.forking import fork
from wrenchai_gateway.gateway import Gateway
from wrenchai_gateway.intake import Accepted, Intake
from wrenchai_gateway.steering import carry_out, whole_state_of
from wrenchai_gateway.submissions import Caller, digest_of

from tests.simulation.outside import Outside
from tests.simulation.seeded_time import virtual_now

NAMES = ("client", "ann", "bob")
"""Who asks for tasks, and two who may agree to what they do."""

_WORDS: dict[type[Any], str] = {
    PauseTask: "pause", ResumeTask: "resume", RetryStep: "retry", SkipStep: "skip", SendSignal: "signal",
    AnswerQuestion: "answer", DecideApproval: "approval", ExtendLimits: "extend", PrioritiseTask: "prioritise",
    ResolveEffect: "effects",
}  # fmt: skip
_NO_DIGEST = "0" * 64


@dataclass(frozen=True, slots=True)
class Asks:
    """What somebody asks so many seconds after the task was requested, of the task as it is then."""

    after: float
    by: str
    command: Callable[[ControlState], Command | ForkTask]


class OpenDoor:
    """Holds nothing back."""

    @staticmethod
    def pass_through(requests: Sequence[tuple[TaskRequested, object]], _: str) -> list[TaskRequested]:
        """See `Door.pass_through`."""
        return [request for request, _ in requests]


def gateway_over(log: MemoryLog, committer: Committer) -> Gateway:
    """As much of a gateway as takes in commands and forks."""
    ids = count()
    runtime: Any = SimpleNamespace(log=log, committer=committer, clock=virtual_now, new_id=lambda: f"{next(ids):08}f")
    known: Any = SimpleNamespace(playbooks={})
    door: Any = OpenDoor()
    gateway: Any = SimpleNamespace(runtime=runtime, catalogue=known, door=door, intake=Intake(runtime, known, door))
    return cast("Gateway", gateway)


class People:
    """Everybody who asks for something in one run."""

    def __init__(self, log: MemoryLog, committer: Committer, outside: Outside, chance: random.Random) -> None:
        self._log, self._committer, self._outside, self._chance = log, committer, outside, chance
        self._gateway = gateway_over(log, committer)
        self._keys = count()
        self.forks: list[str] = []
        self.refused = 0
        self.problems: list[str] = []

    async def ask_later(self, task_id: str, asks: Asks) -> None:
        """As it was arranged; it must be allowed then."""
        await asyncio.sleep(asks.after)
        command = asks.command(await whole_state_of(self._log, task_id))
        if isinstance(command, ForkTask):
            await self._new_from(task_id, command, asks.by)
        elif not await self._ask(task_id, command, asks.by):
            self.problems.append(f"{task_id}: {command!r} was refused")

    # --- what somebody feels like ------------------------------------------------------------------------

    async def meddle_later(self, task_id: str) -> None:
        """Ask for anything, sensible or not, at any moment of its first second."""
        await asyncio.sleep(self._chance.random() * self._chance.choice((0.1, 1.0, 3.0)))
        state = await whole_state_of(self._log, task_id)
        wish = self._chance.choice((*_WORDS.values(), "skip", "retry", "pause", "cancel", "fork"))
        if wish == "cancel":
            if self._chance.random() < 0.3:
                await self.cancel(task_id)
        elif wish == "fork":
            await self._fork(state)
        else:
            await self._ask(task_id, self._command(wish, state), self._chance.choice(NAMES))

    async def cancel(self, task_id: str) -> None:
        """Call it off, unless it has ended; again if somebody was faster."""
        while True:
            state = await whole_state_of(self._log, task_id)
            if state.ended is not None or state.cancelling:
                return
            context = Context("gateway", correlation=task_id)
            event = TaskCancellationRequested(reason="changed our mind")
            try:
                await self._committer.commit([NewEvent(task_id, state.version + 1, event, context)])
            except (VersionConflict, LogUnavailable):
                continue
            return

    async def _fork(self, state: ControlState) -> None:
        if len(self.forks) >= 2 or state.plan is None:
            return
        step = self._chance.choice([node.id for node in state.plan.nodes])
        try:
            self.forks += await self._new_from(state.task_id, ForkTask(step=step), "client")
        except Refused as refused:
            self.problems.append(f"{state.task_id} cannot be forked from {step}: {refused}")

    def _command(self, wish: str, state: ControlState) -> Command:  # noqa: PLR0911  # one arm for each command
        chance, step = self._chance, self._some_step(state)
        match wish:
            case "pause":
                return PauseTask(at=chance.choice(("now", "boundary")))
            case "resume":
                return ResumeTask()
            case "retry":
                return RetryStep(step=step)
            case "skip":
                return SkipStep(step=step, output={"by": "hand"})
            case "signal":
                return SendSignal(name="go", content={"n": chance.randint(0, 9)})
            case "answer":
                return AnswerQuestion(step=step, answer={"colour": chance.choice(("green", "red", "blue"))})
            case "approval":
                wait = state.waits.get(step)
                return self._verdict(step, wait.digest if wait is not None else None)
            case "extend":
                return ExtendLimits(tokens=10) if chance.random() < 0.7 else ExtendLimits(deadline=5)
            case "prioritise":
                return PrioritiseTask(priority=chance.randint(-5, 5))
            case _:
                return ResolveEffect(key=f"{state.task_id}/{step}/{step}", resolution="retry")

    def _some_step(self, state: ControlState) -> str:
        known = [*state.waits, *state.waits, *sorted(state.at_work), *sorted(state.outcomes)]
        outermost = [node.id for node in state.plan.nodes] if state.plan is not None else []
        return self._chance.choice([*known, *outermost, "nowhere"])

    def _verdict(self, step: str, digest: str | None) -> DecideApproval:
        decision = self._chance.choice(("approve", "approve", "change", "reject"))
        change = {"number": 1, "changed": True} if decision == "change" else None
        return DecideApproval(step=step, digest=digest or _NO_DIGEST, decision=decision, change=change)

    # --- what is expected of them ------------------------------------------------------------------------

    async def help_on(self, task_id: str) -> None:
        """Do whatever the task waits for."""
        state = await whole_state_of(self._log, task_id)
        if state.paused is not None and state.going:
            await self._ask(task_id, ResumeTask(), "client")
        for step, wait in list(state.waits.items()):
            if wait.answered is None and wait.decided is None:
                await self._end(state, step, wait)

    async def _end(self, state: ControlState, step: str, wait: OpenWait) -> None:
        """End one wait as it asks; where that is not possible, pass the step over; else give the task up."""
        for command, by in self._remedies(step, wait):
            if await self._ask(state.task_id, command, by):
                return
        if state.going and wait.waits_for != "time":
            await self.cancel(state.task_id)

    def _remedies(self, step: str, wait: OpenWait) -> list[tuple[Command, str]]:  # noqa: PLR0911  # one arm a wait
        skip: tuple[Command, str] = (SkipStep(step=step, output={"by": "hand"}), "client")
        match wait.waits_for:
            case "approval":
                return [(self._verdict(step, wait.digest), by) for by in ("ann", "bob")] + [skip]
            case "answer":
                return [(AnswerQuestion(step=step, answer={"colour": "red"}), "bob")]
            case "signal":
                return [(SendSignal(name=wait.name, content={"n": 1}), "bob")]
            case "budget":
                return [(ExtendLimits(tokens=100), "ann"), skip] if self._chance.random() < 0.8 else [skip]
            case "decision":
                again: tuple[Command, str] = (RetryStep(step=step), "ann")
                return [again, skip] if self._chance.random() < 0.3 else [skip]
            case "effect":
                return [(self._found_out(wait.effect or ""), "ann")]
            case _:
                return []

    def _found_out(self, key: str) -> ResolveEffect:
        """Who looks finds out; now and then it is to be taken back instead."""
        if self._chance.random() < 0.2:
            return ResolveEffect(key=key, resolution="compensate")
        if self._outside.has(key):
            return ResolveEffect(key=key, resolution="happened", output={"key": key})
        return ResolveEffect(key=key, resolution="retry")

    # --- asking ------------------------------------------------------------------------------------------

    async def _ask(self, task_id: str, command: Command, by: str) -> bool:
        """Whether it was recorded, or had been before. It is sent a second time, as after a lost answer."""
        state, caller = await whole_state_of(self._log, task_id), self._caller(by)
        before = told_before(state, command, by=by)
        try:
            taken = await carry_out(self._gateway, task_id, command, caller)
        except Refused:
            self.refused += 1
            return False
        recorded, claim = await self._log.read(taken.position - 2, 2)
        if claim.topic != IdempotencyKeyClaimed.__name__:
            return True
        self._compare(task_id, command, taken, await carry_out(self._gateway, task_id, command, caller))
        if before is None and recorded.version == state.version + 1 and not _is_announced(state, command):
            self.problems.append(f"{task_id}: {command!r} was taken in, and only {legal(state)} are legal")
        return True

    async def _new_from(self, task_id: str, wanted: ForkTask, by: str) -> tuple[str, ...]:
        """The new task. It is asked for twice, as after a lost answer."""
        caller, asked = self._caller(by), digest_of(f"fork {task_id}", wanted)
        taken, again = [await fork(self._gateway, task_id, wanted, caller, asked) for _ in range(2)]
        self._compare(task_id, wanted, taken, again)
        return taken.task_ids

    def _caller(self, by: str) -> Caller:
        return Caller(by, key=f"key-{next(self._keys)}")

    def _compare(self, task_id: str, asked: Command | ForkTask, taken: Accepted, again: Accepted) -> None:
        if again != taken._replace(replayed=True):
            self.problems.append(f"{task_id}: {asked!r} was sent twice with one key: {taken}, then {again}")


def _is_announced(state: ControlState, command: Command) -> bool:
    """Whether the state says that such a command is legal. Who is paused at the next boundary may be paused at once.

    That a step is tried again later, only its journey's whole stream tells, which this state has not read.
    """
    return _WORDS[type(command)] in legal(state) or isinstance(command, PauseTask | RetryStep)
