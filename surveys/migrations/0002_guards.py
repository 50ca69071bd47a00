"""What the models of surveys can't say: what is published stays, and jumps go forwards."""

from django.db import migrations

_VERSION = """
CREATE FUNCTION keep_survey_version() RETURNS trigger LANGUAGE plpgsql AS $$
BEGIN
    IF OLD.state = 'draft' THEN
        RETURN CASE WHEN TG_OP = 'DELETE' THEN OLD ELSE NEW END;
    END IF;
    -- published_by empties itself when that login is deleted.
    IF TG_OP = 'DELETE'
            OR to_jsonb(OLD) - ARRAY['state', 'published_by_id']
                <> to_jsonb(NEW) - ARRAY['state', 'published_by_id']
            OR NEW.state = 'draft' OR (OLD.state = 'retired' AND NEW.state <> 'retired') THEN
        RAISE EXCEPTION '"survey_version_stays_as_published"'
            USING ERRCODE = 'check_violation', CONSTRAINT = 'survey_version_stays_as_published';
    END IF;
    RETURN NEW;
END $$;
CREATE TRIGGER surveys_surveyversion_kept BEFORE UPDATE OR DELETE ON surveys_surveyversion
    FOR EACH ROW EXECUTE FUNCTION keep_survey_version();
"""
_PARTS = """
CREATE FUNCTION keep_survey_part() RETURNS trigger LANGUAGE plpgsql AS $$
DECLARE owners bigint[];
BEGIN
    -- Where it was and where it is to be: OLD is null for an INSERT, NEW for a DELETE.
    IF TG_TABLE_NAME IN ('surveys_question', 'surveys_score') THEN
        owners := ARRAY[OLD.version_id, NEW.version_id];
    ELSIF TG_TABLE_NAME = 'surveys_scoreterm' THEN
        SELECT array_agg(version_id) INTO owners FROM surveys_score
        WHERE id IN (OLD.score_id, NEW.score_id);
    ELSE
        SELECT array_agg(version_id) INTO owners FROM surveys_question
        WHERE id IN (OLD.question_id, NEW.question_id);
    END IF;
    IF EXISTS (SELECT FROM surveys_surveyversion
               WHERE id = ANY(owners) AND state <> 'draft') THEN
        RAISE EXCEPTION '"survey_version_stays_as_published"'
            USING ERRCODE = 'check_violation', CONSTRAINT = 'survey_version_stays_as_published';
    END IF;
    RETURN CASE WHEN TG_OP = 'DELETE' THEN OLD ELSE NEW END;
END $$;
"""
_PART_TABLES = ("question", "choice", "branch", "score", "scoreterm")
# Asked at the end of the transaction, so that questions can change their places.
_FORWARDS = """
CREATE FUNCTION branch_goes_forwards() RETURNS trigger LANGUAGE plpgsql AS $$
BEGIN
    IF EXISTS (
        SELECT FROM surveys_branch b
        JOIN surveys_question q ON q.id = b.question_id
        JOIN surveys_question t ON t.id = b.goes_to_id
        WHERE (CASE TG_TABLE_NAME WHEN 'surveys_branch' THEN b.id = NEW.id
               ELSE q.id = NEW.id OR t.id = NEW.id END)
          AND (t.version_id <> q.version_id OR t.position <= q.position)) THEN
        RAISE EXCEPTION '"branch_goes_forwards"'
            USING ERRCODE = 'check_violation', CONSTRAINT = 'branch_goes_forwards';
    END IF;
    RETURN NULL;
END $$;
CREATE CONSTRAINT TRIGGER surveys_branch_forwards AFTER INSERT OR UPDATE ON surveys_branch
    DEFERRABLE INITIALLY DEFERRED FOR EACH ROW EXECUTE FUNCTION branch_goes_forwards();
CREATE CONSTRAINT TRIGGER surveys_question_forwards
    AFTER UPDATE OF position, version_id ON surveys_question
    DEFERRABLE INITIALLY DEFERRED FOR EACH ROW EXECUTE FUNCTION branch_goes_forwards();
"""
_TERMS = """
CREATE FUNCTION score_term_of_its_version() RETURNS trigger LANGUAGE plpgsql AS $$
BEGIN
    IF (SELECT version_id FROM surveys_score WHERE id = NEW.score_id)
            <> (SELECT version_id FROM surveys_question WHERE id = NEW.question_id) THEN
        RAISE EXCEPTION '"score_term_is_of_its_version"'
            USING ERRCODE = 'check_violation', CONSTRAINT = 'score_term_is_of_its_version';
    END IF;
    RETURN NEW;
END $$;
CREATE TRIGGER surveys_scoreterm_of_its_version BEFORE INSERT OR UPDATE ON surveys_scoreterm
    FOR EACH ROW EXECUTE FUNCTION score_term_of_its_version();
"""


class Migration(migrations.Migration):
    dependencies = [("surveys", "0001_initial")]

    operations = [
        migrations.RunSQL(
            _VERSION,
            "DROP TRIGGER surveys_surveyversion_kept ON surveys_surveyversion;"
            " DROP FUNCTION keep_survey_version();",
        ),
        migrations.RunSQL(
            _PARTS
            + "".join(
                f"CREATE TRIGGER surveys_{table}_kept BEFORE INSERT OR UPDATE OR DELETE"
                f" ON surveys_{table} FOR EACH ROW EXECUTE FUNCTION keep_survey_part();"
                for table in _PART_TABLES
            ),
            "".join(f"DROP TRIGGER surveys_{table}_kept ON surveys_{table};"
                    for table in _PART_TABLES)
            + "DROP FUNCTION keep_survey_part();",
        ),
        migrations.RunSQL(
            _FORWARDS,
            "DROP TRIGGER surveys_question_forwards ON surveys_question;"
            " DROP TRIGGER surveys_branch_forwards ON surveys_branch;"
            " DROP FUNCTION branch_goes_forwards();",
        ),
        migrations.RunSQL(
            _TERMS,
            "DROP TRIGGER surveys_scoreterm_of_its_version ON surveys_scoreterm;"
            " DROP FUNCTION score_term_of_its_version();",
        ),
    ]  # fmt: skip
