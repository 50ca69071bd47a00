"""A second person's consent: asked once, given or refused once, never by who asked."""

import datetime as dt
from collections.abc import Sequence
from typing import Any

from django.db import transaction
from django.utils.translation import gettext_lazy as _

from core.bulk import reserve_ids
from core.errors import DomainError, RefusalOnRecord
from core.services.audit import keeps_refusals, record_audit
from members.models import Member, User
from members.services.conduct import check_actor
from rewards.enums import ApprovalState
from rewards.models import Approval
from rewards.registry import ActKind, act_kinds
from rewards.services.control import Excess, find_approver_excess, lock_act, record_act

PERMISSION = "rewards.change_approval"


class ApprovalClosed(DomainError):
    code = "approval_closed"
    status = 409
    message = _("This was decided already.")


class OwnRequest(RefusalOnRecord):
    code = "own_request"
    action = "approval.denied"
    message = _("You asked for this yourself: a second person must decide.")


class NotYourDecision(RefusalOnRecord):
    code = "not_your_decision"
    action = "approval.denied"
    message = _("You may not decide this.")


class OverApproverLimit(RefusalOnRecord):
    code = "over_approver_limit"
    action = "approval.denied"
    message = _("This is more than you may approve.")


def ask_approval(
    kind: str, payload_id: int | None, amount: int, *, member: Member | None,
    excess: Sequence[Excess], terms: dict[str, Any] | None = None, by: User, now: dt.datetime,
) -> Approval:  # fmt: skip
    """Put an act before a second person; its row must wait until ``execute`` of its kind.

    Without a ``payload_id`` the act has no row of its own: ``execute`` gets the approval's, whose
    ``terms`` say what to do.
    """
    (pk,) = reserve_ids(rewards_approval=1)["rewards_approval"]
    approval = Approval(
        pk=pk, kind=kind, payload_id=payload_id or pk, amount=amount, member=member,
        excess=[each.as_facts() for each in excess], terms=terms or {}, asked_by=by, asked_at=now,
    )  # fmt: skip
    approval.save(force_insert=True)
    changes = {
        "act": kind,
        "number": approval.payload_id,
        "amount": amount,
        "above": approval.excess,
    }
    record_audit("approval.asked", approval, by=by, now=now, changes=changes)
    return approval


def check_approver(approval: Approval, *, by: User, now: dt.datetime) -> None:
    """Refuse whoever may not decide: without the right, who asked, whose record it is, or above
    what they may approve. Raises NotYourDecision, OwnRequest, OwnRecord, OverApproverLimit.
    """
    facts = {"act": approval.kind, "number": approval.payload_id, "amount": approval.amount}
    if not by.has_perm(PERMISSION):
        raise NotYourDecision(subject=approval, by=by, changes=facts)
    if by.pk == approval.asked_by_id:
        raise OwnRequest(subject=approval, by=by, changes=facts)
    if approval.member is not None:
        check_actor(approval.member, by=by, act=f"approve_{approval.kind}")
    excess = find_approver_excess(approval.kind, approval.amount, by=by, now=now)
    if excess:
        facts["above"] = [each.as_facts() for each in excess]
        raise OverApproverLimit(subject=approval, by=by, changes=facts)


@keeps_refusals
@transaction.atomic
def approve(approval: Approval, *, note: str = "", by: User, now: dt.datetime) -> Approval:
    """Consent, and do it: once, in one transaction. Raises as ``check_approver``,
    ApprovalClosed, and whatever the act itself is refused with.
    """
    approval = _open(approval)
    lock_act(approval.member, by=by)
    check_approver(approval, by=by, now=now)
    _close(approval, ApprovalState.APPROVED, note, by, now)
    record_act(
        approval.kind, approval.amount, member=approval.member, by=approval.asked_by,
        approved_by=by, now=now, payload_id=approval.payload_id,
    )  # fmt: skip
    execute = _get_kind(approval).execute
    if execute is None:
        raise ValueError(f"Acts of the kind “{approval.kind}” can't be approved.")
    execute(approval.payload_id, by, now)
    return approval


@keeps_refusals
@transaction.atomic
def refuse(approval: Approval, *, note: str = "", by: User, now: dt.datetime) -> Approval:
    """Say no, with a note for who asked. Raises as ``approve``; no limit bounds a refusal."""
    approval = _open(approval)
    facts = {"act": approval.kind, "number": approval.payload_id}
    if not by.has_perm(PERMISSION):
        raise NotYourDecision(subject=approval, by=by, changes=facts)
    if by.pk == approval.asked_by_id:
        raise OwnRequest(subject=approval, by=by, changes=facts)
    return _drop(approval, ApprovalState.REFUSED, note, by, now)


@keeps_refusals
@transaction.atomic
def withdraw(approval: Approval, *, by: User, now: dt.datetime) -> Approval:
    """Take one's own request back. Raises NotYourDecision, ApprovalClosed."""
    approval = _open(approval)
    if by.pk != approval.asked_by_id:
        raise NotYourDecision(subject=approval, by=by, changes={"act": approval.kind})
    return _drop(approval, ApprovalState.WITHDRAWN, "", by, now)


def forget_member(member: Member, now: dt.datetime) -> None:
    """A member who leaves: what waits for them is off, and the notes about them are gone."""
    for approval in Approval.objects.filter(member=member, state=ApprovalState.WAITING):
        _drop(_open(approval), ApprovalState.WITHDRAWN, "", None, now)
    Approval.objects.filter(member=member).update(note="", terms={})


def _open(approval: Approval) -> Approval:
    """The row under lock: two who press at once decide one after the other."""
    approval = (
        Approval.objects.select_for_update(of=("self",))
        .select_related("member", "asked_by")
        .get(pk=approval.pk)
    )
    if not approval.is_waiting:
        raise ApprovalClosed
    return approval


def _drop(approval: Approval, state: str, note: str, by: User | None, now: dt.datetime) -> Approval:
    _close(approval, state, note, by, now)
    drop = _get_kind(approval).drop
    if drop is not None:
        drop(approval.payload_id, state, by, now)
    return approval


def _close(approval: Approval, state: str, note: str, by: User | None, now: dt.datetime) -> None:
    approval.state, approval.decided_by, approval.decided_at = state, by, now
    approval.note = note.strip()
    approval.save(update_fields=["state", "decided_by", "decided_at", "note"])
    changes = {"act": approval.kind, "number": approval.payload_id, "amount": approval.amount}
    record_audit(f"approval.{state}", approval, by=by, now=now, changes=changes)


def _get_kind(approval: Approval) -> ActKind:
    return act_kinds[approval.kind]
