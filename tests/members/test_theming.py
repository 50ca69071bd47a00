"""What the owner changes of the club's looks: kept, judged, on record, seen at once."""

import pytest
from django.utils import translation

from core.models import AuditEntry
from members.enums import FooterKind
from members.models import Club, FooterLink, LegalPage, Theme
from members.models.theme import ICP_ADDRESS
from members.selectors.club import get_club
from members.services.theming import (
    IllegibleColor,
    InvalidTheme,
    remove_from_site,
    reset_colors,
    save_footer_link,
    save_legal_page,
    update_theme,
)
from tests.constraints import guards

pytestmark = pytest.mark.django_db


@pytest.mark.parametrize(
    ("constraint", "good", "bad"),
    [
        ("theme_accent_is_hex", {"accent": "#1e5945"}, {"accent": "#1E5945"}),
        ("theme_card_is_hex", {"card": ""}, {"card": "red"}),
        (
            "theme_map_is_on_the_web",
            {"map_url": "https://map.example/"},
            {"map_url": "javascript:alert(1)"},
        ),
    ],
)
def test_theme_constraints(club, constraint, good, bad):
    guards(constraint, lambda **values: Theme.objects.create(club=club, **values), good, bad)


def test_legal_page_says_something(now):
    guards(
        "legal_page_says_something",
        lambda **values: LegalPage.objects.create(slug="terms", changed_at=now, **values),
        {"title": "Terms", "body": "Be kind."},
        {"title": "Terms", "body": ""},
    )


@pytest.mark.parametrize(
    ("constraint", "good", "bad"),
    [
        ("footer_link_leads_to_one_place", {"address": "https://a.example/"}, {"address": ""}),
        (
            "footer_link_is_on_the_web",
            {"address": "http://a.example/"},
            {"address": "javascript:alert(1)"},
        ),
        (
            "footer_link_of_a_filing_leads_to_its_ministry",
            {"kind": "icp", "address": ICP_ADDRESS},
            {"kind": "icp", "address": "https://a.example/"},
        ),
    ],
)
def test_footer_link_constraints(constraint, good, bad):
    guards(constraint, lambda **values: FooterLink.objects.create(label="x", **values), good, bad)


def test_footer_link_to_both_is_refused(now):
    page = LegalPage.objects.create(slug="a", title="A", body="B", changed_at=now)
    guards(
        "footer_link_leads_to_one_place",
        lambda **values: FooterLink.objects.create(label="x", page=page, **values),
        {"address": ""},
        {"address": "https://a.example/"},
    )


def test_theme_is_kept_on_record_and_seen_at_once(club, now):
    assert (get_club().theme.tagline, get_club().theme_version) == ("", "")
    update_theme(
        {"accent": "#1e5945", "tagline": "Good food.", "tagline_ja": "おいしい。"}, by=None, now=now
    )
    entry = AuditEntry.objects.get(action="theme.updated")
    assert entry.changes == {
        "fields": ["accent", "tagline", "tagline_ja"],
        "accent": ["", "#1e5945"],
    }
    assert get_club().theme_version == "1-1e5945-6c2642"
    with translation.override("ja"):
        assert get_club().theme.tagline_i18n == "おいしい。"
    with translation.override("zh-hant"):
        assert get_club().theme.tagline_i18n == "Good food."


def test_theme_without_a_change_leaves_no_row(club, now):
    update_theme({"tagline": "Good food."}, by=None, now=now)
    update_theme({"tagline": "Good food.", "tagline_ja": ""}, by=None, now=now)
    assert AuditEntry.objects.filter(action="theme.updated").count() == 1


def test_theme_without_a_club_makes_one(db, now):
    Club.objects.all().delete()
    update_theme({"tagline": "Good food."}, by=None, now=now)
    assert get_club().theme.tagline == "Good food."


@pytest.mark.parametrize(("field", "color"), [("accent", "#ffd400"), ("card", "#808080")])
def test_illegible_color_is_refused_with_the_nearest_shade(club, now, field, color):
    with pytest.raises(IllegibleColor) as refusal:
        update_theme({field: color}, by=None, now=now)
    error = refusal.value
    assert error.field == field
    assert color in str(error)
    assert error.judgement.nearest in str(error)
    assert not Theme.objects.exists()
    update_theme({field: error.judgement.nearest}, by=None, now=now)


def test_wrong_values_of_a_theme_are_refused(club, now):
    for changes in ({"accent": "red"}, {"map_url": "javascript:1"}, {"tagline": "x" * 161}):
        with pytest.raises(InvalidTheme):
            update_theme(changes, by=None, now=now)


def test_colors_go_back_and_words_stay(club, now):
    update_theme({"accent": "#1e5945", "card": "#123c30", "story": "So."}, by=None, now=now)
    theme = reset_colors(by=None, now=now)
    assert (theme.accent, theme.card, theme.story) == ("", "", "So.")
    assert get_club().theme_version == ""


def test_footer_is_read_with_the_club_in_one_query(club, now, assert_statements):
    page = save_legal_page(
        LegalPage(slug="tokusho", title="特定商取引法に基づく表記", body="販売業者: 梅の木"),
        by=None, now=now,
    )  # fmt: skip
    save_footer_link(
        FooterLink(kind=FooterKind.ICP, label="京ICP备2020012345号-1", position=2), by=None, now=now
    )
    save_footer_link(
        FooterLink(label="Disclosure", label_ja="特定商取引法に基づく表記", page=page, position=1),
        by=None, now=now,
    )  # fmt: skip
    with assert_statements(1):
        links = get_club().footer_links
    with assert_statements(0):
        assert get_club().footer_links is links
    with translation.override("ja"):
        assert [(link.label, link.url, link.is_elsewhere) for link in links] == [
            ("特定商取引法に基づく表記", "/ja/legal/tokusho/", False),
            ("京ICP备2020012345号-1", ICP_ADDRESS, True),
        ]
    assert links[0].label == "Disclosure"


def test_legal_page_goes_with_its_links(club, now):
    page = save_legal_page(LegalPage(slug="terms", title="T", body="B"), by=None, now=now)
    save_footer_link(FooterLink(label="Terms", page=page), by=None, now=now)
    page.body = "C"
    save_legal_page(page, by=None, now=now)
    remove_from_site(page, by=None, now=now)
    assert (FooterLink.objects.count(), get_club().footer_links) == (0, [])
    actions = AuditEntry.objects.order_by("pk").values_list("action", flat=True)
    assert list(actions)[-4:] == [
        "legal_page.added", "footer_link.added", "legal_page.changed", "legal_page.removed",
    ]  # fmt: skip


def test_footer_link_that_leads_nowhere_is_refused(club, now):
    with pytest.raises(InvalidTheme):
        save_footer_link(FooterLink(label="x"), by=None, now=now)
