"""Only what is part of a task's result speaks for it."""

import pytest
from wrenchai_contracts.events import Event, RoundEnded, StepRepeated, StepSettled
from wrenchai_inspector.superseded import Superseded

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
