import django.contrib.postgres.fields
import django.db.models.deletion
from django.conf import settings
from django.db import migrations, models


class Migration(migrations.Migration):
    dependencies = [
        ("devops_sync", "0019_save_views_and_find_submissions"),
    ]

    operations = [
        migrations.AddField(
            model_name="site",
            name="approval_above",
            field=models.IntegerField(
                default=10000,
                help_text="From more entities than this on, a second admin has to approve a deletion; none: never.",
                null=True,
            ),
        ),
        migrations.CreateModel(
            name="CleanupRule",
            fields=[
                ("id", models.BigAutoField(auto_created=True, primary_key=True, serialize=False, verbose_name="ID")),
                ("name", models.CharField(max_length=100)),
                (
                    "apis",
                    django.contrib.postgres.fields.ArrayField(base_field=models.CharField(max_length=20), size=None),
                ),
                ("properties", models.JSONField()),
                ("older_than", models.IntegerField(help_text="Days since it last changed.")),
                ("every", models.IntegerField(default=1, help_text="Days between two runs.")),
                ("is_on", models.BooleanField(default=False)),
                ("created_at", models.DateTimeField()),
                ("confirmed_at", models.DateTimeField(null=True)),
                ("next_at", models.DateTimeField(null=True)),
                (
                    "confirmed_by",
                    models.ForeignKey(
                        null=True,
                        on_delete=django.db.models.deletion.PROTECT,
                        related_name="+",
                        to=settings.AUTH_USER_MODEL,
                    ),
                ),
                (
                    "site",
                    models.ForeignKey(
                        on_delete=django.db.models.deletion.PROTECT, related_name="cleanup_rules", to="devops_sync.site"
                    ),
                ),
                (
                    "user",
                    models.ForeignKey(
                        on_delete=django.db.models.deletion.PROTECT, related_name="+", to=settings.AUTH_USER_MODEL
                    ),
                ),
            ],
            options={
                "db_table": "cleanup_rule",
            },
        ),
        migrations.CreateModel(
            name="Cleanup",
            fields=[
                ("id", models.BigAutoField(auto_created=True, primary_key=True, serialize=False, verbose_name="ID")),
                (
                    "origin",
                    models.CharField(
                        choices=[
                            ("page", "By hand"),
                            ("shell", "Command line"),
                            ("gateway", "A client's own request"),
                            ("rule", "A rule"),
                        ],
                        max_length=10,
                    ),
                ),
                (
                    "state",
                    models.CharField(
                        choices=[
                            ("previewed", "Previewed"),
                            ("awaiting", "Awaiting approval"),
                            ("delayed", "Starts soon"),
                            ("running", "Running"),
                            ("paused", "Paused"),
                            ("stopped", "Stopped"),
                            ("proving", "Being proven"),
                            ("proven", "Proven"),
                            ("unproven", "Not proven"),
                            ("cancelled", "Cancelled"),
                        ],
                        default="previewed",
                        max_length=10,
                    ),
                ),
                ("remote_address", models.GenericIPAddressField(null=True)),
                ("asked_at", models.DateTimeField()),
                ("what", models.CharField(help_text="What it is about, in a person's words.", max_length=1000)),
                (
                    "apis",
                    django.contrib.postgres.fields.ArrayField(base_field=models.CharField(max_length=20), size=None),
                ),
                ("properties", models.JSONField(help_text="None for a list of keys.", null=True)),
                (
                    "until_sequence",
                    models.BigIntegerField(help_text="Only what has at most this sequence goes.", null=True),
                ),
                (
                    "person",
                    models.CharField(
                        blank=True, help_text="Whose traces go, where a person is forgotten.", max_length=300
                    ),
                ),
                ("previewed_at", models.DateTimeField()),
                (
                    "seen_to",
                    models.BigIntegerField(help_text="The number of the last entry that the preview can have seen."),
                ),
                ("preview", models.JSONField(default=dict)),
                ("total", models.IntegerField(default=0, help_text="How many entities would go from Jira.")),
                ("fingerprint", models.CharField(max_length=64)),
                ("reason", models.TextField(blank=True)),
                ("confirmed_at", models.DateTimeField(null=True)),
                ("needs_approval", models.BooleanField(default=False)),
                ("approved_at", models.DateTimeField(null=True)),
                ("delay", models.IntegerField(default=0, help_text="Seconds between the last yes and the start.")),
                ("starts_at", models.DateTimeField(null=True)),
                ("started_at", models.DateTimeField(null=True)),
                (
                    "asked_all_at",
                    models.DateTimeField(help_text="When Jira had answered the last of its requests.", null=True),
                ),
                ("finished_at", models.DateTimeField(null=True)),
                ("stopped_for", models.TextField(blank=True, help_text="Why it stopped, in a sentence.")),
                (
                    "history",
                    models.JSONField(default=list, help_text="What was done with it: at, by, what; oldest first."),
                ),
                ("report", models.BinaryField(help_text="The sealed report: canonical JSON.", null=True)),
                ("report_sha256", models.BinaryField(max_length=32, null=True)),
                (
                    "approved_by",
                    models.ForeignKey(
                        null=True,
                        on_delete=django.db.models.deletion.PROTECT,
                        related_name="+",
                        to=settings.AUTH_USER_MODEL,
                    ),
                ),
                (
                    "confirmed_by",
                    models.ForeignKey(
                        null=True,
                        on_delete=django.db.models.deletion.PROTECT,
                        related_name="+",
                        to=settings.AUTH_USER_MODEL,
                    ),
                ),
                (
                    "site",
                    models.ForeignKey(
                        on_delete=django.db.models.deletion.PROTECT, related_name="cleanups", to="devops_sync.site"
                    ),
                ),
                (
                    "token",
                    models.ForeignKey(
                        null=True,
                        on_delete=django.db.models.deletion.PROTECT,
                        related_name="cleanups",
                        to="devops_sync.token",
                    ),
                ),
                (
                    "user",
                    models.ForeignKey(
                        null=True,
                        on_delete=django.db.models.deletion.PROTECT,
                        related_name="cleanups",
                        to=settings.AUTH_USER_MODEL,
                    ),
                ),
                (
                    "rule",
                    models.ForeignKey(
                        null=True,
                        on_delete=django.db.models.deletion.PROTECT,
                        related_name="cleanups",
                        to="devops_sync.cleanuprule",
                    ),
                ),
            ],
            options={
                "db_table": "cleanup",
            },
        ),
        migrations.CreateModel(
            name="ProofReading",
            fields=[
                ("id", models.BigAutoField(auto_created=True, primary_key=True, serialize=False, verbose_name="ID")),
                ("position", models.IntegerField()),
                ("api", models.CharField(max_length=20)),
                (
                    "kind",
                    models.CharField(
                        blank=True, help_text="Empty: whether anything has the properties.", max_length=20
                    ),
                ),
                ("key", models.TextField(blank=True)),
                ("due_at", models.DateTimeField()),
                ("tries", models.SmallIntegerField(default=0)),
                ("url", models.TextField(blank=True)),
                ("status", models.SmallIntegerField(null=True)),
                ("body", models.BinaryField(default=bytes)),
                ("failure", models.TextField(blank=True)),
                (
                    "result",
                    models.CharField(
                        blank=True,
                        choices=[
                            ("", "Not yet asked"),
                            ("gone", "Gone"),
                            ("there", "Still there"),
                            ("newer", "Sent again since"),
                            ("not_told", "Cannot be told"),
                        ],
                        default="",
                        max_length=10,
                    ),
                ),
                ("answered_at", models.DateTimeField(null=True)),
                (
                    "answers",
                    models.JSONField(default=list, help_text="Each time it was asked: when, and what came back."),
                ),
                (
                    "cleanup",
                    models.ForeignKey(
                        db_index=False,
                        on_delete=django.db.models.deletion.PROTECT,
                        related_name="readings",
                        to="devops_sync.cleanup",
                    ),
                ),
            ],
            options={
                "db_table": "proof_reading",
            },
        ),
        migrations.CreateModel(
            name="Redaction",
            fields=[
                ("id", models.BigAutoField(auto_created=True, primary_key=True, serialize=False, verbose_name="ID")),
                ("record", models.CharField(help_text="The table: submission, entry or delivery.", max_length=20)),
                ("number", models.CharField(help_text="The row's number or id.", max_length=40)),
                ("column", models.CharField(max_length=20)),
                ("sha256_before", models.BinaryField(max_length=32)),
                ("sha256_after", models.BinaryField(max_length=32)),
                ("fields", models.IntegerField(help_text="How many fields were redacted in it.")),
                ("redacted_at", models.DateTimeField()),
                (
                    "cleanup",
                    models.ForeignKey(
                        on_delete=django.db.models.deletion.PROTECT, related_name="redactions", to="devops_sync.cleanup"
                    ),
                ),
            ],
            options={
                "db_table": "redaction",
            },
        ),
        migrations.CreateModel(
            name="CleanupPart",
            fields=[
                ("id", models.BigAutoField(auto_created=True, primary_key=True, serialize=False, verbose_name="ID")),
                ("position", models.IntegerField()),
                ("api", models.CharField(max_length=20)),
                ("kind", models.CharField(blank=True, max_length=20)),
                ("key", models.TextField(blank=True)),
                ("total", models.IntegerField(default=0, help_text="How many entities the preview counted in Jira.")),
                (
                    "state",
                    models.CharField(
                        choices=[
                            ("todo", "Not yet asked"),
                            ("marking", "Being marked"),
                            ("standing", "In its lane"),
                            ("cancelled", "Cancelled"),
                        ],
                        default="todo",
                        max_length=10,
                    ),
                ),
                (
                    "stamp",
                    models.DateTimeField(
                        help_text="What marks its entities as deleted: their `deleted_at`.", null=True
                    ),
                ),
                (
                    "seen_to",
                    models.BigIntegerField(help_text="Up to which entry it was seen that no more match.", null=True),
                ),
                ("marked", models.IntegerField(default=0)),
                ("withdrawn", models.IntegerField(default=0)),
                (
                    "cleanup",
                    models.ForeignKey(
                        db_index=False,
                        on_delete=django.db.models.deletion.PROTECT,
                        related_name="parts",
                        to="devops_sync.cleanup",
                    ),
                ),
                (
                    "deletion",
                    models.OneToOneField(
                        null=True,
                        on_delete=django.db.models.deletion.PROTECT,
                        related_name="part",
                        to="devops_sync.deletion",
                    ),
                ),
            ],
            options={
                "db_table": "cleanup_part",
                "constraints": [
                    models.UniqueConstraint(fields=("cleanup", "position"), name="cleanup_part_has_its_place")
                ],
            },
        ),
        migrations.AddConstraint(
            model_name="cleanuprule",
            constraint=models.UniqueConstraint(fields=("site", "name"), name="cleanup_rule_name_is_unique_in_its_site"),
        ),
        migrations.AddConstraint(
            model_name="cleanuprule",
            constraint=models.CheckConstraint(
                condition=models.Q(("every__gte", 1), ("older_than__gte", 1)), name="cleanup_rule_counts_in_days"
            ),
        ),
        migrations.AddIndex(
            model_name="cleanup",
            index=models.Index(fields=["site", "-id"], name="cleanup_of_site"),
        ),
        migrations.AddIndex(
            model_name="cleanup",
            index=models.Index(
                condition=models.Q(("state__in", ["running", "proving", "delayed"])),
                fields=["id"],
                name="cleanup_moving",
            ),
        ),
        migrations.AddConstraint(
            model_name="proofreading",
            constraint=models.UniqueConstraint(fields=("cleanup", "position"), name="proof_reading_has_its_place"),
        ),
        migrations.AddIndex(
            model_name="redaction",
            index=models.Index(fields=["record", "number"], name="redaction_of_record"),
        ),
    ]
