"""The club as an app: what the browser is told, and what the pictures and scripts are."""

import io
import re

import pytest
from django.conf import settings
from django.core.files.uploadedfile import SimpleUploadedFile
from django.test import Client
from django.utils import translation
from PIL import Image, ImageColor, ImageDraw

from loyalty_site.installable.icons import ICONS, build_svg, draw_png
from loyalty_site.installable.manifest import shorten
from loyalty_site.installable.worker import SCRIPTS, build_worker
from members import palette
from members.selectors.club import forget_club, get_club
from members.services.theming import update_theme

pytestmark = pytest.mark.django_db
GREEN = "1-1e5945-1e5945"


def read_manifest(path="/manifest.webmanifest", **headers):
    response = Client().get(path, headers=headers)
    assert response.headers["Content-Type"] == "application/manifest+json"
    return response.json()


@pytest.mark.parametrize(
    ("path", "lang"),
    [("/en", "en"), ("/ja", "ja"), ("/zh-hans", "zh-Hans"), ("/zh-hant", "zh-Hant")],
)
def test_manifest_speaks_the_language_of_its_address(path, lang, club):
    club.name, club.name_ja = "Harbour Lane Coffee Club", "港通りコーヒー"
    club.save()
    said = read_manifest(f"{path}/manifest.webmanifest")
    japanese = lang == "ja"
    assert (said["lang"], said["dir"], said["id"]) == (lang, "ltr", "/home/")
    assert said["name"] == (club.name_ja if japanese else club.name)
    assert said["short_name"] == ("港通りコーヒ" if japanese else "Harbour Lane")
    assert (said["start_url"], said["scope"], said["display"]) == ("/home/", "/", "standalone")
    with translation.override(path[1:]):
        wanted = [translation.gettext(word) for word in ("Card", "Rewards", "Points")]
    assert [each["name"] for each in said["shortcuts"]] == wanted
    assert [each["url"] for each in said["shortcuts"]] == ["/card/", "/rewards/", "/statement/"]


def test_manifest_without_a_language_speaks_the_browsers(club):
    assert read_manifest(accept_language="ja")["lang"] == "ja"


@pytest.mark.parametrize(
    ("name", "short"),
    [
        ("Momiji", "Momiji"),
        ("Harbour Lane Coffee Club", "Harbour Lane"),
        ("Internationalisation Club", "Internationa"),
        ("  Our \n club ", "Our club"),
        ("星野珈琲店俱樂部", "星野珈琲店俱"),
        ("🍁" * 300, "🍁" * 6),
        ("x" * 300, "x" * 12),
    ],
)
def test_short_name_fits_below_an_icon(name, short):
    assert shorten(name) == short


def test_icons_are_as_large_as_they_say_and_wear_the_clubs_colours(club, now):
    update_theme({"card": "#1e5945"}, by=None, now=now)
    forget_club()
    said = read_manifest()["icons"]
    assert {(each["sizes"], each["purpose"]) for each in said} == {
        ("192x192", "any"), ("512x512", "any"), ("512x512", "maskable"), ("any", "any"),
    }  # fmt: skip
    for each in said:
        response = Client().get(each["src"])
        assert response.headers["Content-Type"] == each["type"]
        assert "immutable" in response.headers["Cache-Control"]
        if each["type"] == "image/svg+xml":
            assert "#1e5945" in response.content.decode()
            continue
        picture = Image.open(io.BytesIO(response.content))
        assert "x".join(map(str, picture.size)) == each["sizes"]
        middle_of_edge = (picture.width // 2, 4)
        assert picture.getpixel(middle_of_edge) == (0x1E, 0x59, 0x45, 255)


def test_maskable_icon_fills_its_corners_and_keeps_the_mark_within_the_safe_circle():
    drawn = draw_png(build_svg(palette.read_version(GREEN)), ICONS["maskable-512"])
    picture = Image.open(io.BytesIO(drawn))
    paper = picture.getpixel((0, 0))
    assert paper == (0x1E, 0x59, 0x45, 255)
    safe = 0.4 * picture.width
    outside = [
        (x, y)
        for x in range(0, 512, 4)
        for y in range(0, 512, 4)
        if (x - 256) ** 2 + (y - 256) ** 2 > safe**2
    ]
    assert {picture.getpixel(place) for place in outside} == {paper}


def test_mark_of_shapes_that_icons_cannot_draw_is_refused():
    svg = '<svg xmlns="http://www.w3.org/2000/svg" viewBox="0 0 9 9"><text>Club</text></svg>'
    with pytest.raises(ValueError, match="text"):
        draw_png(svg, ICONS["192"])


@pytest.mark.parametrize(
    "path",
    [
        "/icons/1-ffffff-ffff00/d/192.png",
        "/icons/1-1e5945-1e5945/d/8000.png",
        "/icons/x/d/mark.svg",
    ],
)
def test_icon_in_illegible_colours_or_of_another_size_is_not_there(path):
    assert Client().get(path).status_code == 404


def test_worker_is_small_asked_for_each_time_and_at_home_everywhere(club):
    response = Client().get("/service-worker.js")
    assert response.headers["Content-Type"] == "text/javascript; charset=utf-8"
    assert response.headers["Cache-Control"] == "no-cache"
    assert len(response.content) < 6 * 1024
    assert "worker-src 'self'" in response.headers["Content-Security-Policy"]
    assert not response.cookies


def test_worker_keeps_no_file_under_a_plain_name(club):
    """In development files change under their names."""
    assert '"shell": []' in build_worker(get_club())


def test_switched_off_worker_says_farewell_and_pages_register_none(club, settings):
    page = Client().get("/accounts/login/").content.decode()
    assert 'data-worker="/service-worker.js"' in page
    settings.SERVICE_WORKER = False
    answer = Client().get("/service-worker.js")
    assert answer.content == (SCRIPTS / "worker-farewell.js").read_bytes()
    assert "unregister()" in answer.content.decode()
    page = Client().get("/accounts/login/").content.decode()
    assert "worker" not in page
    assert "data-install" not in page
    assert 'rel="manifest"' in page


def test_kept_card_names_its_reader_and_holds_nothing_that_grows_old(cast):
    mei = cast.members["mei"]
    response = cast.clients["mei"].get("/card/offline/")
    text = response.content.decode()
    assert response.headers["X-Reader"] == str(mei.user_id)
    assert response.headers["X-Card-Code"] == f"/card/{mei.number}.svg"
    assert "no-store" in response.headers["Cache-Control"]
    assert "Mei Chen" in text
    assert not re.search(r"[Tt]ier|balance|data-count", text)
    home = cast.clients["mei"].get("/home/").content.decode()
    assert f'data-reader="{mei.user_id}"' in home
    assert 'data-reader=""' in cast.clients["anonymous"].get("/accounts/login/").content.decode()


def test_only_worker_and_manifest_were_added_to_the_policy():
    assert {name: settings.SECURE_CSP[name] for name in ("worker-src", "manifest-src")} == {
        "worker-src": ["'self'"], "manifest-src": ["'self'"],
    }  # fmt: skip


# --- The owner's own sign -----------------------------------------------------------------------


def bring(field, picture, now):
    body = io.BytesIO()
    picture.save(body, "PNG")
    update_theme({field: SimpleUploadedFile("a.png", body.getvalue())}, by=None, now=now)
    forget_club()


@pytest.fixture
def kept(settings, tmp_path):
    settings.MEDIA_ROOT = tmp_path


def draw_sign(width, height, color):
    """A disc of a colour on clear ground."""
    picture = Image.new("RGBA", (width, height), (0, 0, 0, 0))
    ImageDraw.Draw(picture).ellipse((0, 0, width - 1, height - 1), fill=color)
    return picture


def open_icons():
    icons = {}
    for each in read_manifest()["icons"]:
        response = Client().get(each["src"])
        assert "immutable" in response.headers["Cache-Control"]
        picture = Image.open(io.BytesIO(response.content))
        assert "x".join(map(str, picture.size)) == each["sizes"]
        icons[each["sizes"], each["purpose"]] = picture
    return icons


def test_owners_logo_is_the_icon_everywhere(club, now, kept):
    bring("logo", draw_sign(600, 200, "#102a6b"), now)
    icons = open_icons()
    assert set(icons) == {("192x192", "any"), ("512x512", "any"), ("512x512", "maskable")}
    masked = icons["512x512", "maskable"]
    paper = ImageColor.getrgb(palette.LIGHT["paper"])
    outside = [
        masked.getpixel((x, y))[:3]
        for x in range(0, 512, 4)
        for y in range(0, 512, 4)
        if (x - 256) ** 2 + (y - 256) ** 2 > (0.4 * 512) ** 2
    ]
    assert set(outside) == {paper}
    blue = masked.getpixel((256, 256))
    assert blue[2] > 90 > blue[0]
    html = Client().get("/").content.decode()
    (tab,) = re.findall(r'<link rel="icon" href="([^"]+)" type="image/png">', html)
    (touch,) = re.findall(r'<link rel="apple-touch-icon" href="([^"]+)">', html)
    assert Client().get(tab).headers["Content-Type"] == "image/png"
    assert Image.open(io.BytesIO(Client().get(touch).content)).size == (180, 180)


def test_mark_goes_before_the_logo_and_a_new_one_has_a_new_address(club, now, kept):
    bring("logo", draw_sign(600, 200, "#102a6b"), now)
    logo = read_manifest()["icons"][0]["src"]
    bring("mark", draw_sign(400, 400, "#0b5d2b"), now)
    mark = read_manifest()["icons"][0]["src"]
    assert logo != mark
    green = open_icons()["512x512", "any"].getpixel((256, 256))
    assert green[1] > green[2]


@pytest.mark.parametrize(
    ("picture", "ground"),
    [
        (draw_sign(400, 400, "#ffffff"), "#6c2642"),  # pale: on the card's colour
        (Image.new("RGB", (400, 400), "#0b5d2b"), "#0b5d2b"),  # its own ground reaches the edge
        (Image.new("RGBA", (400, 400), (0, 0, 0, 0)), "#faf6ee"),  # nothing to see, and whole
    ],
)
def test_sign_stands_out_from_its_ground(club, now, kept, picture, ground):
    bring("mark", picture, now)
    corner = open_icons()["512x512", "maskable"].getpixel((0, 0))[:3]
    wanted = ImageColor.getrgb(ground)
    assert max(abs(a - b) for a, b in zip(corner, wanted, strict=True)) <= 3


def test_icon_of_a_picture_that_is_gone_is_not_there(club, kept):
    stem = f"{'0' * 32}-400x400"
    assert Client().get(f"/icons/1-1e5945-1e5945/{stem}/192.png").status_code == 404


def test_bar_of_the_browser_is_tinged_by_the_accent(club, now):
    def read():
        found = re.findall(
            r'name="theme-color" media="\(prefers-color-scheme: (\w+)\)" content="([^"]+)"',
            Client().get("/").content.decode(),
        )
        return dict(found)

    before = read()
    update_theme({"accent": "#1e5945"}, by=None, now=now)
    forget_club()
    after = read()
    worn = palette.build_palette("#1e5945", "")
    assert after == {"light": worn.light["accent-wash"], "dark": worn.dark["accent-wash"]}
    assert read_manifest()["theme_color"] == after["light"] != before["light"]


@pytest.mark.parametrize(
    "path",
    [
        "/pictures/scene/broken.svg",
        "/pictures/pattern/waves/6c2642.svg",
        "/pictures/cover/coffee/3.svg",
        "/theme/1-1e5945-6c2642.css",
        "/icons/1-1e5945-6c2642/x/192.png",
    ],
)
def test_what_is_kept_for_good_is_the_same_for_every_reader(club, path):
    response = Client().get(path, headers={"accept-language": "ja"})
    assert response.status_code == 200
    assert "Vary" not in response.headers
    assert "Content-Language" not in response.headers
