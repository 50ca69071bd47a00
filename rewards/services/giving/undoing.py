"""Taking a donation back within its grace: the same lots, and the match to its budget."""

import datetime as dt
from typing import Any

from django.db import transaction

from core.bulk import RowWriter
from core.services.audit import keeps_refusals, record_audit
from members.services.conduct import check_actor
from rewards.engine.book import charity_account
from rewards.enums import Unit
from rewards.models import Account, Donation
from rewards.services.giving import refusals
from rewards.services.giving.matching import return_match
from rewards.services.holding import open_spending, refund_spent
from rewards.services.ledger import write_ledger

# Asked in the last trip: a settlement or another press may have come first.
_TAKE_BACK = """
    UPDATE rewards_donation SET undone_at = %(now)s
    WHERE id = %(id)s AND undone_at IS NULL AND settlement_id IS NULL AND source <> 'prize'
      AND final_at > %(now)s
    RETURNING id
"""


@keeps_refusals
@transaction.atomic
def undo_donation(
    donation: Donation, *, by: Any, as_staff: bool = False, now: dt.datetime
) -> Donation:
    """Give the points back to the lots they came from, with their own last day (docs/points.md 12).

    What a brand added goes back to its budget. Raises DonationFinal once the grace is over, for a
    prize that was passed on, and for a second press; OwnRecord for staff (``as_staff``).
    """
    if as_staff:
        check_actor(donation.member, by=by, act="donation.undo")
    if not donation.can_be_undone(now):
        raise refusals.DonationFinal
    spending = open_spending(donation.cause, now=now)
    if spending.spent != donation.points:
        raise refusals.DonationFinal
    account_id = Account.objects.values_list("pk", flat=True).get(
        charity_id=donation.charity_id, unit=Unit.POINTS
    )
    origin = charity_account(donation.charity_id)
    spending.ledger.account_ids[None, origin, Unit.POINTS] = account_id
    refund_spent(spending, origin=origin, now=now)
    writer = RowWriter()
    writer.claim(_TAKE_BACK, {"id": donation.pk, "now": now})
    if donation.match_id:
        return_match(writer, spending.ledger, donation, account_id, now=now)
    write_ledger(spending.ledger, now=now, writer=writer)
    writer.flush()
    if not writer.answers[0]:
        raise refusals.DonationFinal
    donation.undone_at = now
    if by is not None and by.pk != donation.member.user_id:
        record_audit("donation.undone", donation, by=by, now=now)
    return donation
