"""The club's mark in its own colours, as SVG and as the PNG that home screens ask for.

``static/img/mark.svg`` is the only drawing. Pillow knows no SVG, so the few shapes that the mark
is made of are drawn here; a mark with any other shape is refused, and a test draws ours.
"""

import hashlib
import io
import re
from functools import cache, lru_cache
from pathlib import Path
from typing import NamedTuple
from xml.etree import ElementTree

from django.conf import settings
from django.urls import reverse
from PIL import Image, ImageColor, ImageDraw

from members.palette import HOUSE_ACCENT, HOUSE_CARD, Palette, build_version

_MARK = Path(settings.BASE_DIR) / "static" / "img" / "mark.svg"
_HOUSE_INK = "#fbe9e4"
_SVG = "{http://www.w3.org/2000/svg}"
_LINE = re.compile(r"M([\d.-]+)[ ,]([\d.-]+)[ ,L]+([\d.-]+)[ ,]([\d.-]+)")
_FINER = 4  # drawn so much larger, then made smaller: Pillow itself knows no soft edges


class Icon(NamedTuple):
    """``is_full`` fills the square: whoever shows it cuts the corners (maskable, Apple)."""

    size: int
    is_full: bool = False


ICONS = {
    "192": Icon(192),
    "512": Icon(512),
    "maskable-512": Icon(512, is_full=True),
    "touch-180": Icon(180, is_full=True),
}


def get_icon_url(theme_version: str, name: str) -> str:
    """The address says the colours and the drawing, as phones keep an icon for good."""
    version = theme_version or build_version(HOUSE_ACCENT, HOUSE_CARD)
    if name == "svg":
        return reverse("icon_svg", args=[version, _get_drawing()])
    return reverse("icon_png", args=[version, _get_drawing(), name])


@cache
def _get_drawing() -> str:
    return hashlib.sha256(_MARK.read_bytes()).hexdigest()[:8]


def build_svg(palette: Palette) -> str:
    """The mark in the colours of the club's card."""
    text = _MARK.read_text()
    return text.replace(HOUSE_CARD, palette.light["card"]).replace(
        _HOUSE_INK, palette.light["card-ink"]
    )


@lru_cache(maxsize=16)
def draw_png(svg: str, icon: Icon) -> bytes:
    root = ElementTree.fromstring(svg)  # noqa: S314 (a file of ours)
    width = float(root.attrib["viewBox"].split()[2])
    side = icon.size * _FINER
    image = Image.new("RGBA", (side, side), (0, 0, 0, 0))
    _draw(root, ImageDraw.Draw(image), side / width, {}, is_full=icon.is_full)
    image = image.resize((icon.size, icon.size), Image.Resampling.LANCZOS)
    out = io.BytesIO()
    image.save(out, "PNG", optimize=True)
    return out.getvalue()


def _draw(element, paper, scale, inherited, *, is_full):
    for shape in element:
        style = {**inherited, **shape.attrib}

        def measure(name, style=style):
            return float(style.get(name, 0)) * scale

        match shape.tag.removeprefix(_SVG):
            case "g":
                _draw(shape, paper, scale, style, is_full=is_full)
            case "rect":
                left, top = measure("x"), measure("y")
                box = (left, top, left + measure("width"), top + measure("height"))
                radius = 0 if is_full else measure("rx")
                paper.rounded_rectangle(box, radius, fill=_read_color(style["fill"]))
            case "circle":
                _dot(paper, measure("cx"), measure("cy"), measure("r"), style["fill"])
            case "path" if found := _LINE.fullmatch(style["d"]):
                ends = [float(each) * scale for each in found.groups()]
                thick = measure("stroke-width")
                paper.line(ends, fill=_read_color(style["stroke"]), width=round(thick))
                for x, y in (ends[:2], ends[2:]):
                    _dot(paper, x, y, thick / 2, style["stroke"])
            case other:
                raise ValueError(f"Icons can't draw the mark's “{other}”.")


def _dot(paper, x, y, radius, color):
    paper.ellipse((x - radius, y - radius, x + radius, y + radius), fill=_read_color(color))


def _read_color(color):
    return ImageColor.getcolor(color, "RGBA")
