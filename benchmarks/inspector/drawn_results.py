"""Results, verdicts and refreshes that belong to a seed: the same on every machine. Pure.

Nothing but SHA-256 draws them, so that two processes that calculate differently judge the same. They go through
everything that knowledge consists of: families, versions, reports made several times, retries, judges on call, parts,
what was used, words of people at once, late and taken back.
"""

from collections.abc import Iterator, Sequence
from typing import NamedTuple

from wrenchai_contracts.event import Event
from wrenchai_contracts.judging import (
    LEVELS,
    Costs,
    Difficulty,
    Offered,
    Part,
    Report,
    ResourceSample,
    Scale,
    Subject,
    Used,
    Verdict,
    Work,
)
from wrenchai_contracts.quality_events import ExecutionEvaluated, InspectorPriorRefreshed
from wrenchai_inspector.judging import Whose, judge
from wrenchai_inspector.verdicts import Word, hear, source_of
from wrenchai_judgement.chance import uniform
from wrenchai_judgement.context import AS_GIVEN
from wrenchai_judgement.knowledge import Knowledge

_LATE = 37
"""After so many more results a word comes that is not said at once."""

_REFRESHED_EVERY = 900
_SPREADS = (
    AS_GIVEN,
    AS_GIVEN._replace(role=0.41, tool=0.83, pair=0.37, cell=0.31),
    AS_GIVEN._replace(role=0.66, tool=0.59, playbook=0.72, pair=0.22, cell=0.19),
)


class _JudgeSpec(NamedTuple):
    name: str
    scale: Scale
    family: str
    seen: float
    """Share of the results that it reports on."""


JUDGES = (
    _JudgeSpec("schema", "check", "schema", 0.9),
    _JudgeSpec("tests", "tests", "tests", 0.7),
    _JudgeSpec("lenient", "rubric", "model_a", 0.8),
    _JudgeSpec("alike", "rubric", "model_a", 0.5),
    _JudgeSpec("harsh", "rubric", "model_b", 0.6),
)
"""Who reports; the last two may be on call instead."""


class Drawn(NamedTuple):
    """A result, and what a person says of it: at once, late, and perhaps the contrary later still."""

    name: str
    subject: Subject
    verdict: Verdict | None
    late: bool
    taken_back: bool


class Chance(NamedTuple):
    """Draws that belong to a name."""

    name: str

    def share(self, what: str) -> float:
        """A number in [0, 1)."""
        return uniform(f"{self.name}/{what}")

    def below(self, what: str, many: int) -> int:
        """One of 0, …, many - 1."""
        return int(self.share(what) * many)

    def often(self, what: str, share: float) -> bool:
        """True in that share of all cases."""
        return self.share(what) < share


def results(seed: int, many: int) -> Iterator[Drawn]:
    """So many results, in their order."""
    return (_drawn(seed, at) for at in range(many))


def learnt_from(knowledge: Knowledge, drawn: Iterator[Drawn]) -> Iterator[Event]:
    """Judge the results, hear people out, refresh now and then: what is recorded of it, in order."""
    waiting: list[tuple[int, Word, ExecutionEvaluated]] = []
    for at, one in enumerate(drawn):
        judged = judge(knowledge, one.subject, Whose(one.name))
        yield from _counted(knowledge, judged.learnt)
        waiting += _words(at, one, judged.evaluation)
        due = [word for word in waiting if word[0] <= at]
        waiting = [word for word in waiting if word[0] > at]
        for _, word, evaluation in due:
            yield from _counted(knowledge, hear(knowledge, word, evaluation)[1])
        if at % _REFRESHED_EVERY == _REFRESHED_EVERY - 1:
            yield from _counted(knowledge, [_refreshed(knowledge, at)])


def _counted(knowledge: Knowledge, learnt: Sequence[Event]) -> Iterator[Event]:
    for event in learnt:
        knowledge.version += 1
        yield event


def _drawn(seed: int, at: int) -> Drawn:
    chance = Chance(f"{seed}/{at}")
    verdict: Verdict | None = None
    if chance.often("said", 0.1):
        verdict = "good" if chance.often("verdict", 0.4 + 0.5 * _worth(seed, chance)) else "bad"
    name = f"drawn_{at:012d}"
    return Drawn(
        name, _subject(seed, chance, name), verdict, chance.often("late", 0.6), chance.often("taken back", 0.15)
    )


def _worth(seed: int, chance: Chance) -> float:
    """How good what its tool does usually is, from 0 to 1."""
    return uniform(f"{seed}/worth/{_tool(chance)}")


def _tool(chance: Chance) -> int:
    return min(chance.below("tool", 9), chance.below("tool again", 12))


def _subject(seed: int, chance: Chance, name: str) -> Subject:
    worth = 0.3 + 0.6 * _worth(seed, chance)
    on_call = chance.often("on call", 0.2)
    reports = tuple(_reports(chance, JUDGES[:3] if on_call else JUDGES, worth))
    failed = tuple(f"{one.judge}: no" for one in reports if one.judge == "schema" and one.level == 0)
    return Subject(
        kind=("writing", "coding")[chance.below("kind", 2)],
        work=_work(chance),
        reports=reports,
        failed=failed,
        proven=not failed and chance.often("mandatory", 0.5),
        retries_left=chance.below("retries", 3),
        judges=_on_call() if on_call else (),
        costs=Costs(human=2.0 + chance.below("human", 3)),
        reject_below=0.05 * chance.below("reject", 2),
        difficulty=Difficulty(shift=chance.share("shift") - 0.5) if chance.often("again", 0.2) else Difficulty(),
        parts=_parts(chance),
        used=_used(chance),
        seed=name,
    )


def _work(chance: Chance) -> Work:
    tool, contest = _tool(chance), chance.often("contest", 0.1)
    return Work(
        role=f"role_{chance.below('role', 5)}",
        tool=f"tool_{tool}",
        version="2" if chance.often("new", 0.01) else "1",
        playbook=f"playbook_{chance.below('playbook', 14)}",
        pair=f"contest/{chance.below('entry', 4)}" if contest else "",
    )


def _reports(chance: Chance, judges: Sequence[_JudgeSpec], worth: float) -> Iterator[Report]:
    for judge_ in judges:
        if chance.often(f"{judge_.name}/seen", judge_.seen):
            best = LEVELS[judge_.scale] - 1
            levels = [chance.below(f"{judge_.name}/{n}", LEVELS[judge_.scale]) for n in range(2)]
            level = best if chance.often(f"{judge_.name}/well", worth) else min(levels)
            yield Report(
                judge=judge_.name,
                version="2" if chance.often(f"{judge_.name}/new", 0.02) else "1",
                family=judge_.family,
                dimension="quality",
                scale=judge_.scale,
                level=level,
                weight=(1.0, 0.5)[chance.below(f"{judge_.name}/weight", 2)],
                times=1 + chance.below(f"{judge_.name}/times", 2) * chance.below(f"{judge_.name}/pages", 40),
            )


def _on_call() -> tuple[Offered, ...]:
    return tuple(
        Offered(name=judge_.name, judge=judge_.name, family=judge_.family, scale=judge_.scale, price=price)
        for judge_, price in zip(JUDGES[3:], (0.05, 0.2), strict=True)
    )


def _parts(chance: Chance) -> dict[str, Part]:
    if not chance.often("parts", 0.05):
        return {}
    return {
        f"part_{n}": Part(probability=0.5 + 0.5 * chance.share(f"part/{n}"), spread=chance.share(f"spread/{n}"))
        for n in range(2)
    }


def _used(chance: Chance) -> tuple[Used, ...]:
    if not chance.often("used", 0.3):
        return ()
    sample = ResourceSample(
        seconds=1.0 + 3.0 * chance.share("seconds"), peak_rss=10**7 + chance.below("rss", 10**8), tokens=None
    )
    return (Used(step="make", tool=f"tool_{_tool(chance)}", sample=sample),)


def _words(at: int, one: Drawn, evaluation: ExecutionEvaluated) -> Iterator[tuple[int, Word, ExecutionEvaluated]]:
    if one.verdict is None or evaluation.decision == "ask_judge":
        return
    said = Word(one.name, None, "ann", one.verdict, source_of(evaluation))
    when = at + _LATE if one.late else at
    yield when, said, evaluation
    if one.taken_back:
        other: Verdict = "bad" if one.verdict == "good" else "good"
        yield when + _LATE, said._replace(verdict=other, before=one.verdict), evaluation


def _refreshed(knowledge: Knowledge, at: int) -> InspectorPriorRefreshed:
    before, spreads = knowledge.digest, _SPREADS[at // _REFRESHED_EVERY % len(_SPREADS)]
    knowledge.respread(spreads)
    return InspectorPriorRefreshed(
        watermark=knowledge.version, outcomes=knowledge.results, spreads=spreads._asdict(), concentration=50.0,
        effects={}, draws=0, chains=0, seed=0, rhat=1.0, ess=1000.0, divergences=0, seconds=0.0,
        before=before, after=knowledge.digest,
    )  # fmt: skip
