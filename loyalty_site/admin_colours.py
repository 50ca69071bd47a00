"""The owner's accent as the eleven shades that Unfold asks for."""

from functools import lru_cache

from core.colour import to_hex, to_lch
from members.palette import HOUSE_ACCENT, build_palette
from members.selectors.club import get_club

# Lightness, and how much of the accent's own chroma, of the shades beside the two that are read.
_SHADES = {
    "50": (0.972, 0.10), "100": (0.945, 0.22), "200": (0.89, 0.42), "300": (0.82, 0.70),
    "400": (0.76, 0.95), "700": (0.88, 0.92), "800": (0.77, 0.78), "900": (0.66, 0.60),
    "950": (0.48, 0.42),
}  # fmt: skip


def get_primary(request) -> dict[str, str]:
    return dict(_build_primary(get_club().theme.accent or HOUSE_ACCENT))


@lru_cache(maxsize=8)
def _build_primary(accent: str) -> dict[str, str]:
    """600 is what words and buttons wear by day and 500 by night: ``members.palette`` made sure
    that both are read. Lighter shades are counted from white, darker ones from the accent.
    """
    palette, own = build_palette(accent, ""), to_lch(accent)
    shades = {"500": palette.dark["accent"], "600": accent}
    for weight, (lightness, part) in _SHADES.items():
        if int(weight) > 600:
            lightness *= own.lightness
        shades[weight] = to_hex(own._replace(lightness=lightness, chroma=own.chroma * part))
    return shades
