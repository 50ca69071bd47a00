"""Pages of what went wrong: in the reader's language, well made, and there without a database."""

import pytest
from django.db import DatabaseError
from django.test import Client

from members.selectors import club as club_selector
from members.selectors.club import forget_club
from tests.site.conformance import list_faults
from tests.site.face import list_flaws
from tests.site.test_browser import (  # noqa: F401 (fixtures)
    _folder_of_static_files,
    browser_type_launch_args,
    visit,
)
from tests.site.test_face_pages import log_in_at_once

LANGUAGES = ("en", "ja", "zh-hans", "zh-hant")


def break_page(language="en"):
    client = Client(raise_request_exception=False, headers={"accept-language": language})
    return client.get("/mistake/")


@pytest.mark.urls("tests.site.mishap_urls")
@pytest.mark.django_db
@pytest.mark.parametrize("language", LANGUAGES)
def test_mistake_speaks_the_readers_language_under_the_clubs_name(language, club):
    club.name = "Plum & Co"
    club.save()
    forget_club()
    response = break_page(language)
    html = response.content.decode()
    assert response.status_code == 500
    assert f'<html lang="{language}">' in html
    assert "Plum &amp; Co" in html
    assert list_faults(html) == []


@pytest.mark.urls("tests.site.mishap_urls")
@pytest.mark.django_db
def test_mistake_needs_no_database(monkeypatch):
    def fail():
        raise DatabaseError

    forget_club()
    monkeypatch.setattr(club_selector, "_read_club", fail)
    response = break_page()
    html = response.content.decode()
    assert response.status_code == 500
    assert "nothing was half done" in html
    assert list_faults(html) == []


@pytest.mark.urls("tests.site.mishap_urls")
@pytest.mark.django_db
def test_mistake_is_told_even_where_its_page_breaks(monkeypatch):
    def fail(*args, **words):
        raise OSError

    monkeypatch.setattr("loyalty_site.mistakes.render_to_string", fail)
    response = break_page()
    assert response.status_code == 500
    assert b"Something went wrong" in response.content


@pytest.mark.django_db
def test_form_without_its_token_is_refused_in_the_clubs_words(club):
    client = Client(enforce_csrf_checks=True)
    response = client.post("/accounts/login/", {"login": "mei@example.com"})
    html = response.content.decode()
    assert response.status_code == 403
    assert "Nothing was done" in html
    assert list_faults(html) == []


@pytest.mark.django_db
def test_haste_is_told_in_the_clubs_words(club):
    client = Client()
    client.post("/accounts/signup/", {"email": "mei@example.com"})
    response = client.post("/accounts/confirm-email/", {"action": "resend"})
    html = response.content.decode()
    assert response.status_code == 429
    assert "wait a minute, then try again" in html
    assert 'href="/accounts/confirm-email/"' in html
    assert list_faults(html) == []


@pytest.mark.django_db
@pytest.mark.parametrize("language", LANGUAGES)
def test_code_page_names_the_address_once_and_knows_its_own_buttons(language, club):
    client = Client(headers={"accept-language": language})
    client.post("/accounts/signup/", {"email": "mei@example.com"})
    first, later = (client.get("/accounts/confirm-email/").content.decode() for _ in range(2))
    assert [html.count("mei@example.com") for html in (first, later)] == [1, 2]  # a link, its text
    for html in (first, later):
        assert 'inputmode="numeric"' in html
        assert language == "en" or ">Change<" not in html.replace("\n", "").replace(" ", "")
        assert list_faults(html) == []


@pytest.mark.urls("tests.site.mishap_urls")
@pytest.mark.django_db(transaction=True)
def test_pages_of_mishaps_are_well_made(cast, visit, live_server):  # noqa: F811
    page = visit(390, "light", reduced_motion="reduce")
    flaws = []

    def look(name, status):
        assert status == name
        page.complaints.clear()  # Chromium complains of the status alone
        flaws.extend((name, *flaw) for flaw in list_flaws(page))

    look(500, page.goto("/mistake/").status)
    page.goto("/accounts/login/")
    page.fill("input[name=login]", "mei@example.com")
    page.context.clear_cookies()
    with page.expect_navigation() as answer:
        page.click("main form button[type=submit]")
    look(403, answer.value.status)
    log_in_at_once(page, cast.clients["mei"], live_server.url)
    look(403, page.goto("/theme/sample/1-7c2d4b-6c2642/").status)
    assert not flaws, "\n".join(map(str, flaws))
