"""What the context model promises: pooling, cold starts, forgetting, and the same posterior on whatever way to it."""

import math
from itertools import permutations

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st
from wrenchai_judgement import context
from wrenchai_judgement.chance import uniform
from wrenchai_judgement.context import (
    AS_GIVEN,
    BASE,
    HALF_LIFE,
    MOST_ROWS,
    ContextModel,
    Expected,
    Place,
    Spreads,
    kind_of,
)

WRITER = Place("writer", "quill", "letter")
RATIOS = st.floats(-6, 6)
PLACES = st.builds(
    Place,
    role=st.sampled_from(["writer", "coder"]),
    tool=st.sampled_from(["quill", "typer", "robot"]),
    playbook=st.sampled_from(["letter", "novel"]),
    pair=st.sampled_from(["", "contest/a"]),
)
LIVES = st.lists(st.tuples(PLACES, RATIOS), max_size=12)


def taught(*life: tuple[Place, float], spreads: Spreads = AS_GIVEN) -> ContextModel:
    model = ContextModel(spreads)
    for place, ratio in life:
        model.tick()
        model.learn(place, ratio)
    return model


def drawn_life(many: int, seed: str = "life") -> list[tuple[Place, float]]:
    """A life in which tools differ: of tool n, n + 4 in 9 executions go well."""
    life = []
    for n in range(many):
        tool = int(5 * uniform(f"{seed}/{n}/tool"))
        good = uniform(f"{seed}/{n}") < (tool + 4) / 9
        role, playbook = (int(3 * uniform(f"{seed}/{n}/{what}")) for what in ("role", "playbook"))
        life.append((Place(f"r{role}", f"t{tool}", f"p{playbook}"), math.inf if good else -math.inf))
    return life


class TestColdStart:
    def test_before_anything_was_learnt_every_place_is_its_prior(self) -> None:
        expected = ContextModel().expected(WRITER)
        assert expected == pytest.approx((BASE, sum(spread * spread for spread in AS_GIVEN)))

    def test_asking_changes_nothing(self) -> None:
        model = taught(*drawn_life(20))
        before = (model.m.tobytes(), model.S.tobytes(), dict(model.rows), dict(model.outcomes))
        model.expected(WRITER)
        model.effects(WRITER)
        model.probability_better(WRITER, WRITER._replace(tool="robot"))
        assert (model.m.tobytes(), model.S.tobytes(), dict(model.rows), dict(model.outcomes)) == before

    @given(LIVES)
    def test_names_that_were_never_seen_add_their_prior_and_nothing_else(self, life: list[tuple[Place, float]]) -> None:
        model = taught(*life)
        expected = model.expected(Place("new role", "new tool", "new playbook"))
        base = model.covariance("base", "base")
        others = sum(spread * spread for spread in AS_GIVEN[1:])
        assert expected == pytest.approx((model.effects(WRITER)["base"], base + others), abs=1e-9)

    @given(LIVES, PLACES)
    def test_a_row_that_is_added_now_is_the_same_as_one_that_was_always_there(
        self, life: list[tuple[Place, float]], place: Place
    ) -> None:
        early, late = ContextModel(), taught(*life)
        early._make_room(place)
        for other, ratio in life:
            early.tick()
            early.learn(other, ratio)
        assert early.expected(place) == pytest.approx(late.expected(place), abs=1e-9)

    def test_a_new_tool_of_a_role_that_does_well_begins_well(self) -> None:
        good, bad = (taught(*[(WRITER, ratio)] * 40) for ratio in (4.0, -4.0))
        new = WRITER._replace(tool="robot")
        prior = ContextModel().expected(new).mean
        assert bad.expected(new).mean < prior < good.expected(new).mean
        assert good.expected(new).variance < ContextModel().expected(new).variance

    def test_what_is_known_of_a_place_says_more_of_it_than_of_others_that_share_less(self) -> None:
        model = taught(*[(WRITER, 4.0)] * 10)
        nearer = [
            WRITER,
            WRITER._replace(playbook="novel"),
            WRITER._replace(playbook="novel", tool="robot"),
            Place("coder", "robot", "novel"),
        ]
        means = [model.expected(place).mean for place in nearer]
        assert means == sorted(means, reverse=True)
        assert means[-1] > BASE


class TestLearning:
    @given(LIVES, PLACES, RATIOS, st.floats(0.05, 3))
    def test_better_evidence_never_makes_a_place_look_worse(
        self, life: list[tuple[Place, float]], place: Place, ratio: float, more: float
    ) -> None:
        one, other = taught(*life, (place, ratio)), taught(*life, (place, ratio + more))
        assert other.expected(place).mean >= one.expected(place).mean

    @given(LIVES, PLACES)
    def test_evidence_that_says_nothing_moves_nothing(self, life: list[tuple[Place, float]], place: Place) -> None:
        model = taught(*life)
        model._make_room(place)
        before, about = model.m.copy(), model.expected(place)
        model.learn(place, 0.0)
        assert np.allclose(model.m, before, atol=1e-12)
        assert model.expected(place) == pytest.approx(about, abs=1e-12)

    @given(LIVES)
    @settings(deadline=None)
    def test_the_covariance_stays_symmetric_to_the_bit_and_positive(self, life: list[tuple[Place, float]]) -> None:
        model = taught(*life)
        assert np.array_equal(model.S, model.S.T)
        assert model.S.size == 0 or np.linalg.eigvalsh(model.S).min() > 0

    @given(LIVES)
    def test_good_and_bad_are_mirror_images_but_for_where_the_base_begins(
        self, life: list[tuple[Place, float]]
    ) -> None:
        one, other = ContextModel(), ContextModel()
        for model in (one, other):
            model._make_room(WRITER)
        other.m[other.rows["base"]] = -BASE
        for place, ratio in life:
            for model, sign in ((one, 1.0), (other, -1.0)):
                model.tick()
                model.learn(place, sign * ratio)
        assert np.allclose(one.m, -other.m, atol=1e-9)
        assert np.allclose(one.S, other.S, atol=1e-9)

    @given(st.lists(st.tuples(PLACES, RATIOS), min_size=2, max_size=12), st.randoms(use_true_random=False))
    def test_in_which_order_names_were_met_changes_only_where_they_stand(
        self, life: list[tuple[Place, float]], chance: object
    ) -> None:
        met = [place for place, _ in life]
        chance.shuffle(met)  # type: ignore[attr-defined]
        model, other = taught(*life), ContextModel()
        for place in met:
            other._make_room(place)
        for place, ratio in life:
            other.tick()
            other.learn(place, ratio)
        for place in met:
            assert other.expected(place) == pytest.approx(model.expected(place), abs=1e-9)

    def test_the_order_of_a_few_executions_matters_little(self) -> None:
        """Assumed density filtering is not exactly exchangeable; what is left of that is far below what is unsure."""
        life = [(WRITER, 3.0), (WRITER._replace(tool="robot"), -2.0), (Place("coder", "quill", "novel"), 1.0)]
        expected = [taught(*order).expected(WRITER) for order in permutations(life)]
        assert max(one.mean for one in expected) - min(one.mean for one in expected) < 0.02
        assert max(one.variance for one in expected) - min(one.variance for one in expected) < 0.1

    def test_rates_that_differ_are_told_apart(self) -> None:
        model = taught(*drawn_life(1500))
        rates = [model.expected(Place("r0", f"t{tool}", "p0")).mean for tool in range(5)]
        assert rates == sorted(rates)
        for tool, mean in enumerate(rates):
            truth = math.log((tool + 4) / (5 - tool))
            assert abs(mean - truth) < 0.6, f"tool {tool}"

    @given(LIVES, PLACES, RATIOS)
    def test_evidence_may_widen_what_it_contradicts_but_never_beyond_the_prior(
        self, life: list[tuple[Place, float]], place: Place, ratio: float
    ) -> None:
        widest = ContextModel().expected(place).variance
        assert taught(*life, (place, ratio)).expected(place).variance <= widest + 1e-9


class TestLateVerdicts:
    @given(LIVES, PLACES, RATIOS, st.sampled_from([3.476, -3.476]))
    def test_at_once_they_are_as_good_as_evidence_that_was_there_from_the_beginning(
        self, life: list[tuple[Place, float]], place: Place, ratio: float, verdict: float
    ) -> None:
        """Two projections onto a normal instead of one: at most this is left of that."""
        early, late = taught(*life, (place, ratio + verdict)), taught(*life, (place, ratio))
        late.relearn(place, ratio, ratio + verdict)
        assert late.expected(place).mean == pytest.approx(early.expected(place).mean, abs=0.1)
        assert late.expected(place).variance == pytest.approx(early.expected(place).variance, rel=0.2)

    @given(LIVES, PLACES, RATIOS, st.sampled_from([3.476, -3.476]))
    def test_taken_back_they_leave_almost_nothing(
        self, life: list[tuple[Place, float]], place: Place, ratio: float, verdict: float
    ) -> None:
        model = taught(*life, (place, ratio))
        before = model.expected(place)
        model.relearn(place, ratio, ratio + verdict)
        model.relearn(place, ratio + verdict, ratio)
        assert model.expected(place).mean == pytest.approx(before.mean, abs=0.12)

    def test_they_are_no_second_execution(self) -> None:
        model = taught((WRITER, 1.0))
        model.relearn(WRITER, 1.0, 4.476)
        assert (model.learnt, set(model.outcomes.values())) == (1, {1})

    def test_of_a_result_that_nothing_was_learnt_from_the_verdict_is_the_first_thing(self) -> None:
        model = ContextModel()
        model.relearn(WRITER, 0.0, 3.476)
        assert set(model.outcomes.values()) == {1}
        assert model.expected(WRITER) == pytest.approx(taught((WRITER, 3.476)).expected(WRITER), abs=1e-12)


class TestTime:
    def test_a_tick_leaves_as_much_as_its_half_life_says(self) -> None:
        assert pytest.approx(2 ** (-1 / HALF_LIFE), rel=1e-15) == context._KEEP

    def test_a_tick_keeps_what_nobody_has_learnt_anything_of(self) -> None:
        """Recent form is stationary: what fades is replaced by as much that is new."""
        model = ContextModel()
        model._make_room(WRITER)
        before = model.S.copy()
        for _ in range(1000):
            model.tick()
        assert np.allclose(model.S, before, rtol=1e-12)

    def test_recent_form_is_half_forgotten_after_its_half_life_and_everything_else_stays(self) -> None:
        model = taught(*[(WRITER, 4.0)] * 5)
        before = model.effects(WRITER)
        for _ in range(HALF_LIFE):
            model.tick()
        after = model.effects(WRITER)
        assert after["form:quill"] == pytest.approx(before["form:quill"] / 2, rel=1e-9)
        assert {row: after[row] for row in after if kind_of(row) != "form"} == {
            row: before[row] for row in before if kind_of(row) != "form"
        }

    def test_form_that_is_forgotten_is_as_unsure_as_before_anything_was_learnt(self) -> None:
        model = taught(*[(WRITER, 4.0)] * 5)
        for _ in range(20 * HALF_LIFE):
            model.tick()
        assert model.covariance("form:quill", "form:quill") == pytest.approx(AS_GIVEN.form**2, rel=1e-6)

    def test_what_drifted_is_learnt_anew_quickly(self) -> None:
        steady, told = (taught(*[(WRITER, math.inf)] * 150) for _ in range(2))
        told.widen("tool:quill", context.FORGET)
        for _ in range(15):
            for model in (steady, told):
                model.tick()
                model.learn(WRITER, -math.inf)
        assert told.expected(WRITER).mean < steady.expected(WRITER).mean - 0.5

    def test_to_forget_what_was_never_known_changes_nothing(self) -> None:
        model = taught((WRITER, 1.0))
        before = model.S.copy()
        model.widen("tool:unheard of", 1.0)
        assert np.array_equal(model.S, before)

    def test_what_is_expected_is_never_remembered_longer_than_it_is_true(self) -> None:
        """Whatever changes the model, what was asked before is worked out anew."""
        model = taught(*drawn_life(30))
        changes = [
            model.tick,
            lambda: model.learn(WRITER, 2.0),
            lambda: model.relearn(WRITER, 2.0, 5.0),
            lambda: model.widen("tool:quill", 0.3),
            lambda: model.respread(AS_GIVEN._replace(tool=1.1, cell=0.4)),
            lambda: model._make_room(Place("r9", "t9", "p9")),
        ]
        for change in changes:
            model.expected(WRITER)
            change()
            assert model.expected(WRITER) == model.copy().expected(WRITER)


class TestComparing:
    @given(LIVES, PLACES, PLACES)
    def test_better_and_worse_are_two_sides_of_one_coin(
        self, life: list[tuple[Place, float]], one: Place, other: Place
    ) -> None:
        model = taught(*life)
        there, back = model.probability_better(one, other), model.probability_better(other, one)
        assert there + back == pytest.approx(1.0, abs=1e-12)

    def test_a_place_is_neither_better_nor_worse_than_itself(self) -> None:
        assert taught(*drawn_life(50)).probability_better(WRITER, WRITER) == 0.5

    @given(LIVES, PLACES, PLACES)
    def test_a_difference_has_the_moments_that_the_joint_distribution_says(
        self, life: list[tuple[Place, float]], one: Place, other: Place
    ) -> None:
        model = taught(*life)
        model._make_room(one)
        model._make_room(other)
        signs = np.zeros(len(model.rows))
        signs[[model.rows[row] for row in one.rows]] += 1
        signs[[model.rows[row] for row in other.rows]] -= 1
        found = model.difference(one, other)
        assert found == pytest.approx((signs @ model.m, signs @ model.S @ signs), abs=1e-9)

    @given(LIVES, PLACES, PLACES)
    def test_what_two_places_share_is_their_covariance(
        self, life: list[tuple[Place, float]], one: Place, other: Place
    ) -> None:
        model = taught(*life)
        variances = [model.expected(place).variance - AS_GIVEN.cell**2 for place in (one, other)]
        expected = sum(variances) - 2 * model.shared(one, other)
        assert model.difference(one, other).variance == pytest.approx(expected, abs=1e-9)


class TestSpreads:
    WIDER = Spreads(role=0.6, tool=0.9, playbook=0.7, pair=0.5, form=0.3, cell=0.3)

    @given(LIVES)
    def test_there_and_back_nothing_has_changed(self, life: list[tuple[Place, float]]) -> None:
        model = taught(*life)
        before = model.m.copy(), model.S.copy()
        model.respread(self.WIDER)
        model.respread(AS_GIVEN)
        assert np.allclose(model.m, before[0], atol=1e-9)
        assert np.allclose(model.S, before[1], atol=1e-9)
        assert model.spreads == AS_GIVEN

    def test_before_anything_was_learnt_it_is_the_new_prior(self) -> None:
        model = ContextModel()
        model._make_room(WRITER)
        model.respread(self.WIDER)
        assert model.expected(WRITER) == pytest.approx(ContextModel(self.WIDER).expected(WRITER), abs=1e-12)

    @pytest.mark.parametrize("spreads", [WIDER, Spreads(role=0.35, tool=0.5, playbook=0.4, pair=0.3)])
    def test_it_is_about_what_learning_from_the_beginning_with_these_spreads_comes_to(self, spreads: Spreads) -> None:
        life = drawn_life(600)
        changed, anew = taught(*life), taught(*life, spreads=spreads)
        changed.respread(spreads)
        for place in {place for place, _ in life}:
            one, other = changed.expected(place), anew.expected(place)
            assert one.mean == pytest.approx(other.mean, abs=0.05)
            assert math.sqrt(one.variance) == pytest.approx(math.sqrt(other.variance), rel=0.08)

    @given(LIVES, st.floats(0.05, 2.0), st.floats(0.05, 2.0))
    def test_whatever_they_become_no_variance_is_lost_or_turned(
        self, life: list[tuple[Place, float]], tool: float, pair: float
    ) -> None:
        model = taught(*life)
        model.widen("tool:quill", context.FORGET)
        model.respread(AS_GIVEN._replace(tool=tool, pair=pair))
        assert np.array_equal(model.S, model.S.T)
        assert all(variance > 0 for variance in np.diag(model.S))
        assert model.expected(WRITER).variance > 0


@pytest.fixture(scope="module")
def crowded() -> ContextModel:
    """One more pair has no room; the pairs were used in the order of their numbers."""
    model = ContextModel()
    for n in range(MOST_ROWS - 5):
        model.learn(Place("r", "t", "p", f"pair {n}"), 1.0 if n % 3 else -1.0)
    assert len(model.rows) == MOST_ROWS
    return model


@pytest.fixture
def full(crowded: ContextModel) -> ContextModel:
    return crowded.copy()


def state_of(model: ContextModel, rows: list[str]) -> tuple[bytes, bytes]:
    """Means and covariances of these rows."""
    places = [model.rows[row] for row in rows]
    return model.m[places].tobytes(), model.S[np.ix_(places, places)].tobytes()


class TestRoom:
    def test_the_pair_that_was_not_used_for_longest_goes_and_the_rest_keeps_its_bits(self, full: ContextModel) -> None:
        kept = [row for row in full.rows if row != "pair:pair 0"]
        before = state_of(full, kept)
        full._make_room(Place("r", "t", "p", "one more"))
        assert "pair:pair 0" not in full.rows
        assert len(full.rows) == MOST_ROWS
        assert state_of(full, kept) == before

    def test_what_is_forgotten_is_new_again_when_it_comes_back(self, full: ContextModel) -> None:
        full._make_room(Place("r", "t", "p", "one more"))
        assert full.effects(Place("r", "t", "p", "pair 0"))["pair:pair 0"] == 0.0
        assert full.covariance("pair:pair 0", "pair:pair 0") == pytest.approx(AS_GIVEN.pair**2)
        assert "pair:pair 0" not in full.outcomes

    def test_learning_goes_on_in_what_is_left(self, full: ContextModel) -> None:
        for n in range(30):
            full.tick()
            full.learn(Place("r", "t", "p", f"later {n}"), 2.0)
        assert len(full.rows) == MOST_ROWS
        assert np.array_equal(full.S, full.S.T)
        assert full.S.flags.c_contiguous, "a tick writes through a flat view"
        assert full.covariance("form:t", "form:t") > 0

    def test_roles_tools_and_playbooks_are_never_dropped(self, full: ContextModel) -> None:
        full._make_room(Place("r2", "t2", "p2", "one more"))
        assert {"role:r", "tool:t", "playbook:p", "form:t", "role:r2", "tool:t2", "playbook:p2"} <= set(full.rows)


def test_a_copy_goes_its_own_way() -> None:
    model = taught(*drawn_life(20))
    copy, before = model.copy(), model.S.copy()
    copy.tick()
    copy.learn(WRITER, 3.0)
    assert np.array_equal(model.S, before)
    assert model.expected(WRITER) != copy.expected(WRITER)
    assert isinstance(model.expected(WRITER), Expected)
