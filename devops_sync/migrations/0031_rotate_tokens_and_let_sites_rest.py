"""Tokens rotate and may be limited; sites can be paused, and removed while their history stays."""

import django.db.models.deletion
from django.conf import settings
from django.db import migrations, models
from django.db.models import Q


class Migration(migrations.Migration):
    dependencies = [("devops_sync", "0030_sign_in_with_two_factors_and_list_sessions")]

    operations = [
        migrations.AddField("token", "last_used_from", models.GenericIPAddressField(blank=True, null=True)),
        migrations.AddField(
            "token",
            "rate_limit",
            models.IntegerField(blank=True, help_text="Requests in a minute; none: as many as come.", null=True),
        ),
        migrations.AddField("token", "generation", models.IntegerField(db_default=1, default=1)),
        migrations.AddField("token", "rotated_at", models.DateTimeField(blank=True, null=True)),
        migrations.AddField("token", "former_secret_hash", models.BinaryField(max_length=32, null=True)),
        migrations.AddField("token", "former_bearer_hash", models.BinaryField(max_length=32, null=True, unique=True)),
        migrations.AddField("token", "former_until", models.DateTimeField(blank=True, null=True)),
        migrations.AddField("token", "former_used_at", models.DateTimeField(blank=True, null=True)),
        migrations.AddConstraint(
            "token",
            models.CheckConstraint(
                condition=Q(rate_limit=None) | Q(rate_limit__gt=0), name="token_rate_limit_lets_something_through"
            ),
        ),
        migrations.CreateModel(
            name="TokenMinute",
            fields=[
                (
                    "pk",
                    models.CompositePrimaryKey(
                        "token_id", "minute", blank=True, editable=False, primary_key=True, serialize=False
                    ),
                ),
                (
                    "token",
                    models.ForeignKey(
                        db_constraint=False,
                        db_index=False,
                        on_delete=django.db.models.deletion.CASCADE,
                        related_name="minutes",
                        to="devops_sync.token",
                    ),
                ),
                ("minute", models.DateTimeField()),
                ("requests", models.IntegerField(default=0)),
                ("refused", models.IntegerField(default=0)),
            ],
            options={"db_table": "token_minute"},
        ),
        migrations.RunSQL("ALTER TABLE token_minute SET UNLOGGED", "ALTER TABLE token_minute SET LOGGED"),
        migrations.AddField("site", "paused_at", models.DateTimeField(blank=True, null=True)),
        migrations.AddField(
            "site",
            "paused_by",
            models.ForeignKey(
                blank=True,
                null=True,
                on_delete=django.db.models.deletion.PROTECT,
                related_name="+",
                to=settings.AUTH_USER_MODEL,
            ),
        ),
        migrations.AddField(
            "site", "pause_reason", models.CharField(blank=True, db_default="", default="", max_length=300)
        ),
        migrations.AddField("site", "retired_at", models.DateTimeField(blank=True, null=True)),
        migrations.AddField(
            "site",
            "retired_by",
            models.ForeignKey(
                blank=True,
                null=True,
                on_delete=django.db.models.deletion.PROTECT,
                related_name="+",
                to=settings.AUTH_USER_MODEL,
            ),
        ),
        migrations.AddField(
            "site", "former_slug", models.CharField(blank=True, db_default="", default="", max_length=60)
        ),
        migrations.AlterField("site", "cloud_id", models.CharField(max_length=100)),
        migrations.AddConstraint(
            "site",
            models.UniqueConstraint(
                condition=Q(retired_at=None), fields=["cloud_id"], name="site_is_connected_once_to_its_jira"
            ),
        ),
    ]
