"""Fine lines for the membership card, in its tier's own colour, faint enough to write on."""

from collections.abc import Callable

from core.pictures.paper import around, circle, group, line, n, rect

WIDTH, HEIGHT = 400, 252  # of a card


def draw_pattern(kind: str, color: str) -> str:
    """An SVG of a whole card. ``color`` is six hexadecimal digits; KeyError for unknown kinds."""
    width, height, draw = PATTERNS[kind]
    thread, ground = _weave(color), f"#{color}"
    body = (
        f'<defs><pattern id="t" width="{n(width)}" height="{n(height)}" '
        f'patternUnits="userSpaceOnUse">{draw(thread, ground)}</pattern></defs>'
        f"{rect(0, 0, WIDTH, HEIGHT, ground)}{rect(0, 0, WIDTH, HEIGHT, 'url(#t)')}"
        if width
        else rect(0, 0, WIDTH, HEIGHT, ground) + draw(thread, ground)
    )
    return (
        f'<svg xmlns="http://www.w3.org/2000/svg" viewBox="0 0 {WIDTH} {HEIGHT}" width="{WIDTH}" '
        f'height="{HEIGHT}" preserveAspectRatio="xMidYMid slice">{body}</svg>'
    )


def _weave(color: str) -> str:
    """The colour a little nearer to white, or to black where it is light already."""
    parts = [int(color[at : at + 2], 16) for at in (0, 2, 4)]
    is_light = 0.299 * parts[0] + 0.587 * parts[1] + 0.114 * parts[2] > 150
    goal, share = (0, 0.09) if is_light else (255, 0.13)
    return "#" + "".join(f"{round(part + (goal - part) * share):02x}" for part in parts)


def _draw_waves(thread: str, ground: str) -> str:
    """Seigaiha: each row of waves lies over the row behind it."""
    return "".join(
        circle(x, y, r, ground if r == 24 else "none", stroke=thread, stroke_width=1.3)
        for y in (0, 12, 24, 36, 48)
        for x in ((0, 48) if y % 24 == 0 else (24,))
        for r in (24, 17, 10)
    )


def _draw_hemp(thread: str, ground: str) -> str:
    """Asanoha: a net of triangles, in each of them three lines that meet in its middle."""
    d = "M0 0 24 41.6 48 0ZM0 83.1 24 41.6 48 83.1M0 0V83.1M48 0V83.1M24 0V83.1"
    d += "M0 0 24 13.9 48 0M0 83.1 24 69.3 48 83.1M24 41.6 0 27.7M24 41.6 48 27.7"
    d += "M24 41.6 0 55.4M24 41.6 48 55.4"
    return line(d, thread, 1.2)


def _draw_leaves(thread: str, ground: str) -> str:
    blade = line(
        "M0 0C-9-8-9-20 0-30 9-20 9-8 0 0V-24M0-8-4-13M0-8 4-13M0-15-3-19M0-15 3-19", thread, 1.2
    )
    return "".join(
        group(blade, x=x, y=y, turn=turn)
        for x, y, turn in ((18, 38, 32), (52, 42, -34), (20, 78, -38), (54, 84, 30))
    )


def _draw_rings(thread: str, ground: str) -> str:
    """Of a tree: around a heart in the lower right corner."""
    rings = [
        f"M{392 - r} 236a{r} {r * 0.94:.0f} 0 1 1 {2 * r} 0a{r} {r * 0.94:.0f} 0 1 1-{2 * r} 0"
        for r in (6, 16, 24, 38, 46, 60, 76, 84, 100, 112, 130, 148, 156, 176, 196, 206, 230, 252, 262, 288, 312, 340, 352, 380, 410)
    ]  # fmt: skip
    return line("".join(rings), thread, 1.4)


def _draw_plum(thread: str, ground: str) -> str:
    blossom = "".join(
        circle(x, y, 5.2, "none", stroke=thread, stroke_width=1.2)
        for x, y in around(0, 0, 6.6, 5, -1.5708)
    ) + circle(0, 0, 1.6, thread)
    return (
        group(blossom, x=14, y=14) + group(blossom, x=42, y=42, turn=36)
        + line("M28 14h28M0 42h28M42 0v28M14 28v28", thread, 1, stroke_dasharray="1 4")
    )  # fmt: skip


def _draw_rays(thread: str, ground: str) -> str:
    """Of a sun that stands below the left corner."""
    inner, outer = around(30, 300, 90, 96), around(30, 300, 620, 96)
    rays = "".join(
        f"M{a:.0f} {b:.0f}L{c:.0f} {d:.0f}"
        for (a, b), (c, d) in zip(inner, outer, strict=True)
        if d < 300 and c > 0
    )
    return line(rays, thread, 1.3) + line(
        "M30 230a70 70 0 0 1 70 70M30 244a56 56 0 0 1 56 56", thread, 1.3
    )


# Kind: width and height of the piece that repeats (none: the whole card is one), its drawing
PATTERNS: dict[str, tuple[float, float, Callable[[str, str], str]]] = {
    "waves": (48, 24, _draw_waves),
    "hemp": (48, 83.1, _draw_hemp),
    "leaves": (70, 90, _draw_leaves),
    "rings": (0, 0, _draw_rings),
    "plum": (56, 56, _draw_plum),
    "rays": (0, 0, _draw_rays),
}
