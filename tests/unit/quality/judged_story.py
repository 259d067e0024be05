"""A task whose results are judged: a step done once more, a judge asked, a choice, a contest, the whole; and words."""

from typing import Any

from wrenchai_contracts.events import (
    ChoiceDrawn,
    ChoiceOffered,
    EntriesScored,
    ExecutionEvaluated,
    JourneyCompleted,
    JourneyDispatched,
    PlanCreated,
    PlanExecuted,
    ResultOffered,
    StepCompleted,
    StepRepeated,
    StepStarted,
    TaskCompleted,
    TaskRequested,
    VerdictWeighed,
)
from wrenchai_contracts.judging import (
    Assessment,
    Audit,
    Chance,
    Costs,
    Option,
    Part,
    Report,
    Weighed,
    Work,
)
from wrenchai_contracts.plan import Gate, Plan, PlannedJourney, PlannedVersus
from wrenchai_contracts.subjects import (
    choice_stream,
    evaluation_stream,
    journey_stream,
    result_stream,
    weighed_stream,
)

from tests.made_up_log import DIGEST, MadeUpLog, planned

TASK = "task_01jd3k0007"
WORK = Work(role="writer", tool="noop", playbook="book")
PLAN = Plan(
    playbook="book",
    nodes=(
        PlannedJourney(id="write", role="writer", steps=planned("write"), gate=Gate(retries=1)),
        PlannedVersus(
            id="contest",
            after=("write",),
            body=(
                PlannedJourney(id="one", role="writer", steps=planned("one")),
                PlannedJourney(id="two", role="writer", steps=planned("two")),
            ),
            judge=(PlannedJourney(id="referee", role="writer", steps=planned("referee")),),
            criteria={"clarity": 1.0},
        ),
    ),
    result_from=("contest",),
)


def an_assessment(*ratios: float) -> Assessment:
    """Of a result whose judges moved the odds by these log likelihood ratios."""
    names = ("links", "tone", "depth", "links")
    weighed = tuple(
        Weighed(report=Report(judge=name, family=name, dimension=name, level=1), weight=1.0, ratio=ratio)
        for name, ratio in zip(names, ratios, strict=False)
    )
    return Assessment(
        work=WORK,
        kind="writer",
        effects={"base": 1.2, "role:writer": 0.1, "tool:noop": -0.3, "playbook:book": 0.0},
        mean=1.0,
        variance=0.8,
        prior=0.7,
        weighed=weighed,
        ratio=sum(ratios),
        raw=sum(ratios),
        probability=0.8,
        interval=(0.4, 0.95),
    )


def a_judgement(decision: str, quality: float = 0.8, **facts: Any) -> ExecutionEvaluated:
    """A judgement by evidence, at the usual costs."""
    losses = {"accept": 10.0 * (1.0 - quality), "retry": 1.5, "escalate": 3.0, "ask_judge": 0.9}
    usual = {
        "quality": quality, "interval": (0.4, 0.95), "decision": decision, "model": "dynamic-logit/1",
        "reasons": (f"{decision}: because", "base 77 %"), "losses": losses, "costs": Costs(),
        "assessment": an_assessment(0.9, -0.4), "audit": Audit(probability=0.25, drawn=False), "calibrated": False,
    }  # fmt: skip
    return ExecutionEvaluated.model_validate(usual | facts)


def worked(log: MadeUpLog, path: str, seconds: float = 2.0) -> MadeUpLog:
    """A journey of one step, from its dispatch to its end."""
    stream, step = journey_stream(TASK, path), path.rpartition(".")[2].partition("~")[0]
    log.record(stream, JourneyDispatched(journey=path, role="writer", steps=planned(step)))
    log.record(stream, StepStarted(step=step, attempt=1, tool="noop", worker="w"), after=0.5)
    log.record(stream, StepCompleted(step=step, attempt=1, output={"at": path}, seconds=seconds), after=seconds)
    return log.record(stream, JourneyCompleted(journey=path, outputs={step: {"at": path}}))


def judged_step(log: MadeUpLog) -> MadeUpLog:
    """A gated step: its first go is done once more; at the second a judge is asked, then it is accepted."""
    log.record(TASK, TaskRequested(task_id=TASK, playbook="book", playbook_digest=DIGEST))
    log.record(TASK, PlanCreated(plan=PLAN, digest=DIGEST, playbook_digest=DIGEST))
    log.record(TASK, ChoiceOffered(step="write", options=options()))
    chances = {option.name: Chance(expected=0.7, probability=0.5) for option in options()}
    log.record(choice_stream(TASK, "write"), ChoiceDrawn(step="write", chosen=("noop",), chances=chances))
    worked(log, "write").record(TASK, ResultOffered(step="write", role="writer", tool="noop", retries_left=1))
    log.record(result_stream(TASK, "write"), a_judgement("retry", 0.6, step="write"))
    log.record(TASK, StepRepeated(step="write", go=2))
    worked(log, "write~2").record(TASK, ResultOffered(step="write~2", role="writer", tool="noop"))
    log.record(result_stream(TASK, "write~2"), a_judgement("ask_judge", 0.7, step="write~2", asks="deep"))
    log.record(TASK, ResultOffered(step="write~2", number=2, role="writer", tool="noop"))
    return log.record(result_stream(TASK, "write~2"), a_judgement("accept", 0.9, step="write~2", go=2))


def judged_task(log: MadeUpLog, **facts: Any) -> MadeUpLog:
    """The whole story; the whole is drawn for an audit."""
    judged_step(log)
    for path in ("contest.one", "contest.two", "contest.referee"):
        worked(log, path)
    totals = {"one": 0.9, "two": 0.4}
    log.record(TASK, EntriesScored(step="contest", entries=entries(), totals=totals, judge="referee"))
    log.record(TASK, PlanExecuted())
    parts = {"write~2": Part(probability=0.9, spread=0.5)}
    drawn = Audit(probability=0.25, drawn=True)
    log.record(evaluation_stream(TASK), a_judgement("accept", 0.85, parts=parts, audit=drawn, **facts))
    return log.record(TASK, TaskCompleted(quality=0.85), after=1)


def spoken_of(log: MadeUpLog, step: str | None = None, by: str = "ann", verdict: str = "bad") -> MadeUpLog:
    """Somebody said what they think of a result, a day later."""
    word = VerdictWeighed.model_validate({"step": step, "by": by, "verdict": verdict, "before": 0.85, "after": 0.15})
    return log.record(weighed_stream(TASK, len(log.sealed) + 1), word, after=86400)


def options() -> tuple[Option, ...]:
    """Two tools of one step."""
    return (Option(name="noop", work=WORK), Option(name="other", work=WORK.model_copy(update={"tool": "other"})))


def entries() -> tuple[Option, ...]:
    """Two competitors."""
    works = {name: WORK.model_copy(update={"pair": f"book/contest/{name}"}) for name in ("one", "two")}
    return tuple(Option(name=name, work=work) for name, work in works.items())
