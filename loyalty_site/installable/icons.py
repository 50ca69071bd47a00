"""The club's sign as the PNG that home screens ask for: the owner's mark or logo, else ours.

``static/img/mark.svg`` is the only drawing of ours, and wears the club's colours. Pillow knows no
SVG, so the few shapes that it is made of are drawn here; any other shape is refused, and a test
draws ours.
"""

import hashlib
import io
import math
import re
from functools import cache, lru_cache
from pathlib import Path
from typing import NamedTuple
from xml.etree import ElementTree

from django.conf import settings
from django.core.files.storage import default_storage
from django.urls import reverse
from PIL import Image, ImageColor, ImageDraw

from core.colour import get_contrast
from core.photos import FOLDER, is_photo
from core.templatetags.public import photo_address
from members.models import Club
from members.palette import HOUSE_ACCENT, HOUSE_CARD, LIGHT, Palette, build_version

_MARK = Path(settings.BASE_DIR) / "static" / "img" / "mark.svg"
_HOUSE_INK = "#fbe9e4"
_SVG = "{http://www.w3.org/2000/svg}"
_LINE = re.compile(r"M([\d.-]+)[ ,]([\d.-]+)[ ,L]+([\d.-]+)[ ,]([\d.-]+)")
_SEEN = 1.7  # contrast to the paper from which a picture stands out as a whole
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


def get_sign(club: Club) -> str:
    """The owner's mark, or the logo where there is none, as its file is called; "" without both."""
    photo = club.theme.mark or club.theme.logo
    return Path(photo.name).stem if photo else ""


def get_icon_url(club: Club, name: str) -> str:
    """The address says the colours and the drawing, as phones keep an icon for good.

    "svg" is our drawing in the club's colours, whatever pictures the owner brought.
    """
    version = club.theme_version or build_version(HOUSE_ACCENT, HOUSE_CARD)
    if name == "svg":
        return reverse("icon_svg", args=[version, _get_drawing()])
    return reverse("icon_png", args=[version, get_sign(club) or _get_drawing(), name])


def get_mark_url(club: Club) -> str:
    """Of the sign beside the club's name: the owner's own, or ours in the club's colours."""
    return photo_address(club.theme.mark, 320) or get_icon_url(club, "svg")


def get_favicon(club: Club) -> tuple[str, str]:
    """Address and type of the picture on a browser's tab."""
    if get_sign(club):
        return get_icon_url(club, "192"), "image/png"
    return get_icon_url(club, "svg"), "image/svg+xml"


@cache
def _get_drawing() -> str:
    return hashlib.sha256(_MARK.read_bytes()).hexdigest()[:8]


def build_svg(palette: Palette) -> str:
    """The mark in the colours of the club's card."""
    text = _MARK.read_text()
    return text.replace(HOUSE_CARD, palette.light["card"]).replace(
        _HOUSE_INK, palette.light["card-ink"]
    )


def draw_icon(palette: Palette, drawing: str, icon: Icon) -> bytes:
    """FileNotFoundError where ``drawing`` names a picture that is no longer kept."""
    if is_photo(f"{FOLDER}/{drawing}.webp"):
        return _set_picture(drawing, icon, palette.light["card"])
    return draw_png(build_svg(palette), icon)


@lru_cache(maxsize=16)
def _set_picture(drawing: str, icon: Icon, card: str) -> bytes:
    """The owner's picture in the middle of the club's paper.

    One that fills its square brings its own ground along; one too pale for the paper stands on the
    card's colour. A maskable icon keeps it within the circle that no phone cuts into.
    """
    with default_storage.open(f"{FOLDER}/{drawing}.webp") as file, Image.open(file) as found:
        picture = found.convert("RGBA")
    reach = icon.size * (0.8 if icon.is_full else 0.96)
    scale = reach / math.hypot(*picture.size)
    size = tuple(max(1, round(side * scale)) for side in picture.size)
    ground = _choose_ground(picture, card)
    picture = picture.resize(size, Image.Resampling.LANCZOS)
    paper = _cut_paper(icon, ground)
    place = tuple((icon.size - side) // 2 for side in size)
    paper.alpha_composite(picture, place)
    return _save(paper)


def _choose_ground(picture: Image.Image, card: str) -> str:
    """The picture's own where it leaves none clear, else paper, or the card under pale pictures."""
    tiny = picture.resize((16, 16), Image.Resampling.BOX).tobytes()
    pixels = [tiny[at : at + 4] for at in range(0, len(tiny), 4)]
    solid = [pixel for pixel in pixels if pixel[3] > 127]
    if len(solid) == len(pixels):
        return f"#{picture.crop((0, 0, 1, 1)).tobytes()[:3].hex()}"
    if not solid:
        return LIGHT["paper"]
    mean = "#" + "".join(f"{sum(each[at] for each in solid) // len(solid):02x}" for at in range(3))
    return LIGHT["paper"] if get_contrast(mean, LIGHT["paper"]) >= _SEEN else card


def _cut_paper(icon: Icon, ground: str) -> Image.Image:
    side = icon.size * _FINER
    paper = Image.new("RGBA", (side, side), (0, 0, 0, 0))
    radius = 0 if icon.is_full else side * 0.22
    ImageDraw.Draw(paper).rounded_rectangle((0, 0, side, side), radius, fill=_read_color(ground))
    return paper.resize((icon.size, icon.size), Image.Resampling.LANCZOS)


def _save(image: Image.Image) -> bytes:
    out = io.BytesIO()
    image.save(out, "PNG", optimize=True)
    return out.getvalue()


@lru_cache(maxsize=16)
def draw_png(svg: str, icon: Icon) -> bytes:
    root = ElementTree.fromstring(svg)  # noqa: S314 (a file of ours)
    width = float(root.attrib["viewBox"].split()[2])
    side = icon.size * _FINER
    image = Image.new("RGBA", (side, side), (0, 0, 0, 0))
    _draw(root, ImageDraw.Draw(image), side / width, {}, is_full=icon.is_full)
    return _save(image.resize((icon.size, icon.size), Image.Resampling.LANCZOS))


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
