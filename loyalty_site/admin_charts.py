"""Small charts as the numbers of an SVG: no library, no style, nothing measured by a browser."""

from collections.abc import Sequence
from dataclasses import dataclass

WIDTH, HEIGHT = 240, 56
_TOP, _BOTTOM, _SIDE = 5, 51, 4  # room for the dot at the end of a line
_GAP = 4  # between bars

Values = Sequence[float | None]


@dataclass(frozen=True, slots=True)
class Bar:
    x: float
    y: float
    width: float
    height: float
    is_last: bool


@dataclass(frozen=True, slots=True)
class Chart:
    """Either a line with its ground and its end, or bars."""

    line: str = ""
    area: str = ""
    end_x: float = 0
    end_y: float = 0
    bars: tuple[Bar, ...] = ()


def build_line(values: Values) -> Chart | None:
    """How something stood: drawn between its least and its most. None for fewer than two."""
    known = [(place, value) for place, value in enumerate(values) if value is not None]
    if len(known) < 2:
        return None
    low, high = min(value for _, value in known), max(value for _, value in known)
    step = (WIDTH - 2 * _SIDE) / (len(values) - 1)
    points = []
    for place, value in known:
        part = (value - low) / (high - low) if high > low else 0.5
        points.append((round(_SIDE + place * step, 1), round(_BOTTOM - part * (_BOTTOM - _TOP), 1)))
    line = "M" + "L".join(f"{x:g} {y:g}" for x, y in points)
    (first_x, _first_y), (end_x, end_y) = points[0], points[-1]
    area = f"{line}L{end_x:g} {HEIGHT}L{first_x:g} {HEIGHT}Z"
    return Chart(line=line, area=area, end_x=end_x, end_y=end_y)


def build_bars(values: Values) -> Chart | None:
    """What came in each span, from nothing up; a span below nothing or unknown has no bar."""
    if sum(value is not None for value in values) < 2:
        return None
    most = max((value for value in values if value is not None), default=0)
    width = (WIDTH - _GAP * (len(values) - 1)) / len(values)
    bars = []
    for place, value in enumerate(values):
        part = max(value or 0, 0) / most if most > 0 else 0
        height = round(max(part * (HEIGHT - _TOP), 1.5), 1)
        x = round(place * (width + _GAP), 1)
        last = place == len(values) - 1
        bars.append(Bar(x, round(HEIGHT - height, 1), round(width, 1), height, last))
    return Chart(bars=tuple(bars))
