"""Whether wheels counted what they drew, and prizes were given as they were won: asked by
``verify_ledger``.
"""

_PRIZE = """
    {p}.prize_kind, {p}.prize_reward_id, {p}.prize_points, {p}.prize_amount, {p}.prize_wheel_id
"""
# What was won, by its cause; a card that was shaken and filled again won more than once.
_WON = f"""
    SELECT 'spin' AS cause_type, s.id AS cause_id, 1 AS times, {_PRIZE.format(p="x")}
    FROM rewards_spin s JOIN rewards_slice x ON x.id = s.slice_id WHERE NOT s.is_substitute
    UNION ALL
    SELECT 'spin', s.id, 1, {_PRIZE.format(p="x")}
    FROM rewards_spin s JOIN rewards_substitute x ON x.slice_id = s.slice_id
    WHERE s.is_substitute
    UNION ALL
    SELECT 'stamp_card', c.id, c.prize_count, {_PRIZE.format(p="v")}
    FROM rewards_stampcard c JOIN rewards_challengeversion v ON v.id = c.version_id
    UNION ALL
    SELECT 'surprise', g.id, 1, {_PRIZE.format(p="u")}
    FROM rewards_surprisegift g JOIN rewards_surprise u ON u.act_id = g.surprise_id
"""
_GIVEN = """
    SELECT cause_type, cause_id, sum(points) AS points, sum(money) AS money,
           sum(rewards) AS rewards, sum(spins) AS spins, max(reward_id) AS reward_id,
           max(wheel_id) AS wheel_id
    FROM (
        SELECT t.cause_type, t.cause_id,
               CASE t.unit WHEN 'points' THEN t.amount ELSE 0 END AS points,
               CASE t.unit WHEN 'money' THEN t.amount ELSE 0 END AS money,
               0 AS rewards, 0 AS spins, NULL::bigint AS reward_id, NULL::bigint AS wheel_id
        FROM rewards_transfer t JOIN rewards_account d ON d.id = t.debit_account_id
        WHERE t.cause_type IN ('spin', 'stamp_card', 'surprise') AND d.kind = 'issued'
        UNION ALL
        SELECT cause_type, cause_id, 0, 0, 1, 0, reward_id, NULL FROM rewards_entitlement
        UNION ALL
        SELECT cause_type, cause_id, 0, 0, 0, 1, NULL, wheel_id FROM rewards_spingrant
    ) AS each
    WHERE cause_type IN ('spin', 'stamp_card', 'surprise') GROUP BY cause_type, cause_id
"""
CHECKS = {
    "spins of a player are counted without a gap": """
        SELECT p.id FROM rewards_wheelplayer p LEFT JOIN (
            SELECT player_id, count(*) AS count, max(counter) AS last
            FROM rewards_spin GROUP BY player_id
        ) s ON s.player_id = p.id
        WHERE (coalesce(s.count, 0), coalesce(s.last, 0))
            IS DISTINCT FROM (p.spin_count::bigint, p.spin_count)
    """,
    "draws of counted prizes are numbered without a gap": """
        SELECT x.id FROM rewards_slice x LEFT JOIN (
            SELECT slice_id, count(*) AS count, count(hit_number) AS numbered,
                   max(hit_number) AS last
            FROM rewards_spin GROUP BY slice_id
        ) s ON s.slice_id = x.id
        WHERE (x.hit_count::bigint, x.hit_count) IS DISTINCT FROM
                  (coalesce(s.numbered, 0), coalesce(s.last, 0))
           OR (x.stock_count IS NOT NULL AND s.count <> s.numbered)
    """,
    "only prizes that were gone were substituted": """
        SELECT s.id FROM rewards_spin s JOIN rewards_slice x ON x.id = s.slice_id
        WHERE s.is_substitute <> coalesce(s.hit_number > x.stock_count, false)
    """,
    "draws lie within their day and version": """
        SELECT s.id FROM rewards_spin s JOIN rewards_wheelday d ON d.id = s.day_id
        JOIN rewards_wheelversion v ON v.id = s.version_id
        JOIN rewards_wheelplayer p ON p.id = s.player_id
        WHERE s.drawn_at < d.starts_at OR s.drawn_at >= d.ends_at OR s.drawn_at < v.starts_at
           OR s.drawn_at > v.ends_at OR p.wheel_id <> v.wheel_id
    """,
    "given spins were used by draws": """
        SELECT g.id FROM rewards_spingrant g LEFT JOIN (
            SELECT s.grant_id, count(*) AS count, min(v.wheel_id) AS least, max(v.wheel_id) AS most
            FROM rewards_spin s JOIN rewards_wheelversion v ON v.id = s.version_id
            WHERE s.grant_id IS NOT NULL GROUP BY s.grant_id
        ) s ON s.grant_id = g.id
        WHERE g.used_count <> coalesce(s.count, 0) OR s.least <> g.wheel_id OR s.most <> g.wheel_id
    """,
    "spins took their price": """
        SELECT coalesce(s.id, t.cause_id) FROM rewards_spin s FULL JOIN (
            SELECT t.cause_id, sum(t.amount) AS amount FROM rewards_transfer t
            JOIN rewards_account c ON c.id = t.credit_account_id AND c.kind = 'redeemed'
            WHERE t.cause_type = 'spin' GROUP BY t.cause_id
        ) t ON t.cause_id = s.id
        WHERE coalesce(t.amount, 0) <> coalesce(s.price_points, 0)
    """,
    "prizes that nobody won went back once": """
        SELECT x.id FROM rewards_slice x JOIN rewards_wheelversion v ON v.id = x.version_id
        WHERE x.stock_count IS NOT NULL AND x.returned_count IS DISTINCT FROM
            CASE WHEN v.returned_at IS NOT NULL THEN greatest(x.stock_count - x.hit_count, 0) END
    """,
    "prizes were given as they were won": f"""
        SELECT coalesce(w.cause_type, g.cause_type), coalesce(w.cause_id, g.cause_id)
        FROM ({_WON}) w FULL JOIN ({_GIVEN}) g USING (cause_type, cause_id)
        WHERE (coalesce(g.points, 0), coalesce(g.money, 0), coalesce(g.rewards, 0),
               coalesce(g.spins, 0)) IS DISTINCT FROM (
            coalesce(w.times * w.prize_points, 0)::numeric,
            coalesce(w.times * w.prize_amount, 0)::numeric,
            CASE w.prize_kind WHEN 'reward' THEN w.times ELSE 0 END::bigint,
            CASE w.prize_kind WHEN 'spins' THEN w.times ELSE 0 END::bigint)
           OR g.reward_id <> w.prize_reward_id OR g.wheel_id <> w.prize_wheel_id
    """,
    "rewards to take were taken once": """
        SELECT e.id FROM rewards_entitlement e JOIN rewards_redemption r ON r.id = e.redemption_id
        WHERE r.reward_id <> e.reward_id OR r.price_points <> 0 OR r.state = 'cancelled'
    """,
    "surprises gave what they count": """
        SELECT u.act_id FROM rewards_surprise u LEFT JOIN (
            SELECT surprise_id, count(*) AS count FROM rewards_surprisegift GROUP BY surprise_id
        ) g ON g.surprise_id = u.act_id
        WHERE u.given_worth <> u.worth * coalesce(g.count, 0)
    """,
}
