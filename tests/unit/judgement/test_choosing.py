"""Who is chosen, by which probability, and what is recommended: Thompson sampling whose chances are told exactly."""

import math

import pytest
from hypothesis import given
from hypothesis import strategies as st
from wrenchai_contracts.judging import Option, Work
from wrenchai_judgement import choosing
from wrenchai_judgement.choosing import (
    CURIOSITY,
    ENOUGH_OUTCOMES,
    EXPLORED,
    SCENARIOS,
    Drawn,
    draw,
    recommendation,
    standings,
)
from wrenchai_judgement.context import ContextModel, Place
from wrenchai_judgement.exact import logit
from wrenchai_judgement.knowledge import place_of
from wrenchai_judgement.rollup import Whole


def work(tool: str) -> Work:
    return Work(role="writer", tool=tool, playbook="letter")


def place(tool: str) -> Place:
    return place_of(work(tool))


def taught(**outcomes: tuple[int, int]) -> ContextModel:
    """A model that has seen of each tool so many good and so many bad results, evenly spread over time."""
    model = ContextModel()
    life = [
        ((n + 0.5) / many, tool, ratio)
        for tool, counts in outcomes.items()
        for many, ratio in zip(counts, (math.inf, -math.inf), strict=True)
        for n in range(many)
    ]
    for _, tool, ratio in sorted(life):
        model.tick()
        model.learn(place(tool), ratio)
    return model


def drawn(model: ContextModel, *tools: str, most: int = 1, seed: str = "s") -> Drawn:
    options = [Option(name=tool, work=work(tool)) for tool in tools]
    return draw(options, [place(tool) for tool in tools], most, model, seed)


KNOWN = taught(pen=(14, 2), quill=(9, 6), robot=(2, 1))
TOOLS = ("pen", "quill", "robot", "new")


class TestDrawing:
    @pytest.mark.parametrize("most", [1, 2])
    def test_over_many_draws_each_is_chosen_as_often_as_was_said(self, most: int) -> None:
        """Sums of what happened and of what was said, over 1,500 seeds, within four binomial standard deviations."""
        draws = [drawn(KNOWN, *TOOLS, most=most, seed=f"task {n}") for n in range(1500)]
        for tool in TOOLS:
            said = [one.chances[tool].probability for one in draws]
            happened = sum(tool in one.chosen for one in draws)
            spread = math.sqrt(sum(p * (1 - p) for p in said))
            assert abs(happened - sum(said)) <= 4 * spread, tool

    @pytest.mark.parametrize("most", [1, 2, 3])
    def test_chances_add_up_to_how_many_run_and_nobody_has_none(self, most: int) -> None:
        found = drawn(KNOWN, *TOOLS, most=most)
        chances = [chance.probability for chance in found.chances.values()]
        assert math.fsum(chances) == pytest.approx(most, abs=1e-5)
        assert min(chances) >= EXPLORED * most / len(TOOLS) - 1e-6
        assert len(found.chosen) == most

    def test_one_in_twenty_draws_looks_at_nothing_that_is_known(self) -> None:
        explored = sum(drawn(KNOWN, *TOOLS, seed=f"task {n}").explored for n in range(1500))
        assert abs(explored - 1500 * EXPLORED) <= 4 * math.sqrt(1500 * EXPLORED)

    def test_an_even_draw_takes_each_as_often(self) -> None:
        picked = [choosing._evenly(4, 2, f"seed {n}") for n in range(1200)]
        for option in range(4):
            assert abs(sum(option in one for one in picked) - 600) <= 4 * math.sqrt(300)

    def test_who_is_better_is_chosen_more_often_and_who_is_unknown_is_tried(self) -> None:
        chances = drawn(KNOWN, *TOOLS).chances
        assert chances["pen"].probability > chances["quill"].probability
        assert chances["new"].probability > 0.1
        assert chances["pen"].expected > chances["quill"].expected

    def test_who_are_equally_unknown_are_equally_likely(self) -> None:
        chances = drawn(ContextModel(), *TOOLS).chances
        assert len({chance.expected for chance in chances.values()}) == 1
        assert [chance.probability for chance in chances.values()] == pytest.approx([0.25] * 4, abs=0.07)

    def test_the_same_seed_draws_the_same_in_whatever_process(self) -> None:
        assert drawn(KNOWN, *TOOLS) == drawn(KNOWN, *TOOLS)
        assert drawn(KNOWN, *TOOLS, seed="s").chances != drawn(KNOWN, *TOOLS, seed="t").chances

    def test_the_chosen_stand_in_the_order_in_which_they_were_offered(self) -> None:
        for n in range(20):
            found = drawn(KNOWN, *TOOLS, most=3, seed=f"task {n}")
            assert list(found.chosen) == [tool for tool in TOOLS if tool in found.chosen]

    def test_drawing_changes_nothing(self) -> None:
        before = KNOWN.m.tobytes(), KNOWN.S.tobytes(), dict(KNOWN.rows)
        drawn(KNOWN, *TOOLS)
        assert (KNOWN.m.tobytes(), KNOWN.S.tobytes(), dict(KNOWN.rows)) == before

    def test_where_all_are_chosen_all_are_certain(self) -> None:
        assert {chance.probability for chance in drawn(KNOWN, *TOOLS, most=4).chances.values()} == {1.0}


def test_what_all_share_cancels_out() -> None:
    """However well everything goes, who is better stays as open as it is."""
    alike = taught(pen=(8, 2), quill=(8, 2))
    chances = [chance.probability for chance in drawn(alike, "pen", "quill").chances.values()]
    assert chances == pytest.approx([0.5, 0.5], abs=0.1)


@given(st.lists(st.lists(st.floats(-2, 2), min_size=3, max_size=3), min_size=3, max_size=3))
def test_the_root_of_a_covariance_gives_it_back(rows: list[list[float]]) -> None:
    matrix = [[math.fsum(a * b for a, b in zip(one, other, strict=True)) for other in rows] for one in rows]
    for n in range(3):
        matrix[n][n] += 0.1
    root = choosing._lower_root(matrix)
    for n, one in enumerate(root):
        for k, other in enumerate(root):
            assert math.fsum(a * b for a, b in zip(one, other, strict=True)) == pytest.approx(matrix[n][k], abs=1e-8)


def test_a_direction_without_variance_is_no_obstacle() -> None:
    assert choosing._lower_root([[1.0, 1.0], [1.0, 1.0]]) == [[1.0, 0.0], [1.0, 0.0]]
    assert choosing._lower_root([[0.0, 0.0], [0.0, 1.0]]) == [[0.0, 0.0], [0.0, 1.0]]


def whole(p: float, spread: float = 0.5) -> Whole:
    return Whole(p, logit(p), spread)


class TestStandings:
    def test_the_best_is_the_likeliest_best_and_their_chances_add_up_to_1(self) -> None:
        found = standings({"a": (place("pen"), whole(0.9)), "b": (place("quill"), whole(0.6))}, KNOWN, "s")
        assert found["a"].best > found["b"].best
        assert found["a"].best + found["b"].best == pytest.approx(1.0, abs=1e-5)
        assert (found["a"].probability, found["b"].probability) == (0.9, 0.6)
        low, high = found["a"].interval
        assert low < 0.9 < high

    def test_entries_of_equal_worth_are_equally_likely_the_best(self) -> None:
        found = standings({name: (place(name), whole(0.8)) for name in ("pen", "quill")}, ContextModel(), "s")
        assert found["pen"].best == pytest.approx(0.5, abs=0.08)

    def test_the_less_is_sure_the_less_sure_is_the_best(self) -> None:
        """The spread of evidence of one's own counts beyond what the context knows."""
        sure, unsure = (
            standings({"a": (place("pen"), whole(0.9, spread)), "b": (place("quill"), whole(0.6, spread))}, KNOWN, "s")
            for spread in (0.3, 3.0)
        )
        assert 0.5 < unsure["a"].best < sure["a"].best

    def test_one_entry_alone_is_the_best(self) -> None:
        assert standings({"a": (place("pen"), whole(0.2))}, KNOWN, "s")["a"].best == 1.0


class TestRecommending:
    def test_what_is_surely_better_and_worth_it_is_said_with_its_gain(self) -> None:
        model = taught(pen=(60, 2), quill=(25, 30))
        said = recommendation(place("quill"), place("pen"), model)
        assert said is not None
        assert (said.role, said.now, said.better) == ("writer", "quill", "pen")
        assert said.probability >= 0.95
        assert 0.2 < said.gain < 0.6

    def test_nobody_is_told_to_take_what_is_worse(self) -> None:
        model = taught(pen=(60, 2), quill=(25, 30))
        assert recommendation(place("pen"), place("quill"), model) is None

    def test_nothing_is_said_before_enough_was_seen_of_both(self) -> None:
        model = taught(pen=(ENOUGH_OUTCOMES - 1, 0), quill=(5, 40))
        assert recommendation(place("quill"), place("pen"), model) is None

    def test_verdicts_are_no_outcomes_of_their_own(self) -> None:
        model = taught(pen=(ENOUGH_OUTCOMES - 1, 0), quill=(5, 40))
        for _ in range(5):
            model.relearn(place("pen"), 4.0, 7.5)
        assert recommendation(place("quill"), place("pen"), model) is None

    def test_nothing_is_said_of_what_is_hardly_better(self) -> None:
        model = taught(pen=(59, 1), quill=(59, 1))
        assert recommendation(place("quill"), place("pen"), model) is None


def test_draws_are_made_with_part_of_the_variance_only() -> None:
    """Part of it is recent form, which looking does not settle; see `CURIOSITY` for what that is worth."""
    assert 0 < CURIOSITY < 1
    assert SCENARIOS == 512
