"""A loop, alone or with a reviewer: until its exit condition, its last round, or no improvement is likely. Pure."""

from collections import Counter
from typing import Any, get_args

from wrenchai_contracts.events import RoundEnded, StepOpened
from wrenchai_contracts.plan import PlannedLoop, Severity
from wrenchai_contracts.shape import JsonObject, Path

from wrenchai_orchestrator.nodes.body import Bodies, Progress
from wrenchai_orchestrator.nodes.values import resolved, truth
from wrenchai_orchestrator.results import Opened, Result
from wrenchai_orchestrator.turn import NodeFailed, Scope

SEVERITIES: tuple[str, ...] = get_args(Severity)
"""From the mildest to the gravest."""


def advance(bodies: Bodies, node: PlannedLoop, path: Path, scope: Scope) -> Result | None:
    """One step further with a loop; through several rounds in one turn where nothing in them has to be waited for."""
    opened = bodies.turn.open(path, lambda: StepOpened(step=path, type="loop", count=node.max_rounds))
    while True:
        last = opened.last_round
        if last is not None:
            reason = last.last or _unlikely(node, opened)
            if reason is not None:
                return _end(bodies, node, path, opened, reason)
            if last.delta is not None and not _is_judged(opened):
                return None
        round_scope = {**scope, **_names(node, opened, scope)}
        progress = bodies.run(node.body, f"{path}.{opened.round + 1}.", round_scope)
        if progress.open:
            return None
        if progress.broken is not None:
            return bodies.fail(path, progress, {"rounds": opened.round})
        bodies.turn.say(_round(node, path, opened, progress))


def _names(node: PlannedLoop, opened: Opened, scope: Scope) -> dict[str, Any]:
    last = opened.last_round
    names = {"iteration": opened.round + 1, "previous": resolved(node.initial, scope) if last is None else last.output}
    return names if node.reviewer is None else names | {"review": list(last.findings) if last is not None else []}


def _round(node: PlannedLoop, path: Path, opened: Opened, progress: Progress) -> RoundEnded:
    """What the round came to, and whether it is the last."""
    output, findings = progress.output_of(node.output_from), _findings(node, progress)
    number = opened.round + 1
    is_good = _is_good(node, {**progress.scope, "output": output, "findings": findings}, findings)
    last = "the exit condition is met" if is_good else None
    if last is None and number >= node.max_rounds:
        last = f"{number} rounds are all there may be"
    judged = node.improvement.delta if node.improvement is not None and last is None else None
    return RoundEnded(
        step=path,
        round=number,
        output=output,
        findings=tuple(findings),
        counts=dict(Counter(str(finding["severity"]) for finding in findings)),
        last=last,
        delta=judged,
    )


def _is_good(node: PlannedLoop, scope: Scope, findings: list[JsonObject]) -> bool:
    if node.exit_when is not None:
        return truth(node.exit_when, scope)
    if node.reviewer is None:
        return False
    gravest = SEVERITIES.index(node.blocking)
    return all(SEVERITIES.index(finding["severity"]) < gravest for finding in findings)


def _findings(node: PlannedLoop, progress: Progress) -> list[JsonObject]:
    """What the reviewer found.

    Raises:
        NodeFailed: the reviewer's output is no review.
    """
    if node.reviewer is None:
        return []
    review = progress.output_of(node.reviewer)
    findings = review.get("findings") if isinstance(review, dict) else None
    if not isinstance(findings, list) or not all(_is_finding(finding) for finding in findings):
        reason = (
            f"{node.reviewer} gave no review: its output needs `findings`, a list of objects with a `message` and a "
            f"`severity` ({', '.join(SEVERITIES)})"
        )
        raise NodeFailed(reason, "bad_review")
    return findings


def _is_finding(finding: Any) -> bool:
    return isinstance(finding, dict) and finding.get("severity") in SEVERITIES and "message" in finding


def _is_judged(opened: Opened) -> bool:
    return opened.judged is not None and opened.judged.round == opened.round


def _unlikely(node: PlannedLoop, opened: Opened) -> str | None:
    """Why another round is not worth it, if the inspector has said so of the last one."""
    judged = opened.judged
    if node.improvement is None or judged is None or judged.round != opened.round:
        return None
    if judged.improves >= node.improvement.below:
        return None
    return (
        f"another round improves by {node.improvement.delta:g} with a probability of {judged.improves:.3f}, "
        f"which is below {node.improvement.below:g}"
    )


def _end(bodies: Bodies, node: PlannedLoop, path: Path, opened: Opened, reason: str) -> Result:
    last = opened.last_round
    output = None if last is None else last.output
    converged = not reason.endswith("all there may be")
    verdict: JsonObject = {"rounds": opened.round, "converged": converged, "because": reason}
    if last is not None and node.reviewer is not None:
        verdict["findings"] = last.counts
    if not converged and node.exhausted == "fail":
        reason = f"{node.id} did not converge: {reason}"
        return bodies.turn.settle(path, "failed", reason=reason, kind="not_converged", verdict=verdict)
    return bodies.turn.settle(path, "completed", output=output, verdict=verdict)
