"""Store credit by hand: within limits, above them with a second person, never for oneself."""

import pytest

from core.models import AuditEntry
from members.models import Notice
from members.registry import notice_texts, personal_data
from members.services.conduct import OwnRecord
from members.services.enrolment import create_member
from members.services.profiles import attach_login, close_member
from rewards.models import Adjustment, Approval, StaffAct, Transfer
from rewards.selectors.control import describe_approvals
from rewards.selectors.explanations import explain_transfers
from rewards.services.adjustments import CannotAdjust, InvalidAdjustment
from rewards.services.approvals import OwnRequest, approve, refuse
from rewards.services.credit import InvalidCredit
from rewards.services.credit_by_hand import give_credit_by_hand
from tests.rewards.conftest import assert_ledger_true, balances
from tests.rewards.desk import staff  # noqa: F401 (fixture)

pytestmark = pytest.mark.django_db


@pytest.fixture
def ken(programme, now):
    return create_member(now=now, source="test", family_name="Mori", given_name="Ken")


@pytest.fixture
def give(staff, ken, now):  # noqa: F811
    """``give(500)`` by the clerk for Ken, each press with a key of its own."""
    pressed = []

    def press(amount, *, by=None, reason="goodwill", key="", **terms):
        pressed.append(amount)
        return give_credit_by_hand(
            ken, amount, reason=reason, by=by or staff("clerk"), now=now,
            key=key or f"press-{len(pressed)}", **terms,
        )  # fmt: skip

    return press


def test_within_limits_it_is_given_at_once(give, staff, ken, now):  # noqa: F811
    made = give(500, note="Waited an hour")
    assert (made.state, made.posted_at, str(made)) == ("posted", now, "+$5.00")
    assert balances(ken) == {"credit_granted": 500}
    entry = Transfer.objects.for_list().get()
    assert (entry.reason, entry.cause_type, entry.cause_id) == ("grant", "adjustment", made.pk)
    assert "goodwill" in explain_transfers([entry], now=now)[0].sentence
    audit = AuditEntry.objects.get(action="credit.given")
    assert (audit.actor, audit.subject_id, audit.changes["amount"]) == (
        staff("clerk"), str(ken.pk), 500,
    )  # fmt: skip
    act = StaffAct.objects.get()
    assert (act.kind, act.amount, act.payload_id) == ("credit", 500, made.pk)
    assert_ledger_true()


def test_the_member_reads_how_much_and_why(give, ken):
    give(500, reason="apology")
    notice = Notice.objects.get(member=ken)
    text = notice_texts[notice.code].build_text(notice.params)
    assert text == "The club gave you $5.00 store credit: an apology."


def test_the_same_key_gives_once(give, ken):
    assert give(500, key="press") == give(500, key="press")
    assert balances(ken) == {"credit_granted": 500}


def test_above_the_limits_a_second_person_decides(give, staff, ken, now):  # noqa: F811
    made = give(1_001, note="Broken cups")
    assert (made.state, balances(ken)) == ("waiting", {})
    words = describe_approvals([made.approval])[made.approval_id]
    assert words.title == "$10.01 store credit for Ken Mori"
    assert (words.reason, words.note) == ("goodwill", "Broken cups")
    approve(made.approval, by=staff("manager"), now=now)
    made.refresh_from_db()
    assert (made.state, balances(ken)) == ("approved", {"credit_granted": 1_001})
    assert AuditEntry.objects.filter(action="credit.asked").count() == 1
    assert_ledger_true()


def test_who_asked_does_not_approve(give, staff, now):  # noqa: F811
    made = give(20_000, by=staff("manager"))
    with pytest.raises(OwnRequest):
        approve(made.approval, by=staff("manager"), now=now)
    approve(made.approval, by=staff("manager", 2), now=now)
    assert Approval.objects.get().state == "approved"


def test_small_steps_are_no_way_round(give):
    assert [give(500).state for _step in range(3)] == ["posted", "posted", "waiting"]


def test_refused_it_gives_nothing(give, staff, ken, now):  # noqa: F811
    made = give(2_000)
    refuse(made.approval, by=staff("manager"), now=now)
    made.refresh_from_db()
    assert (made.state, balances(ken)) == ("refused", {})
    assert AuditEntry.objects.get(action="credit.refused").changes["amount"] == 2_000


def test_nobody_gives_credit_to_themselves(give, staff, ken, now):  # noqa: F811
    attach_login(ken, staff("clerk"), by=None, now=now)
    with pytest.raises(OwnRecord):
        give(500)
    assert not Adjustment.objects.exists()
    assert AuditEntry.objects.filter(action="act.refused").count() == 1


@pytest.mark.parametrize(
    ("amount", "terms", "refusal"),
    [
        (0, {}, InvalidCredit),
        (-5, {}, InvalidCredit),
        (5, {"reason": "nonsense"}, InvalidAdjustment),
        (5, {"reason": "other"}, InvalidAdjustment),
    ],
)
def test_what_means_nothing_is_refused(give, amount, terms, refusal):
    with pytest.raises(refusal):
        give(amount, **terms)
    assert not Adjustment.objects.exists()


def test_a_membership_that_has_ended_gets_none(give, staff, ken, now):  # noqa: F811
    waiting = give(2_000)
    close_member(ken, by=None, now=now)
    ken.refresh_from_db()
    with pytest.raises(CannotAdjust):
        give(500)
    with pytest.raises(CannotAdjust):
        approve(waiting.approval, by=staff("manager"), now=now)
    assert Approval.objects.get().state == "waiting"


def test_what_is_taken_along_names_the_credit(give, ken):
    give(500)
    (row,) = personal_data["rewards.adjustment"].export(ken)
    assert (row["points"], row["credit_amount"]) == (0, 500)
