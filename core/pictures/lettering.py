"""Words on a slice of a wheel: wrapped across a wide one, along the radius of a narrow one, and in
Chinese and Japanese one character below the other, as signs are written.
"""

import math
import re
import unicodedata
from dataclasses import dataclass
from html import escape

from core.pictures.paper import n

OUTER, INNER = 168.0, 56.0  # where words may stand, counted from the middle
MOST, LEAST = 21.0, 7.5  # size of the letters
_STEP = 0.5
_BREAKS_WORDS = 9.5  # from this size down a word may be broken
_LINE = 1.16
_ACROSS = 30.0  # degrees from which on words stand across the slice
# What lies in vertical writing: dashes, brackets, the mark of a long vowel.
_LYING = frozenset("ー〜～—–-―…（）()「」『』【】〈〉《》［］[]")
_NARROW, _WIDE = frozenset("iljtfrI.,:;!'’|·() "), frozenset("mwMW@%&")
_WORDS = re.compile(r"\S+\s*")
# Words of Chinese and Japanese that shouldn't be broken: numbers, foreign words, and no line begins
# with a mark that ends one.
_PHRASE = re.compile(
    r"(?:[0-9][0-9,.]*[%％]?|[A-Za-z]+|[ァ-ヺー]+|.)[ー、。，！？）」』】ぁぃぅぇぉっゃゅょ]*",
    re.DOTALL,
)
_RUN = re.compile(r"[0-9][0-9,.]*[%％]?|[A-Za-z]+|.", re.DOTALL)


@dataclass(frozen=True, slots=True)
class _Placed:
    size: float
    svg: str


def is_wide(character: str) -> bool:
    return unicodedata.east_asian_width(character) in "WF"


def measure(text: str) -> float:
    """About how wide the words are, in the size of their letters."""
    width = 0.0
    for each in text:
        if is_wide(each):
            width += 1.0
        elif each in _NARROW:
            width += 0.32
        elif each in _WIDE:
            width += 0.9
        elif each.isupper():
            width += 0.68
        else:
            width += 0.57
    return width


def place_label(text: str, angle: float, *, icon: str = "", icons: str = "", ink: str = "") -> str:
    """SVG of the words and the icon, for a slice that points up and is ``angle`` degrees wide.

    ``icons`` is the address of the sprite. Words take the fill that is around them, the icon its
    ``ink``.
    """
    text = " ".join(text.split())
    if angle < 5.5 or not text:
        return ""
    icon_size = min(30.0, 1.5 * 150 * math.tan(math.radians(min(angle, 60) / 2)) * 0.62)
    has_icon = bool(icon) and icon_size >= 11
    outer = OUTER - (icon_size + 5 if has_icon else 0)
    found = _choose(text, angle, outer)
    if not has_icon:
        return found.svg
    return (
        f'<use href="{escape(icons)}#{escape(icon)}" x="{n(-icon_size / 2)}" y="{n(-OUTER)}" '
        f'width="{n(icon_size)}" height="{n(icon_size)}" color="{escape(ink)}"/>{found.svg}'
    )


def _choose(text: str, angle: float, outer: float) -> _Placed:
    has_cjk = any(map(is_wide, text))
    along = _stack if has_cjk else _run
    found = [along(text, angle, outer)]
    if angle >= _ACROSS:
        found.append(_wrap(text, angle, outer, has_cjk))
    # Across can be read at rest: it wins unless it is much smaller.
    return max(found, key=lambda each: each.size * (1.25 if each is not found[0] else 1))


def _list_sizes() -> list[float]:
    steps = int((MOST - LEAST) / _STEP)
    return [MOST - step * _STEP for step in range(steps + 1)]


def _get_room(radius: float, angle: float) -> float:
    """How wide the slice is at that distance from the middle."""
    within = 2 * math.sqrt(max(174**2 - radius**2, 0))
    return within if angle >= 150 else min(within, 2 * radius * math.tan(math.radians(angle / 2)))


# --- Across -------------------------------------------------------------------------------------


def _wrap(text: str, angle: float, outer: float, has_cjk: bool) -> _Placed:
    for size in _list_sizes():
        lines = _break(text, angle, outer, size, has_cjk)
        if lines is not None:
            return _Placed(size, _write_lines(lines, outer, size))
    return _Placed(0, "")


def _break(
    text: str, angle: float, outer: float, size: float, has_cjk: bool
) -> list[str] | None:  # fmt: skip
    """Lines that get shorter towards the middle; None where they don't fit."""
    pieces = _PHRASE.findall(text) if has_cjk else _WORDS.findall(text)
    lines: list[str] = []
    if size <= _BREAKS_WORDS:
        pieces = [part for each in pieces for part in _split_long(each, angle, outer, size)]
    while pieces:
        bottom = outer - size * _LINE * (len(lines) + 1)
        if bottom < INNER or len(lines) == 4:
            return None
        room = _get_room(bottom, angle) * 0.9
        line = ""
        while pieces and measure((line + pieces[0]).rstrip()) * size <= room:
            line += pieces.pop(0)
        if not line.strip():
            return None
        lines.append(line.strip())
    # One character alone in the last line is no line.
    return None if has_cjk and len(lines) > 1 and len(lines[-1]) == 1 and size > 10 else lines


def _split_long(piece: str, angle: float, outer: float, size: float) -> list[str]:
    """A word that no line can hold, in pieces."""
    room = _get_room(outer - 3 * size * _LINE, angle) * 0.9
    return [piece] if measure(piece) * size <= room else list(piece)


def _write_lines(lines: list[str], outer: float, size: float) -> str:
    spans = "".join(
        f'<tspan x="0" y="{n(-outer + size * (_LINE * at + 0.9))}">{escape(each)}</tspan>'
        for at, each in enumerate(lines)
    )
    return f'<text font-size="{n(size)}" text-anchor="middle">{spans}</text>'


# --- Along --------------------------------------------------------------------------------------


def _run(text: str, angle: float, outer: float) -> _Placed:
    """Latin words along the radius, from the middle outwards, in one line or two."""
    halves = _halve(text)
    for size in _list_sizes():
        for lines in ([text], halves):
            longest = max(map(measure, lines)) * size
            inner = outer - longest
            if inner >= INNER and _get_room(inner, angle) >= size * _LINE * len(lines) * 0.96:
                return _Placed(size, _write_along(lines, outer, size))
    size = LEAST
    room = max(INNER, size * _LINE / (2 * math.tan(math.radians(angle / 2))))
    return _Placed(size, _write_along([_cut(text, (outer - room) / size)], outer, size))


def _halve(text: str) -> list[str]:
    words = text.split()
    if len(words) < 2:
        return [text]
    cuts = [(" ".join(words[:at]), " ".join(words[at:])) for at in range(1, len(words))]
    return list(min(cuts, key=lambda pair: max(map(measure, pair))))


def _cut(text: str, room: float) -> str:
    while text and measure(text) + 0.6 > room:
        text = text[:-1]
    return f"{text.rstrip()}…" if text else ""


def _write_along(lines: list[str], outer: float, size: float) -> str:
    first = size * 0.35 - size * _LINE * (len(lines) - 1) / 2
    spans = "".join(
        f'<tspan x="{n(outer)}" y="{n(first + size * _LINE * at)}">{escape(each)}</tspan>'
        for at, each in enumerate(lines)
    )
    return (
        f'<g transform="rotate(-90)"><text font-size="{n(size)}" text-anchor="end">{spans}</text>'
        "</g>"
    )


# --- One below the other ------------------------------------------------------------------------


def _stack(text: str, angle: float, outer: float) -> _Placed:
    """Chinese and Japanese from the rim to the hub; a number of up to four digits lies across."""
    units = [each for each in _RUN.findall(text) if not each.isspace()]
    for size in _list_sizes():
        for columns in _list_columns(units):
            height = max(sum(_tall(each) for each in column) for column in columns) * size
            inner = outer - height
            if inner >= INNER and _get_room(inner, angle) >= size * (1.12 * len(columns)):
                return _Placed(size, _write_columns(columns, outer, size))
    size = LEAST
    bottom = max(INNER, size * 1.12 / (2 * math.tan(math.radians(angle / 2))))
    kept: list[str] = []
    while units and (sum(map(_tall, kept)) + _tall(units[0]) + 1) * size <= outer - bottom:
        kept.append(units.pop(0))
    return _Placed(size, _write_columns([[*kept, "…"]], outer, size))


def _list_columns(units: list[str]) -> list[list[list[str]]]:
    if len(units) < 6:
        return [[units]]
    half = math.ceil(len(units) / 2)
    return [[units], [units[:half], units[half:]]]


def _is_across(unit: str) -> bool:
    return len(unit) > 1 and measure(unit) <= 2.6


def _tall(unit: str) -> float:
    """How much of the column it takes: a run too long to lie across runs down the column."""
    return 1.06 if len(unit) == 1 or _is_across(unit) else measure(unit) + 0.1


def _write_columns(columns: list[list[str]], outer: float, size: float) -> str:
    parts = []
    for at, column in enumerate(columns):
        x = ((len(columns) - 1) / 2 - at) * size * 1.12  # the first stands on the right
        parts.append(_write_column(column, x, outer, size))
    return f'<g font-size="{n(size)}" text-anchor="middle">{"".join(parts)}</g>'


def _write_column(units: list[str], x: float, outer: float, size: float) -> str:
    y, upright, turned = -outer, "", ""
    for each in units:
        middle = y + size * _tall(each) / 2
        if each in _LYING or (len(each) > 1 and not _is_across(each)):
            turned += (
                f'<text transform="translate({n(x)} {n(middle)})rotate(90)" y="{n(size * 0.36)}">'
                f"{escape(each)}</text>"
            )
        elif len(each) > 1 and measure(each) > 1.15:
            small = size * 1.15 / measure(each)
            upright += (
                f'<tspan x="{n(x)}" y="{n(middle + small * 0.36)}" font-size="{n(small)}">'
                f"{escape(each)}</tspan>"
            )
        else:
            # Commas and stops of Chinese and Japanese stand in the upper right of their square.
            shift = size * 0.5 if each in "、。，" else 0
            upright += (
                f'<tspan x="{n(x + shift)}" y="{n(middle + size * 0.36 - shift)}">'
                f"{escape(each)}</tspan>"
            )
        y += size * _tall(each)
    return (f"<text>{upright}</text>" if upright else "") + turned
