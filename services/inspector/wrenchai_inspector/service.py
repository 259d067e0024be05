"""The inspector as a service: one subscription; every executed plan gets a judgement."""

from collections.abc import Iterable

from wrenchai_chassis.committer import Committer
from wrenchai_chassis.log import EventLog, VersionConflict, events_of
from wrenchai_chassis.service import Assembly, Runtime, Service
from wrenchai_chassis.subscription import Subscription
from wrenchai_contracts.envelope import Context, NewEvent, Recorded
from wrenchai_contracts.events import ExecutionEvaluated, JourneyCompleted, JourneyFailed, PlanCreated, PlanExecuted
from wrenchai_contracts.evidence import Evidence
from wrenchai_contracts.subjects import evaluation_stream, every, task_of

from wrenchai_inspector.quality import LEVEL, MODEL, judge

_TOLD_BY = (JourneyCompleted.__name__, JourneyFailed.__name__, PlanCreated.__name__)
"""What holds evidence and bars; the steps' own events repeat it."""

SUBJECTS = (every(JourneyCompleted, "final"), every(PlanExecuted))


class Inspector:
    """Judges executions. Stateless: everything it knows comes with the event or from the log."""

    def __init__(self, log: EventLog, committer: Committer, context: Context) -> None:
        self._log, self._committer, self._context = log, committer, context

    async def attend(self, event: Recorded, first: bool) -> None:  # noqa: ARG002, FBT001  # the signature of a handler
        """Record the judgement of the plan that `event` ended; a second delivery finds it recorded."""
        task_id = task_of(event.stream)
        if isinstance(event.event, JourneyCompleted) and event.event.sole:
            sole = event.event
            verdict = _evaluate(sole.evidence, accept_above=sole.accept_above, reject_below=sole.reject_below)
        else:
            rows = [row for row in await self._log.read_family(task_id) if row.topic.startswith(_TOLD_BY)]
            verdict = evaluate_task(events_of(rows))
        new = NewEvent(evaluation_stream(task_id), 1, verdict, self._context.caused_by(event))
        try:
            await self._committer.commit([new])
        except VersionConflict:
            return


def evaluate_task(events: Iterable[Recorded]) -> ExecutionEvaluated:
    """The judgement of a whole task from its events: all evidence of all its journeys. Pure."""
    evidence: list[Evidence] = []
    accept_above, reject_below = 0.7, 0.2
    for recorded in events:
        match recorded.event:
            case JourneyCompleted(evidence=found) | JourneyFailed(evidence=found):
                evidence += found
            case PlanCreated(plan=plan):
                accept_above, reject_below = plan.accept_above, plan.reject_below
            case _:
                pass
    return _evaluate(evidence, accept_above=accept_above, reject_below=reject_below)


def _evaluate(evidence: Iterable[Evidence], *, accept_above: float, reject_below: float) -> ExecutionEvaluated:
    judgement = judge(evidence, accept_above=accept_above, reject_below=reject_below)
    return ExecutionEvaluated(
        quality=judgement.quality,
        interval=judgement.interval,
        level=LEVEL,
        decision=judgement.decision,
        reasons=judgement.reasons,
        dimensions=judgement.dimensions,
        not_measured=judgement.not_measured,
        model=MODEL,
    )


def subscription(inspector: Inspector) -> Subscription:
    """The inspector's one row: plans that have ended."""
    return Subscription("inspector", SUBJECTS, inspector.attend)


async def _assemble(runtime: Runtime) -> Assembly:
    inspector = Inspector(runtime.log, runtime.committer, runtime.context)
    return Assembly(subscriptions=(subscription(inspector),))


INSPECTOR = Service("inspector", _assemble, subjects=SUBJECTS, emits=(ExecutionEvaluated,))
