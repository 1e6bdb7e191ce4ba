"""The tables of `archive.models.limits`, as they are after 0220."""

import django.db.models.deletion
from django.db import models
from django.db.migrations import CreateModel

from archive.migrations.squashed_0220.fields import key

MODELS = (
    CreateModel(
        name="UseLimit",
        fields=[
            key(),
            (
                "organisation",
                models.ForeignKey(
                    blank=True,
                    null=True,
                    on_delete=django.db.models.deletion.PROTECT,
                    related_name="use_limits",
                    to="archive.organisation",
                ),
            ),
            ("associations", models.PositiveIntegerField()),
            ("objects_per_minute", models.PositiveIntegerField()),
            ("calls_per_minute", models.PositiveIntegerField(default=1200)),
            ("token_calls_per_minute", models.PositiveIntegerField(default=600)),
            ("valid_from", models.DateField()),
            ("valid_until", models.DateField(blank=True, null=True)),
        ],
        options={
            "constraints": [
                models.UniqueConstraint(
                    fields=("organisation", "valid_from"),
                    name="use_limit_identity",
                    nulls_distinct=False,
                )
            ]
        },
    ),
    CreateModel(
        name="ApiCallCount",
        fields=[
            (
                "id",
                models.BigAutoField(
                    auto_created=True, primary_key=True, serialize=False, verbose_name="ID"
                ),
            ),
            ("holder_id", models.UUIDField()),
            ("minute", models.DateTimeField()),
            ("calls", models.PositiveIntegerField()),
        ],
        options={
            "indexes": [models.Index(fields=["minute"], name="api_call_count_minute")],
            "constraints": [
                models.UniqueConstraint(fields=("holder_id", "minute"), name="api_call_count_one")
            ],
        },
    ),
)
