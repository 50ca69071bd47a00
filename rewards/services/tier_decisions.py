"""Tiers by decision: given or kept until a day, whatever the status credits say."""

import datetime as dt

from django.db import transaction
from django.utils.translation import gettext_lazy as _

from core.errors import DomainError
from core.services.audit import keeps_refusals, record_audit
from core.time import day_of
from members.models import Member, User
from rewards import limits
from rewards.engine import tiers
from rewards.engine.book import NoticeDraft
from rewards.enums import Measure, TierReason
from rewards.models import Tier
from rewards.registry import ActKind
from rewards.services.control import check_actor, check_limit
from rewards.services.ledger import Ledger, write_ledger
from rewards.services.settlement import open_settled_ledger

CODE = "tier"
NOTICE = "tier_kept"
KIND = ActKind(CODE, _("tier by hand"), Measure.MEMBERS, limits.TIER)


class CannotKeepTier(DomainError):
    code = "cannot_keep_tier"
    message = _("Only an active membership can be given a tier.")


class InvalidTierDecision(DomainError):
    code = "invalid_tier_decision"
    message = _("Choose a tier of the present programme, and a last day that is not over yet.")


class TierKeptAlready(DomainError):
    code = "tier_kept_already"
    status = 409
    message = _("A tier as high is promised for as long already: this would add nothing.")


@transaction.atomic
def keep_tier(
    member: Member, tier: Tier, *, until: dt.date, by: User | None, reason: str = TierReason.BOOST,
    note: str = "", now: dt.datetime,
) -> None:  # fmt: skip
    """Raise a member to a tier and hold them there at least, up to and including a day.

    Promises stand beside each other, each for its own time. Staff decide through ``decide_tier``.
    Raises CannotKeepTier, InvalidTierDecision, TierKeptAlready.
    """
    ledger = open_settled_ledger([member.pk], now=now)
    check_keep(ledger, member, tier.pk, until, now=now)
    hold_tier(ledger, member.pk, tier.pk, until, reason=reason, by=by, now=now)
    write_ledger(ledger, now=now)
    changes = {"tier": tier.slug, "until": until.isoformat(), "reason": str(reason)}
    record_audit("tier.kept", member, by=by, now=now, note=note, changes=changes)


def check_keep(
    ledger: Ledger, member: Member, tier_id: int, until: dt.date, *, now: dt.datetime
) -> None:
    """Whether ``hold_tier`` may be called on the member's open book. Raises as ``keep_tier``."""
    today = day_of(now, ledger.terms.zone)
    if not member.is_active:
        raise CannotKeepTier
    programme = ledger.terms.programme_on(today)
    level = programme.level_of(tier_id)
    if level.tier_id != tier_id or until < today:
        raise InvalidTierDecision
    for kept_id, last in ledger.books[member.pk].kept_tiers:
        if programme.level_of(kept_id).rank >= level.rank and last >= until:
            raise TierKeptAlready


def hold_tier(
    ledger: Ledger, member_id: int, tier_id: int, until: dt.date, *, reason: str,
    by: User | None, now: dt.datetime, tell: bool = True,
) -> None:  # fmt: skip
    """The decision itself, in an open book that the caller writes."""
    book = ledger.books[member_id]
    tiers.keep_tier(
        book,
        tier_id,
        until,
        ledger.terms,
        reason=reason,
        at=now,
        decided_by_id=by.pk if by else None,
    )
    if tell:
        facts = {"tier_id": tier_id, "until": until.isoformat()}
        book.notices.append(NoticeDraft(NOTICE, f"{NOTICE}:{tier_id}:{until}", now, facts))


# --- By hand -------------------------------------------------------------------------------------


@keeps_refusals
@transaction.atomic
def decide_tier(
    member: Member, tier: Tier, *, until: dt.date, note: str, by: User, now: dt.datetime
) -> None:
    """``keep_tier`` by a person of staff: not on their own record, within their limits.

    Raises OwnRecord and OverLimit besides.
    """
    check_actor(member, by=by, act=CODE)
    check_limit(CODE, 1, member=member, by=by, now=now)
    keep_tier(member, tier, until=until, by=by, reason=TierReason.DECISION, note=note, now=now)


@keeps_refusals
@transaction.atomic
def end_promises(member: Member, *, note: str, by: User, now: dt.datetime) -> None:
    """Take all promises back: from tomorrow on the tier is reviewed as any other, with its grace.

    Raises OwnRecord, OverLimit.
    """
    check_actor(member, by=by, act=CODE)
    check_limit(CODE, 1, member=member, by=by, now=now)
    ledger = open_settled_ledger([member.pk], now=now)
    tiers.end_promises(ledger.books[member.pk], day_of(now, ledger.terms.zone))
    write_ledger(ledger, now=now)
    record_audit("tier.released", member, by=by, now=now, note=note)


# --- Merge ---------------------------------------------------------------------------------------


@transaction.atomic
def merge_promises(source: Member, target: Member, now: dt.datetime) -> list[list]:
    """The survivor is promised what either was; returns what it was promised before."""
    ledger = open_settled_ledger([source.pk, target.pk], now=now)
    survivor = ledger.books[target.pk]
    before = list(survivor.kept_tiers)
    today = day_of(now, ledger.terms.zone)
    for tier_id, until in ledger.books[source.pk].kept_tiers:
        if until >= today:
            tiers.keep_tier(
                survivor, tier_id, until, ledger.terms, reason=TierReason.DECISION, at=now
            )
    write_ledger(ledger, now=now)
    return [[tier_id, until.isoformat()] for tier_id, until in before]


@transaction.atomic
def undo_promises(source: Member, target: Member, before: list[list], now: dt.datetime) -> None:
    """The survivor's promises as they were; those of the restored member still stand."""
    ledger = open_settled_ledger([target.pk], now=now)
    survivor = ledger.books[target.pk]
    survivor.kept_tiers = [(tier_id, dt.date.fromisoformat(day)) for tier_id, day in before]
    survivor.standing_dirty = survivor.review_stale = True
    write_ledger(ledger, now=now)
