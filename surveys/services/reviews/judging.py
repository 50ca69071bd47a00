"""What staff decide about reviews: publish, refuse, take down; and the points for one."""

import datetime as dt
from collections import Counter
from collections.abc import Collection, Sequence
from dataclasses import dataclass
from typing import Any

from django.db import transaction
from django.db.models import Sum
from django.utils.translation import gettext_lazy as _

from core.errors import DomainError
from core.services.audit import record_audit
from core.time import day_of, start_of
from core.words import pack_words
from members.models import Member
from members.selectors.club import get_club
from members.services.notices import NoticeRow, add_notices
from rewards.models import Transfer
from rewards.services.grants import open_grant
from rewards.services.ledger import write_ledger
from rewards.services.settlement import NoProgramme, open_settled_ledger
from surveys.enums import ReviewRefusal, ReviewSource, ReviewState
from surveys.models import Review
from surveys.selectors.reviews import get_terms

CAUSE = "review"  # of ledger entries
PUBLISHED_NOTICE, TURNED_DOWN_NOTICE = "review_published", "review_turned_down"
_KEY = "review:"


class OwnReview(DomainError):
    code = "own_review"
    status = 403
    message = _("Your own review is for somebody else to judge.")


class ReasonNeeded(DomainError):
    code = "reason_needed"
    field = "refusal"
    message = _("Say why, in words that the author may read; “another reason” needs your own.")


@dataclass(frozen=True, slots=True)
class Judged:
    """How many were decided about, and the points that were given for them."""

    count: int
    points: int = 0


@transaction.atomic
def publish_reviews(review_ids: Collection[int], *, by: Any, now: dt.datetime) -> Judged:
    """Show these, whatever they were before, and give the points of the terms, each review once.

    Those that are published already are left as they are. Raises OwnReview.
    """
    reviews = [each for each in _lock(review_ids, by) if not each.is_published]
    points = _give_points(reviews, now)
    for review in reviews:
        review.state = ReviewState.PUBLISHED
        review.refusal = review.refusal_note = ""
        review.points = points.get(review.pk, review.points)
        review.judged_at, review.judged_by = now, by
        is_first = review.published_at is None
        review.published_at = review.published_at or now
        review.save(
            update_fields=[
                "state", "refusal", "refusal_note", "points", "judged_at", "judged_by",
                "published_at",
            ]
        )  # fmt: skip
        facts = {"product": review.product_id, "points": points.get(review.pk, 0)}
        record_audit("review.published", review, by=by, now=now, changes=facts)
        if is_first:
            _tell(PUBLISHED_NOTICE, review, now, {"points": points.get(review.pk, 0)})
    return Judged(len(reviews), sum(points.values()))


@transaction.atomic
def turn_down_reviews(
    review_ids: Collection[int], refusal: str, *, note: str = "", by: Any, now: dt.datetime
) -> Judged:
    """Refuse what waits, take down what was shown. The author reads why and may write it anew.

    Points stay: they were for writing, not for being liked. Raises ReasonNeeded, OwnReview.
    """
    note = " ".join(note.split())[:300]
    if refusal not in ReviewRefusal.values or (refusal == ReviewRefusal.OTHER and not note):
        raise ReasonNeeded
    reviews = _lock(review_ids, by)
    for review in reviews:
        was_shown = review.published_at is not None
        review.state = ReviewState.HIDDEN if was_shown else ReviewState.REFUSED
        review.refusal, review.refusal_note = refusal, note
        review.judged_at, review.judged_by = now, by
        review.save(update_fields=["state", "refusal", "refusal_note", "judged_at", "judged_by"])
        action = "review.taken_down" if was_shown else "review.refused"
        facts = {"product": review.product_id, "reason": refusal}
        record_audit(action, review, by=by, now=now, changes=facts)
        _tell(TURNED_DOWN_NOTICE, review, now, {"refusal": refusal})
    return Judged(len(reviews))


def _lock(review_ids: Collection[int], by: Any) -> list[Review]:
    rows = Review.objects.filter(pk__in=review_ids).select_related("member", "product")
    reviews = list(rows.select_for_update(of=("self",)).order_by("pk"))
    if by is not None and any(
        each.member is not None and each.member.user_id == by.pk for each in reviews
    ):
        raise OwnReview
    return reviews


# --- Points -------------------------------------------------------------------------------------


def _name_key(member_id: int | None, review: Review) -> str:
    """One for each member and thing, so that deleting and writing again earns nothing."""
    return f"{_KEY}{member_id}:{review.product_id or 'club'}"


def _list_records(member_ids: Collection[int]) -> dict[int, list[int]]:
    """Of each member their own record and those that went up in it: entries stay with them."""
    records = {pk: [pk] for pk in member_ids}
    for merged in Member.objects.filter(merged_into__in=member_ids).only("pk", "merged_into"):
        if merged.merged_into_id is not None:
            records[merged.merged_into_id].append(merged.pk)
    return records


def _give_points(reviews: Sequence[Review], now: dt.datetime) -> dict[int, int]:
    """Points by review: those given now, or before for the same thing. Trimmed by the month's cap;
    the stars are not even looked at.
    """
    terms = get_terms()
    earning = [
        each
        for each in reviews
        if each.source == ReviewSource.CLUB and each.member and each.member.is_active
    ]
    if not earning:
        return {}
    records = _list_records({each.member_id for each in earning if each.member_id})
    keys = {_name_key(pk, each): each for each in earning for pk in records[each.member_id or 0]}
    earlier = Transfer.objects.filter(key__in=keys).values_list("key", "amount")
    given = {keys[key].pk: amount for key, amount in earlier}
    new = [each for each in earning if each.pk not in given]
    if not terms.points or not new:
        return given
    member_ids = {each.member_id for each in new if each.member_id}
    try:
        ledger = open_settled_ledger(member_ids, now=now)
    except NoProgramme:
        return given
    used = _count_of_month({pk: records[pk] for pk in sorted(member_ids)}, now)
    for review in new:
        if review.member_id not in ledger.books:
            continue
        room = (
            terms.points if terms.cap_points is None else terms.cap_points - used[review.member_id]
        )
        points = min(terms.points, max(room, 0))
        if not points:
            continue
        open_grant(
            ledger.books[review.member_id], points, ledger.terms, expires_on=None,
            key=_name_key(review.member_id, review), now=now, cause=(CAUSE, review.pk),
        )  # fmt: skip
        used[review.member_id] += points
        given[review.pk] = points
    write_ledger(ledger, now=now)
    return given


def _count_of_month(records: dict[int, list[int]], now: dt.datetime) -> Counter:
    """Points for reviews since the first of the month, in the club's time, under the lock."""
    zone = get_club().zone
    first = start_of(day_of(now, zone).replace(day=1), zone)
    owners = {record: pk for pk, own in records.items() for record in own}
    rows = Transfer.objects.filter(
        member__in=owners, cause_type=CAUSE, effective_at__gte=first, key__startswith=_KEY
    )
    used: Counter = Counter()
    for record, amount in rows.values_list("member_id").annotate(Sum("amount")):
        used[owners[record]] += amount
    return used


def _tell(code: str, review: Review, now: dt.datetime, facts: dict[str, Any]) -> None:
    if review.member_id is None:
        return
    words = pack_words(review.product, "name") if review.product else {"name": ""}
    key = f"{code}:{review.pk}:{review.edition}:{review.state}"
    row = NoticeRow(review.member_id, code, now, key, {"review": review.pk, **words, **facts})
    add_notices([row], now=now)
