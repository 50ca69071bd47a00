-- The rows that one purchase of three lines leaves with earning, written in one transaction and
-- one network round trip over one connection, every statement prepared.
-- %rows stands for the rows that the service left of this very purchase: nothing is looked up,
-- judged or counted here.
INSERT INTO core_idempotencyrecord VALUES %rows;
INSERT INTO purchases_purchase VALUES %rows;
INSERT INTO purchases_line VALUES %rows;
INSERT INTO members_activitybatch VALUES %rows;
INSERT INTO members_activity VALUES %rows;
INSERT INTO members_workitem VALUES %rows;
INSERT INTO rewards_award VALUES %rows;
INSERT INTO rewards_transfer VALUES %rows;
INSERT INTO rewards_lot VALUES %rows;
INSERT INTO rewards_lotmove VALUES %rows;
UPDATE rewards_account AS a SET balance = u.balance
    FROM (VALUES %rows) AS u (id, balance) WHERE a.id = u.id;
UPDATE rewards_standing AS s SET settled_on = u.settled_on
    FROM (VALUES %rows) AS u (member_id, settled_on) WHERE s.member_id = u.member_id;
