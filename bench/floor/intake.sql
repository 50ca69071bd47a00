-- The rows that importing a file of purchases leaves, copied into the same tables.
-- One process, one connection, one transaction; every constraint, index and trigger in place.
-- Each statement is fed the rows that the service left behind, in the text format of COPY.
-- Parents stand before children, although foreign keys are checked at the end.
COPY purchases_channel FROM STDIN;
COPY purchases_store FROM STDIN;
COPY purchases_source FROM STDIN;
COPY purchases_category FROM STDIN;
COPY purchases_product FROM STDIN;
COPY members_member FROM STDIN;
COPY members_memberreference FROM STDIN;
COPY members_audiencemember FROM STDIN;
COPY purchases_importjob FROM STDIN;
COPY core_auditentry FROM STDIN;
COPY purchases_purchase FROM STDIN;
COPY purchases_line FROM STDIN;
COPY members_activitybatch FROM STDIN;
COPY members_activity FROM STDIN;
COPY members_workitem FROM STDIN;
COPY members_notice FROM STDIN;
COPY rewards_standing FROM STDIN;
COPY rewards_account FROM STDIN;
COPY rewards_award FROM STDIN;
COPY rewards_transfer FROM STDIN;
COPY rewards_lot FROM STDIN;
COPY rewards_lotmove FROM STDIN;
COPY rewards_tierchange FROM STDIN;
