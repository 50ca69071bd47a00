"""What the models can't say: one unit per transfer, and rows that are written once."""

from django.db import migrations

from core.append_only import AppendOnly


class Migration(migrations.Migration):
    dependencies = [("rewards", "0001_initial")]

    operations = [
        migrations.RunSQL(
            sql="""
            ALTER TABLE rewards_transfer
                ADD CONSTRAINT transfer_debit_within_unit FOREIGN KEY (debit_account_id, unit)
                    REFERENCES rewards_account (id, unit),
                ADD CONSTRAINT transfer_credit_within_unit FOREIGN KEY (credit_account_id, unit)
                    REFERENCES rewards_account (id, unit);
            """,
            reverse_sql="""
            ALTER TABLE rewards_transfer
                DROP CONSTRAINT transfer_debit_within_unit,
                DROP CONSTRAINT transfer_credit_within_unit;
            """,
        ),
        AppendOnly("rewards_transfer"),
        AppendOnly("rewards_lotmove"),
        AppendOnly("rewards_award"),
        AppendOnly("rewards_reversal"),
        AppendOnly("rewards_tierchange"),
        AppendOnly("rewards_redemptionevent"),
        AppendOnly("rewards_pointsrate"),
        AppendOnly("rewards_challengeversion"),
        AppendOnly("rewards_challengegate"),
        AppendOnly("rewards_stamp"),
    ]
