"""The demonstration club reads natively in each language: no page mixes in another one's words."""

import html
import re

import pytest
from django.test import Client
from django.urls import reverse
from django.utils.translation import override

from campaigns.models import Message
from members.models import Notice, User
from purchases.models import Purchase
from rewards.models import Redemption, Reward, RewardSession

pytestmark = pytest.mark.django_db
LANGUAGES = ("ja", "zh-hans", "zh-hant")
# Names, and what is written in Latin letters everywhere.
NAMES = re.compile(
    r"""
      [\w.+-]+@[\w.-]+ | https?://\S+
    | 1418\ Main\ Street | Oakland,\ CA | Bay\ Courier
    | (?<![A-Za-z])(?:
        QR(?:\ Code)? | PIN | CSV | JSON | PDF | ID | SMS | IP | LINE | WeChat | Google | Apple
        | English
        | US\$? | [A-Z0-9]{4,}  # money, codes
      )(?![A-Za-z])
    """,
    re.VERBOSE,
)
_LATIN = re.compile(r"[A-Za-zÀ-ÿ][A-Za-zÀ-ÿ’'-]+(?: [A-Za-zÀ-ÿ’'-]+)*")
_HIDDEN = re.compile(r"<(script|style|svg|template)\b.*?</\1>|<!--.*?-->", re.DOTALL)
_SPOKEN = re.compile(r'(?:alt|aria-label|title|placeholder|content)="([^"]*)"')
_KANA = re.compile(r"[\u3041-\u3096\u30a1-\u30fa]")


@pytest.fixture
def member(larger_club, now, time_machine):
    """Whoever of the demonstration has redeemed most, with a login."""
    time_machine.move_to(now, tick=False)
    known = Redemption.objects.filter(member__user__isnull=False)
    count = {}
    for pk in known.values_list("member_id", flat=True):
        count[pk] = count.get(pk, 0) + 1
    return User.objects.get(member=max(count, key=lambda pk: (count[pk], -pk))).member


@pytest.fixture
def reader(member):
    client = Client()
    client.force_login(member.user, backend="django.contrib.auth.backends.ModelBackend")
    return client


def list_pages(member):
    """What a member can open by following links."""
    names = (
        "member_home", "reward_list", "statement", "purchase_list", "inbox",
        "redemption_list", "member_profile", "membership", "household", "address_list",
        "privacy_mine", "privacy_consents", "privacy_notice",
    )  # fmt: skip
    pages = [reverse(name) for name in names]
    pages += [f"{reverse('reward_list')}?page=2", f"{reverse('reward_list')}?early=on"]
    pages += [each.get_absolute_url() for each in Reward.objects.published()]
    pages += [each.get_absolute_url() for each in Redemption.objects.of(member)]
    letters = Message.objects.in_inbox(member).values_list("pk", flat=True)
    pages += [reverse("inbox_message", args=[pk]) for pk in letters]
    bought = Purchase.objects.of(member).newest_first()[:5]
    return pages + [reverse("purchase_detail", args=[each.pk]) for each in bought]


def read_words(text):
    """What a person reads of a page, or hears: in its own language, without people's names."""
    text = _HIDDEN.sub(" ", text)
    text = re.sub(r'<(\w+)[^>]* lang="(?!LANG)[^"]*"[^>]*>[^<]*</\1>', " ", text)
    spoken = " ".join(_SPOKEN.findall(text.split("</head>", 1)[-1]))
    plain = re.sub(r"<[^>]+>", " ", text)
    return html.unescape(f"{plain} {spoken}")


def find_foreign(text, member, language):
    for name in (member.get_full_name(), member.given_name, member.family_name, member.display_name,
                 member.family_name_reading, member.given_name_reading, member.email):  # fmt: skip
        text = text.replace(name, " ") if name else text
    text = NAMES.sub(" ", text)
    found = set(_LATIN.findall(text))
    if language != "ja":
        found |= set(_KANA.findall(text.replace("日本語", "")))
    return found


@pytest.mark.parametrize("language", LANGUAGES)
def test_no_page_of_a_member_shows_another_language(reader, member, language):
    reader.cookies["django_language"] = language
    foreign = {}
    for page in list_pages(member):
        response = reader.get(page, follow=True)
        assert response.status_code == 200, page
        assert f'<html lang="{language}' in response.text.replace("zh-Han", "zh-han"), page
        for words in find_foreign(read_words(response.text), member, language):
            foreign.setdefault(words, page)
    assert not foreign, "\n".join(f"{page} {words}" for words, page in foreign.items())


@pytest.mark.parametrize("language", LANGUAGES)
def test_notices_and_places_speak_the_reader_s_language(member, language):
    # A review of the club itself has no name to tell.
    told = Notice.objects.filter(params__has_key="name").exclude(params__name="")
    assert told.exists()
    key = f"name_{language.replace('-', '_')}"
    assert not told.exclude(params__has_key=key).exists()
    with override(language):
        for session in RewardSession.objects.exclude(place=""):
            assert session.place_i18n != session.place
