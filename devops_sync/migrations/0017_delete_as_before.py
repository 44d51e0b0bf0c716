from django.db import migrations, models


class Migration(migrations.Migration):
    dependencies = [
        ("devops_sync", "0016_remember_hidden_columns"),
    ]

    operations = [
        migrations.AddField(
            model_name="erranditem",
            name="was_deleted_at",
            field=models.DateTimeField(
                help_text="When what it brought back had been deleted: cancelled, it is deleted as before.", null=True
            ),
        ),
    ]
