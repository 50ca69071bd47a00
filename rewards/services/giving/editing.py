"""Charities, appeals and matching offers as staff write them."""

import datetime as dt
from collections.abc import Mapping
from typing import Any

from django.db import transaction
from django.db.models import F, Sum

from core.services.audit import keeps_refusals, record_audit
from rewards.enums import AccountKind, Unit
from rewards.models import Account, Appeal, Charity, Donation, MatchOffer
from rewards.services.giving import refusals

RESERVED = frozenset({"mine", "ledger"})  # addresses of pages beside the appeals


@transaction.atomic
def save_charity(charity: Charity, *, by: Any, now: dt.datetime) -> Charity:
    """Write a charity; its account in the ledger is opened with it. Raises InvalidCharity."""
    if not (charity.name and charity.registration_number and charity.hundred_amount):
        raise refusals.InvalidCharity
    is_new = charity.pk is None
    charity.save()
    Account.objects.get_or_create(
        charity=charity, unit=Unit.POINTS, defaults={"kind": AccountKind.CHARITY}
    )
    changes = {"hundred_amount": charity.hundred_amount, "grace_hours": charity.grace_hours}
    action = "charity.made" if is_new else "charity.changed"
    record_audit(action, charity, by=by, now=now, changes=changes)
    return charity


@transaction.atomic
def retire_charity(
    charity: Charity, *, is_retired: bool = True, by: Any, now: dt.datetime
) -> Charity:
    """Take no more gifts for it (or again); what it was given is settled as ever."""
    charity.retired_at = now if is_retired else None
    charity.save(update_fields=["retired_at"])
    action = "charity.retired" if is_retired else "charity.resumed"
    record_audit(action, charity, by=by, now=now)
    return charity


@keeps_refusals
@transaction.atomic
def delete_charity(charity: Charity, *, by: Any, now: dt.datetime) -> None:
    """Delete one that nobody gave to. Raises CharityHasPoints (on record)."""
    Charity.objects.select_for_update().get(pk=charity.pk)
    given = Donation.objects.filter(charity=charity).aggregate(
        total=Sum(F("points") + F("match_points"))
    )["total"]
    if given is not None or charity.settlements.exists():
        raise refusals.CharityHasPoints(subject=charity, by=by, points=given or 0)
    for appeal in charity.appeals.all():
        delete_appeal(appeal, by=by, now=now)
    record_audit("charity.deleted", charity, by=by, now=now, changes={"slug": charity.slug})
    Account.objects.filter(charity=charity).delete()
    charity.delete()


@transaction.atomic
def save_appeal(appeal: Appeal, *, by: Any, now: dt.datetime) -> Appeal:
    """Write an appeal. Raises InvalidAppeal, and AppealMoved where gifts went to its charity."""
    if not appeal.name or not appeal.goal_points:
        raise refusals.InvalidAppeal
    if appeal.ends_at is not None and appeal.ends_at <= appeal.starts_at:
        raise refusals.InvalidAppeal
    if appeal.slug in RESERVED:
        raise refusals.InvalidAppeal
    is_new = appeal.pk is None
    if not is_new:
        before = Appeal.objects.select_for_update(of=("self",)).get(pk=appeal.pk)
        if before.charity_id != appeal.charity_id and _is_given_to(appeal):
            raise refusals.AppealMoved
    appeal.save()
    action = "appeal.made" if is_new else "appeal.changed"
    record_audit(action, appeal, by=by, now=now, changes={"goal": appeal.goal_points})
    return appeal


@transaction.atomic
def publish_appeal(appeal: Appeal, *, by: Any, now: dt.datetime) -> Appeal:
    """Show it to everybody; again, nothing happens."""
    if appeal.published_at is None:
        appeal.published_at = now
        appeal.save(update_fields=["published_at"])
        record_audit("appeal.published", appeal, by=by, now=now)
    return appeal


@transaction.atomic
def close_appeal(appeal: Appeal, *, by: Any, now: dt.datetime) -> Appeal:
    """End it now. Its page stays, with what became of the gifts."""
    if appeal.ends_at is None or appeal.ends_at > now:
        appeal.ends_at = max(now, appeal.starts_at + dt.timedelta(seconds=1))
        appeal.save(update_fields=["ends_at"])
        record_audit("appeal.closed", appeal, by=by, now=now)
    return appeal


@keeps_refusals
@transaction.atomic
def delete_appeal(appeal: Appeal, *, by: Any, now: dt.datetime) -> None:
    """Delete one that nobody gave to. Raises AppealHasGifts (on record)."""
    if _is_given_to(appeal) or appeal.standing_donations.exists() or appeal.rewards.exists():
        raise refusals.AppealHasGifts(subject=appeal, by=by)
    record_audit("appeal.deleted", appeal, by=by, now=now, changes={"slug": appeal.slug})
    appeal.matches.all().delete()
    appeal.delete()


def _is_given_to(appeal: Appeal) -> bool:
    return Donation.objects.filter(appeal=appeal).exists()


@transaction.atomic
def save_match(offer: MatchOffer, *, by: Any, now: dt.datetime) -> MatchOffer:
    """Write a matching offer; a changed budget moves what is left by as much.

    Raises InvalidMatch where less than was matched already would remain.
    """
    if offer.ends_at is not None and offer.ends_at <= offer.starts_at:
        raise refusals.InvalidMatch
    used = 0
    if offer.pk is not None:
        before = MatchOffer.objects.select_for_update(of=("self",)).get(pk=offer.pk)
        used = before.used_points
        if before.appeal_id != offer.appeal_id and used:
            raise refusals.InvalidMatch
    if offer.budget_points < used or not 1 <= offer.rate_percent <= 1000:
        raise refusals.InvalidMatch
    if offer.gift_cap_points is not None and offer.gift_cap_points < 1:
        raise refusals.InvalidMatch
    is_new = offer.pk is None
    offer.left_points = offer.budget_points - used
    offer.save()
    changes: Mapping[str, Any] = {
        "rate": offer.rate_percent, "budget": offer.budget_points, "cap": offer.gift_cap_points
    }  # fmt: skip
    action = "match.made" if is_new else "match.changed"
    record_audit(action, offer, by=by, now=now, changes=changes)
    return offer
