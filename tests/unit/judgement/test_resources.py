"""What steps usually use, and which uses are told."""

import json
import random
from hashlib import sha256

import pytest
from wrenchai_contracts.judging import ResourceSample, Used
from wrenchai_judgement import resources
from wrenchai_judgement.resources import Key, Measure, ResourceModel

from benchmarks.inspector import resource_bars

BUILD = Key("npm", "portfolio", "build")


def steady(runs: int, *, key: Key = BUILD, around: float = 10.0, seed: int = 1) -> ResourceModel:
    """A step that takes `around` seconds, give or take a third."""
    return told(ResourceModel(), runs, key=key, around=around, seed=seed)


def told(model: ResourceModel, runs: int, *, key: Key, around: float, seed: int = 1) -> ResourceModel:
    chance = random.Random(seed)
    for _ in range(runs):
        model.run(key, "seconds", around * (0.75 + 0.5 * chance.random()))
    return model


def used(seconds: float, *, step: str = "build", rss: int | None = None, tokens: int | None = None) -> Used:
    return Used(step=step, tool="npm", sample=ResourceSample(seconds=seconds, peak_rss=rss, tokens=tokens))


def test_a_run_far_slower_than_usual_is_told_with_what_is_usual() -> None:
    anomaly = steady(40).strange(BUILD, "seconds", 60.0)
    assert anomaly is not None
    assert (anomaly.step, anomaly.tool, anomaly.measure, anomaly.value) == ("build", "npm", "seconds", 60.0)
    assert anomaly.usual == pytest.approx(10.0, rel=0.1)
    assert anomaly.tail < resources.NOTE
    assert not anomaly.page


@pytest.mark.parametrize("seconds", [0.0, 5.0, 10.0, 14.0])
def test_an_ordinary_run_and_a_quick_one_are_not_told(seconds: float) -> None:
    assert steady(40).strange(BUILD, "seconds", seconds) is None


def test_the_second_extreme_run_in_a_row_calls_a_person() -> None:
    model = steady(40)
    model.run(BUILD, "seconds", 100.0)
    second = model.strange(BUILD, "seconds", 100.0)
    assert second is not None
    assert second.page
    model.run(BUILD, "seconds", 10.0)
    later = model.strange(BUILD, "seconds", 100.0)
    assert later is not None
    assert not later.page


def test_one_outlier_does_not_hide_the_next_one() -> None:
    model = steady(20)
    model.run(BUILD, "seconds", 1e6)
    assert model.strange(BUILD, "seconds", 60.0) is not None


def test_a_lasting_change_becomes_usual() -> None:
    model = told(steady(100), 60, key=BUILD, around=40.0, seed=2)
    assert model.strange(BUILD, "seconds", 40.0) is None


def test_a_very_steady_step_is_not_told_of_a_little_more() -> None:
    model = ResourceModel()
    for _ in range(300):
        model.run(BUILD, "rss", 200e6)
    assert model.strange(BUILD, "rss", 260e6) is None
    assert model.strange(BUILD, "rss", 800e6) is not None


def test_milliseconds_of_a_step_that_takes_none_are_noise() -> None:
    model = ResourceModel()
    for _ in range(100):
        model.run(BUILD, "seconds", 0.0002)
    assert model.strange(BUILD, "seconds", 0.02) is None
    assert model.strange(BUILD, "seconds", 2.0) is not None


def test_nothing_is_strange_while_nothing_is_known() -> None:
    assert ResourceModel().strange(BUILD, "seconds", 1e5) is None


def test_the_first_run_of_a_slow_step_is_not_strange_where_steps_differ_widely() -> None:
    model = ResourceModel()
    for number in range(10):
        told(model, 20, key=Key("tool", "any", f"s{number}"), around=0.2 * 3.0**number)
    assert model.strange(Key("tool", "any", "slow"), "seconds", 3000.0) is None


def test_a_step_that_runs_all_the_time_does_not_decide_what_a_new_one_should_take() -> None:
    model = told(ResourceModel(), 3000, key=Key("noop", "any", "quick"), around=0.3)
    for number in range(6):
        told(model, 1, key=Key("tool", "any", f"s{number}"), around=60.0)
    assert model.strange(Key("tool", "any", "new"), "seconds", 300.0) is None


def test_a_step_is_compared_with_itself_alone() -> None:
    model = told(steady(50), 50, key=Key("npm", "portfolio", "test"), around=600.0)
    assert model.strange(Key("npm", "portfolio", "test"), "seconds", 600.0) is None
    assert model.strange(BUILD, "seconds", 600.0) is not None


def test_everything_measured_of_a_step_is_judged_and_what_was_not_measured_is_passed_over() -> None:
    model = ResourceModel()
    for _ in range(30):
        model.learn(used(10.0, rss=200_000_000), "portfolio")
    assert {one.measure for one in model.judge(used(90.0, rss=4_000_000_000), "portfolio")} == {"seconds", "rss"}
    assert [one.measure for one in model.judge(used(90.0), "portfolio")] == ["seconds"]
    assert model.judge(used(10.0, rss=200_000_000, tokens=9), "portfolio") == ()


def test_judging_changes_nothing() -> None:
    model = steady(30)
    before = model.to_json()
    model.strange(BUILD, "seconds", 500.0)
    model.judge(used(500.0, step="new"), "portfolio")
    assert model.to_json() == before


def test_a_model_that_was_written_down_goes_on_as_if_it_had_not_been() -> None:
    kept = steady(50)
    model = ResourceModel.from_json(json.loads(json.dumps(kept.to_json(), sort_keys=True)))
    assert told(model, 50, key=BUILD, around=30.0).to_json() == told(kept, 50, key=BUILD, around=30.0).to_json()


def test_habits_not_used_for_longest_are_forgotten_first(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(resources, "MOST_HABITS", 3)
    model = ResourceModel()
    for step in ("a", "b", "c", "a", "d"):
        model.run(Key("tool", "any", step), "seconds", 1.0)
    assert sorted(name.split()[2] for name in model.habits) == ["a", "c", "d"]


def test_the_same_runs_give_the_same_bits_on_every_machine() -> None:
    model, chance = ResourceModel(), random.Random(7)
    measures: tuple[Measure, ...] = ("seconds", "rss", "tokens")
    tails = []
    for _ in range(2000):
        key, measure = Key("tool", "any", f"s{chance.randrange(9)}"), chance.choice(measures)
        drawn = chance.random()
        value = 1000.0 * drawn * drawn * drawn
        anomaly = model.strange(key, measure, value)
        tails.append(anomaly.tail if anomaly else 1.0)
        model.run(key, measure, value)
    assert min(tails) < resources.PAGE
    digest = sha256(repr((tails, sorted(model.to_json()["habits"].items()))).encode()).hexdigest()
    assert digest == "d9e589d03218887981f227ed5a6cebfbe28c85a5527f2941134510bac11cbfad"


@pytest.mark.parametrize("tails", ["normal", "t5"])
def test_false_alarms_are_rarer_than_a_dashboard_s(tails: str) -> None:
    worlds = [resource_bars.world(seed, tails) for seed in (1, 2)]
    found = resource_bars.watched(worlds)
    ours = found["ours"]
    assert ours["false"] <= resource_bars.MOST_FALSE[tails]
    assert ours["precision"] >= resource_bars.LEAST_PRECISION[tails]
    assert ours["precision"] > max(found["mean_3sd"]["precision"], found["median_3.5mad"]["precision"])
