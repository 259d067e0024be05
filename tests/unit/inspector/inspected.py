"""A task's story as the inspector reads it: what journeys found and used, and what is made of it."""

from typing import Any

from wrenchai_contracts.envelope import Recorded
from wrenchai_contracts.events import JourneyCompleted, JourneyFailed, ResultOffered, ToolRegistered
from wrenchai_contracts.evidence import Evidence
from wrenchai_contracts.judging import ResourceSample, Subject
from wrenchai_contracts.subjects import journey_stream
from wrenchai_inspector.subjects import offered_subject, whole_subject
from wrenchai_inspector.told import Told

from tests.samples import TASK
from tests.unit.task_story import Story


def fact(passed: int = 1, tried: int = 1, judge: str = "links", **more: object) -> Evidence:
    return Evidence.model_validate({"judge": judge, "dimension": judge, "passed": passed, "tried": tried, **more})


def unmeasured(judge: str = "browser", why: str = "no browser here", **more: object) -> Evidence:
    return fact(0, 0, judge, summary=why, **more)


def story_of(*steps: dict[str, Any], **facts: Any) -> Story:
    """A task that has begun, with a second and a third tool at hand."""
    story = Story(*steps, **facts)
    for name, version in (("fast", "3"), ("check", "7")):
        story.catalogue.learn(ToolRegistered(name=name, version=version, inputs={}, outputs={}))
    return story.started()


def finds(story: Story, journey: str, *evidence: Evidence, seconds: float | None = None) -> Story:
    """A journey ends well, with that evidence; `seconds`: each of its steps took so long."""
    dispatched = story.dispatched(journey)
    used = {} if seconds is None else {step.id: ResourceSample(seconds=seconds) for step in dispatched.steps}
    outputs = {step.id: {"by": step.id} for step in dispatched.steps}
    story.record(
        journey_stream(TASK, journey),
        JourneyCompleted(journey=journey, outputs=outputs, evidence=evidence, final=dispatched.final, resources=used),
    )
    return story


def breaks(story: Story, journey: str, *evidence: Evidence, reason: str = "killed after 60 s") -> Story:
    """A journey ends badly, though the task goes on."""
    last = story.dispatched(journey).steps[-1].id
    failed = JourneyFailed(journey=journey, step=last, reason=reason, kind="timeout", evidence=evidence)
    story.record(journey_stream(TASK, journey), failed)
    return story


def told(story: Story) -> Told:
    return Told.by(story.events)


def whole(story: Story) -> Subject:
    """What is judged of the task."""
    return whole_subject(told(story), TASK)


def offered(story: Story, path: str) -> Subject:
    """What is judged of the result that was offered last."""
    offer = next(e.event for e in reversed(story.events) if isinstance(e.event, ResultOffered) and e.event.step == path)
    assert isinstance(offer, ResultOffered)
    return offered_subject(told(story), offer, TASK)


def last(story: Story) -> Recorded:
    return story.events[-1]


def said(subject: Subject) -> dict[str, int]:
    """Which judges speak of it, each with how often."""
    spoken = dict[str, int]()
    for report in subject.all_reports:
        spoken[report.judge] = spoken.get(report.judge, 0) + report.times
    return spoken
