"""Cut paper: the few shapes of which every picture is made, as SVG text."""

import math
import random
from collections.abc import Sequence


class Dice:
    """Chance that falls the same way for the same words, on every machine and Python."""

    def __init__(self, *words: object) -> None:
        self._random = random.Random("/".join(map(str, words)))  # noqa: S311  (not a secret)

    def between(self, low: float, high: float) -> float:
        return low + (high - low) * self._random.random()

    def count(self, low: int, high: int) -> int:
        return low + int(self._random.random() * (high - low + 1))

    def pick[T](self, things: Sequence[T]) -> T:
        return things[int(self._random.random() * len(things))]

    def chance(self, share: float = 0.5) -> bool:
        return self._random.random() < share


def n(value: float) -> str:
    """A coordinate: one decimal at most, none where it says nothing."""
    text = f"{value:.1f}".removesuffix(".0")
    return "0" if text == "-0" else text


# The papers that change after dark are named by their class in the picture's style.
WALL, BACK, GROUND = ".w", ".b", ".g"


def path(d: str, fill: str, **more: object) -> str:
    return f'<path d="{_short(d)}"{_fill(fill)}{_more(more)}/>'


def rect(
    x: float, y: float, width: float, height: float, fill: str, rx: float = 0, **more: object
) -> str:
    corner = f' rx="{n(rx)}"' if rx else ""
    return (
        f'<rect x="{n(x)}" y="{n(y)}" width="{n(width)}" height="{n(height)}"{corner} '
        f"{_fill(fill)[1:]}{_more(more)}/>"
    )


def circle(x: float, y: float, r: float, fill: str, **more: object) -> str:
    return f'<circle cx="{n(x)}" cy="{n(y)}" r="{n(r)}"{_fill(fill)}{_more(more)}/>'


def ellipse(x: float, y: float, rx: float, ry: float, fill: str, **more: object) -> str:
    return f'<ellipse cx="{n(x)}" cy="{n(y)}" rx="{n(rx)}" ry="{n(ry)}"{_fill(fill)}{_more(more)}/>'


def line(d: str, stroke: str, width: float = 5, **more: object) -> str:
    return (
        f'<path d="{_short(d)}" fill="none" stroke="{stroke}" stroke-width="{n(width)}" '
        f'stroke-linecap="round" stroke-linejoin="round"{_more(more)}/>'
    )


def group(
    *parts: str, x: float = 0, y: float = 0, turn: float = 0, size: float = 1, flip: bool = False
) -> str:
    """Several pieces moved together."""
    moves = f"translate({round(x)} {round(y)})" if x or y else ""
    moves += f"rotate({round(turn)})" if turn else ""
    moves += f"scale({-size if flip else size:.2g} {size:.2g})" if size != 1 or flip else ""
    return f'<g transform="{moves}">{"".join(parts)}</g>' if moves else "".join(parts)


def lift(*parts: str) -> str:
    """A layer that lies above the paper below it, and throws the shadow of one."""
    return f'<g filter="url(#s)">{"".join(parts)}</g>'


def around(x: float, y: float, r: float, count: int, start: float = 0) -> list[tuple[float, float]]:
    turns = (start + step * math.tau / count for step in range(count))
    return [(x + r * math.cos(turn), y + r * math.sin(turn)) for turn in turns]


def blob(dice: Dice, x: float, y: float, rx: float, ry: float, fill: str, **more: object) -> str:
    """A round shape as scissors cut it: closed, smooth, never quite a circle."""
    corners = []
    for step in range(7):
        reach, turn = dice.between(0.86, 1.1), (step + dice.between(-0.12, 0.12)) * math.tau / 7
        corners.append((x + rx * reach * math.cos(turn), y + ry * reach * math.sin(turn)))
    return path(smooth(corners), fill, **more)


def smooth(corners: Sequence[tuple[float, float]]) -> str:
    """A closed curve through all corners."""
    d = f"M{n(corners[0][0])} {n(corners[0][1])}"
    for step in range(len(corners)):
        before, here, there, beyond = (
            corners[(step + offset) % len(corners)] for offset in (-1, 0, 1, 2)
        )
        d += (
            f"C{n(here[0] + (there[0] - before[0]) / 6)} {n(here[1] + (there[1] - before[1]) / 6)} "
            f"{n(there[0] - (beyond[0] - here[0]) / 6)} "
            f"{n(there[1] - (beyond[1] - here[1]) / 6)} {n(there[0])} {n(there[1])}"
        )
    return d + "Z"


def leaf(x: float, y: float, length: float, turn: float, fill: str, width: float = 0.3) -> str:
    """A leaf that grows from (x, y) upwards, turned clockwise."""
    w, low, high = round(length * width), round(length * 0.35), round(length * 0.7)
    d = f"M0 0C-{w}-{low}-{w}-{high} 0-{round(length)} {w}-{high} {w}-{low} 0 0"
    return group(path(d, fill), x=x, y=y, turn=turn)


def sprig(
    x: float, y: float, height: float, turn: float, fill: str, pairs: int = 3, width: float = 0.32
) -> str:
    """A stem with leaves in pairs and one at its end."""
    size = height * 0.42
    leaves = [leaf(0, -height * 0.78, size * 0.85, 0, "", width)]
    for step in range(pairs):
        at = -height * (0.2 + 0.5 * step / max(pairs - 1, 1))
        reach = size * (1 - 0.12 * step)
        leaves += [leaf(0, at, reach, turned, "", width) for turned in (-52, 52)]
    stem = line(f"M0 0V{n(-height * 0.8)}", fill, max(2.5, height * 0.035))
    return group(stem, dyed(fill, *leaves), x=x, y=y, turn=turn)


def dyed(fill: str, *parts: str) -> str:
    """Pieces of one colour, which is said once."""
    return f'<g fill="{fill}">{"".join(parts)}</g>'


def slice_of_fruit(r: float, peel: str, flesh: str) -> str:
    half, high = round(r * 0.38), round(r * 0.66)
    cuts = f"M-{2 * half} 0H{2 * half}M-{half}-{high} {half} {high}M{half}-{high}-{half} {high}"
    return (
        circle(0, 0, r, peel)
        + circle(0, 0, r * 0.82, flesh)
        + circle(0, 0, r * 0.68, peel)
        + line(cuts, flesh, max(2.5, r * 0.12))
    )


def steam(x: float, y: float, height: float, color: str) -> str:
    h = height / 4
    return line(
        f"M{n(x)} {n(y)}c-9 {n(-h)} 9 {n(-h)} 0 {n(-2 * h)}s9 {n(-h)} 0 {n(-2 * h)}",
        color,
        5,
        opacity=".8",
    )


def _short(d: str) -> str:
    return d.replace(" -", "-")


def _fill(fill: str) -> str:
    if not fill:
        return ""  # of the group around it
    return f' class="{fill[1]}"' if fill.startswith(".") else f' fill="{fill}"'


def _more(more: dict[str, object]) -> str:
    return "".join(f' {name.replace("_", "-")}="{value}"' for name, value in more.items())
