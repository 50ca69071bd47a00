"""Giving points: checked, taken from the member's lots, matched, written in one trip."""

import datetime as dt
from collections.abc import Sequence
from dataclasses import dataclass
from typing import Any

from django.db import transaction

from core.bulk import RowWriter, read_together
from core.services.audit import keeps_refusals, record_audit
from core.time import day_of
from members.models import Member
from members.selectors.club import get_club
from members.services.activities import ActivityRow, record_batch
from rewards.engine.book import charity_account
from rewards.engine.settling import keep_alive
from rewards.enums import AccountKind, DonationSource, MoveKind, Reason, Unit
from rewards.models import Appeal, Donation
from rewards.services.giving import refusals
from rewards.services.giving.matching import Match, claim_match, match_key
from rewards.services.holding import CannotSpend, InvalidPoints
from rewards.services.ledger import Ledger, write_ledger
from rewards.services.redemption.refusals import KeyReused
from rewards.services.settlement import open_settled_ledger

ACTIVITY = "donation"
ROUND_TO = 100
KNOWN = "SELECT id, appeal_id FROM rewards_donation WHERE member_id = %s AND key = %s"
# All that is asked at the press, in one row.
_APPEAL = """
    SELECT a.charity_id, k.id, c.hundred_amount, c.grace_hours,
           a.published_at IS NOT NULL AND c.retired_at IS NULL AND a.starts_at <= %(now)s
               AND (a.ends_at IS NULL OR a.ends_at > %(now)s),
           (SELECT ARRAY[o.id, o.rate_percent, o.gift_cap_points] FROM rewards_matchoffer o
            WHERE o.appeal_id = a.id AND o.left_points > 0 AND o.starts_at <= %(now)s
              AND (o.ends_at IS NULL OR o.ends_at > %(now)s) ORDER BY o.id LIMIT 1),
           (SELECT ARRAY[d.id, d.appeal_id] FROM rewards_donation d
            WHERE d.member_id = %(member)s AND d.key = %(key)s),
           nextval('rewards_donation_id_seq'), nextval('members_activitybatch_id_seq'),
           nextval('members_activity_id_seq')
    FROM rewards_appeal a JOIN rewards_charity c ON c.id = a.charity_id
    JOIN rewards_account k ON k.charity_id = c.id AND k.unit = 'points'
    WHERE a.id = %(appeal)s
"""
_COLUMNS = (
    "id", "member_id", "charity_id", "appeal_id", "source", "key", "points", "match_id",
    "match_points", "hundred_amount", "is_named", "donated_at", "final_at",
)  # fmt: skip
# What was matched is known once the claim of the same trip has posted it.
_INSERT = f"""
    INSERT INTO rewards_donation ({", ".join(_COLUMNS)})
    SELECT %s, %s, %s, %s, %s, %s, %s, CASE WHEN m.amount > 0 THEN %s::bigint END, m.amount,
           %s, %s, %s, %s
    FROM (SELECT coalesce((SELECT amount FROM rewards_transfer WHERE key = %s), 0) AS amount) m
"""


@dataclass(slots=True)
class Gift:
    """An appeal as of the press, and ids for what may come of it."""

    member: Member
    appeal: Appeal
    key: str
    source: str
    charity_id: int
    account_id: int
    hundred_amount: int
    grace_hours: int
    is_open: bool
    match: Match | None
    known: tuple[int, int] | None
    donation_id: int
    batch_id: int
    activity_id: int


@keeps_refusals
@transaction.atomic
def donate_points(
    member: Member, appeal: Appeal, points: int, *, key: str, is_named: bool = False, by: Any,
    now: dt.datetime, source: str = DonationSource.GIFT,
) -> Donation:  # fmt: skip
    """Give points to an appeal, once per ``key`` (a repeat returns the first donation).

    Raises AppealClosed or AboveBalance (a BalanceTooLow), both on record, CannotSpend,
    InvalidPoints, InvalidKey or KeyReused; then nothing has changed. Points alone need no
    guardian's consent, as for rewards.
    """
    if points < 1:
        raise InvalidPoints
    return _give(member, appeal, points, key=key, source=source, is_named=is_named, by=by, now=now)


@keeps_refusals
@transaction.atomic
def round_down(
    member: Member, appeal: Appeal, *, key: str, is_named: bool = False,
    seen_points: int | None = None, by: Any, now: dt.datetime,
) -> Donation:  # fmt: skip
    """Give what stands above the lower hundred, as of now: at most what the person saw.

    Raises NothingToRound where it is round, and as ``donate_points``.
    """
    return _give(member, appeal, None, key=key, source=DonationSource.ROUNDING, most=seen_points,
                 is_named=is_named, by=by, now=now)  # fmt: skip


def _give(
    member: Member, appeal: Appeal, points: int | None, *, key: str, source: str, is_named: bool,
    by: Any, now: dt.datetime, most: int | None = None,
) -> Donation:  # fmt: skip
    if not member.can_spend:
        raise CannotSpend
    gift = read_gift(member, appeal, key, source=source, by=by, now=now)
    if gift.known:
        return _get_known(gift.known, appeal)
    if not gift.is_open:
        raise refusals.AppealClosed(subject=appeal, by=by, changes={"member": member.pk})
    ledger = open_settled_ledger(
        [member.pk], now=now, build_extra=lambda terms: [(KNOWN, [member.pk, key])]
    )
    # Under the lock: a press of the same key, or the end of the membership, may have come first.
    if ledger.extra[0]:
        return _get_known(ledger.extra[0][0], appeal)
    book = ledger.books[member.pk]
    if not book.is_active:
        raise CannotSpend
    available = book.balance(AccountKind.AVAILABLE)
    if points is None:
        points = available % ROUND_TO if most is None else min(available % ROUND_TO, most)
        if not points:
            raise refusals.NothingToRound
    if points > available:
        raise refusals.AboveBalance(
            subject=appeal, by=by, changes={"member": member.pk, "points": points},
            needed=points, available=available,
        )  # fmt: skip
    book.take(
        points, charity_account(gift.charity_id), Reason.DONATE, at=now,
        key=f"donation:{gift.donation_id}:give:{member.pk}", kind=MoveKind.TAKEN,
        cause=("donation", gift.donation_id),
    )  # fmt: skip
    keep_alive(book, day_of(now, get_club().zone), ACTIVITY, ledger.terms)
    made = write_gift(gift, ledger, points, is_named=is_named, now=now)
    if by is not None and by.pk != member.user_id:
        record_audit("donation.made", made, by=by, now=now, changes={"points": points})
    return made


def read_gift(
    member: Member, appeal: Appeal, key: str, *, source: str, by: Any, now: dt.datetime
) -> Gift:
    """Read the appeal, what matches it, and what the key has done before, in one round trip."""
    if not key or len(key) > 60:
        raise refusals.InvalidKey
    values = {"member": member.pk, "appeal": appeal.pk, "key": key, "now": now}
    (rows,) = read_together([(_APPEAL, values)])
    if not rows:
        raise refusals.AppealClosed(subject=appeal, by=by, changes={"member": member.pk})
    *fields, match, known, donation_id, batch_id, activity_id = rows[0]
    read: list[Any] = [
        *fields, Match(*match) if match else None, tuple(known) if known else None,
        donation_id, batch_id, activity_id,
    ]  # fmt: skip
    return Gift(member, appeal, key, source, *read)


def _get_known(known: Sequence[int], appeal: Appeal) -> Donation:
    donation_id, appeal_id = known
    if appeal_id != appeal.pk:
        raise KeyReused
    return Donation.objects.for_list().get(pk=donation_id)


def write_gift(
    gift: Gift, ledger: Ledger, points: int, *, is_named: bool, is_final: bool = False,
    now: dt.datetime,
) -> Donation:  # fmt: skip
    """Everything in one round trip; the match is taken first in it and counted by its answer."""
    ledger.account_ids[None, charity_account(gift.charity_id), Unit.POINTS] = gift.account_id
    final_at = now if is_final else now + dt.timedelta(hours=gift.grace_hours)
    writer, match = RowWriter(), gift.match
    if match is not None and match.count(points):
        claim_match(writer, ledger, match, gift.donation_id, gift.account_id, points, now=now)
    else:
        match = None
    write_ledger(ledger, now=now, writer=writer)
    writer.execute(
        _INSERT,
        [gift.donation_id, gift.member.pk, gift.charity_id, gift.appeal.pk, str(gift.source),
         gift.key, points, match and match.offer_id, gift.hundred_amount, is_named, now, final_at,
         match_key(gift.donation_id)],
    )  # fmt: skip
    activity = ActivityRow(
        gift.member.pk, ACTIVITY, now, "rewards.donation", gift.donation_id,
        {"charity": gift.charity_id, "appeal": gift.appeal.pk, "points": points}, gift.activity_id,
    )  # fmt: skip
    record_batch(ACTIVITY, [activity], now=now, writer=writer, batch_id=gift.batch_id)
    matched = writer.answers[0][0][0] if match is not None and writer.answers[0] else 0
    made = Donation(
        id=gift.donation_id, member=gift.member, charity_id=gift.charity_id, appeal=gift.appeal,
        source=gift.source, key=gift.key, points=points, match_points=matched,
        match_id=match.offer_id if match is not None and matched else None,
        hundred_amount=gift.hundred_amount, is_named=is_named, donated_at=now, final_at=final_at,
    )  # fmt: skip
    made._state.adding, made._state.db = False, "default"
    return made
