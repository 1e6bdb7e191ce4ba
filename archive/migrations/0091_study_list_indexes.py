"""Indexes that lead to studies of a rare modality or study code, for the list and its count."""

from django.contrib.postgres.indexes import GinIndex
from django.db import migrations, models


class Migration(migrations.Migration):
    dependencies = (("archive", "0090_receiving_at_once"),)
    operations = (
        migrations.AddIndex("study", GinIndex(fields=("modalities",), name="study_by_modality")),
        migrations.AddIndex(
            "study",
            models.Index(
                fields=("environment", "study_code", "-received_at", "-id"), name="study_by_code"
            ),
        ),
    )
