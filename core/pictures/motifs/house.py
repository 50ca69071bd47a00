"""What is at home: in the kitchen, on a hook, on the sill."""

from core.pictures.palettes import GOLD, STEEL, WOOD, WOOD_DARK, Palette
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
    slice_of_fruit,
    sprig,
    steam,
)


def draw_knife(p: Palette, dice: Dice) -> str:
    flip = dice.chance()
    slices = "".join(
        group(slice_of_fruit(23, GOLD, p.cream), x=106 + 40 * step, y=206 + 6 * (step % 2), turn=dice.between(0, 60))
        for step in range(dice.count(2, 3))
    )  # fmt: skip
    blade = lift(
        path("M-104 22C-96-22-44-32 66-32V22Z", STEEL),
        path("M-104 22C-70 8-20 6 66 8V22Z", "#eef0ee"),
    )
    handle = lift(path("M62-30H168Q184-30 182-12T166 6H62Z", p.deep)) + "".join(
        circle(x, -12, 5, p.accent) for x in (88, 118, 148)
    )
    return group(
        lift(path("M70 58H298Q318 58 318 78V228Q318 248 298 248H70Q50 248 50 228V78Q50 58 70 58Z", WOOD)),
        line("M74 92H222M90 118H180M196 232H290", WOOD_DARK, 4, opacity=".5"),
        lift(slices),
        lift(group(sprig(0, 0, 92, 0, p.leaf, 3), x=272, y=232, turn=dice.between(6, 30))),
        group(blade, handle, x=190, y=134, turn=dice.between(-24, -12)),
        x=400 if flip else 0, flip=flip,
    )  # fmt: skip


def draw_pot(p: Palette, dice: Dice) -> str:
    pot, dark = dice.pick(((p.main, p.deep), (p.second, p.main), (p.accent, p.second)))
    mark = dice.pick(
        (
            "".join(sprig(x, 232, 46, 0, p.cream, 1) for x in (160, 200, 240)),
            line("M118 186H282", p.cream, 6),
            "".join(circle(x, 206, 7, p.cream) for x in (140, 170, 200, 230, 260)),
        )
    )
    return (
        "".join(steam(x, 84, dice.between(40, 62), p.cream) for x in (176, 204, 232))
        + lift(
            line("M112 176C72 170 72 202 114 200M288 176C328 170 328 202 286 200", dark, 13),
            path("M108 148H292V214Q292 250 256 250H144Q108 250 108 214Z", pot),
        )
        + mark
        + lift(
            path("M100 150C106 116 152 104 200 104S294 116 300 150Q300 158 292 158H108Q100 158 100 150Z", dark),
            rect(184, 86, 32, 20, p.cream, 8),
        )
    )  # fmt: skip


def draw_tote(p: Palette, dice: Dice) -> str:
    cloth, mark = dice.pick(((p.cream, p.main), (p.main, p.cream), (p.second, p.cream)))
    prints = dice.pick(
        (
            sprig(200, 250, 92, 0, mark, 3),
            path("M200 236C164 212 150 194 158 176 168 160 190 162 200 178 210 162 232 160 242 176 250 194 236 212 200 236Z", mark),
            circle(200, 204, 34, mark) + circle(216, 192, 32, cloth),
            line("M156 186H244M156 206H244M156 226H220", mark, 8),
        )
    )  # fmt: skip
    greens = group(*(leaf(0, 0, 104, turn, p.leaf, 0.2) for turn in (-20, 0, 20)), x=160, y=160)
    loaf = group(rect(-15, -96, 30, 120, "#c68a4b", 15), "".join(line(f"M-8 {y}l16-9", "#f0d3a2", 5) for y in (-76, -54, -32)), x=238, y=160, turn=12)  # fmt: skip
    return (
        line("M158 152C158 44 242 44 242 152", mark, 10)
        + (lift(greens) if dice.chance(0.7) else "")
        + (lift(loaf) if dice.chance(0.7) else "")
        + lift(path("M120 140H280L292 254Q293 264 282 264H118Q107 264 108 254Z", cloth))
        + path("M120 140H280L281 152H119Z", p.deep, opacity=".22")
        + prints
        + line("M172 140C172 70 228 70 228 140", p.deep if cloth != p.deep else p.cream, 10)
    )


def draw_apron(p: Palette, dice: Dice) -> str:
    cloth, trim = dice.pick(((p.main, p.accent), (p.deep, p.second), (p.second, p.cream)))
    stripes = dice.pick(
        (
            "".join(line(f"M{x} 134V258", trim, 3, opacity=".7") for x in (152, 176, 200, 224, 248)),
            "".join(circle(x, y, 4, trim) for y in (150, 250) for x in (150, 175, 200, 225, 250)),
            "",
        )
    )  # fmt: skip
    return (
        lift(rect(80, 34, 240, 16, WOOD, 8), circle(200, 42, 9, WOOD_DARK))
        + line("M176 96C168 30 232 30 224 96", trim, 8)
        + line("M134 160C104 176 96 210 106 236M266 160C296 176 304 210 294 236", trim, 7)
        + lift(path("M170 84H230C234 124 250 140 272 150L282 256Q282 266 272 266H128Q118 266 118 256L128 150C150 140 166 124 170 84Z", cloth))
        + stripes
        + lift(path("M156 184H244V220Q244 234 230 234H170Q156 234 156 220Z", trim))
        + line("M200 186V232", cloth, 4)
        + lift(group(rect(-5, -50, 10, 60, WOOD, 5), ellipse(0, -56, 13, 18, WOOD), x=dice.pick((178, 222)), y=186, turn=dice.between(-10, 10)))
        + path("M156 196H244V220Q244 234 230 234H170Q156 234 156 220Z", trim)
    )  # fmt: skip


def draw_cloth(p: Palette, dice: Dice) -> str:
    """Dyed cloths over a rail."""
    papers = [(p.main, p.cream), (p.second, p.main), (p.cream, p.main)]
    start, body = dice.count(0, 2), ""
    for step in range(3):
        color, mark = papers[(start + step) % 3]
        x, long = 62 + 96 * step, dice.count(176, 214)
        pattern = dice.pick(
            (
                "".join(circle(x + 20 + 22 * a, 88 + 34 * b, 6, mark) for a in range(3) for b in range((long - 50) // 34)),
                "".join(line(f"M{x + 6} {80 + 26 * b}q9-12 18 0t18 0 18 0 18 0", mark, 4) for b in range((long - 36) // 26)),
                "".join(line(f"M{x + 14 + 14 * a} 62V{50 + long}", mark, 3) for a in range(5)),
            )
        )  # fmt: skip
        body += lift(rect(x, 48, 84, long, color, 3)) + pattern
    return body + lift(rect(36, 40, 328, 15, WOOD, 7), circle(36, 47, 11, WOOD_DARK), circle(364, 47, 11, WOOD_DARK))  # fmt: skip


def draw_flowers(p: Palette, dice: Dice) -> str:
    petals = [p.second, p.accent, p.main, p.cream]
    vase = dice.pick((p.main, p.deep, p.cream))
    heads = ""
    for step, (left, top) in enumerate(((132, 92), (176, 56), (232, 56), (272, 96))):
        color = petals[(step + dice.count(0, 1)) % 4]
        x, y = left + dice.between(-8, 8), top + dice.between(-10, 10)
        r = dice.between(15, 19)
        bloom = dyed(
            color, *(circle(a, b, round(r * 0.76), "") for a, b in around(0, 0, r * 0.85, 5, step))
        )
        heads += line(f"M{x:.0f} {y:.0f}Q{(x + 200) / 2:.0f} {y + 50:.0f} 200 190", p.leaf, 5)
        heads += lift(group(bloom, circle(0, 0, r * 0.5, p.accent if color != p.accent else p.deep), x=x, y=y))  # fmt: skip
    leaves = dyed(p.leaf, *(leaf(200, 186, 84, turn + dice.between(-8, 8), "", 0.28) for turn in (-66, -24, 30, 62)))  # fmt: skip
    pot = dice.pick(
        (
            path("M168 160H232C228 176 254 196 254 222S234 258 200 258 146 246 146 222 172 176 168 160Z", vase),
            path("M156 162H244L232 248Q231 258 220 258H180Q169 258 168 248Z", vase),
        )
    )  # fmt: skip
    return lift(leaves) + heads + lift(pot, line("M158 214H242", p.accent, 6))


def draw_garden(p: Palette, dice: Dice) -> str:
    flip = dice.chance()
    pots = ""
    for x, clay in ((86, p.second), (314, p.accent)):
        plant = dice.pick(
            (sprig(0, -36, 84, 0, p.leaf, 2),
             dyed(p.leaf, *(leaf(0, -36, 70, turn, "", 0.24) for turn in (-48, -24, 0, 24, 48))))
        )  # fmt: skip
        pots += group(lift(plant), lift(path("M-32-44H32L24 0Q23 6 16 6H-16Q-23 6-24 0Z", clay), rect(-36, -52, 72, 14, clay, 5)), x=x, y=256)  # fmt: skip
    can = lift(
        line("M236 168C300 150 304 216 244 226", p.deep, 11),
        path("M148 222 102 162 112 152 160 190Z", p.main),
        path("M82 168 112 138 118 150 96 172Z", p.deep),
        path("M146 158H246L252 246Q252 254 244 254H148Q140 254 140 246Z", p.main),
        ellipse(196, 158, 50, 9, p.deep),
        line("M142 222H250", p.second, 6),
    )
    drops = "".join(
        path(f"M{x} {y}q-7 12 0 16 7-4 0-16Z", p.cream)
        for x, y in ((80, 184), (66, 196), (92, 198))
    )
    return group(group(can, drops, x=6), pots, x=400 if flip else 0, flip=flip)


def draw_repair(p: Palette, dice: Dice) -> str:
    """A bowl mended with gold."""
    glaze = dice.pick((p.main, p.deep, p.leaf))
    seams = dice.pick(
        (
            "M146 146l18 30-12 22 26 26 4 34M164 176l44 14 20-24 10-22M208 190l-8 30 20 34",
            "M250 146l-14 34 18 24-22 46M236 180l-42 6-24-18-12-24M194 186l6 34-22 34",
        )
    )
    flip = dice.chance()
    return group(
        lift(path("M172 244H228L236 264H164Z", glaze)),
        lift(path("M98 142H302C302 214 256 254 200 254S98 214 98 142Z", glaze)),
        ellipse(200, 142, 102, 20, p.cream), ellipse(200, 144, 90, 14, p.deep if glaze != p.deep else p.main),
        line(seams, GOLD, 5),
        lift(group(rect(-5, -96, 10, 80, WOOD, 4), path("M-6-18H6Q8 6 0 18-8 6-6-18Z", p.ink), x=332, y=246, turn=24)),
        lift(ellipse(76, 254, 32, 10, p.cream), ellipse(76, 251, 20, 5, GOLD)),
        x=400 if flip else 0, flip=flip,
    )  # fmt: skip


def draw_workshop(p: Palette, dice: Dice) -> str:
    """A jar of tools, and what one makes with them."""
    flip = dice.chance()
    tools = "".join(
        group(tool, x=x, y=176, turn=turn + dice.between(-4, 4))
        for tool, x, turn in (
            (rect(-5, -100, 10, 110, WOOD, 4) + path("M-9-96H9Q12-124 0-142-12-124-9-96Z", p.deep), 136, -15),
            (rect(-5, -94, 10, 110, p.accent, 2) + path("M-5-94H5L0-110Z", p.cream), 164, -2),
            (rect(-5, -104, 10, 110, WOOD_DARK, 4) + rect(-13, -132, 26, 32, p.second, 4), 190, 10),
            (rect(-9, -118, 18, 130, p.cream, 2) + line("M-8-100h8M-8-84h8M-8-68h8M-8-52h8", p.main, 3), 214, 20),
        )
    )  # fmt: skip
    jar = lift(path("M116 158H234V238Q234 254 218 254H132Q116 254 116 238Z", p.main)) + dice.pick(
        (
            line("M116 190H234M116 216H234", p.cream, 5),
            "".join(circle(132 + 29 * s, 206, 8, p.cream) for s in range(4)),
        )
    )
    work = lift(
        path("M262 168H326C322 184 346 200 346 222S326 256 294 256 242 244 242 222 266 184 262 168Z", p.second),
        line("M246 214Q294 230 342 214", p.cream, 6),
    ) + ellipse(294, 168, 32, 7, p.deep)  # fmt: skip
    return group(
        lift(tools), jar, work,
        lift(circle(72, 246, 20, p.accent)), line("M60 238q12-8 24 0M56 248q16-8 32 0M60 258q12-6 24 0", p.second, 3),
        x=400 if flip else 0, flip=flip,
    )  # fmt: skip


def draw_table(p: Palette, dice: Dice) -> str:
    """A table that is laid, under its lamp."""
    lamp = dice.pick((p.main, p.accent, p.deep))
    x = dice.between(186, 214)
    places = "".join(
        lift(ellipse(at, 204, 42, 9, p.cream)) + ellipse(at, 203, 27, 5, p.second)
        for at in (110, 290)
    )
    glasses = "".join(
        group(path("M-11-44H11C11-24 7-18 2-17V-3H10V0H-10V-3H-2V-17C-7-18-11-24-11-44Z", "#fff8ea"), path("M-9-34H9C8-24 6-20 0-20S-8-24-9-34Z", p.main), x=at, y=204)
        for at in (164, 236)
    )  # fmt: skip
    vase = group(sprig(0, -28, 54, dice.between(-14, 0), p.leaf, 2), sprig(2, -28, 44, dice.between(12, 26), p.leaf, 2), path("M-10-34H10Q8-22 15-12T8 2H-8Q-22 0-15-12T-10-34Z", p.deep), x=200, y=204)  # fmt: skip
    return (
        path(f"M{x - 44:.0f} 100 {x - 128:.0f} 206H{x + 128:.0f}L{x + 44:.0f} 100Z", p.accent, opacity=".28")
        + line(f"M{x:.0f} 0V52", p.ink, 4)
        + lift(path(f"M{x - 52:.0f} 102C{x - 48:.0f} 66 {x - 22:.0f} 50 {x:.0f} 50S{x + 48:.0f} 66 {x + 52:.0f} 102Z", lamp))
        + circle(x, 106, 12, p.cream)
        + lift(vase) + lift(glasses)
        + lift(path("M54 204H346L354 268Q334 254 316 268 296 254 278 268 258 254 238 268 220 254 200 268 180 254 162 268 142 254 122 268 104 254 84 268 66 254 46 268Z", p.main if lamp != p.main else p.second), rect(44, 198, 312, 14, p.cream, 7))
        + places
    )  # fmt: skip


def draw_pet(p: Palette, dice: Dice) -> str:
    """A cat that has seen you."""
    coat, mark = dice.pick(
        ((p.second, p.cream), (p.ink, p.cream), (p.cream, p.second), (p.main, p.cream))
    )
    face = p.cream if coat in (p.ink, p.main) else p.ink
    flip = dice.chance()
    stripes = line("M178 84V66M200 82V62M222 84V66", mark, 6) if dice.chance() else ""
    return group(
        line("M258 240C326 246 340 190 312 176", coat, 20),
        lift(path("M152 258C138 200 148 138 200 138S262 200 248 258Z", coat)),
        path("M178 258C172 216 182 178 200 178S228 216 222 258Z", mark),
        lift(path("M142 112 138 48Q140 40 148 46L174 68Q200 60 226 68L252 46Q260 40 262 48L258 112C258 144 232 158 200 158S142 144 142 112Z", coat)),
        path("M150 84 148 60 166 74ZM250 84 252 60 234 74Z", p.second if coat != p.second else p.main),
        stripes, circle(176, 108, 6, face), circle(224, 108, 6, face),
        path("M192 122H208L200 131Z", p.accent),
        line("M200 131V136Q192 146 184 140M200 136Q208 146 216 140", face, 3.5),
        line("M150 122 124 116M150 132 126 136M250 122 276 116M250 132 274 136", p.cream if coat == p.ink else p.ink, 2.5, opacity=".6"),
        lift(line("M164 152Q200 170 236 152", p.accent, 9)), circle(200, 168, 9, p.accent),
        ellipse(172, 256, 22, 10, mark), ellipse(228, 256, 22, 10, mark),
        lift(circle(82, 250, 19, p.accent)), line("M68 244q14-8 28 0M66 254q16-8 32 0", p.cream, 3),
        x=400 if flip else 0, flip=flip,
    )  # fmt: skip


def draw_visit(p: Palette, dice: Dice) -> str:
    """A house at which somebody is expected."""
    wall, roof, door = dice.pick(((p.cream, p.main, p.accent), (p.second, p.deep, p.cream), (p.cream, p.deep, p.second)))  # fmt: skip
    flip = dice.chance()
    window = group(rect(-20, -22, 40, 44, p.deep, 4), rect(-15, -17, 30, 34, p.accent, 2), line("M0-17V17M-15 0H15", p.deep, 4))  # fmt: skip
    return group(
        lift(rect(262, 84, 26, 60, roof)),
        lift(rect(116, 142, 176, 110, wall)),
        lift(path("M96 150 204 66 312 150Q308 160 296 158L204 92 112 158Q100 160 96 150Z", roof), path("M204 86 290 152H118Z", roof)),
        circle(204, 124, 13, p.accent),
        group(window, x=160, y=198),
        lift(path("M212 252V196Q212 172 236 172T260 196V252Z", door)), circle(252, 216, 4, p.ink),
        path("M212 250H260L286 292H190Z", p.cream, opacity=".75"),
        lift(*(circle(x, y, r, p.leaf) for x, y, r in ((92, 234, 24), (118, 244, 18), (72, 248, 18)))),
        lift(group(sprig(0, 0, 88, 0, p.leaf, 3), x=326, y=258)),
        x=400 if flip else 0, flip=flip,
    )  # fmt: skip


def draw_spa(p: Palette, dice: Dice) -> str:
    flip = dice.chance()
    towels = "".join(
        lift(path(f"M96 {y}H252Q270 {y} 270 {y + 17}T252 {y + 34}H96Z", color)) + circle(252, y + 17, 9, p.deep, opacity=".2")
        for y, color in ((216, p.main), (182, p.cream), (148, p.second))
    )  # fmt: skip
    flame = path("M0 0C-13-8-9-22 0-36 9-22 13-8 0 0Z", p.accent)
    bloom = "".join(leaf(0, 0, 38, turn, p.cream if turn % 60 else p.second, 0.44) for turn in (-90, -60, 90, 60, -30, 30, 0))  # fmt: skip
    return group(
        towels,
        lift(group(bloom, circle(0, -5, 7, p.accent), x=174, y=148, size=dice.between(1, 1.25))),
        lift(rect(296, 198, 48, 58, p.cream, 6)),
        group(line("M0 0V-10", p.ink, 4), group(flame, y=-8), x=320, y=198),
        circle(320, 168, 34, p.accent, opacity=".22"),
        lift(group(sprig(0, 0, 110, dice.between(-34, -12), p.leaf, 3), x=84, y=262)),
        lift(ellipse(72, 262, 34, 12, p.deep), ellipse(78, 246, 24, 9, STEEL)),
        x=400 if flip else 0, flip=flip,
    )  # fmt: skip
