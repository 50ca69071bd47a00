"""“Appearance”: what the owner picks is judged in words, previewed, kept; others may look."""

import io

import pytest
from django.core.files.uploadedfile import SimpleUploadedFile
from django.test import Client
from django.urls import reverse
from PIL import Image

from core.models import AuditEntry
from members.admin.theme_forms import PHOTOS, ThemeForm
from members.models import FooterLink, LegalPage, Theme
from members.models.theme import ICP_ADDRESS
from rewards.cards import get_card_art

pytestmark = pytest.mark.django_db
PAGE = "/admin/members/theme/1/change/"
FIGURES = "/admin/members/theme/figures/"


@pytest.fixture
def sent(owner):
    """Everything of the form as it stands, as a browser sends it."""
    form = ThemeForm(theme=Theme.objects.filter(pk=1).first() or Theme(pk=1))
    return {field.name: field.value() or "" for field in form if field.name not in PHOTOS}


def post(client, sent, **changes):
    return client.post(PAGE, {**sent, **changes})


def test_owner_changes_colours_and_words(owner, sent):
    response = post(owner, sent, accent="#1E5945", tagline="Good food.", tagline_ja="おいしい。")
    assert (response.status_code, response.url) == (302, PAGE)
    theme = Theme.objects.get()
    assert (theme.accent, theme.card, theme.tagline_ja) == ("#1e5945", "", "おいしい。")
    entry = AuditEntry.objects.get(action="theme.updated")
    assert entry.actor == owner.user
    html = owner.get(PAGE).content.decode()
    assert "Other languages: 1 of 3" in html
    assert "Back to the house" in html


def test_house_colours_in_the_fields_are_kept_as_none(owner, sent):
    assert sent["accent"] == "#7c2d4b"
    post(owner, sent, tagline="Good food.")
    assert Theme.objects.get().accent == ""


def test_illegible_pick_is_refused_and_the_nearest_taken_by_a_press(owner, sent):
    response = post(owner, sent, accent="#ffd400", tagline="Good food.")
    html = response.content.decode()
    assert response.status_code == 200
    assert "people need 4.5" in html
    assert "Take #7f6800 instead" in html
    assert 'value="#ffd400"' in html
    assert not Theme.objects.exists()
    html = post(owner, sent, accent="#ffd400", take="accent:#7f6800").content.decode()
    assert 'value="#7f6800"' in html
    assert not Theme.objects.exists()
    post(owner, sent, accent="#7f6800")
    assert Theme.objects.get().accent == "#7f6800"


def test_preview_without_javascript_keeps_what_was_written(owner, sent):
    html = post(owner, sent, accent="#1e5945", story="So it began.", preview="1").content.decode()
    assert 'src="/theme/sample/1-1e5945-6c2642/"' in html
    assert "So it began." in html
    assert not Theme.objects.exists()


def test_colours_go_back_to_the_house(owner, sent):
    post(owner, sent, accent="#1e5945", card="#123c30", story="So.")
    post(owner, sent, reset="1")
    theme = Theme.objects.get()
    assert (theme.accent, theme.card, theme.story) == ("", "", "So.")


def test_figures_say_contrast_in_words(owner):
    html = owner.get(FIGURES, {"accent": "#1e5945", "card": "#808080"}).content.decode()
    assert "6.8 to 1, clear" in html
    assert "Neither light nor dark words" in html
    assert 'data-sample="/theme/sample/1-1e5945-' in html
    assert owner.get(FIGURES, {"accent": "rubbish"}).status_code == 200


def test_sample_is_shown_in_a_frame_of_our_own_only(owner):
    response = owner.get("/theme/sample/1-1e5945-6c2642/")
    assert response["X-Frame-Options"] == "SAMEORIGIN"
    assert "frame-ancestors 'self'" in response["Content-Security-Policy"]
    assert "frame-src 'self'" in owner.get(PAGE)["Content-Security-Policy"]
    assert owner.get("/theme/sample/1-ffd400-6c2642/").status_code == 404


def test_manager_looks_and_changes_nothing(log_in, sent):
    manager = log_in("manager")
    html = manager.get(PAGE).content.decode()
    assert "To look at: the owner changes it." in html
    assert 'name="reset"' not in html
    assert manager.post(PAGE, sent).status_code == 403
    assert manager.get(reverse("admin:members_footerlink_add")).status_code == 403


@pytest.mark.parametrize("role", ["clerk", "marketer"])
def test_others_do_not_see_it(log_in, role):
    client = log_in(role)
    assert [client.get(path).status_code for path in (PAGE, FIGURES)] == [403, 403]


# --- Bad input ----------------------------------------------------------------------------------


@pytest.mark.parametrize(
    ("field", "typed", "words"),
    [
        ("accent", "yellow", "is no colour"),
        ("card", "#12", "is no colour"),
        ("accent", '"><script>', "is no colour"),
        ("tagline", "x" * 300, "at most 160 characters"),
        ("story_title_ja", "x" * 300, "at most 120 characters"),
        ("map_url", "javascript:alert(1)", "Enter a valid URL"),
    ],
)
def test_wrong_input_is_told_beside_its_field(owner, sent, field, typed, words):
    response = post(owner, sent, **{field: typed})
    html = response.content.decode()
    assert response.status_code == 200
    assert words in html
    assert "<script>alert" not in html
    assert html.rstrip().endswith("</html>")
    assert not Theme.objects.exists()


def test_club_name_of_300_letters_is_told_to_be_shorter(owner):
    page = "/admin/members/club/1/change/"
    form = owner.get(page).context["adminform"].form
    sent = {name: value for name, value in form.initial.items() if value is not None}
    html = owner.post(page, {**sent, "name": "x" * 300}).content.decode()
    assert "at most 120 characters" in html


def build_png(width=20, height=10):
    body = io.BytesIO()
    Image.new("RGB", (width, height)).save(body, "PNG")
    return body.getvalue()


@pytest.mark.parametrize(
    ("name", "content", "words"),
    [
        ("logo.png", build_png() + b"\0" * (40 * 2**20), "This file has 40 MB"),
        (
            "logo.svg",
            b'<svg xmlns="http://www.w3.org/2000/svg"><script>alert(1)</script></svg>',
            "SVG drawings can hold programs",
        ),
        ("logo.png", b"<html>", "not a photograph"),
        ("logo.png", b"", "empty"),
    ],
    ids=["40 MB", "SVG with a script", "something else", "empty"],
)
def test_logo_that_cannot_be_one_is_refused_in_words(owner, sent, name, content, words):
    response = post(owner, sent, logo=SimpleUploadedFile(name, content))
    assert response.status_code == 200
    assert words in response.content.decode()
    assert not Theme.objects.exists()


def test_logo_is_kept_and_taken_off(owner, sent, settings, tmp_path):
    settings.MEDIA_ROOT = tmp_path
    post(owner, sent, logo=SimpleUploadedFile("any.png", build_png()))
    assert Theme.objects.get().logo.name.endswith("-20x10.webp")
    post(owner, sent, **{"logo-clear": "on"})
    assert not Theme.objects.get().logo


# --- Legal pages and footer ---------------------------------------------------------------------


def test_owner_writes_a_legal_page_and_takes_it_off(owner, clock):
    add = reverse("admin:members_legalpage_add")
    owner.post(add, {"title": "Imprint", "slug": "imprint", "body": "Who we are.",
                     "title_ja": "会社概要", "body_ja": "私たち"})  # fmt: skip
    page = LegalPage.objects.get()
    assert (page.title_ja, page.changed_at) == ("会社概要", clock)
    assert "会社概要" in Client().get("/ja/legal/imprint/").content.decode()
    owner.post(reverse("admin:members_legalpage_delete", args=[page.pk]), {"post": "yes"})
    assert not LegalPage.objects.exists()
    actions = AuditEntry.objects.order_by("pk").values_list("action", flat=True)
    assert list(actions)[-2:] == ["legal_page.added", "legal_page.removed"]


def test_filing_number_leads_to_its_ministry(owner):
    add = reverse("admin:members_footerlink_add")
    owner.post(add, {"kind": "icp", "label": "京ICP备2020012345号-1", "position": "0"})
    assert FooterLink.objects.get().address == ICP_ADDRESS


@pytest.mark.parametrize("address", ["", "javascript:alert(1)", "ftp://a.example/"])
def test_footer_link_needs_one_place(owner, address):
    response = owner.post(
        reverse("admin:members_footerlink_add"),
        {"kind": "other", "label": "x", "address": address, "position": "0"},
    )
    assert response.status_code == 200
    assert response.context["adminform"].form.errors["address"]
    assert not FooterLink.objects.exists()


def test_card_of_a_tier_follows_the_picks(owner):
    address = reverse("admin:rewards_tier_card")
    picks = {"rank": "1", "color": "#2255cc", "pattern": "waves"}
    assert owner.get(address, picks)["Location"] == get_card_art(1, "#2255cc", "waves")
    for wrong in ({"color": "red"}, {"pattern": "dots"}, {"rank": "x"}):
        assert owner.get(address, picks | wrong).status_code == 404
