"""Young members and their guardians."""
# ruff: noqa: F811 (fixtures come as imports)

import datetime as dt
import re

import pytest
from django.core import mail
from django.urls import reverse

from members.enums import Channel, ConsentSource
from members.models import (
    Consent,
    Guardian,
)
from members.purposes import GUARDIAN, NEWS, OFFERS, PROFILING
from members.selectors.consents import has_agreed
from members.selectors.guardians import (
    GuardianNeeded,
    GuardianRefused,
    GuardianSilent,
    GuardianState,
    check_guardian,
    get_guardian_state,
    is_young,
)
from members.selectors.notices import list_notices
from members.services.consents import Answer, record_answers
from members.services.guardians import (
    GuardianGone,
    NotYoung,
    OwnGuardian,
    answer_as_guardian,
    ask_guardians,
    name_guardian,
)
from members.services.profiles import close_member
from tests.members.privacy_cast import (  # noqa: F401 (fixtures)
    as_member,
    mei,
    private_folder,
    staff,
    young,
)

pytestmark = pytest.mark.django_db
HOUR = dt.timedelta(hours=1)
ANY, EMAIL = Channel.ANY, Channel.EMAIL


@pytest.mark.parametrize(
    ("birthday", "expected"),
    [
        ((2013, 3, 10), False),
        ((2013, 3, 11), True),
        ((2013, 3, None), True),
        ((2013, None, None), True),
        ((2012, None, None), False),
        ((None, 3, 11), False),
        ((None, None, None), False),
    ],
)
def test_age_on_the_club_s_own_day(make_member, now, birthday, expected):
    """13 in the United States, on 10 March 2026."""
    year, month, day = birthday
    member = make_member(birth_year=year, birth_month=month, birth_day=day)
    assert is_young(member, now=now) is expected


@pytest.mark.parametrize(
    ("country", "own", "expected"),
    [("US", None, 13), ("CN", None, 14), ("JP", None, 18), ("TW", None, 18), ("FR", None, 16),
     ("JP", 20, 20), ("US", 0, 0)],
)  # fmt: skip
def test_age_of_each_country_and_of_the_club_s_own(club, country, own, expected):
    club.country, club.guardian_age = country, own
    assert club.get_guardian_age() == expected


def test_guardian_is_asked_by_mail_and_says_yes(young, as_member, client, now):
    assert get_guardian_state(young, now=now) == GuardianState.MISSING
    with pytest.raises(GuardianNeeded, match="under 13"):
        check_guardian(young, now=now)
    name_guardian(young, name="Lin", email="Lin@Example.com", by=young.user, now=now)
    with pytest.raises(GuardianSilent):
        check_guardian(young, now=now)
    assert [ask_guardians(now=now), ask_guardians(now=now)] == [1, 0]
    (letter,) = mail.outbox
    assert letter.to == ["lin@example.com"]
    path = re.search(r"https?://[^/]+(/\S+)", letter.body)[1]
    page = client.get(path)
    assert "Jo named you, Lin, as parent or guardian" in page.text
    assert get_guardian_state(young, now=now) == GuardianState.ASKED
    client.post(path, {"agrees": "1"})
    check_guardian(young, now=now)
    assert has_agreed(young, GUARDIAN)
    (notice,) = list_notices(young)
    assert notice.text == "Your parent or guardian agreed to your membership."
    assert record_answers(
        young, [Answer(PROFILING, ANY, True)], source=ConsentSource.PROFILE, by=None, now=now
    )


def test_guardian_s_no_takes_back_what_needed_their_yes(young, now):
    guardian = name_guardian(young, name="Lin", email="lin@example.com", by=None, now=now)
    answer_as_guardian(guardian, agrees=True, now=now)
    answers = [Answer(PROFILING, ANY, True), Answer(NEWS, EMAIL, True), Answer(OFFERS, EMAIL, True)]
    record_answers(young, answers, source=ConsentSource.PROFILE, by=None, now=now + HOUR)
    answer_as_guardian(guardian, agrees=False, now=now + 2 * HOUR)
    with pytest.raises(GuardianRefused):
        check_guardian(young, now=now)
    assert has_agreed(young, NEWS, EMAIL)
    assert not has_agreed(young, OFFERS, EMAIL)
    assert not has_agreed(young, PROFILING)
    assert not has_agreed(young, GUARDIAN)


def test_another_guardian_ends_the_former_one_and_their_yes(young, now):
    first = name_guardian(young, name="Lin", email="lin@example.com", by=None, now=now)
    answer_as_guardian(first, agrees=True, now=now)
    record_answers(
        young, [Answer(PROFILING, ANY, True)], source=ConsentSource.PROFILE, by=None, now=now
    )
    name_guardian(young, name="Wu", email="wu@example.com", by=None, now=now + HOUR)
    assert not has_agreed(young, PROFILING)
    assert get_guardian_state(young, now=now) == GuardianState.ASKED
    with pytest.raises(GuardianGone):
        answer_as_guardian(first, agrees=True, now=now)
    close_member(young, by=None, now=now)
    with pytest.raises(GuardianGone):
        answer_as_guardian(Guardian.objects.current().get(), agrees=True, now=now)


def test_nobody_is_their_own_guardian_and_grown_ups_have_none(young, mei, now):
    with pytest.raises(OwnGuardian):
        name_guardian(young, name="Jo", email="JO@example.com", by=None, now=now)
    with pytest.raises(NotYoung):
        name_guardian(mei, name="Lin", email="lin@example.com", by=None, now=now)


def test_mail_to_a_guardian_that_fails_is_tried_again(young, now, settings, caplog):
    name_guardian(young, name="Lin", email="lin@example.com", by=None, now=now)
    settings.MAILERS = {
        "default": {
            "BACKEND": "django.core.mail.backends.smtp.EmailBackend",
            "OPTIONS": {"host": "127.0.0.1", "port": 9, "timeout": 1},
        }
    }
    assert ask_guardians(now=now) == 0
    assert Guardian.objects.get().asked_at is None


def test_young_member_names_a_guardian_on_their_page(young, as_member, mei):
    client = as_member(young)
    page = client.get(reverse("privacy_mine")).text
    assert "Members under 13 need a parent's or guardian's consent" in page
    url = reverse("privacy_guardian")
    assert client.post(url, {"name": "Lin", "email": "jo@example.com"}).status_code == 422
    assert client.post(url, {"name": "Lin", "email": "lin@example.com"}).status_code == 302
    assert "lin@example.com" in client.get(url).text
    refused = client.post(reverse("privacy_consents"), {"profiling": "on"})
    assert refused.status_code == 422
    assert "has not answered our mail yet" in refused.text
    assert not Consent.objects.exists()


def test_grown_up_has_no_page_for_guardians(mei, as_member):
    assert as_member(mei).get(reverse("privacy_guardian"))["Location"] == reverse("privacy_mine")
