"""The orchestrator as a service: wakes on an event, folds the task, decides, records. All its I/O is here."""

import asyncio
from collections import OrderedDict
from collections.abc import Awaitable, Callable

from wrenchai_chassis.committer import Committer
from wrenchai_chassis.log import EventLog, VersionConflict, events_of
from wrenchai_chassis.service import Assembly, Runtime, Service
from wrenchai_chassis.subscription import Subscription
from wrenchai_contracts.envelope import Context, NewEvent, Recorded, Undecodable, unseal
from wrenchai_contracts.events import (
    ExecutionEvaluated,
    JourneyCancelled,
    JourneyCompleted,
    JourneyDispatched,
    JourneyFailed,
    PlanAborted,
    PlanCreated,
    PlanExecuted,
    RolesAssigned,
    StepCompleted,
    StepFailed,
    StepStarted,
    TaskCancellationRequested,
    TaskCancelled,
    TaskCompleted,
    TaskFailed,
    TaskRequested,
    ToolsAllocated,
)
from wrenchai_contracts.subjects import CATALOGUE, every, task_of

from wrenchai_orchestrator.decision import Step, decide
from wrenchai_orchestrator.staffing import Catalogue, working_steps
from wrenchai_orchestrator.task import Task

_REMEMBERED = 2_000
_ENDS = (TaskCompleted, TaskFailed, TaskCancelled)
_STEPS = frozenset({StepStarted.__name__, StepCompleted.__name__, StepFailed.__name__})
"""What is most of a task's story and changes no decision: a journey's end repeats what counts of it."""

SUBJECTS = (
    every(TaskRequested),
    every(JourneyCompleted, "partial"),
    every(JourneyFailed),
    every(JourneyCancelled),
    every(ExecutionEvaluated),
    every(TaskCancellationRequested),
)


class Orchestrator:
    """Answers wake-ups. Stateless but for what it may forget: the catalogue, and tasks it has just decided on."""

    def __init__(self, log: EventLog, committer: Committer, context: Context) -> None:
        self._log, self._committer, self._context = log, committer, context
        self._catalogue = Catalogue()
        self._recent: OrderedDict[str, Task] = OrderedDict()
        self._turns = Turns()

    async def attend(self, event: Recorded, first: bool) -> None:  # noqa: FBT001  # the signature of a handler
        """Decide on what `event` changed. Reading the task is spared where the event and memory say enough.

        That is safe because every decision is recorded at the version after the one it saw: if anything else was
        recorded meanwhile, the commit is refused and the task is folded from the log.
        """
        task = self._at_hand(event) if first else None
        if task is not None and await self._settle(task, event):
            return
        await self._turns.take(task_of(event.stream), lambda: self._fold_and_settle(event))

    def _at_hand(self, event: Recorded) -> Task | None:
        match event.event:
            case TaskRequested():
                task: Task | None = Task(event.stream)
            case ExecutionEvaluated():
                task = self._recent.get(task_of(event.stream))
                if task is None or not task.is_as_planned:
                    return None
                del self._recent[task.task_id]
            case _:
                return None
        if task is not None:
            task.evolve(event)
        return task

    async def _fold_and_settle(self, cause: Recorded) -> None:
        """Fold what memory does not hold yet, decide, record; from the first event on once memory proved wrong."""
        task_id = task_of(cause.stream)
        task = self._recent.pop(task_id, None) or Task(task_id)
        while True:
            rows = await self._log.read_family(task_id, task.position)
            for event in events_of(row for row in rows if row.topic not in _STEPS):
                task.evolve(event)
            task.position = rows[-1].position if rows else task.position
            if await self._settle(task, cause):
                return
            task = Task(task_id)

    async def _settle(self, task: Task, cause: Recorded) -> bool:
        """Record what follows; False if the task is not what we thought it was."""
        await self._know_the_catalogue(task)
        steps = decide(task, self._catalogue)
        if not steps:
            self._remember(task)
            return True
        try:
            await self._committer.commit(self._numbered(task, steps, cause))
        except VersionConflict:
            return False
        if not isinstance(steps[-1][1], _ENDS):
            self._remember(task)
        return True

    def _numbered(self, task: Task, steps: list[Step], cause: Recorded) -> list[NewEvent]:
        """Events of the task's own stream follow its version; every other stream is begun by us."""
        context, numbered = self._context.caused_by(cause), []
        for stream, event in steps:
            task.version += stream == task.task_id
            numbered.append(NewEvent(stream, task.version if stream == task.task_id else 1, event, context))
        return numbered

    def _remember(self, task: Task) -> None:
        """Keep a task that goes on: what follows is folded on top of it."""
        if task.plan is not None and not task.ended:
            self._recent[task.task_id] = task
            if len(self._recent) > _REMEMBERED:
                self._recent.popitem(last=False)

    async def _know_the_catalogue(self, task: Task) -> None:
        if task.plan is not None or task.request is None:
            return
        digest = task.request.playbook_digest
        if digest is None or not self._knows(digest):
            await self._learn()

    def _knows(self, digest: str) -> bool:
        """Whether the playbook and all its tools are known, so that the catalogue need not be read."""
        playbook = self._catalogue.playbooks.get(digest)
        return playbook is not None and all(step.tool in self._catalogue.tools for _, step in working_steps(playbook))

    async def _learn(self) -> None:
        rows = await self._log.read_stream(CATALOGUE, self._catalogue.version)
        for row in rows:
            try:
                told = unseal(row.position, row.state).event
            except Undecodable:  # a newer release's event, or a broken one: what it tells is not for us
                told = None
            if row.version == self._catalogue.version + 1:
                self._catalogue.learn(told)


class Turns:
    """One at a time for each key; who comes while one works shares the next turn, which sees what all of them saw."""

    def __init__(self) -> None:
        self._working: dict[str, asyncio.Task[None]] = {}
        self._next: dict[str, asyncio.Task[None]] = {}

    async def take(self, key: str, work: Callable[[], Awaitable[None]]) -> None:
        """Return when a piece of work that began after this call has ended; its failure is everybody's."""
        waiting = self._next.get(key)
        if waiting is None:
            waiting = self._next[key] = asyncio.create_task(self._turn(key, work))
        await asyncio.shield(waiting)

    async def _turn(self, key: str, work: Callable[[], Awaitable[None]]) -> None:
        before = self._working.get(key)
        if before is not None:
            await asyncio.wait([before])
        mine = self._working[key] = self._next.pop(key)
        try:
            await work()
        finally:
            if self._working.get(key) is mine:
                del self._working[key]


def subscription(orchestrator: Orchestrator) -> Subscription:
    """The orchestrator's one row: everything that may change what happens next."""
    return Subscription("orchestrator", SUBJECTS, orchestrator.attend)


async def _assemble(runtime: Runtime) -> Assembly:
    orchestrator = Orchestrator(runtime.log, runtime.committer, runtime.context)
    return Assembly(subscriptions=(subscription(orchestrator),))


ORCHESTRATOR = Service(
    "orchestrator",
    _assemble,
    subjects=SUBJECTS,
    emits=(
        RolesAssigned,
        ToolsAllocated,
        PlanCreated,
        JourneyDispatched,
        JourneyCancelled,
        PlanExecuted,
        PlanAborted,
        TaskCompleted,
        TaskFailed,
        TaskCancelled,
    ),
)
