-- members
INSERT INTO members_member (id, number, source, joined_at, created_at)
    SELECT id, members_number(id, 'bench'), 'bench', %(now)s - interval '2 years', %(now)s
    FROM generate_series(1, %(members)s::bigint) AS id;
INSERT INTO members_audiencemember (audience_id, member_id, added_at)
    SELECT audience.id, member.id, %(now)s FROM members_member AS member, members_audience AS audience
    WHERE audience.slug = 'everyone';
INSERT INTO rewards_standing (member_id, tier_id, settled_on, has_purchased)
    SELECT id, (SELECT id FROM rewards_tier ORDER BY rank LIMIT 1), %(now)s::date, true
    FROM members_member;
-- goods: one in ten of what is bought gives no stamp
INSERT INTO purchases_source (id, code, name, mapping, encoding, date_format, zone,
        default_channel_id)
    SELECT 1000, 'bench', 'Bench', '{}', '', '', '',
        (SELECT id FROM purchases_channel ORDER BY id LIMIT 1);
INSERT INTO purchases_product (id, source_id, external_id, name, brand)
    SELECT 1000 + id, 1000, 'bench-' || id, 'Bench', '' FROM generate_series(1, 10) AS id;
-- purchases: one by each member every hour, in batches of one file
INSERT INTO purchases_purchase (id, source_id, external_id, content_hash, member_id, channel_id,
        purchased_at, recorded_at, currency, total_amount, discount_amount, line_count)
    SELECT 1000 + (place - 1) * %(members)s + member, 1000, 'B' || member || '-' || place, decode('00', 'hex'),
        member, (SELECT id FROM purchases_channel ORDER BY id LIMIT 1),
        %(now)s - interval '1 hour' * (%(purchases)s - place), %(now)s, 'USD', 800, 0, 2
    FROM generate_series(1, %(purchases)s::bigint) AS place,
        generate_series(1, %(members)s::bigint) AS member;
INSERT INTO purchases_line (purchase_id, position, external_id, product_id, quantity, amount,
        discount_amount, tax_amount, paid_otherwise_amount)
    SELECT id, position, '', 1000 + 1 + (id + position) %% 10, 1, 400, 0, 0, 0
    FROM purchases_purchase, generate_series(1, 2) AS position WHERE source_id = 1000;
INSERT INTO members_activitybatch (id, kind, recorded_at, activity_count)
    VALUES (1000, 'purchase', %(now)s, %(members)s::bigint * %(purchases)s);
INSERT INTO members_activity (batch_id, member_id, kind, effective_at, recorded_at, subject_type,
        subject_id, facts)
    SELECT 1000, member_id, 'purchase', purchased_at, recorded_at, 'purchases.purchase', id,
        '{"amount": 800}'
    FROM purchases_purchase WHERE source_id = 1000 ORDER BY purchased_at, external_id;
SELECT setval('members_member_id_seq', (SELECT max(id) FROM members_member)),
    setval('purchases_purchase_id_seq', (SELECT max(id) FROM purchases_purchase)),
    setval('members_activitybatch_id_seq', 1000);
VACUUM ANALYZE;
