from django.db import migrations, models


class Migration(migrations.Migration):
    dependencies = [
        ("devops_sync", "0011_sort_older_rejections"),
    ]

    operations = [
        migrations.AlterField(
            model_name="confirmation",
            name="result",
            field=models.CharField(
                blank=True,
                choices=[
                    ("", "Unanswered"),
                    ("confirmed", "Confirmed"),
                    ("different", "Different"),
                    ("missing", "Missing"),
                    ("not_told", "Cannot be told"),
                ],
                default="",
                max_length=20,
            ),
        ),
        migrations.AlterField(
            model_name="delivery",
            name="verdict",
            field=models.CharField(
                blank=True,
                choices=[
                    ("", "Unanswered"),
                    ("received", "Answered"),
                    ("split", "Refused whole, sent in halves"),
                    ("refused", "Refused"),
                    ("later", "To be tried later"),
                    ("held", "Held"),
                ],
                default="",
                max_length=20,
            ),
        ),
        migrations.AlterField(
            model_name="entry",
            name="read_back",
            field=models.CharField(
                choices=[
                    ("not_read", "Not read"),
                    ("confirmed", "Confirmed"),
                    ("different", "Different"),
                    ("missing", "Missing"),
                    ("not_told", "Cannot be told"),
                ],
                default="not_read",
                max_length=20,
            ),
        ),
    ]
