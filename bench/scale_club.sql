-- members, with names in three scripts
INSERT INTO members_member (id, number, family_name, given_name, family_name_reading,
        given_name_reading, email, phone, source, joined_at, created_at)
    SELECT id, members_number(id, 'bench'),
        CASE mod(id, 3)
            WHEN 0 THEN (%(latin_families)s::text[])[1 + mod(hash, cardinality(%(latin_families)s::text[]))]
            WHEN 1 THEN (%(chinese_families)s::text[])[1 + mod(hash, cardinality(%(chinese_families)s::text[]))]
            ELSE (%(japanese_families)s::text[])[1 + mod(hash, cardinality(%(japanese_families)s::text[]))]
        END,
        CASE mod(id, 3)
            WHEN 0 THEN (%(latin_names)s::text[])[1 + mod(other, cardinality(%(latin_names)s::text[]))]
            WHEN 1 THEN (%(characters)s::text[])[1 + mod(other, cardinality(%(characters)s::text[]))]
                || CASE WHEN mod(third, 4) = 0 THEN ''
                   ELSE (%(characters)s::text[])[1 + mod(third, cardinality(%(characters)s::text[]))] END
            ELSE (%(japanese_names)s::text[])[1 + mod(other, cardinality(%(japanese_names)s::text[]))]
        END,
        CASE mod(id, 3) WHEN 2 THEN (%(japanese_readings)s::text[])[1 + mod(hash, cardinality(%(japanese_readings)s::text[]))]
            ELSE '' END,
        '', 'member' || id || '@example.com', '+1206' || lpad(id::text, 7, '0'), 'bench',
        %(now)s - interval '500 days', %(now)s
    FROM (SELECT id, abs(hashint8(id)::bigint) AS hash, abs(hashint8(id * 7 + 1)::bigint) AS other,
              abs(hashint8(id * 13 + 2)::bigint) AS third
          FROM generate_series(1, %(members)s::bigint + 1) AS id) AS drawn;
-- standings and audiences
INSERT INTO members_audiencemember (audience_id, member_id, added_at)
    SELECT audience.id, member.id, %(now)s FROM members_audience AS audience, members_member AS member
    WHERE audience.slug = 'everyone'
        OR audience.id = (SELECT audience_id FROM rewards_tier ORDER BY rank LIMIT 1);
INSERT INTO rewards_standing (member_id, tier_id, settled_on, has_purchased)
    SELECT id, (SELECT id FROM rewards_tier ORDER BY rank LIMIT 1), %(today)s, true
    FROM members_member;
-- purchases: three of each member, delivered, of one line; 5,000 of the last member
INSERT INTO purchases_product (id, source_id, external_id, name, brand)
    SELECT id, %(source)s, 'product-' || id, 'Product ' || id, '' FROM generate_series(1, 1000) AS id;
CREATE UNLOGGED TABLE bench_visit AS
    SELECT (place - 1) * %(members)s + member AS id, member, place,
        %(today)s::date - (ARRAY[400, 200, 20])[place] AS day
    FROM generate_series(1, 3) AS place, generate_series(1, %(members)s::bigint) AS member
    UNION ALL
    SELECT 3 * %(members)s + number, %(members)s + 1, 0, %(today)s::date - 20 - mod(number, 270)::int
    FROM generate_series(1, %(heavy)s::bigint) AS number;
INSERT INTO purchases_purchase (id, source_id, external_id, content_hash, member_id, channel_id,
        purchased_at, recorded_at, currency, total_amount, discount_amount, line_count)
    SELECT id, %(source)s, 'bench-' || id, '', member, %(channel)s,
        day + interval '20 hours' + mod(id, 60) * interval '1 minute', %(now)s, 'USD', 2000, 0, 1
    FROM bench_visit;
INSERT INTO purchases_line (purchase_id, position, external_id, product_id, quantity, amount,
        discount_amount, tax_amount, paid_otherwise_amount)
    SELECT id, 1, '', 1 + mod(id, 1000), 1, 2000, 0, 0, 0 FROM bench_visit;
-- awards: points of every purchase, status credits of all but the last member's
CREATE UNLOGGED TABLE bench_award AS
    SELECT id, id AS purchase, member, place, day, 'points' AS unit FROM bench_visit
    UNION ALL
    SELECT id + (SELECT max(id) FROM bench_visit), id, member, place, day, 'status'
    FROM bench_visit WHERE place > 0;
INSERT INTO rewards_award (id, member_id, purchase_id, rule_id, rule_version_id, unit,
        awarded_points, basis_amount, cap_trimmed_points, budget_trimmed_points, parts, positions,
        allocations, effective_at, recorded_at)
    SELECT each.id, member, purchase, version.rule_id, version.id, each.unit, 20, 2000, 0, 0,
        '[[2000, 1, 1, []]]', '{1}', '{20}',
        day + interval '20 hours' + mod(purchase, 60) * interval '1 minute', %(now)s
    FROM bench_award AS each JOIN rewards_earningruleversion AS version
        ON version.id = CASE each.unit WHEN 'points' THEN %(base_rule)s ELSE %(status_rule)s END;
-- lots: the first of each member's has expired
INSERT INTO rewards_lot (id, member_id, unit, award_id, opened_at, release_on, expires_on,
        counts_on, original, pending, available, held)
    SELECT id, member, unit, id, day + interval '20 hours' + mod(purchase, 60) * interval '1 minute',
        day + 14, CASE unit WHEN 'points' THEN (day + 14 + interval '12 months')::date END,
        CASE unit WHEN 'status' THEN day END, 20, 0,
        CASE WHEN unit = 'points' AND place = 1 THEN 0 ELSE 20 END, 0
    FROM bench_award;
-- accounts
INSERT INTO rewards_account (id, member_id, kind, unit, balance)
    SELECT 1000 + 3 * member.id + place, member.id, kind,
        CASE kind WHEN 'status' THEN 'status' ELSE 'points' END,
        CASE WHEN kind = 'pending' THEN 0
             WHEN member.id > %(members)s THEN CASE kind WHEN 'status' THEN 0 ELSE 20 * %(heavy)s END
             WHEN kind = 'available' THEN 40 ELSE 60 END
    FROM members_member AS member,
        unnest(ARRAY['pending', 'available', 'status']) WITH ORDINALITY AS kinds (kind, place);
-- entries: earned, made available, expired
CREATE UNLOGGED TABLE bench_entry AS
    SELECT row_number() OVER () AS id, * FROM (
        SELECT id AS award, member, unit, place, day, 'earn' AS reason,
            day + interval '20 hours' + mod(purchase, 60) * interval '1 minute' AS at
        FROM bench_award
        UNION ALL
        SELECT id, member, unit, place, day, 'release',
            (day + 14)::timestamp AT TIME ZONE %(zone)s FROM bench_award WHERE unit = 'points'
        UNION ALL
        SELECT id, member, unit, place, day, 'expire',
            ((day + 14 + interval '12 months')::date + 1)::timestamp AT TIME ZONE %(zone)s
        FROM bench_award WHERE unit = 'points' AND place = 1
    ) AS each;
INSERT INTO rewards_transfer (id, unit, debit_account_id, credit_account_id, amount, reason,
        member_id, award_id, is_late, effective_at, recorded_at, key)
    SELECT each.id, each.unit,
        CASE reason WHEN 'earn' THEN issued.id WHEN 'release' THEN 1001 + 3 * member
            ELSE 1002 + 3 * member END,
        CASE WHEN each.unit = 'status' THEN 1003 + 3 * member WHEN reason = 'earn' THEN 1001 + 3 * member
            WHEN reason = 'release' THEN 1002 + 3 * member ELSE expired.id END,
        20, reason, member, award, false, at, %(now)s,
        CASE reason WHEN 'earn' THEN 'earn:award:' || award WHEN 'release' THEN 'release:lot:' || award
            ELSE 'expire:' || (day + 14 + interval '12 months')::date || ':lot:' || award END
    FROM bench_entry AS each
    JOIN rewards_account AS issued
        ON issued.member_id IS NULL AND issued.kind = 'issued' AND issued.unit = each.unit
    JOIN rewards_account AS expired
        ON expired.member_id IS NULL AND expired.kind = 'expired' AND expired.unit = each.unit;
-- lot moves
INSERT INTO rewards_lotmove (id, lot_id, transfer_id, kind, amount, source, target, expires_on)
    SELECT id, award, id,
        CASE reason WHEN 'earn' THEN 'opened' WHEN 'release' THEN 'released' ELSE 'expired' END, 20,
        CASE reason WHEN 'earn' THEN '' WHEN 'release' THEN 'pending' ELSE 'available' END,
        CASE WHEN reason = 'expire' THEN '' WHEN reason = 'earn' AND unit = 'points' THEN 'pending'
            ELSE 'available' END,
        CASE WHEN reason = 'release' THEN (day + 14 + interval '12 months')::date END
    FROM bench_entry;
DROP TABLE bench_visit, bench_award, bench_entry;
SELECT setval(pg_get_serial_sequence(name, 'id'), 100000000)
    FROM unnest(ARRAY['members_member', 'purchases_purchase', 'purchases_product',
        'rewards_account', 'rewards_award', 'rewards_lot', 'rewards_transfer', 'rewards_lotmove'])
        AS name;
-- vacuum and statistics
VACUUM ANALYZE;
