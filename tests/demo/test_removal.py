import datetime as dt
import io

import pytest
from django.apps import apps
from django.core.management import CommandError, call_command
from django.db import IntegrityError, connection, transaction

from core.models import AuditEntry
from loyalty_site.demo.removal import (
    DemoNotLoaded,
    OwnMembersTouched,
    RemovalNotAllowed,
    RemovalWrong,
    RulesInUse,
    remove_demo,
)
from loyalty_site.demo.seeding import seed_demo
from members.models import Activity, Club, Member, User
from members.services.enrolment import MemberKey, create_member
from members.services.profiles import attach_login, update_club
from purchases.incoming import IncomingLine, IncomingPurchase
from purchases.models import Category, Channel, Product, Purchase, Source, Store
from purchases.services.intake import take_in
from rewards.models import (
    Account,
    DayClose,
    EarningRule,
    EarningRuleVersion,
    ProgrammeVersion,
    Tier,
    Transfer,
)
from rewards.services.closing import close_days
from rewards.services.verification import verify_ledger

# What seeding brings up to date for every club, and the record that it did.
_STAYING = {"auth_group", "auth_group_permissions", "core_auditentry"}


def count_all():
    return {
        model._meta.db_table: model._base_manager.count()
        for model in apps.get_models(include_auto_created=True)
        if model._meta.db_table not in _STAYING
    }


@pytest.fixture
def own_member(stories, now):
    """Somebody real, who bought one of the demonstration's goods at its till."""
    member = create_member(now=now, source="counter", family_name="Lee")
    purchase = IncomingPurchase(
        external_id="own-1",
        purchased_at=now - dt.timedelta(days=3),
        lines=[IncomingLine(quantity=1, amount=40_00, product="1082185")],
        member=MemberKey(number=member.number),
        store="harbor",
    )
    result = take_in(Source.objects.get(code="till"), [purchase], now=now)
    assert not result.refused
    return member


def test_nothing_is_left(db, now):
    before = count_all()
    seed_demo(member_count=6, seed=4, now=now)

    removed = remove_demo(now=now)

    assert removed["members_member"] in (6, 7)  # perhaps one who had enrolled twice
    assert count_all() == before
    assert Club.objects.get().name == Club._meta.get_field("name").default
    assert Account.objects.filter(member=None).count() == before["rewards_account"]
    assert verify_ledger()[1] == []


def test_rules_can_be_kept(stories, now):
    remove_demo(keep_rules=True, now=now)

    assert not Member.objects.exists()
    assert not Store.objects.exists()
    assert not Product.objects.exists()
    assert (Tier.objects.count(), EarningRule.objects.count()) == (4, 8)
    assert ProgrammeVersion.objects.count() == 1
    assert Channel.objects.count() == 3
    versions = EarningRuleVersion.objects.all()
    named = {pk for version in versions for pk in version.category_ids}
    assert named <= set(Category.objects.values_list("pk", flat=True))


def test_it_can_be_loaded_again(stories, now):
    remove_demo(keep_rules=True, now=now)
    assert seed_demo(member_count=4, now=now).taken == stories.taken


def test_members_of_ones_own_stay_whole(own_member, now):
    close_days(now=now + dt.timedelta(days=1))

    remove_demo(keep_rules=True, now=now)

    assert Member.objects.get() == own_member
    assert Purchase.objects.get().external_id == "own-1"
    assert Product.objects.get().external_id == "1082185"
    assert Store.objects.get().code == "harbor"
    balance = own_member.accounts.get(kind="available").balance
    assert balance == 160  # 40, 20 more for fruit, 100 of welcome
    assert not DayClose.objects.exists()
    close_days(now=now + dt.timedelta(days=1))
    newest = DayClose.objects.order_by("-day_on").first()
    assert newest.available_points == balance
    assert verify_ledger()[1] == []


def test_rules_that_own_members_earn_by_are_not_removed(own_member, now):
    before = count_all()
    with pytest.raises(RulesInUse, match="1 members"):
        remove_demo(now=now)
    assert count_all() == before


@pytest.mark.parametrize("into_own", [True, False])
def test_a_merge_with_a_demo_member_stops_it(own_member, now, into_own):
    gone, survivor = own_member, Member.objects.get(references__external_id="H800")
    if into_own:
        gone, survivor = survivor, gone
    Member.objects.filter(pk=gone.pk).update(status="merged", user=None, merged_into=survivor)
    before = count_all()

    with pytest.raises(OwnMembersTouched, match=own_member.number):
        remove_demo(keep_rules=True, now=now)

    assert count_all() == before


def test_a_demo_login_of_an_own_member_stops_it(own_member, now):
    clerk = User.objects.get(email="clerk@example.com")
    attach_login(own_member, clerk, by=None, now=now)
    with pytest.raises(OwnMembersTouched, match=own_member.number):
        remove_demo(keep_rules=True, now=now)


def test_what_demo_staff_published_stays_without_them(stories, now):
    owner = User.objects.get(email="owner@example.com")
    ProgrammeVersion.objects.update(published_by=owner)

    remove_demo(keep_rules=True, now=now)

    assert ProgrammeVersion.objects.get().published_by is None


def test_a_club_that_took_its_own_name_keeps_it(stories, now):
    update_club({"name": "Pear Tree"}, by=None, now=now)
    remove_demo(now=now)
    club = Club.objects.get()
    assert (club.name, club.phone) == ("Pear Tree", "")


def test_rows_are_written_once_again_afterwards(own_member, now):
    remove_demo(keep_rules=True, now=now)
    for model in (Transfer, Activity, AuditEntry):
        with pytest.raises(IntegrityError, match="append-only"), transaction.atomic():
            model.objects.all()._raw_delete("default")


def test_a_key_to_nothing_undoes_it_all(stories, now, monkeypatch):
    before = count_all()
    monkeypatch.setattr("loyalty_site.demo.removal.list_orphans", lambda: ["rewards_lot.x: 1"])
    with pytest.raises(RemovalWrong, match=r"rewards_lot\.x"):
        remove_demo(now=now)
    assert count_all() == before


def test_a_role_that_may_not_is_told_so(stories, now):
    with connection.cursor() as cursor:
        cursor.execute("CREATE ROLE demo_plain")
        cursor.execute("GRANT ALL ON ALL TABLES IN SCHEMA public TO demo_plain")
        cursor.execute("SET LOCAL ROLE demo_plain")
    with pytest.raises(RemovalNotAllowed, match="session_replication_role"):
        remove_demo(now=now)
    assert Member.objects.count() == 4


def test_without_a_demonstration(db, now):
    with pytest.raises(DemoNotLoaded):
        remove_demo(now=now)
    with pytest.raises(CommandError, match="not loaded"):
        call_command("remove_demo")


@pytest.mark.parametrize("answer", ["", "yes\n"])
def test_the_command_asks(stories, monkeypatch, capsys, answer):
    monkeypatch.setattr("sys.stdin", io.StringIO(answer))
    with pytest.raises(CommandError, match="Nothing was removed"):
        call_command("remove_demo")
    assert "4 members" in capsys.readouterr().out
    assert Member.objects.count() == 4


@pytest.mark.parametrize("options", [{}, {"keep_rules": True}])
def test_the_command_removes(stories, monkeypatch, capsys, options):
    monkeypatch.setattr("sys.stdin", io.StringIO("remove\n"))
    call_command("remove_demo", **options)
    assert "the ledger is true" in capsys.readouterr().out
    assert not Member.objects.exists()
