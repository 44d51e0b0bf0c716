"""The audit log, with the triggers that keep it append-only. Taking this back removes what was noted."""

import pgtrigger.compiler
import pgtrigger.migrations
from django.db import migrations, models


class Migration(migrations.Migration):
    dependencies = [
        ("devops_sync", "0027_keep_heads_of_requests_and_let_keys_be_off"),
    ]

    operations = [
        migrations.CreateModel(
            name="AuditCheckpoint",
            fields=[
                ("id", models.BigAutoField(auto_created=True, primary_key=True, serialize=False, verbose_name="ID")),
                ("position", models.BigIntegerField()),
                ("mac", models.BinaryField(max_length=32)),
                ("at", models.DateTimeField()),
                ("key_id", models.CharField(max_length=16)),
                ("signature", models.BinaryField(max_length=32)),
            ],
            options={
                "db_table": "audit_checkpoint",
            },
        ),
        migrations.CreateModel(
            name="AuditLink",
            fields=[
                ("position", models.BigIntegerField(primary_key=True, serialize=False)),
                ("row_id", models.BigIntegerField(unique=True)),
                ("key_id", models.CharField(max_length=16)),
                ("mac", models.BinaryField(max_length=32)),
            ],
            options={
                "db_table": "audit_link",
            },
        ),
        migrations.CreateModel(
            name="AuditPending",
            fields=[
                ("row_id", models.BigIntegerField(primary_key=True, serialize=False)),
            ],
            options={
                "db_table": "audit_pending",
            },
        ),
        migrations.CreateModel(
            name="AuditRow",
            fields=[
                ("id", models.BigAutoField(primary_key=True, serialize=False)),
                ("at", models.DateTimeField()),
                ("act", models.TextField()),
                (
                    "actor_kind",
                    models.TextField(
                        choices=[
                            ("user", "Person"),
                            ("token", "Token"),
                            ("command", "Command"),
                            ("system", "Waybill itself"),
                            ("stranger", "Nobody known"),
                        ]
                    ),
                ),
                ("actor", models.TextField(blank=True, help_text="Their name as it was then.")),
                ("user_id", models.BigIntegerField(null=True)),
                ("token_id", models.BigIntegerField(null=True)),
                ("remote_address", models.TextField(blank=True)),
                ("site_id", models.BigIntegerField(null=True)),
                ("site", models.TextField(blank=True, help_text="The site's short name as it was then.")),
                ("subject_kind", models.TextField(blank=True)),
                ("subject_id", models.TextField(blank=True)),
                ("subject", models.TextField(blank=True, help_text="What it was done on, as a person reads it.")),
                ("before", models.TextField(blank=True)),
                ("after", models.TextField(blank=True)),
            ],
            options={
                "db_table": "audit_row",
            },
        ),
        pgtrigger.migrations.AddTrigger(
            model_name="auditcheckpoint",
            trigger=pgtrigger.compiler.Trigger(
                name="is_append_only",
                sql=pgtrigger.compiler.UpsertTriggerSql(
                    func="RAISE EXCEPTION 'The audit log is append-only: % of % is refused.', TG_OP, TG_TABLE_NAME USING ERRCODE = 'restrict_violation';",
                    hash="43a46310378f6975ca5ae7b961a68ea04882f508",
                    level="STATEMENT",
                    operation="UPDATE OR DELETE OR TRUNCATE",
                    pgid="pgtrigger_is_append_only_6682d",
                    table="audit_checkpoint",
                    when="BEFORE",
                ),
            ),
        ),
        pgtrigger.migrations.AddTrigger(
            model_name="auditlink",
            trigger=pgtrigger.compiler.Trigger(
                name="is_append_only",
                sql=pgtrigger.compiler.UpsertTriggerSql(
                    func="RAISE EXCEPTION 'The audit log is append-only: % of % is refused.', TG_OP, TG_TABLE_NAME USING ERRCODE = 'restrict_violation';",
                    hash="8c4befdc350ccbedaba2501a59f7877fe582d46d",
                    level="STATEMENT",
                    operation="UPDATE OR DELETE OR TRUNCATE",
                    pgid="pgtrigger_is_append_only_bef5b",
                    table="audit_link",
                    when="BEFORE",
                ),
            ),
        ),
        migrations.AddIndex(
            model_name="auditrow",
            index=models.Index(fields=["subject_kind", "subject_id", "-id"], name="audit_row_of_subject"),
        ),
        migrations.AddConstraint(
            model_name="auditrow",
            constraint=models.CheckConstraint(
                condition=models.Q(("actor_kind__in", ["user", "token", "command", "system", "stranger"])),
                name="audit_row_actor_kind_is_known",
            ),
        ),
        pgtrigger.migrations.AddTrigger(
            model_name="auditrow",
            trigger=pgtrigger.compiler.Trigger(
                name="is_append_only",
                sql=pgtrigger.compiler.UpsertTriggerSql(
                    func="RAISE EXCEPTION 'The audit log is append-only: % of % is refused.', TG_OP, TG_TABLE_NAME USING ERRCODE = 'restrict_violation';",
                    hash="e4d9ee538fe1e971b41b29fb3c90aacd26f4fbc2",
                    level="STATEMENT",
                    operation="UPDATE OR DELETE OR TRUNCATE",
                    pgid="pgtrigger_is_append_only_20dc0",
                    table="audit_row",
                    when="BEFORE",
                ),
            ),
        ),
    ]
