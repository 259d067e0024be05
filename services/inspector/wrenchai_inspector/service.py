"""The inspector as a service: every result that asks for it gets a judgement, and every verdict of people teaches."""

from collections.abc import Awaitable, Callable
from functools import partial

from wrenchai_chassis.committer import Committer
from wrenchai_chassis.log import EventLog, VersionConflict, events_of
from wrenchai_chassis.service import Assembly, Runtime, Service
from wrenchai_chassis.snapshots import PostgresSnapshots, Snapshots
from wrenchai_chassis.subscription import Subscription
from wrenchai_contracts.envelope import Context, Recorded
from wrenchai_contracts.events import (
    STEP_TOPICS,
    ApprovalDecided,
    ChoiceDrawn,
    ChoiceOffered,
    ContestEvaluated,
    DriftDetected,
    EntriesScored,
    Event,
    EvidenceLearned,
    ExecutionEvaluated,
    InspectorPriorRefreshed,
    InspectorPriorRefused,
    JourneyCompleted,
    JourneyDispatched,
    PlanExecuted,
    ResultOffered,
    RoundEnded,
    RoundEvaluated,
    VerdictGiven,
    VerdictLearned,
    VerdictWeighed,
)
from wrenchai_contracts.judging import Subject
from wrenchai_contracts.subjects import (
    choice_stream,
    evaluation_stream,
    every,
    result_stream,
    round_stream,
    standings_stream,
    task_of,
    weighed_stream,
)
from wrenchai_judgement.knowledge import Knowledge

from wrenchai_inspector import judging, subjects, verdicts
from wrenchai_inspector.judging import Whose
from wrenchai_inspector.learning import Learner, Report, Said
from wrenchai_inspector.refresh.fitting import Limits
from wrenchai_inspector.refreshing import Pace, Refresher
from wrenchai_inspector.settings import InspectorSettings
from wrenchai_inspector.told import TOLD_BY, Told
from wrenchai_inspector.verdicts import Word

_REPEATED = (JourneyDispatched.__name__, *STEP_TOPICS)
_TELLING = (*(event_type.__name__ for event_type in TOLD_BY), VerdictGiven.__name__)

SUBJECTS = (
    every(JourneyCompleted, "final"),
    every(PlanExecuted),
    every(RoundEnded, "judge"),
    every(ResultOffered),
    every(ChoiceOffered),
    every(EntriesScored),
    every(VerdictGiven),
    every(ApprovalDecided),
)


class Inspector:
    """Judges results. What it knows of each tenant's work is a fold over the log, and may be forgotten."""

    def __init__(
        self, log: EventLog, committer: Committer, context: Context, snapshots: Snapshots, report: Report
    ) -> None:
        self._log, self._context = log, context
        self._learner = partial(Learner, log=log, committer=committer, snapshots=snapshots, report=report)
        self.learners: dict[str, Learner] = {}

    async def attend(self, event: Recorded, first: bool) -> None:  # noqa: FBT001  # the signature of a handler
        """Record what follows from `event`; a second delivery finds it recorded."""
        answer = _ANSWERS[type(event.event)]
        if not first and await self._is_answered(event):
            return
        await answer(self, event)

    def learner(self, tenant: str) -> Learner:
        """Whoever carries on what is known of that tenant's work."""
        if tenant not in self.learners:
            self.learners[tenant] = self._learner(tenant)
        return self.learners[tenant]

    async def _record(self, event: Recorded, say: Callable[[Knowledge], Said]) -> None:
        try:
            await self.learner(event.tenant).record(say, self._context.caused_by(event))
        except VersionConflict:
            if not await self._is_answered(event):
                raise

    async def _is_answered(self, event: Recorded) -> bool:
        """Whether the answer to `event` is on record."""
        stream, version = _answer_to(event)
        return any(row.version >= version for row in await self._log.read_stream(stream))

    async def _told(self, event: Recorded) -> Told:
        return Told.by(await self._story(event))

    async def _story(self, event: Recorded) -> list[Recorded]:
        """What tells of its task's results, and what people said of them."""
        rows = await self._log.read_family(task_of(event.stream), without=_REPEATED)
        return events_of(row for row in rows if row.topic.startswith(_TELLING))

    # --- results -----------------------------------------------------------------------------------------

    async def whole(self, event: Recorded) -> None:
        """A plan has come to its end: judge the task's result."""
        task_id, ended = task_of(event.stream), event.event
        sole = subjects.sole_subject(ended, task_id) if isinstance(ended, JourneyCompleted) else None
        subject = sole or subjects.whole_subject(await self._told(event), task_id)
        await self._judge(event, subject, Whose(task_id))

    async def offered(self, event: Recorded) -> None:
        """A step asks to be judged before anything relies on its result."""
        assert isinstance(event.event, ResultOffered)  # noqa: S101  # by the table below
        offer, task_id = event.event, task_of(event.stream)
        subject = subjects.offered_subject(await self._told(event), offer, task_id)
        await self._judge(event, subject, Whose(task_id, offer.step, offer.number))

    async def _judge(self, event: Recorded, subject: Subject, whose: Whose) -> None:
        stream, version = _answer_to(event)

        def say(knowledge: Knowledge) -> Said:
            judged = judging.judge(knowledge, subject, whose)
            return Said(((stream, version, judged.evaluation),), judged.learnt)

        await self._record(event, say)

    async def round(self, event: Recorded) -> None:
        """A round of a loop has ended that wants to know whether another one is worth it."""
        assert isinstance(event.event, RoundEnded)  # noqa: S101  # by the table below
        ended, (stream, version) = event.event, _answer_to(event)
        rounds = subjects.round_subjects(await self._told(event), ended, task_of(event.stream))

        def say(knowledge: Knowledge) -> Said:
            return Said(((stream, version, judging.judge_round(knowledge, rounds, ended)),))

        await self._record(event, say)

    async def choice(self, event: Recorded) -> None:
        """More are offered than may run: draw who does."""
        assert isinstance(event.event, ChoiceOffered)  # noqa: S101  # by the table below
        offered, (stream, version) = event.event, _answer_to(event)

        def say(knowledge: Knowledge) -> Said:
            return Said(((stream, version, judging.draw_choice(knowledge, offered, task_of(event.stream))),))

        await self._record(event, say)

    async def contest(self, event: Recorded) -> None:
        """The entries of a contest were scored: say how good each is."""
        assert isinstance(event.event, EntriesScored)  # noqa: S101  # by the table below
        scored, task_id, (stream, version) = event.event, task_of(event.stream), _answer_to(event)
        entries = subjects.entry_subjects(await self._told(event), scored, task_id)

        def say(knowledge: Knowledge) -> Said:
            evaluated, learnt = judging.judge_entries(knowledge, entries, scored, task_id)
            return Said(((stream, version, evaluated),), learnt)

        await self._record(event, say)

    # --- people ------------------------------------------------------------------------------------------

    async def person(self, event: Recorded) -> None:
        """Somebody said whether a result is acceptable, or looked at one that the inspector was not sure of."""
        story = await self._story(event)
        told = Told.by(story)
        word = verdicts.word_of(event, told.looks)
        if word is None:
            return
        evaluation = told.whole if word.step is None else told.judged.get(word.step)
        if evaluation is not None:
            before = verdicts.said_before(story, told.looks, event)
            asked = isinstance(event.event, ApprovalDecided)
            source = "escalation" if asked else verdicts.source_of(evaluation)
            await self._hear(event, Word(task_of(event.stream), *word, source, before), evaluation)

    async def _hear(self, event: Recorded, word: Word, evaluation: ExecutionEvaluated) -> None:
        stream, version = _answer_to(event)

        def say(knowledge: Knowledge) -> Said:
            weighed, learnt = verdicts.hear(knowledge, word, evaluation)
            return Said(((stream, version, weighed),), learnt)

        await self._record(event, say)


_ANSWERS: dict[type[Event], Callable[[Inspector, Recorded], Awaitable[None]]] = {
    JourneyCompleted: Inspector.whole,
    PlanExecuted: Inspector.whole,
    ResultOffered: Inspector.offered,
    RoundEnded: Inspector.round,
    ChoiceOffered: Inspector.choice,
    EntriesScored: Inspector.contest,
    VerdictGiven: Inspector.person,
    ApprovalDecided: Inspector.person,
}
"""What the inspector does about each event."""


def _answer_to(event: Recorded) -> tuple[str, int]:
    """Where the answer to `event` stands: stream and version."""
    task_id = task_of(event.stream)
    match event.event:
        case JourneyCompleted() | PlanExecuted():
            return evaluation_stream(task_id), 1
        case ResultOffered(step=step, number=number):
            return result_stream(task_id, step), number
        case RoundEnded(step=step, round=number):
            return round_stream(task_id, step, number), 1
        case ChoiceOffered(step=step):
            return choice_stream(task_id, step), 1
        case EntriesScored(step=step):
            return standings_stream(task_id, step), 1
        case _:
            return weighed_stream(task_id, event.position), 1


def subscription(inspector: Inspector) -> Subscription:
    """The inspector's one row: results, rounds, choices and contests that want a word, and the words of people."""
    return Subscription("inspector", SUBJECTS, inspector.attend)


async def _assemble(runtime: Runtime) -> Assembly:
    inspector = Inspector(
        runtime.log, runtime.committer, runtime.context, PostgresSnapshots(runtime.log), runtime.logger.error
    )
    settings = runtime.settings
    if not isinstance(settings, InspectorSettings):
        settings = InspectorSettings.model_validate(settings.model_dump())
    pace = Pace(settings.refresh_after, settings.refresh_every, settings.refresh_least)
    limits = Limits(settings.refresh_seconds, settings.refresh_megabytes)
    refresher = Refresher(inspector.learners, runtime.context, runtime.logger.warning, pace, limits)
    return Assembly(subscriptions=(subscription(inspector),), coroutines={"refresh": refresher.run()})


INSPECTOR = Service(
    "inspector",
    _assemble,
    InspectorSettings,
    subjects=SUBJECTS,
    emits=(
        ExecutionEvaluated,
        RoundEvaluated,
        ChoiceDrawn,
        ContestEvaluated,
        EvidenceLearned,
        VerdictLearned,
        VerdictWeighed,
        DriftDetected,
        InspectorPriorRefreshed,
        InspectorPriorRefused,
    ),
)
