"""The orchestrator as a service: wakes on an event, folds the task, decides, records. All its I/O is here."""

import asyncio

from wrenchai_chassis.clock import Clock, utc_now
from wrenchai_chassis.committer import Committer
from wrenchai_chassis.log import EventLog, VersionConflict, events_of
from wrenchai_chassis.service import Assembly, Runtime, Service
from wrenchai_chassis.subscription import Subscription
from wrenchai_contracts.envelope import Context, NewEvent, Recorded, Undecodable, unseal
from wrenchai_contracts.events import (
    CONTROLS,
    STEP_TOPICS,
    ChoiceDrawn,
    ChoiceOffered,
    ContestEvaluated,
    EntriesScored,
    ExecutionEvaluated,
    JourneyCancelled,
    JourneyCompleted,
    JourneyDispatched,
    JourneyFailed,
    JourneyPaused,
    JourneyResumed,
    JourneyReused,
    JourneysStopped,
    PlanAborted,
    PlanCreated,
    PlanExecuted,
    ResultOffered,
    RolesAssigned,
    RoundEnded,
    RoundEvaluated,
    ScheduleFired,
    StepOpened,
    StepRepeated,
    StepSettled,
    TaskCancellationRequested,
    TaskCancelled,
    TaskCompleted,
    TaskFailed,
    TaskRequested,
    TasksAdmitted,
    TimerFired,
    ToolsAllocated,
    UndoBegan,
)
from wrenchai_contracts.playbook import Playbook
from wrenchai_contracts.shape import Sha256, TaskId
from wrenchai_contracts.subjects import CATALOGUE, every, task_of
from wrenchai_language.turns import with_shares

from wrenchai_orchestrator.admission import Room
from wrenchai_orchestrator.admission_keeper import admitting
from wrenchai_orchestrator.decision import decide
from wrenchai_orchestrator.forking import origin_of
from wrenchai_orchestrator.recent import Recent
from wrenchai_orchestrator.settings import OrchestratorSettings
from wrenchai_orchestrator.staffing import Catalogue, working_steps
from wrenchai_orchestrator.task import Task
from wrenchai_orchestrator.timekeeper import timekeeping
from wrenchai_orchestrator.turn import OWN, Step
from wrenchai_orchestrator.turns import Turns

_FOR_SIBLINGS = 0.05
"""Seconds to wait for the ends of other branches before the log is asked for them."""

_BEGUN_AT_ONCE = 16
"""Tasks of one admission."""

SUBJECTS = (
    every(TaskRequested, "-"),
    every(TasksAdmitted),
    every(JourneyCompleted, "partial"),
    every(JourneyFailed),
    every(JourneyCancelled),
    every(JourneyPaused),
    every(ExecutionEvaluated),
    every(RoundEvaluated),
    every(ChoiceDrawn),
    every(ContestEvaluated),
    every(TimerFired),
    *map(every, CONTROLS),
)

_HEARD = (JourneyCompleted, ExecutionEvaluated, RoundEvaluated, ChoiceDrawn, ContestEvaluated)
"""What memory learns from the event itself: the ends of work, and what the inspector says."""


class Orchestrator:
    """Answers wake-ups. Stateless but for what it may forget: the catalogue, and tasks it has just decided on."""

    def __init__(self, log: EventLog, committer: Committer, context: Context, clock: Clock = utc_now) -> None:
        self._log, self._committer, self._context, self._clock = log, committer, context, clock
        self._catalogue = Catalogue()
        self._known: set[Sha256] = set()
        self._recent = Recent()
        self._turns = Turns()
        self._beginning = asyncio.Semaphore(_BEGUN_AT_ONCE)

    async def attend(self, event: Recorded, first: bool) -> None:  # noqa: FBT001  # the signature of a handler
        """Decide on what `event` changed. Reading the task is spared where the event and memory say enough.

        That is safe because every commit is guarded by the version of the task's stream that its decision saw: if
        anything was decided or asked for meanwhile, it is refused, and the task is folded from the log.
        """
        if isinstance(event.event, TasksAdmitted):
            await asyncio.gather(*map(self._begin_held, event.event.tasks))
            return
        if first and isinstance(event.event, TaskRequested) and await self._begin(event):
            return
        patience = self._hear(event) if first else 0.0
        await self._turns.take(task_of(event.stream), lambda: self._decide_again(event), patience=patience)

    async def _begin(self, requested: Recorded) -> bool:
        task = Task(requested.stream)
        task.evolve(requested)
        return await self._settle(task, requested)

    async def _begin_held(self, task_id: TaskId) -> None:
        """Begin a task whose turn has come, unless it was begun or has ended; what follows is caused by its request."""
        async with self._beginning:
            while events := events_of(await self._log.read_stream(task_id)):
                task = Task(task_id)
                for event in events:
                    task.evolve(event)
                if task.plan is not None or task.ended or await self._settle(task, events[0]):
                    return

    def _hear(self, event: Recorded) -> float:
        """Note what `event` says; seconds that may pass before the log is read all the same.

        Where a task waits for more ends like this one, nothing can follow yet by all we know. Another replica may
        have heard of those: so the log is asked in the end, before `event` is acknowledged.
        """
        task = self._recent.get(task_of(event.stream))
        if task is None or not isinstance(event.event, _HEARD):
            return 0.0
        task.hear(event)
        waits = isinstance(event.event, JourneyCompleted) and task.waits_for_siblings_of(event.event.journey)
        return _FOR_SIBLINGS if waits else 0.0

    async def _decide_again(self, cause: Recorded) -> None:
        """Decide from memory, if it knows of nothing at work and something follows; else fold first."""
        task = self._recent.get(task_of(cause.stream))
        heard = isinstance(cause.event, _HEARD)
        if not heard or task is None or not task.says_enough or not await self._follow(task, cause):
            await self._fold_and_settle(cause)

    async def _fold_and_settle(self, cause: Recorded) -> None:
        """Fold what memory does not hold yet, decide, record; from the first event on once memory proved wrong."""
        task_id = task_of(cause.stream)
        task = self._recent.get(task_id) or Task(task_id)
        while True:
            rows = await self._log.read_family(task_id, task.position, without=STEP_TOPICS)
            for event in events_of(rows):
                task.evolve(event)
            if isinstance(cause.event, TimerFired):
                await self._know_begun(task)
            if await self._settle(task, cause):
                return
            task = Task(task_id)

    async def _settle(self, task: Task, cause: Recorded) -> bool:
        """Record what follows, if anything does; False if the task is not what we thought it was."""
        if _waits_for_its_turn(task, cause):
            return True
        await self._know_the_catalogue(task)
        await self._know_the_origin(task)
        guard = task.version
        steps = decide(task, self._catalogue, self._clock())
        if steps:
            return await self._record(task, steps, guard, cause)
        self._remember(task)
        return True

    async def _follow(self, task: Task, cause: Recorded) -> bool:
        """Record what follows by memory alone; False if that is nothing, or not true any more."""
        guard = task.version
        steps = decide(task, self._catalogue, self._clock())
        return bool(steps) and await self._record(task, steps, guard, cause)

    async def _record(self, task: Task, steps: list[Step], guard: int, cause: Recorded) -> bool:
        """Commit `steps`, which are folded already; False, and forgotten, if somebody else was faster.

        An abort is recorded alone, and what follows it is decided anew: until it was on record, another replica may
        have begun something, which its own guard allowed and which we have not seen.
        """
        self._recent.drop(task.task_id)
        now = _up_to_an_abort(steps)
        own = any(step.version == OWN for step in steps)  # then the version itself is the guard
        guards = () if own else ((task.task_id, guard),)
        try:
            await self._committer.commit(self._numbered(task, now, cause), guards=guards)
        except VersionConflict:
            return False
        if len(now) < len(steps):
            return False
        self._remember(task)
        return True

    def _numbered(self, task: Task, steps: list[Step], cause: Recorded) -> list[NewEvent]:
        """Events of the task's own stream follow its version."""
        context, numbered = self._context.caused_by(cause), []
        for step in steps:
            task.version += step.version == OWN
            numbered.append(NewEvent(step.stream, step.version or task.version, step.event, context))
        return numbered

    def _remember(self, task: Task) -> None:
        """Keep a task that goes on: what follows is folded on top of it."""
        if task.plan is None or task.ended:
            self._recent.drop(task.task_id)
        else:
            self._recent.keep(task)

    async def _know_begun(self, task: Task) -> None:
        """Learn which journeys workers have begun: what is too late is ended by whoever has it."""
        rows = await self._log.read_family(task.task_id)
        task.know_begun({row.stream.partition("/")[2] for row in rows if row.version > 1})

    async def _know_the_origin(self, task: Task) -> None:
        """Read what the task was forked from, once."""
        fork = task.request.forked_from if task.request else None
        if fork is not None and task.origin is None:
            task.origin = origin_of(
                events_of(await self._log.read_family(fork.task_id, without=STEP_TOPICS)), fork.step
            )

    async def _know_the_catalogue(self, task: Task) -> None:
        if task.plan is not None or task.request is None:
            return
        digest = task.request.playbook_digest
        if digest is None or not self._knows(digest):
            await self._learn()

    def _knows(self, digest: str) -> bool:
        """Whether the playbook and all its tools are known, so that the catalogue need not be read."""
        playbook = self._catalogue.playbooks.get(digest)
        if digest not in self._known and playbook is not None:
            calls = working_steps(playbook, self._catalogue.shelf)
            if all(step.tool in self._catalogue.tools for _, step in calls):
                self._known.add(digest)
        return digest in self._known

    async def _learn(self) -> None:
        rows = await self._log.read_stream(CATALOGUE, self._catalogue.version)
        if rows:
            self._known = set()
        for row in rows:
            try:
                told = unseal(row.position, row.state).event
            except Undecodable:  # a newer release's event, or a broken one: what it tells is not for us
                told = None
            if row.version == self._catalogue.version + 1:
                self._catalogue.learn(told)


def _waits_for_its_turn(task: Task, cause: Recorded) -> bool:
    """Whether a task is held still: only its admission comes here with its request, anything else can but end it."""
    held = task.plan is None and task.request is not None and task.request.held
    return held and task.asked.cancelled is None and not isinstance(cause.event, TaskRequested)


def _up_to_an_abort(steps: list[Step]) -> list[Step]:
    at = next((n for n, step in enumerate(steps, 1) if isinstance(step.event, PlanAborted)), len(steps))
    return steps[:at]


def subscription(orchestrator: Orchestrator) -> Subscription:
    """The orchestrator's one row: everything that may change what happens next."""
    return Subscription("orchestrator", SUBJECTS, orchestrator.attend)


async def _assemble(runtime: Runtime) -> Assembly:
    settings = runtime.settings
    if not isinstance(settings, OrchestratorSettings):
        settings = OrchestratorSettings.model_validate(settings.model_dump())

    def complete(request: TaskRequested, playbook: Playbook, tenant: str) -> TaskRequested:
        return with_shares(request, playbook, tenant, settings.limits)

    orchestrator = Orchestrator(runtime.log, runtime.committer, runtime.context, runtime.clock)
    keeping, gate = timekeeping(runtime, complete), admitting(runtime, Room(settings.room_alone, settings.room_beside))
    runtime.checks |= keeping.checks | gate.checks
    return Assembly((subscription(orchestrator),), keeping.coroutines | gate.coroutines)


ORCHESTRATOR = Service(
    "orchestrator",
    _assemble,
    OrchestratorSettings,
    subjects=SUBJECTS,
    emits=(
        RolesAssigned,
        ToolsAllocated,
        PlanCreated,
        JourneyDispatched,
        JourneyResumed,
        JourneyReused,
        JourneyCancelled,
        JourneyFailed,
        StepOpened,
        RoundEnded,
        ResultOffered,
        ChoiceOffered,
        EntriesScored,
        StepSettled,
        StepRepeated,
        JourneysStopped,
        UndoBegan,
        PlanExecuted,
        PlanAborted,
        TaskCompleted,
        TaskFailed,
        TaskCancelled,
        TimerFired,
        ScheduleFired,
        TaskRequested,
        TaskCancellationRequested,
        TasksAdmitted,
    ),
)
