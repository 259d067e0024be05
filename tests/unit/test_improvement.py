"""How likely another round improves: whether it means what it says, on loops whose truth is known."""

import random

import pytest
from wrenchai_inspector.improvement import A0, B0, FIRST_GAIN, KEEPS, probability_of_improvement


def qualities(chance: random.Random, rounds: int, noise: float) -> list[float]:
    """A loop as the model has it: each gain is a share of the one before, and chance."""
    quality, gain = chance.uniform(0.2, 0.5), chance.gauss(FIRST_GAIN, noise)
    found = [quality]
    for _ in range(rounds):
        quality += gain
        found.append(quality)
        gain = chance.gauss(KEEPS * gain, noise)
    return found


def test_of_rounds_said_to_improve_with_p_about_p_do() -> None:
    chance, said = random.Random(7), list[tuple[float, bool]]()
    for _ in range(8000):
        noise = (B0 / chance.gammavariate(A0, 1.0)) ** 0.5
        seen = qualities(chance, chance.randint(2, 6), noise)
        said.append((probability_of_improvement(seen[:-1], 0.02), seen[-1] - seen[-2] > 0.02))
    for low, high in ((0.0, 0.25), (0.25, 0.5), (0.5, 0.75), (0.75, 1.01)):
        group = [(p, better) for p, better in said if low <= p < high]
        claimed, happened = (sum(column) / len(group) for column in zip(*group, strict=True))
        assert happened == pytest.approx(claimed, abs=0.03), f"between {low} and {high}"


@pytest.mark.parametrize(
    ("seen", "delta"),
    [([0.4], FIRST_GAIN), ([0.4, 0.4], 0.0), ([0.4, 0.5], 0.1 * KEEPS), ([0.4, 0.5, 0.45], -0.05 * KEEPS)],
)
def test_at_its_centre_it_is_one_half(seen: list[float], delta: float) -> None:
    assert probability_of_improvement(seen, delta) == pytest.approx(0.5, abs=1e-12)


def test_the_more_is_asked_for_the_less_likely_it_is() -> None:
    said = [probability_of_improvement([0.3, 0.5, 0.58], delta) for delta in (0.0, 0.02, 0.05, 0.1, 0.5)]
    assert said == sorted(said, reverse=True)
    assert 0 < said[-1] < 0.02 < said[0] < 1


def test_gains_that_were_surprising_make_the_next_one_less_certain() -> None:
    calm = probability_of_improvement([0.3, 0.4, 0.45, 0.475], 0.2)
    wild = probability_of_improvement([0.3, 0.6, 0.35, 0.375], 0.2)
    assert wild > calm
