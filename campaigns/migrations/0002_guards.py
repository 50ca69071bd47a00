"""Words that may have been sent: the database itself refuses to change a frozen edition."""

from django.db import migrations

_FORWARD = """
CREATE FUNCTION campaigns_refuse_frozen_edition() RETURNS trigger LANGUAGE plpgsql AS $$
BEGIN
    IF OLD.frozen_at IS NOT NULL THEN
        RAISE EXCEPTION 'edition % is frozen', OLD.id USING ERRCODE = 'restrict_violation';
    END IF;
    RETURN coalesce(NEW, OLD);
END $$ SET search_path FROM CURRENT;

CREATE FUNCTION campaigns_refuse_frozen_words() RETURNS trigger LANGUAGE plpgsql AS $$
BEGIN
    IF EXISTS (SELECT FROM campaigns_edition
                WHERE frozen_at IS NOT NULL
                  AND (id = CASE WHEN TG_OP <> 'INSERT' THEN OLD.edition_id END
                    OR id = CASE WHEN TG_OP <> 'DELETE' THEN NEW.edition_id END)) THEN
        RAISE EXCEPTION '% of a frozen edition', TG_TABLE_NAME USING ERRCODE = 'restrict_violation';
    END IF;
    RETURN coalesce(NEW, OLD);
END $$ SET search_path FROM CURRENT;

CREATE TRIGGER campaigns_edition_frozen BEFORE UPDATE OR DELETE ON campaigns_edition
    FOR EACH ROW EXECUTE FUNCTION campaigns_refuse_frozen_edition();
CREATE TRIGGER campaigns_content_frozen BEFORE INSERT OR UPDATE OR DELETE ON campaigns_content
    FOR EACH ROW EXECUTE FUNCTION campaigns_refuse_frozen_words();
CREATE TRIGGER campaigns_link_frozen BEFORE INSERT OR UPDATE OR DELETE ON campaigns_link
    FOR EACH ROW EXECUTE FUNCTION campaigns_refuse_frozen_words();
"""

_BACK = """
DROP TRIGGER campaigns_link_frozen ON campaigns_link;
DROP TRIGGER campaigns_content_frozen ON campaigns_content;
DROP TRIGGER campaigns_edition_frozen ON campaigns_edition;
DROP FUNCTION campaigns_refuse_frozen_words();
DROP FUNCTION campaigns_refuse_frozen_edition();
"""


class Migration(migrations.Migration):
    dependencies = [("campaigns", "0001_initial")]

    operations = [migrations.RunSQL(sql=_FORWARD, reverse_sql=_BACK)]
