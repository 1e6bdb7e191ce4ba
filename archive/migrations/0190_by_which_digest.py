"""Versions say by which algorithm their digest is; until now all were SHA-256."""

from django.db import migrations, models


class Migration(migrations.Migration):
    dependencies = [("archive", "0150_scopes_of_the_rest")]

    operations = [
        migrations.AddField(
            model_name="instanceversion",
            name="digest_algorithm",
            field=models.CharField(default="sha256", max_length=10),
            preserve_default=False,
        ),
    ]
