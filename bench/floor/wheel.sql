-- The rows that one free spin leaves which wins points of a slice without a limit, written in one
-- transaction and one network round trip, every statement prepared.
-- %rows stands for the rows that the service left of this very spin: nothing is looked up, judged,
-- drawn or counted here.
UPDATE rewards_wheelplayer AS p SET spin_count = u.spin_count
    FROM (VALUES %rows) AS u (id, spin_count) WHERE p.id = u.id;
INSERT INTO rewards_spin VALUES %rows;
INSERT INTO rewards_transfer VALUES %rows;
INSERT INTO rewards_lot VALUES %rows;
INSERT INTO rewards_lotmove VALUES %rows;
INSERT INTO members_activitybatch VALUES %rows;
INSERT INTO members_activity VALUES %rows;
INSERT INTO members_workitem VALUES %rows;
UPDATE rewards_account AS a SET balance = u.balance
    FROM (VALUES %rows) AS u (id, balance) WHERE a.id = u.id;
UPDATE rewards_standing AS s SET settled_on = u.settled_on
    FROM (VALUES %rows) AS u (member_id, settled_on) WHERE s.member_id = u.member_id;
