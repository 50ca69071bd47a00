"""What is printed, sealed, wrapped or pinned on."""

from core.pictures.palettes import GOLD, RED, Palette
from core.pictures.paper import (
    BACK,
    Dice,
    around,
    circle,
    ellipse,
    group,
    leaf,
    lift,
    line,
    n,
    path,
    rect,
    sprig,
)


def draw_calendar(p: Palette, dice: Dice) -> str:
    head = dice.pick((p.main, p.accent, p.deep))
    marked = dice.count(3, 17)
    x, y = 126 + 31 * (marked % 5), 142 + 27 * (marked // 5)
    days = line(
        "".join(f"M{131 + 31 * (step % 5)} {151 + 27 * (step // 5)}h12" for step in range(20)),
        "#eadcc8", 18,
    ) + rect(x, y, 22, 18, p.main if head == p.accent else p.accent, 6)  # fmt: skip
    rings = "".join(rect(x, 54, 10, 34, p.ink, 5) for x in (144, 195, 246))
    return (
        lift(group(rect(-92, -98, 184, 196, p.second, 8), x=204, y=164, turn=dice.between(3, 7)))
        + lift(rect(108, 70, 184, 186, p.cream, 8))
        + path("M108 124V78Q108 70 116 70H284Q292 70 292 78V124Z", head)
        + days + rings
        + lift(circle(x + 11, y + 9, 19, "none", stroke=p.second, stroke_width=5))
        + lift(group(sprig(0, 0, 96, dice.between(18, 36), p.leaf, 3), x=dice.pick((300, 312)), y=270))
    )  # fmt: skip


def draw_book(p: Palette, dice: Dice) -> str:
    colors = [p.main, p.second, p.deep, p.accent, p.leaf]
    start, y, pile = dice.count(0, 4), 252.0, ""
    for step in range(dice.count(2, 3)):
        height, width = dice.between(28, 36), dice.between(178, 216)
        x, color = 200 - width / 2 + dice.between(-14, 14), colors[(start + step) % 5]
        y -= height
        pile += lift(rect(x, y, width, height, color, 5)) + rect(x + 10, y + 7, width - 10, height - 14, p.cream) + rect(x, y, 16, height, color, 5)  # fmt: skip
    cover = colors[(start + 3) % 5]
    mark = dice.pick(
        (sprig(0, 26, 62, 0, p.cream, 2), circle(0, -6, 24, p.cream), line("M-26-30H26M-26-14H26M-26 2H8", p.cream, 6))
    )  # fmt: skip
    standing = group(
        lift(path("M-8-62 60-54V62L-8 70Z", p.cream)),
        lift(rect(-60, -70, 104, 138, cover, 5)), line("M-46-70V68", p.ink, 3, opacity=".35"),
        group(mark, x=2, y=0), x=204, y=y - 66, turn=dice.between(-5, 5),
    )  # fmt: skip
    return pile + standing


def draw_card(p: Palette, dice: Dice) -> str:
    """A gift card with its ribbon."""
    face, mark = dice.pick(((p.main, p.accent), (p.second, p.cream), (p.deep, p.second)))
    waves = dice.pick(
        (
            "".join(line(f"M{122 - r} 76A{r} {r} 0 0 1 122 {76 - r}", mark, 3, opacity=".6") for r in (20, 36, 52, 68)),
            "".join(line(f"M-126 {y}q21-16 42 0t42 0 42 0 42 0 42 0 42 0", mark, 3, opacity=".6") for y in (40, 54, 68)),
            "".join(circle(-104 + 26 * s, 56, 5, mark, opacity=".8") for s in range(9)),
        )
    )  # fmt: skip
    bow = (
        path("M0 0C-20-34-62-36-62-12S-20 10 0 0ZM0 0C20-34 62-36 62-12S20 10 0 0Z", p.accent if face != p.accent and mark != p.accent else p.cream)
        + path("M-4 0-30 44-16 42-10 54 6 4ZM4 0 30 44 16 42 10 54-6 4Z", p.accent if mark != p.accent else p.cream)
        + circle(0, 0, 11, p.deep if face != p.deep else p.main)
    )  # fmt: skip
    turn = dice.between(-10, -3) * dice.pick((1, -1))
    return (
        lift(group(rect(-126, -80, 252, 160, p.cream, 16), x=206, y=160, turn=-turn))
        + lift(group(rect(-126, -80, 252, 160, face, 16), waves, rect(-70, -80, 22, 160, mark), rect(-126, -26, 252, 20, mark), x=200, y=152, turn=turn))
        + lift(group(bow, x=140, y=138 + turn, turn=turn))
    )  # fmt: skip


def draw_ticket(p: Palette, dice: Dice) -> str:
    colors = [p.main, p.second, p.deep, p.accent]
    first = dice.count(0, 3)
    shape = "M-120-54H50A13 13 0 0 0 76-54H120V54H76A13 13 0 0 0 50 54H-120Z"
    turn = dice.between(5, 13) * dice.pick((1, -1))
    mark = dice.pick(
        (
            path(_star(34, 15), p.cream),
            sprig(0, 40, 78, 0, p.cream, 2),
            path("M0 34C-38 8-50-12-40-28-28-42-8-38 0-22 8-38 28-42 40-28 50-12 38 8 0 34Z", p.cream),
        )
    )  # fmt: skip
    front = (
        path(shape, colors[first])
        + line("M63-34V34", p.cream, 4, stroke_dasharray="1 11")
        + rect(-110, -44, 152, 88, "none", 8, stroke=p.cream, stroke_width=2.5, opacity=".7")
        + group(mark, x=-34)
        + line("M90-24V24M102-24V24", p.cream, 4)
    )
    return lift(group(path(shape, colors[(first + 1) % 4]), x=206, y=174, turn=turn + 14)) + lift(
        group(front, x=200, y=146, turn=-turn)
    )


def draw_download(p: Palette, dice: Dice) -> str:
    """A wallpaper on a telephone."""
    sky, hill = dice.pick(((p.second, p.main), (p.accent, p.deep), (p.leaf, p.deep)))
    turn = dice.between(-11, -5) * dice.pick((1, -1))
    screen = (
        rect(-60, -104, 120, 208, sky, 16)
        + circle(dice.between(-24, 26), -36, 26, p.cream)
        + path("M-60 26Q-28-22 4 16T60 6V88Q60 104 44 104H-44Q-60 104-60 88Z", hill)
        + path(
            "M-60 62Q-16 28 16 58T60 52V88Q60 104 44 104H-44Q-60 104-60 88Z", p.ink, opacity=".45"
        )
        + rect(-20, -96, 40, 9, p.ink, 4.5)
    )
    sparks = "".join(
        path(f"M{x} {y}q3 15 16 16-13 2-16 16-3-14-16-16 13-1 16-16Z", p.accent)
        for x, y in ((84, 70), (318, 108), (92, 196), (306, 206))[: dice.count(2, 4)]
    )
    return sparks + group(
        lift(rect(-70, -116, 140, 232, p.ink, 24)), screen, x=200, y=152, turn=turn
    )


def draw_letter(p: Palette, dice: Dice) -> str:
    cover, flap = dice.pick(((p.second, p.main), (p.main, p.deep), (p.cream, p.second)))
    turn = dice.between(-5, 5)
    return group(
        lift(rect(-104, -108, 208, 150, "#fffaf0", 4)),
        line("M-78-80H30M-78-60H78M-78-40H52", p.main if cover != p.main else p.second, 6, opacity=".75"),
        group(sprig(0, 0, 56, 14, p.leaf, 2), x=72, y=-42),
        lift(path("M-128-24 0 54 128-24V92Q128 102 118 102H-118Q-128 102-128 92Z", cover)),
        lift(path("M-124 98 0 22 124 98Q122 102 118 102H-118Q-122 102-124 98Z", flap)),
        lift(circle(0, 44, 25, RED if dice.chance() else p.accent)), path(_star(13, 6), p.cream, transform="translate(0 44)"),
        x=200, y=158, turn=turn,
    )  # fmt: skip


def draw_medal(p: Palette, dice: Dice) -> str:
    ribbon, stripe = dice.pick(((p.main, p.cream), (p.deep, p.second), (p.second, p.main)))
    edge = "M" + "L".join(
        f"{n(a)} {n(b)}" for pair in zip(around(0, 0, 74, 20), around(0, 0, 65, 20, 0.157), strict=True) for a, b in pair
    ) + "Z"  # fmt: skip
    mark = dice.pick(
        (
            path(_star(34, 15), p.cream),
            sprig(0, 32, 66, -28, p.cream, 3) + sprig(0, 32, 66, 28, p.cream, 3),
            path(
                "M0 30C-34 8-42-10-34-24-24-36-6-32 0-18 6-32 24-36 34-24 42-10 34 8 0 30Z", p.cream
            ),
        )
    )
    return group(
        lift(path("M-30-200H-84L-26 6 10-20Z", ribbon)), line("M-56-200-6-12", stripe, 9),
        lift(path("M30-200H84L26 6-10-20Z", ribbon)), line("M56-200 6-12", stripe, 9),
        lift(path(edge, GOLD)), circle(0, 0, 56, "#d89a35"), lift(circle(0, 0, 48, p.main if ribbon != p.main else p.deep)),
        mark,
        x=200, y=184, turn=dice.between(-4, 4),
    )  # fmt: skip


def draw_gift(p: Palette, dice: Dice) -> str:
    box, band = dice.pick(
        ((p.main, p.accent), (p.second, p.main), (p.deep, p.second), (p.cream, p.accent))
    )
    mark = dice.pick(
        (
            "".join(circle(x, y, 5, band, opacity=".75") for x in (142, 166, 234, 258) for y in (180, 204, 228)),
            line("M134 190H266M134 214H266M134 236H266", band, 4, opacity=".5"),
            "",
        )
    )  # fmt: skip
    bow = "M200 124C176 76 118 72 122 100S176 130 200 124ZM200 124C224 76 282 72 278 100S224 130 200 124Z"
    small = group(rect(-34, -46, 68, 50, p.leaf, 4), rect(-6, -46, 12, 50, p.cream), path("M0-46C-10-66-34-64-30-52S-8-44 0-46ZM0-46C10-66 34-64 30-52S8-44 0-46Z", p.cream))  # fmt: skip
    return (
        lift(group(small, x=dice.pick((88, 312)), y=260))
        + lift(rect(126, 150, 148, 110, box, 5)) + mark + rect(188, 150, 24, 110, band)
        + lift(rect(114, 122, 172, 36, box, 6)) + rect(188, 122, 24, 36, band)
        + lift(path(bow, band), ellipse(200, 122, 15, 12, band)) + line("M190 118Q166 96 140 98M210 118Q234 96 260 98", box, 3)
    )  # fmt: skip


def draw_charity(p: Palette, dice: Dice) -> str:
    """A heart between two hands."""
    sleeve, skin = dice.pick(
        ((p.main, "#e8b48f"), (p.deep, "#c98f66"), (p.leaf, "#f0c6a2"), (p.second, "#8f5f45"))
    )
    hand = (
        path("M-150 120V74L-92 52C-60 40-40 52-10 60L34 66C50 68 50 86 34 88L-4 88 46 92 100 70C116 64 126 82 112 92L62 122C44 132 20 134-8 130L-92 120Z", skin)
        + path("M-190 134V62H-112V134Z", sleeve) + rect(-118, 58, 14, 78, p.cream, 5)
    )  # fmt: skip
    beats = "".join(leaf(x, y, 22, turn, p.accent, 0.3) for x, y, turn in ((112, 92, -48), (142, 60, -24), (200, 44, 0), (258, 60, 24), (288, 92, 48)))  # fmt: skip
    heart = "M0 62C-58 26-80-2-72-32-62-62-18-66 0-34 18-66 62-62 72-32 80-2 58 26 0 62Z"
    flip = dice.chance()
    return group(
        beats if dice.chance(0.7) else "",
        lift(group(path(heart, dice.pick((RED, "#dd7a64", GOLD))), path("M-44-26Q-50-2-30 14", "none", stroke=p.cream, stroke_width=6, stroke_linecap="round", opacity=".7"), x=204, y=134)),
        lift(group(hand, x=190, y=130)),
        x=400 if flip else 0, flip=flip,
    )  # fmt: skip


def draw_coins(p: Palette, dice: Dice) -> str:
    """Points, in the hand."""
    piles = ""
    for x, height in ((118, dice.count(2, 4)), (200, dice.count(5, 7)), (282, dice.count(3, 5))):
        for step in range(height):
            y = 250 - 20 * step
            piles += rect(x - 36, y - 9, 72, 22, "#d99a33" if step % 2 else "#e2a63f", 9)
        piles += ellipse(x, 250 - 20 * height + 12, 36, 11, GOLD)
        piles += ellipse(x, 250 - 20 * height + 12, 23, 6, "#d99a33")
    coin = circle(0, 0, 33, GOLD) + circle(0, 0, 25, "#d99a33") + path(_star(17, 8), p.cream)
    return lift(piles) + lift(group(coin, x=dice.pick((106, 294)), y=dice.between(92, 120), turn=dice.between(-20, 20)))  # fmt: skip


def draw_wheel(p: Palette, dice: Dice) -> str:
    """Of fortune."""
    colors, corners = (p.main, p.cream, p.second, p.accent), around(0, 0, 92, 8, -1.9635)
    fields = "".join(
        path(f"M0 0L{n(a)} {n(b)}A92 92 0 0 1 {n(c)} {n(d)}Z", colors[step % 4])
        for step, ((a, b), (c, d)) in enumerate(
            zip(corners, corners[1:] + corners[:1], strict=True)
        )
    )
    lamps = "".join(circle(x, y, 5, p.cream) for x, y in around(0, 0, 100, 12))
    confetti = "".join(
        group(rect(-6, -3, 12, 6, dice.pick(colors), 2), x=x, y=dice.between(40, 230), turn=dice.between(0, 180))
        for x in (36, 66, 84, 318, 336, 366)
    )  # fmt: skip
    return (
        confetti
        + lift(path("M168 190H232L262 284H138Z", p.deep))
        + lift(group(circle(0, 0, 108, p.deep), lamps, group(fields, turn=dice.between(0, 45)), x=200, y=146))
        + lift(circle(200, 146, 20, p.deep), circle(200, 146, 11, GOLD))
        + lift(path("M182 24H218L200 62Z", RED))
    )  # fmt: skip


def draw_pattern(p: Palette, dice: Dice) -> str:
    """Nothing in particular: papers laid edge to edge."""
    colors = [p.main, p.second, p.accent, p.leaf, p.cream, p.deep]
    body = ""
    for step in range(12):
        x, y = 50 + 100 * (step % 4), 50 + 100 * (step // 4)
        color, other = dice.pick(colors), dice.pick(colors)
        piece = dice.pick(
            (
                path("M-50 50A100 100 0 0 1 50-50V50Z", color),
                circle(0, 0, 40, color) + circle(0, 0, 18, other),
                path("M-50-50H50A100 100 0 0 1-50 50Z", color),
                path("M-50 0A50 50 0 0 1 50 0ZM-50 50A50 50 0 0 1 50 50Z", color),
                leaf(0, 44, 88, 45, color, 0.5),
            )
        )
        body += group(piece, x=x, y=y, turn=90 * dice.count(0, 3))
    return path("M0 0H400V300H0Z", BACK, opacity=".6") + lift(body)


def _star(outer: float, inner: float) -> str:
    corners = zip(
        around(0, 0, outer, 5, -1.5708), around(0, 0, inner, 5, -1.5708 + 0.6283), strict=True
    )
    return "M" + "L".join(f"{n(a)} {n(b)}" for pair in corners for a, b in pair) + "Z"
