-- The rows that closing a day leaves where lots expire: one transaction, one connection, a
-- statement per table. What is due is found once; %(until)s is the day after the closed one,
-- %(at)s its first instant, %(now)s the moment of the run.
CREATE TEMPORARY TABLE due ON COMMIT DROP AS
    SELECT nextval('rewards_transfer_id_seq') AS transfer_id, lot.id AS lot_id, lot.member_id,
        lot.award_id, lot.available AS amount, lot.expires_on, account.id AS account_id
    FROM rewards_lot AS lot
    JOIN rewards_account AS account ON account.member_id = lot.member_id
        AND account.kind = 'available' AND account.unit = 'points'
    WHERE lot.unit = 'points' AND lot.available > 0 AND lot.expires_on < %(until)s;
INSERT INTO rewards_transfer (id, unit, debit_account_id, credit_account_id, amount, reason,
        member_id, award_id, is_late, effective_at, recorded_at, key)
    SELECT transfer_id, 'points', account_id,
        (SELECT id FROM rewards_account
         WHERE member_id IS NULL AND kind = 'expired' AND unit = 'points'),
        amount, 'expire', member_id, award_id, false, %(at)s, %(now)s,
        'expire:' || expires_on || ':lot:' || lot_id
    FROM due;
INSERT INTO rewards_lotmove (lot_id, transfer_id, kind, amount, source, target)
    SELECT lot_id, transfer_id, 'expired', amount, 'available', '' FROM due;
UPDATE rewards_lot AS lot SET available = 0 FROM due WHERE lot.id = due.lot_id;
UPDATE rewards_account AS account SET balance = account.balance - each.amount
    FROM (SELECT account_id, sum(amount) AS amount FROM due GROUP BY account_id) AS each
    WHERE account.id = each.account_id;
UPDATE rewards_standing AS standing SET settled_on = %(until)s
    FROM (SELECT DISTINCT member_id FROM due) AS each WHERE standing.member_id = each.member_id;
INSERT INTO rewards_dayclose (day_on, closed_at, released_points, expired_points, tier_up_count,
        tier_down_count, pending_points, available_points, held_points, owed_points)
    SELECT %(until)s::date - 1, %(now)s, 0, (SELECT coalesce(sum(amount), 0) FROM due), 0, 0,
        coalesce(sum(balance) FILTER (WHERE kind = 'pending'), 0),
        coalesce(sum(balance) FILTER (WHERE kind = 'available'), 0),
        coalesce(sum(balance) FILTER (WHERE kind = 'held'), 0),
        coalesce(sum(balance) FILTER (WHERE kind = 'owed'), 0)
    FROM rewards_account WHERE member_id IS NOT NULL AND unit = 'points';
