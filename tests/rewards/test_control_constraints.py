"""Each constraint of acts of staff from both sides."""

import datetime as dt

import pytest

from core.services.audit import record_audit
from members.models import User
from members.services.audiences import ensure_audience
from members.services.enrolment import create_member
from rewards.models import ActLimit, Adjustment, Alert, Approval, BulkAct, BulkActMember, StaffAct
from tests.constraints import guards

pytestmark = pytest.mark.django_db


@pytest.fixture
def make(programme, now):
    """Makes a row of a model beside the rows it needs."""
    clerk, head = (User.objects.create(email=f"{name}@example.com") for name in ("clerk", "head"))
    member, mate = (create_member(now=now, source="test") for _ in range(2))
    audience = ensure_audience("test", kind="list", name="Test")
    approval = {"kind": "test", "payload_id": 1, "amount": 1, "asked_by": clerk, "asked_at": now}
    bulk = {
        "kind": "grant", "audience": audience, "public_reason": "Sorry", "points": 1,
        "asked_by": clerk, "created_at": now,
    }  # fmt: skip
    act = BulkAct.objects.create(**bulk)
    known = {
        "now": now, "later": now + dt.timedelta(hours=1), "clerk": clerk, "head": head,
        "mate": mate, "approval": Approval.objects.create(**approval | {"payload_id": 99}),
        "day": now.date(), "decision": record_audit("test", mate, by=None, now=now),
        "green": programme.levels.first().tier,
    }  # fmt: skip
    rows = {
        ActLimit: {"kind": "test", "role": "clerk"},
        Approval: approval,
        StaffAct: {"kind": "test", "actor": clerk, "amount": 1, "acted_at": now},
        Adjustment: {
            "member": member, "points": 1, "reason": "goodwill", "state": "posted",
            "asked_by": clerk, "asked_at": now, "posted_at": now, "key": "test",
        },
        BulkAct: bulk,
        BulkActMember: {"act": act, "member": member},
        Alert: {"check_code": "test", "subject_id": 1, "threshold": 80, "opened_at": now},
    }  # fmt: skip

    def make(model, **changes):
        changes = {
            name: known.get(value, value) if isinstance(value, str) else value
            for name, value in changes.items()
        }
        return model.objects.create(**rows[model] | changes)

    return make


DECIDED = {"decided_at": "now", "decided_by": "head"}
WAITING = {"state": "waiting", "posted_at": None, "approval": "approval"}
RUNNING = {"state": "running", "confirmed_at": "now", "started_at": "now", "decision": "decision"}


@pytest.mark.parametrize(
    ("constraint", "model", "good", "bad"),
    [
        ("approval_decided_has_time", Approval, {"state": "refused", **DECIDED},
         {"state": "refused"}),
        ("approval_decided_has_time", Approval, {}, DECIDED),
        ("approval_by_a_second_person", Approval, {"state": "approved", **DECIDED},
         {"state": "approved", **DECIDED, "decided_by": "clerk"}),
        ("approval_by_a_second_person", Approval,
         {"state": "withdrawn", **DECIDED, "decided_by": "clerk"},
         {"state": "approved", "decided_at": "now"}),
        ("staff_act_approved_by_another", StaffAct, {"approved_by": "head"},
         {"approved_by": "clerk"}),
        ("adjustment_moves_one_thing", Adjustment, {"points": -1}, {"points": 0}),
        ("adjustment_moves_one_thing", Adjustment, {"points": 0, "credit_amount": 1},
         {"points": 1, "credit_amount": 1}),
        ("adjustment_terms_fit_its_way", Adjustment, {"points": 0, "credit_amount": 1},
         {"points": 0, "credit_amount": 1, "expires_on": "day"}),
        ("adjustment_terms_fit_its_way", Adjustment, {"points": 0, "credit_amount": 1},
         {"points": 0, "credit_amount": 1, "owes_missing": True}),
        ("adjustment_terms_fit_its_way", Adjustment, {"expires_on": "day"},
         {"points": -1, "expires_on": "day"}),
        ("adjustment_terms_fit_its_way", Adjustment, {"points": -1, "owes_missing": True},
         {"owes_missing": True}),
        ("adjustment_posted_has_time", Adjustment, WAITING, WAITING | {"posted_at": "now"}),
        ("adjustment_posted_has_time", Adjustment, {}, {"posted_at": None}),
        ("adjustment_waited_for_an_approval", Adjustment, WAITING, WAITING | {"approval": None}),
        ("adjustment_waited_for_an_approval", Adjustment, {}, {"approval": "approval"}),
        ("bulk_act_terms_fit_its_kind", BulkAct, {}, {"points": None}),
        ("bulk_act_terms_fit_its_kind", BulkAct, {}, {"tier": "green"}),
        ("bulk_act_terms_fit_its_kind", BulkAct,
         {"kind": "expiry", "points": None, "until_on": "day"}, {"kind": "expiry", "points": None}),
        ("bulk_act_terms_fit_its_kind", BulkAct,
         {"kind": "tier", "points": None, "until_on": "day", "tier": "green"},
         {"kind": "tier", "until_on": "day"}),
        ("bulk_act_has_reason", BulkAct, {}, {"public_reason": ""}),
        ("bulk_act_confirmed_has_time", BulkAct, {"state": "waiting", "confirmed_at": "now"},
         {"state": "waiting"}),
        ("bulk_act_runs_by_a_decision", BulkAct, RUNNING, RUNNING | {"decision": None}),
        ("bulk_act_counts_add_up", BulkAct, {"member_count": 2, "done_count": 2},
         {"member_count": 2, "done_count": 2, "skipped_count": 1}),
        ("alert_noted_by_somebody", Alert, {"noted_at": "now", "noted_by": "head"},
         {"noted_at": "now"}),
    ],
)  # fmt: skip
def test_acts_that_make_no_sense_are_refused(make, constraint, model, good, bad):
    guards(constraint, lambda **changes: make(model, **changes), good, bad)


@pytest.mark.parametrize(
    ("constraint", "model", "beside", "good"),
    [
        ("act_limit_once_per_role", ActLimit, {}, {"role": "manager"}),
        ("approval_once_per_act", Approval, {}, {"payload_id": 2}),
        ("bulk_act_once_per_member", BulkActMember, {}, {"member": "mate"}),
        ("alert_once_while_open", Alert, {}, {"threshold": 95}),
        ("alert_once_while_open", Alert, {}, {"closed_at": "now"}),
    ],
)
def test_what_exists_once_is_refused_twice(make, constraint, model, beside, good):
    guards(constraint, lambda **changes: make(model, **changes), good, beside, beside=beside)
