"""Photographs that people bring: judged by their content, cleaned, kept in a few widths.

What is kept is never the file that came: it is decoded, turned upright, brought to sRGB and
written anew, so that nothing else of it (where it was taken, a script behind the picture) stays.
Sizes are made when they are first asked for (``open_rendition``).
"""

import re
import secrets
import struct
from io import BytesIO
from typing import IO, Any

from django import forms
from django.core.files.base import ContentFile, File
from django.core.files.storage import Storage
from django.db import models
from django.db.models.fields.files import FieldFile
from django.utils.translation import gettext_lazy as _
from imagekit import ImageSpec
from imagekit.processors import ResizeToFit
from PIL import Image, ImageCms, ImageOps, features

from core.errors import DomainError

FOLDER = "photos"
MAX_BYTES = 12 * 1024 * 1024
MAX_PIXELS = 50_000_000
MAX_SIDE = 2560  # of what is kept: enough for a wide screen of double density
WIDTHS = (320, 640, 1280)
# What a rendition is written as, best first; its quality was chosen by eye.
FORMATS: dict[str, dict[str, Any]] = {
    **({"avif": {"quality": 58, "speed": 8}} if features.check("avif") else {}),
    "webp": {"quality": 76, "method": 4},
}
# For mail programs that know neither of those: photographs as JPEG, logos on clear ground as PNG.
PLAIN_FORMATS: dict[str, dict[str, Any]] = {
    "jpeg": {"quality": 82, "optimize": True},
    "png": {"optimize": True},
}
CONTENT_TYPES = {
    "avif": "image/avif",
    "webp": "image/webp",
    "jpeg": "image/jpeg",
    "png": "image/png",
}

# Its size stands in its name: a page can keep the place free without opening the file.
_NAME = re.compile(rf"{FOLDER}/[0-9a-f]{{32}}-(?P<width>\d{{1,4}})x(?P<height>\d{{1,4}})\.webp")
_READABLE = ("JPEG", "PNG", "WEBP", "AVIF", "HEIF")
# What decoders raise about files that are not what they say.
_BROKEN = (OSError, SyntaxError, ValueError, TypeError, LookupError, EOFError, struct.error)


class PhotoRefused(DomainError):
    code = "photo_refused"
    field = "photo"


class PhotoTooLarge(PhotoRefused):
    message = _("This file has %(size)s MB. Choose a photograph of at most %(most)s MB.")


class PhotoTooManyPixels(PhotoRefused):
    message = _("This photograph has more than %(most)s megapixels. Make it smaller first.")


class PhotoIsDrawing(PhotoRefused):
    message = _(
        "SVG drawings can hold programs and are not accepted here. Save it as PNG and try again."
    )


class PhotoIsHeic(PhotoRefused):
    message = _("HEIC files can't be read here. Save the photograph as JPEG and try again.")


class PhotoIsNone(PhotoRefused):
    message = _("This is not a photograph that can be read: choose a JPEG, PNG, WebP or AVIF file.")


class PhotoIsIncomplete(PhotoRefused):
    message = _("This photograph is damaged or incomplete. Save it again, then try once more.")


class CleanPhoto(ContentFile):
    """What ``read_photo`` made: nothing else reaches the storage."""


# --- Taking in ---------------------------------------------------------------------------------


def read_photo(upload: File) -> CleanPhoto:
    """The picture of an uploaded file and nothing else of it, ready to be kept."""
    size = upload.size or 0
    if size > MAX_BYTES:
        raise PhotoTooLarge(size=round(size / 2**20), most=MAX_BYTES // 2**20)
    upload.seek(0)
    head = upload.read(4096)
    upload.seek(0)
    if b"<svg" in head.lower() or head.lstrip(b"\xef\xbb\xbf \r\n\t").startswith(b"<?xml"):
        raise PhotoIsDrawing
    Image.init()
    readable = [name for name in _READABLE if name in Image.OPEN]
    is_heic = re.match(rb".{4}ftyp(hei|hev|mif|msf)", head, re.DOTALL) and b"avif" not in head[:64]
    if is_heic and "HEIF" not in readable:
        raise PhotoIsHeic
    try:
        image: Image.Image = Image.open(upload, formats=readable)
    except (Image.DecompressionBombError, Image.DecompressionBombWarning) as error:
        raise PhotoTooManyPixels(most=MAX_PIXELS // 10**6) from error
    except _BROKEN as error:
        raise PhotoIsNone from error
    with image:
        if image.width * image.height > MAX_PIXELS:
            raise PhotoTooManyPixels(most=MAX_PIXELS // 10**6)
        try:
            image.draft(None, (MAX_SIDE, MAX_SIDE))  # a JPEG is decoded no larger than needed
            image.load()
            clean = _develop(image)
        except _BROKEN as error:
            raise PhotoIsIncomplete from error
    body = BytesIO()
    clean.save(body, "WEBP", quality=88, method=4)
    return CleanPhoto(
        body.getvalue(), name=f"{secrets.token_hex(16)}-{clean.width}x{clean.height}.webp"
    )


def _develop(image: Image.Image) -> Image.Image:
    """Upright, in sRGB, at most as large as it is ever shown, without a word beside the picture."""
    profile = image.info.get("icc_profile")
    image = ImageOps.exif_transpose(image)
    has_alpha = image.has_transparency_data
    if image.mode.startswith("I;16"):
        image = image.convert("L")
    elif image.mode in ("P", "PA", "LA", "La", "1", "RGBa"):
        image = image.convert("RGBA" if has_alpha else "RGB")
    mode = "RGBA" if has_alpha else "RGB"
    image.thumbnail((MAX_SIDE, MAX_SIDE), Image.Resampling.LANCZOS)
    if profile:
        try:
            image = (
                ImageCms.profileToProfile(
                    image, BytesIO(profile), ImageCms.createProfile("sRGB"), outputMode=mode
                )
                or image
            )
        except (ImageCms.PyCMSError, *_BROKEN):
            pass  # a profile that doesn't fit its picture: its numbers are taken as they are
    image = image.convert(mode)
    image.info = {}
    return image


class PhotoFormField(forms.FileField):
    """A file input whose value is a clean photograph."""

    def to_python(self, data):
        upload = super().to_python(data)
        if upload is None or isinstance(upload, CleanPhoto):
            return upload
        try:
            return read_photo(upload)
        except PhotoRefused as refusal:
            raise forms.ValidationError(str(refusal), code=refusal.code) from refusal

    def widget_attrs(self, widget):
        return {
            **super().widget_attrs(widget),
            "accept": "image/jpeg,image/png,image/webp,image/avif",
        }


# --- Keeping -----------------------------------------------------------------------------------


class PhotoFile(FieldFile):
    """A kept photograph, with its size and the names of its renditions."""

    def save(self, name, content, save=True):
        clean = content if isinstance(content, CleanPhoto) else read_photo(content)
        super().save(clean.name or "", clean, save=save)

    @property
    def width(self) -> int:
        return get_size(self.name or "")[0]

    @property
    def height(self) -> int:
        return get_size(self.name or "")[1]


class PhotoField(models.FileField):
    """Where a model keeps a photograph; the file's name is new and can't be guessed."""

    attr_class = PhotoFile

    def __init__(self, *args, **kwargs):
        kwargs.setdefault("max_length", 80)
        kwargs["upload_to"] = FOLDER
        super().__init__(*args, **kwargs)

    def deconstruct(self):
        name, path, args, kwargs = super().deconstruct()
        del kwargs["upload_to"]
        return name, path, args, kwargs

    def formfield(self, **kwargs):
        return super().formfield(**{"form_class": PhotoFormField, "max_length": None, **kwargs})


def is_photo(name: str) -> bool:
    return _NAME.fullmatch(name) is not None


def get_size(name: str) -> tuple[int, int]:
    found = _NAME.fullmatch(name)
    if found is None:
        raise ValueError(f"Not the name of a photograph: {name}")
    return int(found["width"]), int(found["height"])


def list_widths(name: str) -> list[int]:
    """Those in which it is shown: none is larger than the photograph, one there always is."""
    width, _height = get_size(name)
    return [step for step in WIDTHS if step <= width] or [WIDTHS[0]]


def name_rendition(name: str, width: int, extension: str) -> str:
    return f"{name.removesuffix('.webp')}/{width}.{extension}"


def delete_photo(storage: Storage, name: str) -> None:
    """With all its sizes. For after the commit that lets go of it."""
    if is_photo(name):
        for width in WIDTHS:
            for extension in FORMATS | PLAIN_FORMATS:
                storage.delete(name_rendition(name, width, extension))
        storage.delete(name)


# --- Showing -----------------------------------------------------------------------------------


def open_rendition(storage: Storage, name: str, width: int, extension: str) -> IO[bytes]:
    """One size of a photograph, made now if nobody has asked for it before.

    FileNotFoundError where there is no such photograph.
    """
    rendition = name_rendition(name, width, extension)
    if not storage.exists(rendition):
        with storage.open(name) as master:
            made = _make_spec(master, width, extension).generate()
        saved = storage.save(rendition, File(made))
        if saved != rendition:  # somebody else asked in the same moment
            storage.delete(saved)
    return storage.open(rendition)


def _make_spec(master: File, width: int, extension: str) -> ImageSpec:
    class Rendition(ImageSpec):
        processors = [ResizeToFit(width, None, upscale=False)]
        format = extension.upper()
        # It lays clear ground on white: for JPEG alone, since the others can keep it.
        autoconvert = extension == "jpeg"
        options = (FORMATS | PLAIN_FORMATS)[extension]

    return Rendition(source=master)
