"""The club as an app: what the browser is told, and what the pictures and scripts are."""

import io
import re

import pytest
from django.conf import settings
from django.test import Client
from django.utils import translation
from PIL import Image

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
