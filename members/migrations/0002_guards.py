"""Rows that are written once."""

from django.db import migrations

from core.append_only import AppendOnly


class Migration(migrations.Migration):
    dependencies = [("members", "0001_initial")]

    operations = [
        AppendOnly("members_activity"),
        AppendOnly("members_membermerge"),
        AppendOnly("members_mergeaddition"),
        AppendOnly("members_mergeundo"),
        AppendOnly("members_consent"),
        AppendOnly("members_consentwording"),
    ]
