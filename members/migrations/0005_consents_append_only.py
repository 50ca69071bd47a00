from django.db import migrations

from core.append_only import AppendOnly


class Migration(migrations.Migration):
    dependencies = [("members", "0004_record_models"), ("core", "0001_initial")]

    operations = [AppendOnly("members_consent"), AppendOnly("members_consentwording")]
