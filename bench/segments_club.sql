-- members who joined over three years, a few of them closed
SELECT setseed(0.42);
INSERT INTO members_member (id, number, status, email, locale, birth_year, birth_month, birth_day,
        source, joined_at, created_at)
    SELECT id, members_number(id, 'bench'), CASE WHEN mod(id, 50) = 0 THEN 'closed' ELSE 'active' END,
        'member' || id || '@example.com', (ARRAY['', 'en', 'zh-hans', 'ja'])[1 + mod(id, 4)],
        1950 + mod(id, 55), 1 + mod(abs(hashint8(id)::bigint), 12), 1 + mod(id, 28), 'bench',
        %(now)s - random() * interval '1095 days', %(now)s
    FROM generate_series(1, %(members)s::bigint) AS id;
-- standings
INSERT INTO rewards_standing (member_id, tier_id, tier_since_on, settled_on, has_purchased)
    SELECT m.id, t.id, %(today)s::date - 90, %(today)s, true
    FROM members_member m
    JOIN (SELECT id, row_number() OVER (ORDER BY rank) - 1 AS place, count(*) OVER () AS tiers
          FROM rewards_tier) t
        ON t.place = CASE WHEN mod(m.id, 10) < 6 THEN 0 WHEN mod(m.id, 10) < 9 THEN 1
                          ELSE least(2, t.tiers - 1) END;
-- purchases: none of every seventh member, else one to nine since they joined, in order of time
CREATE UNLOGGED TABLE bench_visit AS
    SELECT row_number() OVER (ORDER BY at) AS id, member, at, amount FROM (
        SELECT m.id AS member, m.joined_at + random() * (%(now)s - m.joined_at) AS at,
            (500 + 9500 * random() ^ 2)::bigint AS amount
        FROM members_member m,
            generate_series(1, CASE WHEN mod(m.id, 7) = 0 THEN 0
                ELSE 1 + mod(abs(hashint8(m.id * 3)::bigint), 9) END)
    ) AS drawn;
INSERT INTO purchases_purchase (id, source_id, external_id, content_hash, member_id, channel_id,
        purchased_at, recorded_at, currency, total_amount, discount_amount, line_count)
    SELECT id, %(source)s, 'bench-' || id, '', member, %(channel)s, at, at, 'USD', amount, 0, 1
    FROM bench_visit ORDER BY id;
-- lots: status credits and points of each purchase
INSERT INTO rewards_lot (id, member_id, unit, opened_at, release_on, expires_on, counts_on,
        original, pending, available, held)
    SELECT 2 * id, member, 'status', at, NULL, NULL, at::date, 1 + amount / 100, 0, 1 + amount / 100, 0
    FROM bench_visit
    UNION ALL
    SELECT 2 * id + 1, member, 'points', at, at::date + 14, (at::date + interval '12 months')::date,
        NULL, 1 + amount / 50, 0, CASE WHEN at > %(now)s - interval '12 months' THEN 1 + amount / 50 ELSE 0 END, 0
    FROM bench_visit;
-- accounts
INSERT INTO rewards_account (id, member_id, kind, unit, balance)
    SELECT 1000 + row_number() OVER (), member_id, 'available', 'points', sum(available)
    FROM rewards_lot WHERE unit = 'points' GROUP BY member_id;
-- redemptions of every fifth member
INSERT INTO rewards_redemption (member_id, reward_id, state, code, key, price_points, price_amount,
        value_amount, cost_amount, place, is_from_stock, reserved_at, confirmed_at)
    SELECT id, 1, 'confirmed', 'B' || lpad(id::text, 12, '0'), 'bench', 100, 0, 0, 0, 'site', false,
        %(now)s - interval '30 days', %(now)s - interval '30 days'
    FROM members_member WHERE mod(id, 5) = 0;
DROP TABLE bench_visit;
-- vacuum and statistics
VACUUM ANALYZE;
