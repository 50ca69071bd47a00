import threading

import pytest
from django.db import connection
from django.test.utils import CaptureQueriesContext

from core.bulk import read_together
from members.models import EVERYONE, AudienceMember, Member, MemberReference
from members.numbers import is_valid_number
from members.selectors.club import get_club
from members.services import enrolment
from members.services.enrolment import MemberKey, ensure_members
from members.services.profiles import close_member

pytestmark = pytest.mark.django_db


def ensure(*keys, now, source="till"):
    return ensure_members(keys, source=source, now=now)


def test_new_keys_make_unclaimed_members_in_everyone(club, now):
    keys = [MemberKey(external_id=f"H{n}") for n in range(3)]
    result = ensure(*keys, now=now)
    assert result.created_count == 3
    assert result.refused == {}
    members = Member.objects.in_bulk(result.ids.values())
    assert len(members) == 3
    assert all(is_valid_number(member.number) for member in members.values())
    assert all(member.user_id is None and member.source == "till" for member in members.values())
    everyone = AudienceMember.objects.filter(audience__slug=EVERYONE)
    assert set(everyone.values_list("member_id", flat=True)) == set(members)


def test_a_second_time_finds_the_same(club, now):
    key = MemberKey(external_id="H1", email="A@Example.com")
    first = ensure(key, now=now)
    again = ensure(key, now=now)
    assert again.ids == first.ids
    assert again.created_count == 0
    assert MemberReference.objects.count() == 1


def test_one_id_of_two_sources_is_two_members(club, now):
    key = MemberKey(external_id="1")
    assert ensure(key, now=now).ids != ensure(key, now=now, source="shop").ids


def test_new_reference_joins_a_known_contact(make_member, now):
    member = make_member(phone="415 555 0123")
    key = MemberKey(external_id="H1", phone="+1 (415) 555-0123")
    assert ensure(key, now=now).ids == {key: member.pk}
    bare = MemberKey(external_id="H1")
    assert ensure(bare, now=now).ids == {bare: member.pk}


def test_shared_contact_alone_is_ambiguous(make_member, now):
    make_member(email="home@example.com")
    make_member(email="home@example.com")
    key = MemberKey(email="HOME@example.com")
    result = ensure(key, now=now)
    assert result.ids == {}
    assert result.refused[key].code == "ambiguous"
    assert "home@example.com" in str(result.refused[key])


def test_shared_contact_with_an_id_of_the_source_makes_a_third(make_member, now):
    make_member(email="home@example.com")
    make_member(email="home@example.com")
    key = MemberKey(external_id="H9", email="home@example.com")
    assert ensure(key, now=now).created_count == 1


def test_number_finds_and_refuses(make_member, now):
    member = make_member()
    spaced = MemberKey(number=f"{member.number[:4]} {member.number[4:8]} {member.number[8:]}")
    wrong = MemberKey(number=member.number[:-1] + str((int(member.number[-1]) + 1) % 10))
    free = MemberKey(number="100000000044" if member.number != "100000000044" else "100000000141")
    result = ensure(spaced, wrong, free, now=now)
    assert result.ids == {spaced: member.pk}
    assert result.refused[wrong].code == "invalid_member_number"
    assert result.refused[free].code in {"unknown_member_number", "invalid_member_number"}


def test_keys_of_two_members_conflict(make_member, now):
    first = MemberKey(external_id="H1")
    ensure(first, now=now)
    both = MemberKey(external_id="H1", number=make_member().number)
    assert ensure(both, now=now).refused[both].code == "conflicting_member_keys"


def test_closed_member_and_bad_contacts_are_refused(make_member, now):
    closed = make_member()
    close_member(closed, by=None, now=now)
    keys = {
        MemberKey(number=closed.number): "member_gone",
        MemberKey(email="nobody"): "invalid_email",
        MemberKey(phone="12"): "invalid_phone",
        MemberKey(): "no_member_key",
        MemberKey(external_id="  "): "no_member_key",
    }
    result = ensure(*keys, now=now)
    assert {key: error.code for key, error in result.refused.items()} == keys
    assert AudienceMember.objects.count() == 0


KEYS = [
    MemberKey(external_id="A", email="a@example.com"),
    MemberKey(email="a@example.com"),
    MemberKey(external_id="B", email="a@example.com"),
    MemberKey(phone="415 555 0100"),
    MemberKey(external_id="C", phone="415 555 0100", email="c@example.com"),
    MemberKey(email="c@example.com"),
    MemberKey(external_id="A"),
]


@pytest.mark.parametrize("size", [1, 2, 7])
def test_any_batching_gives_the_same_members(club, now, size):
    ids = {}
    for start in range(0, len(KEYS), size):
        ids.update(ensure(*KEYS[start : start + size], now=now).ids)
    order = list(dict.fromkeys(ids[key] for key in KEYS))
    assert [order.index(ids[key]) for key in KEYS] == [0, 0, 0, 1, 1, 2, 0]


def test_statements_don_t_grow_with_the_keys(club, now, monkeypatch):
    sent = []

    def read(statements):
        sent.extend(statements)
        return read_together(statements)

    monkeypatch.setattr(enrolment, "read_together", read)
    get_club()  # once in half a minute

    def count(size, prefix):
        keys = [MemberKey(external_id=f"{prefix}{n}") for n in range(size)]
        sent.clear()
        with CaptureQueriesContext(connection) as captured:
            ensure(*keys, now=now)
        return len(captured) + len(sent)

    assert count(500, "x") == count(3, "y")


@pytest.mark.django_db(transaction=True)
def test_two_batches_at_once_make_one_member(club, now):
    barrier = threading.Barrier(4)
    found, errors = [], []

    def run():
        try:
            barrier.wait()
            key = MemberKey(external_id="H1", email="new@example.com")
            found.append(ensure(key, now=now).ids[key])
        except Exception as error:
            errors.append(error)
        finally:
            connection.close()

    threads = [threading.Thread(target=run) for _ in range(4)]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join()
    assert errors == []
    assert len(set(found)) == 1
    assert Member.objects.count() == 1
