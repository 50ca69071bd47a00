-- The progress alone, without a stamp of its own for each purchase: nothing could be taken back
-- from it. One INSERT ... SELECT ... GROUP BY.
WITH book AS (
    INSERT INTO rewards_stampbook (challenge_id, member_id, total)
    SELECT %(challenge)s, purchase.member_id, count(DISTINCT purchase.id)
    FROM members_activity AS activity
    JOIN purchases_purchase AS purchase ON purchase.id = activity.subject_id
    JOIN purchases_line AS line ON line.purchase_id = purchase.id
    WHERE activity.batch_id = %(batch)s AND line.product_id = ANY(%(products)s)
    GROUP BY purchase.member_id
    RETURNING id, total
)
INSERT INTO rewards_stampcard (book_id, round, version_id, target, stamp_count, begun_at, is_paid,
        prize_count)
    SELECT id, 1, %(version)s, %(target)s, total, %(now)s, false, 0 FROM book;
