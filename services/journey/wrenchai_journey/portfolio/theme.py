"""The palettes a site can have, the contrast of every pair of colours that meets on a page, and their CSS.

Contrast is WCAG 2.2's: https://www.w3.org/TR/WCAG22/#dfn-contrast-ratio, relative luminance from
https://www.w3.org/TR/WCAG22/#dfn-relative-luminance.
"""

import colorsys
from collections.abc import Iterable, Mapping
from dataclasses import dataclass, fields
from typing import get_args

from wrenchai_journey.portfolio.content import LanguageShare, Mode, PaletteName, SiteSettings

ENOUGH_CONTRAST = 4.5
"""WCAG 2.2 level AA for text of any size."""


@dataclass(frozen=True, slots=True)
class Tones:
    """The colours of one palette in one mode, as `#rrggbb`."""

    background: str
    surface: str
    sunken: str
    border: str
    text: str
    muted: str
    primary: str
    strong: str
    on_primary: str
    soft: str


@dataclass(frozen=True, slots=True)
class Palette:
    """A name, and its colours by light and by dark."""

    name: PaletteName
    light: Tones
    dark: Tones

    @property
    def modes(self) -> tuple[tuple[Mode, Tones], ...]:
        """Both modes with their names."""
        return (("light", self.light), ("dark", self.dark))


@dataclass(frozen=True, slots=True)
class Contrast:
    """How well one colour can be read on another."""

    palette: PaletteName
    mode: Mode
    foreground: str
    background: str
    ratio: float

    @property
    def enough(self) -> bool:
        """Whether text of any size may have it."""
        return self.ratio >= ENOUGH_CONTRAST


PAIRS: tuple[tuple[str, str], ...] = (
    *((ink, paper) for ink in ("text", "muted", "primary", "strong") for paper in ("background", "surface")),
    *((ink, paper) for ink in ("text", "muted", "primary", "strong") for paper in ("sunken", "soft")),
    ("on_primary", "primary"),
    ("on_primary", "strong"),
)
"""Every (foreground, background) that the template's stylesheets put together."""

TABLE = """
palette mode  background surface    sunken     border     text       muted      primary    strong     on_primary soft
fjord   light #f8faf9    #ffffff    #edf3f1    #d5e0dc    #12211e    #4d5f5a    #0b665c    #084f47    #ffffff    #dff0ec
fjord   dark  #0c1413    #141f1d    #090f0e    #2a3936    #e7efed    #9eb1ac    #5cd0bf    #8be3d6    #05201c    #112e2a
ink     light #f8f9fc    #ffffff    #eef1f8    #d7dcea    #151a2b    #525b74    #2f4bc4    #22389a    #ffffff    #e3e8fb
ink     dark  #0d1019    #161a27    #090b12    #2c3347    #e8ebf4    #a3abc2    #93a7ff    #b7c4ff    #0b1233    #1b2450
moss    light #f9faf6    #ffffff    #f0f3e8    #dbe1cd    #1a2014    #565f4b    #44650f    #354f0b    #ffffff    #e8f0d6
moss    dark  #10130c    #191d14    #0b0d08    #343b2a    #ebeee4    #abb39d    #aed268    #c8e292    #18210a    #263313
ember   light #fbf9f6    #ffffff    #f5efe8    #e5dacd    #261a13    #67574b    #a13d10    #7f2f0b    #ffffff    #fbe7da
ember   dark  #15100d    #201915    #0f0b09    #40342c    #f3ece7    #bdaca0    #ffa273    #ffc2a1    #331304    #40210f
plum    light #fbf9fb    #ffffff    #f4eef4    #e3d8e3    #231824    #63536a    #832a86    #672069    #ffffff    #f6e4f6
plum    dark  #141014    #1f1920    #0e0b0f    #3d333f    #f2ecf3    #b9abbc    #e89aea    #f2bff3    #2d0a2f    #3b1d3d
slate   light #f9f9f9    #ffffff    #f0f1f2    #dcdee1    #17191c    #575c64    #2d3c4f    #1c2836    #ffffff    #e4e9ef
slate   dark  #101113    #1a1c1f    #0b0c0d    #363a40    #ecedef    #abb0b8    #b9cbe0    #d6e2f0    #10181f    #252f3b
"""


def _palettes(table: str) -> dict[PaletteName, Palette]:
    _, *rows = (line.split() for line in table.strip().splitlines())
    tones = {(name, mode): Tones(*colors) for name, mode, *colors in rows}
    return {name: Palette(name, tones[name, "light"], tones[name, "dark"]) for name in get_args(PaletteName)}


PALETTES: Mapping[PaletteName, Palette] = _palettes(TABLE)


def palette_of(site: SiteSettings) -> Palette:
    """The palette of a site: one of ours, or one with tones of the site's own."""
    ours = PALETTES[site.palette]
    if site.tones is None:
        return ours
    return Palette(site.palette, Tones(**site.tones["light"]), Tones(**site.tones["dark"]))


def luminance(color: str) -> float:
    """Relative luminance of `#rrggbb`, 0 for black to 1 for white."""
    red, green, blue = (_linear(int(color[start : start + 2], 16) / 255) for start in (1, 3, 5))
    return 0.2126 * red + 0.7152 * green + 0.0722 * blue


def _linear(channel: float) -> float:
    return channel / 12.92 if channel <= 0.04045 else ((channel + 0.055) / 1.055) ** 2.4  # noqa: PLR2004  # sRGB


def contrast(one: str, other: str) -> float:
    """Contrast ratio of two colours, 1 to 21, whichever is in front."""
    darker, lighter = sorted((luminance(one), luminance(other)))
    return (lighter + 0.05) / (darker + 0.05)


def contrast_table(palette: Palette) -> tuple[Contrast, ...]:
    """Every pair of the palette that meets on a page, in both modes."""
    return tuple(
        Contrast(
            palette=palette.name,
            mode=mode,
            foreground=ink,
            background=paper,
            ratio=contrast(getattr(tones, ink), getattr(tones, paper)),
        )
        for mode, tones in palette.modes
        for ink, paper in PAIRS
    )


def palette_for(languages: Iterable[LanguageShare]) -> PaletteName:
    """Name the palette whose hue is nearest to that of the language with the greatest sum of shares."""
    weights: dict[str, float] = {}
    for share in languages:
        weights[share.color] = weights.get(share.color, 0.0) + share.percent
    if not weights:
        return "fjord"
    leading = max(sorted(weights), key=lambda color: weights[color])
    if _saturation(leading) < 0.15:  # noqa: PLR2004  # grey has no hue to match
        return "slate"
    colourful = (name for name in PALETTES if name != "slate")
    return min(colourful, key=lambda name: _hue_distance(leading, PALETTES[name].light.primary))


def _hue_distance(one: str, other: str) -> float:
    apart = abs(_hsv(one)[0] - _hsv(other)[0])
    return min(apart, 1 - apart)


def _saturation(color: str) -> float:
    return _hsv(color)[1]


def _hsv(color: str) -> tuple[float, float, float]:
    red, green, blue = (int(color[start : start + 2], 16) / 255 for start in (1, 3, 5))
    return colorsys.rgb_to_hsv(red, green, blue)


def palette_css(palette: Palette) -> str:
    """Write the palette as custom properties, and Infima's own colours in terms of them."""
    blocks = [
        _block(":root", palette.light),
        _block("[data-theme='dark']", palette.dark),
    ]
    return f"/* Palette {palette.name}; its contrasts are checked by WrenchAI. */\n" + "\n".join(blocks)


def _block(selector: str, tones: Tones) -> str:
    own = [f"  --tone-{field.name.replace('_', '-')}: {getattr(tones, field.name)};" for field in fields(tones)]
    infima = [f"  --ifm-{name}: var(--tone-{tone});" for name, tone in INFIMA.items()]
    return "\n".join([f"{selector} {{", *own, *infima, "}"]) + "\n"


INFIMA: Mapping[str, str] = {
    "color-primary": "primary",
    "color-primary-dark": "strong",
    "color-primary-darker": "strong",
    "color-primary-darkest": "strong",
    "color-primary-light": "primary",
    "color-primary-lighter": "primary",
    "color-primary-lightest": "primary",
    "background-color": "background",
    "background-surface-color": "surface",
    "font-color-base": "text",
    "font-color-secondary": "muted",
    "heading-color": "text",
    "navbar-background-color": "background",
    "navbar-link-color": "text",
    "navbar-link-hover-color": "primary",
    "link-color": "primary",
    "link-hover-color": "strong",
    "toc-border-color": "border",
    "table-border-color": "border",
    "hr-background-color": "border",
    "card-background-color": "surface",
    "code-background": "sunken",
    "code-border-color": "border",
    "dropdown-background-color": "surface",
    "menu-color": "text",
}
"""Infima's custom properties by the tone that each takes."""
