import django.db.models.deletion
from django.conf import settings
from django.db import migrations, models


class Migration(migrations.Migration):
    dependencies = [
        ("devops_sync", "0013_plan_a_million_quickly"),
    ]

    operations = [
        migrations.CreateModel(
            name="Retirement",
            fields=[
                ("id", models.BigAutoField(auto_created=True, primary_key=True, serialize=False, verbose_name="ID")),
                ("what", models.CharField(choices=[("pipeline", "Pipeline"), ("token", "Token")], max_length=10)),
                (
                    "ident",
                    models.CharField(help_text="The id of the pipeline, or the number of the token.", max_length=255),
                ),
                ("retired_at", models.DateTimeField()),
                (
                    "site",
                    models.ForeignKey(
                        db_index=False,
                        on_delete=django.db.models.deletion.PROTECT,
                        related_name="retirements",
                        to="devops_sync.site",
                    ),
                ),
                (
                    "user",
                    models.ForeignKey(
                        null=True,
                        on_delete=django.db.models.deletion.PROTECT,
                        related_name="retirements",
                        to=settings.AUTH_USER_MODEL,
                    ),
                ),
            ],
            options={
                "db_table": "retirement",
                "constraints": [
                    models.UniqueConstraint(fields=("site", "what", "ident"), name="retirement_is_said_once")
                ],
            },
        ),
    ]
