from django.contrib.postgres.indexes import GinIndex, OpClass
from django.contrib.postgres.operations import TrigramExtension
from django.db import migrations, models
from django.db.models import F, Value
from django.db.models.functions import Cast, Upper

from devops_sync.models.saying import Lines

NUMBER = (Value("#"), Cast("number", models.TextField()))
LINE = Value("\n")


class Trigrams(TrigramExtension):
    """Stays when the migration is taken back: it may have been there before, or belong to somebody else."""

    def database_backwards(self, *args: object, **more: object) -> None:
        """Nothing to take back."""


class Migration(migrations.Migration):
    dependencies = [
        ("devops_sync", "0014_let_silence_be_expected"),
    ]

    operations = [
        Trigrams(),
        migrations.AddIndex(
            model_name="build",
            index=GinIndex(
                OpClass(
                    Upper(
                        Lines(
                            *NUMBER,
                            *(LINE, F("label")),
                            *(LINE, F("display_name")),
                            *(LINE, F("description")),
                            *(LINE, F("pipeline_id")),
                        )
                    ),
                    name="gin_trgm_ops",
                ),
                name="build_by_text",
            ),
        ),
        migrations.AddIndex(
            model_name="commit",
            index=models.Index(fields=["ident"], name="commit_by_hash", opclasses=["varchar_pattern_ops"]),
        ),
        migrations.AddIndex(
            model_name="deployment",
            index=GinIndex(
                OpClass(
                    Upper(
                        Lines(
                            *NUMBER,
                            *(LINE, F("label")),
                            *(LINE, F("display_name")),
                            *(LINE, F("description")),
                            *(LINE, F("pipeline_name")),
                            *(LINE, F("pipeline_id")),
                        )
                    ),
                    name="gin_trgm_ops",
                ),
                name="deployment_by_text",
            ),
        ),
    ]
