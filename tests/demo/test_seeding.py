import datetime as dt

import pytest
from django.contrib.auth import authenticate
from django.core.management import CommandError, call_command
from django.db.models import Count, Max, Min, Sum

from core.time import day_of
from loyalty_site.demo import history, seeding
from loyalty_site.demo.people import PASSWORD, list_demo_logins
from loyalty_site.demo.removal import remove_demo
from loyalty_site.demo.seeding import ClubInUse, DemoLoaded, seed_demo, seed_programme
from loyalty_site.demo.stories import find_friday
from members.models import AudienceMember, Club, Member, MemberReference, User
from members.selectors.club import get_club
from members.services.enrolment import create_member
from purchases.models import Product, Purchase, Return, Store
from rewards.models import DayClose, EarningRule, Lot, ProgrammeVersion, Tier, Transfer
from rewards.services.verification import verify_ledger

ZONE = "America/Los_Angeles"


def find_member(code):
    return Member.objects.get(references__external_id=code)


def count_rows():
    return {
        "purchases": Purchase.objects.count(),
        "amount": Purchase.objects.aggregate(total=Sum("total_amount"))["total"],
        "returns": Return.objects.count(),
        "entries": list(
            Transfer.objects.exclude(cause_type="spin")  # what wheels draw is chance
            .values_list("unit", "reason")
            .annotate(count=Count("pk"), total=Sum("amount"))
            .order_by("unit", "reason")
        ),
        "days": list(
            DayClose.objects.order_by("day_on").values_list(
                "day_on", "available_points", "pending_points", "tier_up_count"
            )
        ),
    }


def test_the_four_stories_have_exact_totals(stories):
    taken = stories.taken

    assert (stories.member_count, taken.purchase_count, taken.line_count) == (4, 228, 738)
    assert taken.total_amount == 1_566_94
    assert taken.return_count == 0
    assert {receipt.label: receipt.number for receipt in taken.receipts} == {
        "points": 2_407,
        "status credits": 1_459,
    }
    assert verify_ledger()[1] == []


def test_the_same_seed_builds_the_same_club(db, now):
    seed_demo(member_count=8, seed=5, now=now)
    first = count_rows()
    remove_demo(now=now)

    seed_demo(member_count=8, seed=5, now=now)

    assert count_rows() == first


def test_another_seed_draws_other_members(db, now):
    seed_demo(member_count=8, seed=5, now=now)
    first = set(MemberReference.objects.values_list("external_id", flat=True))
    remove_demo(now=now)

    seed_demo(member_count=8, seed=6, now=now)

    second = set(MemberReference.objects.values_list("external_id", flat=True))
    assert first != second
    assert first & second >= {"H2314", "H1998", "H800", "H2400"}


def test_the_newest_purchase_was_yesterday(stories, now):
    newest = Purchase.objects.aggregate(at=Max("purchased_at"))["at"]
    assert day_of(newest, ZONE) == day_of(now, ZONE) - dt.timedelta(days=1)


def test_every_day_up_to_yesterday_is_closed(stories, now):
    days = DayClose.objects.aggregate(first=Min("day_on"), last=Max("day_on"), count=Count("pk"))
    assert days["last"] == day_of(now, ZONE) - dt.timedelta(days=1)
    assert (days["last"] - days["first"]).days + 1 == days["count"] == stories.closed_day_count


def test_nobody_buys_before_joining(larger_club):
    buyers = Member.objects.annotate(first=Min("purchases__purchased_at"))
    for member in buyers.filter(first__isnull=False):
        assert member.joined_at < member.first


def test_members_are_known_to_the_till_and_to_everyone(stories):
    assert MemberReference.objects.filter(source_code="till").count() == 4
    assert AudienceMember.objects.filter(audience__slug="everyone").count() == 4
    assert find_member("H2314").get_full_name() == "星野雪"
    assert find_member("H2314").family_name_reading == "ホシノ"


def test_larger_baskets_may_be_ordered_from_home_and_lines_come_back(larger_club, now):
    assert set(Purchase.objects.values_list("channel__code", flat=True)) == {
        "counter",
        "pickup",
        "delivery",
    }
    assert Return.objects.exists()
    assert not Return.objects.filter(returned_at__gt=now).exists()


# --- Stories -------------------------------------------------------------------------------------


def test_near_gold_is_less_than_25_dollars_short(stories):
    member = find_member("H2314")
    credits = member.accounts.get(kind="status").balance
    assert member.standing.tier.slug == "blossom"
    assert 0 < 600 - credits < 25


def test_points_expire_on_the_coming_friday(stories, now):
    friday = find_friday(day_of(now, ZONE))
    lots = Lot.objects.filter(member=find_member("H1998"), unit="points", expires_on=friday)
    assert lots.aggregate(left=Sum("available"))["left"] >= 50


@pytest.mark.parametrize(
    ("today", "friday"),
    [
        (dt.date(2026, 11, 19), dt.date(2026, 11, 20)),
        (dt.date(2026, 11, 20), dt.date(2026, 11, 27)),
        (dt.date(2026, 11, 21), dt.date(2026, 11, 27)),
    ],
)
def test_the_coming_friday_is_never_today(today, friday):
    assert find_friday(today) == friday


def test_just_joined_and_long_asleep(stories, now):
    joined = find_member("H800")
    assert now - joined.joined_at < dt.timedelta(days=7)
    last = find_member("H2400").purchases.aggregate(at=Max("purchased_at"))["at"]
    assert now - last > dt.timedelta(days=7 * 30)


# --- Logins --------------------------------------------------------------------------------------


def test_every_demo_login_opens(stories):
    assert len(list_demo_logins()) == 8
    for login in list_demo_logins():
        user = authenticate(None, username=login.email, password=PASSWORD)
        assert user.email == login.email
        assert user.emailaddress_set.get().verified
    assert User.objects.get(email="clerk@example.com").groups.get().name == "clerk"
    assert User.objects.get(email="huiwen.xu@example.com").member == find_member("H1998")


def test_demo_logins_are_printed_where_they_exist(stories, capsys):
    call_command("demo_logins")
    printed = capsys.readouterr().out
    assert PASSWORD in printed
    assert all(login.email in printed for login in list_demo_logins())


def test_demo_logins_of_a_club_without_demonstration(db):
    with pytest.raises(CommandError, match="not loaded"):
        call_command("demo_logins")


# --- Once ----------------------------------------------------------------------------------------


def test_a_second_run_is_refused(stories, now, capsys):
    before = count_rows()
    with pytest.raises(DemoLoaded, match="4 members"):
        seed_demo(member_count=4, now=now)
    with pytest.raises(CommandError, match="loaded already"):
        call_command("seed_demo", members=4)
    call_command("seed_demo", members=4, if_empty=True)
    assert "Nothing to do." in capsys.readouterr().out
    assert count_rows() == before


def test_a_club_with_members_of_its_own_is_refused(db, now):
    create_member(now=now, source="counter", family_name="Lee")
    with pytest.raises(ClubInUse):
        seed_demo(member_count=4, now=now)
    assert not User.objects.exists()
    assert not Product.objects.exists()


def test_a_run_that_fails_leaves_nothing(db, now, monkeypatch):
    def fail(**kwargs):
        raise RuntimeError("the light went out")

    monkeypatch.setattr(seeding, "close_days", fail)
    with pytest.raises(RuntimeError):
        seed_demo(member_count=4, now=now)

    assert not Member.objects.exists()
    assert not ProgrammeVersion.objects.exists()
    monkeypatch.undo()
    assert seed_demo(member_count=4, now=now).member_count == 4


def test_a_refused_purchase_stops_the_run(db, now, monkeypatch):
    monkeypatch.setattr(history, "_choose_channel", lambda basket, seed: "pigeon")
    with pytest.raises(RuntimeError, match="pigeon"):
        seed_demo(member_count=4, now=now)


def test_the_programme_alone(db, capsys):
    call_command("seed_demo", members=0)
    call_command("seed_demo", members=0)

    assert "Nothing to do" in capsys.readouterr().out
    assert (Tier.objects.count(), EarningRule.objects.count()) == (4, 8)
    assert ProgrammeVersion.objects.get().levels.count() == 4
    for model in (Member, User, Store):
        assert not model.objects.exists()
    assert get_club().name == Club._meta.get_field("name").default


def test_rules_say_what_the_file_says(db, now):
    seed_programme(now=now)
    version = EarningRule.objects.get(code="full-basket").versions.get()
    assert (version.points, version.minimum_amount) == (40, 60_00)
    assert (version.cap_points, version.cap_period) == (80, "month")
    tuesday = EarningRule.objects.get(code="cafe-tuesday").versions.get()
    assert (tuesday.multiplier_milli, tuesday.weekdays) == (2000, [2])
    assert len(tuesday.category_ids) == 1


def test_the_whole_club_then_the_programme_that_was_there(db, now):
    seed_programme(now=now)
    seed_demo(member_count=1, now=now)
    assert ProgrammeVersion.objects.count() == 1
    assert EarningRule.objects.count() == 8


def test_a_negative_number_of_members_is_refused(db):
    with pytest.raises(CommandError):
        call_command("seed_demo", members=-1)
