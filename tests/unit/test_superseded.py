"""Only what is part of a task's result speaks for it."""

import pytest
from wrenchai_contracts.events import Event, JourneyCompleted, RoundEnded, StepRepeated, StepSettled
from wrenchai_contracts.evidence import Evidence
from wrenchai_contracts.subjects import journey_stream
from wrenchai_inspector.service import evaluate_round, evaluate_task
from wrenchai_inspector.superseded import Superseded

from tests.samples import TASK
from tests.unit.task_story import Story, step

WON = {"winner": "b", "totals": {"a": 0.1, "b": 0.9}, "out": ["c"]}
CONTEST = StepSettled(step="best", outcome="completed", verdict=WON)
TIE_OF_NONE = StepSettled(step="best", outcome="completed", verdict={"winner": None, "totals": {"a": 0.1, "b": 0.2}})


@pytest.mark.parametrize(
    ("event", "journey", "is_superseded"),
    [
        (RoundEnded(step="edit", round=3), "edit.2.fix", True),
        (RoundEnded(step="edit", round=3), "edit.3.fix", False),
        (RoundEnded(step="edit", round=3), "editor.2.fix", False),
        (RoundEnded(step="scan.4.edit", round=2), "scan.4.edit.1.fix", True),
        (RoundEnded(step="scan.4.edit", round=2), "scan.3.edit.1.fix", False),
        (StepRepeated(step="ship.build", go=2), "ship.build", True),
        (StepRepeated(step="ship.build", go=2), "ship.build~2", False),
        (StepRepeated(step="ship.build", go=3), "ship.build~2.inner", True),
        (CONTEST, "best.a", True),
        (CONTEST, "best.a.inner", True),
        (CONTEST, "best.c", True),
        (CONTEST, "best.b", False),
        (CONTEST, "best.judge", False),
        (TIE_OF_NONE, "best.a", False),
    ],
)
def test_a_later_round_a_later_go_and_a_winner_take_the_place_of_others(
    event: Event, journey: str, is_superseded: object
) -> None:
    superseded = Superseded()
    superseded.note(event)
    assert superseded.has(journey) is is_superseded


def found(story: Story, journey: str, passed: int) -> None:
    fact = Evidence(judge="spelling", dimension="text", passed=passed, tried=10)
    story.record(journey_stream(TASK, journey), JourneyCompleted(journey=journey, outputs={}, evidence=(fact,)))


def test_a_text_that_was_mended_is_judged_as_it_is_now() -> None:
    story = Story(step("a")).started()
    found(story, "edit.1.check", 2)
    found(story, "edit.2.check", 10)
    story.record(TASK, RoundEnded(step="edit", round=2))
    assert evaluate_task(story.events).quality == pytest.approx(11 / 12, abs=1e-6)


def test_a_round_is_judged_by_its_own_evidence_and_compared_with_those_before() -> None:
    story = Story(step("a")).started()
    for number, passed in ((1, 2), (2, 9), (3, 9)):
        found(story, f"edit.{number}.check", passed)
    first, last = (evaluate_round(RoundEnded(step="edit", round=n, delta=0.1), story.events) for n in (2, 3))
    assert first.quality == last.quality == pytest.approx(10 / 12, abs=1e-6)
    assert first.improves > 0.5, "what gained much may gain more"
    assert last.improves < 0.4, "a round that gained nothing promises little"
