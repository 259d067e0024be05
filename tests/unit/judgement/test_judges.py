"""Judges as instruments: what their tables promise while they learn, forget and are followed by a new version."""

import math

import pytest
from hypothesis import given
from hypothesis import strategies as st
from wrenchai_contracts.judging import LEVELS, Report, Scale
from wrenchai_judgement import judges
from wrenchai_judgement.judges import INHERITED, STARTING, Judges, JudgeTable, key_of

SCALES: list[Scale] = ["check", "tests", "rubric", "human"]
PROBABILITIES = st.floats(0.0, 1.0)
LIVES = st.lists(st.tuples(st.integers(0, 1), PROBABILITIES), max_size=30)


def taught(*life: tuple[int, float], scale: Scale = "check") -> JudgeTable:
    table = JudgeTable.new(scale)
    for level, probability in life:
        table.learn(level, probability)
    return table


def report(judge: str = "j", level: int = 1, scale: Scale = "check", **facts: object) -> Report:
    told = {"judge": judge, "family": judge, "dimension": "d", "scale": scale, "level": level, **facts}
    return Report.model_validate(told)


@pytest.mark.parametrize("scale", SCALES)
def test_a_judge_nobody_has_met_speaks_the_better_of_a_result_the_higher_the_level(scale: Scale) -> None:
    ratios = [JudgeTable.new(scale).ratio(level) for level in range(LEVELS[scale])]
    assert ratios == sorted(ratios)
    assert ratios[0] < 0 < ratios[-1]


def test_a_person_is_wrong_in_three_of_a_hundred_cases() -> None:
    assert JudgeTable.new("human").ratio(1) == pytest.approx(math.log(97 / 3))


@pytest.mark.parametrize(("scale", "level"), [("check", 0), ("check", 1), ("rubric", 4), ("tests", 2)])
def test_what_a_level_says_is_the_ratio_of_its_shares_and_its_doubt_the_textbook_s(scale: Scale, level: int) -> None:
    good, bad = STARTING[scale]
    shares = good[level] / sum(good), bad[level] / sum(bad)
    table = JudgeTable.new(scale)
    assert table.ratio(level) == pytest.approx(math.log(shares[0] / shares[1]))
    doubt = 1 / good[level] - 1 / sum(good) + 1 / bad[level] - 1 / sum(bad)
    assert table.variance(level) == pytest.approx(doubt)


@given(PROBABILITIES, st.sampled_from(SCALES))
def test_the_chances_of_all_levels_add_up_to_1(probability: float, scale: Scale) -> None:
    table, levels = JudgeTable.new(scale), range(LEVELS[scale])
    assert sum(table.chance(level, probability) for level in levels) == pytest.approx(1.0)
    assert sum(table.reading(level).aimless for level in levels) == pytest.approx(1.0)


def test_a_judge_that_agrees_with_what_is_known_is_trusted_more_and_one_that_contradicts_less() -> None:
    agreeing = taught(*[(1, 0.99), (0, 0.01)] * 30)
    contrary = taught(*[(0, 0.99), (1, 0.01)] * 30)
    new = JudgeTable.new("check")
    assert agreeing.ratio(1) > new.ratio(1) > 0 > contrary.ratio(1)
    assert agreeing.ratio(0) < new.ratio(0) < 0 < contrary.ratio(0)


def test_a_judge_that_says_the_same_of_everything_comes_to_say_nothing() -> None:
    passing = taught(*[(1, 0.9)] * 300 + [(1, 0.1)] * 300)
    assert abs(passing.ratio(1)) < 0.1


def test_what_is_learnt_makes_surer() -> None:
    assert taught(*[(1, 0.9), (0, 0.2)] * 50).variance(1) < JudgeTable.new("check").variance(1)


@given(LIVES, PROBABILITIES)
def test_a_report_adds_one_to_what_it_has_seen(life: list[tuple[int, float]], probability: float) -> None:
    table = taught(*life)
    faded = sum(STARTING["check"][0]) + sum(STARTING["check"][1])
    kept = (sum(table.good) + sum(table.bad) - faded) * judges._KEEP
    table.learn(1, probability)
    assert sum(table.good) + sum(table.bad) == pytest.approx(faded + kept + 1.0)
    assert table.reports == len(life) + 1


def test_after_2000_reports_half_of_what_was_learnt_before_counts() -> None:
    assert pytest.approx(2 ** (-1 / 2000), rel=1e-15) == judges._KEEP


@given(LIVES, st.integers(0, 1), PROBABILITIES, PROBABILITIES)
def test_a_correction_is_as_good_as_having_known_it_at_once(
    life: list[tuple[int, float]], level: int, thought: float, known: float
) -> None:
    late, early = taught(*life, (level, thought)), taught(*life, (level, known))
    late.correct(level, known - thought)
    assert late.good == pytest.approx(early.good, abs=1e-9)
    assert late.bad == pytest.approx(early.bad, abs=1e-9)
    assert late.reports == early.reports


@given(LIVES, st.lists(st.tuples(st.integers(0, 1), st.floats(-1, 1)), max_size=10))
def test_no_correction_takes_more_than_was_ever_learnt(
    life: list[tuple[int, float]], corrections: list[tuple[int, float]]
) -> None:
    table = taught(*life)
    for level, change in corrections:
        table.correct(level, change)
    for counts, starting in zip((table.good, table.bad), STARTING["check"], strict=True):
        assert all(count >= start for count, start in zip(counts, starting, strict=True))


@given(LIVES)
def test_forgetting_takes_nothing_that_every_judge_begins_with(life: list[tuple[int, float]]) -> None:
    heir = taught(*life)
    for _ in range(20):
        heir = heir.heir()
    for counts, starting in zip((heir.good, heir.bad), STARTING["check"], strict=True):
        assert counts == pytest.approx(starting, abs=1e-3)


@given(LIVES)
def test_an_heir_begins_with_half_of_what_was_learnt_and_leaves_the_other_as_it_was(
    life: list[tuple[int, float]],
) -> None:
    table = taught(*life)
    before, heir = list(table.good), table.heir()
    half = [start + INHERITED * (count - start) for start, count in zip(STARTING["check"][0], before, strict=True)]
    assert heir.good == pytest.approx(half)
    assert heir.reports == 0
    heir.learn(1, 1.0)
    assert table.good == before


def test_a_judge_never_forgets_so_often_that_its_unit_vanishes() -> None:
    table = JudgeTable.counted("check", [3.0, 60.0], [20.0, 9.0])
    table.unit, table.learnt_good = 1.0001e-100, [n / 1.0001e-100 for n in table.learnt_good]
    table.learnt_bad = [n / 1.0001e-100 for n in table.learnt_bad]
    before = table.good
    table.learn(1, 1.0)
    assert table.unit == 1.0
    assert table.good == pytest.approx([before[0], before[1] + 1.0], rel=1e-3)
    assert table.reading(1).good == pytest.approx(table.good[1] / sum(table.good))


@given(LIVES)
def test_its_sums_are_those_of_its_counts(life: list[tuple[int, float]]) -> None:
    table = taught(*life)
    for level in (0, 1):
        good, bad, _ = table.reading(level)[2:]
        assert good == pytest.approx(table.good[level] / sum(table.good), rel=1e-12)
        assert bad == pytest.approx(table.bad[level] / sum(table.bad), rel=1e-12)


class TestAllOfThem:
    def test_asking_about_a_judge_makes_none(self) -> None:
        known = Judges()
        known.of(report())
        assert known == Judges()

    def test_a_new_version_inherits_and_the_old_one_is_still_known(self) -> None:
        known = Judges()
        for _ in range(40):
            known.learn([report(level=1)], 0.1)
        old = known.tables[key_of("j", "1", "check")]
        new = known.of(report(version="2"))
        assert JudgeTable.new("check").ratio(1) > new.ratio(1) > old.ratio(1)
        known.learn([report(version="2")], 0.5)
        assert known.of(report()) is old

    def test_a_version_that_follows_inherits_from_the_newest_that_spoke(self) -> None:
        known = Judges()
        known.learn([report(level=1)], 1.0)
        known.learn([report(version="2", level=1)], 0.0)
        assert known.of(report(version="3")) == known.tables[key_of("j", "2", "check")].heir()

    def test_scales_of_one_judge_are_known_apart(self) -> None:
        known = Judges()
        known.learn([report(level=0)], 1.0)
        assert known.of(report(scale="rubric")) == JudgeTable.new("rubric")

    def test_reports_that_are_equal_are_learnt_from_as_one_judge_speaking_once(self) -> None:
        """A thousand pages of one result are one result."""
        once, often = Judges(), Judges()
        once.learn([report(level=1)], 0.8)
        often.learn([report(level=1, times=1000)], 0.8)
        assert often.tables[key_of("j", "1", "check")].good == once.tables[key_of("j", "1", "check")].good

    def test_a_judge_that_spoke_of_parts_counts_once_shared_by_how_often_it_said_what(self) -> None:
        known, new = Judges(), JudgeTable.new("check")
        known.learn([report(level=1, times=3), report(level=0, times=1)], 1.0)
        table = known.tables[key_of("j", "1", "check")]
        assert table.good == pytest.approx([new.good[0] + 0.25, new.good[1] + 0.75], abs=1e-3)

    @given(st.floats(0, 1), st.floats(0, 1))
    def test_a_correction_of_parts_is_as_good_as_having_known_it_at_once(self, thought: float, known_: float) -> None:
        """But for what the second of two different reports of a judge makes it forget."""
        reports = [report(level=1, times=3), report(level=0, times=2), report("other", level=0)]
        late, early = Judges(), Judges()
        late.learn(reports, thought)
        late.correct(reports, known_ - thought)
        early.learn(reports, known_)
        for key, table in early.tables.items():
            assert late.tables[key].good == pytest.approx(table.good, abs=1e-3)
            assert late.tables[key].bad == pytest.approx(table.bad, abs=1e-3)
