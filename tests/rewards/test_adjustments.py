"""Points by hand: within limits, above them with a second person, never on one's own record."""

import datetime as dt

import pytest

from core.models import AuditEntry
from members.models import HouseholdMember, Notice
from members.registry import notice_texts, personal_data
from members.services.conduct import OwnRecord
from members.services.enrolment import create_member
from members.services.profiles import attach_login, close_member
from rewards.models import ActLimit, Adjustment, Approval, Lot, StaffAct, Transfer
from rewards.selectors.explanations import explain_transfers
from rewards.services.adjustments import (
    CannotAdjust,
    InvalidAdjustment,
    adjust_points,
)
from rewards.services.approvals import (
    ApprovalClosed,
    NotYourDecision,
    OverApproverLimit,
    OwnRequest,
    approve,
    refuse,
    withdraw,
)
from rewards.services.control import OverLimit, change_limit, check_limit, claim_limit, find_excess
from rewards.services.grants import InvalidGrant
from rewards.services.holding import BalanceTooLow
from tests.rewards.conftest import assert_ledger_true, at, balances
from tests.rewards.desk import staff  # noqa: F401 (fixture)

pytestmark = pytest.mark.django_db
DAY = dt.date(2026, 3, 10)
HOUR = dt.timedelta(hours=1)


@pytest.fixture
def ken(programme, now):
    return create_member(now=now, source="test", family_name="Mori", given_name="Ken")


@pytest.fixture
def adjust(staff, ken, now):  # noqa: F811
    """``adjust(200)`` by the clerk for Ken, each press with a key of its own."""
    pressed = []

    def press(points, *, by=None, member=None, reason="goodwill", at=now, key="", **terms):
        pressed.append(points)
        return adjust_points(
            member or ken, points, reason=reason, by=by or staff("clerk"), now=at,
            key=key or f"press-{len(pressed)}", **terms,
        )  # fmt: skip

    return press


# --- Within limits -------------------------------------------------------------------------------


def test_credit_opens_a_lot_that_names_its_cause(adjust, staff, ken, now):  # noqa: F811
    adjustment = adjust(200, note="Waited an hour", expires_on=DAY + dt.timedelta(days=5))
    assert (adjustment.state, adjustment.posted_at) == ("posted", now)
    assert balances(ken) == {"available": 200}
    entry = Transfer.objects.get()
    assert (entry.reason, entry.cause_type, entry.cause_id) == (
        "grant", "adjustment", adjustment.pk
    )  # fmt: skip
    assert Lot.objects.get().expires_on == DAY + dt.timedelta(days=5)
    audit = AuditEntry.objects.get(action="points.adjusted")
    assert (audit.actor, audit.subject_id) == (staff("clerk"), str(ken.pk))
    assert audit.changes == {"adjustment": adjustment.pk, "points": 200, "reason": "goodwill"}
    act = StaffAct.objects.get()
    assert (act.amount, act.member, act.payload_id) == (200, ken, adjustment.pk)
    assert_ledger_true()


def test_member_reads_why(adjust, ken):
    adjust(200, reason="apology")
    notice = Notice.objects.get(member=ken)
    text = notice_texts[notice.code].build_text(notice.params)
    assert text == "The club gave you 200 points: an apology."


def test_same_key_adjusts_once(adjust, ken):
    first = adjust(200, key="press")
    assert adjust(200, key="press") == first
    assert balances(ken) == {"available": 200}


def test_deduction_takes_lots_in_spending_order(adjust, ken):
    adjust(100, expires_on=DAY + dt.timedelta(days=9))
    adjust(100, expires_on=DAY + dt.timedelta(days=2))
    adjust(-150, reason="correction")
    assert balances(ken) == {"available": 50}
    assert list(Lot.objects.order_by("expires_on").values_list("available", flat=True)) == [0, 50]
    entry = Transfer.objects.get(reason="deduct")
    assert (entry.debit_account.kind, entry.credit_account.kind) == ("available", "forfeited")
    assert_ledger_true()


def test_deduction_of_more_than_there_is_is_refused(adjust, ken):
    adjust(100)
    with pytest.raises(BalanceTooLow):
        adjust(-101, reason="correction")
    assert balances(ken) == {"available": 100}
    assert Adjustment.objects.count() == 1


def test_what_is_missing_is_owed_by_choice(adjust, ken):
    adjust(100)
    taken = adjust(-130, reason="misuse", owes_missing=True)
    assert balances(ken) == {"owed": 30}
    entries = Transfer.objects.filter(cause_id=taken.pk).for_list().order_by("pk")
    assert [each.sentence for each in explain_transfers(entries, now=taken.posted_at)] == [
        "The club deducted 100 points. The reason: use against the terms.",
        "The club deducted 30 points that you no longer had. You owe them; the next points that"
        " become available repay them. The reason: use against the terms.",
    ]
    assert_ledger_true()
    adjust(50)
    assert balances(ken) == {"available": 20}
    assert_ledger_true()


def test_deducted_points_are_not_charged_again_by_a_return(counter, rules, staff, now):  # noqa: F811
    """What the club took counts as forfeited (docs/points.md 14)."""
    counter.buy("mei", "100", on=DAY)
    mei = counter.member("mei")
    adjust_points(mei, -100, reason="correction", key="k", by=staff("manager"), now=at(DAY, 14))
    counter.give_back(counter.made[0], {1: "40"}, on=DAY, hour=15)
    assert balances(mei).get("owed") is None
    assert Transfer.objects.filter(reason="reopen", unit="points").get().amount == 40
    assert_ledger_true()


@pytest.mark.parametrize(
    ("points", "terms", "refusal"),
    [
        (0, {}, InvalidAdjustment),
        (5, {"reason": "nonsense"}, InvalidAdjustment),
        (5, {"reason": "other"}, InvalidAdjustment),
        (5, {"expires_on": DAY - dt.timedelta(days=1)}, InvalidGrant),
    ],
)
def test_adjustment_that_means_nothing_is_refused(adjust, points, terms, refusal):
    with pytest.raises(refusal):
        adjust(points, **terms)
    assert not Adjustment.objects.exists()
    assert not StaffAct.objects.exists()


def test_ended_membership_is_left_alone(adjust, ken, now):
    with pytest.raises(CannotAdjust):
        adjust(5, member=close_member(ken, by=None, now=now))


# --- Limits --------------------------------------------------------------------------------------


def test_above_the_limit_it_waits(adjust, ken, staff):  # noqa: F811
    adjustment = adjust(501)
    assert (adjustment.state, adjustment.posted_at) == ("waiting", None)
    assert balances(ken) == {}
    approval = adjustment.approval
    assert (approval.kind, approval.payload_id, approval.amount) == (
        "adjustment", adjustment.pk, 501
    )  # fmt: skip
    assert [each["code"] for each in approval.excess] == [
        "per_act", "per_member_day", "per_pair_day"
    ]  # fmt: skip
    assert not StaffAct.objects.exists()


def test_ten_small_steps_are_no_way_round(adjust, ken):
    states = [adjust(100).state for _step in range(10)]
    assert states == ["posted"] * 5 + ["waiting"] * 5
    assert balances(ken) == {"available": 500}


def test_many_friends_are_no_way_round(adjust, now):
    friends = [create_member(now=now, source="test", family_name=f"F{n}") for n in range(6)]
    states = [adjust(450, member=friend).state for friend in friends]
    assert states == ["posted"] * 4 + ["waiting"] * 2


def test_two_clerks_are_no_way_round(adjust, staff, ken):  # noqa: F811
    assert adjust(300).state == "posted"
    assert adjust(300, by=staff("clerk", 2)).state == "waiting"
    assert balances(ken) == {"available": 300}


def test_taking_and_giving_count_alike(adjust, ken):
    assert adjust(300).state == "posted"
    assert adjust(-200).state == "posted"
    assert adjust(100).state == "waiting"


def test_day_rolls(adjust, now):
    assert adjust(500).state == "posted"
    assert adjust(500, at=now + 23 * HOUR).state == "waiting"
    assert adjust(500, at=now + 24 * HOUR).state == "posted"


def test_purse_of_a_household_counts_as_one(adjust, ken, now):
    mei = create_member(now=now, source="test", family_name="Chen")
    put_together([ken, mei], now)
    assert adjust(400).state == "posted"
    assert adjust(200, member=mei).state == "waiting"


def put_together(members, now, agreed=True):
    from members.models import Household

    household = Household.objects.create(created_at=now)
    for index, member in enumerate(members):
        HouseholdMember.objects.create(
            household=household, member=member, is_head=not index, joined_at=now,
            agreed_at=now if agreed else None,
        )  # fmt: skip


def test_best_of_several_roles_counts(adjust, staff, now):  # noqa: F811
    from django.contrib.auth.models import Group

    clerk = staff("clerk")
    clerk.groups.add(Group.objects.get(name="manager"))
    assert adjust(3_000, by=clerk).state == "posted"


def test_without_a_role_everything_waits(adjust, staff):  # noqa: F811
    clerk = staff("clerk")
    clerk.groups.clear()
    assert adjust(1).state == "waiting"


def test_empty_limit_is_none(adjust, staff, now):  # noqa: F811
    limit = ActLimit.objects.get(kind="adjustment", role="clerk")
    changes = dict.fromkeys(("per_act", "per_actor_day", "per_member_day", "per_pair_day"))
    change_limit(limit, changes, by=staff("owner"), now=now)
    assert adjust(1_000_000).state == "posted"
    entry = AuditEntry.objects.get(action="limit.changed")
    assert entry.changes["per_act"] == [500, None]


def test_others_use_the_same_check(staff, ken, now):  # noqa: F811
    """The counter, late returns, store credit: whatever has limits."""
    clerk = staff("clerk")
    assert claim_limit("late_return", 5_000, member=ken, by=clerk, now=now) == []
    assert [each.code for each in find_excess("late_return", 1, member=ken, by=clerk, now=now)] == [
        "per_member_day", "per_pair_day"
    ]  # fmt: skip
    with pytest.raises(OverLimit):
        check_limit("late_return", 1, member=ken, by=clerk, now=now)
    check_limit("late_return", 10**9, member=ken, by=None, now=now)  # the system has none
    with pytest.raises(OverLimit) as refused:
        check_limit("late_return", 5_001, member=None, by=clerk, now=now)
    assert refused.value.subject == clerk
    with pytest.raises(ValueError, match="No kind of act"):
        claim_limit("nonsense", 1, member=ken, by=clerk, now=now)


# --- One's own record ----------------------------------------------------------------------------


def test_nobody_acts_on_their_own_record(adjust, staff, ken, now):  # noqa: F811
    attach_login(ken, staff("clerk"), by=None, now=now)
    with pytest.raises(OwnRecord):
        adjust(1)
    assert not Adjustment.objects.exists()
    audit = AuditEntry.objects.get(action="act.refused")
    assert (audit.actor, audit.subject_id) == (staff("clerk"), str(ken.pk))
    assert audit.changes == {"refused": "own_record", "act": "adjustment"}


@pytest.mark.parametrize("agreed", [True, False])
def test_nobody_acts_on_the_record_of_their_household(adjust, staff, ken, now, agreed):  # noqa: F811
    mine = create_member(now=now, source="test", family_name="Mori")
    attach_login(mine, staff("clerk"), by=None, now=now)
    put_together([ken, mine], now, agreed)
    with pytest.raises(OwnRecord):
        adjust(1)
    HouseholdMember.objects.filter(member=ken).update(left_at=now, agreed_at=None)
    assert adjust(1).state == "posted"


# --- A second person -----------------------------------------------------------------------------


def test_approval_posts_it_once(adjust, staff, ken, now):  # noqa: F811
    adjustment = adjust(800, note="Spoilt a wedding")
    approve(adjustment.approval, note="Agreed", by=staff("manager"), now=now + HOUR)
    adjustment.refresh_from_db()
    assert (adjustment.state, adjustment.posted_at) == ("approved", now + HOUR)
    assert balances(ken) == {"available": 800}
    act = StaffAct.objects.get()
    assert (act.actor, act.approved_by) == (staff("clerk"), staff("manager"))
    with pytest.raises(ApprovalClosed):
        approve(adjustment.approval, by=staff("manager", 2), now=now + HOUR)
    assert balances(ken) == {"available": 800}
    actions = AuditEntry.objects.filter(action__startswith="approval.").order_by("pk")
    assert [entry.action for entry in actions] == ["approval.asked", "approval.approved"]
    assert_ledger_true()


def test_approval_by_the_one_who_asked_is_refused_and_on_record(adjust, staff, ken, now):  # noqa: F811
    adjustment = adjust(6_000, by=staff("manager"))
    with pytest.raises(OwnRequest):
        approve(adjustment.approval, by=staff("manager"), now=now)
    with pytest.raises(OwnRequest):
        refuse(adjustment.approval, by=staff("manager"), now=now)
    denied = AuditEntry.objects.filter(action="approval.denied")
    assert [entry.changes["refused"] for entry in denied] == ["own_request"] * 2
    assert Approval.objects.get().state == "waiting"
    assert balances(ken) == {}


def test_approval_by_the_beneficiary_is_refused(adjust, staff, ken, now):  # noqa: F811
    attach_login(ken, staff("manager"), by=None, now=now)
    adjustment = adjust(600)
    with pytest.raises(OwnRecord):
        approve(adjustment.approval, by=staff("manager"), now=now)
    assert AuditEntry.objects.get(action="act.refused").changes["act"] == "approve_adjustment"


def test_approval_needs_the_right(adjust, staff, now):  # noqa: F811
    adjustment = adjust(600)
    for decide in (approve, refuse):
        with pytest.raises(NotYourDecision):
            decide(adjustment.approval, by=staff("clerk", 2), now=now)
    assert AuditEntry.objects.filter(action="approval.denied").count() == 2


def test_approver_has_limits_too(adjust, staff, now):  # noqa: F811
    big = adjust(10_001)
    with pytest.raises(OverApproverLimit):
        approve(big.approval, by=staff("manager"), now=now)
    first, second = adjust(10_000), adjust(2_001)
    approve(first.approval, by=staff("manager"), now=now)
    with pytest.raises(OverApproverLimit):
        approve(second.approval, by=staff("manager"), now=now)
    approve(second.approval, by=staff("manager"), now=now + 24 * HOUR)
    approve(big.approval, by=staff("owner"), now=now)


def test_what_was_approved_leaves_the_askers_own_day_free(adjust, staff, now):  # noqa: F811
    approve(adjust(3_000).approval, by=staff("manager"), now=now)
    other = create_member(now=now, source="test", family_name="Lee")
    assert adjust(400, member=other).state == "posted"
    assert adjust(1).state == "waiting"  # but not the member's


def test_refused_with_a_note(adjust, staff, ken, now):  # noqa: F811
    adjustment = adjust(800)
    refuse(adjustment.approval, note="Ask them again", by=staff("manager"), now=now)
    adjustment.refresh_from_db()
    assert (adjustment.state, adjustment.approval.note) == ("refused", "Ask them again")
    assert balances(ken) == {}
    with pytest.raises(ApprovalClosed):
        approve(adjustment.approval, by=staff("owner"), now=now)


def test_withdrawn_by_who_asked_alone(adjust, staff, now):  # noqa: F811
    adjustment = adjust(800)
    with pytest.raises(NotYourDecision):
        withdraw(adjustment.approval, by=staff("manager"), now=now)
    withdraw(adjustment.approval, by=staff("clerk"), now=now)
    adjustment.refresh_from_db()
    assert adjustment.state == "withdrawn"


def test_approved_too_late_it_stays_waiting(adjust, staff, ken, now):  # noqa: F811
    adjust(300)
    waiting = adjust(-300)
    adjust(-200)
    with pytest.raises(BalanceTooLow):
        approve(waiting.approval, by=staff("manager"), now=now)
    waiting.refresh_from_db()
    assert (waiting.state, waiting.approval.state) == ("waiting", "waiting")
    assert balances(ken) == {"available": 100}
    assert_ledger_true()


# --- Merge and erasure ---------------------------------------------------------------------------


def test_limits_count_both_histories_after_a_merge(adjust, ken, now):
    mei = create_member(now=now, source="test", family_name="Chen")
    adjust(400)
    moved = personal_data["rewards.staffact"].merge(ken, mei, now)
    assert adjust(200, member=mei).state == "waiting"
    personal_data["rewards.staffact"].undo(ken, mei, moved, now)
    assert adjust(100, member=mei).state == "posted"


def test_erasure_withdraws_what_waits_and_blanks_the_words(adjust, staff, ken, now):  # noqa: F811
    adjust(100, note="Ken was angry")
    waiting = adjust(800, note="Ken again")
    for model in ("rewards.approval", "rewards.adjustment"):
        personal_data[model].erase(ken, now)
    waiting.refresh_from_db()
    assert (waiting.state, waiting.note, waiting.approval.decided_by) == ("withdrawn", "", None)
    assert not Adjustment.objects.exclude(note="").exists()
    assert personal_data["rewards.adjustment"].export(ken)[0]["points"] == 100
