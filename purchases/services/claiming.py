"""A forgotten card: a purchase without a member finds its member by the receipt.

Whoever holds the paper knows its number and its total or its day; of tills whose numbers run on,
both. Tries are counted and limited. What it earns goes by the purchase's own time.
"""

import datetime as dt
from collections.abc import Sequence
from dataclasses import dataclass

from django.db import transaction
from django.utils.translation import gettext_lazy as _

from core.bulk import reserve_ids
from core.errors import DomainError
from core.services.audit import record_audit
from core.time import day_of
from members.models import Member, User
from members.registry import Receipt
from members.selectors.club import get_club
from members.services.activities import ActivityRow, record_batch
from members.services.enrolment import MemberGone
from purchases.facts import PurchaseFacts, ReturnFacts
from purchases.models import Purchase, ReceiptClaim, Return, Source
from purchases.receipts import read_number
from purchases.selectors import iter_facts
from purchases.services.intake import BATCH_KIND
from purchases.services.outcome import PURCHASE, RETURN

HOUR, DAY = dt.timedelta(hours=1), dt.timedelta(days=1)
TRIES_OF_MEMBER = 5  # failures an hour from one login
TRIES_OF_STAFF = 30
TRIES_PER_RECEIPT = 10  # failures a day at one receipt
_UNDECIDED = "undecided"


class TooManyClaims(DomainError):
    code = "too_many_tries"
    status = 429
    message = _("Too many tries. Wait an hour, or ask at the counter.")


class ProofNeeded(DomainError):
    code = "proof_needed"
    message = _("Fill in the total and the day of the receipt too.")


class ReceiptNotFound(DomainError):
    code = "receipt_not_found"
    status = 404
    field = "number"
    message = _("We know no receipt with this number, total and day. Compare them with the paper.")


class ReceiptTaken(DomainError):
    code = "receipt_taken"
    status = 409
    field = "number"
    message = _("This receipt belongs to a membership already.")


class ReceiptTooOld(DomainError):
    code = "receipt_too_old"
    status = 409
    field = "number"
    message = _("A receipt can be claimed for %(days)s days; this one is older.")


@dataclass(frozen=True, slots=True)
class Claimed:
    """What came of it; ``is_new`` is False where the receipt was the member's already, and then
    there is no batch of activities.
    """

    purchase: Purchase
    receipts: Sequence[Receipt] = ()
    is_new: bool = True
    batch_id: int | None = None

    def count(self, label: str) -> int:
        return next((each.number for each in self.receipts if each.label == label), 0)


def claim_purchase(
    member: Member,
    *,
    external_id: str,
    source: Source | None = None,
    total_amount: int | None = None,
    purchased_on: dt.date | None = None,
    by: User | None,
    now: dt.datetime,
) -> Claimed:
    """Give a purchase without a member to ``member``, who then earns as of its own time.

    ``external_id`` as it was typed or scanned; without ``source``, of any. Again, for the same
    member, it answers with what is theirs. ``total_amount`` is in minor units, ``purchased_on``
    the day on the paper.

    Raises ReceiptNotFound, ProofNeeded, ReceiptTaken, ReceiptTooOld, TooManyClaims or MemberGone.
    Two transactions on purpose: a refused try stays counted. Call it outside of any other.
    """
    with transaction.atomic(durable=True):
        attempt = _open_attempt(member, by, now)
    try:
        with transaction.atomic(durable=True):
            return _claim(attempt, external_id, source, total_amount, purchased_on, now)
    except DomainError as refusal:
        with transaction.atomic(durable=True):
            _keep_refusal(attempt, refusal, now)
        raise


def _open_attempt(member: Member, by: User | None, now: dt.datetime) -> ReceiptClaim:
    if by is not None:
        User.objects.select_for_update(no_key=True).get(pk=by.pk)
        tries = ReceiptClaim.objects.failed().filter(tried_by=by, attempted_at__gt=now - HOUR)
        most = TRIES_OF_MEMBER if by.pk == member.user_id else TRIES_OF_STAFF
        if tries.count() >= most:
            raise TooManyClaims
    # Counted as refused until it succeeds, so that a crash is no free try.
    return ReceiptClaim.objects.create(
        member=member, tried_by=by, attempted_at=now, refusal=_UNDECIDED
    )


def _keep_refusal(attempt: ReceiptClaim, refusal: DomainError, now: dt.datetime) -> None:
    attempt.refusal = refusal.code
    attempt.save(update_fields=["refusal", "purchase"])
    record_audit(
        "receipt.claim_refused",
        attempt.member,
        by=attempt.tried_by,
        now=now,
        changes={"refused": refusal.code, "purchase": attempt.purchase_id},
    )


def _claim(
    attempt: ReceiptClaim,
    external_id: str,
    source: Source | None,
    total_amount: int | None,
    purchased_on: dt.date | None,
    now: dt.datetime,
) -> Claimed:
    member = Member.objects.select_for_update(no_key=True).get(pk=attempt.member_id)
    if not member.is_active:
        raise MemberGone
    purchase = _find(attempt, external_id, source, total_amount, purchased_on)
    if purchase.member_id == member.pk:
        attempt.delete()
        return Claimed(purchase, is_new=False)
    if purchase.member_id is not None:
        raise ReceiptTaken
    days = purchase.source.claim_days
    if now > purchase.purchased_at + days * DAY:
        raise ReceiptTooOld(days=days)
    purchase.member = member
    purchase.save(update_fields=["member"])
    attempt.refusal = ""
    attempt.save(update_fields=["refusal", "purchase"])
    batch_id, receipts = _earn(purchase, now)
    record_audit(
        "receipt.claimed",
        purchase,
        by=attempt.tried_by,
        now=now,
        changes={"member": member.pk, "amount": purchase.total_amount},
    )
    return Claimed(purchase, receipts, batch_id=batch_id)


def _find(attempt, external_id, source, total_amount, purchased_on) -> Purchase:
    """The purchase that number and proof name, under lock: returns and other claims wait."""
    sources = [source] if source else list(Source.objects.filter(claim_days__gt=0))
    found = list(
        Purchase.objects.select_for_update(of=("self",))
        .filter(source__in=sources, external_id__in=read_number(external_id))
        .select_related("source", "store", "channel")
        .order_by("pk")
    )
    if len(found) == 1:
        attempt.purchase = found[0]
        _check_tries(found[0], attempt)
    proved = [purchase for purchase in found if _is_proved(purchase, total_amount, purchased_on)]
    if not proved and (total_amount is None or purchased_on is None):
        raise ProofNeeded
    if len(proved) != 1:
        raise ReceiptNotFound
    attempt.purchase = proved[0]
    return proved[0]


def _check_tries(purchase: Purchase, attempt: ReceiptClaim) -> None:
    since = attempt.attempted_at - DAY
    tries = ReceiptClaim.objects.failed().filter(purchase=purchase, attempted_at__gt=since)
    if tries.count() >= TRIES_PER_RECEIPT:
        raise TooManyClaims


def _is_proved(purchase: Purchase, total_amount: int | None, purchased_on: dt.date | None) -> bool:
    if total_amount is not None and total_amount != purchase.total_amount:
        return False
    if purchased_on is not None and purchased_on not in _list_days(purchase):
        return False
    known = (total_amount is not None) + (purchased_on is not None)
    return known == 2 or (known == 1 and purchase.source.has_random_numbers)


def _list_days(purchase: Purchase) -> set[dt.date]:
    """The day on the paper: in the store's zone, or the club's where no store is known."""
    zones = {get_club().zone, purchase.store.zone if purchase.store else purchase.source.zone}
    return {day_of(purchase.purchased_at, zone) for zone in zones if zone}


# --- Earning ------------------------------------------------------------------------------------


def _earn(purchase: Purchase, now: dt.datetime) -> tuple[int, Sequence[Receipt]]:
    """The purchase, and what came back of it meanwhile, as intake would have told it."""
    facts: list[PurchaseFacts | ReturnFacts] = [
        *iter_facts(Purchase.objects.filter(pk=purchase.pk)),
        *_list_returns(purchase),
    ]
    ids = reserve_ids(members_activitybatch=1, members_activity=len(facts))
    activities = []
    for fact, activity_id in zip(facts, ids["members_activity"], strict=True):
        fact.activity_id = activity_id
        if isinstance(fact, PurchaseFacts):
            kind, amount = PURCHASE, sum(line.amount for line in fact.lines)
        else:
            kind, amount = RETURN, sum(part for _position, _quantity, part in fact.lines)
        activities.append(
            ActivityRow(
                fact.member_id,
                kind,
                fact.effective_at,
                f"purchases.{kind}",
                fact.id,
                {"amount": amount},
                activity_id,
            )
        )
    (batch_id,) = ids["members_activitybatch"]
    return batch_id, record_batch(BATCH_KIND, activities, payload=facts, now=now, batch_id=batch_id)


def _list_returns(purchase: Purchase) -> list[ReturnFacts]:
    returns = Return.objects.filter(purchase=purchase).prefetch_related("lines__line")
    found: list[ReturnFacts] = []
    before: dict[int, tuple] = {}
    for item in returns.order_by("returned_at", "external_id"):
        parts = sorted(
            (part.line.position, part.quantity, part.amount) for part in item.lines.all()
        )
        found.append(
            ReturnFacts(
                item.pk,
                item.external_id,
                purchase.pk,
                purchase.member_id,  # type: ignore[arg-type]  # set a moment ago
                item.returned_at,
                parts,
                dict(before),
            )
        )
        for position, quantity, amount in parts:
            so_far = before.get(position, (0, 0))
            before[position] = (so_far[0] + quantity, so_far[1] + amount)
    return found
