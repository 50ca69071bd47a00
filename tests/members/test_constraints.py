import datetime as dt

import pytest
from django.db import connection, transaction

from members.enums import AudienceKind, MemberStatus
from members.models import (
    ActivityBatch,
    Address,
    Audience,
    AudienceMember,
    ClaimCode,
    Club,
    Consent,
    ConsentWording,
    DataExport,
    DuplicatePair,
    ErasedKey,
    Erasure,
    ErasureRequest,
    Guardian,
    Household,
    HouseholdInvitation,
    HouseholdMember,
    Member,
    MemberMerge,
    MemberReference,
    MergeAddition,
    MergeUndo,
    Notice,
    Recipient,
    User,
    WorkItem,
)
from tests.constraints import guards, refused

pytestmark = pytest.mark.django_db


@pytest.mark.parametrize(
    ("constraint", "good", "bad"),
    [
        ("member_birth_month_is_a_month", {"birth_month": 12}, {"birth_month": 13}),
        (
            "member_birth_day_is_in_month",
            {"birth_month": 2, "birth_day": 29},
            {"birth_month": 2, "birth_day": 30},
        ),
        (
            "member_birth_day_is_in_month",
            {"birth_month": 4, "birth_day": 30},
            {"birth_month": 4, "birth_day": 31},
        ),
        (
            "member_birth_day_is_in_month",
            {"birth_month": 1, "birth_day": 31},
            {"birth_month": None, "birth_day": 31},
        ),
        ("member_birth_year_is_sane", {"birth_year": 1880}, {"birth_year": 1879}),
        ("member_phone_is_e164", {"phone": "+14155550123"}, {"phone": "4155550123"}),
        ("member_status_is_known", {"status": "closed"}, {"status": "asleep"}),
        ("member_number_is_12_digits", {}, {"number": str(97 * 123456789 + 1)}),
        ("member_number_check_digits", {}, {"number": "123456789012"}),
        ("member_merged_has_survivor", {}, {"status": "merged"}),
        ("member_erased_is_blank", {"status": "erased"}, {"status": "erased", "given_name": "Mei"}),
        ("member_erased_is_blank", {"interests": ["wine"]}, {"status": "erased"}),
        ("member_household_size_is_sane", {"household_size": 1}, {"household_size": 0}),
        ("member_children_are_few", {"child_birth_years": [2020] * 12},
         {"child_birth_years": [2020] * 13}),
        ("member_income_band_is_known", {"income_band": "above"}, {"income_band": "rich"}),
        ("member_interests_are_known", {"interests": ["art", "wine"]}, {"interests": ["war"]}),
        ("member_preferences_are_known", {"preferences": ["no_bag"]}, {"preferences": ["x"]}),
    ],
)  # fmt: skip
def test_member_constraints_from_both_sides(make_member, constraint, good, bad):
    member = make_member()
    rows = Member.objects.filter(pk=member.pk)
    if good:
        rows.update(**good)
    rows.update(status=MemberStatus.ACTIVE)
    refused(constraint, lambda: rows.update(**bad))


def test_merge_constraints(make_member, make_login):
    member, survivor = make_member(), make_member()
    rows = Member.objects.filter(pk=member.pk)
    refused("member_merged_has_survivor", lambda: rows.update(merged_into=survivor))
    refused(
        "member_not_merged_into_itself", lambda: rows.update(status="merged", merged_into=member)
    )
    rows.update(user=make_login())
    refused("member_gone_has_no_login", lambda: rows.update(status="merged", merged_into=survivor))
    rows.update(user=None, status="merged", merged_into=survivor)


def test_unique_rows(make_member, now):
    member, other = make_member(), make_member()
    refused(
        "members_member_number",
        lambda: Member.objects.filter(pk=other.pk).update(number=member.number),
    )
    MemberReference.objects.create(source_code="till", external_id="1", member=member)
    MemberReference.objects.create(source_code="shop", external_id="1", member=member)
    refused(
        "reference_once_per_source",
        lambda: MemberReference.objects.create(source_code="till", external_id="1", member=other),
    )
    audience = Audience.objects.create(slug="a", kind=AudienceKind.LIST, name="A")
    AudienceMember.objects.create(audience=audience, member=member)
    refused(
        "audience_member_once",
        lambda: AudienceMember.objects.create(audience=audience, member=member),
    )
    refused(
        "audience_one_everyone",
        lambda: Audience.objects.create(slug="b", kind=AudienceKind.EVERYONE, name="B"),
    )
    refused("audience_kind_is_known", lambda: Audience.objects.create(slug="c", kind="x", name="C"))
    notice = {"code": "x", "effective_at": now, "recorded_at": now, "member": member}
    Notice.objects.create(key="k", **notice)
    refused("notice_once_per_key", lambda: Notice.objects.create(key="k", **notice))
    refused("notice_has_key", lambda: Notice.objects.create(key="", **notice))


def test_claim_code_constraints(make_member, now):
    member, soon = make_member(), now + dt.timedelta(microseconds=1)

    def make(**changes):
        row = {"member": member, "code_hash": "x", "issued_at": now, "expires_at": soon}
        return ClaimCode.objects.create(**row | changes)

    guards("claim_code_expires_later", make, good={}, bad={"expires_at": now})
    guards("claim_code_one_per_member", make, {"member": make_member()}, {}, beside={})


def test_work_constraints(now):
    batches = [
        ActivityBatch.objects.create(kind="test", recorded_at=now, activity_count=0)
        for _ in range(2)
    ]

    def make(**changes):
        row = {"batch": batches[0], "consumer": "a", "recorded_at": now, "due_at": now}
        return WorkItem.objects.create(**row | changes)

    guards("work_has_consumer", make, good={}, bad={"consumer": ""})
    guards("work_once_per_consumer", make, {"consumer": "b"}, {}, beside={})
    guards("work_once_per_consumer", make, {"batch": batches[1]}, {})


def test_club_is_one_row_with_iso_codes(club):
    refused("club_is_one_row", lambda: Club.objects.create(pk=2))
    refused("club_currency_is_iso", lambda: Club.objects.update(currency="usd"))
    refused("club_country_is_iso", lambda: Club.objects.update(country="U1"))
    assert len(Club.objects.get().number_key) == 32


def test_login_contacts(make_login, now):
    user = make_login("Mei@Example.com ")
    assert User.objects.get(email="MEI@example.com").pk == user.pk
    assert User.objects.get(pk=user.pk).email == "mei@example.com"
    refused("members_user_email", lambda: User.objects.create_user("mei@EXAMPLE.com"))
    first = User.objects.create_user("")
    second = User.objects.create_user(None)
    assert first.pk != second.pk
    refused(
        "user_verified_phone_exists",
        lambda: User.objects.filter(pk=first.pk).update(phone_verified_at=now),
    )


def test_every_index_and_constraint_is_the_database_s(club):
    with connection.cursor() as cursor:
        cursor.execute("SELECT indexname FROM pg_indexes WHERE tablename = 'members_member'")
        names = {row[0] for row in cursor.fetchall()}
    assert {
        "member_by_email",
        "member_by_phone",
        "member_by_name_sort",
        "member_by_name_words",
    } <= names


def test_address_constraints(make_member):
    member, other = make_member(), make_member()

    def make(**changes):
        row = {"member": member, "country": "US", "street": "1 Main St"}
        return Address.objects.create(**row | changes)

    guards("address_purpose_is_known", make, {"purpose": "delivery"}, {"purpose": "x"})
    guards("address_country_is_iso", make, {"country": "JP"}, {"country": "us"})
    guards("address_has_street", make, {}, {"street": ""})
    guards("address_phone_is_e164", make, {"phone": "+14155550123"}, {"phone": "415"})
    usual = {"is_default": True}
    for good in ({"purpose": "delivery"}, {"member": other}, {"is_default": False}):
        Address.objects.all().delete()
        guards("address_one_default_per_purpose", make, usual | good, usual, beside=usual)


def test_household_constraints(make_member, now):
    later, before = now + dt.timedelta(days=1), now - dt.timedelta(seconds=1)
    guards(
        "household_ends_after_beginning",
        lambda **changes: Household.objects.create(**{"created_at": now} | changes),
        {"ended_at": now},
        {"ended_at": before},
    )
    mei, ken = make_member(), make_member()
    one, two = (Household.objects.create(created_at=now) for _ in range(2))

    def join(**changes):
        row = {"household": one, "member": mei, "joined_at": now}
        return HouseholdMember.objects.create(**row | changes)

    guards("household_left_after_joining", join, {"left_at": now}, {"left_at": before})
    guards(
        "household_agreement_ends_on_leaving",
        join,
        {"left_at": later},
        {"left_at": later, "agreed_at": now},
    )
    guards("household_one_per_member", join, {"member": ken}, {"household": two}, beside={})
    join(household=two, member=ken, is_head=True)
    member = make_member()
    head = {"household": two, "member": member, "is_head": True}
    guards("household_one_head", join, head | {"is_head": False}, head)


def test_invitation_constraints(make_member, now):
    household = Household.objects.create(created_at=now)
    mei, ken = make_member(), make_member()
    soon = now + dt.timedelta(microseconds=1)

    def invite(**changes):
        row = {
            "household": household, "invited_by_member": mei, "created_at": now,
            "expires_at": soon,
        }  # fmt: skip
        return HouseholdInvitation.objects.create(**row | changes)

    guards("invitation_expires_later", invite, {}, {"expires_at": now})
    accepted = {"is_accepted": True, "answered_at": now, "member": ken}
    guards("invitation_accepted_by_somebody", invite, accepted, accepted | {"member": None})
    answered = {"member": ken, "answered_at": now}
    guards("invitation_once_per_member", invite, answered, {"member": ken}, beside={"member": ken})


def test_duplicate_constraints(make_member, now):
    one, two, three = (make_member() for _ in range(3))

    def pair(**changes):
        row = {"first": one, "second": two, "reasons": ["phone"], "score": 50, "found_at": now}
        return DuplicatePair.objects.create(**row | changes)

    guards("duplicate_older_first", pair, {}, {"first": two, "second": one})
    guards("duplicate_score_is_percent", pair, {"score": 100}, {"score": 101})
    decided = {"state": "different", "decided_at": now}
    guards("duplicate_state_is_known", pair, decided, decided | {"state": "x"})
    guards("duplicate_decision_has_time", pair, decided, {"decided_at": now})
    guards("duplicate_decision_has_time", pair, decided, {"state": "merged"})
    guards("duplicate_once_per_pair", pair, {"second": three}, {}, beside={})


def test_merge_rows_are_of_two_records_and_stay(make_member, now):
    one, two = make_member(), make_member()

    def make(**changes):
        row = {"source": one, "target": two, "merged_at": now, "moved": {}}
        return MemberMerge.objects.create(**row | changes)

    guards("merge_of_two_records", make, {}, {"source": two})
    merge = make()
    MergeAddition.objects.create(merge=merge, added_at=now, moved={})
    MergeUndo.objects.create(merge=merge, undone_at=now)
    refused("members_mergeundo", lambda: MergeUndo.objects.create(merge=merge, undone_at=now))
    for model in (MemberMerge, MergeAddition, MergeUndo):
        with pytest.raises(Exception, match="append-only"), transaction.atomic():
            model.objects.update(id=1)
        with pytest.raises(Exception, match="append-only"), transaction.atomic():
            model.objects.all()._raw_delete("default")


# --- Privacy ------------------------------------------------------------------------------------


@pytest.fixture
def wording(now):
    return ConsentWording.objects.create(
        purpose="news", locale="en", version=1, text="x", text_hash="a", recorded_at=now
    )


def test_consent_constraints(make_member, wording, now):
    def make(**changes):
        row = {
            "member": make_member(), "purpose": "news", "channel": "email", "is_given": True,
            "wording": wording, "source": "profile", "effective_at": now, "recorded_at": now,
        }  # fmt: skip
        return Consent.objects.create(**row | changes)

    soon = now + dt.timedelta(microseconds=1)
    guards("consent_channel_is_known", make, {"channel": "any"}, {"channel": "pigeon"})
    guards("consent_source_is_known", make, {"source": "link"}, {"source": "hearsay"})
    guards("consent_not_in_the_future", make, {}, {"effective_at": soon})


def test_wording_constraints(wording, now):
    def make(**changes):
        row = {"purpose": "news", "locale": "en", "version": 1, "text": "x", "text_hash": "a"}
        return ConsentWording.objects.create(**row | {"recorded_at": now} | changes)

    other = {"text_hash": "b"}
    for good in ({"version": 2}, {"locale": "ja"}, {"purpose": "offers"}):
        guards("wording_once_per_version", make, other | good, other)
    other = {"version": 2}
    for good in ({"text_hash": "b"}, {"locale": "ja"}, {"purpose": "offers"}):
        guards("wording_once_per_text", make, other | good, other)


def test_guardian_constraints(make_member, now):
    member = make_member()

    def make(**changes):
        return Guardian.objects.create(**{"member": member, "name": "x", "named_at": now} | changes)

    guards("guardian_one_at_a_time", make, {"ended_at": now}, {}, beside={})
    guards("guardian_one_at_a_time", make, {"member": make_member()}, {})
    one, other = {"member": make_member(), "confirmed_at": now}, {"refused_at": now}
    guards("guardian_answers_one_way", make, one, one | other)


def test_recipient_and_club_constraints(club):
    def make(**changes):
        return Recipient.objects.create(**{"name": "x", "what_for": "x", "country": "US"} | changes)

    guards("recipient_country_is_iso", make, {}, {"country": "usa"[:2]})
    clubs = Club.objects.filter(pk=1)
    clubs.update(guardian_age=25)
    refused("club_guardian_age_is_sane", lambda: clubs.update(guardian_age=26))


def test_export_constraints(make_member, now):
    member = make_member()

    def make(**changes):
        row = {"member": member, "requested_at": now, "due_at": now}
        return DataExport.objects.create(**row | changes)

    ready = {"state": "ready", "expires_at": now, "file": "x.zip"}
    guards("export_one_at_a_time", make, ready, {}, beside={})
    guards("export_state_is_known", make, {"state": "failed"}, {"state": "lost"})
    guards("export_ready_has_file", make, ready, ready | {"file": ""})
    guards("export_ready_has_file", make, ready, ready | {"expires_at": None})


def test_erasure_request_constraints(make_member, now):
    member = make_member()

    def make(**changes):
        row = {
            "member": member, "source": "member", "requested_at": now, "due_at": now,
            "try_at": now,
        }  # fmt: skip
        return ErasureRequest.objects.create(**row | changes)

    done = {"state": "done", "closed_at": now}
    guards("erasure_request_one_waiting", make, done, {}, beside={})
    guards("erasure_request_state_is_known", make, done, {"state": "x", "closed_at": now})
    guards("erasure_request_closed_has_time", make, done, {"state": "done"})
    guards(
        "erasure_request_closed_has_time", make, {"member": make_member()},
        {"member": make_member(), "closed_at": now},
    )  # fmt: skip
    early = now - dt.timedelta(microseconds=1)
    guards("erasure_request_due_later", make, done, done | {"due_at": early})
    cancelled = done | {"state": "cancelled", "reason": "Mei asked"}
    guards("erasure_request_done_is_blank", make, cancelled, done | {"reason": "Mei asked"})


def test_erased_key_constraints(now):
    erasure = Erasure.objects.create(members=[], erased_at=now, recorded_at=now)

    def make(**changes):
        row = {"erasure": erasure, "kind": "email", "key_id": "0", "key_hash": "a" * 64}
        return ErasedKey.objects.create(**row | changes)

    guards("erased_key_kind", make, {"kind": "phone"}, {"kind": "name"})
    guards("erased_key_is_a_hash", make, {}, {"key_hash": "mei@example.com"})
    guards("members_erasedkey_key_hash", make, {"key_hash": "b" * 64}, {}, beside={})
