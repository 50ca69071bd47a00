"""Two days of the wheels never share an instant, whatever the club's time zone was."""

from django.db import migrations

_SPANS = """
ALTER TABLE rewards_wheelday ADD CONSTRAINT wheel_day_one_at_a_time
    EXCLUDE USING gist (tstzrange(starts_at, ends_at) WITH &&) WHERE (discarded_at IS NULL)
"""


class Migration(migrations.Migration):
    dependencies = [("rewards", "0004_stamps_of_versions")]

    operations = [
        migrations.RunSQL(
            _SPANS, "ALTER TABLE rewards_wheelday DROP CONSTRAINT wheel_day_one_at_a_time;"
        ),
    ]
