"""Guardians of young members: named, asked by mail, and free to say no at any time."""

import datetime as dt
import logging

from django.db import transaction
from django.utils.translation import gettext_lazy as _

from core.errors import DomainError
from core.services.audit import record_audit
from core.wakes import send_once_committed
from members.contacts import clean_email
from members.enums import Channel, ConsentSource
from members.links import build_url, sign
from members.models import Guardian, Member, User
from members.purposes import GUARDIAN
from members.selectors.guardians import is_young
from members.services.consents import (
    Answer,
    record_answers,
    withdraw_what_needs_a_guardian,
)
from members.services.letters import send_letter
from members.services.notices import NoticeRow, add_notices

logger = logging.getLogger(__name__)

ANSWERED_NOTICE = "guardian_answered"


class NotYoung(DomainError):
    code = "not_young"
    message = _("By the birthday on record, no guardian is needed.")


class OwnGuardian(DomainError):
    code = "own_guardian"
    message = _("This is the member's own address. Name a parent or guardian with theirs.")
    field = "email"


class GuardianGone(DomainError):
    code = "guardian_gone"
    status = 410
    message = _("This request is no longer open.")


@transaction.atomic
def name_guardian(
    member: Member, *, name: str, email: str, by: User | None, now: dt.datetime
) -> Guardian:
    """Note who the guardian is and ask them by mail; a former one is out, and so is their yes.

    Raises NotYoung, OwnGuardian or InvalidEmail.
    """
    locked = Member.objects.select_for_update(no_key=True, of=("self",))
    member = locked.select_related("user").get(pk=member.pk)
    if not is_young(member, now=now):
        raise NotYoung
    email = clean_email(email)
    own = {member.email, member.user.email if member.user else None}
    if email in own:
        raise OwnGuardian
    if Guardian.objects.current().filter(member=member).update(ended_at=now):
        _take_back(member, now)
    guardian = Guardian.objects.create(
        member=member, name=name.strip()[:150], email=email, named_at=now, named_by=by
    )
    record_audit("guardian.named", member, by=by, now=now)
    send_once_committed("members.tasks.ask_guardians")
    return guardian


@transaction.atomic
def answer_as_guardian(guardian: Guardian, *, agrees: bool, now: dt.datetime) -> Guardian:
    """The guardian's yes or no; either can be changed later by the same link.

    With a no, what the member could not have agreed to alone is taken back. Raises
    GuardianGone.
    """
    member = Member.objects.select_for_update(no_key=True).get(pk=guardian.member_id)
    guardian = Guardian.objects.select_for_update(no_key=True).get(pk=guardian.pk)
    if guardian.ended_at or not member.is_active:
        raise GuardianGone
    guardian.confirmed_at = now if agrees else None
    guardian.refused_at = None if agrees else now
    guardian.save(update_fields=["confirmed_at", "refused_at"])
    if agrees:
        yes = Answer(GUARDIAN, Channel.ANY, True)
        record_answers(member, [yes], source=ConsentSource.GUARDIAN, by=None, now=now)
    else:
        _take_back(member, now)
    key = f"guardian:{guardian.pk}:{now.isoformat()}"
    add_notices([NoticeRow(member.pk, ANSWERED_NOTICE, now, key, {"agrees": agrees})], now=now)
    record_audit("guardian.answered", member, by=None, now=now, changes={"agrees": agrees})
    return guardian


def _take_back(member, now):
    withdraw_what_needs_a_guardian(member, source=ConsentSource.GUARDIAN, by=None, now=now)


def ask_guardians(*, now: dt.datetime, limit: int = 100) -> int:
    """Mail whoever was named and not asked yet; returns how many. Not in a transaction.

    A row is claimed by its conditional update, so that two workers send one mail; a mail that
    fails is tried again at the next sweep.
    """
    count = 0
    waiting = Guardian.objects.to_be_asked().select_related("member")[:limit]
    for guardian in list(waiting):
        rows = Guardian.objects.to_be_asked().filter(pk=guardian.pk)
        if not guardian.email or not rows.update(asked_at=now):
            continue
        member = guardian.member
        try:
            send_letter(
                "guardian",
                email=guardian.email,
                locale=member.locale,
                guardian=guardian,
                member=member,
                url=build_url("guardian_answer", sign("guardian", guardian.pk)),
            )
        except OSError:
            logger.exception("The mail to a guardian failed")
            Guardian.objects.filter(pk=guardian.pk).update(asked_at=None)
            continue
        count += 1
    return count
