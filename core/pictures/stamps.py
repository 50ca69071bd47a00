"""Stamp cards: rows of places, some of them stamped, a little askew as a hand does it.

Colours are the page's own (``static/css/components/stamps.css``): everything is named by classes.
"""

from collections.abc import Sequence
from math import ceil

from core.pictures.paper import Dice, n

CELL = 64
_ROWS_OF = {1: 1, 2: 2, 3: 3, 4: 4, 5: 5, 6: 3, 7: 4, 8: 4, 9: 5, 10: 5, 11: 4, 12: 4}

# What is cut into the stamp, about its middle, within a circle of 14. "s" is drawn as a line.
_CUP = (
    "M-12-4H8V3a8 8 0 0 1-8 8h-4a8 8 0 0 1-8-8Z",
    "sM8-2h2a4 4 0 0 1 0 8H7.500M-7-12q3 2.5 0 5M-1-12q3 2.5 0 5M5-12q3 2.5 0 5",
)
_BAG = ("M-9-9H9L11 12H-11Z", "sM-5-5c0-9 10-9 10 0")
_LOAF = ("M-13 2C-13-7-7-9 0-9S13-7 13 2C13 8 9 9 0 9S-13 8-13 2Z", "hM-6-4-3 3M0-5V3M6-4 3 3")
_CAKE = ("M-11 1H11V11H-11ZM-11-1C-11-7-6-8 0-8S11-7 11-1Z", "sM0-8V-12")
_GLASS = ("M-8-12H8C8-2 5 2 1 3V9H6V12H-6V9H-1V3C-5 2-8-2-8-12Z",)
_BOOK = ("M-12-8C-7-10-3-9-1-7V11C-4 9-8 8-12 10ZM12-8C7-10 3-9 1-7V11C4 9 8 8 12 10Z",)
_LEAF = ("M-9 10C-11-5-1-12 11-11C12 2 5 12-9 10Z", "hM-8 9C-3 2 1-2 6-6")
_FLOWER = (
    "M0-3C-6-14 6-14 0-3C11-9 11 3 3 1C8 11-3 13 0 3C-3 13-11 11-3 1C-11 3-11-9 0-3Z",
    "cM0 0",
)
_GIFT = ("M-12-5H-1V-1H-12ZM1-5H12V-1H1ZM-10 1H-1V12H-10ZM1 1H10V12H1Z",
         "sM0-6C-8-6-8-14 0-7C8-14 8-6 0-6")  # fmt: skip
_STAR = ("M0-13 3.8-4.5 13-4 6 2.5 8.2 11.5 0 6.5-8.2 11.5-6 2.5-13-4-3.8-4.500Z",)
_STEPS = ("M-9-10C-4-13-2-4-4 1H-9C-10-4-12-8-9-10ZM-9 4H-4C-4 9-9 9-9 4ZM9-5C4-8 2 1 4 6H9"
          "C10 1 12-3 9-5ZM4 8H9C9 13 4 13 4 8Z",)  # fmt: skip
_GLYPHS: dict[str, Sequence[str]] = {
    "coffee": _CUP, "mug": _CUP, "tea": _CUP, "tote": _BAG, "basket": _BAG, "bread": _LOAF,
    "lunch": _LOAF, "cake": _CAKE, "jam": _CAKE, "wine": _GLASS, "soda": _GLASS, "book": _BOOK,
    "tree": _LEAF, "garden": _LEAF, "produce": _LEAF, "flowers": _FLOWER, "spa": _FLOWER,
    "gift": _GIFT, "walk": _STEPS, "visit": _STEPS,
}  # fmt: skip


def count_columns(places: int) -> int:
    """As even rows as can be, none longer than six."""
    return _ROWS_OF.get(places) or min(6, ceil(places / ceil(places / 6)))


def draw_stamps(
    motif: str, seed: str, *, stamped: int, places: int, fresh: int = 0, is_full: bool = False
) -> str:
    """An SVG to stand in a page. ``fresh`` of the last stamps have just been given; the next
    place is marked, and the last one bears the prize.
    """
    columns = count_columns(places)
    width, height = columns * CELL, ceil(places / columns) * CELL
    cells = []
    for place in range(places):
        x = (place % columns) * CELL + CELL // 2
        y = (place // columns) * CELL + CELL // 2
        if place < stamped:
            dice = Dice(motif, seed, place)
            mark = " is-fresh" if place >= stamped - fresh else ""
            x, y = x + round(dice.between(-3, 3)), y + round(dice.between(-3, 3))
            turn = round(dice.between(-24, 24))
            ink = dice.pick(("a", "b", "c"))
            cells.append(
                f'<g transform="translate({x} {y}) rotate({turn})">'
                f'<g class="stamp-ink is-{ink}{mark}">{_draw_stamp(motif)}</g></g>'
            )
        else:
            is_last, is_next = place == places - 1, place == stamped
            mark = (" is-next" if is_next else "") + (" is-prize" if is_last else "")
            inner = _draw_glyph(_GIFT) if is_last else ""
            cells.append(
                f'<g class="stamp-place{mark}" transform="translate({x} {y})">'
                f'<circle r="25"/>{inner}</g>'
            )
    kind = "stamps is-full" if is_full else "stamps"
    return (
        f'<svg class="{kind}" viewBox="0 0 {width} {height}" width="{width}" height="{height}" '
        f'aria-hidden="true" focusable="false">{"".join(cells)}</svg>'
    )


def _draw_stamp(motif: str) -> str:
    # Two rings as of a rubber stamp, with the gaps where it took no ink.
    return '<circle class="stamp-ring" r="26"/><circle class="stamp-rim" r="21"/>' + _draw_glyph(
        _GLYPHS.get(motif, _STAR)
    )


def _draw_glyph(parts: Sequence[str]) -> str:
    drawn = []
    for part in parts:
        if part[0] == "s":
            drawn.append(f'<path class="stamp-line" d="{part[1:]}"/>')
        elif part[0] == "h":
            drawn.append(f'<path class="stamp-gap" d="{part[1:]}"/>')
        elif part[0] == "c":
            drawn.append(f'<circle class="stamp-gap" r="{n(2.5)}"/>')
        else:
            drawn.append(f'<path class="stamp-cut" d="{part}"/>')
    return "".join(drawn)
