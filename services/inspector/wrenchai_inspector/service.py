"""The inspector as a service: every executed plan gets a judgement, and so does each round of a loop that asks."""

from collections.abc import Iterable, Mapping

from wrenchai_chassis.committer import Committer
from wrenchai_chassis.log import EventLog, VersionConflict, events_of
from wrenchai_chassis.service import Assembly, Runtime, Service
from wrenchai_chassis.subscription import Subscription
from wrenchai_contracts.envelope import Context, NewEvent, Recorded
from wrenchai_contracts.events import (
    STEP_TOPICS,
    Event,
    ExecutionEvaluated,
    JourneyCompleted,
    JourneyDispatched,
    JourneyFailed,
    JourneyReused,
    PlanCreated,
    PlanExecuted,
    RoundEnded,
    RoundEvaluated,
    StepRepeated,
    StepSettled,
)
from wrenchai_contracts.evidence import Evidence
from wrenchai_contracts.plan import Node, PlannedJourney, nodes_in
from wrenchai_contracts.shape import Name, Path, StepId
from wrenchai_contracts.subjects import evaluation_stream, every, round_stream, task_of

from wrenchai_inspector.improvement import probability_of_improvement
from wrenchai_inspector.quality import LEVEL, MODEL, judge
from wrenchai_inspector.superseded import Superseded

_REPEATED = (JourneyDispatched.__name__, *STEP_TOPICS)
_TOLD_BY = tuple(
    event_type.__name__
    for event_type in (
        JourneyCompleted, JourneyReused, JourneyFailed, PlanCreated, RoundEnded, StepRepeated, StepSettled,
    )
)  # fmt: skip
"""What holds evidence and bars, and what says whose evidence counts; other events repeat it, or hold none."""

SUBJECTS = (every(JourneyCompleted, "final"), every(PlanExecuted), every(RoundEnded, "judge"))


class Inspector:
    """Judges executions. Stateless: everything it knows comes with the event or from the log."""

    def __init__(self, log: EventLog, committer: Committer, context: Context) -> None:
        self._log, self._committer, self._context = log, committer, context

    async def attend(self, event: Recorded, first: bool) -> None:  # noqa: ARG002, FBT001  # the signature of a handler
        """Record the judgement of the plan, or the round, that `event` ended; a second delivery finds it recorded."""
        task_id = task_of(event.stream)
        if isinstance(event.event, RoundEnded):
            stream, verdict = round_stream(task_id, event.event.step, event.event.round), await self._of_round(event)
        else:
            stream, verdict = evaluation_stream(task_id), await self._of_task(event)
        try:
            await self._committer.commit([NewEvent(stream, 1, verdict, self._context.caused_by(event))])
        except VersionConflict:
            return

    async def _of_task(self, event: Recorded) -> Event:
        if isinstance(event.event, JourneyCompleted) and event.event.sole:
            sole = event.event
            return _evaluate(sole.evidence, accept_above=sole.accept_above, reject_below=sole.reject_below)
        return evaluate_task(await self._told(event))

    async def _of_round(self, event: Recorded) -> Event:
        assert isinstance(event.event, RoundEnded)  # noqa: S101  # the caller has asked
        return evaluate_round(event.event, await self._told(event))

    async def _told(self, event: Recorded) -> Iterable[Recorded]:
        rows = await self._log.read_family(task_of(event.stream), without=_REPEATED)
        return events_of(row for row in rows if row.topic.startswith(_TOLD_BY))


def evaluate_task(events: Iterable[Recorded]) -> ExecutionEvaluated:
    """The judgement of a whole task from its events: the evidence of all that is part of its result. Pure."""
    found: dict[Path, list[Evidence]] = {}
    tools: dict[StepId, Name] = {}
    superseded = Superseded()
    accept_above, reject_below = 0.7, 0.2
    for recorded in events:
        superseded.note(recorded.event)
        match recorded.event:
            case JourneyCompleted(journey=journey) | JourneyReused(journey=journey) as ended:
                found[journey] = list(ended.evidence)
            case JourneyFailed(journey=journey) as failed:
                found[journey] = [*failed.evidence, *_silence(failed, tools)]
            case PlanCreated(plan=plan):
                tools = _tools_of(plan.nodes)
                accept_above, reject_below = plan.accept_above, plan.reject_below
            case _:
                pass
    counted = [fact for journey, facts in found.items() if not superseded.has(journey) for fact in facts]
    return _evaluate(counted, accept_above=accept_above, reject_below=reject_below)


def evaluate_round(ended: RoundEnded, events: Iterable[Recorded]) -> RoundEvaluated:
    """The judgement of one round of a loop, and how likely another one improves, from those before. Pure."""
    rounds: dict[int, list[Evidence]] = {number: [] for number in range(1, ended.round + 1)}
    for recorded in events:
        match recorded.event:
            case JourneyCompleted(journey=journey) | JourneyFailed(journey=journey) as done:
                number = journey.removeprefix(f"{ended.step}.").partition(".")[0]
                if journey.startswith(f"{ended.step}.") and number.isdecimal() and int(number) in rounds:
                    rounds[int(number)] += done.evidence
            case _:
                pass
    judged = [judge(facts, accept_above=1.0, reject_below=0.0) for facts in rounds.values()]
    delta = ended.delta or 0.0
    improves = probability_of_improvement([one.quality for one in judged], delta)
    return RoundEvaluated(
        step=ended.step,
        round=ended.round,
        quality=judged[-1].quality,
        interval=judged[-1].interval,
        improves=round(improves, 6),
        delta=delta,
    )


def _silence(failed: JourneyFailed, tools: Mapping[StepId, Name]) -> tuple[Evidence, ...]:
    if any(fact.measured for fact in failed.evidence):
        return ()
    return (not_measured(failed, tools.get(failed.step, failed.step)),)


def not_measured(failed: JourneyFailed, tool: Name) -> Evidence:
    """What is known of a step that crashed, timed out or was refused, and that the plan went on without: nothing.

    It speaks about a dimension of the tool's own name: which ones the tool would have measured nobody knows, and in
    one that others did measure its silence would be lost.
    """
    reason = f"not measured: step {failed.step} failed: {failed.reason or failed.kind}"
    return Evidence(judge=tool, dimension=tool, passed=0, tried=0, summary=reason[:_LONGEST_SUMMARY])


_LONGEST_SUMMARY = 500


def _tools_of(nodes: Iterable[Node]) -> dict[StepId, Name]:
    """Which tool each step calls, at whatever depth."""
    journeys = (node for node in nodes_in(nodes) if isinstance(node, PlannedJourney))
    return {step.id: step.tool for journey in journeys for step in journey.steps}


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
    """The inspector's one row: plans that have ended, and rounds of loops that want to know whether to go on."""
    return Subscription("inspector", SUBJECTS, inspector.attend)


async def _assemble(runtime: Runtime) -> Assembly:
    inspector = Inspector(runtime.log, runtime.committer, runtime.context)
    return Assembly(subscriptions=(subscription(inspector),))


INSPECTOR = Service("inspector", _assemble, subjects=SUBJECTS, emits=(ExecutionEvaluated, RoundEvaluated))
