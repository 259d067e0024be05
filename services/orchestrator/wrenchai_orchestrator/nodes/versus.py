"""A contest: competitors run apart, a judge scores them; the outcome may be a tie, or none is good enough. Pure.

Where more are offered than may run, who runs is drawn by Thompson sampling: each competitor's rate of winning has a
Beta(1 + won, 1 + not won) posterior; one draw from each, the highest run. The draws come from SHA-256 of the task and
the path, so every replica and every replay draws the same.
"""

import math
from collections.abc import Iterable, Iterator, Mapping
from hashlib import sha256
from typing import Any

from wrenchai_contracts.events import ContestEnded, StepOpened
from wrenchai_contracts.plan import Node, PlannedVersus, nodes_in
from wrenchai_contracts.shape import JsonObject, Path, StepId
from wrenchai_contracts.subjects import contest_stream

from wrenchai_orchestrator.nodes.body import Bodies
from wrenchai_orchestrator.nodes.values import last_output, last_step
from wrenchai_orchestrator.results import Contest, Result
from wrenchai_orchestrator.turn import NodeFailed, Scope, Step

Standing = tuple[int, int]
"""How often a competitor won, and of how often it ran."""

_MOST_TRIALS = 200
"""Older success counts less: a standing of more trials than this is scaled down to so many."""


def advance(bodies: Bodies, node: PlannedVersus, path: Path, scope: Scope) -> Result | None:
    """One step further with a contest."""
    opened = bodies.turn.open(path, lambda: _opened(bodies, node, path))
    chosen = [one for one in node.body if not opened.event.chosen or one.id in opened.event.chosen]
    results = {one.id: bodies.advance(one, f"{path}.", scope) for one in chosen}
    if any(result is None for result in results.values()):
        return None
    entries = {one.id: last_output((one,), f"{path}.", bodies.turn.task) for one in chosen if _ran(results[one.id])}
    if not entries:
        reason = "no competitor came to anything: " + "; ".join(
            f"{name}: {result.reason}" for name, result in results.items() if result is not None
        )
        return bodies.turn.settle(path, "failed", reason=reason, kind="no_entries")
    judging = bodies.run(node.judge, f"{path}.", {**scope, "entries": entries})
    if judging.open:
        return None
    if judging.broken is not None:
        return bodies.fail(path, judging)
    return _decided(bodies, node, path, entries, judging.output_of(last_step(node.judge)))


def _ran(result: Result | None) -> bool:
    return result is not None and result.outcome == "completed"


def _decided(bodies: Bodies, node: PlannedVersus, path: Path, entries: Mapping[str, Any], judged: Any) -> Result:
    totals = totals_of(node.criteria, entries, judged)
    verdict = outcome_of(totals, at_least=node.at_least, tie_within=node.tie_within)
    verdict |= {"totals": totals, "scores": judged["scores"]}
    winner = verdict["winner"]
    if node.most is not None:
        _told(bodies, node, winner, entries)
    if verdict["outcome"] == "none" and node.none_good == "fail":
        best = max(totals.values())
        reason = f"none of {', '.join(totals)} is good enough: the best has {best:.3f}, {node.at_least:g} is wanted"
        return bodies.turn.settle(path, "failed", reason=reason, kind="none_good_enough", verdict=verdict)
    output = {**verdict, "output": entries[winner] if winner is not None else None}
    out = [one.id for one in node.body if one.id not in entries]
    return bodies.turn.settle(path, "completed", output=output, verdict={**verdict, "out": out})


def _told(bodies: Bodies, node: PlannedVersus, winner: StepId | None, entries: Mapping[str, Any]) -> None:
    """Let later tasks know who won of whom; two that end at once follow each other, by the version."""
    turn = bodies.turn
    known = turn.task.contests or {}
    contest = known.get(node.id)
    if contest is None:
        return  # its standings were not read, so nobody can say what follows them
    ended = ContestEnded(
        task_id=turn.task.task_id,
        winner=winner,
        entrants=tuple(entries),
        standings=contest.after(winner, entries),
    )
    turn.found.append(Step(contest_stream(turn.task.tenant, turn.plan.playbook, node.id), ended, contest.version + 1))
    known[node.id] = Contest(contest.version + 1, ended.standings)  # another one, in another item, may end with it


def totals_of(criteria: Mapping[str, float], entries: Mapping[str, Any], judged: Any) -> dict[str, float]:
    """Each competitor's weighted mean score, from 0 to 1.

    Raises:
        NodeFailed: the judge left a score out, or gave one that is none.
    """
    scores = judged.get("scores") if isinstance(judged, dict) else None
    weight = math.fsum(criteria.values())
    return {
        name: math.fsum(criteria[c] * _score(scores, name, c) for c in criteria) / weight for name in sorted(entries)
    }


def _score(scores: Any, name: str, criterion: str) -> float:
    own = scores.get(name) if isinstance(scores, dict) else None
    score = own.get(criterion) if isinstance(own, dict) else None
    if isinstance(score, bool) or not isinstance(score, int | float) or not 0 <= score <= 1:
        reason = (
            f"the judge gave {name} no score from 0 to 1 by {criterion!r}; its output needs "
            "`scores`: for each competitor an object with each criterion"
        )
        raise NodeFailed(reason, "bad_judgement")
    return float(score)


def outcome_of(totals: Mapping[str, float], *, at_least: float, tie_within: float) -> JsonObject:
    """Who won, if anybody. At a tie the first by name goes on, and all that tied are told."""
    best = max(totals.values())
    if best < at_least:
        return {"outcome": "none", "winner": None, "tied": []}
    tied = sorted(name for name, total in totals.items() if best - total <= tie_within and total >= at_least)
    if len(tied) > 1:
        return {"outcome": "tie", "winner": tied[0], "tied": tied}
    return {"outcome": "winner", "winner": tied[0], "tied": []}


def _opened(bodies: Bodies, node: PlannedVersus, path: Path) -> StepOpened:
    names = [one.id for one in node.body]
    if node.most is None or node.most >= len(names):
        return StepOpened(step=path, type="versus", count=len(names))
    known = (bodies.turn.task.contests or {}).get(node.id, Contest()).standings
    standings = {name: known.get(name, (0, 0)) for name in names}
    chosen = drawn(standings, node.most, f"{bodies.turn.task.task_id}/{path}")
    chances = tuple(round((won + 1) / (ran + 2), 6) for won, ran in (standings[name] for name in chosen))
    return StepOpened(step=path, type="versus", count=len(chosen), chosen=chosen, chances=chances)


def drawn(standings: Mapping[StepId, Standing], most: int, seed: str) -> tuple[StepId, ...]:
    """The `most` competitors with the highest draw from their posteriors, in the order they stand."""
    draws = {name: beta_draw(*_posterior(standing), f"{seed}/{name}") for name, standing in standings.items()}
    best = sorted(draws, key=lambda name: (-draws[name], name))[:most]
    return tuple(name for name in standings if name in best)


def _posterior(standing: Standing) -> tuple[int, int]:
    won, ran = standing
    if ran > _MOST_TRIALS:
        won, ran = round(won * _MOST_TRIALS / ran), _MOST_TRIALS
    return 1 + won, 1 + ran - won


def beta_draw(a: int, b: int, seed: str) -> float:
    """One draw from Beta(a, b): the a-th smallest of a + b - 1 uniform draws (order statistics)."""
    uniforms = sorted(_uniform(f"{seed}/{n}") for n in range(a + b - 1))
    return uniforms[a - 1]


def _uniform(seed: str) -> float:
    return int.from_bytes(sha256(seed.encode()).digest()[:7], "big") / 2**56


def drawing_contests(nodes: Iterable[Node]) -> Iterator[PlannedVersus]:
    """The contests of a plan, at whatever depth, of whose competitors not all run."""
    for node in nodes_in(nodes):
        if isinstance(node, PlannedVersus) and node.most is not None and node.most < len(node.body):
            yield node
