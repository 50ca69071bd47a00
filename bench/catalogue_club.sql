-- shelves and turns
INSERT INTO rewards_rewardcategory (slug, name, position)
SELECT 'shelf-' || n, 'Shelf ' || n, n FROM generate_series(1, 8) AS n;
INSERT INTO rewards_rotation (name, starts_on, turn_days, slot_count)
SELECT 'Turns ' || n, (%(now)s::timestamptz - interval '30 days')::date, 7, 3
FROM generate_series(1, 4) AS n;
-- rewards
INSERT INTO rewards_reward (
    slug, kind, name, summary, description, how_to_use, fine_print, partner, category_id, position,
    price_points, price_amount, value_amount, cost_amount, stock_left, low_stock_count,
    limit_count, limit_period, hold_minutes, valid_days, is_cancellable, rotation_id,
    rotation_position, download, link, published_at)
SELECT
    'reward-' || n, (ARRAY['voucher', 'goods', 'experience', 'pool'])[1 + n %% 4],
    (ARRAY['Tea cup', 'Evening', 'Print', 'Ticket'])[1 + n %% 4] || ' ' || n,
    'What members get for their points, in one sentence.', repeat('Words of a description. ', 20),
    'Show the code.', 'One for each member.', '',
    (SELECT id FROM rewards_rewardcategory WHERE slug = 'shelf-' || 1 + n %% 8), n %% 100,
    50 + n * 7 %% 2000, CASE WHEN n %% 5 = 0 THEN 500 ELSE 0 END, 1000, 300,
    CASE WHEN n %% 4 = 1 THEN n %% 30 END, 3, CASE WHEN n %% 3 = 0 THEN 2 END, 'month', 30, 90, true,
    CASE WHEN n %% 10 = 0
         THEN (SELECT min(id) FROM rewards_rotation) + n / 10 %% 4 END,
    n %% 50, '', '', %(now)s::timestamptz - n * interval '1 hour'
FROM generate_series(1, %(rewards)s) AS n;
-- gates: everyone, and every third one earlier for a tier
INSERT INTO rewards_rewardgate (reward_id, audience_id, opens_at)
SELECT id, %(everyone)s,
       %(now)s::timestamptz + CASE WHEN id %% 9 = 0 THEN interval '3 days' ELSE interval '-90 days' END
FROM rewards_reward;
INSERT INTO rewards_rewardgate (reward_id, audience_id, opens_at, price_points)
SELECT id, %(tier)s, %(now)s::timestamptz - interval '91 days', price_points / 2
FROM rewards_reward WHERE id %% 3 = 0;
-- dates, codes and wishes
INSERT INTO rewards_rewardsession (reward_id, starts_at, ends_at, place, seat_count, seats_left)
SELECT r.id, %(now)s::timestamptz + d * interval '1 day', %(now)s::timestamptz + d * interval '1 day 2 hours',
       'Hall', 20, 20 - d
FROM rewards_reward r, generate_series(1, 4) AS d WHERE kind = 'experience';
INSERT INTO rewards_rewardcode (reward_id, code, match_key, imported_at)
SELECT r.id, 'C' || c, 'C' || c, %(now)s FROM rewards_reward r, generate_series(1, 200) AS c
WHERE kind = 'pool';
INSERT INTO rewards_wish (member_id, reward_id, created_at)
SELECT %(member)s, id, %(now)s FROM rewards_reward WHERE id %% 40 = 0;
-- statistics
ANALYZE
