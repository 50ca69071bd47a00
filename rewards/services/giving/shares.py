"""Standing donations: promised, changed and ended; what falls due before counts as it stood."""

import datetime as dt
from typing import Any

from django.db import transaction

from core.services.audit import keeps_refusals, record_audit
from members.models import Member
from rewards.models import Appeal, StandingDonation
from rewards.services.giving import refusals
from rewards.services.holding import CannotSpend
from rewards.services.ledger import write_ledger
from rewards.services.settlement import open_settled_ledger


@keeps_refusals
@transaction.atomic
def set_share(
    member: Member, appeal: Appeal, share_percent: int, *, is_named: bool = False, by: Any,
    now: dt.datetime,
) -> StandingDonation:  # fmt: skip
    """Promise a share of what is earned from now on; another one for the same appeal ends.

    The member is settled first, so that what was due before goes by the shares of its time.
    Raises InvalidShare, AppealClosed, CannotSpend.
    """
    if not member.can_spend:
        raise CannotSpend
    if not 1 <= share_percent <= 100:
        raise refusals.InvalidShare
    if not Appeal.objects.open(now).filter(pk=appeal.pk).exists():
        raise refusals.AppealClosed(subject=appeal, by=by, changes={"member": member.pk})
    _settle(member, now)
    standing = StandingDonation.objects.filter(member=member, ended_at__isnull=True)
    others = [each for each in standing if each.appeal_id != appeal.pk]
    if sum(each.share_percent for each in others) + share_percent > 100:
        raise refusals.InvalidShare
    standing.filter(appeal=appeal).update(ended_at=now)
    made = StandingDonation.objects.create(
        member=member, appeal=appeal, share_percent=share_percent, is_named=is_named,
        started_at=now,
    )  # fmt: skip
    _note("standing_donation.begun", made, by, now)
    return made


@transaction.atomic
def end_share(standing: StandingDonation, *, by: Any, now: dt.datetime) -> None:
    """End a promise; again, nothing happens."""
    _settle(standing.member, now)
    rows = StandingDonation.objects.filter(pk=standing.pk, ended_at__isnull=True)
    if rows.update(ended_at=now):
        standing.ended_at = now
        _note("standing_donation.ended", standing, by, now)


def _settle(member: Member, now: dt.datetime) -> None:
    """The lock on the member's standing, and everything due by the shares that stand."""
    write_ledger(open_settled_ledger([member.pk], now=now), now=now)


def _note(action: str, standing: StandingDonation, by: Any, now: dt.datetime) -> None:
    if by is not None and by.pk != standing.member.user_id:
        changes = {"percent": standing.share_percent, "appeal": standing.appeal_id}
        record_audit(action, standing, by=by, now=now, changes=changes)
