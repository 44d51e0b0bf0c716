"""Drop indexes of foreign keys that another index begins with, or that are kept for those rows alone that have one."""

import django.db.models.deletion
from django.db import migrations, models


class Migration(migrations.Migration):
    dependencies = [("devops_sync", "0025_index_pairs_and_what_is_rare")]

    operations = [
        migrations.AlterField(
            model_name="build",
            name="property_set",
            field=models.ForeignKey(
                db_index=False, on_delete=django.db.models.deletion.PROTECT, to="devops_sync.propertyset"
            ),
        ),
        migrations.AlterField(
            model_name="deployment",
            name="property_set",
            field=models.ForeignKey(
                db_index=False, on_delete=django.db.models.deletion.PROTECT, to="devops_sync.propertyset"
            ),
        ),
        migrations.AlterField(
            model_name="cleanup",
            name="site",
            field=models.ForeignKey(
                db_index=False,
                on_delete=django.db.models.deletion.PROTECT,
                related_name="cleanups",
                to="devops_sync.site",
            ),
        ),
        migrations.AlterField(
            model_name="confirmation",
            name="entry",
            field=models.ForeignKey(
                db_index=False,
                on_delete=django.db.models.deletion.PROTECT,
                related_name="confirmations",
                to="devops_sync.entry",
            ),
        ),
        migrations.AlterField(
            model_name="delivery",
            name="deletion",
            field=models.ForeignKey(
                db_index=False,
                null=True,
                on_delete=django.db.models.deletion.PROTECT,
                related_name="deliveries",
                to="devops_sync.deletion",
            ),
        ),
        migrations.AlterField(
            model_name="delivery",
            name="lane",
            field=models.ForeignKey(
                db_index=False,
                on_delete=django.db.models.deletion.PROTECT,
                related_name="deliveries",
                to="devops_sync.lane",
            ),
        ),
        migrations.AlterField(
            model_name="entry",
            name="delivery",
            field=models.ForeignKey(
                db_index=False,
                null=True,
                on_delete=django.db.models.deletion.PROTECT,
                related_name="entries",
                to="devops_sync.delivery",
            ),
        ),
        migrations.AlterField(
            model_name="envelope",
            name="site",
            field=models.ForeignKey(db_index=False, on_delete=django.db.models.deletion.PROTECT, to="devops_sync.site"),
        ),
        migrations.AlterField(
            model_name="firstanswer",
            name="token",
            field=models.ForeignKey(
                db_index=False, on_delete=django.db.models.deletion.PROTECT, to="devops_sync.token"
            ),
        ),
        migrations.AlterField(
            model_name="gate",
            name="site",
            field=models.ForeignKey(
                db_index=False, on_delete=django.db.models.deletion.PROTECT, related_name="gates", to="devops_sync.site"
            ),
        ),
        migrations.AlterField(
            model_name="gatereading",
            name="gate",
            field=models.ForeignKey(
                db_index=False,
                on_delete=django.db.models.deletion.PROTECT,
                related_name="readings",
                to="devops_sync.gate",
            ),
        ),
        migrations.AlterField(
            model_name="propertyset",
            name="site",
            field=models.ForeignKey(db_index=False, on_delete=django.db.models.deletion.PROTECT, to="devops_sync.site"),
        ),
    ]
