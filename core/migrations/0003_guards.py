"""Rows that are written once."""

from django.db import migrations

from core.append_only import AppendOnly


class Migration(migrations.Migration):
    dependencies = [("core", "0002_initial")]

    operations = [
        AppendOnly("core_auditentry"),
    ]
