"""Where one goes: outside, on a stage, down the line."""

from core.pictures.palettes import STEEL, WOOD, WOOD_DARK, Palette
from core.pictures.paper import (
    Dice,
    around,
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

_GREENS = ("#6f9156", "#54794f", "#86a262")


def _tree(x: float, y: float, size: float, crown: str, kind: int) -> str:
    """One of three trees of the same wood."""
    trunk = path("M-5 0-4-50H4L5 0Z", WOOD_DARK)
    crowns = (
        ellipse(0, -76, 32, 42, crown),
        path("M0-136 34-62H16L38-26H-38L-16-62H-34Z", crown),
        circle(-16, -60, 24, crown) + circle(16, -62, 24, crown) + circle(0, -86, 26, crown),
    )
    return lift(group(trunk, crowns[kind], x=x, y=y, size=size))


def draw_walk(p: Palette, dice: Dice) -> str:
    kind, flip = dice.count(0, 2), dice.chance()
    trees = "".join(
        _tree(x + dice.between(-8, 8), y, size, dice.pick(_GREENS), (kind + step) % 3)
        for step, (x, y, size) in enumerate(((62, 236, 0.85), (110, 252, 1.15), (316, 236, 0.8), (356, 256, 1.2)))
    )  # fmt: skip
    way = path("M150 300C190 262 252 262 226 236 214 226 226 220 236 217L246 219C236 226 244 232 254 242 272 266 236 276 238 300Z", p.cream)  # fmt: skip
    sign = group(rect(-4, -62, 8, 66, WOOD), path("M-6-60H38L50-48 38-36H-6Z", p.accent), x=188, y=258)  # fmt: skip
    return group(way, trees, lift(sign), x=400 if flip else 0, flip=flip)


def draw_tree(p: Palette, dice: Dice) -> str:
    """A young tree, just planted."""
    leaves = ""
    for x, y, turn in ((200, 96, 0), (186, 122, -50), (214, 118, 48), (180, 150, -66), (220, 148, 64), (190, 176, -58), (212, 180, 56)):  # fmt: skip
        color = dice.pick(_GREENS)
        leaves += leaf(x, y, dice.between(54, 72), turn + dice.between(-8, 8), color, 0.36)
    flip = dice.chance()
    return group(
        lift(line("M200 236C202 190 196 150 200 92", WOOD_DARK, 9), leaves),
        lift(line("M172 238V150", WOOD, 7)), line("M170 172Q186 182 202 172", p.accent, 5),
        lift(path("M128 258C136 226 170 218 200 218S264 226 272 258Q200 272 128 258Z", WOOD_DARK)),
        lift(group(rect(-6, -84, 12, 76, WOOD, 5), line("M-16-84H16", p.deep, 10), path("M-23-14H23V18Q18 44 0 50-18 44-23 18Z", STEEL), x=318, y=216, turn=dice.between(8, 18))),
        x=400 if flip else 0, flip=flip,
    )  # fmt: skip


def draw_bicycle(p: Palette, dice: Dice) -> str:
    frame, flip = dice.pick((p.main, p.accent, p.deep)), dice.chance()
    wheels = "".join(
        circle(x, 212, 50, "none", stroke=p.ink, stroke_width=9)
        + line("M" + "M".join(f"{x} 212 {a:.0f} {b:.0f}" for a, b in around(x, 212, 44, 8, dice.between(0, 1))), p.cream, 2)
        + circle(x, 212, 7, p.ink)
        for x in (112, 288)
    )  # fmt: skip
    return group(
        lift(wheels),
        lift(
            line("M112 212 154 142H256L196 212ZM154 142 196 212M288 212 250 120", frame, 10),
            line("M154 142 148 122M250 120 246 104H278", frame, 10),
        ),
        line("M130 120H168", p.ink, 13), circle(196, 212, 14, p.accent if frame != p.accent else p.deep),
        line("M196 212 210 236M202 238H222", p.ink, 6), line("M246 104Q290 96 282 120", p.ink, 7),
        lift(path("M262 116H334L326 160Q325 166 318 166H280Q272 166 271 160Z", WOOD)),
        lift(*(leaf(298, 122, 52, turn, p.leaf, 0.26) for turn in (-36, -10, 16)), circle(312, 96, 11, p.second), circle(290, 88, 11, p.accent if frame != p.accent else p.cream)),
        line("M268 130H330M270 146H328", WOOD_DARK, 4),
        x=400 if flip else 0, flip=flip,
    )  # fmt: skip


def draw_travel(p: Palette, dice: Dice) -> str:
    """A train on its way through hills."""
    coat, band = dice.pick(((p.main, p.cream), (p.cream, p.main), (p.second, p.deep)))
    flip = dice.chance()
    windows = "".join(rect(x, 172, 38, 30, p.deep if coat != p.deep else p.cream, 6) for x in (34, 84, 134, 184))  # fmt: skip
    birds = "".join(
        line(f"M{x} {y}q8-9 13 0 5-9 13 0", p.ink, 3.5)
        for x, y in ((70, 84), (104, 66), (306, 60))[: dice.count(1, 3)]
    )
    return group(
        birds,
        "".join(_tree(x, 214, 0.7, p.leaf, dice.count(0, 2)) for x in (292, 330, 372)),
        lift(path("M-10 154H252C300 154 326 192 332 232Q333 244 320 244H-10Z", coat)),
        windows, path("M240 172H256C276 174 288 188 294 202H240Z", p.deep if coat != p.deep else p.cream),
        path("M-10 216H326L331 228H-10Z", band), circle(312, 222, 7, p.accent),
        "".join(circle(x, 248, 13, p.ink) + circle(x, 248, 5, STEEL) for x in (44, 96, 216, 268)),
        line("M-10 263H410", p.ink, 5), line("M10 274H400", WOOD_DARK, 8, stroke_dasharray="18 22"),
        x=400 if flip else 0, flip=flip,
    )  # fmt: skip


def draw_museum(p: Palette, dice: Dice) -> str:
    """Pictures on a wall, and one worth the bench before it."""
    frame = dice.pick((p.accent, p.cream, p.deep))
    scene = dice.pick(
        (
            path("M132 172V140Q170 96 206 140T268 124V172Z", p.main) + circle(232, 86, 17, p.accent),
            circle(184, 122, 36, p.main) + circle(224, 112, 30, p.second) + circle(208, 144, 18, p.deep),
            path("M132 172V58H190L150 172Z", p.main) + path("M190 58H268V110Z", p.second) + circle(218, 144, 22, p.accent),
        )
    )  # fmt: skip
    left, right = dice.pick(((p.second, p.leaf), (p.leaf, p.main)))
    return (
        lift(rect(118, 44, 164, 142, frame, 4)) + rect(132, 58, 136, 114, "#fffaf0") + scene
        + lift(rect(32, 82, 62, 80, WOOD_DARK, 3)) + rect(40, 90, 46, 64, left) + circle(63, 122, 13, p.cream)
        + lift(rect(306, 82, 62, 80, WOOD_DARK, 3)) + rect(314, 90, 46, 64, right) + sprig(337, 150, 50, 0, p.cream, 2)
        + lift(path("M112 222H288Q296 222 296 230T288 240H112Q104 240 104 230T112 222Z", p.main), path("M124 240H138L134 272H126ZM262 240H276L274 272H266Z", p.deep))
    )  # fmt: skip


def draw_concert(p: Palette, dice: Dice) -> str:
    curtain = dice.pick((p.main, p.deep, p.accent))
    folds = line(
        "M22 0C26 90 18 170 24 252M46 0C50 90 40 160 36 252M354 0C350 90 360 160 364 252"
        "M378 0C374 90 382 170 376 252", p.ink, 4, opacity=".25"
    )  # fmt: skip
    flip = dice.chance()
    piano = lift(
        path("M110 166H212C212 132 246 120 276 132 300 142 294 166 296 176V196H110Z", p.ink),
        path("M214 160 300 84 292 134Z", p.ink, opacity=".85"),
    ) + rect(100, 178, 60, 10, p.cream) + path("M104 178h4v6h-4zm9 0h4v6h-4zm9 0h4v6h-4zm9 0h4v6h-4zm9 0h4v6h-4z", p.ink)  # fmt: skip
    legs = line("M124 196V248M280 196V248M216 196V248", p.ink, 7)
    notes = "".join(
        group(ellipse(0, 0, 9, 7, p.accent), line("M8-1V-34L22-28", p.accent, 5), x=x, y=y, turn=dice.between(-12, 12))
        for x, y in ((120, 118), (168, 88), (250, 66), (206, 120))[: dice.count(2, 4)]
    )  # fmt: skip
    return (
        path("M150 0H250L330 262H70Z", p.accent, opacity=".24")
        + ellipse(200, 254, 132, 16, p.cream, opacity=".5")
        + group(legs, piano, lift(rect(56, 212, 44, 10, p.second, 4)), line("M64 220V250M92 220V250", p.ink, 5), lift(notes), x=400 if flip else 0, flip=flip)
        + lift(path("M0 0H88C84 110 44 180 52 262H0Z", curtain))
        + lift(path("M400 0H312C316 110 356 180 348 262H400Z", curtain)) + folds
        + lift(path("M0 0H400V34Q375 56 350 36 325 56 300 36 275 56 250 36 225 56 200 36 175 56 150 36 125 56 100 36 75 56 50 36 25 56 0 34Z", curtain))
    )  # fmt: skip


def draw_film(p: Palette, dice: Dice) -> str:
    coat, flip = dice.pick((p.main, p.deep, p.second)), dice.chance()
    reels = "".join(
        lift(circle(x, y, r, p.ink)) + "".join(circle(a, b, r * 0.2, p.cream) for a, b in around(x, y, r * 0.56, 5, dice.between(0, 1))) + circle(x, y, r * 0.16, p.accent)
        for x, y, r in ((138, 100, 46), (224, 92, 56))
    )  # fmt: skip
    return group(
        path("M286 186 400 120V270L286 214Z", p.accent, opacity=".5"),
        lift(line("M180 236 136 276M196 236 240 276", p.ink, 9)),
        reels,
        lift(rect(104, 144, 152, 96, coat, 12), path("M256 176 290 164V226L256 214Z", p.ink)),
        circle(142, 192, 22, p.cream), circle(142, 192, 12, p.accent), line("M186 174H232M186 192H232M186 210H214", p.cream, 6),
        x=400 if flip else 0, flip=flip,
    )  # fmt: skip


def draw_music(p: Palette, dice: Dice) -> str:
    sleeve, disc = dice.pick(((p.main, p.accent), (p.second, p.main), (p.deep, p.second)))
    flip = dice.chance()
    art = dice.pick(
        (
            circle(150, 150, 52, disc) + path("M98 150A52 52 0 0 0 202 150Z", p.cream),
            "".join(line(f"M{98 + 21 * s} {188 - h}V188", p.cream, 11) for s, h in enumerate((30, 66, 46, 84, 54, 24))),
            path("M82 206Q116 120 150 160T218 110V206Z", disc) + circle(120, 112, 20, p.cream),
        )
    )  # fmt: skip
    record = lift(circle(0, 0, 88, "#26201f")) + "".join(
        circle(0, 0, r, "none", stroke="#4a4140", stroke_width=2) for r in (78, 68, 58, 48)
    ) + circle(0, 0, 32, disc) + circle(0, 0, 6, p.cream)  # fmt: skip
    shine = path("M-8-86A88 88 0 0 1 44-76L20-36A40 40 0 0 0-4-40Z", "#fff", opacity=".12")
    return group(
        group(record, shine, group(line("M-16 0H16", p.cream, 4), y=14), x=256, y=152, turn=dice.between(-20, 20)),
        lift(rect(68, 68, 164, 164, sleeve, 5)), art,
        x=400 if flip else 0, flip=flip,
    )  # fmt: skip


def draw_sport(p: Palette, dice: Dice) -> str:
    frame, flip = dice.pick((p.main, p.accent, p.deep)), dice.chance()
    racket = group(
        "".join(line(f"M{x} {-y}V{y}", p.cream, 3) for x, y in ((-36, 44), (-18, 62), (0, 68), (18, 62), (36, 44))),
        "".join(line(f"M{-x} {y}H{x}", p.cream, 3) for y, x in ((-50, 32), (-30, 44), (-10, 50), (10, 50), (30, 44), (50, 32))),
        lift(ellipse(0, 0, 54, 72, "none", stroke=frame, stroke_width=13), line("M-32 60-7 104M32 60 7 104", frame, 10), rect(-10, 98, 20, 84, p.ink, 8)),
        line("M-9 118 9 126M-9 136 9 144M-9 154 9 162", p.second, 4),
    )  # fmt: skip
    ball = circle(0, 0, 25, "#dcd85f") + line("M-21-12Q0 0-8 23M21 12Q0 0 8-23", p.cream, 4)
    return group(
        group(racket, x=168, y=112, turn=dice.between(-40, -24)),
        lift(group(ball, x=306, y=104 + dice.between(-20, 10), turn=dice.between(0, 90))),
        lift(group(ball, x=92, y=236)) if dice.chance() else "",
        lift(path("M292 184H326V200Q338 208 338 222V262Q338 272 328 272H290Q280 272 280 262V222Q280 208 292 200Z", p.second), rect(292, 170, 34, 18, p.deep, 5), rect(280, 224, 58, 24, p.cream)),
        x=400 if flip else 0, flip=flip,
    )  # fmt: skip
