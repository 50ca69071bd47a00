"""Pages of the club's own words: in every language, for search engines, whatever stands in them."""

import datetime as dt
import io
import re
import xml.etree.ElementTree as ET

import pytest
from django.core.files.uploadedfile import SimpleUploadedFile
from django.test import Client
from django.urls import get_resolver, reverse
from django.utils import translation
from PIL import Image

from members.models import FooterLink, LegalPage
from members.services.profiles import update_club
from members.services.theming import save_footer_link, save_legal_page, update_theme
from purchases.models import Channel

pytestmark = pytest.mark.django_db
LANGUAGES = ("en", "zh-hans", "zh-hant", "ja")
RTL = "نادي البرقوق"
STORY = {
    "tagline": "Good food, known by name.",
    "story_title": "From one cart",
    "story": "It began in 1987.\n\n## Since\n\n- one shop\n- two\n\n<script>alert(1)</script>",
    "story_values": "Fresh\nWhat came this morning.\n\nNear\nFrom farms we know.",
    "story_title_ja": "一台の屋台から",
    "story_ja": "1987年に始まりました。",
}


def read(path, client=None, **headers):
    response = (client or Client()).get(path, **headers)
    assert response.status_code == 200, path
    return response.content.decode()


def list_paths(resolver, before="/"):
    for each in resolver.url_patterns:
        if hasattr(each, "url_patterns"):
            yield from list_paths(each, before + str(each.pattern))
        else:
            yield before + str(each.pattern)


def build_photo(width, height):
    body = io.BytesIO()
    Image.new("RGB", (width, height), "#1e5945").save(body, "PNG")
    return SimpleUploadedFile("any.png", body.getvalue())


@pytest.fixture
def told(club, now):
    update_club({"name": "Plumtree", "phone": "+15105550110", "email": "hello@plum.example",
                 "address": "1418 Main Street\nOakland"}, by=None, now=now)  # fmt: skip
    update_theme(
        {**STORY, "opening_hours": "Daily 6–23", "map_url": "https://map.example/?q=1"},
        by=None, now=now,
    )  # fmt: skip


# --- Words --------------------------------------------------------------------------------------


def test_story_shows_words_and_values_and_no_mark_up_of_its_writer(told):
    html = read("/en/story/")
    assert '<h1 dir="auto">From one cart</h1>' in html
    assert '<p dir="auto">It began in 1987.</p>' in html
    assert "<li>one shop</li>" in html
    assert '<h3 dir="auto">Fresh</h3>' in html
    assert "<script>alert" not in html
    assert "一台の屋台から" in read("/ja/story/")


def test_story_that_was_not_written_is_not_there(club):
    assert Client().get("/en/story/").status_code == 404
    assert "/story/" not in read("/en/contact/")


def test_contact_is_called_and_written_by_a_press(told):
    html = read("/en/contact/")
    assert 'href="tel:+15105550110"' in html
    assert 'href="mailto:hello@plum.example"' in html
    assert 'href="https://map.example/?q=1"' in html
    assert "Daily 6–23" in html
    assert "<iframe" not in html


def test_contact_of_a_club_that_tells_nothing_is_whole(club):
    assert "<h1>Contact</h1>" in read("/en/contact/")


def test_legal_page_stands_in_the_footer_of_every_page(told, now):
    page = save_legal_page(
        LegalPage(slug="tokusho", title="特定商取引法に基づく表記", body="販売業者: 梅の木"),
        by=None, now=now,
    )  # fmt: skip
    save_footer_link(
        FooterLink(kind="commerce", label="特定商取引法に基づく表記", page=page), by=None, now=now
    )
    save_footer_link(FooterLink(kind="icp", label="京ICP备2020012345号-1"), by=None, now=now)
    html = read("/ja/legal/tokusho/")
    assert "販売業者: 梅の木" in html
    assert 'href="/ja/legal/tokusho/"' in html
    assert 'href="https://beian.miit.gov.cn/"' in html
    assert Client().get("/ja/legal/nothing/").status_code == 404


# --- Rules --------------------------------------------------------------------------------------


def test_rules_are_made_from_the_programme(rules, now):
    html = read("/en/rules/")
    for words in ("How points are earned", "The tiers", "When something comes back"):
        assert words in html
    assert "Points can be used for 12 months from the day they became usable." in html
    Channel.objects.create(code="web", name="Web", return_window_days=14, returns_accepted_days=0)
    html = read("/en/rules/")
    assert "Usable after 14 days" in html
    assert "No returns: Web." in html


def test_rules_before_a_first_programme_are_whole(club):
    assert "There is no way to earn points at the moment." in read("/en/rules/")


@pytest.mark.parametrize("language", LANGUAGES)
def test_rules_take_the_same_few_statements(rules, language, assert_statements):
    path = f"/{language}/rules/"
    read(path)
    with assert_statements(3):
        read(path)


# --- Languages ----------------------------------------------------------------------------------


def test_page_without_a_language_leads_to_the_readers(told):
    response = Client().get("/story/", headers={"accept-language": "ja"})
    assert (response.status_code, response.url) == (302, "/ja/story/")


def test_whoever_opens_a_language_reads_on_in_it(told):
    client = Client()
    html = read("/ja/rewards/", client)
    assert '<html lang="ja">' in html
    assert '<html lang="ja">' in read("/rewards/", client)
    assert '<html lang="en">' in read("/en/story/", client)
    assert '<html lang="ja">' in read("/rewards/", client)


def test_language_is_chosen_on_the_page_itself(told):
    with translation.override("en"):
        chosen = Client().post("/language/setlang/", {"language": "zh-hant", "next": "/en/story/"})
    assert chosen.url == "/zh-hant/story/"


@pytest.mark.parametrize("path", ["/", "/story/", "/rules/", "/contact/"])
@pytest.mark.parametrize("language", LANGUAGES)
def test_page_names_itself_and_its_other_languages(told, settings, path, language):
    settings.SITE_URL = "https://club.example"
    html = read(f"/{language}{path}")
    assert f'<link rel="canonical" href="https://club.example/{language}{path}">' in html
    found = dict(re.findall(r'hreflang="([^"]+)" href="([^"]+)"', html))
    assert found == {
        "en": f"https://club.example/en{path}",
        "zh-Hans": f"https://club.example/zh-hans{path}",
        "zh-Hant": f"https://club.example/zh-hant{path}",
        "ja": f"https://club.example/ja{path}",
        "x-default": f"https://club.example{path}",
    }
    assert '<meta property="og:title" content="' in html
    assert '<meta name="description" content="' in html


def test_site_map_names_every_public_page_in_every_language(
    told, rules, make_reward, settings, now
):
    settings.SITE_URL = "https://club.example"
    reward = make_reward()
    root = ET.fromstring(read("/sitemap.xml"))
    space = {"s": "http://www.sitemaps.org/schemas/sitemap/0.9"}
    found = [each.text for each in root.findall("s:url/s:loc", space)]
    paths = ("/", "/rewards/", "/rules/", "/contact/", "/story/", f"/rewards/{reward.slug}/")
    assert sorted(found) == sorted(
        f"https://club.example/{language}{path}" for language in LANGUAGES for path in paths
    )
    for address in found:
        assert Client().get(address.removeprefix("https://club.example")).status_code == 200


def test_robots_are_told_where_not_to_look(club, settings):
    settings.SITE_URL = "https://club.example"
    text = read("/robots.txt")
    assert "Disallow: /admin/" in text
    assert "Sitemap: https://club.example/sitemap.xml" in text
    # What is signed for one reader is nobody else's to find.
    signed = [path for path in list_paths(get_resolver()) if "<str:token>" in path]
    closed = re.findall(r"Disallow: (\S+)", text)
    assert [path for path in signed if not path.startswith(tuple(closed))] == []
    assert {"/m/<str:token>/", "/privacy/erasure/<str:token>/"} <= set(signed)


# --- Colours ------------------------------------------------------------------------------------


def test_theme_reaches_every_page_as_a_stylesheet_for_good(told, now, assert_statements):
    assert "/theme/" not in read("/en/contact/")
    update_theme({"accent": "#1e5945"}, by=None, now=now)
    html = read("/en/contact/")
    assert '<link rel="stylesheet" href="/theme/1-1e5945-6c2642.css">' in html
    assert "style=" not in html
    with assert_statements(0):
        response = Client().get("/theme/1-1e5945-6c2642.css")
    assert response["Content-Type"] == "text/css; charset=utf-8"
    assert response["Cache-Control"] == "public, max-age=31536000, immutable"
    assert len(response.content) < 600


@pytest.mark.parametrize("version", ["1-ffd400-6c2642", "2-1e5945-6c2642", "x", "1-1e5945-zzzzzz"])
def test_colours_that_no_page_wears_are_not_served(club, version):
    for name in ("theme_stylesheet", "theme_sample_stylesheet"):
        assert Client().get(reverse(name, args=[version])).status_code == 404


# --- Bad input ----------------------------------------------------------------------------------


@pytest.mark.parametrize("name", ["🍑", RTL, "x" * 120, "</title><script>alert(1)</script>"])
def test_page_stays_whole_under_any_name(told, now, name):
    update_club({"name": name}, by=None, now=now)
    update_theme({"story_title": name[:120], "tagline": name}, by=None, now=now)
    save_footer_link(FooterLink(label=name[:80], address="https://a.example/"), by=None, now=now)
    for path in ("/en/", "/en/story/", "/en/rules/", "/en/contact/"):
        html = read(path)
        assert html.rstrip().endswith("</html>")
        assert "<script>alert" not in html


def test_shared_links_show_the_photograph_or_else_the_clubs_sign(told, settings, now, tmp_path):
    settings.SITE_URL, settings.MEDIA_ROOT = "https://club.example", tmp_path

    def list_pictures():
        return re.findall(r'og:image" content="https://club.example([^"]+)"', read("/en/"))

    (sign,) = list_pictures()
    assert Client().get(sign).headers["Content-Type"] == "image/png"
    assert 'twitter:card" content="summary"' in read("/en/")
    update_theme({"hero": build_photo(900, 600)}, by=None, now=now)
    assert list_pictures()[0].startswith("/media/photos/")
    assert 'twitter:card" content="summary_large_image"' in read("/en/")


def test_landing_page_is_called_as_the_club_and_what_it_is(told, now):
    update_theme({"tagline": "Good food", "tagline_ja": "おいしいもの"}, by=None, now=now)
    assert "<title>Plumtree · Good food</title>" in read("/en/")
    assert "· おいしいもの</title>" in read("/ja/")
    update_theme({"tagline": "", "tagline_ja": ""}, by=None, now=now)
    assert "<title>Plumtree · Every visit counts for something here.</title>" in read("/en/")


def test_memory_of_the_legal_page_says_its_day(told, now):
    page = LegalPage(slug="terms", title="Terms", body="Be kind.")
    save_legal_page(page, by=None, now=dt.datetime(2026, 3, 1, 12, tzinfo=dt.UTC))
    assert "As of March 1, 2026" in read("/en/legal/terms/")


# --- Pictures -----------------------------------------------------------------------------------


def test_logo_mark_and_photograph_are_shown(told, now, settings, tmp_path):
    settings.MEDIA_ROOT = tmp_path
    settings.SITE_URL = "https://club.example"
    update_theme(
        {"logo": build_photo(400, 100), "mark": build_photo(64, 64), "hero": build_photo(900, 600),
         "hero_alt": "The cart of 1987"},
        by=None, now=now,
    )  # fmt: skip
    html = read("/en/story/")
    assert re.search(r'<a class="brand" href="/"><picture>.*alt="Plumtree"', html)
    assert 'alt="The cart of 1987"' in html
    assert re.search(r'<link rel="icon" href="/icons/[^/]+/\w+-64x64/192.png"', html)
    assert re.search(
        r'class="brand-mark" src="/media/photos/\w+-64x64/320.webp"', read("/offline/")
    )
    address = re.search(r'og:image" content="https://club.example(/media/[^"]+)"', html)[1]
    photograph = Client().get(address)
    assert b"".join(photograph.streaming_content)
    photograph.close()


def test_photograph_that_is_replaced_is_deleted(
    told, now, settings, tmp_path, django_capture_on_commit_callbacks
):
    settings.MEDIA_ROOT = tmp_path
    first = update_theme({"logo": build_photo(40, 10)}, by=None, now=now).logo.name
    with django_capture_on_commit_callbacks(execute=True):
        second = update_theme({"logo": build_photo(50, 10)}, by=None, now=now).logo.name
    assert [(tmp_path / name).exists() for name in (first, second)] == [False, True]
    with django_capture_on_commit_callbacks(execute=True):
        assert not update_theme({"logo": False}, by=None, now=now).logo
    assert not (tmp_path / second).exists()
