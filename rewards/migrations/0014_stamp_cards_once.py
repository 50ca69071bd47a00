from django.db import migrations


class Migration(migrations.Migration):
    dependencies = [
        ("rewards", "0013_wheel_days"),
    ]

    operations = [
        migrations.RemoveConstraint(
            model_name="stampcard",
            name="stamp_card_never_over",
        ),
    ]
