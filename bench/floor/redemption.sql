-- The rows that one redemption of a voucher with counted stock leaves, written in one transaction
-- and one network round trip, every statement prepared.
-- %rows stands for the rows that the service left of this very redemption: nothing is looked up,
-- judged or counted here. The stock is taken as the service takes it: its row is what all wait for.
UPDATE rewards_reward AS r SET stock_left = r.stock_left - 1
    FROM (VALUES %rows) AS u (id) WHERE r.id = u.id;
INSERT INTO rewards_redemption VALUES %rows;
INSERT INTO rewards_redemptionevent VALUES %rows;
INSERT INTO rewards_transfer VALUES %rows;
INSERT INTO rewards_lotmove VALUES %rows;
INSERT INTO members_activitybatch VALUES %rows;
INSERT INTO members_activity VALUES %rows;
INSERT INTO members_workitem VALUES %rows;
UPDATE rewards_account AS a SET balance = u.balance
    FROM (VALUES %rows) AS u (id, balance) WHERE a.id = u.id;
UPDATE rewards_lot AS l SET available = u.available
    FROM (VALUES %rows) AS u (id, available) WHERE l.id = u.id;
UPDATE rewards_standing AS s SET settled_on = u.settled_on
    FROM (VALUES %rows) AS u (member_id, settled_on) WHERE s.member_id = u.member_id;
