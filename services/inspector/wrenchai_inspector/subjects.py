"""What is judged, with everything that a judgement depends on: from a task's story to a `Subject`. Pure."""

from collections import Counter
from collections.abc import Iterable, Iterator, Mapping
from typing import Any, NamedTuple

from wrenchai_contracts.events import (
    ApprovalDecided,
    EntriesScored,
    ExecutionEvaluated,
    JourneyCompleted,
    ResultOffered,
    RoundEnded,
)
from wrenchai_contracts.evidence import Evidence, level_of
from wrenchai_contracts.judging import Difficulty, Option, Part, Report, Subject, Work
from wrenchai_contracts.paths import ancestors, first_go, go_in, outermost, own_id, with_go
from wrenchai_contracts.plan import Node, Plan, PlannedJourney, PlannedLoop, costs_from, maker_of, nodes_in
from wrenchai_contracts.shape import Name, Path
from wrenchai_judgement.exact import QUANTILE, logit, sigmoid
from wrenchai_judgement.weighing import HUMAN_RATIO

from wrenchai_inspector.bounds import evenly, few, fewer
from wrenchai_inspector.told import Journey, Told, lies_in

_SCORE_STEPS = 1000


class Measured(NamedTuple):
    """What evidence says, sorted by what follows from it."""

    reports: tuple[Report, ...]
    not_measured: tuple[Name, ...]
    failed: tuple[str, ...]
    missing: tuple[str, ...]
    proven: bool


def measured(evidence: Iterable[Evidence]) -> Measured:
    """Reports of what was measured; what was not; and of mandatory checks which failed and which were not made."""
    facts = list(evidence)
    mandatory = [fact for fact in facts if fact.mandatory]
    failed = tuple(
        f"{fact.judge}: {fact.summary or 'see its report'}" for fact in mandatory if fact.passed < fact.tried
    )
    missing = tuple(f"{fact.judge}: {fact.summary}" for fact in mandatory if not fact.measured)
    return Measured(
        reports=_merged(report for fact in facts if (report := fact.report) is not None),
        not_measured=tuple(sorted({fact.judge for fact in facts if not fact.measured})),
        failed=few(failed),
        missing=few(missing),
        proven=bool(mandatory) and not failed and not missing,
    )


def _merged(reports: Iterable[Report]) -> tuple[Report, ...]:
    """Equal reports as one that was made so many times: a thousand pages make no thousand lines."""
    return tuple(
        report if times == 1 else report.model_copy(update={"times": times})
        for report, times in Counter(reports).items()
    )


def sole_subject(ended: JourneyCompleted, task_id: str) -> Subject | None:
    """The whole result of a plan with one journey, from its end alone; None where the story must be read."""
    work = ended.work
    if not ended.sole or work is None or ended.resources:
        return None
    return Subject(
        kind=work.role,
        work=work,
        **measured(ended.evidence)._asdict(),
        costs=ended.costs or costs_from(ended.accept_above),
        reject_below=ended.reject_below,
        seed=task_id,
    )


def whole_subject(told: Told, task_id: str) -> Subject:
    """The result of a whole task: all that counts, and what was judged inside it."""
    plan = _plan(told)
    parts = parts_of(told, None)
    journeys = _without_parts(told.of(None), parts)
    work = _whole_work(told, plan)
    return Subject(
        kind=work.role,
        work=work,
        **_fresh_and_known(told, journeys),
        costs=plan.weights,
        reject_below=plan.reject_below,
        parts=fewer(parts),
        seed=task_id,
    )


def offered_subject(told: Told, offer: ResultOffered, task_id: str) -> Subject:
    """The result of one step that asks to be judged before anything relies on it."""
    parts = parts_of(told, offer.step)
    journeys = _without_parts(told.of(offer.step), parts)
    return Subject(
        kind=offer.role,
        work=_work(told, offer.role, offer.tool),
        **_fresh_and_known(told, journeys),
        retries_left=offer.retries_left,
        judges=offer.judges,
        costs=offer.costs,
        reject_below=offer.reject_below,
        difficulty=_difficulty(told, offer.step),
        parts=fewer(parts),
        seed=f"{task_id}/{offer.step}/{offer.number}",
    )


def round_subjects(told: Told, ended: RoundEnded, task_id: str) -> list[Subject]:
    """The results of all rounds of a loop so far, the last one last."""
    loops = (node for node in nodes_in(_plan(told).nodes) if isinstance(node, PlannedLoop))
    loop = next((node for node in loops if node.id == own_id(ended.step)), None)
    maker = maker_of(loop.body) if loop is not None else None
    rounds = (f"{ended.step}.{number}" for number in range(1, ended.round + 1))
    return [_round(told, maker, round_, task_id) for round_ in rounds]


def _round(told: Told, maker: PlannedJourney | None, path: Path, task_id: str) -> Subject:
    if maker is None:
        work = _whole_work(told, _plan(told))
    else:
        work = _work(told, maker.role, told.tool_at(f"{path}.{maker.id}", maker.steps[-1].tool))
    inside = {one: journey for one, journey in told.journeys.items() if lies_in(one, path)}
    return Subject(kind=work.role, work=work, **measured(_evidence(inside))._asdict(), seed=f"{task_id}/{path}")


def entry_subjects(told: Told, scored: EntriesScored, task_id: str) -> dict[str, Subject]:
    """The entries of a contest: what was measured of each, and what the contest's judge gave it."""
    return {entry.name: _entry(told, scored, entry, task_id) for entry in scored.entries}


def _entry(told: Told, scored: EntriesScored, entry: Option, task_id: str) -> Subject:
    path = f"{scored.step}.{entry.name}"
    journeys = {one: journey for one, journey in told.journeys.items() if lies_in(one, path)}
    found = measured(_evidence(journeys))
    total = round(scored.totals[entry.name] * _SCORE_STEPS)
    score = Report(
        judge=scored.judge,
        version=told.version_of(scored.judge) or "1",
        family=scored.judge,
        dimension="contest",
        scale="rubric",
        level=level_of("rubric", total, _SCORE_STEPS),
    )
    return Subject(
        kind=entry.work.role,
        work=entry.work.model_copy(update={"version": entry.work.version or told.version_of(entry.work.tool)}),
        **{**found._asdict(), "reports": (*found.reports, score)},
        used=evenly(tuple(told.used(journeys))),
        seed=f"{task_id}/{path}",
    )


def parts_of(told: Told, block: Path | None) -> dict[Path, Part]:
    """The outermost results inside `block` that were judged at a gate, and stand."""
    inside = {
        path: _part(said, told.verdicts.get(path))
        for path, said in told.judged.items()
        if path != block and not told.superseded.has(path) and (block is None or lies_in(path, block))
    }
    return {path: part for path, part in inside.items() if not any(around in inside for around in ancestors(path))}


def _part(said: ExecutionEvaluated, word: ApprovalDecided | None) -> Part:
    """As it was judged, and as a person who looked at it has changed that."""
    probability, low = said.quality, said.interval[0]
    spread = (logit(probability) - logit(low)) / QUANTILE
    if word is not None:
        probability = sigmoid(logit(probability) + (-HUMAN_RATIO if word.decision == "reject" else HUMAN_RATIO))
    return Part(probability=probability, spread=max(spread, 0.0))


def _fresh_and_known(told: Told, journeys: Mapping[Path, Journey]) -> dict[str, Any]:
    """What is measured of a result: fresh, and of winners of contests inside, which was learnt from when they won."""
    winners = [f"{path}.{said.winner}" for path, (_, said) in told.contests.items() if said.winner is not None]
    won = {path: one for path, one in journeys.items() if any(lies_in(path, winner) for winner in winners)}
    fresh = {path: one for path, one in journeys.items() if path not in won}
    said, known = (measured(_evidence(some)).reports for some in (fresh, won))
    everything = measured(_evidence(journeys))._asdict()
    return {**everything, "reports": said, "known": known, "used": evenly(tuple(told.used(fresh)))}


def makers_in(nodes: Iterable[Node]) -> Iterator[PlannedJourney]:
    """The journeys whose work may be the result of `nodes`, at whatever depth; judges and repairs are none."""
    for node in nodes:
        if isinstance(node, PlannedJourney):
            yield node
        for body in (*(getattr(node, name, ()) for name in ("body", "completion")), *_cases(node)):
            yield from makers_in(body)


def _cases(node: Node) -> Iterator[tuple[Node, ...]]:
    return (case.body for case in getattr(node, "cases", ()))


def _without_parts(journeys: Mapping[Path, Journey], parts: Mapping[Path, Part]) -> dict[Path, Journey]:
    """Evidence that a judgement inside was made from counts once."""
    return {path: one for path, one in journeys.items() if not any(lies_in(path, part) for part in parts)}


def _evidence(journeys: Mapping[Path, Journey]) -> Iterable[Evidence]:
    return (fact for journey in journeys.values() for fact in journey.evidence)


def _difficulty(told: Told, path: Path) -> Difficulty:
    """What the go before has told of the task."""
    go = go_in(path)
    before = told.judged.get(with_go(first_go(path), go - 1)) if go > 1 else None
    return (before.difficulty if before is not None else None) or Difficulty()


def _whole_work(told: Told, plan: Plan) -> Work:
    """Whose work the task's result is: that of the journey that came last in the steps that give it."""
    makers = {node.id: node for node in makers_in(plan.nodes)}
    done = [path for path in told.of(None) if own_id(path) in makers]
    last = next((path for path in reversed(done) if outermost(path) in plan.result_from), done[-1] if done else "")
    maker = makers.get(own_id(last)) or maker_of(plan.nodes)
    if maker is None:
        return _work(told, "nobody", "none")
    return _work(told, maker.role, told.tool_at(last, maker.steps[-1].tool))


def _work(told: Told, role: Name, tool: Name) -> Work:
    return Work(role=role, tool=tool, version=told.version_of(tool)[:40], playbook=_plan(told).playbook)


def _plan(told: Told) -> Plan:
    if told.plan is None:
        message = "nothing can be judged before it was planned"
        raise ValueError(message)
    return told.plan
