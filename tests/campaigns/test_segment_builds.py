"""Segments built: rows of the audience, picks by hand, moves, history, and when."""

import datetime as dt

import pytest
from django.utils.translation import override

from campaigns.models import Segment, SegmentBuild, SegmentMove, SegmentPick
from campaigns.ready_segments import READY
from campaigns.selectors.segments import BadDefinition, compile_segment, read_definition
from campaigns.selectors.segments.counting import fetch
from campaigns.services import segment_picks
from campaigns.services.segment_picks import (
    NotActivePick,
    TooManyPicks,
    drop_pick,
    pick_members,
)
from campaigns.services.segments import (
    build_due_segments,
    build_segment,
    change_segment,
    ensure_ready_segments,
    list_due,
    make_segment,
    request_build,
)
from campaigns.tasks import build_segments
from core.models import AuditEntry
from loyalty_site.celery import app
from members import registry
from members.models import Audience, AudienceMember, Member
from members.services.conduct import OwnRecord
from rewards.selectors.balances import get_balances
from rewards.selectors.standing import get_progress
from tests.campaigns.crowds import staff  # noqa: F401 (fixture)
from tests.campaigns.segment_club import *  # noqa: F403 (fixtures)
from tests.campaigns.segment_club import DAY, UNASKABLE, bought, fact
from tests.constraints import guards, refused
from tests.members.conftest import registered  # noqa: F401 (fixture)

pytestmark = pytest.mark.django_db
LATELY = bought("gte", 1, last=60)


def names(segment):
    rows = AudienceMember.objects.filter(audience=segment.audience_id)
    return set(rows.values_list("member__given_name", flat=True))


def moves(segment):
    rows = SegmentMove.objects.filter(segment=segment).order_by("pk")
    return list(rows.values_list("member__given_name", "is_entry"))


def test_build_adds_who_is_missing_and_takes_out_orphans_alone(make, club_of_four, now):
    segment = make(LATELY)
    first = build_segment(segment, by=None, now=now)
    assert (first.member_count, first.added_count, first.removed_count) == (2, 2, 0)
    assert names(segment) == {"Anna", "Cleo"}
    assert moves(segment) == []  # to be there from the beginning is not to come in
    rows = dict(
        AudienceMember.objects.filter(audience=segment.audience_id).values_list("member", "pk")
    )

    later = now + 31 * DAY  # Cleo's purchase is sixty days old by then
    second = build_segment(segment, by=None, now=later)
    assert (second.member_count, second.added_count, second.removed_count) == (1, 0, 1)
    assert names(segment) == {"Anna"}
    assert moves(segment) == [("Cleo", False)]
    # The other row is the same as before, not written anew.
    (row,) = AudienceMember.objects.filter(audience=segment.audience_id)
    assert (row.pk, row.added_at) == (rows[club_of_four["anna"].pk], now)

    third = build_segment(segment, by=None, now=later)
    assert (third.added_count, third.removed_count) == (0, 0)
    segment.refresh_from_db()
    assert (segment.member_count, segment.built_at) == (1, later)
    assert SegmentBuild.objects.filter(segment=segment).count() == 3


def test_a_build_is_a_fixed_number_of_statements(make, club_of_four, now, assert_statements):
    """For one member as for four."""
    few, many = make(bought("eq", 0)), make(fact("members.age", "unknown"), name="Many")
    for segment in (few, many):
        with assert_statements(16):
            build_segment(segment, by=None, now=now)


def test_who_comes_back_comes_in_again(make, club_of_four, now):
    segment = make(LATELY)
    for time in (now, now + 90 * DAY, now):
        build_segment(segment, by=None, now=time)
    assert sorted(moves(segment)) == [
        ("Anna", False), ("Anna", True), ("Cleo", False), ("Cleo", True),
    ]  # fmt: skip


# --- Picks ---


def test_picks_hold_at_once_and_survive_rebuilds(make, club_of_four, now, staff):  # noqa: F811
    segment = make(LATELY)
    build_segment(segment, by=None, now=now)
    anna, ben = club_of_four["anna"], club_of_four["ben"]
    marketer = staff("marketer")
    assert pick_members(segment, [ben], is_in=True, note="A friend", by=marketer, now=now) == 1
    assert pick_members(segment, [anna], is_in=False, by=marketer, now=now) == 1
    assert pick_members(segment, [anna], is_in=False, by=marketer, now=now) == 0
    assert names(segment) == {"Ben", "Cleo"}
    assert moves(segment) == [("Ben", True), ("Anna", False)]
    for _ in range(2):
        build = build_segment(segment, by=None, now=now)
        assert (build.member_count, build.added_count, build.removed_count) == (2, 0, 0)
    assert names(segment) == {"Ben", "Cleo"}
    change_segment(
        segment, definition={"all": [bought("eq", 0)]}, name="Others", schedule="daily", note="",
        by=None, now=now,
    )  # fmt: skip
    build_segment(segment, by=None, now=now)
    assert names(segment) == {"Ben", "Dora"}
    assert SegmentPick.objects.get(member=ben).note == "A friend"

    drop_pick(segment, ben, by=marketer, now=now)
    drop_pick(segment, ben, by=marketer, now=now)
    build_segment(segment, by=None, now=now)
    assert names(segment) == {"Dora"}
    acts = AuditEntry.objects.filter(action__startswith="segment.").values_list("action", flat=True)
    assert sorted(acts) == [
        "segment.changed", "segment.made", "segment.pick_dropped", "segment.picked_in",
        "segment.picked_out",
    ]  # fmt: skip


def test_segment_without_rules_holds_who_is_picked(club_of_four, now):
    segment = make_segment(name="By hand", by=None, now=now)
    pick_members(segment, [club_of_four["ben"]], is_in=True, by=None, now=now)
    assert build_segment(segment, by=None, now=now).member_count == 1
    Member.objects.filter(pk=club_of_four["ben"].pk).update(status="closed")
    assert build_segment(segment, by=None, now=now).member_count == 0


def test_picks_that_are_refused(make, club_of_four, now, staff, claim, monkeypatch):  # noqa: F811
    segment = make(LATELY)
    anna = claim(club_of_four["anna"])
    with pytest.raises(OwnRecord):
        pick_members(segment, [anna], is_in=True, by=anna.user, now=now)
    Member.objects.filter(pk=club_of_four["ben"].pk).update(status="closed")
    with pytest.raises(NotActivePick):
        pick_members(segment, [Member.objects.get(given_name="Ben")], is_in=True, by=None, now=now)
    monkeypatch.setattr(segment_picks, "MOST_PICKS", 1)
    with pytest.raises(TooManyPicks):
        pick_members(segment, list(club_of_four.values()), is_in=False, by=None, now=now)
    assert SegmentPick.objects.count() == 0


# --- Other segments ---


def test_segments_ask_for_others_but_never_in_a_circle(make, club_of_four, now):
    inner = make(LATELY, name="Lately")
    outer = make({"audience": "lately", "is_in": True}, bought("gte", 2), name="Outer")
    assert [segment.pk for segment in list_due(now=now)] == [inner.pk, outer.pk]
    assert build_due_segments(now=now) == 2
    assert names(outer) == {"Anna"}

    for slug in ("lately", "outer"):  # itself, and by way of another
        with pytest.raises(BadDefinition) as refusal:
            change_segment(
                inner, definition={"all": [{"any": [{"audience": slug}]}]}, name="Lately",
                schedule="daily", note="", by=None, now=now,
            )  # fmt: skip
        assert "asks for this segment itself" in str(refusal.value)
    inner.refresh_from_db()
    assert inner.definition == {"all": [LATELY]}


def test_one_that_cant_be_built_says_why_and_stops_no_other(make, club_of_four, now):
    gone = Audience.objects.create(slug="gone", kind="list", name="Gone")
    broken = make(bought("gte", 1), name="Broken")
    build_segment(broken, by=None, now=now)
    Segment.objects.filter(pk=broken.pk).update(definition={"all": [{"audience": "gone"}]})
    gone.delete()
    make(LATELY, name="Sound")
    tomorrow = now + DAY
    assert build_due_segments(now=tomorrow) == 1
    broken.refresh_from_db()
    assert "doesn't exist any more" in broken.last_error
    assert names(broken) == {"Anna", "Ben", "Cleo"}  # as they were
    assert build_due_segments(now=tomorrow) == 0


def test_one_that_the_database_refuses_stops_no_other(make, club_of_four, registered, now):  # noqa: F811
    registry.register_attribute(UNASKABLE)
    registered(registry.attributes, UNASKABLE.code)
    broken = make(fact(UNASKABLE.code, "gte", 1), name="Broken")
    sound = make(LATELY, name="Sound")
    assert build_due_segments(now=now) == 1
    broken.refresh_from_db()
    assert (broken.last_error, broken.tried_at, broken.built_at) == ("DataError", now, None)
    assert names(sound) == {"Anna", "Cleo"}


# --- When ---


def test_rebuilt_by_its_schedule_or_when_somebody_asks(make, club_of_four, now, sent_tasks):
    hourly = make(LATELY, name="Hourly", schedule="hourly")
    daily = make(LATELY, name="Daily")
    never = make(LATELY, name="Never", schedule="never")
    assert build_due_segments(now=now) == 3
    hour = dt.timedelta(hours=1)
    assert list_due(now=now + hour / 2) == []
    assert list_due(now=now + hour) == [hourly]
    # Los Angeles begins its eleventh of March at 07:00 UTC, twelve hours later.
    assert list_due(now=now + 11.9 * hour) == [hourly]
    assert {each.pk for each in list_due(now=now + 12.1 * hour)} == {daily.pk, hourly.pk}
    request_build(never, by=None, now=now + hour / 2)
    assert list_due(now=now + hour / 2) == [never]
    assert "campaigns.tasks.build_segments" in {
        entry["task"] for entry in app.conf.beat_schedule.values()
    }


def test_task_builds_what_is_due(make, club_of_four):
    segment = make(fact("members.age", "unknown"))
    build_segments()
    assert names(segment) == {"Anna", "Ben", "Cleo"}


# --- Ready ones ---


def test_another_name_leaves_no_translation_of_the_old_one(club, now):
    segment = next(
        each for each in ensure_ready_segments(by=None, now=now) if each.code == "lapsed"
    )
    terms = {"definition": segment.definition, "schedule": segment.schedule, "by": None, "now": now}
    own = segment.audience.name
    with override("ja"):
        assert segment.audience.name_i18n != own
    kept = change_segment(segment, name=own, note="Since spring", **terms).audience
    with override("ja"):
        assert kept.name_i18n != own
    changed = change_segment(segment, name="Sleepers", note="", **terms).audience
    changed.refresh_from_db()
    with override("ja"):
        assert changed.name_i18n == "Sleepers"


def test_ready_segments_are_made_once_and_can_all_be_built(club_of_four, now):
    made = ensure_ready_segments(by=None, now=now)
    assert len(made) == len(READY) == 12
    assert build_due_segments(now=now) == 12
    held = {segment.code: names(segment) for segment in made}
    assert held == {
        "gold-spenders": {"Ben"},
        "at-risk": {"Ben"},
        "new-and-keen": set(),
        "lapsed": {"Ben"},
        "birthday-month": {"Dora"},
        "points-expiring": set(),
        "one-visit-from-a-tier": set(),
        "high-balance-never-redeemed": {"Ben"},
        "dormant-gold": {"Ben"},
        "joined-this-month": {"Dora"},
        "never-bought": {"Dora"},
        "first-purchase-only": {"Cleo"},
    }
    Segment.objects.filter(code="lapsed").update(definition={"all": [bought("eq", 0)]})
    assert [each.pk for each in ensure_ready_segments(by=None, now=now)] == [
        each.pk for each in made
    ]
    assert Segment.objects.get(code="lapsed").definition == {"all": [bought("eq", 0)]}


@pytest.mark.parametrize("window", ["rolling", "calendar_year", "joining", "upgrade", "lifetime"])
def test_status_to_the_next_tier_is_what_the_member_reads(window, club_of_four, programme, now):
    """The same rule in SQL and in the engine, in every kind of tier period."""
    type(programme).objects.filter(pk=programme.pk).update(tier_window=window)
    from rewards.selectors.programme import kept

    kept.forget()
    for member in club_of_four.values():
        progress = get_progress(get_balances(member, now=now))
        if progress is None or progress.next_tier is None or not hasattr(member, "standing"):
            continue
        rule = fact("status_to_next_tier", "eq", progress.missing)
        found = compile_segment(read_definition({"all": [rule]}), now=now)
        assert member.pk in {pk for (pk,) in fetch(found.select_ids())}, (window, member)


# --- Constraints ---


def test_constraints(make, club_of_four, now):
    segment = make(LATELY, code="lapsed")
    refused("segment_once_per_code", lambda: make(LATELY, name="Other", code="lapsed"))
    make(LATELY, name="Own one")
    make(LATELY, name="Own other")  # those of the club have no code
    own = Segment.objects.filter(pk=segment.pk)
    own.update(schedule="never")
    refused("segment_schedule_is_known", lambda: own.update(schedule="yearly"))
    pick = {"segment": segment, "is_in": True, "picked_at": now}
    anna, ben = club_of_four["anna"], club_of_four["ben"]
    guards(
        "segment_pick_once",
        lambda **told: SegmentPick.objects.create(**pick | told),
        {"member": ben},
        {"member": anna, "is_in": False},
        beside={"member": anna},
    )
    build = {"segment": segment, "built_at": now, "took_ms": 1, "removed_count": 0}
    guards(
        "segment_build_adds_up",
        lambda **told: SegmentBuild.objects.create(**build, **told),
        {"member_count": 1, "added_count": 1},
        {"member_count": 1, "added_count": 2},
    )
