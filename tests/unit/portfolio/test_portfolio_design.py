"""Colours that two work out: wishes are taken as they are, measured, and given way to only as far as needed."""

import colorsys

import pytest
from hypothesis import given
from hypothesis import strategies as st
from wrenchai_journey.inline import InlineRun
from wrenchai_journey.portfolio.content import LanguageShare
from wrenchai_journey.portfolio.design import ThemeChoice, adjusted, measured, proposed, reviewed, wishes_of
from wrenchai_journey.portfolio.form import SiteForm
from wrenchai_journey.portfolio.languages import ProjectLanguages
from wrenchai_journey.portfolio.theme import ENOUGH_CONTRAST, PALETTES
from wrenchai_journey.tools.portfolio_review_theme import ReviewInputs, review_theme
from wrenchai_journey.tools.portfolio_theme import DesignInputs, theme

COLORS = st.integers(0, 0xFFFFFF).map(lambda number: f"#{number:06x}")


def with_accent(accent: str) -> ThemeChoice:
    return proposed(wishes_of("fjord", "system", accent, ()))


def hue(color: str) -> float:
    red, green, blue = (int(color[start : start + 2], 16) / 255 for start in (1, 3, 5))
    return colorsys.rgb_to_hls(red, green, blue)[0]


def test_a_palette_of_ours_is_good_at_the_first_look() -> None:
    for name in PALETTES:
        choice = proposed(wishes_of(name, "dark", None, ()))
        assert (choice.tones, choice.theme_mode, reviewed(choice)) == (None, "dark", ())


def test_an_accent_is_proposed_just_as_it_was_wished_for() -> None:
    tones = with_accent("#ffdd00").tones
    assert tones is not None
    assert {mode: tones[mode]["primary"] for mode in tones} == {"light": "#ffdd00", "dark": "#ffdd00"}


def test_yellow_on_white_is_found_critical_and_mended_in_one_round() -> None:
    choice = with_accent("#ffdd00")
    findings = reviewed(choice)
    assert {(one.mode, one.severity) for one in findings} >= {("light", "critical")}
    assert "dark" not in {one.mode for one in findings}
    mended = adjusted(choice, findings)
    assert reviewed(mended) == ()
    assert mended.tones is not None
    assert mended.tones["dark"]["primary"] == "#ffdd00", "nothing was wrong with it there"
    assert hue(mended.tones["light"]["primary"]) == pytest.approx(hue("#ffdd00"), abs=0.02)
    assert mended.changed[0].startswith("primary (light) from #ffdd00 to #")


@given(COLORS, st.sampled_from(sorted(PALETTES)))
def test_whatever_accent_is_wished_for_the_second_proposal_can_be_read(accent: str, palette: str) -> None:
    choice = proposed(wishes_of(palette, "system", accent, ()))  # type: ignore[arg-type]
    mended = adjusted(choice, reviewed(choice))
    assert min(pair.ratio for pair in measured(mended)) >= ENOUGH_CONTRAST


def test_without_a_palette_the_code_decides() -> None:
    blue = LanguageShare(name="Python", percent=100, color="#3572A5")
    inputs = DesignInputs(wishes=SiteForm(palette="auto"), languages=(ProjectLanguages(slug="p", shares=(blue,)),))
    choice = theme.run(inputs, InlineRun("t", 1.0))
    assert (choice.palette, choice.reason) == ("ink", "nearest to the leading language's colour")


def test_the_reviewer_leaves_what_it_measured_as_mandatory_evidence() -> None:
    run = InlineRun("t", 1.0)
    bad = review_theme.run(ReviewInputs(theme=with_accent("#ffdd00")), run)
    again = theme.run(
        DesignInputs(wishes=SiteForm(), before=with_accent("#ffdd00"), review=bad.findings), InlineRun("t", 1.0)
    )
    good = review_theme.run(ReviewInputs(theme=again), run)
    assert bad.lowest_contrast < ENOUGH_CONTRAST <= good.lowest_contrast
    assert good.findings == ()
    first, second = run.facts
    assert (first.mandatory, first.passed < first.tried, second.passed == second.tried) == (True, True, True)
