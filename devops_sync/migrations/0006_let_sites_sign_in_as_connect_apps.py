from django.db import migrations, models


class Migration(migrations.Migration):
    dependencies = [
        ("devops_sync", "0005_keep_first_answers"),
    ]

    operations = [
        migrations.AddField(
            model_name="site",
            name="auth",
            field=models.CharField(
                choices=[("oauth", "OAuth credential"), ("connect", "Connect app")],
                default="oauth",
                max_length=10,
            ),
        ),
    ]
