-- The rows that counting a batch leaves where no card fills up: stamps, books and cards in one
-- statement, by one connection. Nobody is locked, no gate, span, return or earlier stamp is asked
-- about, and that each card is its member's first is known beforehand.
WITH found AS MATERIALIZED (
    SELECT purchase.id AS purchase_id, activity.id AS activity_id, purchase.member_id,
        purchase.purchased_at, array_agg(line.position ORDER BY line.position) AS positions
    FROM members_activity AS activity
    JOIN purchases_purchase AS purchase ON purchase.id = activity.subject_id
    JOIN purchases_line AS line ON line.purchase_id = purchase.id
    WHERE activity.batch_id = %(batch)s AND line.product_id = ANY(%(products)s)
    GROUP BY purchase.id, activity.id
), book AS (
    INSERT INTO rewards_stampbook (challenge_id, member_id, total)
    SELECT %(challenge)s, member_id, count(*) FROM found GROUP BY member_id
    RETURNING id, member_id
), stamp AS (
    INSERT INTO rewards_stamp (book_id, version_id, amount, activity_id, purchase_id,
        purchase_version, positions, key, effective_at, recorded_at)
    SELECT book.id, %(version)s, 1, activity_id, purchase_id, 1, positions, '', purchased_at,
        %(now)s
    FROM found JOIN book ON book.member_id = found.member_id
)
INSERT INTO rewards_stampcard (book_id, round, version_id, target, stamp_count, begun_at, is_paid,
        prize_count)
    SELECT book.id, 1, %(version)s, %(target)s, count(*), min(purchased_at), false, 0
    FROM found JOIN book ON book.member_id = found.member_id GROUP BY book.id;
