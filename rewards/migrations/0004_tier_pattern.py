from django.db import migrations, models


class Migration(migrations.Migration):
    dependencies = [("rewards", "0003_prizes")]

    operations = [
        migrations.AddField(
            model_name="tier",
            name="pattern",
            field=models.CharField(
                blank=True,
                choices=[
                    ("leaves", "leaves"),
                    ("plum", "plum blossom"),
                    ("waves", "waves"),
                    ("rings", "rings of a tree"),
                    ("hemp", "hemp leaves"),
                    ("rays", "rays"),
                ],
                default="",
                help_text="Fine lines behind the words. Without a choice each rank has its own.",
                max_length=10,
                verbose_name="pattern of the card",
            ),
        ),
        migrations.AddConstraint(
            model_name="tier",
            constraint=models.CheckConstraint(
                condition=models.Q(
                    ("pattern", ""),
                    ("pattern__in", ["leaves", "plum", "waves", "rings", "hemp", "rays"]),
                    _connector="OR",
                ),
                name="tier_pattern_is_drawn",
            ),
        ),
    ]
