"""Colours: lightness as people see it, contrast as WCAG counts it, the nearest legible shade.

OKLab and OKLCH are Björn Ottosson's, "A perceptual color space for image processing" (2020,
https://bottosson.github.io/posts/oklab/), with the matrices for linear sRGB given there; CSS
Color 4 has the same. Relative luminance and contrast ratio are those of WCAG 2.2
(https://www.w3.org/TR/WCAG22/#dfn-relative-luminance and #dfn-contrast-ratio).
"""

import math
import re
from collections.abc import Callable
from typing import NamedTuple

TEXT = 4.5  # WCAG 2.2, success criterion 1.4.3, words of any size
SHAPE = 3.0  # 1.4.11, what must be seen but isn't read

_HEX = re.compile(r"#[0-9a-f]{6}")
_STEPS = 24  # halvings of a range of lightness or chroma: far finer than one step of 8 bits


class Lch(NamedTuple):
    """A colour of OKLCH: lightness 0 to 1, chroma from 0, hue in radians."""

    lightness: float
    chroma: float
    hue: float


def is_hex(color: str) -> bool:
    """Whether this is a colour as we keep them: ``#rrggbb`` in small letters."""
    return _HEX.fullmatch(color) is not None


# --- Between screens and eyes -------------------------------------------------------------------


def to_lch(color: str) -> Lch:
    red, green, blue = map(_to_linear, _read(color))
    long = math.cbrt(0.4122214708 * red + 0.5363325363 * green + 0.0514459929 * blue)
    medium = math.cbrt(0.2119034982 * red + 0.6806995451 * green + 0.1073969566 * blue)
    short = math.cbrt(0.0883024619 * red + 0.2817188376 * green + 0.6299787005 * blue)
    a = 1.9779984951 * long - 2.4285922050 * medium + 0.4505937099 * short
    b = 0.0259040371 * long + 0.7827717662 * medium - 0.8086757660 * short
    lightness = 0.2104542553 * long + 0.7936177850 * medium - 0.0040720468 * short
    return Lch(lightness, math.hypot(a, b), math.atan2(b, a))


def to_hex(color: Lch) -> str:
    """The colour on a screen. What no screen shows loses chroma and keeps lightness and hue."""
    color = color._replace(lightness=min(max(color.lightness, 0.0), 1.0))
    channels = _to_channels(color)
    if not _is_shown(channels):
        low, high = 0.0, color.chroma
        for _step in range(_STEPS):
            middle = (low + high) / 2
            if _is_shown(_to_channels(color._replace(chroma=middle))):
                low = middle
            else:
                high = middle
        channels = _to_channels(color._replace(chroma=low))
    return "#" + "".join(f"{round(255 * min(max(each, 0.0), 1.0)):02x}" for each in channels)


def _read(color: str) -> tuple[float, float, float]:
    if not is_hex(color):
        raise ValueError(f"{color!r} is no colour: #rrggbb in small letters")
    red, green, blue = (int(color[at : at + 2], 16) / 255 for at in (1, 3, 5))
    return red, green, blue


def _to_linear(channel: float) -> float:
    """A channel of sRGB as light. No 8-bit value lies between this limit and WCAG's 0.03928."""
    return channel / 12.92 if channel <= 0.04045 else ((channel + 0.055) / 1.055) ** 2.4


def _from_linear(light: float) -> float:
    return 12.92 * light if light <= 0.0031308 else 1.055 * light ** (1 / 2.4) - 0.055


def _to_channels(color: Lch) -> tuple[float, float, float]:
    a, b = color.chroma * math.cos(color.hue), color.chroma * math.sin(color.hue)
    long = (color.lightness + 0.3963377774 * a + 0.2158037573 * b) ** 3
    medium = (color.lightness - 0.1055613458 * a - 0.0638541728 * b) ** 3
    short = (color.lightness - 0.0894841775 * a - 1.2914855480 * b) ** 3
    return (
        _from_linear(4.0767416621 * long - 3.3077115913 * medium + 0.2309699292 * short),
        _from_linear(-1.2684380046 * long + 2.6097574011 * medium - 0.3413193965 * short),
        _from_linear(-0.0041960863 * long - 0.7034186147 * medium + 1.7076147010 * short),
    )


def _is_shown(channels: tuple[float, float, float]) -> bool:
    return all(-0.0005 <= each <= 1.0005 for each in channels)


# --- Contrast -----------------------------------------------------------------------------------


def get_luminance(color: str) -> float:
    red, green, blue = map(_to_linear, _read(color))
    return 0.2126 * red + 0.7152 * green + 0.0722 * blue


def get_contrast(one: str, other: str) -> float:
    """From 1 (the same) to 21 (black on white)."""
    darker, lighter = sorted((get_luminance(one), get_luminance(other)))
    return (lighter + 0.05) / (darker + 0.05)


def get_least_contrast(color: str, grounds: tuple[str, ...]) -> float:
    return min(get_contrast(color, ground) for ground in grounds)


def stands_out(color: str, *grounds: str) -> bool:
    """Whether a dot or a line of this colour is seen on each of the grounds without an outline."""
    return get_least_contrast(color, grounds) >= SHAPE


def darken(color: Lch, grounds: tuple[str, ...], wanted: float) -> str | None:
    """The lightest shade, no lighter than ``color``, that reaches the contrast on all grounds.

    None where not even the darkest does.
    """
    return find_shade(color, lambda shade: get_least_contrast(shade, grounds), wanted, end=0.0)


def lighten(color: Lch, grounds: tuple[str, ...], wanted: float) -> str | None:
    """The darkest shade, no darker than ``color``, that reaches the contrast on all grounds."""
    return find_shade(color, lambda shade: get_least_contrast(shade, grounds), wanted, end=1.0)


def find_nearest(color: str, grounds: tuple[str, ...], wanted: float) -> str | None:
    """The shade of the same hue, nearest in lightness, that reaches the contrast on all grounds."""
    start = to_lch(color)
    return choose_nearest(color, darken(start, grounds, wanted), lighten(start, grounds, wanted))


def choose_nearest(color: str, *shades: str | None) -> str | None:
    """Of the shades that were found, the one nearest in lightness."""
    start = to_lch(color).lightness
    found = [shade for shade in shades if shade]
    return min(found, key=lambda shade: abs(to_lch(shade).lightness - start), default=None)


def find_shade(
    color: Lch, measure: Callable[[str], float], wanted: float, *, end: float
) -> str | None:
    """Between the colour and its darkest (0) or lightest (1) shade, the nearest to itself for
    which ``measure`` reaches what is wanted.
    """
    if measure(shade := to_hex(color)) >= wanted:
        return shade
    best = to_hex(color._replace(lightness=end))
    if measure(best) < wanted:
        return None
    near, far = color.lightness, end
    for _step in range(_STEPS):
        middle = (near + far) / 2
        shade = to_hex(color._replace(lightness=middle))
        if measure(shade) >= wanted:
            best, far = shade, middle
        else:
            near = middle
    return best


def mix(color: str, other: str, share: float) -> str:
    """A veil of ``other`` over the colour, as a browser lays one of that opacity over it."""
    pairs = zip(_read(color), _read(other), strict=True)
    return "#" + "".join(f"{round(255 * (a + (b - a) * share)):02x}" for a, b in pairs)
