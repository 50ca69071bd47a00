"""What a brand adds to a gift: taken as late as can be, from what is left of its budget."""

import datetime as dt
from dataclasses import dataclass
from typing import Any

from core.bulk import RowWriter
from rewards.enums import AccountKind, Reason, Unit
from rewards.services.ledger import Ledger

# One statement takes what is left and posts it, so that the last gift gets the last points and
# nobody more. Who waits for the row reads it as it stands then.
_TAKE = """
    WITH offer AS (
        SELECT id, least(left_points, %(wanted)s) AS amount FROM rewards_matchoffer
        WHERE id = %(offer)s AND left_points > 0 AND starts_at <= %(now)s
          AND (ends_at IS NULL OR ends_at > %(now)s)
        FOR NO KEY UPDATE
    ), taken AS (
        UPDATE rewards_matchoffer m SET left_points = m.left_points - offer.amount
        FROM offer WHERE m.id = offer.id RETURNING offer.amount
    )
    INSERT INTO rewards_transfer (unit, debit_account_id, credit_account_id, amount, reason,
        is_late, cause_type, cause_id, effective_at, recorded_at, key)
    SELECT 'points', %(debit)s, %(credit)s, taken.amount, %(reason)s, false, 'donation',
           %(donation)s, %(now)s, %(now)s, %(key)s
    FROM taken RETURNING amount
"""
_GIVE_BACK = """
    WITH back AS (
        UPDATE rewards_matchoffer SET left_points = left_points + %(amount)s WHERE id = %(offer)s
    )
    INSERT INTO rewards_transfer (unit, debit_account_id, credit_account_id, amount, reason,
        is_late, cause_type, cause_id, effective_at, recorded_at, key)
    VALUES ('points', %(debit)s, %(credit)s, %(amount)s, %(reason)s, false, 'donation',
            %(donation)s, %(now)s, %(now)s, %(key)s)
"""


@dataclass(frozen=True, slots=True)
class Match:
    """The offer that was running when the gift was read; what is left is asked again."""

    offer_id: int
    rate_percent: int
    gift_cap_points: int | None

    def count(self, points: int) -> int:
        """What it adds to a gift, as far as the budget goes."""
        added = points * self.rate_percent // 100
        return added if self.gift_cap_points is None else min(added, self.gift_cap_points)


def claim_match(
    writer: RowWriter, ledger: Ledger, match: Match, donation_id: int, account_id: int, points: int,
    *, now: dt.datetime,
) -> None:  # fmt: skip
    """Put the claim into the writer; its answer says how much was matched."""
    match_account = ledger.account_ids[None, AccountKind.MATCH, Unit.POINTS]
    values = _build(donation_id, match_account, account_id, now)
    values |= {"offer": match.offer_id, "wanted": match.count(points),
               "reason": str(Reason.MATCH), "key": match_key(donation_id)}  # fmt: skip
    writer.claim(_TAKE, values)


def return_match(
    writer: RowWriter, ledger: Ledger, donation: Any, account_id: int, *, now: dt.datetime
) -> None:
    """The match goes back to its budget; gifts made meanwhile are not matched anew."""
    match_account = ledger.account_ids[None, AccountKind.MATCH, Unit.POINTS]
    values = _build(donation.pk, account_id, match_account, now)
    values |= {"offer": donation.match_id, "amount": donation.match_points,
               "reason": str(Reason.UNMATCH), "key": f"donation:{donation.pk}:unmatch"}  # fmt: skip
    writer.execute(_GIVE_BACK, values)


def match_key(donation_id: int) -> str:
    return f"donation:{donation_id}:match"


def _build(donation_id: int, debit: int, credit: int, now: dt.datetime) -> dict[str, Any]:
    return {"donation": donation_id, "debit": debit, "credit": credit, "now": now}
