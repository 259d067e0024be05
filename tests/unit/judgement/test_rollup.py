"""A result made of results is acceptable if all of them are."""

import math

import pytest
from hypothesis import given
from hypothesis import strategies as st
from wrenchai_contracts.judging import Part, Report, Subject, Work
from wrenchai_judgement.exact import logit, sigmoid
from wrenchai_judgement.rollup import Whole, whole_of

WORK = Work(role="writer", tool="quill", playbook="letter")
PASSED = Report(judge="check", family="check", dimension="d", level=1)
OWN = Whole(0.9, logit(0.9), 0.4)
PARTS = st.dictionaries(
    st.sampled_from(["a", "b", "c.1", "d"]),
    st.builds(Part, probability=st.floats(0.01, 0.999), spread=st.floats(0, 2)),
    min_size=1,
)


def subject(parts: dict[str, Part] | None = None, *, reported: bool = False, seed: str = "t") -> Subject:
    return Subject(kind="k", work=WORK, parts=parts or {}, reports=(PASSED,) if reported else (), seed=seed)


def part(p: float, spread: float = 0.5) -> Part:
    return Part(probability=p, spread=spread)


def test_what_has_no_parts_is_what_it_is() -> None:
    assert whole_of(OWN, subject()) is OWN


@given(PARTS)
def test_its_probability_is_the_product_of_the_parts_and_its_interval_is_around_it(parts: dict[str, Part]) -> None:
    whole = whole_of(OWN, subject(parts))
    assert whole.probability == pytest.approx(math.prod(one.probability for one in parts.values()))
    low, high = whole.interval
    assert 0 <= low <= whole.probability <= high <= 1


@given(PARTS, st.floats(0.01, 0.99))
def test_one_more_part_never_makes_it_likelier(parts: dict[str, Part], p: float) -> None:
    more = whole_of(OWN, subject({**parts, "more": part(p)}))
    assert more.probability <= whole_of(OWN, subject(parts)).probability


def test_own_evidence_is_one_more_thing_that_must_be_acceptable() -> None:
    parts = {"a": part(0.8), "b": part(0.7)}
    assert whole_of(OWN, subject(parts)).probability == pytest.approx(0.56)
    assert whole_of(OWN, subject(parts, reported=True)).probability == pytest.approx(0.56 * 0.9)


def test_the_interval_of_one_part_is_the_one_it_was_judged_with() -> None:
    """512 draws; the 5 % and 95 % quantiles of a normal logit, within what as many draws can tell."""
    whole = whole_of(OWN, subject({"a": part(0.8, 0.5)}))
    exact = [sigmoid(logit(0.8) + sign * 1.645 * 0.5) for sign in (-1, 1)]
    assert whole.interval == pytest.approx(exact, abs=0.025)
    assert whole.spread == pytest.approx(0.5, abs=0.06)


def test_parts_of_which_nothing_is_unsure_make_a_whole_of_which_nothing_is() -> None:
    whole = whole_of(OWN, subject({"a": part(0.8, 0.0), "b": part(0.5, 0.0)}))
    assert whole.interval == pytest.approx((0.4, 0.4))
    assert whole.spread == pytest.approx(0.0, abs=1e-9)


def test_more_doubt_about_a_part_is_more_doubt_about_the_whole() -> None:
    widths = []
    for spread in (0.1, 0.5, 1.0, 2.0):
        low, high = whole_of(OWN, subject({"a": part(0.7, spread), "b": part(0.8, 0.1)})).interval
        widths.append(high - low)
    assert widths == sorted(widths)


def test_the_same_name_draws_the_same_and_another_one_about_the_same() -> None:
    parts = {"a": part(0.8), "b": part(0.7)}
    one, again, other = (whole_of(OWN, subject(parts, seed=seed)) for seed in ("t", "t", "u"))
    assert one == again
    assert one.interval != other.interval
    assert other.interval == pytest.approx(one.interval, abs=0.05)


def test_a_whole_of_many_parts_is_seldom_certain() -> None:
    whole = whole_of(OWN, subject({f"p.{n}": part(0.95) for n in range(20)}))
    assert whole.probability == pytest.approx(0.95**20)
    assert whole.interval[0] < whole.probability < whole.interval[1]
