"""Rows that are written once."""

from django.db import migrations

from core.append_only import AppendOnly


class Migration(migrations.Migration):
    dependencies = [("purchases", "0001_initial")]

    operations = [
        AppendOnly("purchases_purchaseversion"),
    ]
