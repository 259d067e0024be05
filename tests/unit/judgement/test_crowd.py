"""Judges whose quality is found from how they agree."""

import numpy as np
import pytest
from wrenchai_judgement.crowd import (
    Gold,
    Labels,
    fit,
    temperature,
    usual_temperature,
    vote_shares,
)

from benchmarks.inspector.crowd import LOG_LIKELIHOOD, PREVALENCE, anaesthetists, b9, scored


def panel(reliable: list[float], tasks: int = 400, seed: int = 1, shared: float = 0.0) -> tuple[Labels, Gold]:
    """Judges of two levels, right as often as `reliable` says; `shared`: how often one says what the first says."""
    chance = np.random.default_rng(seed)
    true, judges = chance.integers(0, 2, tasks), len(reliable)
    right = chance.random((tasks, judges)) < np.array(reliable)
    right = np.where(chance.random((tasks, judges)) < shared, right[:, :1], right)
    said = np.where(right, true[:, None], 1 - true[:, None])
    task, judge = np.divmod(np.arange(tasks * judges), judges)
    return Labels(task, judge, said.ravel(), tasks, judges, levels=2), dict(enumerate(true.tolist()))


def some(gold: Gold, many: int) -> Gold:
    return {task: gold[task] for task in range(many)}


def rest(gold: Gold, many: int) -> Gold:
    return {task: level for task, level in gold.items() if task >= many}


def test_the_anaesthetists_of_dawid_and_skene_come_out_as_published() -> None:
    crowd = fit(anaesthetists())
    assert crowd.prevalence == pytest.approx(PREVALENCE, abs=0.005)
    assert crowd.log_likelihood == pytest.approx(LOG_LIKELIHOOD, abs=0.05)
    assert crowd.confusion[0].diagonal() == pytest.approx((0.889, 0.876, 0.661, 0.444), abs=0.005)
    assert b9()["holds"]


def test_the_table_is_whole() -> None:
    labels = anaesthetists()
    assert (labels.tasks, labels.judges, labels.levels, len(labels.task)) == (45, 5, 4, 315)
    assert np.bincount(labels.judge).tolist() == [135, 45, 45, 45, 45]


def test_how_reliable_each_judge_is_is_found_without_gold() -> None:
    labels, _ = panel([0.9, 0.8, 0.7, 0.6, 0.55], tasks=3000)
    found = fit(labels).confusion.diagonal(axis1=1, axis2=2).mean(axis=1)
    assert found == pytest.approx((0.9, 0.8, 0.7, 0.6, 0.55), abs=0.05)


def test_one_good_judge_outweighs_many_guessers() -> None:
    labels, gold = panel([0.95, 0.9, 0.55, 0.55, 0.55, 0.55, 0.55])
    assert scored(fit(labels).chances(), gold).accuracy > scored(vote_shares(labels), gold).accuracy + 0.1


def test_a_judge_that_is_always_wrong_is_as_good_as_one_that_is_always_right() -> None:
    labels, gold = panel([0.95, 0.9, 0.9, 0.05])
    assert scored(fit(labels).chances(), gold).accuracy > 0.97


def test_chances_add_up_to_one() -> None:
    labels, _ = panel([0.9, 0.6, 0.6])
    assert fit(labels, smoothing=8.0).chances(0.5).sum(axis=1) == pytest.approx(np.ones(labels.tasks))


def test_judges_who_saw_few_tasks_do_not_lead_the_crowd_astray() -> None:
    """150 judges, three reports a task: tables of each judge's own would fit the noise."""
    chance = np.random.default_rng(3)
    true, judge = chance.integers(0, 4, 800), chance.integers(0, 150, (800, 3))
    right = chance.random((800, 3)) < chance.uniform(0.5, 0.9, 150)[judge]
    said = np.where(right, true[:, None], (true[:, None] + chance.integers(1, 4, (800, 3))) % 4)
    labels = Labels(np.repeat(np.arange(800), 3), judge.ravel(), said.ravel(), 800, 150, 4)
    votes = scored(vote_shares(labels, smoothing=1.0), dict(enumerate(true.tolist())))
    smoothed = scored(fit(labels, smoothing=8.0).chances(), dict(enumerate(true.tolist())))
    assert smoothed.accuracy >= votes.accuracy
    assert smoothed.log_loss < votes.log_loss


def test_judges_that_follow_one_of_them_are_believed_less_once_gold_is_seen() -> None:
    labels, gold = panel([0.7] * 10, shared=0.3)
    without = fit(labels)
    warmth = temperature(labels, without, some(gold, 60))
    assert warmth < 0.5
    asked = rest(gold, 60)
    assert scored(without.chances(warmth), asked).log_loss < scored(without.chances(), asked).log_loss


def test_independent_judges_are_taken_at_their_word_once_gold_has_shown_it() -> None:
    labels, gold = panel([0.8, 0.75, 0.7, 0.7, 0.7], tasks=1000)
    assert temperature(labels, fit(labels), some(gold, 200)) > usual_temperature(labels) + 0.05


def test_a_wrong_piece_of_gold_does_not_cool_the_evidence() -> None:
    labels, gold = panel([0.9] * 6)
    mistaken = {task: 1 - level if task in {0, 1} else level for task, level in some(gold, 80).items()}
    assert temperature(labels, fit(labels), mistaken) > 0.45


def test_without_gold_the_temperature_is_that_of_the_prior() -> None:
    labels, _ = panel([0.8, 0.7])
    assert temperature(labels, fit(labels), {}) == pytest.approx(usual_temperature(labels), abs=0.01)


def test_the_more_judges_look_at_one_task_the_less_their_evidence_is_trusted_unseen() -> None:
    usual = [usual_temperature(panel([0.8] * judges)[0]) for judges in (1, 2, 5, 8, 30)]
    assert usual == sorted(usual, reverse=True)
    assert (usual[0], usual[-2], usual[-1]) == (1.0, 0.5, 0.5)


def test_gold_tells_who_is_to_be_believed_where_two_camps_disagree() -> None:
    labels, gold = panel([0.9, 0.9, 0.15, 0.15])
    alone, informed = fit(labels), fit(labels, gold=some(gold, 40))
    assert scored(informed.chances(), rest(gold, 40)).accuracy > 0.9
    assert scored(informed.chances(), gold).accuracy >= scored(alone.chances(), gold).accuracy
