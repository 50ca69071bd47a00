"""After an erasure nothing of the person stands anywhere: every column of every table is read."""

import datetime as dt
import json
import uuid

import pytest
from allauth.socialaccount.models import SocialAccount
from allauth.usersessions.models import UserSession
from django.contrib.sessions.models import Session
from django.db import connection

from core.services.audit import record_audit
from members.enums import Channel, ConsentSource
from members.models import DataExport, Member, MemberReference, Notice
from members.purposes import NEWS
from members.services.addresses import save_address
from members.services.consents import Answer, record_answers
from members.services.enrolment import MemberKey, create_member
from members.services.erasing import erase_member, recheck_erasures
from members.services.erasure import process_due_erasures, request_erasure
from members.services.exports import process_waiting_exports, request_export
from members.services.guardians import name_guardian
from members.services.household_invitations import invite_to_household
from members.services.households import open_household
from members.services.logins import create_login
from members.services.merging import merge_members
from members.services.notices import NoticeRow, add_notices
from members.services.profiles import attach_login, update_member
from purchases.models import Purchase
from rewards.enums import Place
from rewards.services.redemption import Parcel, redeem_reward
from tests.consents import agree_to_details
from tests.races import together
from tests.rewards.conftest import (  # noqa: F401 (fixtures)
    assert_ledger_true,
    balances,
    counter,
    make_reward,
    make_rule,
    programme,
    rules,
    shop,
)

DAY = dt.timedelta(days=1)
WEEK = 7 * DAY
TODAY = dt.date(2026, 3, 10)
_READABLE = ("text", "character varying", "character", "json", "jsonb", "ARRAY", "inet", "tsvector")


@pytest.fixture(autouse=True)
def private(settings, tmp_path, monkeypatch):
    settings.ERASURE_LOG = tmp_path / "erasures.jsonl"
    storage = DataExport._meta.get_field("file").storage
    monkeypatch.setattr(storage, "_location", str(tmp_path / "private"))
    for name in ("base_location", "location"):
        storage.__dict__.pop(name, None)
    yield tmp_path / "private"
    for name in ("base_location", "location"):
        storage.__dict__.pop(name, None)


def list_columns():
    """(table, column) of all that can hold words."""
    with connection.cursor() as cursor:
        cursor.execute(
            "SELECT table_name, column_name FROM information_schema.columns"
            " WHERE table_schema = 'public' AND data_type = ANY(%s)"
            " AND table_name IN (SELECT tablename FROM pg_tables WHERE schemaname = 'public')"
            " ORDER BY 1, 2",
            [list(_READABLE)],
        )
        return cursor.fetchall()


def find_anywhere(values):
    """Where one of the values stands, as (table, column, value)."""
    found = []
    with connection.cursor() as cursor:
        for table, column in list_columns():
            # JSON keeps letters of other scripts as they are, or escaped.
            words = f'strpos(lower("{column}"::text), lower(wanted)) > 0'
            cursor.execute(
                "SELECT wanted FROM unnest(%s::text[]) AS wanted"
                f' WHERE EXISTS (SELECT FROM "{table}" WHERE {words})',
                [[form for value in values for form in _list_forms(value)]],
            )
            found += [(table, column, value) for (value,) in cursor.fetchall()]
        cursor.execute(
            "SELECT table_name, column_name FROM information_schema.columns"
            " WHERE table_schema = 'public' AND data_type = 'bytea' AND table_name IN"
            " (SELECT tablename FROM pg_tables WHERE schemaname = 'public')"
        )
        for table, column in cursor.fetchall():
            for value in values:
                cursor.execute(
                    f'SELECT count(*) FROM "{table}" WHERE position(%s::bytea IN "{column}") > 0',
                    [value.encode()],
                )
                if cursor.fetchone()[0]:
                    found.append((table, column, value))
    return found


def _list_forms(value):
    escaped = json.dumps(value)[1:-1].replace("\\", "\\\\")
    return {value, escaped}


def build_person(script):
    """Values that stand nowhere else."""
    mark = uuid.uuid4().hex[:10]
    names = {
        "latin": ("Zeppelinova", "Quixotia", "zeppelinova", "quixotia"),
        "cjk": ("鳯鸑鷟", "龘靐", "ホウガクサク", "トウビョウ"),
    }[script]
    return {
        "family_name": f"{names[0]}{mark}",
        "given_name": f"{names[1]}{mark}",
        "family_name_reading": f"{names[2]}r{mark}",
        "given_name_reading": f"{names[3]}r{mark}",
        "display_name": f"Display{mark}",
        "email": f"record.{mark}@example.com",
        "phone": "+14155550177",
        "traits": f"allergic to {mark} nuts",
    }


@pytest.fixture
def world(counter, rules, make_reward, client, now, request):  # noqa: F811
    """A person with something of everything, and a neighbour of whom nothing may go."""
    script = getattr(request, "param", "latin")
    person = build_person(script)
    mark = person["email"].split(".")[1].split("@")[0]
    counter.buy("mei", "100", on=TODAY - 40 * DAY)
    counter.buy("ken", "100", on=TODAY - 40 * DAY)
    mei, ken = counter.member("mei"), counter.member("ken")
    MemberReference.objects.filter(member=mei).update(external_id=f"ref-{mark}")
    user = create_login(
        email=f"login.{mark}@example.com", phone="+14155550188", password="harbor-lantern-42",
        display_name=f"Login{mark}", by=None, now=now,
    )  # fmt: skip
    mei = attach_login(mei, user, by=None, now=now)
    agree_to_details(mei, now)
    mei = update_member(
        mei,
        {**person, "birth_year": 2014, "birth_month": 11, "birth_day": 23, "gender": "female",
         "interests": ["wine"], "child_birth_years": [2020]},
        by=None, now=now,
    )  # fmt: skip
    update_member(ken, {"given_name": "Ken", "email": "ken@example.com"}, by=None, now=now)
    client.force_login(user, backend="django.contrib.auth.backends.ModelBackend")
    UserSession.objects.update_or_create(
        session_key=client.session.session_key,
        defaults={"user": user, "ip": "203.0.113.77", "user_agent": f"Browser/{mark}"},
    )
    values = [*person.values(), f"login.{mark}", f"Login{mark}", "+14155550188", f"ref-{mark}",
              "203.0.113.77", f"Browser/{mark}"]  # fmt: skip

    def plant(text):
        values.append(text)
        return text

    SocialAccount.objects.create(
        user=user, provider="line", uid=plant(f"uid-{mark}"),
        extra_data={"name": plant(f"social {mark}")},
    )  # fmt: skip
    street = plant(f"{mark} Elm Street")
    save_address(
        mei,
        {"street": street, "city": "Portland", "region": "OR", "postal_code": "97201",
         "recipient": plant(f"c/o {mark}")},
        country="US", by=user, now=now,
    )  # fmt: skip
    record_answers(
        mei, [Answer(NEWS, Channel.EMAIL, True)], source=ConsentSource.PROFILE, by=user, now=now
    )
    name_guardian(
        mei, name=plant(f"Guardian {mark}"), email=plant(f"guardian.{mark}@example.com"), by=user,
        now=now,
    )  # fmt: skip
    open_household(mei, by=user, now=now)
    invite_to_household(mei, email=plant(f"aunt.{mark}@example.com"), by=user, now=now)
    add_notices([NoticeRow(mei.pk, "x", now, "k", {"word": plant(f"notice {mark}")})], now=now)
    record_audit("member.warned", mei, by=None, note=plant(f"note {mark}"), now=now)
    record_audit("login.helped", user, by=None, note=plant(f"helped {mark}"), now=now)
    purchase = Purchase.objects.filter(member=mei).first()
    record_audit("purchase.corrected", purchase, by=None, note=plant(f"slip {mark}"), now=now)
    absorbed = create_member(
        now=now, source="test", given_name=plant(f"Elder{mark}"),
        email=plant(f"older.{mark}@example.com"), phone="+14155550199",
    )  # fmt: skip
    values.append("+14155550199")
    merge_members(absorbed, mei, by=None, reason=plant(f"twins {mark}"), now=now)
    tote = make_reward(kind="goods", price_points=30)
    parcel = Parcel(plant(f"Parcel {mark}"), "US", plant(f"{mark} Parcel Road\nPortland"))
    redeem_reward(mei, tote, key="a", by=user, now=now, place=Place.SITE, parcel=parcel)
    request_export(mei, by=user, now=now)
    process_waiting_exports(now=now)
    request_erasure(mei, by=None, now=now, source="staff", reason=plant(f"letter of {mark}"))
    return {"mei": Member.objects.get(pk=mei.pk), "ken": ken, "values": values, "user": user}


@pytest.mark.django_db
@pytest.mark.parametrize("world", ["latin", "cjk"], indirect=True)
def test_nothing_of_an_erased_person_stands_anywhere(
    world, private, now, django_capture_on_commit_callbacks
):
    assert [path for path in private.rglob("*") if path.is_file()] != []
    open_household(world["ken"], by=None, now=now)
    invite_to_household(world["ken"], email=world["user"].email, by=None, now=now)
    planted = find_anywhere(world["values"])
    assert {value for _table, _column, value in planted} >= set(world["values"])
    with django_capture_on_commit_callbacks(execute=True):
        assert process_due_erasures(now=now + WEEK) == 1
        assert recheck_erasures(now=now + WEEK + DAY) == 1
    assert find_anywhere(world["values"]) == []
    gone = Member.objects.get(pk=world["mei"].pk)
    for field in Member._meta.concrete_fields:
        if field.name.startswith("birth_"):
            assert getattr(gone, field.name) is None
    assert not Session.objects.exists()
    assert [path for path in private.rglob("*") if path.is_file()] == []
    assert DataExport.objects.get().file.name == ""
    assert balances(gone) == {"status": 100}
    assert_ledger_true()


@pytest.mark.django_db
def test_the_neighbour_keeps_everything(world, now):
    before = _read_rows_of(world["ken"])
    assert process_due_erasures(now=now + WEEK) == 1
    assert _read_rows_of(world["ken"]) == before
    assert Purchase.objects.filter(member=world["mei"]).count() == 1


def _read_rows_of(member):
    from members.services.erasing import list_member_keys, list_member_models

    return {
        model._meta.label: list(
            model._base_manager.filter(**{name: member}).order_by("pk").values()
        )
        for model in list_member_models()
        for name in list_member_keys(model)
    } | {"record": Member.objects.filter(pk=member.pk).values().get()}


@pytest.mark.django_db
def test_purchases_of_an_erased_person_are_kept_without_them(counter, rules, now):  # noqa: F811
    counter.buy("mei", "100", on=TODAY - 40 * DAY)
    mei = counter.member("mei")
    update_member(mei, {"email": "mei@example.com"}, by=None, now=now)
    erase_member(mei, by=None, now=now)
    before = Member.objects.count()
    result = counter.take_in(counter.ticket("mei", "50", on=TODAY))
    assert [outcome.state for outcome in result.outcomes] == ["created"]
    ticket = counter.ticket("x", "50", on=TODAY)
    ticket.member = MemberKey(email="mei@example.com")
    counter.take_in(ticket)
    assert list(Purchase.objects.order_by("pk").values_list("member", flat=True)) == [
        mei.pk, None, None,
    ]  # fmt: skip
    assert Member.objects.count() == before
    assert balances(mei) == {"status": 100}
    assert_ledger_true()


@pytest.mark.django_db(transaction=True)
def test_purchase_and_erasure_at_once_leave_no_points(counter, rules, now):  # noqa: F811
    """Lock: the member's row, which a purchase refers to."""
    names = [f"m{index}" for index in range(6)]
    for name in names:
        counter.buy(name, "100", on=TODAY - 40 * DAY)
    for name in names:
        member = counter.member(name)
        ticket = counter.ticket(name, "50", on=TODAY)
        results = together(
            lambda member=member: erase_member(member, by=None, now=now),
            lambda ticket=ticket: counter.take_in(ticket),
        )
        assert not [result for result in results if isinstance(result, Exception)]
    assert recheck_erasures(now=now + DAY) == 6
    for member in Member.objects.filter(status="erased"):
        assert "available" not in balances(member)
        assert "pending" not in balances(member)
        assert not Notice.objects.filter(member=member).exists()
        assert not member.audience_rows.exists()
    assert_ledger_true()
