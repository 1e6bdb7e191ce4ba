"""Versions say by which algorithm their digest is; until now all were SHA-256."""

from django.db import migrations, models


class Migration(migrations.Migration):
    dependencies = [("archive", "0180_modalities_found_at_once")]

    operations = [
        migrations.AddField(
            model_name="instanceversion",
            name="digest_algorithm",
            field=models.CharField(default="sha256", max_length=10),
            preserve_default=False,
        ),
    ]
