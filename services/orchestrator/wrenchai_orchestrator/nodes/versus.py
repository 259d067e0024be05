"""A contest: competitors run apart, a judge scores them; the outcome may be a tie, or none is good enough. Pure.

Where more are offered than may run, the inspector draws who does. Who wins, says it too, by all that it knows of each
(`posterior`); or the judge's scores alone decide (`totals`).
"""

import math
from collections.abc import Mapping
from typing import Any

from wrenchai_contracts.events import ContestEvaluated, EntriesScored, StepOpened
from wrenchai_contracts.judging import Standing
from wrenchai_contracts.plan import PlannedVersus, maker_of
from wrenchai_contracts.shape import JsonObject, Path, StepId

from wrenchai_orchestrator.nodes.body import Bodies
from wrenchai_orchestrator.nodes.choosing import competitors, drawn
from wrenchai_orchestrator.nodes.values import last_output, last_step
from wrenchai_orchestrator.results import Opened, Result
from wrenchai_orchestrator.turn import NodeFailed, Scope, Turn


def advance(bodies: Bodies, node: PlannedVersus, path: Path, scope: Scope) -> Result | None:
    """One step further with a contest."""
    opened = _opened(bodies.turn, node, path)
    if opened is None:
        return None
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


def _decided(bodies: Bodies, node: PlannedVersus, path: Path, entries: Mapping[str, Any], judged: Any) -> Result | None:
    turn, totals = bodies.turn, totals_of(node.criteria, entries, judged)
    verdict = outcome_of(totals, at_least=node.at_least, tie_within=node.tie_within)
    if node.pick == "posterior":
        told = _by_all_that_is_known(turn, node, path, totals, verdict["winner"])
        if told is None:
            return None
        verdict |= told
    return _settled(turn, node, path, verdict | {"totals": totals, "scores": judged["scores"]}, entries)


def _settled(turn: Turn, node: PlannedVersus, path: Path, verdict: JsonObject, entries: Mapping[str, Any]) -> Result:
    winner, totals = verdict["winner"], verdict["totals"]
    if winner is None and node.none_good == "fail":
        best = max(totals.values())
        reason = f"none of {', '.join(totals)} is good enough: the best has {best:.3f}, {node.at_least:g} is wanted"
        return turn.settle(path, "failed", reason=reason, kind="none_good_enough", verdict=verdict)
    output = {**verdict, "output": entries[winner] if winner is not None else None}
    out = [one.id for one in node.body if one.id not in entries]
    return turn.settle(path, "completed", output=output, verdict={**verdict, "out": out})


def _by_all_that_is_known(
    turn: Turn, node: PlannedVersus, path: Path, totals: Mapping[StepId, float], first: StepId | None
) -> JsonObject | None:
    """What counts instead of the totals; None while that is open. `first` has the best total that is good enough."""
    if first is None:
        return {"standings": {}}
    ranked = _ranked(turn, node, path, {name: total for name, total in totals.items() if total >= node.at_least})
    return None if ranked is None else outcome_by(ranked, tie_within=node.tie_within, else_wins=first)


def _ranked(turn: Turn, node: PlannedVersus, path: Path, totals: Mapping[StepId, float]) -> ContestEvaluated | None:
    """What the inspector thinks of those that are good enough; None while that is open."""
    choices = turn.task.choices
    if path not in choices.scored and path not in choices.ranked:
        judge = maker_of(node.judge)
        said_by = node.judge[0].id if judge is None else judge.steps[-1].tool
        entries = competitors(turn, node, totals)
        turn.say(EntriesScored(step=path, entries=entries, totals=dict(totals), judge=said_by))
    return choices.ranked.get(path)


def outcome_by(ranked: ContestEvaluated, *, tie_within: float, else_wins: StepId) -> JsonObject:
    """The inspector's winner, and who is as likely to be good; `else_wins` if it names none of those it knows of."""
    standings = ranked.standings
    winner = ranked.winner if ranked.winner in standings else else_wins
    best = standings[winner].probability if winner in standings else math.inf
    tied = sorted(name for name, one in standings.items() if abs(best - one.probability) <= tie_within)
    told = {name: _told(standing) for name, standing in sorted(standings.items())}
    is_tie = len(tied) > 1
    return {
        "outcome": "tie" if is_tie else "winner",
        "winner": winner,
        "tied": tied if is_tie else [],
        "standings": told,
    }


def _told(standing: Standing) -> JsonObject:
    return {"probability": standing.probability, "interval": list(standing.interval), "best": standing.best}


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


def _opened(turn: Turn, node: PlannedVersus, path: Path) -> Opened | None:
    """The contest at work; None while it is being drawn who runs."""
    known = turn.task.opened.get(path)
    if known is not None:
        return known
    names = [one.id for one in node.body]
    if node.most is None or node.most >= len(names):
        return turn.open(path, lambda: StepOpened(step=path, type="versus", count=len(names)))
    who = drawn(turn, path, competitors(turn, node, names), most=node.most)
    if who is None:
        return None
    chosen = tuple(name for name in names if name in who.chosen)
    chances = tuple(who.chances[name].probability for name in chosen if name in who.chances)
    return turn.open(
        path, lambda: StepOpened(step=path, type="versus", count=len(chosen), chosen=chosen, chances=chances)
    )
