-- members
INSERT INTO members_member (id, number, source, joined_at, created_at)
    SELECT id, members_number(id, 'bench'), 'bench', %(now)s - interval '2 years', %(now)s
    FROM generate_series(1, %(members)s::bigint) AS id;
INSERT INTO members_audiencemember (audience_id, member_id, added_at)
    SELECT audience.id, member.id, %(now)s FROM members_member AS member, members_audience AS audience
    WHERE audience.slug = 'everyone'
        OR audience.id = (SELECT audience_id FROM rewards_tier ORDER BY rank LIMIT 1);
INSERT INTO rewards_standing (member_id, tier_id, settled_on, has_purchased)
    SELECT id, (SELECT id FROM rewards_tier ORDER BY rank LIMIT 1), %(until)s::date - 1, true
    FROM members_member;
-- lots: the first of each member's expires with the day, the others later
INSERT INTO rewards_account (id, member_id, kind, unit, balance)
    SELECT 1000 + id, id, 'available', 'points', %(lots)s * 50 FROM members_member;
INSERT INTO rewards_transfer (id, unit, debit_account_id, credit_account_id, amount, reason,
        member_id, is_late, effective_at, recorded_at, key)
    SELECT (place - 1) * %(members)s + member, 'points',
        (SELECT id FROM rewards_account
         WHERE member_id IS NULL AND kind = 'issued' AND unit = 'points'),
        1000 + member, 50, 'grant', member, false,
        %(at)s - interval '1 day' * (400 - 30 * place), %(now)s,
        'bench:' || member || ':' || place
    FROM generate_series(1, %(lots)s::bigint) AS place,
        generate_series(1, %(members)s::bigint) AS member;
INSERT INTO rewards_lot (id, member_id, unit, opened_at, release_on, expires_on, original, pending,
        available, held)
    SELECT (place - 1) * %(members)s + member, member, 'points',
        %(at)s - interval '1 day' * (400 - 30 * place), %(until)s::date - (400 - 30 * place),
        %(until)s::date - 1 + 30 * (place - 1), 50, 0, 50, 0
    FROM generate_series(1, %(lots)s::int) AS place,
        generate_series(1, %(members)s::bigint) AS member;
INSERT INTO rewards_lotmove (lot_id, transfer_id, kind, amount, source, target, expires_on)
    SELECT id, id, 'opened', 50, '', 'available', expires_on FROM rewards_lot;
-- the day before is closed
INSERT INTO rewards_dayclose (day_on, closed_at, released_points, expired_points, tier_up_count,
        tier_down_count, pending_points, available_points, held_points, owed_points)
    SELECT %(until)s::date - 2, %(now)s, 0, 0, 0, 0, 0, sum(balance), 0, 0
    FROM rewards_account WHERE member_id IS NOT NULL;
SELECT setval('members_member_id_seq', (SELECT max(id) FROM members_member)),
    setval('rewards_account_id_seq', (SELECT max(id) FROM rewards_account)),
    setval('rewards_transfer_id_seq', (SELECT max(id) FROM rewards_transfer)),
    setval('rewards_lot_id_seq', (SELECT max(id) FROM rewards_lot));
VACUUM ANALYZE;
