"""Mark the current rows whose version Jira rejected, and let the database keep the mark."""

import pgtrigger.compiler
import pgtrigger.migrations
from django.db import migrations, models

_MARK = """
UPDATE "{table}" AS held SET is_rejected = true
FROM entry WHERE entry.id = held.entry_id AND entry.outcome = 'rejected'
"""
_TABLES = ("deployment", "build", "repository", "commit", "branch", "pull_request")


class Migration(migrations.Migration):
    dependencies = [
        ("devops_sync", "0033_index_what_the_audit_log_is_asked"),
    ]

    operations = [
        migrations.AddField(
            model_name="branch",
            name="is_rejected",
            field=models.BooleanField(
                db_default=False,
                default=False,
                help_text="Whether Jira rejected this version: what its entry says, kept here too.",
            ),
        ),
        migrations.AddField(
            model_name="build",
            name="is_rejected",
            field=models.BooleanField(
                db_default=False,
                default=False,
                help_text="Whether Jira rejected this version: what its entry says, kept here too.",
            ),
        ),
        migrations.AddField(
            model_name="commit",
            name="is_rejected",
            field=models.BooleanField(
                db_default=False,
                default=False,
                help_text="Whether Jira rejected this version: what its entry says, kept here too.",
            ),
        ),
        migrations.AddField(
            model_name="deployment",
            name="is_rejected",
            field=models.BooleanField(
                db_default=False,
                default=False,
                help_text="Whether Jira rejected this version: what its entry says, kept here too.",
            ),
        ),
        migrations.AddField(
            model_name="pullrequest",
            name="is_rejected",
            field=models.BooleanField(
                db_default=False,
                default=False,
                help_text="Whether Jira rejected this version: what its entry says, kept here too.",
            ),
        ),
        migrations.AddField(
            model_name="repository",
            name="is_rejected",
            field=models.BooleanField(
                db_default=False,
                default=False,
                help_text="Whether Jira rejected this version: what its entry says, kept here too.",
            ),
        ),
        migrations.AddIndex(
            model_name="branch",
            index=models.Index(
                condition=models.Q(("is_rejected", True)), fields=["-changed_at", "-id"], name="branch_rejected"
            ),
        ),
        migrations.AddIndex(
            model_name="build",
            index=models.Index(
                condition=models.Q(("is_rejected", True)), fields=["-changed_at", "-id"], name="build_rejected"
            ),
        ),
        migrations.AddIndex(
            model_name="commit",
            index=models.Index(
                condition=models.Q(("is_rejected", True)), fields=["-changed_at", "-id"], name="commit_rejected"
            ),
        ),
        migrations.AddIndex(
            model_name="deployment",
            index=models.Index(
                condition=models.Q(("is_rejected", True)), fields=["-changed_at", "-id"], name="deployment_rejected"
            ),
        ),
        migrations.AddIndex(
            model_name="pullrequest",
            index=models.Index(
                condition=models.Q(("is_rejected", True)), fields=["-changed_at", "-id"], name="pull_request_rejected"
            ),
        ),
        migrations.AddIndex(
            model_name="repository",
            index=models.Index(
                condition=models.Q(("is_rejected", True)), fields=["-changed_at", "-id"], name="repository_rejected"
            ),
        ),
        pgtrigger.migrations.AddTrigger(
            model_name="entry",
            trigger=pgtrigger.compiler.Trigger(
                name="marks_rejected",
                sql=pgtrigger.compiler.UpsertTriggerSql(
                    condition="WHEN (OLD.outcome <> NEW.outcome AND 'rejected' IN (OLD.outcome, NEW.outcome))",
                    func="CASE NEW.kind WHEN 'deployment' THEN UPDATE \"deployment\" SET is_rejected = NEW.outcome = 'rejected' WHERE entry_id = NEW.id; WHEN 'build' THEN UPDATE \"build\" SET is_rejected = NEW.outcome = 'rejected' WHERE entry_id = NEW.id; WHEN 'repository' THEN UPDATE \"repository\" SET is_rejected = NEW.outcome = 'rejected' WHERE entry_id = NEW.id; WHEN 'commit' THEN UPDATE \"commit\" SET is_rejected = NEW.outcome = 'rejected' WHERE entry_id = NEW.id; WHEN 'branch' THEN UPDATE \"branch\" SET is_rejected = NEW.outcome = 'rejected' WHERE entry_id = NEW.id; WHEN 'pull_request' THEN UPDATE \"pull_request\" SET is_rejected = NEW.outcome = 'rejected' WHERE entry_id = NEW.id; ELSE NULL; END CASE; RETURN NULL;",
                    hash="80358000b5255b39ec5303514ff57b2f70e3d304",
                    operation='UPDATE OF "outcome"',
                    pgid="pgtrigger_marks_rejected_6e59c",
                    table="entry",
                    when="AFTER",
                ),
            ),
        ),
        # Going back, the column goes with its marks.
        migrations.RunSQL([_MARK.format(table=table) for table in _TABLES], migrations.RunSQL.noop),
    ]
