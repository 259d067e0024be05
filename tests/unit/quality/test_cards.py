"""One judgement with all that it was made from."""

import pytest
from wrenchai_contracts.envelope import unseal
from wrenchai_contracts.judgement_views import EvaluationView
from wrenchai_gateway.quality.cards import POINTS
from wrenchai_gateway.quality.task_story import TaskStory
from wrenchai_judgement.exact import logit, sigmoid

from tests.learnt_stream import LearntStream
from tests.made_up_log import MadeUpLog
from tests.unit.quality.judged_story import TASK, judged_task, spoken_of


def story_of(log: MadeUpLog) -> TaskStory:
    story = TaskStory(TASK)
    for place, sealed in enumerate(log.sealed, 1):
        story.note(unseal(place, sealed.state))
    return story


def real() -> EvaluationView:
    """A judgement that the inspector really made, after a hundred others."""
    stream = LearntStream().results(100)
    stream.result("task_99999999")
    story = TaskStory("task_99999999")
    for place, sealed in enumerate(stream.sealed, 1):
        if sealed.stream.startswith("task_99999999"):
            story.note(unseal(place, sealed.state))
    found = story.evaluation(None)
    assert found is not None
    return found


def test_all_of_a_task_s_judgements_are_told_in_their_order() -> None:
    view = story_of(judged_task(MadeUpLog())).view(None)
    assert [(one.step, one.go, one.decision) for one in view.evaluations] == [
        ("write", 1, "retry"),
        ("write~2", 1, "ask_judge"),
        ("write~2", 2, "accept"),
        (None, 1, "accept"),
    ]
    assert [choice.chosen for choice in view.choices] == [("noop",)]


def test_the_last_judgement_of_a_result_is_explained_unless_another_is_asked_for() -> None:
    story = story_of(judged_task(MadeUpLog()))
    last, first = story.evaluation("write~2"), story.evaluation("write~2", 1)
    assert last is not None
    assert first is not None
    assert ((last.go, last.decision), (first.go, first.decision, first.asks)) == (
        (2, "accept"),
        (1, "ask_judge", "deep"),
    )
    assert story.evaluation("write~2", 3) is None
    assert story.evaluation("nowhere") is None
    assert story.steps_judged == ["write", "write~2", None]


def test_what_people_said_stands_beside_the_result_that_they_spoke_of() -> None:
    story = story_of(spoken_of(judged_task(MadeUpLog()), step="write~2"))
    whole, step = story.evaluation(None), story.evaluation("write~2")
    assert whole is not None
    assert step is not None
    assert (whole.words, [word.by for word in step.words]) == ((), ["ann"])


def test_the_terms_add_up_to_what_was_expected_before_the_evidence() -> None:
    one = real()
    total = sum(term.logit for term in one.terms)
    assert sum(term.points for term in one.terms) == pytest.approx(one.prior)
    assert sum(term.points for term in one.terms[:-1]) == pytest.approx(sigmoid(total))
    assert one.density is not None
    middle = one.density.logits[one.density.prior.index(max(one.density.prior))]
    assert middle == pytest.approx(total, abs=one.density.logits[1] - one.density.logits[0])


def test_the_densities_are_densities_on_one_grid_as_wide_as_the_interval_says() -> None:
    one = real()
    grid = one.density
    assert grid is not None
    assert one.own_interval is not None
    assert len(grid.logits) == len(grid.rates) == len(grid.prior) == len(grid.posterior) == POINTS
    step = grid.logits[1] - grid.logits[0]
    assert sum(grid.prior) * step == pytest.approx(1.0, abs=0.01)
    assert sum(grid.posterior) * step == pytest.approx(1.0, abs=0.01)
    low, high = (logit(end) for end in one.own_interval)
    inside = sum(here for at, here in zip(grid.logits, grid.posterior, strict=True) if low <= at <= high) * step
    assert inside == pytest.approx(0.9, abs=0.1)


def test_the_evidence_is_told_in_decibans_what_speaks_against_it_first_and_adds_up() -> None:
    one = real()
    moved = [said.decibans for said in one.evidence]
    assert moved == sorted(moved, key=lambda decibans: (decibans >= 0, -abs(decibans)))
    assert sum(said.decibans for said in one.evidence) == pytest.approx(one.decibans)
    assert one.line.endswith("]")
    assert (one.state_before, one.state_after) != (None, None)
