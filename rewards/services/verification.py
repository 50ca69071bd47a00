"""Proof that the books are right (docs/points.md 4): what is cached equals what was written."""

from dataclasses import dataclass

from django.db import connection, transaction

from rewards.services.challenges.verification import CHECKS as STAMP_CHECKS
from rewards.services.wheel.verification import CHECKS as WHEEL_CHECKS

# What a redemption or a payment holds and has spent; ``services.holding`` reads the same.
_MOVED = """
    SELECT t.cause_type, t.cause_id,
           sum(CASE WHEN m.target = 'held' THEN m.amount WHEN m.source = 'held' THEN -m.amount
               ELSE 0 END) AS held,
           sum(CASE WHEN m.kind = 'taken' AND t.reason = 'capture' THEN m.amount
               WHEN m.kind = 'restored' AND m.source = '' THEN -m.amount ELSE 0 END) AS spent
    FROM rewards_transfer t
    JOIN rewards_lotmove m ON m.transfer_id = t.id AND m.kind IN ('held', 'taken', 'restored')
    WHERE t.cause_type IN ('redemption', 'payment') AND t.reason IN ('hold', 'capture', 'restore')
    GROUP BY t.cause_type, t.cause_id
"""
# Each statement lists what is wrong; an empty answer is the proof.
CHECKS = {
    "transfers within one unit": """
        SELECT t.id FROM rewards_transfer t
        JOIN rewards_account d ON d.id = t.debit_account_id
        JOIN rewards_account c ON c.id = t.credit_account_id
        WHERE d.unit <> t.unit OR c.unit <> t.unit
    """,
    "balances equal their entries": """
        SELECT a.id, a.balance, coalesce(e.total, 0)
        FROM rewards_account a LEFT JOIN (
            SELECT account_id, sum(amount) AS total FROM (
                SELECT credit_account_id AS account_id, amount FROM rewards_transfer
                UNION ALL
                SELECT debit_account_id, -amount FROM rewards_transfer
            ) AS sides GROUP BY account_id
        ) e ON e.account_id = a.id
        WHERE a.member_id IS NOT NULL
          AND a.balance <> coalesce(CASE WHEN a.kind = 'owed' THEN -e.total ELSE e.total END, 0)
    """,
    "balances equal their lots": """
        WITH lots AS (
            SELECT member_id, unit, sum(pending) AS pending, sum(available) AS available,
                   sum(held) AS held
            FROM rewards_lot GROUP BY member_id, unit
        ), places (kind, unit, place) AS (
            VALUES ('pending', 'points', 'pending'), ('available', 'points', 'available'),
                   ('held', 'points', 'held'), ('status_pending', 'status', 'pending'),
                   ('status', 'status', 'available')
        ), expected AS (
            SELECT l.member_id, p.kind,
                   CASE p.place WHEN 'pending' THEN l.pending WHEN 'available' THEN l.available
                        ELSE l.held END AS amount
            FROM lots l JOIN places p ON p.unit = l.unit
        ), accounts AS (
            SELECT member_id, kind, balance FROM rewards_account
            WHERE member_id IS NOT NULL AND kind IN (SELECT kind FROM places)
        )
        SELECT coalesce(e.member_id, a.member_id), coalesce(e.kind, a.kind), e.amount, a.balance
        FROM expected e FULL JOIN accounts a ON a.member_id = e.member_id AND a.kind = e.kind
        WHERE coalesce(e.amount, 0) <> coalesce(a.balance, 0)
    """,
    "nobody owes while points are available": """
        SELECT o.member_id FROM rewards_account o JOIN rewards_account a
            ON a.member_id = o.member_id AND a.kind = 'available' AND a.unit = 'points'
        WHERE o.kind = 'owed' AND o.balance > 0 AND a.balance > 0
    """,
    "lots equal their moves": """
        SELECT l.id FROM rewards_lot l LEFT JOIN (
            SELECT lot_id,
                   sum(CASE target WHEN 'pending' THEN amount ELSE 0 END)
                   - sum(CASE source WHEN 'pending' THEN amount ELSE 0 END) AS pending,
                   sum(CASE target WHEN 'available' THEN amount ELSE 0 END)
                   - sum(CASE source WHEN 'available' THEN amount ELSE 0 END) AS available,
                   sum(CASE target WHEN 'held' THEN amount ELSE 0 END)
                   - sum(CASE source WHEN 'held' THEN amount ELSE 0 END) AS held
            FROM rewards_lotmove GROUP BY lot_id
        ) m ON m.lot_id = l.id
        WHERE (l.pending, l.available, l.held)
            IS DISTINCT FROM (m.pending, m.available, m.held)
    """,
    "transfers equal their lot moves": """
        SELECT t.id FROM rewards_transfer t
        JOIN rewards_account d ON d.id = t.debit_account_id
        JOIN rewards_account c ON c.id = t.credit_account_id
        LEFT JOIN (
            SELECT transfer_id, sum(amount) AS amount FROM rewards_lotmove
            WHERE transfer_id IS NOT NULL GROUP BY transfer_id
        ) m ON m.transfer_id = t.id
        WHERE t.unit IN ('points', 'status')
          AND ((d.member_id IS NOT NULL AND d.kind <> 'owed')
               OR (c.member_id IS NOT NULL AND c.kind <> 'owed'))
          AND m.amount IS DISTINCT FROM t.amount
    """,
    "last usable days equal their moves": """
        SELECT l.id FROM rewards_lot l JOIN LATERAL (
            SELECT m.expires_on FROM rewards_lotmove m
            WHERE m.lot_id = l.id AND m.kind IN ('opened', 'released', 'redated')
            ORDER BY m.id DESC LIMIT 1
        ) m ON true
        WHERE l.expires_on IS DISTINCT FROM m.expires_on
    """,
    "awards equal their allocations": """
        SELECT a.id FROM rewards_award a
        WHERE a.awarded_points <> (SELECT coalesce(sum(x), 0) FROM unnest(a.allocations) AS x)
    """,
    "awards equal their lots": """
        SELECT a.id FROM rewards_award a LEFT JOIN rewards_lot l ON l.award_id = a.id
        WHERE a.awarded_points <> coalesce(l.original, 0)
    """,
    "returns take no more than was given": """
        SELECT a.id FROM rewards_award a JOIN rewards_reversal r ON r.award_id = a.id
        GROUP BY a.id HAVING sum(r.reversed_points) > a.awarded_points
    """,
    "amended awards are taken back whole": """
        SELECT a.id FROM rewards_award a
        JOIN purchases_purchase p ON p.id = a.purchase_id AND p.version > a.purchase_version
        WHERE a.awarded_points <> (SELECT coalesce(sum(r.reversed_points), 0)
                                   FROM rewards_reversal r WHERE r.award_id = a.id)
    """,
    "tier audiences follow the tiers": """
        SELECT s.member_id FROM rewards_standing s JOIN rewards_tier t ON t.id = s.tier_id
        JOIN members_member who ON who.id = s.member_id AND who.status = 'active'
        WHERE NOT EXISTS (SELECT FROM members_audiencemember m
                          WHERE m.audience_id = t.audience_id AND m.member_id = s.member_id)
        UNION ALL
        SELECT m.member_id FROM members_audiencemember m
        JOIN rewards_tier t ON t.audience_id = m.audience_id
        JOIN members_member who ON who.id = m.member_id AND who.status = 'active'
        LEFT JOIN rewards_standing s ON s.member_id = m.member_id
        WHERE s.tier_id IS DISTINCT FROM t.id
    """,
    "tiers follow their changes": """
        SELECT s.member_id FROM rewards_standing s JOIN LATERAL (
            SELECT c.to_tier_id FROM rewards_tierchange c WHERE c.member_id = s.member_id
            ORDER BY c.effective_at DESC, c.id DESC LIMIT 1
        ) c ON true
        WHERE s.tier_id <> c.to_tier_id
    """,
    "redemptions hold and spend their price": f"""
        SELECT r.id FROM rewards_redemption r
        LEFT JOIN ({_MOVED}) m ON m.cause_type = 'redemption' AND m.cause_id = r.id
        WHERE coalesce(m.held, 0) <> CASE r.state WHEN 'reserved' THEN r.price_points ELSE 0 END
           OR coalesce(m.spent, 0) <> CASE
               WHEN r.state = 'cancelled' OR r.confirmed_at IS NULL THEN 0
               ELSE r.price_points END
    """,
    "payments hold and spend their points": f"""
        SELECT p.id FROM rewards_payment p
        LEFT JOIN ({_MOVED}) m ON m.cause_type = 'payment' AND m.cause_id = p.id
        WHERE coalesce(m.held, 0) <> CASE p.state WHEN 'reserved' THEN p.points ELSE 0 END
           OR coalesce(m.spent, 0) <> CASE p.state
               WHEN 'captured' THEN p.points - p.refunded_points ELSE 0 END
    """,
    "held points are somebody's reservation": f"""
        SELECT m.cause_type, m.cause_id FROM ({_MOVED}) m
        WHERE m.held <> 0 AND NOT EXISTS (
            SELECT FROM rewards_redemption r
            WHERE m.cause_type = 'redemption' AND r.id = m.cause_id AND r.state = 'reserved'
            UNION ALL
            SELECT FROM rewards_payment p
            WHERE m.cause_type = 'payment' AND p.id = m.cause_id AND p.state = 'reserved'
        )
    """,
    "held credit is somebody's reservation": """
        SELECT a.member_id, a.balance FROM rewards_account a LEFT JOIN (
            SELECT member_id, sum(amount) AS amount FROM rewards_payment
            WHERE kind = 'credit' AND state = 'reserved' GROUP BY member_id
        ) p ON p.member_id = a.member_id
        WHERE a.kind = 'credit_held' AND a.balance <> coalesce(p.amount, 0)
    """,
    "redemptions stand where their steps led": """
        SELECT r.id FROM rewards_redemption r LEFT JOIN (
            SELECT redemption_id, from_state, to_state,
                   lag(to_state, 1, '') OVER steps AS before, lead(id) OVER steps AS next
            FROM rewards_redemptionevent
            WINDOW steps AS (PARTITION BY redemption_id ORDER BY id)
        ) e ON e.redemption_id = r.id
        WHERE e.to_state IS NULL OR e.from_state <> e.before
           OR (e.next IS NULL AND e.to_state <> r.state)
    """,
    "shares add up to the price": """
        SELECT r.id FROM rewards_redemption r JOIN rewards_redemptionshare s
            ON s.redemption_id = r.id
        GROUP BY r.id HAVING sum(s.share_points) <> r.price_points
    """,
    "codes belong to their reward": """
        SELECT c.id FROM rewards_rewardcode c JOIN rewards_redemption r ON r.id = c.redemption_id
        WHERE c.reward_id <> r.reward_id
           OR (c.voided_at IS NULL AND (r.state = 'cancelled' OR
               (r.state = 'expired' AND r.confirmed_at IS NULL)))
    """,
    "whoever has a pool's reward has a code": """
        SELECT r.id FROM rewards_redemption r JOIN rewards_reward w ON w.id = r.reward_id
        WHERE w.kind IN ('pool', 'partner') AND w.has_codes
          AND r.state IN ('reserved', 'confirmed', 'fulfilled', 'used')
          AND NOT EXISTS (SELECT FROM rewards_rewardcode c WHERE c.redemption_id = r.id)
    """,
    "seats equal their bookings": """
        SELECT s.id FROM rewards_rewardsession s LEFT JOIN (
            SELECT session_id, count(*) AS booked FROM rewards_redemption
            WHERE session_id IS NOT NULL AND state <> 'cancelled'
              AND NOT (state = 'expired' AND confirmed_at IS NULL)
            GROUP BY session_id
        ) b ON b.session_id = s.id
        WHERE s.seats_left <> s.seat_count - coalesce(b.booked, 0)
        UNION ALL
        SELECT s.id FROM rewards_redemption r JOIN rewards_rewardsession s ON s.id = r.session_id
        WHERE s.reward_id <> r.reward_id
    """,
    "donations stand on their charity's account": """
        SELECT d.id FROM rewards_donation d LEFT JOIN (
            SELECT t.cause_id,
                   sum(CASE t.reason WHEN 'donate' THEN t.amount WHEN 'restore' THEN -t.amount
                       ELSE 0 END) AS points,
                   sum(CASE t.reason WHEN 'match' THEN t.amount WHEN 'unmatch' THEN -t.amount
                       ELSE 0 END) AS matched,
                   min(coalesce(c.charity_id, o.charity_id)) AS least,
                   max(coalesce(c.charity_id, o.charity_id)) AS most
            FROM rewards_transfer t
            JOIN rewards_account o ON o.id = t.debit_account_id
            JOIN rewards_account c ON c.id = t.credit_account_id
            WHERE t.cause_type = 'donation' AND coalesce(c.charity_id, o.charity_id) IS NOT NULL
            GROUP BY t.cause_id
        ) e ON e.cause_id = d.id
        WHERE (e.points, e.matched, e.least, e.most) IS DISTINCT FROM (
            CASE WHEN d.undone_at IS NULL THEN d.points ELSE 0 END,
            CASE WHEN d.undone_at IS NULL THEN d.match_points ELSE 0 END,
            d.charity_id, d.charity_id)
    """,
    "charities hold what they were given": """
        SELECT a.charity_id, coalesce(e.total, 0), coalesce(d.total, 0)
        FROM rewards_account a LEFT JOIN (
            SELECT account_id, sum(amount) AS total FROM (
                SELECT credit_account_id AS account_id, amount FROM rewards_transfer
                UNION ALL
                SELECT debit_account_id, -amount FROM rewards_transfer
            ) AS sides GROUP BY account_id
        ) e ON e.account_id = a.id
        LEFT JOIN (
            SELECT charity_id, sum(points + match_points) AS total FROM rewards_donation
            WHERE undone_at IS NULL GROUP BY charity_id
        ) d ON d.charity_id = a.charity_id
        WHERE a.charity_id IS NOT NULL
          AND coalesce(e.total, 0) <> CASE a.unit WHEN 'points' THEN coalesce(d.total, 0) ELSE 0 END
    """,
    "matching budgets equal what they matched": """
        SELECT o.id FROM rewards_matchoffer o LEFT JOIN (
            SELECT match_id, sum(match_points) AS used FROM rewards_donation
            WHERE undone_at IS NULL AND match_id IS NOT NULL GROUP BY match_id
        ) d ON d.match_id = o.id
        WHERE o.budget_points - o.left_points <> coalesce(d.used, 0)
    """,
    "settlements equal their donations": """
        SELECT s.id FROM rewards_charitysettlement s LEFT JOIN (
            SELECT settlement_id, count(*) AS count, sum(points) AS points,
                   sum(match_points) AS matched,
                   sum((points + match_points) * hundred_amount) AS hundredths,
                   min(charity_id) AS least, max(charity_id) AS most
            FROM rewards_donation WHERE settlement_id IS NOT NULL GROUP BY settlement_id
        ) d ON d.settlement_id = s.id
        WHERE (s.donation_count, s.points, s.match_points, s.hundredths)
            IS DISTINCT FROM (coalesce(d.count, 0), coalesce(d.points, 0),
                              coalesce(d.matched, 0), coalesce(d.hundredths, 0))
           OR d.least <> s.charity_id OR d.most <> s.charity_id
    """,
    "settlements carry on what rounding left": """
        SELECT s.id FROM (
            SELECT id, carried_in,
                   lag(carried_out, 1, 0::smallint) OVER (PARTITION BY charity_id ORDER BY last_on)
                   AS expected
            FROM rewards_charitysettlement
        ) s WHERE s.carried_in <> s.expected
    """,
    "settled donations were final": """
        SELECT d.id FROM rewards_donation d
        JOIN rewards_charitysettlement s ON s.id = d.settlement_id
        WHERE d.final_at > s.closed_at OR d.undone_at IS NOT NULL
    """,
    "parcels go on as their redemption does": """
        SELECT r.id FROM rewards_delivery d JOIN rewards_redemption r ON r.id = d.redemption_id
        WHERE (d.state IN ('to_pack', 'packed')) AND r.state IN ('fulfilled', 'used')
           OR d.state IN ('sent', 'delivered') AND r.state IN ('reserved', 'confirmed')
    """,
    **STAMP_CHECKS,
    **WHEEL_CHECKS,
}
_COUNTS = {
    "accounts": "SELECT count(*) FROM rewards_account WHERE member_id IS NOT NULL",
    "entries": "SELECT count(*) FROM rewards_transfer",
    "lots": "SELECT count(*) FROM rewards_lot",
    "lot moves": "SELECT count(*) FROM rewards_lotmove",
    "awards": "SELECT count(*) FROM rewards_award",
    "returns": "SELECT count(*) FROM rewards_reversal",
    "redemptions": "SELECT count(*) FROM rewards_redemption",
    "donations": "SELECT count(*) FROM rewards_donation",
    "spins": "SELECT count(*) FROM rewards_spin",
    "stamps": "SELECT count(*) FROM rewards_stamp",
}


@dataclass(frozen=True, slots=True)
class Finding:
    """A check that failed: its name, how many rows are wrong, and the first few."""

    check: str
    wrong_count: int
    examples: list[tuple]


@transaction.atomic
def verify_ledger() -> tuple[dict[str, int], list[Finding]]:
    """Counts of what was looked at, and what is wrong with it (nothing, one hopes).

    Reads one snapshot (REPEATABLE READ), so it may run while the club is open.
    """
    findings = []
    with connection.cursor() as cursor:
        if connection.get_autocommit() is False and not connection.savepoint_ids:
            cursor.execute("SET TRANSACTION ISOLATION LEVEL REPEATABLE READ READ ONLY")
        counts = {}
        for name, sql in _COUNTS.items():
            cursor.execute(sql)
            counts[name] = cursor.fetchone()[0]
        for name, sql in CHECKS.items():
            cursor.execute(f"SELECT count(*) OVER (), w.* FROM ({sql}) AS w LIMIT 5")
            rows = cursor.fetchall()
            if rows:
                findings.append(Finding(name, rows[0][0], [row[1:] for row in rows]))
    return counts, findings
