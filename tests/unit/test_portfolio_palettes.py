"""The palettes: every text can be read, in light and in dark."""

from dataclasses import fields
from typing import get_args

import pytest
from wrenchai_journey.portfolio.content import LanguageShare, PaletteName
from wrenchai_journey.portfolio.theme import (
    ENOUGH_CONTRAST,
    PAIRS,
    PALETTES,
    Palette,
    Tones,
    contrast,
    contrast_table,
    luminance,
    palette_css,
    palette_for,
)


@pytest.mark.parametrize("palette", PALETTES.values(), ids=lambda palette: palette.name)
def test_every_pair_of_every_palette_reaches_aa_in_light_and_dark(palette: Palette) -> None:
    table = contrast_table(palette)
    assert len(table) == 2 * len(PAIRS)
    assert [pair for pair in table if pair.ratio < ENOUGH_CONTRAST] == []


def test_every_palette_name_has_a_palette() -> None:
    assert set(PALETTES) == set(get_args(PaletteName))


def test_contrast_is_that_of_wcag() -> None:
    assert contrast("#000000", "#ffffff") == pytest.approx(21)
    assert contrast("#767676", "#ffffff") == pytest.approx(4.54, abs=0.005)
    assert contrast("#777777", "#ffffff") == pytest.approx(4.48, abs=0.005)
    assert luminance("#ff0000") == pytest.approx(0.2126)


def test_contrast_does_not_depend_on_which_colour_is_in_front() -> None:
    assert contrast("#123456", "#fedcba") == contrast("#fedcba", "#123456")


def test_the_css_names_every_tone_in_both_modes() -> None:
    css = palette_css(PALETTES["fjord"])
    for field in fields(Tones):
        assert css.count(f"--tone-{field.name.replace('_', '-')}: #") == 2


@pytest.mark.parametrize(
    ("color", "palette"), [("#3572A5", "ink"), ("#dea584", "ember"), ("#89e051", "moss"), ("#555555", "slate")]
)
def test_the_palette_follows_the_hue_of_the_leading_language(color: str, palette: str) -> None:
    shares = [LanguageShare(name="A", percent=70, color=color), LanguageShare(name="B", percent=30, color="#0b665c")]
    assert palette_for(shares) == palette


def test_without_languages_the_palette_is_the_default() -> None:
    assert palette_for([]) == "fjord"
