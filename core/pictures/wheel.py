"""A wheel of fortune, drawn from its slices as SVG: a disc that turns and a frame that doesn't.

Degrees run clockwise from the top, where the pointer is. One unit is a pixel at 420 pixels.
"""

import math
from collections.abc import Sequence
from dataclasses import dataclass
from html import escape

from core.colour import TEXT, get_contrast
from core.pictures.lettering import place_label
from core.pictures.paper import circle, line, n, path

# Deep and pale by turns, so that neighbours are told apart without their hue.
DEEP = ("#86324f", "#2b5f5c", "#2e4b70", "#7d4a1f", "#5a3f73", "#47593a")
PALE = ("#f6dfb2", "#f3c3ae", "#cfe0cc", "#f2b544", "#d9e2ea", "#e9cfdc")
BETWEEN = "#c96f4a"  # where an odd number brings two of a kind together
INK, CREAM = "#2b1a1d", "#fff8ec"
RADIUS, RIM, HUB = 184.0, 205.0, 46.0
LEAST = 4.0  # degrees: thinner slices would be seen by nobody
PEG_EVERY = 30.0
VIEW = "-215 -232 430 447"
_GOLD, _GOLD_DEEP = "#f2b544", "#9a6412"


@dataclass(frozen=True, slots=True)
class Slice:
    """``icon`` is a symbol of the sprite. ``is_gone`` says that its prize is used up."""

    label: str
    weight: int
    color: str = ""
    icon: str = ""
    is_gone: bool = False


@dataclass(frozen=True, slots=True)
class Shape:
    """How wide each slice is drawn; ``is_true`` where that is exactly its share of the weights."""

    angles: tuple[float, ...]
    is_true: bool

    def start_of(self, index: int) -> float:
        return sum(self.angles[:index])

    def find_rest(self, index: int, inside: float = 0.5) -> float:
        """The turn at which the pointer stands in the slice, ``inside`` of its way through."""
        return (360 - self.start_of(index) - self.angles[index] * inside) % 360


def shape_wheel(weights: Sequence[int], *, is_equal: bool = False) -> Shape:
    """By weight, or all the same; nothing is thinner than can be seen, and others give way."""
    total = sum(weights)
    if is_equal or not total:
        even = 360 / len(weights)
        return Shape((even,) * len(weights), len(set(weights)) == 1)
    least = min(LEAST, 360 / len(weights))
    angles = [360 * weight / total for weight in weights]
    thin = {at for at, angle in enumerate(angles) if angle < least}
    if not thin:
        return Shape(tuple(angles), is_true=True)
    # Whoever gives way may become thin by that: until nobody new does.
    while True:
        room = 360 - least * len(thin)
        rest = sum(weight for at, weight in enumerate(weights) if at not in thin)
        angles = [
            least if at in thin else room * weight / rest for at, weight in enumerate(weights)
        ]
        more = {at for at, angle in enumerate(angles) if angle < least} - thin
        if not more:
            return Shape(tuple(angles), is_true=False)
        thin |= more


def choose_inside(counter: int) -> float:
    """Where in its slice a spin comes to rest: not always the middle, for the same spin always
    the same place.
    """
    return 0.32 + 0.36 * (counter * 0.6180339887 % 1)


def list_colors(slices: Sequence[Slice]) -> list[str]:
    """The slices' own colours; for the rest, and where nobody chose any, a palette in which
    neighbours differ.
    """
    count = len(slices)
    is_chosen = len({each.color for each in slices}) > 1
    colors = []
    for at, each in enumerate(slices):
        series, step = (PALE, DEEP)[at % 2 == 0], at // 2
        chosen = series[step % len(series)]
        if count % 2 and at == count - 1:
            chosen = BETWEEN
        colors.append(each.color if is_chosen and each.color else chosen)
    return colors


def choose_ink(color: str) -> str:
    """What can be read on it: warm where that is enough, else black or white, which always is."""
    best = max((INK, CREAM), key=lambda ink: get_contrast(ink, color))
    if get_contrast(best, color) >= TEXT:
        return best
    return max(("#000000", "#ffffff"), key=lambda ink: get_contrast(ink, color))


# --- The disc -----------------------------------------------------------------------------------


def draw_disc(
    slices: Sequence[Slice], shape: Shape, *, icons: str, rest: float = 0, won: int | None = None
) -> str:
    """What turns. ``icons`` is the address of the sprite; ``won`` the slice that is pointed at."""
    colors = list_colors(slices)
    parts = []
    for at, (each, angle, color) in enumerate(zip(slices, shape.angles, colors, strict=True)):
        start = shape.start_of(at)
        ink = choose_ink(color)
        label = place_label(each.label, angle, icon=each.icon, icons=icons, ink=ink)
        state = " is-won" if at == won else ""
        gone = f'<path d="{_wedge(0, angle)}" fill="url(#gone)"/>' if each.is_gone else ""
        parts.append(
            f'<g class="wheel-slice{state}" transform="rotate({_fine(start)})">'
            f'<path class="wheel-paper" d="{_wedge(0, angle)}" fill="{escape(color)}"/>{gone}'
            f'<g class="wheel-label" transform="rotate({_fine(angle / 2)})" fill="{ink}">{label}'
            "</g></g>"
        )
    return (
        f'<svg class="wheel-disc" viewBox="{VIEW}" aria-hidden="true" data-wheel-disc="">{_GONE}'
        f'<g transform="rotate({_fine(rest)})">{"".join(parts)}{_draw_pegs(shape)}</g></svg>'
    )


_GONE = (
    '<defs><pattern id="gone" width="9" height="9" patternUnits="userSpaceOnUse" '
    'patternTransform="rotate(45)"><path d="M0 0V9" stroke="currentColor" stroke-width="3" '
    'stroke-opacity=".28"/></pattern></defs>'
)


def _fine(degrees: float) -> str:
    return f"{degrees:.3f}".rstrip("0").rstrip(".")


def _at(degrees: float, radius: float) -> tuple[float, float]:
    turn = math.radians(degrees)
    return radius * math.sin(turn), -radius * math.cos(turn)


def _wedge(start: float, end: float) -> str:
    if end - start >= 359.999:
        return f"M0-{n(RADIUS)}A{n(RADIUS)} {n(RADIUS)} 0 1 1-.1-{n(RADIUS)}Z"
    (a, b), (c, d) = _at(start, RADIUS), _at(end, RADIUS)
    large = int(end - start > 180)
    # Two decimals: a slice of four degrees is thirteen units wide.
    return f"M0 0L{a:.2f} {b:.2f}A{n(RADIUS)} {n(RADIUS)} 0 {large} 1 {c:.2f} {d:.2f}Z"


def list_pegs(shape: Shape) -> list[float]:
    """At every border, and between them where a slice is wide."""
    pegs = []
    for at, angle in enumerate(shape.angles):
        steps = max(1, math.ceil(angle / PEG_EVERY))
        pegs += [shape.start_of(at) + angle * step / steps for step in range(steps)]
    return pegs


def _draw_pegs(shape: Shape) -> str:
    size = 4.2 if min(shape.angles) > 8 else 3
    dots = "".join(
        f'<circle cx="{x:.1f}" cy="{y:.1f}" r="{size}"/>'
        for x, y in (_at(degrees, RADIUS - 5) for degrees in list_pegs(shape))
    )
    return f'<g fill="{_GOLD}" stroke="{_GOLD_DEEP}" stroke-width="1">{dots}</g>'


# --- The frame ----------------------------------------------------------------------------------


def draw_frame() -> str:
    """What stands still: the rim with its lamps, the light on the disc, the hub, the pointer."""
    lamps = "".join(
        f'<circle class="wheel-lamp" cx="{x:.1f}" cy="{y:.1f}" r="4.6"/>'
        for x, y in (_at(15 + 30 * step, (RADIUS + RIM) / 2 + 0.5) for step in range(12))
    )
    rim = (
        '<circle class="wheel-rim" r="194.5" fill="none" stroke-width="21"/>'
        f'<circle r="{n(RADIUS)}" fill="none" stroke="{_GOLD}" stroke-width="2.5"/>'
        f'<circle r="{n(RIM)}" fill="none" stroke="{_GOLD}" stroke-width="2.5"/>'
    )
    light = (
        '<defs><radialGradient id="wheel-light" cx=".5" cy=".5" r=".5">'
        '<stop offset="0" stop-color="#1b0d10" stop-opacity=".0"/>'
        '<stop offset=".9" stop-color="#1b0d10" stop-opacity="0"/>'
        '<stop offset="1" stop-color="#1b0d10" stop-opacity=".3"/></radialGradient>'
        '<linearGradient id="wheel-gleam" x1=".2" y1="0" x2=".6" y2="1">'
        '<stop offset="0" stop-color="#fff" stop-opacity=".2"/>'
        '<stop offset=".45" stop-color="#fff" stop-opacity="0"/></linearGradient>'
        '<linearGradient id="wheel-gold" x1="0" y1="0" x2="0" y2="1">'
        '<stop offset="0" stop-color="#ffdf94"/><stop offset="1" stop-color="#d6922a"/>'
        "</linearGradient></defs>"
        f'<circle r="{n(RADIUS)}" fill="url(#wheel-light)"/>'
        f'<circle r="{n(RADIUS)}" fill="url(#wheel-gleam)"/>'
    )
    star = "M0-20 5.6-7.1 19-6 8.8 2.9 12 16.2 0 9.1-12 16.2-8.8 2.9-19-6-5.6-7.1Z"
    hub = (
        '<g class="wheel-hub" data-wheel-hub="">'
        f'<circle class="wheel-hub-shade" r="{n(HUB + 3)}" cy="4"/>'
        f'<circle r="{n(HUB)}" fill="url(#wheel-gold)" stroke="{_GOLD_DEEP}" stroke-width="1"/>'
        f'<circle class="wheel-hub-paper" r="{n(HUB - 7)}"/>'
        f"{path(star, 'url(#wheel-gold)', stroke=_GOLD_DEEP, stroke_width=1)}</g>"
    )
    pointer = (
        '<g class="wheel-pointer" data-wheel-pointer="">'
        + path("M0-166C-5-182-20-194-20-209A20 20 0 0 1 20-209C20-194 5-182 0-166Z",
               "url(#wheel-gold)", stroke=_GOLD_DEEP, stroke_width=1.5)
        + circle(0, -209, 8, "#fff6e2", stroke=_GOLD_DEEP, stroke_width=1.5)
        + line("M-11-217A14 14 0 0 1-3-222", "#fff6e2", 2.5)
        + "</g>"
    )  # fmt: skip
    return (
        f'<svg class="wheel-frame" viewBox="{VIEW}" aria-hidden="true">'
        f'{light}{rim}<g class="wheel-lamps">{lamps}</g>{hub}{pointer}</svg>'
    )


def draw_emblem() -> str:
    """A small wheel without words, for a panel that leads to the large one."""
    slices = [Slice("", 1)] * 8
    colors = list_colors(slices)
    wedge = _wedge(0, 45)
    parts = "".join(
        f'<path d="{wedge}" fill="{color}" transform="rotate({45 * at - 22.5:g})"/>'
        for at, color in enumerate(colors)
    )
    rim = f'<circle class="wheel-rim" r="{n(RADIUS + 10)}" fill="none" stroke-width="26"/>'
    hub = circle(0, 0, HUB + 8, _GOLD) + circle(0, 0, HUB - 8, "#fff6e2")
    pointer = path("M0-150-24-200A24 24 0 0 1 24-200Z", _GOLD, stroke=_GOLD_DEEP, stroke_width=4)
    return (
        f'<svg class="wheel-emblem" viewBox="{VIEW}" aria-hidden="true">'
        f"<g>{parts}</g>{rim}{hub}{pointer}</svg>"
    )
