"""Find what was rejected for a cause lately, however much ever was."""

from django.db import migrations, models


class Migration(migrations.Migration):
    dependencies = [
        ("devops_sync", "0034_mark_what_was_rejected"),
    ]

    operations = [
        migrations.AddIndex(
            model_name="entry",
            index=models.Index(
                condition=models.Q(("outcome", "rejected")),
                fields=["cause", "-outcome_at"],
                name="entry_of_cause_lately",
            ),
        ),
    ]
