"""What the models of wheels can't say: what is published stays, and only a sealed day draws."""

from django.db import migrations

from core.append_only import AppendOnly

# What is still written of a published version: when it ends, and that its stock went back.
_VERSION = """
CREATE FUNCTION keep_wheel_version() RETURNS trigger LANGUAGE plpgsql AS $$
DECLARE free text[] := ARRAY['ends_at', 'returned_at'];
BEGIN
    IF OLD.published_at IS NULL THEN
        RETURN CASE WHEN TG_OP = 'DELETE' THEN OLD ELSE NEW END;
    END IF;
    IF TG_OP = 'DELETE' OR to_jsonb(OLD) - free <> to_jsonb(NEW) - free THEN
        RAISE EXCEPTION '"wheel_version_stays_as_published"'
            USING ERRCODE = 'check_violation', CONSTRAINT = 'wheel_version_stays_as_published';
    END IF;
    RETURN NEW;
END $$;
CREATE TRIGGER rewards_wheelversion_kept BEFORE UPDATE OR DELETE ON rewards_wheelversion
    FOR EACH ROW EXECUTE FUNCTION keep_wheel_version();
"""
# Of its parts: how often a slice was drawn, and what of it went back.
_PARTS = """
CREATE FUNCTION keep_wheel_part() RETURNS trigger LANGUAGE plpgsql AS $$
DECLARE
    free text[] := ARRAY['hit_count', 'returned_count'];
    owners bigint[];
BEGIN
    IF TG_OP = 'UPDATE' AND to_jsonb(OLD) - free = to_jsonb(NEW) - free THEN
        RETURN NEW;
    END IF;
    -- Where it was and where it is to be: OLD is null for an INSERT, NEW for a DELETE.
    IF TG_TABLE_NAME = 'rewards_substitute' THEN
        SELECT array_agg(version_id) INTO owners FROM rewards_slice
        WHERE id IN (OLD.slice_id, NEW.slice_id);
    ELSE
        owners := ARRAY[OLD.version_id, NEW.version_id];
    END IF;
    IF EXISTS (SELECT FROM rewards_wheelversion
               WHERE id = ANY(owners) AND published_at IS NOT NULL) THEN
        RAISE EXCEPTION '"wheel_version_stays_as_published"'
            USING ERRCODE = 'check_violation', CONSTRAINT = 'wheel_version_stays_as_published';
    END IF;
    RETURN CASE WHEN TG_OP = 'DELETE' THEN OLD ELSE NEW END;
END $$;
"""
_PART_TABLES = ("slice", "substitute", "wheelgate", "wheelallowance")
# The lock lasts to the end of the transaction: whoever reveals or discards the day waits for all
# draws that are under way, and whoever draws later finds it gone.
_DAY = """
CREATE FUNCTION draw_on_sealed_day() RETURNS trigger LANGUAGE plpgsql AS $$
BEGIN
    PERFORM FROM rewards_wheelday WHERE id = NEW.day_id AND state = 'sealed'
        AND NEW.drawn_at >= starts_at AND NEW.drawn_at < ends_at FOR SHARE;
    IF NOT FOUND THEN
        RAISE EXCEPTION '"spin_day_is_sealed"'
            USING ERRCODE = 'check_violation', CONSTRAINT = 'spin_day_is_sealed';
    END IF;
    RETURN NEW;
END $$;
CREATE TRIGGER rewards_spin_of_sealed_day BEFORE INSERT ON rewards_spin
    FOR EACH ROW EXECUTE FUNCTION draw_on_sealed_day();

CREATE FUNCTION keep_wheel_day() RETURNS trigger LANGUAGE plpgsql AS $$
DECLARE free text[] := ARRAY['state', 'sealed_seed', 'discarded_at', 'revealed_at',
                             'revealed_seed'];
BEGIN
    IF TG_OP = 'DELETE' OR to_jsonb(OLD) - free <> to_jsonb(NEW) - free
            OR (OLD.state <> 'sealed' AND NEW.state = 'sealed')
            OR OLD.state = 'revealed' THEN
        RAISE EXCEPTION '"wheel_day_goes_one_way"'
            USING ERRCODE = 'check_violation', CONSTRAINT = 'wheel_day_goes_one_way';
    END IF;
    IF NEW.state = 'revealed'
            AND encode(sha256(decode(NEW.revealed_seed, 'hex')), 'hex') <> NEW.seed_hash THEN
        RAISE EXCEPTION '"wheel_day_seed_is_as_promised"'
            USING ERRCODE = 'check_violation', CONSTRAINT = 'wheel_day_seed_is_as_promised';
    END IF;
    RETURN NEW;
END $$;
CREATE TRIGGER rewards_wheelday_kept BEFORE UPDATE OR DELETE ON rewards_wheelday
    FOR EACH ROW EXECUTE FUNCTION keep_wheel_day();
"""
# Counters of players and numbers of prizes rise along the days: behind a clock that stepped back
# they would fall. It runs after the lock on a counted slice, so it sees who was ahead.
_ORDER = """
CREATE FUNCTION draw_along_days() RETURNS trigger LANGUAGE plpgsql AS $$
BEGIN
    IF EXISTS (SELECT FROM rewards_wheelday l JOIN rewards_spin s ON s.day_id = l.id
               JOIN rewards_wheelversion x ON x.id = s.version_id
               WHERE l.starts_at > NEW.drawn_at AND x.wheel_id = (
                   SELECT wheel_id FROM rewards_wheelversion WHERE id = NEW.version_id)) THEN
        RAISE EXCEPTION '"spin_goes_along_days"'
            USING ERRCODE = 'check_violation', CONSTRAINT = 'spin_goes_along_days';
    END IF;
    RETURN NEW;
END $$;
CREATE TRIGGER rewards_spin_along_days BEFORE INSERT ON rewards_spin
    FOR EACH ROW EXECUTE FUNCTION draw_along_days();
"""
# Of one wheel one version at a time; one that was replaced before it began has an empty span.
_SPANS = """
ALTER TABLE rewards_wheelversion ADD CONSTRAINT wheel_version_one_at_a_time
    EXCLUDE USING gist (int8range(wheel_id, wheel_id, '[]') WITH &&,
                        tstzrange(starts_at, ends_at) WITH &&)
    WHERE (published_at IS NOT NULL)
"""


class Migration(migrations.Migration):
    dependencies = [("rewards", "0002_guards")]

    operations = [
        migrations.RunSQL(
            _VERSION,
            "DROP TRIGGER rewards_wheelversion_kept ON rewards_wheelversion;"
            " DROP FUNCTION keep_wheel_version();",
        ),
        migrations.RunSQL(_PARTS, "DROP FUNCTION keep_wheel_part();"),
        *(
            migrations.RunSQL(
                f"CREATE TRIGGER rewards_{table}_kept BEFORE INSERT OR UPDATE OR DELETE"
                f" ON rewards_{table} FOR EACH ROW EXECUTE FUNCTION keep_wheel_part();",
                f"DROP TRIGGER rewards_{table}_kept ON rewards_{table};",
            )
            for table in _PART_TABLES
        ),
        migrations.RunSQL(
            _DAY,
            "DROP TRIGGER rewards_wheelday_kept ON rewards_wheelday;"
            " DROP FUNCTION keep_wheel_day();"
            " DROP TRIGGER rewards_spin_of_sealed_day ON rewards_spin;"
            " DROP FUNCTION draw_on_sealed_day();",
        ),
        migrations.RunSQL(
            _ORDER,
            "DROP TRIGGER rewards_spin_along_days ON rewards_spin;"
            " DROP FUNCTION draw_along_days();",
        ),
        migrations.RunSQL(
            _SPANS,
            "ALTER TABLE rewards_wheelversion DROP CONSTRAINT wheel_version_one_at_a_time;",
        ),
        AppendOnly("rewards_spin"),
    ]
