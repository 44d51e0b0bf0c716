"""Index what the pages ask of the audit log. Of what is frequent only its time, its site, who, and from where."""

import django.contrib.postgres.indexes
import django.db.models.functions.text
from django.db import migrations, models

import devops_sync.models.saying


class Migration(migrations.Migration):
    dependencies = [
        ("devops_sync", "0032_say_what_looks_like_a_secret"),
    ]

    operations = [
        migrations.AddIndex(
            model_name="auditrow",
            index=models.Index(fields=["at", "id"], name="audit_row_by_time"),
        ),
        migrations.AddIndex(
            model_name="auditrow",
            index=models.Index(fields=["site_id", "at", "id"], name="audit_row_of_site"),
        ),
        migrations.AddIndex(
            model_name="auditrow",
            index=models.Index(fields=["actor", "at", "id"], name="audit_row_of_actor"),
        ),
        migrations.AddIndex(
            model_name="auditrow",
            index=models.Index(fields=["remote_address", "at", "id"], name="audit_row_from_address"),
        ),
        migrations.AddIndex(
            model_name="auditrow",
            index=models.Index(
                condition=models.Q(("act", "submission.received"), _negated=True),
                fields=["act", "at", "id"],
                name="audit_row_of_act",
            ),
        ),
        migrations.AddIndex(
            model_name="auditrow",
            index=models.Index(
                condition=models.Q(("actor_kind", "token"), _negated=True),
                fields=["actor_kind", "at", "id"],
                name="audit_row_of_actor_kind",
            ),
        ),
        migrations.AddIndex(
            model_name="auditrow",
            index=django.contrib.postgres.indexes.GinIndex(
                django.contrib.postgres.indexes.OpClass(
                    django.db.models.functions.text.Upper(
                        devops_sync.models.saying.Lines(
                            models.F("subject"),
                            models.Value("\n"),
                            models.F("actor"),
                            models.Value("\n"),
                            models.F("before"),
                            models.Value("\n"),
                            models.F("after"),
                        )
                    ),
                    name="gin_trgm_ops",
                ),
                condition=models.Q(("act", "submission.received"), _negated=True),
                name="audit_row_saying",
            ),
        ),
    ]
