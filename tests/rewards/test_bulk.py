"""Acts for an audience: looked at, confirmed, approved where they are large, run once for each."""

import datetime as dt

import pytest

from core.models import AuditEntry
from members.models import Audience, AudienceMember, Member, Notice
from members.registry import notice_texts, personal_data
from members.services.audiences import AudienceMove, ensure_audience, move_members
from members.services.enrolment import create_member
from members.services.profiles import attach_login, close_member
from rewards import tasks
from rewards.models import (
    ActLimit,
    Approval,
    BulkAct,
    BulkActMember,
    Lot,
    LotMove,
    Standing,
    Tier,
    TierChange,
    Transfer,
)
from rewards.services import bulk_running
from rewards.services.approvals import NotYourDecision, OwnRequest, approve, refuse
from rewards.services.bulk import (
    BulkFinished,
    BulkNotDraft,
    InvalidBulk,
    NobodyMeant,
    cancel_bulk,
    change_bulk,
    confirm_bulk,
    draft_bulk,
)
from rewards.services.bulk_preview import preview_bulk
from rewards.services.bulk_running import list_silent_acts, run_bulk_act
from rewards.services.closing import close_days
from rewards.services.grants import grant_points
from rewards.services.holding import hold_points, release_points
from rewards.services.preview import count_liability
from rewards.services.tier_decisions import keep_tier
from tests.rewards.conftest import assert_ledger_true, at, balances
from tests.rewards.desk import staff  # noqa: F401 (fixture)

pytestmark = pytest.mark.django_db
TODAY = dt.date(2026, 3, 10)
JUNE = dt.date(2026, 6, 30)
HOUR = dt.timedelta(hours=1)
REASON = "The storm closed our shops for a week."


@pytest.fixture
def crowd(programme, now):
    """``crowd(3)`` adds three members to a list and gives them back."""
    audience = ensure_audience("friends", kind="list", name="Friends")

    def add(count):
        members = [
            create_member(now=now, source="test", family_name=f"Name{n}") for n in range(count)
        ]
        move_members(None, [AudienceMove(audience.pk, each.pk) for each in members], now=now)
        return members

    return add


@pytest.fixture
def draft(staff, crowd, now):  # noqa: F811
    def make(kind="grant", *, by=None, **terms):
        terms = ({"points": 50} if kind == "grant" else {"until_on": JUNE}) | terms
        audience = Audience.objects.get(slug="friends")
        return draft_bulk(
            kind, audience, public_reason=REASON, by=by or staff("manager"), now=now, **terms
        )

    return make


@pytest.fixture
def run(draft, staff, now):  # noqa: F811
    """Draft, confirm (by the owner, who has room enough) and run at once."""

    def go(kind="grant", **terms):
        act = confirm_bulk(draft(kind, **terms), by=staff("owner"), now=now)
        assert act.state == "running", act.approval and act.approval.excess
        run_bulk_act(act.pk, now=now)
        act.refresh_from_db()
        return act

    return go


def read_notice(member):
    notice = Notice.objects.get(member=member, code__startswith="bulk_")
    return notice_texts[notice.code].build_text(notice.params)


# --- Gifts ---------------------------------------------------------------------------------------


def test_gift_reaches_each_once_with_its_reason(run, crowd, now):
    members = crowd(3)
    act = run(points=50)
    assert (act.state, act.member_count, act.done_count, act.moved_points) == ("done", 3, 3, 150)
    assert [balances(member) for member in members] == [{"available": 50}] * 3
    assert read_notice(members[0]) == f"The club gave you 50 points. {REASON}"
    entries = Transfer.objects.filter(cause_type="bulk", cause_id=act.pk, reason="grant")
    assert entries.count() == 3
    assert_ledger_true()
    actions = AuditEntry.objects.filter(action__startswith="bulk.").order_by("pk")
    assert [entry.action for entry in actions] == ["bulk.drafted", "bulk.started", "bulk.finished"]
    assert actions[2].changes == {"done": 3, "left_out": 0, "points": 150}


def test_running_again_does_nothing(run, crowd, now):
    (member,) = crowd(1)
    act = run()
    run_bulk_act(act.pk, now=now)
    BulkAct.objects.filter(pk=act.pk).update(state="running")
    run_bulk_act(act.pk, now=now)
    assert balances(member) == {"available": 50}
    assert AuditEntry.objects.filter(action="bulk.finished").count() == 2


def test_gift_repays_debts_and_settles_first(counter, rules, run, crowd, now):
    """Points that expired yesterday go before the gift comes; a debt is repaid from it."""
    (member,) = crowd(1)
    grant_points(
        member, 70, expires_on=TODAY - dt.timedelta(days=1), note="", key="old", by=None,
        now=now - dt.timedelta(days=5),
    )  # fmt: skip
    run(points=50)
    assert balances(member) == {"available": 50}
    reasons = Transfer.objects.order_by("pk").values_list("reason", flat=True)
    assert list(reasons) == ["grant", "expire", "grant"]
    assert_ledger_true()


def test_gift_has_its_own_last_day(run, crowd):
    crowd(1)
    run(points=50, until_on=JUNE)
    assert Lot.objects.get().expires_on == JUNE


def test_batches_share_the_work(run, crowd, monkeypatch):
    monkeypatch.setattr(bulk_running, "BATCH", 3)
    members = crowd(8)
    act = run()
    assert (act.done_count, act.moved_points) == (8, 400)
    assert all(balances(member) == {"available": 50} for member in members)


def test_killed_run_goes_on_where_it_stood(draft, staff, crowd, monkeypatch, now):  # noqa: F811
    members = crowd(5)
    act = confirm_bulk(draft(), by=staff("owner"), now=now)
    monkeypatch.setattr(bulk_running, "BATCH", 2)

    class Killed(Exception):
        pass

    def die(done):
        raise Killed

    with pytest.raises(Killed):
        run_bulk_act(act.pk, now=now, on_progress=die)
    act.refresh_from_db()
    assert (act.state, act.done_count, act.progress_percent) == ("running", 2, 40)
    later = act.seen_at + 3 * bulk_running.SILENT_FOR
    assert list_silent_acts(now=later) == [act.pk]
    assert list_silent_acts(now=act.seen_at) == []
    run_bulk_act(act.pk, now=now + HOUR)
    act.refresh_from_db()
    assert (act.state, act.done_count) == ("done", 5)
    assert all(balances(member) == {"available": 50} for member in members)
    assert_ledger_true()


def test_who_left_meanwhile_gets_nothing(draft, staff, crowd, now):  # noqa: F811
    gone, there = crowd(2)
    act = confirm_bulk(draft(), by=staff("owner"), now=now)
    close_member(gone, by=None, now=now)
    run_bulk_act(act.pk, now=now)
    act.refresh_from_db()
    assert (act.done_count, act.skipped_count) == (1, 1)
    assert dict(act.rows.values_list("member", "outcome")) == {gone.pk: "gone", there.pk: "done"}
    assert balances(gone) == {}


def test_who_came_meanwhile_is_not_meant(draft, staff, crowd, now):  # noqa: F811
    """What was confirmed is a list of members, whatever becomes of the audience."""
    crowd(1)
    act = confirm_bulk(draft(), by=staff("owner"), now=now)
    (late,) = crowd(1)
    run_bulk_act(act.pk, now=now)
    assert balances(late) == {}


def test_nobody_gives_to_themselves(draft, staff, crowd, now):  # noqa: F811
    mine, other = crowd(2)
    attach_login(mine, staff("owner"), by=None, now=now)
    act = confirm_bulk(draft(), by=staff("owner"), now=now)
    run_bulk_act(act.pk, now=now)
    assert (balances(mine), balances(other)) == ({}, {"available": 50})
    assert BulkActMember.objects.get(member=mine).outcome == "own"


def test_tasks_only_say_look_now(draft, staff, crowd, now, sent_tasks):  # noqa: F811
    (member,) = crowd(1)
    act = confirm_bulk(draft(), by=staff("owner"), now=now)
    tasks.run_bulk_act(act.pk)
    tasks.run_bulk_act(act.pk)
    assert balances(member) == {"available": 50}
    tasks.sweep_bulk_acts()  # nothing is silent
    tasks.check_alerts()
    act.refresh_from_db()
    assert act.state == "done"


# --- Consent -------------------------------------------------------------------------------------


def test_large_act_waits_for_a_second_person(draft, staff, crowd, now, sent_tasks):  # noqa: F811
    members = crowd(3)
    act = confirm_bulk(draft(points=400), by=staff("marketer"), now=now)
    assert (act.state, act.planned_points) == ("waiting", 1_200)
    assert (act.approval.kind, act.approval.amount) == ("bulk_grant", 1_200)
    run_bulk_act(act.pk, now=now)
    assert balances(members[0]) == {}
    with pytest.raises(OwnRequest):
        approve(act.approval, by=with_right(staff("marketer")), now=now)
    approve(act.approval, by=staff("manager"), now=now)
    act.refresh_from_db()
    assert act.state == "running"
    run_bulk_act(act.pk, now=now)
    assert balances(members[0]) == {"available": 400}


def with_right(user):
    from django.contrib.auth.models import Permission

    user.user_permissions.add(Permission.objects.get(codename="change_approval"))
    return type(user).objects.get(pk=user.pk)


def test_record_of_who_approves_is_left_out(draft, staff, crowd, now):  # noqa: F811
    mine, other = crowd(2)
    attach_login(mine, staff("manager"), by=None, now=now)
    act = confirm_bulk(draft(), by=staff("marketer"), now=now)
    approve(act.approval, by=staff("manager"), now=now)
    run_bulk_act(act.pk, now=now)
    act.refresh_from_db()
    assert (act.done_count, act.skipped_count) == (1, 1)
    assert (balances(mine), balances(other)) == ({}, {"available": 50})


def test_refused_act_is_over(draft, staff, crowd, now):  # noqa: F811
    (member,) = crowd(1)
    act = confirm_bulk(draft(), by=staff("marketer"), now=now)
    refuse(act.approval, note="Too early", by=staff("manager"), now=now)
    act.refresh_from_db()
    assert act.state == "cancelled"
    run_bulk_act(act.pk, now=now)
    assert balances(member) == {}


def test_list_of_one_friend_is_no_way_round(draft, staff, crowd, now):  # noqa: F811
    """Ten small gifts for a list of one count by the head."""
    crowd(1)
    states = [
        confirm_bulk(draft(points=100), by=staff("manager"), now=now).state for _ in range(10)
    ]
    assert states == ["running"] * 5 + ["waiting"] * 5
    assert [each["code"] for each in Approval.objects.first().excess] == [
        "per_member_day", "per_pair_day"
    ]  # fmt: skip


def test_persons_day_bounds_acts_for_many(draft, staff, crowd, now):  # noqa: F811
    crowd(4)
    ActLimit.objects.filter(kind="bulk_grant", role="manager").update(per_actor_day=500)
    states = [confirm_bulk(draft(), by=staff("manager"), now=now).state for _ in range(3)]
    assert states == ["running", "running", "waiting"]


def test_approved_after_its_last_day_it_stays_waiting(draft, staff, crowd, now):  # noqa: F811
    crowd(1)
    act = confirm_bulk(draft(until_on=TODAY), by=staff("marketer"), now=now)
    with pytest.raises(InvalidBulk):
        approve(act.approval, by=staff("manager"), now=now + dt.timedelta(days=2))
    act.refresh_from_db()
    assert (act.state, act.approval.state) == ("waiting", "waiting")


# --- Draft and cancel ----------------------------------------------------------------------------


@pytest.mark.parametrize(
    ("kind", "terms"),
    [
        ("grant", {"points": 0}),
        ("grant", {"points": None}),
        ("grant", {"until_on": TODAY - dt.timedelta(days=1)}),
        ("expiry", {"until_on": None}),
        ("tier", {"until_on": TODAY - dt.timedelta(days=1)}),
        ("nonsense", {}),
    ],
)
def test_draft_that_means_nothing_is_refused(draft, crowd, kind, terms):
    with pytest.raises(InvalidBulk):
        draft(kind, **terms)
    assert not BulkAct.objects.exists()


def test_public_reason_is_needed(draft, staff, now):  # noqa: F811
    act = draft()
    with pytest.raises(InvalidBulk):
        change_bulk(
            act, "grant", act.audience, public_reason=" ", points=5, by=staff("manager"), now=now
        )


def test_act_for_nobody_is_refused(draft, staff, crowd, now):  # noqa: F811
    with pytest.raises(NobodyMeant):
        confirm_bulk(draft(), by=staff("owner"), now=now)
    crowd(2)
    with pytest.raises(NobodyMeant):
        confirm_bulk(draft("expiry"), by=staff("owner"), now=now)  # nobody has points
    assert not BulkActMember.objects.exists()


def test_draft_is_changed_and_confirmed_once(draft, staff, crowd, now):  # noqa: F811
    crowd(1)
    act = draft()
    change_bulk(
        act, "grant", act.audience, public_reason="Sorry", points=7, by=staff("manager"), now=now
    )
    act = confirm_bulk(act, by=staff("owner"), now=now)
    assert act.planned_points == 7
    with pytest.raises(BulkNotDraft):
        confirm_bulk(act, by=staff("owner"), now=now)
    with pytest.raises(BulkNotDraft):
        change_bulk(
            act, "grant", act.audience, public_reason="X", points=9, by=staff("manager"), now=now
        )


def test_cancelled_midway_keeps_what_was_done(draft, staff, crowd, monkeypatch, now):  # noqa: F811
    crowd(4)
    act = confirm_bulk(draft(), by=staff("owner"), now=now)
    monkeypatch.setattr(bulk_running, "BATCH", 2)
    run_bulk_act(
        act.pk, now=now, on_progress=lambda done: cancel_bulk(act, by=staff("manager"), now=now)
    )
    act.refresh_from_db()
    assert (act.state, act.done_count) == ("cancelled", 2)
    with pytest.raises(BulkFinished):
        cancel_bulk(act, by=staff("manager"), now=now)
    assert_ledger_true()


def test_waiting_act_is_withdrawn_by_who_asked(draft, staff, crowd, now):  # noqa: F811
    crowd(1)
    act = confirm_bulk(draft(), by=staff("marketer"), now=now)
    with pytest.raises(NotYourDecision):
        cancel_bulk(act, by=staff("manager"), now=now)
    act = cancel_bulk(act, by=staff("marketer"), now=now)
    assert (act.state, act.approval.state) == ("cancelled", "withdrawn")


# --- Later expiry --------------------------------------------------------------------------------


def give(member, points, last, now, key):
    grant_points(member, points, expires_on=last, note="", key=key, by=None, now=now)


def test_expiry_is_postponed_and_never_brought_forward(run, crowd, now):
    (member,) = crowd(1)
    soon, later = TODAY + dt.timedelta(days=5), dt.date(2026, 12, 31)
    give(member, 30, soon, now, "a")
    give(member, 40, later, now, "b")
    act = run("expiry")
    assert act.moved_points == 30
    assert sorted(Lot.objects.values_list("expires_on", flat=True)) == [JUNE, later]
    move = LotMove.objects.get(kind="redated")
    assert (move.decision, move.expires_on, move.transfer) == (act.decision, JUNE, None)
    assert read_notice(member) == f"30 points of yours now live until June 30, 2026. {REASON}"
    close_days(now=at(soon + dt.timedelta(days=2)))
    assert balances(member) == {"available": 70}
    close_days(now=at(JUNE + dt.timedelta(days=2)))
    assert balances(member) == {"available": 40}
    assert_ledger_true()


def test_reserved_points_get_the_later_day_too(counter, rules, claim, run, crowd, now):
    (member,) = crowd(1)
    claim(member)
    give(member, 30, TODAY + dt.timedelta(days=5), now, "a")
    hold_points(member, 30, cause=("test", 1), now=now)
    assert run("expiry").moved_points == 30
    release_points(("test", 1), now=at(TODAY + dt.timedelta(days=20)))
    assert balances(member) == {"available": 30}
    assert_ledger_true()


def test_points_that_live_by_activity_live_longer(run, crowd, now, programme):
    from rewards.services.programme import LevelTerms, publish_programme

    publish_programme(
        starts_on=TODAY + dt.timedelta(days=1),
        levels=[LevelTerms(level.tier, level.threshold) for level in programme.levels.all()],
        by=None, now=now, expiry_mode="inactivity", expiry_months=1,
        expiry_activities=["purchase"], grace_days=30,
    )  # fmt: skip
    (member,) = crowd(1)
    later = now + dt.timedelta(days=1)
    grant_points(member, 30, expires_on=None, note="", key="a", by=None, now=later)
    assert Standing.objects.get(member=member).points_expire_on == dt.date(2026, 4, 11)
    assert run("expiry").moved_points == 30
    assert Standing.objects.get(member=member).points_expire_on == JUNE
    close_days(now=at(JUNE))
    assert balances(member) == {"available": 30}
    close_days(now=at(JUNE + dt.timedelta(days=1)))
    assert balances(member) == {}
    assert_ledger_true()


# --- Tiers ---------------------------------------------------------------------------------------


def test_tiers_are_kept_until_the_day(counter, rules, run, crowd, now):
    audience = Audience.objects.get_or_create(
        slug="friends", defaults={"kind": "list", "name": "Friends"}
    )[0]
    counter.buy("mei", "320", on=dt.date(2025, 3, 20))
    counter.buy("ken", "20", on=dt.date(2025, 3, 20))
    mei, ken = counter.member("mei"), counter.member("ken")
    move_members(None, [AudienceMove(audience.pk, each.pk) for each in (mei, ken)], now=now)
    act = run("tier", until_on=dt.date(2026, 12, 31))
    assert (act.member_count, act.done_count, act.skipped_count) == (2, 1, 1)
    silver = Tier.objects.get(slug="silver")
    assert Standing.objects.get(member=mei).kept_tiers == [[silver.pk, "2026-12-31"]]
    assert Standing.objects.get(member=ken).kept_tiers == []
    assert read_notice(mei) == f"Silver is yours until Dec. 31, 2026 at least. {REASON}"
    close_days(now=at(dt.date(2027, 1, 1)))
    assert Standing.objects.get(member=mei).tier == silver
    close_days(now=at(dt.date(2027, 3, 1)))
    assert Standing.objects.get(member=mei).tier.slug == "green"
    assert_ledger_true()


def test_tier_given_to_all_lifts_those_below(run, crowd, staff, now):  # noqa: F811
    (member,) = crowd(1)
    silver = Tier.objects.get(slug="silver")
    run("tier", tier=silver)
    change = TierChange.objects.get(member=member)
    assert (change.to_tier, change.reason, change.decided_by) == (
        silver, "decision", staff("owner")
    )  # fmt: skip
    assert AudienceMember.objects.filter(audience=silver.audience, member=member).exists()
    assert_ledger_true()


def test_longer_promise_is_left_alone(run, crowd, staff, now):  # noqa: F811
    (member, other) = crowd(2)
    gold = Tier.objects.get(slug="gold")
    keep_tier(member, gold, until=dt.date(2027, 1, 1), by=None, now=now)
    act = run("tier", tier=Tier.objects.get(slug="silver"))
    assert dict(act.rows.values_list("member", "outcome")) == {
        member.pk: "nothing", other.pk: "done"
    }  # fmt: skip


# --- Preview -------------------------------------------------------------------------------------


def test_preview_of_a_gift_counts_as_the_act_does(draft, crowd, now, staff):  # noqa: F811
    mine, _other, _third = crowd(3)
    give(mine, 10, None, now, "a")
    act = draft(points=50)
    seen = preview_bulk(act, left_out={mine.pk}, now=now)
    assert (seen.reckoning.member_count, seen.reckoning.points) == (2, 100)
    assert (seen.liability_before, seen.liability_after) == (10, 110)
    assert len(seen.samples) == 2
    assert mine not in [sample.member for sample in seen.samples]


def test_preview_of_later_expiry_says_what_would_lapse(draft, run, crowd, now):
    members = crowd(3)
    soon = TODAY + dt.timedelta(days=5)
    give(members[0], 30, soon, now, "a")
    give(members[1], 40, dt.date(2026, 12, 31), now, "b")
    seen = preview_bulk(draft("expiry"), left_out=set(), now=now)
    assert (seen.reckoning.member_count, seen.reckoning.touched_count) == (3, 1)
    assert (seen.liability_before, seen.liability_after) == (40, 70)
    (sample,) = seen.samples
    assert (sample.member, sample.points, sample.first_on) == (members[0], 30, soon)
    assert run("expiry").moved_points == 30
    assert count_liability() == 70


def test_preview_of_kept_tiers_counts_by_tier(counter, rules, draft, crowd, now):
    crowd(2)
    audience = Audience.objects.get(slug="friends")
    counter.buy("mei", "320", on=TODAY - dt.timedelta(days=3))
    move_members(None, [AudienceMove(audience.pk, counter.member("mei").pk)], now=now)
    seen = preview_bulk(draft("tier"), left_out=set(), now=now)
    assert [(tier.slug, count) for tier, count in seen.tiers] == [("silver", 1)]
    assert (seen.liability_before, seen.liability_after) == (320, 320)


# --- Merge ---------------------------------------------------------------------------------------


def test_merged_member_gets_it_once(draft, staff, crowd, now):  # noqa: F811
    source, target = crowd(2)
    outsider = create_member(now=now, source="test", family_name="Out")
    act = confirm_bulk(draft(), by=staff("owner"), now=now)
    entry = personal_data["rewards.bulkactmember"]
    assert entry.merge(source, target, now) == []
    moved = entry.merge(source, outsider, now)
    Member.objects.filter(pk=source.pk).update(status="merged", merged_into=outsider)
    run_bulk_act(act.pk, now=now)
    assert (balances(outsider), balances(target)) == ({"available": 50}, {"available": 50})
    entry.undo(source, outsider, moved, now)
    assert entry.export(source)[0]["points"] == 50
