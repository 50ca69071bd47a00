"""Asking to be forgotten: a request, some days to think again, then the erasure."""

import datetime as dt
import logging
import uuid
from dataclasses import dataclass
from pathlib import Path
from typing import Any

from django.db import transaction
from django.utils.translation import gettext_lazy as _

from core.errors import DomainError
from core.services.audit import keeps_refusals, record_audit
from core.wakes import send_once_committed
from members.enums import ErasureState, MemberStatus, RequestSource
from members.erased_keys import KeyHash
from members.links import build_url, sign
from members.models import Erasure, ErasureRequest, Member, User
from members.retention import get_policy
from members.services.conduct import check_actor
from members.services.erasing import (
    AlreadyErased,
    MergedAway,
    add_keys,
    erase_member,
    list_erased,
)
from members.services.erasure_log import log_on_commit, read_log
from members.services.letters import get_address, send_letter
from members.services.notices import NoticeRow, add_notices

logger = logging.getLogger(__name__)

WAITING_NOTICE = "erasure_waiting"
_TRY_AGAIN = dt.timedelta(hours=12)


class ReasonMissing(DomainError):
    code = "reason_missing"
    message = _("Say why: who asked, and how you know that it was them.")
    field = "reason"


class NotWaiting(DomainError):
    code = "erasure_not_waiting"
    status = 409
    message = _("This request is closed already.")


@keeps_refusals
@transaction.atomic
def request_erasure(
    member: Member,
    *,
    by: User | None,
    now: dt.datetime,
    source: str = RequestSource.MEMBER,
    reason: str = "",
) -> ErasureRequest:
    """Note that the member wants to be forgotten; a second request answers with the first.

    Nothing happens for the days that the policy grants. Something that is still open doesn't
    keep anybody from asking: then the erasure waits for it. Staff say why. Raises AlreadyErased,
    MergedAway, ReasonMissing, or OwnRecord.
    """
    if source == RequestSource.STAFF:
        check_actor(member, by=by, act="erasure.request")
        if not reason.strip():
            raise ReasonMissing
    member = Member.objects.select_for_update(no_key=True).get(pk=member.pk)
    _check_is_here(member)
    waiting = ErasureRequest.objects.waiting().filter(member=member).first()
    if waiting:
        return waiting
    due_at = now + dt.timedelta(days=get_policy().erasure_wait_days)
    request = ErasureRequest.objects.create(
        member=member,
        source=source,
        requested_at=now,
        requested_by=by,
        reason=reason.strip(),
        due_at=due_at,
        try_at=due_at,
    )
    _give_notice(request, now)
    record_audit("erasure.requested", member, by=by, now=now, changes={"source": source})
    send_once_committed("members.tasks.sweep_erasures")
    return request


def _notice_key(request):
    return f"erasure:{request.pk}"


def _give_notice(request, now):
    params = {"due": request.due_at.isoformat()}
    row = NoticeRow(request.member_id, WAITING_NOTICE, now, _notice_key(request), params)
    add_notices([row], now=now)


def _check_is_here(member):
    if member.status == MemberStatus.ERASED:
        raise AlreadyErased
    if member.status == MemberStatus.MERGED:
        raise MergedAway


@keeps_refusals
@transaction.atomic
def cancel_erasure(
    request: ErasureRequest, *, by: User | None, now: dt.datetime, as_staff: bool = False
) -> ErasureRequest:
    """The member thinks again; possible until the erasure has begun.

    Raises NotWaiting, or OwnRecord.
    """
    if as_staff:
        check_actor(request.member, by=by, act="erasure.cancel")
    # The member's row first, as the erasure takes it.
    Member.objects.select_for_update(no_key=True).get(pk=request.member_id)
    request = ErasureRequest.objects.select_for_update(no_key=True).get(pk=request.pk)
    if not request.is_waiting:
        raise NotWaiting
    request.state = ErasureState.CANCELLED
    request.closed_at = now
    request.save(update_fields=["state", "closed_at"])
    request.member.notices.unread().filter(key=_notice_key(request)).update(read_at=now)
    record_audit("erasure.cancelled", request.member, by=by, now=now)
    log_on_commit()
    return request


# --- The sweep ----------------------------------------------------------------------------------


def tell_about_requests(*, now: dt.datetime, limit: int = 100) -> int:
    """Write to whoever waits for their erasure, with a link to think again; once each.

    Not in a transaction. A row is claimed by its conditional update.
    """
    count = 0
    requests = ErasureRequest.objects.to_be_told().select_related("member__user")
    for request in list(requests.order_by("pk")[:limit]):
        row = ErasureRequest.objects.to_be_told().filter(pk=request.pk)
        if not row.update(told_at=now):
            continue
        try:
            count += _send("erasure_requested", get_address(request.member), request)
        except OSError:
            logger.exception("The mail about a request for erasure failed")
            ErasureRequest.objects.filter(pk=request.pk).update(told_at=None)
    return count


def _send(template, address, request):
    url = build_url("erasure_link", sign("erasure", request.pk))
    return send_letter(template, **address, request=request, url=url)


def process_due_erasures(*, now: dt.datetime, limit: int = 50) -> int:
    """Erase whoever has waited long enough; returns how many. Not in a transaction.

    Each one is claimed by its member's row, with ``skip_locked``, and erased in the transaction
    of the claim, so that several workers share them and none is done twice. Where something is
    still open it waits half a day and blocks no other.
    """
    done = 0
    for _attempt in range(limit):
        outcome = _process_next(now)
        if outcome is None:
            break
        done += outcome
    return done


def _process_next(now):
    """True where one was erased, False where it waits, None where none is due."""
    request = None
    try:
        with transaction.atomic():
            due = ErasureRequest.objects.due(now)
            request = (
                due.select_for_update(skip_locked=True, of=("member",))
                .select_related("member__user")
                .order_by("try_at", "pk")
                .first()
            )
            if request is None:
                return None
            if not due.filter(pk=request.pk).exists():  # cancelled, or done, a moment ago
                return False
            address = get_address(request.member)
            erase_member(request.member, by=None, now=now, source=request.source)
    except DomainError as refusal:
        _postpone(request, refusal.code, now)
        return False
    except Exception as error:
        if request is None:
            raise
        # Whatever an app raises, the others' time has come too; staff see what holds it up.
        logger.exception("An erasure failed")
        _postpone(request, type(error).__name__, now)
        return False
    try:
        _send("erasure_done", address, request)
    except OSError:
        logger.warning("The last mail to somebody who was erased failed")
    return True


def _postpone(request, reason, now):
    ErasureRequest.objects.waiting().filter(pk=request.pk).update(
        held_up_by=reason[:60],
        try_at=now + _TRY_AGAIN,
        attempt_count=request.attempt_count + 1,
    )


# --- After a restored backup --------------------------------------------------------------------


@dataclass(slots=True)
class Applied:
    """What a log told this database."""

    erased_count: int = 0
    known_count: int = 0
    absent_count: int = 0
    waiting_count: int = 0
    cancelled_count: int = 0


def apply_erasures(path: Path, *, now: dt.datetime) -> Applied:
    """Do again what the log says was done: erase who came back with a backup, keep their hashes,
    cancel what was cancelled. Safe to repeat. Raises OSError or ValueError for the log.

    A record is the same where id and instant of making are. Where something open holds an
    erasure up, a request that is due at once waits for it.
    """
    lines = read_log(path)
    result = Applied()
    for line in lines:
        if "cancelled" in line:
            result.cancelled_count += _apply_cancelled(line, now)
        else:
            _apply_erased(line, result, now)
    return result


@transaction.atomic
def _apply_cancelled(line: dict[str, Any], now: dt.datetime) -> int:
    waiting = ErasureRequest.objects.waiting().filter(uid=uuid.UUID(line["cancelled"]))
    return waiting.update(
        state=ErasureState.CANCELLED,
        closed_at=dt.datetime.fromisoformat(line["at"]) if line["at"] else now,
        logged_at=now,
    )


def _apply_erased(line: dict[str, Any], result: Applied, now: dt.datetime) -> None:
    erasure = _remember_line(line, now)
    here = list_erased(erasure)
    left = [member for member in here if member.status != MemberStatus.ERASED]
    if not here:
        result.absent_count += 1
    elif not left:
        result.known_count += 1
    for member in left:
        _erase_again(member, erasure, result, now)


@transaction.atomic
def _remember_line(line: dict[str, Any], now: dt.datetime) -> Erasure:
    at = dt.datetime.fromisoformat(line["at"])
    erasure, _made = Erasure.objects.get_or_create(
        uid=uuid.UUID(line["erased"]),
        defaults={
            "members": line["members"],
            "erased_at": at,
            "recorded_at": now,
            "logged_at": now,
        },
    )
    add_keys(erasure, [KeyHash(*key) for key in line["keys"]])
    return erasure


def _erase_again(member, erasure, result, now):
    try:
        with transaction.atomic():
            member = Member.objects.get(pk=member.pk)
            if member.status == MemberStatus.MERGED:  # goes with its survivor, or went already
                return
            erase_member(member, by=None, now=now, source=RequestSource.LOG, uid=erasure.uid)
    except AlreadyErased:
        return
    except DomainError as refusal:
        logger.warning("An erasure of the log waits (%s)", refusal.code)
        _wait_for(member, refusal, now)
        result.waiting_count += 1
    else:
        result.erased_count += 1


@transaction.atomic
def _wait_for(member, refusal, now):
    ErasureRequest.objects.get_or_create(
        member=member,
        state=ErasureState.WAITING,
        defaults={
            "source": RequestSource.LOG,
            "requested_at": now,
            "due_at": now,
            "try_at": now + _TRY_AGAIN,
            "told_at": now,
            "held_up_by": refusal.code[:60],
        },
    )
