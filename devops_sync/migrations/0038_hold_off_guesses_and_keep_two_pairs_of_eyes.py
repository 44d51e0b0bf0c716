"""Guesses are counted by address, wrong codes rest longer each time, and a loosened approval waits beside what holds."""

import django.db.models.deletion
from django.conf import settings
from django.db import migrations, models


class Migration(migrations.Migration):
    dependencies = [
        ("devops_sync", "0035_find_a_cause_by_its_time"),
    ]

    operations = [
        migrations.CreateModel(
            name="Guesses",
            fields=[
                (
                    "address",
                    models.GenericIPAddressField(
                        help_text="Of IPv6 the first of its /64 network.", primary_key=True, serialize=False
                    ),
                ),
                ("since", models.DateTimeField()),
                ("number", models.IntegerField()),
            ],
            options={
                "db_table": "guesses",
                "constraints": [
                    models.CheckConstraint(
                        condition=models.Q(("number__gte", 0)), name="guesses_are_not_less_than_none"
                    )
                ],
            },
        ),
        migrations.AddField(
            model_name="secondfactor",
            name="rests",
            field=models.PositiveSmallIntegerField(
                db_default=0, default=0, help_text="How often it rested since the last right code."
            ),
        ),
        migrations.AddField(
            model_name="site",
            name="loosens_at",
            field=models.DateTimeField(
                blank=True, help_text="When `loosens_to` takes the place of `approval_above`.", null=True
            ),
        ),
        migrations.AddField(
            model_name="site",
            name="loosens_to",
            field=models.IntegerField(blank=True, null=True),
        ),
        migrations.AddField(
            model_name="site",
            name="loosened_by",
            field=models.ForeignKey(
                blank=True,
                null=True,
                on_delete=django.db.models.deletion.PROTECT,
                related_name="+",
                to=settings.AUTH_USER_MODEL,
            ),
        ),
    ]
