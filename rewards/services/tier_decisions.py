"""Tiers by decision: given or kept until a day, whatever the status credits say."""

import datetime as dt
from collections.abc import Sequence
from typing import Any

from django.db import transaction
from django.utils.formats import date_format
from django.utils.translation import gettext
from django.utils.translation import gettext_lazy as _

from core.errors import DomainError
from core.services.audit import keeps_refusals, record_audit
from core.time import day_of
from members.models import Member, User
from rewards import limits
from rewards.engine import tiers
from rewards.engine.book import NoticeDraft
from rewards.enums import ApprovalState, Measure, TierReason
from rewards.models import Approval, Tier
from rewards.registry import ActKind, ActWords
from rewards.services.approvals import ask_approval
from rewards.services.control import Excess, check_actor, claim_limit
from rewards.services.ledger import Ledger, write_ledger
from rewards.services.settlement import open_settled_ledger

CODE = "tier"
NOTICE = "tier_kept"


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


class AlreadyAsked(DomainError):
    code = "already_asked"
    status = 409
    message = _("This has been asked for already, and waits for a second person.")


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
) -> Approval | None:
    """``keep_tier`` by a person of staff: not on their own record; above their limits it waits
    for a second person, and the approval is returned.

    Raises OwnRecord and AlreadyAsked besides.
    """
    check_actor(member, by=by, act=CODE)
    excess = claim_limit(CODE, 1, member=member, by=by, now=now)
    if excess:
        ledger = open_settled_ledger([member.pk], now=now)
        check_keep(ledger, member, tier.pk, until, now=now)
        terms = {"tier": tier.pk, "until": until.isoformat(), "note": note.strip()}
        return _ask(member, terms, excess, by, now)
    keep_tier(member, tier, until=until, by=by, reason=TierReason.DECISION, note=note, now=now)
    return None


@keeps_refusals
@transaction.atomic
def end_promises(member: Member, *, note: str, by: User, now: dt.datetime) -> Approval | None:
    """Take all promises back: from tomorrow on the tier is reviewed as any other, with its grace.

    Waits as ``decide_tier`` does. Raises OwnRecord, AlreadyAsked.
    """
    check_actor(member, by=by, act=CODE)
    excess = claim_limit(CODE, 1, member=member, by=by, now=now)
    if excess:
        return _ask(member, {"tier": None, "note": note.strip()}, excess, by, now)
    _end(member, note, by, now)
    return None


def _end(member: Member, note: str, by: User, now: dt.datetime) -> None:
    ledger = open_settled_ledger([member.pk], now=now)
    tiers.end_promises(ledger.books[member.pk], day_of(now, ledger.terms.zone))
    write_ledger(ledger, now=now)
    record_audit("tier.released", member, by=by, now=now, note=note)


# --- Waiting for a second person -----------------------------------------------------------------


def _ask(
    member: Member, terms: dict[str, Any], excess: Sequence[Excess], by: User, now: dt.datetime
) -> Approval:
    """Once for the same decision: a second press finds the first."""
    waiting = Approval.objects.filter(kind=CODE, member=member, state=ApprovalState.WAITING)
    same = {f"terms__{name}": terms.get(name) for name in ("tier", "until") if name in terms}
    if waiting.filter(**same).exists():
        raise AlreadyAsked
    return ask_approval(CODE, None, 1, member=member, excess=excess, terms=terms, by=by, now=now)


def _execute(approval_id: int, by: User, now: dt.datetime) -> None:
    approval = Approval.objects.select_related("member").get(pk=approval_id)
    member, terms = approval.member, approval.terms
    if member is None:
        raise CannotKeepTier
    if terms["tier"] is None:
        _end(member, terms["note"], by, now)
        return
    keep_tier(
        member, Tier.objects.get(pk=terms["tier"]), until=dt.date.fromisoformat(terms["until"]),
        by=by, reason=TierReason.DECISION, note=terms["note"], now=now,
    )  # fmt: skip


def _describe(approval_ids: Sequence[int]) -> dict[int, ActWords]:
    approvals = Approval.objects.filter(pk__in=approval_ids).select_related("member")
    found = list(approvals.exclude(terms={}))  # emptied by an erasure
    tiers_by_id = Tier.objects.in_bulk({each.terms["tier"] for each in found} - {None})
    return {each.pk: ActWords(_word(each, tiers_by_id), note=each.terms["note"]) for each in found}


def _word(approval: Approval, tiers_by_id: dict[int, Tier]) -> str:
    terms = approval.terms
    if terms["tier"] is None:
        return gettext("Take back what is promised to %(member)s") % {"member": approval.member}
    return gettext("%(tier)s for %(member)s until %(day)s") % {
        "tier": tiers_by_id[terms["tier"]],
        "member": approval.member,
        "day": date_format(dt.date.fromisoformat(terms["until"])),
    }


KIND = ActKind(
    CODE, _("tier by hand"), Measure.MEMBERS, limits.TIER, execute=_execute, describe=_describe
)


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
