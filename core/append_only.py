"""Rows that are written once: the database itself refuses to change them."""

from django.db import migrations

_FUNCTION = """
CREATE OR REPLACE FUNCTION refuse_change() RETURNS trigger LANGUAGE plpgsql AS $$
BEGIN
    RAISE EXCEPTION '% is append-only', TG_TABLE_NAME USING ERRCODE = 'restrict_violation';
END $$;
"""


class AppendOnly(migrations.RunSQL):
    """Refuse UPDATE, DELETE and TRUNCATE on ``table``.

    One trigger per statement, not per row, so that a bulk insert pays nothing. Test teardown
    truncates through ``session_replication_role = replica``.
    """

    def __init__(self, table: str):
        self.table = table
        super().__init__(
            sql=_FUNCTION
            + f"CREATE TRIGGER {table}_append_only BEFORE UPDATE OR DELETE OR TRUNCATE ON {table} "
            "FOR EACH STATEMENT EXECUTE FUNCTION refuse_change();",
            reverse_sql=f"DROP TRIGGER {table}_append_only ON {table};",
        )

    def deconstruct(self):
        return (self.__class__.__name__, [self.table], {})
