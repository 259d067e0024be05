"""The inspector as a service: one subscription; every executed plan gets a judgement."""

from collections.abc import Iterable

from wrenchai_chassis.committer import Committer
from wrenchai_chassis.log import EventLog, VersionConflict, events_of
from wrenchai_chassis.service import Assembly, Runtime, Service
from wrenchai_chassis.subscription import Subscription
from wrenchai_contracts.envelope import Context, NewEvent, Recorded
from wrenchai_contracts.events import (
    STEP_TOPICS,
    ExecutionEvaluated,
    JourneyCompleted,
    JourneyDispatched,
    JourneyFailed,
    PlanCreated,
    PlanExecuted,
)
from wrenchai_contracts.evidence import Evidence
from wrenchai_contracts.plan import Plan
from wrenchai_contracts.shape import Name, StepId
from wrenchai_contracts.subjects import evaluation_stream, every, task_of

from wrenchai_inspector.quality import LEVEL, MODEL, judge

_REPEATED = (JourneyDispatched.__name__, *STEP_TOPICS)
_TOLD_BY = (JourneyCompleted.__name__, JourneyFailed.__name__, PlanCreated.__name__)
"""What holds evidence and bars; other events of a journey repeat it, or hold none."""

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
            rows = await self._log.read_family(task_id, without=_REPEATED)
            verdict = evaluate_task(events_of(row for row in rows if row.topic.startswith(_TOLD_BY)))
        new = NewEvent(evaluation_stream(task_id), 1, verdict, self._context.caused_by(event))
        try:
            await self._committer.commit([new])
        except VersionConflict:
            return


def evaluate_task(events: Iterable[Recorded]) -> ExecutionEvaluated:
    """The judgement of a whole task from its events: all evidence of all its journeys, and what left none. Pure."""
    evidence: list[Evidence] = []
    tools: dict[StepId, Name] = {}
    accept_above, reject_below = 0.7, 0.2
    for recorded in events:
        match recorded.event:
            case JourneyCompleted(evidence=found):
                evidence += found
            case JourneyFailed() as failed:
                evidence += failed.evidence
                if not any(fact.measured for fact in failed.evidence):
                    evidence.append(not_measured(failed, tools.get(failed.step, failed.step)))
            case PlanCreated(plan=plan):
                tools = _tools_of(plan)
                accept_above, reject_below = plan.accept_above, plan.reject_below
            case _:
                pass
    return _evaluate(evidence, accept_above=accept_above, reject_below=reject_below)


def not_measured(failed: JourneyFailed, tool: Name) -> Evidence:
    """What is known of a step that crashed, timed out or was refused, and that the plan went on without: nothing.

    It speaks about a dimension of the tool's own name: which ones the tool would have measured nobody knows, and in
    one that others did measure its silence would be lost.
    """
    reason = f"not measured: step {failed.step} failed: {failed.reason or failed.kind}"
    return Evidence(judge=tool, dimension=tool, passed=0, tried=0, summary=reason[:_LONGEST_SUMMARY])


_LONGEST_SUMMARY = 500


def _tools_of(plan: Plan) -> dict[StepId, Name]:
    return {step.id: step.tool for journey in plan.journeys for step in journey.steps}


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
