"""Receipts at the counter."""

import datetime as dt
from typing import Any

from core.services.audit import keeps_refusals
from core.time import day_of
from members.models import Member
from members.selectors.club import get_club
from members.services.conduct import check_actor
from members.services.work import process_batch
from purchases.models import Purchase
from purchases.services.claiming import Claimed, claim_purchase
from rewards.registry import CHALLENGES


@keeps_refusals
def claim_at_counter(
    purchase: Purchase, member: Member, *, total_amount: int, by: Any, now: dt.datetime
) -> Claimed:
    """Give a purchase without a member to the one who shows its paper, from which the clerk has
    read ``total_amount``. Stamps are counted at once, as at a sale. Raises as ``claim_purchase``,
    and OwnRecord.
    """
    check_actor(member, by=by, act="counter.claim")
    zone = purchase.store.zone if purchase.store else get_club().zone
    claimed = claim_purchase(
        member,
        external_id=purchase.external_id,
        source=purchase.source,
        total_amount=total_amount,
        purchased_on=day_of(purchase.purchased_at, zone),
        by=by,
        now=now,
    )
    if claimed.batch_id is not None:  # committed by now; what fails here waits for a worker
        process_batch(CHALLENGES, claimed.batch_id, now=now)
    return claimed
