"""The tables of `archive.models.volumes`, as they are after 0220."""

import django.db.models.deletion
from django.db import models
from django.db.migrations import CreateModel

from archive.migrations.squashed_0220.fields import environment

MODELS = (
    CreateModel(
        name="VolumeDay",
        fields=[
            (
                "id",
                models.BigAutoField(
                    auto_created=True, primary_key=True, serialize=False, verbose_name="ID"
                ),
            ),
            environment(),
            (
                "organisation",
                models.ForeignKey(
                    on_delete=django.db.models.deletion.PROTECT,
                    related_name="volumes",
                    to="archive.organisation",
                ),
            ),
            ("content_type", models.CharField(max_length=32)),
            ("day", models.DateField()),
            ("studies", models.PositiveIntegerField(default=0)),
            ("instances", models.PositiveBigIntegerField(default=0)),
            ("bytes", models.PositiveBigIntegerField(default=0)),
        ],
        options={
            "constraints": [
                models.UniqueConstraint(
                    fields=("environment", "organisation", "content_type", "day"), name="volume_day"
                )
            ]
        },
    ),
)
