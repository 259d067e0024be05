"""What an inspector would have learnt from made-up results, by seed: the stream, and the judgements beside it."""

import random
from collections.abc import Iterator, Sequence
from dataclasses import dataclass, field
from datetime import datetime, timedelta

from wrenchai_chassis.log import Stored
from wrenchai_contracts.envelope import Context, NewEvent, Sealed, seal
from wrenchai_contracts.events import Event, ExecutionEvaluated, VerdictWeighed
from wrenchai_contracts.judging import Costs, Offered, Report, ResourceSample, Subject, Used, Work
from wrenchai_contracts.shape import Path
from wrenchai_contracts.subjects import evaluation_stream, quality_stream, result_stream, weighed_stream
from wrenchai_inspector.judging import Whose, judge
from wrenchai_inspector.verdicts import Word, hear, source_of
from wrenchai_judgement.knowledge import Knowledge

from tests.samples import AT

TENANT = "default"
STREAM = quality_stream(TENANT)
_GOOD = {"careful": 0.9, "hasty": 0.4}
_CHECK = {True: 0.97, False: 0.4}


@dataclass(slots=True)
class LearntStream:
    """Judges results one after the other, hears people out, and keeps all that an inspector would have recorded."""

    seed: int = 7
    now: datetime = AT
    knowledge: Knowledge = field(default_factory=lambda: Knowledge(TENANT))
    sealed: list[Sealed] = field(default_factory=list)
    judged: list[tuple[str, Path | None, ExecutionEvaluated]] = field(default_factory=list)
    judged_at: list[datetime] = field(default_factory=list)
    _versions: dict[str, int] = field(default_factory=dict)
    chance: random.Random = field(init=False)

    def __post_init__(self) -> None:
        self.chance = random.Random(self.seed)

    @property
    def rows(self) -> list[Stored]:
        """What was learnt, as the log gives it."""
        return list(self._stored(STREAM))

    def _stored(self, stream: str) -> Iterator[Stored]:
        for position, one in enumerate(self.sealed, 1):
            if one.stream == stream:
                yield Stored(position, one.stream, one.version, one.topic, one.tenant, one.state)

    def results(self, many: int, **facts: object) -> "LearntStream":
        """So many made-up results, one every six hours; a person speaks of those drawn, and of some of the others."""
        for _ in range(many):
            self.result(**facts)
        return self

    def result(self, task: str | None = None, step: Path | None = None, **facts: object) -> ExecutionEvaluated:
        """One more made-up result, judged, learnt from, and perhaps spoken of."""
        good, subject = self._subject(task or f"task_{len(self.judged):08}", step)
        subject = subject.model_copy(update=facts)
        task = subject.seed.partition("/")[0]
        self.now += timedelta(hours=6)
        self.judged_at.append(self.now)
        evaluation, learnt = judge(self.knowledge, subject, Whose(task, step))
        stream = evaluation_stream(task) if step is None else result_stream(task, step)
        self.record(stream, evaluation)
        self._learn(learnt)
        self.judged.append((task, step, evaluation))
        asked = source_of(evaluation) != "volunteered"
        if asked or self.chance.random() < 0.05:
            self.says("ann", "good" if good ^ (self.chance.random() < 0.03) else "bad")
        return evaluation

    def says(self, by: str, verdict: str, at: int = -1) -> VerdictWeighed:
        """Somebody says what they think of a result, the last one if no other is meant."""
        task, step, evaluation = self.judged[at]
        self.now += timedelta(minutes=10)
        word = Word(task, step, by, verdict, source_of(evaluation))  # type: ignore[arg-type]
        weighed, learnt = hear(self.knowledge, word, evaluation)
        self.record(weighed_stream(task, len(self.sealed) + 1), weighed)
        self._learn(learnt)
        return weighed

    def record(self, stream: str, event: Event) -> None:
        """Keep an event as the log would."""
        version = self._versions[stream] = self._versions.get(stream, 0) + 1
        context = Context("inspector", correlation=stream.partition("/")[0])
        self.sealed.append(seal(NewEvent(stream, version, event, context), self.now))

    def _learn(self, events: Sequence[Event]) -> None:
        for event in events:
            self.record(STREAM, event)
        self.knowledge.version = self._versions.get(STREAM, 0)

    def _subject(self, task: str, step: Path | None) -> tuple[bool, Subject]:
        """A tool that is careful or hasty, a check that says something, a model that says little."""
        tool = self.chance.choice(sorted(_GOOD))
        good = self.chance.random() < _GOOD[tool]
        passed = int(self.chance.random() < _CHECK[good])
        grade = min(4, max(0, round(2.5 + 0.4 * good + self.chance.gauss(0, 1.2))))
        reports = (
            Report(judge="links.check", family="links", dimension="links", level=passed),
            Report(judge="rubric.tone", family="small", dimension="tone", scale="rubric", level=grade),
        )
        used = Used(step="write", tool=tool, sample=ResourceSample(seconds=self.chance.lognormvariate(1, 0.2)))
        playbook = self.chance.choice(["docs", "notes"])
        subject = Subject(
            kind="writer",
            work=Work(role="writer", tool=tool, version="1", playbook=playbook),
            reports=reports,
            retries_left=0 if step is None else 1,
            judges=() if step is None else (Offered(name="second", judge="rubric.depth", family="large", price=0.2),),
            costs=Costs(),
            used=(used,),
            seed=task if step is None else f"{task}/{step}/1",
        )
        return good, subject
