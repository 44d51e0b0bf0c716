"""Index what the pages ask together, and what is rare: what was deleted, what came to an unusual end, what waits for a yes."""

import django.contrib.postgres.indexes
from django.db import migrations, models


class Migration(migrations.Migration):
    dependencies = [("devops_sync", "0024_tell_marked_from_deleted")]

    operations = [
        migrations.AddIndex(
            model_name="branch",
            index=models.Index(
                condition=models.Q(("deleted_at__isnull", False)),
                fields=["site", "repository_id", "-changed_at", "-id"],
                name="branch_deleted",
            ),
        ),
        migrations.AddIndex(
            model_name="build",
            index=models.Index(
                condition=models.Q(("state", "successful"), _negated=True),
                fields=["pipeline_id", "state", "-changed_at", "-id"],
                name="build_of_pipeline_state",
            ),
        ),
        migrations.AddIndex(
            model_name="build",
            index=django.contrib.postgres.indexes.BrinIndex(
                autosummarize=True, fields=["deleted_at"], name="build_deleted", pages_per_range=32
            ),
        ),
        migrations.AddIndex(
            model_name="cleanup",
            index=models.Index(condition=models.Q(("state", "awaiting")), fields=["site"], name="cleanup_awaiting"),
        ),
        migrations.AddIndex(
            model_name="commit",
            index=models.Index(
                condition=models.Q(("deleted_at__isnull", False)),
                fields=["site", "repository_id", "-changed_at", "-id"],
                name="commit_deleted",
            ),
        ),
        migrations.AddIndex(
            model_name="delivery",
            index=models.Index(
                condition=models.Q(("deletion__isnull", False)), fields=["deletion"], name="delivery_of_deletion"
            ),
        ),
        migrations.AddIndex(
            model_name="deployment",
            index=models.Index(
                condition=models.Q(("state", "successful"), _negated=True),
                fields=["pipeline_id", "state", "-changed_at", "-id"],
                name="deployment_of_pipeline_state",
            ),
        ),
        migrations.AddIndex(
            model_name="deployment",
            index=django.contrib.postgres.indexes.BrinIndex(
                autosummarize=True, fields=["deleted_at"], name="deployment_deleted", pages_per_range=32
            ),
        ),
        migrations.AddIndex(
            model_name="entry",
            index=models.Index(
                condition=models.Q(("delivery__isnull", False)), fields=["delivery"], name="entry_of_delivery"
            ),
        ),
        migrations.AddIndex(
            model_name="entry",
            index=models.Index(
                condition=models.Q(("outcome__in", ["refused", "out_of_order", "superseded", "withdrawn", "rejected"])),
                fields=["kind", "outcome", "id"],
                name="entry_unusual",
            ),
        ),
        migrations.AddIndex(
            model_name="pullrequest",
            index=models.Index(
                condition=models.Q(("deleted_at__isnull", False)),
                fields=["site", "repository_id", "-changed_at", "-id"],
                name="pull_request_deleted",
            ),
        ),
        migrations.AddIndex(
            model_name="repository",
            index=models.Index(
                condition=models.Q(("deleted_at__isnull", False)),
                fields=["-changed_at", "-id"],
                name="repository_deleted",
            ),
        ),
        migrations.AddIndex(
            model_name="build",
            index=models.Index(
                condition=models.Q(("state", "successful"), _negated=True),
                fields=["property_set", "state"],
                name="build_of_set_state",
            ),
        ),
        migrations.AddIndex(
            model_name="deployment",
            index=models.Index(
                condition=models.Q(("state", "successful"), _negated=True),
                fields=["property_set", "state"],
                name="deployment_of_set_state",
            ),
        ),
        migrations.AddIndex(
            model_name="build",
            index=models.Index(
                fields=["property_set", "-changed_at", "-id"],
                include=["entry", "sequence", "site", "pipeline_id"],
                name="build_of_set",
            ),
        ),
        migrations.AddIndex(
            model_name="deployment",
            index=models.Index(
                fields=["property_set", "-changed_at", "-id"],
                include=[
                    "entry",
                    "sequence",
                    "site",
                    "pipeline_id",
                    "environment_id",
                    "environment_type",
                ],
                name="deployment_of_set",
            ),
        ),
    ]
