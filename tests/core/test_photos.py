"""Photographs as people bring them: huge, hostile, broken, sideways, telling where they live."""

import struct
import zlib
from io import BytesIO

import pytest
from django.core.files.base import ContentFile
from django.core.files.storage import default_storage
from django.core.files.uploadedfile import SimpleUploadedFile, TemporaryUploadedFile
from django.template import Context, Template
from PIL import Image, ImageCms

from core.photos import (
    FORMATS,
    CleanPhoto,
    PhotoField,
    PhotoFile,
    PhotoFormField,
    PhotoIsDrawing,
    PhotoIsHeic,
    PhotoIsIncomplete,
    PhotoIsNone,
    PhotoTooLarge,
    PhotoTooManyPixels,
    delete_photo,
    get_size,
    is_photo,
    list_widths,
    name_rendition,
    read_photo,
)

GPS = 0x8825


@pytest.fixture(autouse=True)
def media(settings, tmp_path):
    settings.MEDIA_ROOT = tmp_path
    return tmp_path


def encode(image, form="JPEG", **options):
    body = BytesIO()
    image.save(body, form, **options)
    return body.getvalue()


def paint(width=64, height=48, color=(200, 40, 30), mode="RGB"):
    return Image.new(mode, (width, height), color)


def upload(body, name="photo.jpg"):
    return SimpleUploadedFile(name, body)


def develop(body, name="photo.jpg"):
    """What is kept of a file, opened."""
    return Image.open(BytesIO(read_photo(upload(body, name)).read()))


def keep(width=1600, height=1200):
    clean = read_photo(upload(encode(paint(width, height))))
    return PhotoFile(None, PhotoField(), default_storage.save(f"photos/{clean.name}", clean))


@pytest.mark.parametrize("form", ["JPEG", "PNG", "WEBP", "AVIF"])
def test_photo_is_taken_whatever_its_file_is_called(form):
    clean = read_photo(upload(encode(paint(), form), "holiday.exe"))
    assert is_photo(f"photos/{clean.name}")
    kept = Image.open(BytesIO(clean.read()))
    assert (kept.format, kept.size) == ("WEBP", (64, 48))


@pytest.mark.parametrize(
    "body",
    [b"", b"hello", b"GIF89a" + b"\0" * 40, b"%PDF-1.7", b"\xff\xd8\xff\xe0 not really",
     b"<html><img></html>", encode(paint(), "BMP"), encode(paint(), "TIFF")],
)  # fmt: skip
def test_what_is_no_photo_is_refused_whatever_its_name(body):
    with pytest.raises(PhotoIsNone):
        read_photo(upload(body))


@pytest.mark.parametrize(
    "body",
    [b'<svg xmlns="http://www.w3.org/2000/svg"><script>alert(1)</script></svg>',
     b'\xef\xbb\xbf<?xml version="1.0"?><!DOCTYPE svg><SVG onload="alert(1)"/>',
     b"<!-- nothing to see -->\n<svg/>"],
)  # fmt: skip
def test_drawing_with_script_is_refused_in_clear_words(body):
    with pytest.raises(PhotoIsDrawing, match="SVG"):
        read_photo(upload(body, "logo.jpg"))


def test_heic_is_named():
    with pytest.raises(PhotoIsHeic, match="HEIC"):
        read_photo(upload(b"\0\0\0\x18ftypheic\0\0\0\0mif1heic" + b"\0" * 64))


def test_forty_megabytes_are_refused_unread():
    file = TemporaryUploadedFile("logo.jpg", "image/jpeg", 40 * 2**20, None)
    file.write(encode(paint()))
    file.truncate(40 * 2**20)
    with pytest.raises(PhotoTooLarge, match=r"40 MB.*12 MB"):
        read_photo(file)


def test_decompression_bomb_is_refused_before_it_is_decoded():
    def chunk(kind, body):
        return (
            struct.pack(">I", len(body)) + kind + body + struct.pack(">I", zlib.crc32(kind + body))
        )

    for side in (7_100, 12_000, 60_000):  # above our bound, the library's warning, its refusal
        header = struct.pack(">IIBBBBB", side, side, 8, 2, 0, 0, 0)
        bomb = b"\x89PNG\r\n\x1a\n" + chunk(b"IHDR", header) + chunk(b"IDAT", zlib.compress(b"\0"))
        with pytest.raises(PhotoTooManyPixels, match="50 megapixels"):
            read_photo(upload(bomb + chunk(b"IEND", b""), "bomb.png"))


@pytest.mark.parametrize("form", ["JPEG", "PNG", "WEBP"])
def test_truncated_photo_is_refused(form):
    body = encode(Image.effect_noise((200, 200), 90).convert("RGB"), form)
    with pytest.raises((PhotoIsIncomplete, PhotoIsNone)):
        read_photo(upload(body[: len(body) // 2]))


def test_place_and_camera_are_forgotten():
    exif = Image.Exif()
    exif[0x010F] = "Camera maker"
    exif[GPS] = {1: "N", 2: (35.0, 1.0, 2.0), 3: "E", 4: (135.0, 4.0, 5.0)}
    body = encode(paint(), exif=exif, comment=b"our kitchen", xmp=b"<x:xmpmeta>home</x:xmpmeta>")
    assert GPS in Image.open(BytesIO(body)).getexif()
    kept = read_photo(upload(body)).read()
    assert not Image.open(BytesIO(kept)).getexif()
    for word in (b"Camera", b"kitchen", b"xmpmeta", b"EXIF", b"ICCP"):
        assert word not in kept


def test_photo_is_turned_upright():
    image = paint(60, 40, (0, 0, 200))
    image.paste((220, 0, 0), (0, 0, 20, 40))  # red at the left
    exif = Image.Exif()
    exif[0x0112] = 6  # the camera was turned: left is up
    kept = develop(encode(image, exif=exif, quality=95))
    assert kept.size == (40, 60)
    red, _green, blue = kept.getpixel((20, 5))
    assert red > 180 > 60 > blue


def test_print_colours_become_screen_colours():
    kept = develop(encode(Image.new("CMYK", (32, 32), (0, 255, 255, 0)), quality=95))
    red, green, blue = kept.getpixel((16, 16))
    assert kept.mode == "RGB"
    assert red > 200 > 60 > max(green, blue)


def test_foreign_colour_space_is_brought_to_srgb():
    lab = ImageCms.ImageCmsProfile(ImageCms.createProfile("LAB")).tobytes()
    srgb = ImageCms.ImageCmsProfile(ImageCms.createProfile("sRGB")).tobytes()
    for profile in (srgb, lab, b"no profile at all"):  # those that don't fit are passed over
        kept = develop(encode(paint(color=(120, 130, 140)), icc_profile=profile, quality=95))
        assert all(
            abs(a - b) < 4 for a, b in zip(kept.getpixel((9, 9)), (120, 130, 140), strict=True)
        )
        assert "icc_profile" not in kept.info


def test_moving_picture_becomes_its_first_frame():
    frames = [paint(color=(0, 160, 0)), paint(color=(160, 0, 0))]
    for form in ("PNG", "WEBP"):
        body = encode(frames[0], form, save_all=True, append_images=frames[1:], duration=90)
        kept = develop(body)
        assert getattr(kept, "n_frames", 1) == 1
        assert kept.getpixel((5, 5))[1] > 120


@pytest.mark.parametrize("mode", ["1", "L", "LA", "P", "RGBA", "I;16", "CMYK"])
def test_every_kind_of_pixels_is_read(mode):
    form = "JPEG" if mode == "CMYK" else "PNG"
    kept = develop(encode(Image.new(mode, (20, 20)), form))
    assert kept.size == (20, 20)


def test_clear_ground_stays_clear():
    kept = develop(encode(Image.new("RGBA", (20, 20), (200, 0, 0, 0)), "PNG"))
    assert kept.mode == "RGBA"
    assert kept.getpixel((4, 4))[3] == 0


def test_large_photo_is_kept_at_the_size_it_is_shown():
    clean = read_photo(upload(encode(paint(5000, 2500))))
    assert get_size(f"photos/{clean.name}") == (2560, 1280)


def test_names_cannot_be_guessed():
    body = encode(paint())
    first, second = (read_photo(upload(body, "mei.jpg")).name for _ in range(2))
    assert first != second
    assert "mei" not in first


def test_form_says_the_refusal():
    field = PhotoFormField()
    assert isinstance(field.clean(upload(encode(paint()))), CleanPhoto)
    with pytest.raises(Exception, match="SVG drawings can hold programs"):
        field.clean(upload(b"<svg/>"))


def test_field_keeps_nothing_that_was_not_cleaned():
    field = PhotoField()
    field.set_attributes_from_name("photo")
    file = PhotoFile(type("Row", (), {})(), field, "")
    with pytest.raises(PhotoIsDrawing):
        file.save("logo.svg", ContentFile(b"<svg/>"), save=False)
    file.save("../../me.jpg", ContentFile(encode(paint(90, 60))), save=False)
    assert is_photo(file.name)
    assert (file.width, file.height) == (90, 60)


# --- Showing -----------------------------------------------------------------------------------


def test_rendition_is_made_when_first_asked_for(client):
    file = keep()
    for extension in FORMATS:
        name = name_rendition(file.name, 320, extension)
        assert not default_storage.exists(name)
        answer = client.get(f"/media/{name}")
        assert answer.status_code == 200
        assert answer["Content-Type"] == f"image/{extension}"
        assert answer["X-Content-Type-Options"] == "nosniff"
        assert answer["Cache-Control"] == "public, max-age=31536000, immutable"
        shown = Image.open(BytesIO(b"".join(answer.streaming_content)))
        assert (shown.format, shown.size) == (extension.upper(), (320, 240))
        assert default_storage.exists(name)


def test_clear_ground_stays_clear_in_every_size(client):
    clean = read_photo(upload(encode(paint(700, 200, (200, 0, 0, 0), "RGBA"), "PNG"), "logo.png"))
    name = default_storage.save(f"photos/{clean.name}", clean)
    for extension in FORMATS:
        answer = client.get(f"/media/{name_rendition(name, 320, extension)}")
        shown = Image.open(BytesIO(b"".join(answer.streaming_content)))
        assert shown.mode == "RGBA"
        assert shown.getpixel((4, 4))[3] == 0


def test_kept_photo_is_served(client):
    file = keep(400, 300)
    answer = client.get(f"/media/{file.name}")
    assert (answer.status_code, answer["Content-Type"]) == (200, "image/webp")
    b"".join(answer.streaming_content)
    again = client.get(f"/media/{file.name}", headers={"if-none-match": answer["ETag"]})
    assert again.status_code == 304


@pytest.mark.django_db
def test_nothing_else_of_the_folder_is_served(client, media):
    (media / "photos").mkdir(exist_ok=True)
    (media / "photos" / "diary.txt").write_text("private")
    file = keep()
    stem = file.name.removesuffix(".webp")
    for address in (
        "photos/diary.txt", "photos/../settings.py", "photos/", f"{stem}/321.webp",
        f"{stem}/99999.webp", f"{stem}/320.svg", f"photos/{'0' * 32}-10x10.webp",
        f"photos/{'0' * 32}-10x10/320.webp",
    ):  # fmt: skip
        assert client.get(f"/media/{address}").status_code == 404, address


def test_tag_keeps_the_place_free():
    file = keep()
    stem = f"/media/{file.name.removesuffix('.webp')}"
    source = '{% load pictures %}{% photo file alt=words sizes="20rem" %}'
    drawn = Template(source).render(Context({"file": file, "words": '"A" & B'}))
    sources = "".join(
        f'<source type="image/{extension}" srcset="{stem}/320.{extension} 320w, '
        f'{stem}/640.{extension} 640w, {stem}/1280.{extension} 1280w" sizes="20rem">'
        for extension in FORMATS
    )
    assert drawn == (
        f'<picture>{sources}<img class="photo" src="{stem}/640.webp" width="1600" height="1200" '
        'alt="&quot;A&quot; &amp; B" decoding="async" loading="lazy"></picture>'
    )
    eager = Template('{% load pictures %}{% photo file alt="" eager=True %}')
    assert "loading" not in eager.render(Context({"file": file}))


def test_small_photo_has_one_width():
    assert list_widths(f"photos/{'a' * 32}-200x900.webp") == [320]
    assert list_widths(f"photos/{'a' * 32}-700x500.webp") == [320, 640]


def test_deleted_photo_leaves_no_size_behind(client, media):
    file = keep()
    b"".join(client.get(f"/media/{name_rendition(file.name, 640, 'webp')}").streaming_content)
    delete_photo(default_storage, file.name)
    assert not [path for path in media.rglob("*") if path.is_file()]
    delete_photo(default_storage, "photos/diary.txt")  # not ours: left alone
