import pytest

from core.models import AuditEntry
from members.enums import DuplicateReason
from members.models import DuplicatePair
from members.services.conduct import OwnRecord
from members.services.duplicates import (
    AlreadyDecided,
    ask_for_search,
    find_duplicates,
    reopen_pair,
    set_apart,
)
from members.services.profiles import close_member

pytestmark = pytest.mark.django_db

LIN = {"family_name": "Lin", "given_name": "Mei", "birth_month": 4, "birth_day": 30}


def found(now):
    find_duplicates(by=None, now=now)
    return [
        (pair.first_id, pair.second_id, sorted(pair.reasons), pair.score)
        for pair in DuplicatePair.objects.open().order_by("first_id", "second_id")
    ]


@pytest.mark.parametrize(
    ("one", "other", "reasons"),
    [
        ({"phone": "+14155550123"}, {"phone": "+14155550123"}, ["phone"]),
        ({"email": "mei@example.com"}, {"email": "mei@example.com"}, ["email"]),
        ({"email": "mei@example.com"}, {"email": "mei+shop@example.com"}, ["email_variant"]),
        ({"email": "m.e.i@gmail.com"}, {"email": "mei+x@googlemail.com"}, ["email_variant"]),
        ({"email": "ｍｅｉ@example.com"}, {"email": "mei@example.com"}, ["email"]),
        (LIN, LIN | {"family_name": "ＬＩＮ", "given_name": "mei"}, ["name_birthday"]),
        (LIN, LIN | {"family_name": "Mei", "given_name": "Lin"}, ["name_birthday"]),
        (
            LIN | {"family_name_reading": "リン", "given_name_reading": "メイ"},
            LIN
            | {"family_name": "林", "given_name": "美", "family_name_reading": "りん",
               "given_name_reading": "めい"},
            ["name_birthday"],
        ),
        (LIN | {"phone": "+14155550123"}, LIN | {"phone": "+14155550123"},
         ["name_birthday", "phone"]),
    ],
)  # fmt: skip
def test_two_records_that_are_alike(make_member, now, one, other, reasons):
    first, second = make_member(**one), make_member(**other)
    ((first_id, second_id, said, score),) = found(now)
    assert (first_id, second_id, said) == (first.pk, second.pk, reasons)
    assert 20 <= score <= 100


@pytest.mark.parametrize(
    ("one", "other"),
    [
        ({"email": "m.ei@example.com"}, {"email": "mei@example.com"}),
        (LIN, LIN | {"birth_day": 29}),
        (LIN, LIN | {"given_name": "Ana"}),
        (
            {"given_name": "Mei", "family_name": "Lin", "phone": "+14155550123"},
            {"given_name": "Ken", "family_name": "Lin", "phone": "+14155550123"},
        ),
    ],
)
def test_two_records_of_two_people(make_member, now, one, other):
    make_member(**one), make_member(**other)
    assert found(now) == []


def test_more_that_agrees_counts_for_more(make_member, now):
    for fields in (LIN, LIN | {"email": "mei@example.com", "birth_year": 1980}):
        make_member(**fields)
    ((_first, _second, _reasons, weak),) = found(now)
    make_member(**LIN, email="m+ei@example.com", birth_year=1980)
    scores = {(first, second): score for first, second, _r, score in found(now)}
    assert len(scores) == 3
    assert min(scores.values()) == weak
    assert 20 < weak < max(scores.values()) <= 100


def test_contact_that_a_crowd_shares_says_nothing(make_member, now):
    for _number in range(13):
        make_member(phone="+14155550123")
    assert found(now) == []


def test_judged_pair_is_never_asked_about_again(make_member, make_login, now):
    first, second = (make_member(phone="+14155550123") for _ in range(2))
    assert find_duplicates(by=None, now=now) == 1
    assert find_duplicates(by=None, now=now) == 0
    pair = DuplicatePair.objects.get()
    clerk = make_login(is_staff=True)
    set_apart(pair, by=clerk, now=now, reason="Mother and daughter")
    assert found(now) == []
    with pytest.raises(AlreadyDecided):
        set_apart(pair, by=clerk, now=now)
    entry = AuditEntry.objects.get(action="duplicate.set_apart")
    assert (entry.changes, entry.note.text) == (
        {"members": [first.pk, second.pk]}, "Mother and daughter",
    )  # fmt: skip
    reopen_pair(pair, by=clerk, now=now)
    assert len(found(now)) == 1
    with pytest.raises(AlreadyDecided):
        reopen_pair(pair, by=clerk, now=now)


def test_open_pair_goes_when_the_two_are_no_longer_alike(make_member, now):
    _first, second = (make_member(phone="+14155550123") for _ in range(2))
    assert len(found(now)) == 1
    close_member(second, by=None, now=now)
    assert found(now) == []
    assert not DuplicatePair.objects.exists()


def test_nobody_judges_their_own_record(make_member, make_login, now):
    clerk = make_login(is_staff=True)
    make_member(phone="+14155550123", user=clerk)
    make_member(phone="+14155550123")
    find_duplicates(by=clerk, now=now)
    assert AuditEntry.objects.get(action="duplicates.searched").changes == {"new": 1}
    with pytest.raises(OwnRecord):
        set_apart(DuplicatePair.objects.get(), by=clerk, now=now)
    refusal = AuditEntry.objects.get(action="act.refused")
    assert refusal.changes == {"refused": "own_record", "act": "duplicate.decide"}


@pytest.mark.parametrize("count", [2, 12])
def test_search_takes_two_statements(make_member, now, count, django_assert_num_queries):
    for number in range(count):
        make_member(email=f"mei+{number}@example.com")
    with django_assert_num_queries(4):  # a savepoint's two besides
        find_duplicates(by=None, now=now)
    assert DuplicatePair.objects.count() == count * (count - 1) // 2
    assert {reason for pair in DuplicatePair.objects.all() for reason in pair.reasons} == {
        DuplicateReason.EMAIL_VARIANT
    }


def test_large_club_is_searched_by_a_worker(
    make_login, now, sent_tasks, django_capture_on_commit_callbacks
):
    clerk = make_login(is_staff=True)
    with django_capture_on_commit_callbacks(execute=True):
        ask_for_search(by=clerk, now=now)
    assert ("members.tasks.find_duplicates", []) in sent_tasks
    assert AuditEntry.objects.filter(action="duplicates.search_asked", actor=clerk).count() == 1
