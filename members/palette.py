"""The colours of the club, worked out from the two that the owner picks (docs/appearance.md).

From the accent: links, buttons and their washes, on light and on dark paper. From the card's own
colour: the words on it. A pure function of both, so its stylesheet can say them in its address.
"""

import re
from dataclasses import dataclass
from functools import cache

from core.colour import (
    TEXT,
    choose_nearest,
    darken,
    find_nearest,
    find_shade,
    get_least_contrast,
    is_hex,
    lighten,
    mix,
    to_hex,
    to_lch,
)

# What accents stand on, and what the preview shows them beside: the same as in
# static/css/tokens.css (tests/members/test_palette.py compares).
LIGHT = {"paper": "#faf6ee", "raised": "#fffdf8", "sunken": "#f1eadd", "ink": "#2b2320",
         "ink-soft": "#655850", "line": "#e3d8c7", "line-strong": "#8b7d71"}  # fmt: skip
DARK = {"paper": "#1d1917", "raised": "#272220", "sunken": "#161311", "ink": "#f1e9e0",
        "ink-soft": "#bcafa4", "line": "#3d3631", "line-strong": "#8d8077"}  # fmt: skip
HOUSE_ACCENT, HOUSE_CARD = "#7c2d4b", "#6c2642"
HOUSE_WASHES = "#f5e7e6", "#3a2730"

ON_LIGHT = (LIGHT["paper"], LIGHT["raised"], LIGHT["sunken"])
ON_DARK = (DARK["paper"], DARK["raised"], DARK["sunken"])
# The card's material catches light and shade (static/css/components/card.css): words on it are
# judged where the veil is thickest, too.
LIT, SHADED = 0.16, 0.14
_PALEST, _DARKEST = "#ffffff", "#14100e"  # the inks between which the card's are looked for
# With each change of the formulas, as browsers keep a stylesheet for good.
FORMULA = 1
_VERSION = re.compile(r"(\d+)-([0-9a-f]{6})-([0-9a-f]{6})")

Colours = dict[str, str]


@dataclass(frozen=True, slots=True)
class Palette:
    """Every colour by the name of its token, on light and on dark paper."""

    light: Colours
    dark: Colours


@dataclass(frozen=True, slots=True)
class Judgement:
    """What a pick is worth: its contrast, what is needed, the nearest shade that reaches it."""

    color: str
    contrast: float
    wanted: float
    nearest: str | None

    @property
    def is_legible(self) -> bool:
        return self.contrast >= self.wanted


def judge_accent(color: str) -> Judgement:
    """As words on the darkest of the light papers; on dark paper a shade is made that fits."""
    contrast = get_least_contrast(color, ON_LIGHT)
    return Judgement(color, contrast, TEXT, find_nearest(color, ON_LIGHT, TEXT))


def judge_card(color: str) -> Judgement:
    """Under the palest or the darkest words, whichever is read better on it."""
    start = to_lch(color)
    under_pale = find_shade(start, lambda card: _read_on_card(_PALEST, card), TEXT, end=0.0)
    under_dark = find_shade(start, lambda card: _read_on_card(_DARKEST, card), TEXT, end=1.0)
    contrast = max(_read_on_card(_PALEST, color), _read_on_card(_DARKEST, color))
    return Judgement(color, contrast, TEXT, choose_nearest(color, under_pale, under_dark))


def list_card_grounds(card: str) -> tuple[str, ...]:
    """The card's colour where it lies plain, in the light and in the shade."""
    return card, mix(card, "#ffffff", LIT), mix(card, "#000000", SHADED)


def _read_on_card(words: str, card: str) -> float:
    return get_least_contrast(words, list_card_grounds(card))


def build_palette(accent: str, card: str) -> Palette:
    """All tokens of two legible picks; the house's own where a pick is empty."""
    accent, card = accent or HOUSE_ACCENT, card or HOUSE_CARD
    light, dark = _build_light(accent), _build_dark(accent)
    by_night = _dim(card)
    return Palette(light | _build_card(card), dark | _build_card(by_night))


@cache
def get_bar_colors(accent: str) -> tuple[str, str]:
    """What a browser wears around the page, by day and by night: paper, tinged by the accent."""
    if not accent:
        return HOUSE_WASHES
    return _build_light(accent)["accent-wash"], _build_dark(accent)["accent-wash"]


def _build_light(accent: str) -> Colours:
    hue = to_lch(accent)
    strong = to_hex(hue._replace(lightness=hue.lightness - 0.075, chroma=hue.chroma * 0.85))
    wash = hue._replace(lightness=0.94, chroma=min(hue.chroma, 0.022))
    on_accent = hue._replace(lightness=0.985, chroma=min(hue.chroma, 0.012))
    return {
        "accent": accent,
        "accent-strong": strong,
        "accent-wash": lighten(wash, (accent,), TEXT) or "#ffffff",
        "on-accent": lighten(on_accent, (accent, strong), TEXT) or "#ffffff",
    }


def _build_dark(accent: str) -> Colours:
    hue = to_lch(accent)
    pale = hue._replace(lightness=0.80, chroma=min(hue.chroma, 0.09))
    shade = lighten(pale, ON_DARK, TEXT) or "#ffffff"
    strong = pale._replace(lightness=0.88, chroma=min(hue.chroma, 0.055))
    wash = hue._replace(lightness=0.295, chroma=min(hue.chroma, 0.035))
    on_accent = hue._replace(lightness=0.23, chroma=min(hue.chroma, 0.05))
    return {
        "accent": shade,
        "accent-strong": to_hex(strong),
        "accent-wash": darken(wash, (shade,), TEXT) or "#000000",
        "on-accent": darken(on_accent, (shade, to_hex(strong)), TEXT) or "#000000",
    }


def _is_under_pale_words(card: str) -> bool:
    return _read_on_card(_PALEST, card) >= _read_on_card(_DARKEST, card)


def _build_card(card: str) -> Colours:
    """Words on the card: as clear as its paper allows, and a softer voice that is still read."""
    hue, grounds = to_lch(card), list_card_grounds(card)
    if _is_under_pale_words(card):
        ink = hue._replace(lightness=0.978, chroma=min(hue.chroma, 0.014))
        soft = hue._replace(lightness=0.88, chroma=min(hue.chroma, 0.03))
        found = lighten(ink, grounds, TEXT), lighten(soft, grounds, TEXT)
        return {"card": card, "card-ink": found[0] or _PALEST, "card-soft": found[1] or _PALEST}
    ink = hue._replace(lightness=0.22, chroma=min(hue.chroma, 0.03))
    soft = hue._replace(lightness=0.36, chroma=min(hue.chroma, 0.04))
    found = darken(ink, grounds, TEXT), darken(soft, grounds, TEXT)
    return {"card": card, "card-ink": found[0] or _DARKEST, "card-soft": found[1] or _DARKEST}


def _dim(card: str) -> str:
    """By night a dark card is a little darker still; a pale one stays what it is."""
    if not _is_under_pale_words(card):
        return card
    hue = to_lch(card)
    return to_hex(hue._replace(lightness=hue.lightness * 0.92))


# --- Stylesheets --------------------------------------------------------------------------------


def build_version(accent: str, card: str) -> str:
    """What stands in the stylesheet's address; nothing where the house's own colours are worn."""
    if not accent and not card:
        return ""
    return f"{FORMULA}-{(accent or HOUSE_ACCENT)[1:]}-{(card or HOUSE_CARD)[1:]}"


def read_version(version: str) -> Palette | None:
    """The colours that an address names; None for what no page of ours would link."""
    found = _VERSION.fullmatch(version)
    if found is None or int(found[1]) != FORMULA:
        return None
    accent, card = f"#{found[2]}", f"#{found[3]}"
    if not (judge_accent(accent).is_legible and judge_card(card).is_legible):
        return None
    return build_palette(accent, card)


def build_stylesheet(palette: Palette) -> str:
    """The tokens that differ from the house's, for every page."""
    return (
        f":root{{{_declare(palette.light)}}}\n"
        f"@media (prefers-color-scheme:dark){{:root{{{_declare(palette.dark)}}}}}\n"
    )


def build_sample_stylesheet(palette: Palette) -> str:
    """Both papers side by side, whatever the reader's own is: for the preview."""
    return (
        f".is-light{{color-scheme:light;{_declare(LIGHT | palette.light)}}}\n"
        f".is-dark{{color-scheme:dark;{_declare(DARK | palette.dark)}}}\n"
    )


def _declare(colours: Colours) -> str:
    return "".join(f"--{name}:{color};" for name, color in colours.items())


def clean_color(value: str) -> str:
    """As we keep it; empty for none. Raises ValueError for what is no colour."""
    value = value.strip().lower()
    if re.fullmatch(r"[0-9a-f]{6}", value):
        value = f"#{value}"
    if value and not is_hex(value):
        raise ValueError(value)
    return value
