"""What publish_programme and publish_rule refuse, and what they take."""

import datetime as dt

import pytest

from core.models import AuditEntry
from members.services.enrolment import create_member
from purchases.models import Channel
from rewards.models import EarningRule, ProgrammeVersion, Standing, Tier
from rewards.services.programme import (
    InvalidProgramme,
    InvalidRule,
    LevelTerms,
    end_rule,
    ensure_tier,
    publish_programme,
    publish_rule,
)

pytestmark = pytest.mark.django_db

TODAY = dt.date(2026, 3, 10)  # of ``now``, in the club's zone
TOMORROW = TODAY + dt.timedelta(days=1)
GREEN, SILVER, GOLD = ("green", 0), ("silver", 300), ("gold", 1000)


@pytest.fixture
def publish(club, now):
    """Publishes a ladder of (slug, threshold); the tiers' ranks are those of the three names."""

    def run(*levels, starts_on=TOMORROW, **terms):
        tiers = {
            slug: ensure_tier(slug, name=slug.title(), rank=rank)
            for rank, slug in enumerate(["green", "silver", "gold"])
        }
        ladder = [LevelTerms(tiers[slug], threshold) for slug, threshold in levels]
        return publish_programme(starts_on=starts_on, levels=ladder, by=None, now=now, **terms)

    return run


@pytest.fixture
def earn(club, now):
    """Publishes a version of one rule: a point per dollar from ``now`` on, but for ``terms``."""
    rule = EarningRule.objects.create(code="base", name="Base")

    def run(**terms):
        terms = {"kind": "amount", "points": 1, "per_amount": 100, "starts_at": now} | terms
        return publish_rule(rule, by=None, now=now, **terms)

    run.rule = rule
    return run


# --- Programme ----------------------------------------------------------------------------------


@pytest.mark.parametrize(
    "ladder",
    [
        [],
        [("green", 1), SILVER],
        [SILVER, GOLD],
        [GREEN, ("silver", 0)],
        [GREEN, ("silver", 300), ("gold", 300)],
        [GREEN, ("silver", 1000), ("gold", 300)],
    ],
)
def test_a_ladder_that_does_not_rise_from_nothing_is_refused(publish, ladder):
    with pytest.raises(InvalidProgramme):
        publish(*ladder)
    assert not ProgrammeVersion.objects.exists()


@pytest.mark.parametrize("ladder", [[GREEN], [GREEN, GOLD], [GOLD, SILVER, GREEN]])
def test_a_ladder_may_be_short_or_told_in_any_order(publish, ladder):
    assert publish(*ladder).levels.count() == len(ladder)


@pytest.mark.parametrize(
    ("grace", "window", "refused"),
    [
        (13, "rolling", True),
        (14, "rolling", False),
        (13, "calendar_year", True),
        (0, "lifetime", False),
    ],
)
def test_grace_outlasts_the_longest_return_window(publish, grace, window, refused):
    Channel.objects.create(code="web", name="Web", return_window_days=14)
    Channel.objects.create(code="till", name="Till", return_window_days=3)

    def act():
        return publish(GREEN, SILVER, grace_days=grace, tier_window=window)

    if refused:
        with pytest.raises(InvalidProgramme, match="14 days"):
            act()
    else:
        assert act().grace_days == grace


def test_the_first_version_may_look_back(publish):
    assert publish(GREEN, starts_on=dt.date(2015, 1, 1)).number == 1


@pytest.mark.parametrize("starts_on", [dt.date(2015, 1, 1), TODAY - dt.timedelta(days=1), TODAY])
def test_a_further_version_does_not_begin_on_a_day_that_has_begun(publish, starts_on):
    publish(GREEN, starts_on=dt.date(2010, 1, 1))
    with pytest.raises(InvalidProgramme, match="tomorrow"):
        publish(GREEN, SILVER, starts_on=starts_on)
    assert publish(GREEN, SILVER, starts_on=TOMORROW).number == 2


def test_today_is_the_club_s_own(publish, club, now):
    club.zone = "Asia/Tokyo"  # where it is tomorrow already
    club.save()
    publish(GREEN, starts_on=dt.date(2010, 1, 1))
    with pytest.raises(InvalidProgramme):
        publish(GREEN, starts_on=TOMORROW)


@pytest.mark.parametrize("days", [-1, 0])
def test_versions_come_in_order(publish, days):
    coming = TODAY + dt.timedelta(days=30)
    publish(GREEN, starts_on=coming)
    with pytest.raises(InvalidProgramme, match="already"):
        publish(GREEN, starts_on=coming + dt.timedelta(days=days))
    assert publish(GREEN, starts_on=coming + dt.timedelta(days=1)).number == 2


def test_a_tier_with_members_stays_on_the_ladder(publish, now):
    publish(GREEN, SILVER, GOLD, starts_on=dt.date(2010, 1, 1))
    member = create_member(now=now, source="test")
    silver = Tier.objects.get(slug="silver")
    Standing.objects.update_or_create(member=member, defaults={"tier": silver})
    with pytest.raises(InvalidProgramme, match="Silver still has members"):
        publish(GREEN, GOLD)
    assert publish(GREEN, SILVER).number == 2


def test_other_terms_send_everybody_to_review_on_their_first_day(publish, now):
    publish(GREEN, SILVER, starts_on=dt.date(2010, 1, 1))
    before, after = TODAY, TOMORROW + dt.timedelta(days=1)
    green = Tier.objects.get(slug="green")
    for review_on in (None, before, after):
        member = create_member(now=now, source="test")
        Standing.objects.update_or_create(
            member=member, defaults={"tier": green, "review_on": review_on}
        )
    version = publish(GREEN, SILVER)
    days = Standing.objects.order_by("member_id").values_list("review_on", flat=True)
    assert list(days)[-3:] == [TOMORROW, before, TOMORROW]
    entry = AuditEntry.objects.about(version).get()
    assert (entry.action, entry.changes) == (
        "programme.published",
        {"number": 2, "starts_on": TOMORROW.isoformat()},
    )


# --- Rules --------------------------------------------------------------------------------------

MULTIPLIER = {"kind": "multiplier", "multiplier_milli": 2000}


@pytest.mark.parametrize(
    ("good", "bad"),
    [
        ({}, {"points": 0}),
        ({}, {"per_amount": 0}),
        ({"kind": "fixed", "per_amount": 0}, {"kind": "fixed", "points": 0}),
        (MULTIPLIER | {"multiplier_milli": 1001}, MULTIPLIER | {"multiplier_milli": 1000}),
        (MULTIPLIER, MULTIPLIER | {"unit": "status"}),
        ({"cap_points": 10}, MULTIPLIER | {"cap_points": 10}),
        ({"budget_points": 10}, MULTIPLIER | {"budget_points": 10}),
        ({"first_time": "product", "product_ids": [1]}, {"first_time": "product"}),
        ({"first_time": "category", "category_ids": [1]}, {"first_time": "category"}),
        ({"weekdays": [1, 7]}, {"weekdays": [0]}),
        ({"weekdays": [1, 7]}, {"weekdays": [8]}),
        ({"days_of_month": [1, 31]}, {"days_of_month": [0]}),
        ({"days_of_month": [1, 31]}, {"days_of_month": [32]}),
        ({"first_hour": 0, "last_hour": 24}, {"first_hour": 0, "last_hour": 25}),
        ({"first_hour": 8, "last_hour": 9}, {"first_hour": 9, "last_hour": 9}),
        ({"first_hour": 23}, {"first_hour": 23, "last_hour": 2}),
    ],
)
def test_a_rule_that_means_nothing_is_refused(earn, good, bad):
    with pytest.raises(InvalidRule):
        earn(**bad)
    assert not earn.rule.versions.exists()
    assert earn(**good).number == 1


def test_a_rule_begins_before_it_ends(earn, now):
    with pytest.raises(InvalidRule):
        earn(ends_at=now)
    assert earn(ends_at=now + dt.timedelta(seconds=1)).number == 1


def test_the_first_version_of_a_rule_may_look_back(earn):
    assert earn(starts_at=dt.datetime(2015, 1, 1, tzinfo=dt.UTC)).number == 1


def test_a_further_version_does_not_begin_in_the_past(earn, now):
    first = earn(starts_at=dt.datetime(2015, 1, 1, tzinfo=dt.UTC))
    with pytest.raises(InvalidRule, match="past"):
        earn(points=2, starts_at=now - dt.timedelta(microseconds=1))
    assert earn(points=2, starts_at=now).number == 2
    first.refresh_from_db()
    assert first.ends_at == now


@pytest.mark.parametrize("hours", [-1, 0])
def test_versions_of_a_rule_come_in_order(earn, now, hours):
    coming = now + dt.timedelta(days=1)
    earn(starts_at=coming)
    with pytest.raises(InvalidRule, match="already"):
        earn(starts_at=coming + dt.timedelta(hours=hours))
    later = coming + dt.timedelta(hours=1)
    assert earn(starts_at=later).number == 2
    assert list(earn.rule.versions.order_by("number").values_list("starts_at", "ends_at")) == [
        (coming, later),
        (later, None),
    ]


def test_a_version_with_an_end_of_its_own_is_cut_only_where_it_overlaps(earn, now):
    ends = [now + dt.timedelta(days=days) for days in (1, 5)]
    earn(starts_at=now - dt.timedelta(days=1), ends_at=ends[0])
    earn(starts_at=now + dt.timedelta(days=2), ends_at=ends[1])
    earn(starts_at=now + dt.timedelta(days=3))
    assert list(earn.rule.versions.order_by("number").values_list("ends_at", flat=True)) == [
        ends[0],
        now + dt.timedelta(days=3),
        None,
    ]


def test_unknown_terms_are_a_mistake_of_the_program(earn):
    with pytest.raises(TypeError, match="colour"):
        earn(colour="red")


def test_a_rule_ends_once(earn, now):
    version = earn()
    end_rule(earn.rule, at=now + dt.timedelta(hours=1), by=None, now=now)
    version.refresh_from_db()
    assert version.ends_at == now + dt.timedelta(hours=1)
    with pytest.raises(InvalidRule):
        end_rule(earn.rule, at=now, by=None, now=now)


def test_a_rule_that_has_not_begun_ends_where_it_would_begin(earn, now):
    coming = now + dt.timedelta(days=1)
    version = earn(starts_at=coming)
    end_rule(earn.rule, at=now, by=None, now=now)
    version.refresh_from_db()
    assert version.ends_at == coming
