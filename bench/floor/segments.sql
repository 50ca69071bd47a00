-- gold-spenders
SELECT count(*) FROM (
    SELECT percent_rank() OVER (ORDER BY sum(p.total_amount) DESC) AS place
    FROM purchases_purchase p JOIN members_member m ON m.id = p.member_id AND m.status = 'active'
    WHERE p.purchased_at > %(now)s - interval '365 days' AND p.purchased_at <= %(now)s
    GROUP BY p.member_id
) ranked WHERE place < 0.2;
-- at-risk
SELECT count(*) FROM (
    SELECT member_id FROM purchases_purchase
    WHERE purchased_at > %(now)s - interval '365 days' AND purchased_at <= %(now)s
    GROUP BY member_id
    HAVING count(*) >= 3 AND max(purchased_at) <= %(now)s - interval '60 days'
) p JOIN members_member m ON m.id = p.member_id AND m.status = 'active';
-- new-and-keen
SELECT count(*) FROM (
    SELECT m.id FROM members_member m
    JOIN purchases_purchase p ON p.member_id = m.id AND p.purchased_at >= m.joined_at
        AND p.purchased_at < m.joined_at + interval '30 days' AND p.purchased_at <= %(now)s
    WHERE m.status = 'active' AND m.joined_at > %(now)s - interval '60 days'
        AND m.joined_at <= %(now)s
    GROUP BY m.id HAVING count(*) >= 2
) keen;
-- lapsed
SELECT count(*) FROM (
    SELECT member_id FROM purchases_purchase WHERE purchased_at <= %(now)s
    GROUP BY member_id HAVING max(purchased_at) <= %(now)s - interval '180 days'
) p JOIN members_member m ON m.id = p.member_id AND m.status = 'active';
-- birthday-month
SELECT count(*) FROM members_member WHERE status = 'active' AND birth_month = %(month)s;
-- points-expiring
SELECT count(*) FROM (
    SELECT member_id FROM rewards_lot
    WHERE unit = 'points' AND available > 0 AND expires_on >= %(today)s::date
        AND expires_on <= %(today)s::date + 30
    GROUP BY member_id HAVING sum(available) >= 100
) l JOIN members_member m ON m.id = l.member_id AND m.status = 'active';
-- one-visit-from-a-tier
SELECT count(*) FROM (
    SELECT member_id, sum(available) FILTER (WHERE counts_on >= %(first)s::date) AS credits,
        sum(available) FILTER (WHERE counts_on > %(today)s::date - 365)::numeric
            / nullif(count(DISTINCT counts_on) FILTER (WHERE
                counts_on > %(today)s::date - 365 AND available > 0), 0) AS each
    FROM rewards_lot WHERE unit = 'status' AND counts_on <= %(today)s::date GROUP BY member_id
) l
JOIN members_member m ON m.id = l.member_id AND m.status = 'active'
JOIN rewards_standing s ON s.member_id = m.id
JOIN LATERAL (
    SELECT min(n.threshold) AS threshold FROM rewards_tierlevel n
    JOIN rewards_tier above ON above.id = n.tier_id
    JOIN rewards_tier own ON own.id = s.tier_id AND above.rank > own.rank
    WHERE n.programme_id = %(programme)s
) n ON n.threshold IS NOT NULL
WHERE greatest(n.threshold - coalesce(l.credits, 0), 0) <= l.each;
-- high-balance-never-redeemed
SELECT count(*) FROM members_member m
JOIN rewards_account a ON a.member_id = m.id AND a.kind = 'available' AND a.balance >= 500
WHERE m.status = 'active' AND NOT EXISTS (
    SELECT FROM rewards_redemption r WHERE r.member_id = m.id AND r.state <> 'cancelled');
-- dormant-gold
SELECT count(*) FROM (
    SELECT percent_rank() OVER (ORDER BY sum(p.total_amount) DESC) AS place,
        max(p.purchased_at) AS last
    FROM purchases_purchase p JOIN members_member m ON m.id = p.member_id AND m.status = 'active'
    WHERE p.purchased_at > %(now)s - interval '730 days' AND p.purchased_at <= %(now)s
    GROUP BY p.member_id
) ranked WHERE place < 0.2 AND last <= %(now)s - interval '60 days';
-- joined-this-month
SELECT count(*) FROM members_member
WHERE status = 'active' AND joined_at >= %(month_start)s AND joined_at < %(month_end)s;
-- never-bought
SELECT count(*) FROM members_member m WHERE m.status = 'active' AND NOT EXISTS (
    SELECT FROM purchases_purchase p WHERE p.member_id = m.id AND p.purchased_at <= %(now)s);
-- first-purchase-only
SELECT count(*) FROM (
    SELECT member_id FROM purchases_purchase WHERE purchased_at <= %(now)s
    GROUP BY member_id HAVING count(*) = 1 AND max(purchased_at) > %(now)s - interval '90 days'
        AND max(purchased_at) <= %(now)s - interval '14 days'
) p JOIN members_member m ON m.id = p.member_id AND m.status = 'active';
