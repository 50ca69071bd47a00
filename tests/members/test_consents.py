import datetime as dt

import pytest
from django.db import Error, connection, transaction
from django.utils import translation

from core.models import AuditEntry
from members.enums import Channel, ConsentSource
from members.models import Club, Consent, ConsentWording, Member
from members.purposes import (
    ABROAD,
    BIRTHDAY,
    GUARDIAN,
    NEWS,
    OFFERS,
    PARTNERS,
    PROFILING,
    PURPOSES,
    SENSITIVE,
)
from members.selectors.consents import (
    get_answers,
    has_agreed,
    may_contact,
    wants_recommendations,
)
from members.selectors.guardians import GuardianNeeded
from members.services.consents import (
    Answer,
    MembershipOver,
    UnknownConsent,
    merge_consents,
    record_answers,
    undo_merge,
)
from members.services.erasure import request_erasure
from members.services.profiles import attach_login, close_member, update_member

pytestmark = pytest.mark.django_db
EMAIL, SMS, ANY = Channel.EMAIL, Channel.SMS, Channel.ANY
HOUR = dt.timedelta(hours=1)


@pytest.fixture
def mei(make_member, make_login, now):
    return attach_login(make_member(given_name="Mei"), make_login(), by=None, now=now)


@pytest.fixture
def answer(now):
    """``answer(mei, "news", "email", True)``: a moment later than the one before."""
    said = []

    def say(member, purpose, channel, is_given, source=ConsentSource.PROFILE, **about):
        said.append(purpose)
        moment = now + len(said) * dt.timedelta(minutes=1)
        return record_answers(
            member, [Answer(purpose, channel, is_given)], source=source, by=None,
            now=about.pop("at", moment), **about,
        )  # fmt: skip

    return say


def contacted(purpose, channel):
    return [member.pk for member in may_contact(Member.objects.all(), purpose, channel)]


def test_nothing_is_agreed_to_before_an_answer(mei):
    assert get_answers(mei) == {}
    for purpose in PURPOSES:
        for channel in purpose.channels:
            assert not has_agreed(mei, purpose.code, channel)
            assert contacted(purpose.code, channel) == []
    assert not wants_recommendations(mei)


def test_yes_counts_for_its_purpose_and_channel_alone(mei, answer):
    answer(mei, NEWS, EMAIL, True)
    assert contacted(NEWS, EMAIL) == [mei.pk]
    assert contacted(NEWS, SMS) == contacted(OFFERS, EMAIL) == []


def test_newest_answer_holds_and_history_stays(mei, answer):
    for is_given in (True, False, True, False):
        answer(mei, NEWS, EMAIL, is_given)
    assert contacted(NEWS, EMAIL) == []
    assert Consent.objects.count() == 4
    assert not get_answers(mei)[NEWS, EMAIL].is_given


def test_same_answer_again_is_silent(mei, answer):
    assert len(answer(mei, NEWS, EMAIL, True)) == 1
    assert answer(mei, NEWS, EMAIL, True) == []
    assert answer(mei, OFFERS, EMAIL, False) == []
    assert AuditEntry.objects.filter(action="consent.recorded").count() == 1


def test_no_that_was_said_is_kept_also_where_nothing_was_agreed(mei, answer):
    assert len(answer(mei, OFFERS, ANY, False, ConsentSource.COUNTER)) == 1
    assert answer(mei, OFFERS, ANY, False, ConsentSource.COUNTER) == []
    assert answer(mei, OFFERS, SMS, False, ConsentSource.COUNTER) == []


@pytest.mark.parametrize(
    ("answers", "by_mail", "by_phone"),
    [
        ([(ANY, True)], True, True),
        ([(ANY, True), (EMAIL, False)], False, True),
        ([(ANY, True), (EMAIL, False), (ANY, True)], True, True),
        ([(EMAIL, True), (ANY, False)], False, False),
        ([(EMAIL, True), (ANY, False), (SMS, True)], False, True),
    ],
)
def test_answer_for_any_channel_speaks_for_each(mei, answer, answers, by_mail, by_phone):
    """The same cases in Python (``pick_standing``) and in SQL (``standing``)."""
    for channel, is_given in answers:
        answer(mei, NEWS, channel, is_given)
    standing = get_answers(mei)
    for channel, expected in ((EMAIL, by_mail), (SMS, by_phone)):
        assert (contacted(NEWS, channel) == [mei.pk]) is expected
        assert has_agreed(mei, NEWS, channel) is expected
        assert standing[NEWS, channel].is_given is expected


def test_form_signed_earlier_does_not_undo_what_was_said_since(mei, answer, now):
    answer(mei, NEWS, EMAIL, True)
    answer(mei, NEWS, EMAIL, False)
    answer(mei, NEWS, EMAIL, True, ConsentSource.PAPER, effective_at=now - HOUR)
    assert contacted(NEWS, EMAIL) == []
    assert Consent.objects.count() == 3


def test_form_dated_in_the_future_counts_from_now(mei, answer, now):
    (row,) = answer(mei, NEWS, EMAIL, True, ConsentSource.PAPER, at=now, effective_at=now + HOUR)
    assert row.effective_at == now


def test_only_members_with_a_login_who_stay_are_contacted(
    mei, make_member, make_login, answer, now
):
    unclaimed = make_member()
    closed = attach_login(make_member(), make_login("b@example.com"), by=None, now=now)
    leaving = attach_login(make_member(), make_login("c@example.com"), by=None, now=now)
    for member in (mei, unclaimed, closed, leaving):
        answer(member, NEWS, EMAIL, True)
    close_member(closed, by=None, now=now)
    request_erasure(leaving, by=None, now=now)
    assert contacted(NEWS, EMAIL) == [mei.pk]
    ids = [unclaimed.pk, mei.pk, 0]
    assert [member.pk for member in may_contact(ids, NEWS, EMAIL)] == [mei.pk]


def test_state_of_one_and_of_many_takes_one_query(
    mei, make_member, answer, django_assert_num_queries
):
    for _times in range(3):
        answer(mei, NEWS, EMAIL, True)
        answer(mei, NEWS, EMAIL, False)
    with django_assert_num_queries(1):
        get_answers(mei)
    with django_assert_num_queries(1):
        list(may_contact(Member.objects.filter(given_name="Mei"), NEWS, EMAIL))
    with django_assert_num_queries(1):
        has_agreed(mei, NEWS, EMAIL)


def test_words_are_kept_as_they_were_seen(mei, answer, monkeypatch):
    from members import purposes

    answer(mei, NEWS, EMAIL, True)
    answer(mei, NEWS, SMS, True)
    (first,) = ConsentWording.objects.all()
    assert (first.locale, first.version) == ("en", 1)
    assert first.text.startswith("News. The club may tell me what is new")
    other = purposes.Purpose(NEWS, "News", "Something else.", "messages", (EMAIL, SMS))
    monkeypatch.setitem(purposes._BY_CODE, NEWS, other)
    (row,) = answer(mei, NEWS, EMAIL, False)
    assert (row.wording.text, row.wording.version) == ("News. Something else.", 2)
    with translation.override("ja"):
        (row,) = answer(mei, NEWS, EMAIL, True)
    assert (row.wording.locale, row.wording.version) == ("ja", 1)


def test_history_can_not_be_changed(mei, answer):
    answer(mei, NEWS, EMAIL, True)
    for table in ("members_consent", "members_consentwording"):
        for statement in (f"UPDATE {table} SET purpose = 'x'", f"DELETE FROM {table}"):
            with pytest.raises(Error, match="append-only"), transaction.atomic():
                connection.cursor().execute(statement)


def test_what_nobody_asks_for_is_refused(mei, answer):
    for purpose, channel in (("fame", EMAIL), (PROFILING, EMAIL), (NEWS, "pigeon")):
        with pytest.raises(UnknownConsent):
            answer(mei, purpose, channel, True)


def test_who_left_can_take_back_and_not_agree(mei, answer, now):
    answer(mei, NEWS, EMAIL, True)
    close_member(mei, by=None, now=now)
    with pytest.raises(MembershipOver):
        answer(mei, OFFERS, EMAIL, True)
    assert len(answer(mei, NEWS, EMAIL, False)) == 1


def test_a_no_for_any_channel_takes_every_one_back(mei, answer, now):
    answer(mei, OFFERS, EMAIL, True)
    answer(mei, OFFERS, SMS, True)
    none = [Answer(OFFERS, ANY, False)]
    record_answers(mei, none, source=ConsentSource.LINK, by=None, now=now + HOUR)
    assert contacted(OFFERS, EMAIL) == contacted(OFFERS, SMS) == []


def test_audit_names_what_was_answered_and_where(mei, make_login, now):
    clerk = make_login("clerk@example.com", is_staff=True)
    answers = [Answer(NEWS, EMAIL, True), Answer(OFFERS, ANY, False)]
    record_answers(mei, answers, source=ConsentSource.COUNTER, by=clerk, now=now)
    entry = AuditEntry.objects.get(action="consent.recorded")
    assert (entry.actor, entry.subject_id) == (clerk, str(mei.pk))
    assert entry.changes == {
        "given": ["news:email"], "withdrawn": ["offers:any"], "source": "counter"
    }  # fmt: skip


# --- The young ----------------------------------------------------------------------------------


@pytest.mark.parametrize("purpose", [OFFERS, PROFILING, SENSITIVE, ABROAD, PARTNERS])
def test_young_member_can_not_agree_alone_to_what_is_grave(make_member, answer, purpose):
    young = make_member(birth_year=2015, birth_month=1, birth_day=1)
    channel = EMAIL if purpose == OFFERS else ANY
    with pytest.raises(GuardianNeeded):
        answer(young, purpose, channel, True)
    assert answer(young, purpose, ANY, False, ConsentSource.COUNTER)


def test_young_member_can_agree_to_news_alone(make_member, answer):
    assert answer(make_member(birth_year=2015), NEWS, EMAIL, True)
    assert answer(make_member(birth_year=2015), BIRTHDAY, EMAIL, True)


def test_age_is_the_club_s_to_set(make_member, answer):
    teenager = make_member(birth_year=2010, birth_month=1, birth_day=1)
    assert answer(teenager, PROFILING, ANY, True)  # 16 in March 2026; 13 in the United States
    Club.objects.get().save()
    Club.objects.update(guardian_age=18)
    from members.selectors.club import forget_club

    forget_club()
    with pytest.raises(GuardianNeeded):
        answer(teenager, SENSITIVE, ANY, True)


# --- Merging ------------------------------------------------------------------------------------


def test_merge_keeps_the_stricter_answer_and_undo_gives_back(mei, make_member, answer, now):
    other = make_member()
    answer(mei, NEWS, EMAIL, True)
    answer(mei, OFFERS, EMAIL, True)
    answer(mei, PROFILING, ANY, True)
    answer(other, NEWS, EMAIL, True)
    answer(other, SENSITIVE, ANY, True)
    answer(other, OFFERS, ANY, False, ConsentSource.COUNTER)
    answer(other, PROFILING, ANY, False, ConsentSource.COUNTER)
    moved = merge_consents(other, mei, now + HOUR)
    assert sorted(moved) == [[OFFERS, "email"], [PROFILING, "any"]]
    assert has_agreed(mei, NEWS, EMAIL)
    assert not has_agreed(mei, OFFERS, EMAIL)
    assert not has_agreed(mei, PROFILING)
    assert not has_agreed(mei, SENSITIVE)
    undo_merge(other, mei, moved, now + 2 * HOUR)
    assert has_agreed(mei, OFFERS, EMAIL)
    assert has_agreed(mei, PROFILING)


def test_undo_of_a_merge_leaves_what_was_answered_since(mei, make_member, answer, now):
    other = make_member()
    answer(mei, OFFERS, EMAIL, True)
    answer(other, OFFERS, EMAIL, False, ConsentSource.COUNTER)
    moved = merge_consents(other, mei, now + HOUR)
    answer(mei, OFFERS, EMAIL, True, at=now + 2 * HOUR)
    answer(mei, OFFERS, EMAIL, False, at=now + 3 * HOUR)
    undo_merge(other, mei, moved, now + 4 * HOUR)
    assert not has_agreed(mei, OFFERS, EMAIL)


def test_every_reviewed_purpose_is_well_formed():
    codes = [purpose.code for purpose in PURPOSES]
    assert len(set(codes)) == len(codes)
    assert all(len(code) <= 20 for code in codes)
    assert all(purpose.name and purpose.wording and purpose.channels for purpose in PURPOSES)
    assert [purpose.code for purpose in PURPOSES if not purpose.is_asked] == [GUARDIAN]


# --- Sensitive details --------------------------------------------------------------------------


@pytest.fixture
def detailed(mei, answer, now):
    """Mei told something, and agreed that it is kept."""
    answer(mei, SENSITIVE, ANY, True)
    return update_member(mei, {"traits": "no nuts", "interests": ["wine"]}, by=None, now=now)


def read_details(member):
    return Member.objects.values_list("traits", "interests").get(pk=member.pk)


def test_details_go_with_their_consent_and_do_not_come_back(detailed, answer, now):
    answer(detailed, PROFILING, ANY, False, source=ConsentSource.COUNTER)
    assert read_details(detailed) == ("no nuts", ["wine"])
    answer(detailed, SENSITIVE, ANY, False)
    assert read_details(detailed) == ("", ["wine"])
    entry = AuditEntry.objects.get(action="member.details_removed")
    assert entry.changes == {"fields": ["traits"], "withdrawn": "sensitive"}
    answer(detailed, SENSITIVE, ANY, True)
    assert read_details(detailed) == ("", ["wine"])
    answer(detailed, SENSITIVE, ANY, False)
    assert AuditEntry.objects.filter(action="member.details_removed").count() == 1


def test_no_that_is_older_than_the_yes_takes_no_details(detailed, answer, now):
    answer(detailed, SENSITIVE, ANY, False, source=ConsentSource.PAPER, effective_at=now - HOUR)
    assert has_agreed(detailed, SENSITIVE)
    assert read_details(detailed) == ("no nuts", ["wine"])
