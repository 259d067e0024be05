"""The colours of a site as two work them out: a designer proposes and mends, a reviewer measures contrast; pure."""

import colorsys
from collections.abc import Iterable, Mapping, Sequence
from dataclasses import asdict
from typing import Final

from pydantic import Field
from wrenchai_contracts.plan import Severity
from wrenchai_contracts.shape import Frozen

from wrenchai_journey.portfolio.content import (
    HexColor,
    LanguageShare,
    Mode,
    OwnTones,
    PaletteName,
    SiteSettings,
    ThemeMode,
)
from wrenchai_journey.portfolio.form import WishedPalette
from wrenchai_journey.portfolio.theme import (
    ENOUGH_CONTRAST,
    PAIRS,
    PALETTES,
    Contrast,
    Palette,
    contrast,
    contrast_table,
    palette_for,
    palette_of,
)

LARGE_TEXT: Final = 3.0
"""What WCAG 2.2 AA asks of large text; a pair below it cannot be read by many."""

TINT: Final[Mapping[Mode, float]] = {"light": 0.12, "dark": 0.22}
"""How much of an accent its soft background has."""

EMPHASIS: Final = 0.1
"""How much the tone of emphasis differs from the accent in lightness."""

STEP: Final = 0.01
INK: Final = ("#ffffff", "#0b0d12")
"""What may stand on an accent."""


class Wishes(Frozen):
    """What the form wishes for."""

    palette: PaletteName
    theme_mode: ThemeMode
    accent: HexColor | None = None
    reason: str


class ThemeChoice(Frozen):
    """The colours of a site, and why these. Without `tones` they are the palette's own."""

    palette: PaletteName
    theme_mode: ThemeMode
    reason: str
    tones: OwnTones | None = None
    changed: tuple[str, ...] = Field(default=(), description="What the reviewer's findings led to, tone by tone.")


class WeakContrast(Frozen):
    """Two colours that meet on a page and are too near each other."""

    severity: Severity
    message: str
    mode: Mode
    foreground: str
    background: str
    ratio: float
    wanted: float


def wishes_of(
    palette: WishedPalette, theme_mode: ThemeMode, accent: HexColor | None, languages: Iterable[LanguageShare]
) -> Wishes:
    """What the form asks for; `auto` asks for what fits the code."""
    if palette == "auto":
        fitting = palette_for(languages)
        return Wishes(palette=fitting, theme_mode=theme_mode, accent=accent,
                      reason="nearest to the leading language's colour")  # fmt: skip
    return Wishes(palette=palette, theme_mode=theme_mode, accent=accent, reason="as the form says")


def proposed(wishes: Wishes) -> ThemeChoice:
    """The first proposal: just what was wished for, an accent included as it is."""
    tones = None if wishes.accent is None else _with_accent(PALETTES[wishes.palette], wishes.accent)
    reason = wishes.reason if wishes.accent is None else f"{wishes.reason}, with the accent {wishes.accent}"
    return ThemeChoice(palette=wishes.palette, theme_mode=wishes.theme_mode, reason=reason, tones=tones)


def measured(choice: ThemeChoice) -> tuple[Contrast, ...]:
    """The contrast of every pair of colours that meets on a page."""
    return contrast_table(_palette(choice))


def reviewed(choice: ThemeChoice) -> tuple[WeakContrast, ...]:
    """Every pair under WCAG AA; one that even large text could not have is critical."""
    return tuple(
        WeakContrast(
            severity="critical" if pair.ratio < LARGE_TEXT else "major",
            message=f"{pair.foreground} on {pair.background} ({pair.mode}) has {pair.ratio:.2f}:1; "
            f"{ENOUGH_CONTRAST}:1 is wanted",
            mode=pair.mode,
            foreground=pair.foreground,
            background=pair.background,
            ratio=round(pair.ratio, 2),
            wanted=ENOUGH_CONTRAST,
        )
        for pair in measured(choice)
        if not pair.enough
    )


def adjusted(choice: ThemeChoice, findings: Sequence[WeakContrast]) -> ThemeChoice:
    """The proposal with each tone that was found too weak moved in lightness, its hue kept, until it can be read."""
    tones = _tones(_palette(choice))
    changed = list(choice.changed)
    for mode in tones:
        weak = dict.fromkeys(one.foreground for one in findings if one.mode == mode)
        inks = dict.fromkeys("primary" if ink == "on_primary" else ink for ink in weak)
        for ink in inks:
            before, tones[mode][ink] = tones[mode][ink], _readable(ink, tones[mode], mode)
            changed.append(f"{ink} ({mode}) from {before} to {tones[mode][ink]}")
        if inks:
            tones[mode]["on_primary"] = _ink_on(tones[mode]["primary"], tones[mode]["strong"])
    return choice.model_copy(update={"tones": tones, "changed": tuple(changed)})


def _readable(ink: str, tones: Mapping[str, HexColor], mode: Mode) -> HexColor:
    """The nearest colour of the same hue that can be read wherever `ink` stands, away from the paper's lightness."""
    papers = [tones[paper] for written, paper in PAIRS if written == ink]
    step, color = (-STEP if mode == "light" else STEP), tones[ink]
    for moves in range(1, round(1 / STEP) + 1):
        if min(contrast(color, paper) for paper in papers) >= ENOUGH_CONTRAST:
            break
        color = _moved(tones[ink], moves * step)
    return color


def _with_accent(palette: Palette, accent: HexColor) -> OwnTones:
    """A palette with an accent in place of its own: also in the soft background, and in what stands on it."""
    tones = _tones(palette)
    for mode, own in tones.items():
        soft = _mixed(accent, own["background"], TINT[mode])
        strong = _moved(accent, -EMPHASIS if mode == "light" else EMPHASIS)
        own |= {"primary": accent, "strong": strong, "soft": soft, "on_primary": _ink_on(accent, strong)}
    return tones


def _moved(color: HexColor, by: float) -> HexColor:
    """The same hue, lighter or darker."""
    hue, lightness, saturation = colorsys.rgb_to_hls(*_channels(color))
    return _hex(colorsys.hls_to_rgb(hue, min(1.0, max(0.0, lightness + by)), saturation))


def _ink_on(*colors: HexColor) -> HexColor:
    """What can be read best on all of these."""
    return max(INK, key=lambda ink: min(contrast(ink, color) for color in colors))


def _palette(choice: ThemeChoice) -> Palette:
    site = SiteSettings(url="http://localhost", title="-", palette=choice.palette, tones=choice.tones)
    return palette_of(site)


def _tones(palette: Palette) -> OwnTones:
    return {mode: dict(asdict(tones)) for mode, tones in palette.modes}


def _mixed(color: HexColor, paper: HexColor, part: float) -> HexColor:
    pairs = zip(_channels(color), _channels(paper), strict=True)
    return _hex(tuple(part * ink + (1 - part) * ground for ink, ground in pairs))


def _channels(color: HexColor) -> tuple[float, float, float]:
    red, green, blue = (int(color[start : start + 2], 16) / 255 for start in (1, 3, 5))
    return red, green, blue


def _hex(channels: Sequence[float]) -> HexColor:
    return "#" + "".join(f"{round(channel * 255):02x}" for channel in channels)
