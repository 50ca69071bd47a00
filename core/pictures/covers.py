"""The cover of a reward: one motif, arranged anew by each seed."""

from core.pictures.motifs import MOTIFS
from core.pictures.palettes import GOLD, PALETTES, Palette
from core.pictures.paper import BACK, GROUND, WALL, Dice, blob, circle, lift, path, rect

# Specks of the paper, kept faint.
_GRAIN = (
    "M4 7h0M17 3h0M33 9h0M46 2h0M9 18h0M26 21h0M40 15h0M51 24h0M3 31h0M19 34h0M35 29h0M47 37h0"
    "M12 44h0M29 47h0M42 50h0M6 52h0M22 12h0M37 41h0M14 27h0M50 46h0"
)
_PAPER = (
    '<filter id="s" x="-20%" y="-20%" width="140%" height="150%">'
    '<feDropShadow dx="0" dy="4" stdDeviation="3" flood-color="#201008" flood-opacity=".28"/>'
    '</filter><pattern id="n" width="53" height="53" patternUnits="userSpaceOnUse">'
    f'<g stroke-linecap="round"><path d="{_GRAIN}" stroke="#fff"/>'
    f'<path d="{_GRAIN}" transform="rotate(90 28 25)" stroke="#2b140a"/></g></pattern>'
)


def draw_cover(motif: str, seed: int, *, palette: Palette | None = None) -> str:
    """An SVG of 400 by 300. A motif that nobody has drawn becomes a plain pattern."""
    dice = Dice(motif, seed)
    papers = palette or dice.pick(list(PALETTES.values()))
    drawing = MOTIFS.get(motif) or MOTIFS["pattern"]
    body = _draw_backdrop(drawing.place, papers, dice) + drawing.draw(papers, dice)
    return frame_picture(body, papers)


def frame_picture(body: str, papers: Palette) -> str:
    """The sheet around a drawing: its papers by day and night, shadow and grain."""
    wall, back, ground = papers.night
    return (
        '<svg xmlns="http://www.w3.org/2000/svg" viewBox="0 0 400 300" width="400" height="300">'
        f"<style>.w{{fill:{papers.wall}}}.b{{fill:{papers.back}}}.g{{fill:{papers.ground}}}"
        f"@media(prefers-color-scheme:dark){{.w{{fill:{wall}}}.b{{fill:{back}}}.g{{fill:{ground}}}}}"
        f"</style><defs>{_PAPER}</defs>{body}"
        '<rect width="400" height="300" fill="url(#n)" opacity=".2"/></svg>'
    )


def _draw_backdrop(place: str, papers: Palette, dice: Dice) -> str:
    wall = rect(0, 0, 400, 300, WALL)
    if place == "field":
        sun = circle(dice.pick((86, 130, 290, 318)), dice.between(64, 92), 34, GOLD)
        crest, end = dice.count(0, 40), dice.count(0, 30)
        far = path(
            f"M0 {150 + end}C90 {110 + crest} 180 205 270 165S380 {130 + end} 400 150V300H0Z", BACK
        )
        return (
            wall
            + sun
            + far
            + lift(path("M0 232C80 200 160 246 240 226S360 206 400 224V300H0Z", GROUND))
        )
    x = 200 + dice.between(-26, 26)
    if place == "flat":
        return wall + blob(dice, x, 152, 158, 122, BACK)
    behind = dice.pick(
        (
            path(f"M{x - 112:.0f} 300V150a112 112 0 0 1 224 0V300Z", BACK),
            circle(x, 146, 116, BACK),
            rect(x - 128, 34, 256, 230, BACK, 20),
            blob(dice, x, 150, 142, 112, BACK),
        )
    )
    if place == "air":
        return wall + behind
    tilt = dice.count(-5, 5)
    table = f"M0 {232 + tilt}C130 {226 + tilt} 270 {234 - tilt} 400 {230 - tilt}V300H0Z"
    return wall + behind + lift(path(table, GROUND))
