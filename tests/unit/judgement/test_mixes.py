"""How often work of one kind is acceptable, over all the places where it is done."""

import math
from statistics import NormalDist

import pytest
from wrenchai_judgement.context import ContextModel, Place
from wrenchai_judgement.exact import moments, sigmoid
from wrenchai_judgement.mixes import mixed, typical

HERE, THERE, NEVER = Place("r", "a", "p"), Place("r", "a", "q"), Place("s", "b", "z")


def learnt() -> ContextModel:
    """Work goes well in one playbook, and badly in another."""
    model = ContextModel()
    for _ in range(40):
        model.learn(HERE, 3.0)
        model.learn(THERE, -3.0)
    return model


def test_of_one_place_it_is_what_the_context_expects_there() -> None:
    model = learnt()
    for place in (HERE, NEVER):
        rate = mixed(model, {place: 7.0})
        assert rate.expected == pytest.approx(model.expected(place))
        assert rate.mean == pytest.approx(moments(*model.expected(place), 0.0).before)
        logit = NormalDist(rate.expected.mean, math.sqrt(rate.expected.variance))
        assert rate.reaches(0.8) == pytest.approx(1 - logit.cdf(math.log(4)))


def test_a_mix_lies_between_its_places_and_follows_their_weights() -> None:
    model = learnt()
    good, mostly, even, bad = (mixed(model, {HERE: n, THERE: 10.0 - n}).mean for n in (10.0, 8.0, 5.0, 0.0))
    assert good > mostly > even > bad


def test_a_mix_of_two_places_is_surer_than_each_where_they_were_learnt_apart() -> None:
    model = learnt()
    assert typical(model, {HERE: 1.0, THERE: 1.0}).variance < model.expected(HERE).variance


def test_weights_count_by_their_shares_alone() -> None:
    model = learnt()
    assert typical(model, {HERE: 1.0, THERE: 3.0}) == pytest.approx(typical(model, {HERE: 10.0, THERE: 30.0}))


def test_the_half_lies_inside_the_interval_and_the_middle_in_both() -> None:
    rate = mixed(learnt(), {HERE: 1.0})
    middle = sigmoid(rate.expected.mean)
    assert rate.interval[0] < rate.half[0] < middle < rate.half[1] < rate.interval[1]
