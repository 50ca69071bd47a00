"""Stamps and the published terms of stamp cards are written once."""

from django.db import migrations

from core.append_only import AppendOnly


class Migration(migrations.Migration):
    dependencies = [("rewards", "0008_wheel_guards")]

    operations = [
        AppendOnly("rewards_challengeversion"),
        AppendOnly("rewards_challengegate"),
        AppendOnly("rewards_stamp"),
    ]
