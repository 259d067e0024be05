"""What must hold whatever chance does: quality follows the evidence (B14), and nothing is accepted on trust (B16)."""

from collections import Counter
from collections.abc import Iterator
from itertools import pairwise

from wrenchai_contracts.evidence import Evidence
from wrenchai_contracts.judging import Subject, Work
from wrenchai_judgement.deciding import SURE
from wrenchai_judgement.knowledge import Found, Knowledge

from benchmarks.inspector.drawn_results import results
from benchmarks.inspector.scores import Bar, bar

ORIGINAL = 0.394
"""What the first WrenchAI told of every result, whatever its success rate: the rate was cut to a whole number."""

_TRIED = 100
_PASSED = (0, 50, 95)
_RESULTS = 3000


def b14(seed: int) -> Bar:
    """One check of 100 trials, of which more and more pass: of a new tenant, and of one that has seen much."""
    new, grown = Knowledge("bench"), _grown(seed, 500)
    told = {name: [_quality(known, passed) for passed in _PASSED] for name, known in (("new", new), ("grown", grown))}
    return bar(
        "quality rises strictly with 0, 50, 95 % passes (the original: constant .394)",
        holds=all(before < after for each in told.values() for before, after in pairwise(each)),
        passed=list(_PASSED),
        original=ORIGINAL,
        **told,
    )


def _quality(knowledge: Knowledge, passed: int) -> float:
    said = Evidence(judge="tests.pytest", dimension="tests", passed=passed, tried=_TRIED).report
    work = Work(role="role_0", tool="tool_0", playbook="playbook_0")
    return knowledge.judge(Subject(kind="coding", work=work, reports=() if said is None else (said,))).whole.probability


def b16(seed: int) -> Bar:
    """A tenant whom nobody ever gave a verdict: what is accepted is proven, nearly certain, or asked no check."""
    found = list(_judged(seed))
    accepted = [(subject, one) for subject, one in found if one.decision.action == "accept"]
    why = Counter(_why(subject, one) for subject, one in accepted)
    told = Counter(one.decision.action for _, one in found)
    return bar(
        "no audits: uncalibrated; accepted only by mandatory checks or P >= .98",
        holds=not any(one.calibrated for _, one in found) and not why["neither"] and bool(accepted),
        results=len(found),
        accepted_because=dict(why),
        decisions=dict(told),
        calibrated=sum(one.calibrated for _, one in found),
    )


def _judged(seed: int) -> Iterator[tuple[Subject, Found]]:
    knowledge = Knowledge("bench")
    for one in results(seed, _RESULTS):
        found = knowledge.judge(one.subject)
        yield one.subject, found
        knowledge.learn(one.subject, found)


def _why(subject: Subject, found: Found) -> str:
    if subject.proven:
        return "mandatory checks passed"
    if found.whole.probability >= SURE:
        return "nearly certain"
    return "nothing was to be checked" if found.decision.rules else "neither"


def _grown(seed: int, many: int) -> Knowledge:
    knowledge = Knowledge("bench")
    for one in results(seed, many):
        knowledge.learn(one.subject, knowledge.judge(one.subject))
    return knowledge
