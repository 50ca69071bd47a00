"""What is eaten."""

from core.pictures.palettes import COFFEE, CRUMB, CRUST, GOLD, GRAPE, RED, WOOD, WOOD_DARK, Palette
from core.pictures.paper import (
    Dice,
    around,
    circle,
    dyed,
    ellipse,
    group,
    leaf,
    lift,
    line,
    path,
    rect,
    sprig,
)


def draw_cake(p: Palette, dice: Dice) -> str:
    icing, sponge = dice.pick(
        ((p.cream, "#e8a48f"), ("#f0b7ad", CRUMB), (COFFEE, CRUMB), (p.cream, "#9a5f3c"))
    )
    count = dice.count(3, 5)
    berries = "".join(
        group(
            path("M0 0C-13-6-15-24 0-26S13-6 0 0Z", RED),
            leaf(0, -23, 11, -50, p.leaf, 0.5), leaf(0, -23, 11, 50, p.leaf, 0.5),
            x=200 + (step - (count - 1) / 2) * 116 / (count - 1), y=126, turn=dice.between(-12, 12),
        )
        for step in range(count)
    )  # fmt: skip
    drips, x = "M126 134Q126 118 142 118H258Q274 118 274 134V150", 274.0
    while x > 126:
        depth = dice.count(6, 26)
        drips += f"q0 {depth}-9.25 {depth}t-9.25-{depth}"
        x -= 18.5
    return (
        lift(path("M188 226H212L222 262H178Z", p.cream), ellipse(200, 264, 46, 8, p.cream))
        + lift(ellipse(200, 226, 108, 13, p.cream))
        + lift(
            path("M126 132H274V212Q274 222 264 222H136Q126 222 126 212Z", sponge),
            rect(126, 182, 148, 12, icing),
        )
        + lift(path(drips + "Z", icing))
        + lift(berries)
    )


def draw_bread(p: Palette, dice: Dice) -> str:
    flip = dice.chance()
    loaf = lift(
        path("M96 214C92 158 138 132 204 132S316 158 312 214C311 236 296 244 278 244H130C112 244 97 236 96 214Z",
             CRUST)
    ) + "".join(
        path(f"M{x} {188 - abs(x - 190) / 9:.0f}q8-30 34-34q-4 26-18 40Z", CRUMB)
        for x in (136, 184, 232)
    )  # fmt: skip
    baguette = lift(
        path("M0 0C6-18 176-18 200 0 176 18 6 18 0 0Z", WOOD),
        "".join(path(f"M{x}-9q18-3 20 16q-16 0-20-16Z", CRUMB) for x in (34, 74, 114, 150)),
    )
    ears = "".join(
        group(
            line("M0 0V-96", GOLD, 4),
            dyed(
                GOLD,
                *(
                    leaf(0, -46 - 18 * step, 23, side * 38, "", 0.36)
                    for step in range(3) for side in (-1, 1)
                ),
                leaf(0, -98, 24, 0, "", 0.36),
            ),
            turn=turn,
        )
        for turn in (-14, 14)
    )  # fmt: skip
    return group(
        group(baguette, x=164, y=166, turn=dice.between(-54, -40)),
        lift(group(ears, x=110, y=214)),
        lift(rect(60, 242, 280, 20, WOOD_DARK, 10)),
        loaf,
        x=400 if flip else 0,
        flip=flip,
    )


def draw_lunch(p: Palette, dice: Dice) -> str:
    """A set lunch from above."""
    bowl, flip = dice.pick((p.main, p.deep, p.second)), dice.chance()
    rice = circle(0, 0, 46, p.cream) + "".join(
        ellipse(x, y, 4, 2.4, CRUMB) for x, y in around(0, 0, 24, 7, dice.between(0, 1))
    )
    egg = path("M-30 4C-34-20-12-30 6-26S34-10 28 10 4 30-10 26-28 18-30 4Z", p.cream) + circle(
        0, 0, 13, GOLD
    )
    greens = "".join(
        leaf(0, 0, dice.between(30, 42), turn + dice.between(-9, 9), p.leaf, 0.34)
        for turn in (-120, -84, -48, -12, 26)
    )
    tomatoes = "".join(
        circle(x, y, 12, RED) + circle(x - 3, y - 3, 3, p.cream, opacity=".7")
        for x, y in around(26, 40, 20, dice.count(2, 3), dice.between(0, 3))
    )
    return group(
        lift(rect(56, 52, 288, 200, WOOD, 22), rect(66, 62, 268, 180, WOOD_DARK, 16, opacity=".35")),
        lift(circle(262, 146, 72, p.cream)) + circle(262, 146, 58, "#fffdf7"),
        group(lift(greens), lift(tomatoes), x=256, y=132),
        lift(group(egg, x=dice.between(228, 240), y=164, turn=dice.between(0, 80))),
        lift(circle(134, 118, 52, bowl)), group(rice, x=134, y=118),
        path("M120 108q14-14 28 0q6 14-14 20-20-6-14-20Z", RED),
        lift(circle(110, 208, 27, p.cream)), circle(110, 208, 20, GOLD),
        circle(104, 204, 5, p.leaf), circle(116, 212, 4, p.leaf),
        lift(line("M160 214 330 228M160 228 330 236", p.deep, 6)),
        x=400 if flip else 0, flip=flip,
    )  # fmt: skip


def draw_tofu(p: Palette, dice: Dice) -> str:
    dish, flip = dice.pick((p.main, p.deep, p.second)), dice.chance()
    onions = "".join(
        group(circle(0, 0, 9, p.leaf), circle(0, 0, 4, p.cream), x=200 + x, y=132 + y)
        for x, y in ((-18, 2), (4, -8), (22, 4), (0, 10), (-34, -6))[: dice.count(3, 5)]
    )
    block = lift(
        path("M116 146 268 146 268 226Q192 238 116 226Z", p.cream),
        path("M268 146 304 122V198L268 226Z", "#e6d8c2"),
        path("M116 146 156 120H304L268 146Z", "#fffdf7"),
    )
    return group(
        lift(path("M70 216H330C326 256 286 268 200 268S74 256 70 216Z", dish)),
        ellipse(200, 217, 130, 17, p.deep if dish != p.deep else p.main),
        block, lift(onions),
        lift(path("M204 130q-8-22 12-26 22 0 16 24-12 8-28 2Z", p.accent)) if dice.chance() else "",
        lift(line("M60 98 316 74M62 112 318 90", WOOD_DARK, 7)),
        x=400 if flip else 0, flip=flip,
    )  # fmt: skip


def draw_cheese(p: Palette, dice: Dice) -> str:
    flip, rind = dice.chance(), dice.pick((p.main, p.second, p.deep))
    holes = "".join(
        ellipse(x + dice.between(-6, 6), y + dice.between(-5, 5), r, r * 0.86, "#d99a33")
        for x, y, r in (
            (150, 206, 12),
            (196, 216, 9),
            (226, 186, 14),
            (262, 214, 11),
            (190, 184, 8),
        )
    )
    wedge = lift(
        path("M104 172 262 116Q302 130 306 164L104 172Z", "#f9d98b"),
        path("M104 172 306 164V238H104Z", GOLD), holes,
    )  # fmt: skip
    wheel = lift(
        path("M250 128C250 108 372 108 372 128V204C372 226 250 226 250 204Z", rind),
        ellipse(311, 128, 61, 16, p.cream),
    )
    return group(
        wheel,
        lift(rect(56, 240, 288, 18, WOOD, 9)),
        wedge,
        lift(group(sprig(0, 0, 78, dice.between(-46, -18), p.leaf, 3), x=104, y=246)),
        lift(circle(84, 232, 15, GRAPE), circle(62, 236, 13, GRAPE), circle(74, 216, 13, GRAPE)),
        x=400 if flip else 0,
        flip=flip,
    )


def draw_jam(p: Palette, dice: Dice) -> str:
    fruit, flip = dice.pick((RED, "#8c2f4d", GOLD)), dice.chance()
    cloth = dice.pick(
        (
            "".join(circle(x, y, 4, p.cream) for x, y in ((164, 100), (188, 108), (212, 100), (236, 108), (176, 84), (200, 88), (224, 84))),
            line("M152 112 172 78M180 112 190 78M208 112 208 78M236 112 228 78", p.cream, 4),
        )
    )  # fmt: skip
    jar = lift(
        path("M146 122H254Q270 132 270 152V236Q270 252 254 252H146Q130 252 130 236V152Q130 132 146 122Z",
             p.cream, opacity=".75"),
        path("M138 146H262V234Q262 244 252 244H148Q138 244 138 234Z", fruit),
    ) + lift(rect(156, 168, 88, 56, p.cream, 6))  # fmt: skip
    berry = circle(0, 0, 19, fruit) + circle(-6, -6, 4, p.cream, opacity=".7")
    return group(
        jar,
        group(circle(-9, 4, 11, fruit), circle(10, 6, 11, fruit), leaf(0, -6, 20, 40, p.leaf, 0.4), x=200, y=194),
        lift(path("M140 124Q132 112 148 96C156 76 176 72 200 72S244 76 252 96Q268 112 260 124L244 116 230 126 214 116 200 126 186 116 170 126 156 116Z", p.second if fruit != p.second else p.deep), cloth),
        line("M150 113Q200 122 250 113", p.accent if fruit != p.accent else p.deep, 5),
        lift(group(line("M0-16Q6-44 28-52Q44-40 40-12", p.leaf, 4), berry, group(berry, x=40, y=4), leaf(28, -52, 36, 74, p.leaf, 0.4), x=300, y=246)),
        lift(group(berry, x=96, y=250)) if dice.chance() else "",
        x=400 if flip else 0, flip=flip,
    )  # fmt: skip


def draw_produce(p: Palette, dice: Dice) -> str:
    carrot = (
        leaf(0, -60, 52, -20, p.leaf, 0.26) + leaf(0, -60, 60, 2, p.leaf, 0.26)
        + leaf(0, -60, 50, 24, p.leaf, 0.26)
        + path("M-27-52C-27-70 27-70 27-52 24 0 8 64 0 76-8 64-24 0-27-52Z", "#e8833a")
        + line("M-22-30h16M8-14h12M-13 12h14", "#c4622a", 4)
    )  # fmt: skip
    turnip = (
        sprig(0, -20, 78, -10, p.leaf, 2) + leaf(4, -22, 62, 26, p.leaf, 0.34)
        + path("M0-26C34-34 50-8 40 18 30 42 8 44 0 68-8 44-30 42-40 18-50-8-34-34 0-26Z", p.cream)
        + path("M0-26C34-34 50-12 44 4 20 14-20 14-44 4-50-12-34-34 0-26Z", "#a5557f")
    )  # fmt: skip
    aubergine = (
        path("M-14-44C10-52 22-30 34 2 46 36 34 70 4 72-28 72-40 40-34 6-30-16-28-38-14-44Z", "#54305a")
        + path("M-28-34Q-14-58 8-50L20-28 4-34-4-14-14-32-30-20Z", p.leaf)
        + line("M-10-50Q-16-64-6-72", p.leaf, 9) + line("M-20 4Q-22 34-8 54", "#8a5f8e", 5)
    )  # fmt: skip
    tomato = (
        path("M0-32C36-44 56-16 52 12 48 42 24 52 0 52S-48 42-52 12C-56-16-36-44 0-32Z", RED)
        + "".join(leaf(0, -30, 30, turn, p.leaf, 0.3) for turn in (-100, -50, 0, 50, 100))
        + line("M-36 6Q-34 26-20 36", "#e88c74", 5)
    )
    things = [carrot, turnip, aubergine, tomato]
    first = dice.count(0, 3)
    chosen = [things[(first + step) % 4] for step in range(3)]
    return "".join(
        lift(group(thing, x=x, y=y + dice.between(-8, 8), turn=dice.between(-24, 24), size=size))
        for thing, x, y, size in zip(
            chosen, (106, 206, 304), (160, 158, 162), (0.98, 1.18, 0.98), strict=True
        )
    )


def draw_basket(p: Palette, dice: Dice) -> str:
    weave = line("M108 192H292M116 226H284", WOOD_DARK, 5, stroke_dasharray="14 12") + line(
        "M125 209H288M133 243H280", WOOD_DARK, 5, stroke_dasharray="14 12"
    )
    goods = [
        group(path("M-15 20V-84Q-15-100 0-100T15-84V20Z", CRUST), "".join(line(f"M-8 {y}l16-9", CRUMB, 5) for y in (-78, -58, -38)), turn=-14),
        group(*(leaf(0, 10, 96, turn, p.leaf, 0.2) for turn in (-22, 0, 22)), line("M0 20V-16", p.cream, 18)),
        group(rect(-13, -92, 26, 100, p.deep, 6), rect(-8, -114, 16, 34, p.deep, 4), rect(-13, -56, 26, 28, p.cream)),
        group(circle(0, -18, 29, RED), line("M0-44q2-14 10-18", WOOD_DARK, 5), leaf(3, -46, 22, 70, p.leaf, 0.45)),
        group(circle(0, -16, 27, GOLD), circle(-8, -24, 4, p.cream)),
    ]  # fmt: skip
    start = dice.count(0, 4)
    filling = "".join(
        lift(group(goods[(start + step) % 5], x=x, y=176))
        for step, x in enumerate((140, 180, 222, 260))
    )
    return (
        line("M116 178C116 54 284 54 284 178", WOOD_DARK, 12)
        + filling
        + lift(path("M92 174H308L288 248Q285 258 274 258H126Q115 258 112 248Z", WOOD), weave)
        + lift(rect(84, 166, 232, 20, WOOD_DARK, 10))
        + lift(path("M232 168h66l-12 48q-22-18-42 2Z", p.main), circle(258, 186, 4, p.cream), circle(276, 190, 4, p.cream), circle(266, 202, 4, p.cream))
    )  # fmt: skip
