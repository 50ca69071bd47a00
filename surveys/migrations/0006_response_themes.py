from django.db import migrations, models


class Migration(migrations.Migration):
    dependencies = [("surveys", "0005_in_any_case")]

    operations = [
        migrations.AddField(
            model_name="response",
            name="themes",
            field=models.ManyToManyField(
                blank=True,
                help_text="What its own words are about; results count by them.",
                related_name="responses",
                to="surveys.theme",
                verbose_name="themes",
            ),
        ),
    ]
