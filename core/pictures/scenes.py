"""Small scenes for pages that have nothing to show yet, or can't show it."""

from collections.abc import Callable

from core.pictures.palettes import CRUMB, GOLD, PALETTES, STEEL, WOOD, WOOD_DARK, Palette
from core.pictures.paper import (
    BACK,
    GROUND,
    circle,
    ellipse,
    group,
    leaf,
    lift,
    line,
    path,
    rect,
    sprig,
)

_HILL = "M24 250C90 228 150 262 210 244S330 232 376 252C360 276 300 284 200 284S44 276 24 250Z"
_CLOUD = "M0 0C-22 0-24-28-2-30-2-54 34-60 44-38 62-48 82-34 76-16 90-12 88 0 76 0Z"


def draw_scene(name: str) -> str:
    """An SVG of 400 by 300 on clear ground, for any paper. KeyError for unknown names."""
    place, draw = SCENES[name]
    papers = PALETTES[place]
    _wall, back, ground = papers.night
    return (
        '<svg xmlns="http://www.w3.org/2000/svg" viewBox="0 0 400 300" width="400" height="300">'
        f"<style>.b{{fill:{papers.back}}}.g{{fill:{papers.ground}}}"
        f"@media(prefers-color-scheme:dark){{.b{{fill:{back}}}.g{{fill:{ground}}}}}</style>"
        '<defs><filter id="s" x="-20%" y="-20%" width="140%" height="150%"><feDropShadow dx="0" '
        'dy="4" stdDeviation="3" flood-color="#201008" flood-opacity=".28"/></filter></defs>'
        f"{circle(200, 144, 116, BACK)}{lift(path(_HILL, GROUND))}{draw(papers)}</svg>"
    )


def _draw_no_purchases(p: Palette) -> str:
    """A paper bag that waits for its first errand."""
    receipt = lift(path("M252 96H312V222L302 214 292 222 282 214 272 222 262 214 252 222Z", p.cream)) + line("M266 120H298M266 138H298M266 156H284", p.second, 5)  # fmt: skip
    return (
        group(receipt, x=-28, y=-26, turn=6)
        + line("M156 130C156 84 204 84 204 130", p.deep, 8)
        + lift(path("M112 122H248L256 256H104Z", WOOD))
        + path("M112 122H248L244 140 232 130 218 140 204 130 190 140 176 130 162 140 148 130 134 140 122 130 113 138Z", WOOD_DARK)
        + line("M140 124C140 70 220 70 220 124", p.main, 8) + sprig(180, 234, 72, 0, p.cream, 2)
        + lift(sprig(84, 264, 74, -16, p.leaf, 3))
    )  # fmt: skip


def _draw_no_rewards(p: Palette) -> str:
    """A box with its lid off, and room in it."""
    sparks = "".join(
        path(f"M{x} {y}q4 18 19 19-15 2-19 19-4-17-19-19 15-1 19-19Z", GOLD)
        for x, y in ((170, 60), (236, 40), (208, 100))
    )
    return (
        sparks
        + path("M118 164H282L268 180H132Z", p.ink)
        + lift(path("M122 170H278V248Q278 258 268 258H132Q122 258 122 248Z", p.main)) + rect(188, 170, 24, 88, p.accent)
        + lift(group(rect(-86, -15, 172, 30, p.main, 6), rect(-12, -15, 24, 30, p.accent), path("M0-16C-20-48-62-44-56-24S-16-8 0-16ZM0-16C20-48 62-44 56-24S16-8 0-16Z", p.accent), x=292, y=214, turn=66))
        + lift(sprig(92, 266, 80, -14, p.leaf, 3))
    )  # fmt: skip


def _draw_nothing_found(p: Palette) -> str:
    return (
        lift(*(leaf(x, y, 54, turn, color, 0.36) for x, y, turn, color in ((96, 250, -48, p.leaf), (118, 262, 66, p.second), (300, 252, 32, p.accent), (268, 268, -70, p.leaf))))
        + lift(group(rect(-11, 78, 22, 92, p.deep, 11), rect(-8, 64, 16, 24, GOLD), circle(0, 0, 72, "none", stroke=p.main, stroke_width=17), x=180, y=122, turn=-38))
        + circle(180, 122, 64, "#fff", opacity=".45") + line("M138 116C142 94 158 82 176 80", p.cream, 8)
        + line("M168 138h24", p.deep, 6) + circle(160, 114, 5, p.deep) + circle(200, 114, 5, p.deep)
    )  # fmt: skip


def _draw_no_notices(p: Palette) -> str:
    """A letter box in peace."""
    bird = lift(path("M0 0C-6-30 18-46 40-38 60-60 84-40 76-22L88-16 74-12C66 8 40 18 18 14L-22 22Z", p.second), path("M14-10C30-24 48-16 50-2 38 8 22 4 14-10Z", p.main)) + circle(66, -32, 3.5, p.ink) + line("M30 14V24M42 13V24", p.ink, 3.5)  # fmt: skip
    return (
        lift(rect(190, 186, 20, 80, WOOD_DARK))
        + lift(path("M122 194V138C122 100 178 100 178 138V194Z", p.deep), path("M150 110H250C288 110 288 138 288 150V194H178V138C178 120 168 110 150 110Z", p.main))
        + path("M132 190V140C132 114 168 114 168 140V190Z", p.ink)
        + rect(222, 150, 46, 9, p.deep, 4.5) + lift(line("M276 176V128", GOLD, 7), rect(276, 122, 26, 18, GOLD, 3))
        + group(bird, x=186, y=86) + lift(sprig(96, 270, 80, -12, p.leaf, 3), sprig(308, 270, 56, 16, p.leaf, 2))
    )  # fmt: skip


def _draw_offline(p: Palette) -> str:
    """Two tins on a string, and the string is cut."""
    tin = path("M-36-46V40C-36 54 36 54 36 40V-46Z", STEEL) + rect(-36, -24, 72, 46, p.main) + ellipse(0, -46, 36, 10, "#eef0ee") + ellipse(0, -45, 27, 6, p.ink) + circle(0, -1, 13, p.cream)  # fmt: skip
    return (
        lift(path(_CLOUD, p.cream, transform="translate(212 100)"))
        + line("M110 220C110 262 150 262 162 232S176 176 190 190M290 214C280 262 250 262 240 236S232 182 218 186", GOLD, 6)
        + line("M190 190l-8-12M190 190l-14-2M218 186l10-10M218 186l12 0", GOLD, 4)
        + lift(group(tin, x=108, y=204, turn=-10)) + lift(group(tin, x=292, y=200, turn=12))
    )  # fmt: skip


def _draw_missing(p: Palette) -> str:
    """A signpost that points everywhere."""
    return (
        lift(path(_CLOUD, p.cream, transform="translate(108 92) scale(.9)"))
        + lift(rect(192, 62, 18, 204, WOOD_DARK, 5))
        + lift(group(path("M-70-20H56L78 0 56 20H-70Z", p.main), line("M-48 0H30", p.cream, 7, stroke_dasharray="22 16"), x=214, y=98, turn=-5))
        + lift(group(path("M70-20H-56L-78 0-56 20H70Z", p.accent), line("M-34 0H46", p.cream, 7, stroke_dasharray="16 14"), x=190, y=150, turn=4))
        + lift(group(path("M-54-16H44L62 0 44 16H-54Z", p.second), line("M-36 0H26", p.cream, 6, stroke_dasharray="10 12"), x=216, y=196, turn=-3))
        + lift(sprig(120, 270, 84, -14, p.leaf, 3), sprig(282, 270, 60, 14, p.leaf, 2))
    )  # fmt: skip


def _draw_broken(p: Palette) -> str:
    """A cup that fell, and is going to be mended."""
    return (
        path("M226 250C262 236 330 240 340 256 330 272 262 274 222 268Z", "#553425")
        + lift(
            group(
                line("M-62-34C-104-42-106 8-58 6", p.main, 13),
                path("M-66-52H66C66 8 44 44 0 44S-66 8-66-52Z", p.main), x=176, y=214, turn=68,
            ),
        )
        + group(ellipse(0, 0, 66, 14, p.cream), ellipse(0, 1, 57, 10, "#553425"), x=225, y=195, turn=68)
        + line("M134 186l22 10-4 20 24 12-2 24", GOLD, 5)
        + lift(path("M292 232l26-12 10 22-22 6Z", p.main), path("M330 262l18-8 4 14Z", p.main))
        + lift(group(rect(-5, -86, 10, 72, WOOD, 4), path("M-6-16H6Q8 6 0 18-8 6-6-16Z", GOLD), x=92, y=246, turn=-18))
    )  # fmt: skip


def _draw_locked(p: Palette) -> str:
    """A door for which there is a key."""
    key = circle(0, 0, 20, "none", stroke=GOLD, stroke_width=10) + line("M0 22V78M0 76H18M0 58H13", GOLD, 10)  # fmt: skip
    return (
        lift(path("M124 258V126C124 52 264 52 264 126V258Z", p.deep))
        + lift(path("M138 258V130C138 70 250 70 250 130V258Z", p.main))
        + path("M154 160V134C154 98 186 92 188 92V160ZM234 160V134C234 98 202 92 200 92V160Z", p.second)
        + rect(154, 176, 34, 66, p.deep, 4, opacity=".4") + rect(200, 176, 34, 66, p.deep, 4, opacity=".4")
        + lift(circle(194, 170, 13, GOLD)) + path("M194 162a5 5 0 0 1 3 9l2 8H189l2-8a5 5 0 0 1 3-9Z", p.ink)
        + lift(rect(104, 254, 180, 14, CRUMB, 4))
        + lift(group(key, x=312, y=172, turn=24)) + lift(sprig(84, 270, 84, -12, p.leaf, 3))
    )  # fmt: skip


SCENES: dict[str, tuple[str, Callable[[Palette], str]]] = {
    "no-purchases": ("sage", _draw_no_purchases),
    "no-rewards": ("plum", _draw_no_rewards),
    "nothing-found": ("shore", _draw_nothing_found),
    "no-notices": ("apricot", _draw_no_notices),
    "offline": ("indigo", _draw_offline),
    "missing": ("sage", _draw_missing),
    "broken": ("shore", _draw_broken),
    "locked": ("plum", _draw_locked),
}
