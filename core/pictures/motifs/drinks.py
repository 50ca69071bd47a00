"""Cups, pots and glasses."""

from core.pictures.palettes import COFFEE, GLASS, GOLD, GRAPE, RED, Palette
from core.pictures.paper import (
    Dice,
    circle,
    ellipse,
    group,
    leaf,
    lift,
    line,
    path,
    rect,
    slice_of_fruit,
    sprig,
    steam,
)


def draw_coffee(p: Palette, dice: Dice) -> str:
    cup, band = dice.pick(((p.main, p.accent), (p.second, p.cream), (p.deep, p.second)))
    marks = dice.pick(
        (
            path("M139 172H261Q259 186 254 196H146Q141 186 139 172Z", band),
            "".join(circle(x, 188, 6, band) for x in (164, 188, 212, 236)),
            line("M146 190q9-12 18 0t18 0 18 0 18 0 18 0 18 0", band, 5),
        )
    )
    beans = "".join(
        group(
            ellipse(0, 0, 11, 8, COFFEE), line("M-8 2Q0-5 8-1", p.cream, 2.5),
            x=dice.between(64, 98) + 226 * (step % 2), y=dice.between(252, 272),
            turn=dice.between(-60, 60),
        )
        for step in range(dice.count(2, 4))
    )  # fmt: skip
    return (
        "".join(steam(x, 132, dice.between(56, 76), p.cream) for x in (182, 218))
        + lift(ellipse(200, 249, 96, 15, p.cream))
        + lift(
            line("M256 166C304 158 304 216 246 212", cup, 13),
            path("M134 148H266C266 208 244 244 200 244S134 208 134 148Z", cup),
            marks,
        )
        + ellipse(200, 148, 66, 14, p.cream)
        + ellipse(200, 150, 57, 10, COFFEE)
        + path("M200 156c-22-6-20-12-8-11 5 0 8 3 8 3s3-3 8-3c12-1 14 5-8 11Z", p.cream)
        + beans
    )


def draw_tea(p: Palette, dice: Dice) -> str:
    pot, lid = dice.pick(((p.main, p.deep), (p.leaf, p.deep), (p.second, p.main)))
    flip = dice.chance()
    cups = path("M-24-40H24C24-14 16 0 0 0S-24-14-24-40Z", p.cream) + ellipse(
        0, -40, 24, 6, p.accent
    )
    pieces = lift(
        line("M118 150C70 146 74 216 124 212", pot, 12),
        path("M258 176C284 172 280 140 306 128L312 138C298 160 300 206 252 210Z", pot),
    ) + lift(
        path("M112 184C112 136 148 122 188 122S264 136 264 184 236 248 188 248 112 232 112 184Z",
             pot),
        path("M140 132Q188 108 236 132 212 142 188 142T140 132Z", lid),
        circle(188, 112, 11, p.accent),
    )  # fmt: skip
    marks = dice.pick(
        (
            sprig(188, 226, 66, 0, p.cream, 2),
            "".join(circle(150 + 25 * s, 186 + 8 * (s % 2), 6, p.cream) for s in range(4)),
            line("M120 190Q188 214 256 190M124 204Q188 230 252 204", p.cream, 4),
        )
    )
    return (
        group(pieces, marks, x=400 if flip else 0, flip=flip)
        + steam(94 if flip else 306, 118, 56, p.cream)
        + lift(group(cups, x=74 if flip else 326, y=258))
    )


def draw_soda(p: Palette, dice: Dice) -> str:
    drink, peel = dice.pick(
        (("#e9a24c", RED), ("#d9705c", GOLD), ("#9fb45a", GOLD), ("#f0cf6a", "#e58a3a"))
    )
    x = dice.between(178, 222)
    bubbles = "".join(
        circle(
            dice.between(-28, 28), dice.between(-120, -20), dice.between(3, 6), GLASS, opacity=".8"
        )
        for _ in range(dice.count(6, 9))
    )
    ice = group(rect(-17, -17, 34, 34, GLASS, 7, opacity=".75"), x=-14, y=-110, turn=18) + group(
        rect(-15, -15, 30, 30, GLASS, 7, opacity=".6"), x=20, y=-96, turn=-14
    )
    slice_ = group(
        slice_of_fruit(31, peel, p.cream),
        x=dice.pick((-44, 44)), y=-146, turn=dice.between(0, 60),
    )  # fmt: skip
    glass = (
        lift(path("M-48-160H48L38-10Q37 0 27 0H-27Q-37 0-38-10Z", GLASS, opacity=".62"))
        + line("M6-30 34-206 62-216", p.main, 9)
        + path("M-43-128Q0-138 43-128L36-13Q35-6 26-6H-26Q-35-6-36-13Z", drink)
        + ice + bubbles
        + line("M-34-112-28-30", GLASS, 5, opacity=".7")
    )  # fmt: skip
    other = group(sprig(0, 0, 64, dice.between(-70, -30), p.leaf, 2), x=dice.pick((92, 300)), y=268)
    return other + group(glass, lift(slice_), x=x, y=258)


def draw_wine(p: Palette, dice: Dice) -> str:
    wine, grape = dice.pick((("#84213f", GRAPE), ("#edc967", "#a3b25c"), ("#e59a88", GRAPE)))
    flip = dice.chance()
    bottle = lift(
        path("M-16-196H16V-146C16-126 34-120 34-96V-12Q34 0 22 0H-22Q-34 0-34-12V-96C-34-120-16-126-16-146Z",
             p.deep),
        rect(-19, -204, 38, 30, p.accent, 4),
    ) + rect(-34, -84, 68, 54, p.cream) + dice.pick(
        (circle(0, -57, 15, p.accent), sprig(0, -36, 40, 0, p.leaf, 2),
         line("M-18-64H18M-18-52H18", p.main, 5))
    )  # fmt: skip
    glass = lift(
        path("M-42-150H42C44-100 30-72 5-68V-10C5-5 30-5 32 0H-32C-30-5-5-5-5-10V-68C-30-72-44-100-42-150Z",
             GLASS, opacity=".85"),
    ) + path("M-38-118Q-18-126 0-118T38-118C36-92 24-76 0-75S-36-92-38-118Z", wine)  # fmt: skip
    grapes = "".join(
        circle(x, y, 10, grape)
        for x, y in ((0, 0), (18, 2), (36, 0), (9, -14), (27, -14), (18, -28))
    )
    return group(
        group(bottle, x=158, y=254),
        group(glass, x=252, y=262, size=dice.between(0.95, 1.1)),
        lift(group(grapes, leaf(18, -34, 30, 70, p.leaf, 0.4), x=62, y=262)),
        x=400 if flip else 0,
        flip=flip,
    )


def draw_mug(p: Palette, dice: Dice) -> str:
    """The mug itself, as a thing to own."""
    clay, mark = dice.pick(((p.cream, p.main), (p.main, p.cream), (p.second, p.deep)))
    flip = dice.chance()
    marks = dice.pick(
        (
            sprig(190, 226, 84, -8, mark, 3),
            "".join(line(f"M{x} 152V226", mark, 6) for x in (150, 170, 190, 210, 230)),
            "".join(circle(152 + 26 * (s % 4), 166 + 24 * (s // 4), 6, mark) for s in range(12)),
            path("M126 196Q158 176 190 196T254 196V236Q254 250 240 250H140Q126 250 126 236Z", mark),
        )
    )
    mug = lift(
        line("M250 160C308 152 308 228 250 222", clay, 17),
        path("M126 132H254V236Q254 250 240 250H140Q126 250 126 236Z", clay),
    )
    rim = ellipse(190, 132, 64, 11, clay) + ellipse(190, 133, 54, 7, p.deep)
    branch = lift(group(sprig(0, 0, 120, dice.between(-30, -8), p.leaf, 3), x=88, y=262))
    return group(branch, mug, marks, rim, x=400 if flip else 0, flip=flip)
