"""The tables of `archive.models.registry_messages`, as they are after 0220."""

import django.contrib.postgres.indexes
import django.db.models.deletion
from django.db import models
from django.db.migrations import CreateModel

from archive.migrations.squashed_0220.fields import environment, key

MODELS = (
    CreateModel(
        name="RegistryMessage",
        fields=[
            key(),
            environment(),
            (
                "connection",
                models.ForeignKey(
                    on_delete=django.db.models.deletion.PROTECT,
                    related_name="registry_messages",
                    to="archive.connection",
                ),
            ),
            (
                "organisation",
                models.ForeignKey(
                    on_delete=django.db.models.deletion.PROTECT,
                    related_name="registry_messages",
                    to="archive.organisation",
                ),
            ),
            ("received_at", models.DateTimeField()),
            ("action", models.CharField(max_length=100)),
            ("message_id", models.CharField(max_length=128)),
            ("correlation_id", models.UUIDField(blank=True, null=True)),
            ("taken", models.BooleanField()),
            ("changed", models.BooleanField(db_default=True, default=True)),
            ("http_status", models.PositiveSmallIntegerField(db_default=200, default=200)),
            ("is_whole", models.BooleanField(db_default=True, default=True)),
            ("request", models.BinaryField()),
            ("answer", models.BinaryField()),
            ("ms", models.PositiveIntegerField(blank=True, null=True)),
        ],
        options={
            "indexes": [
                models.Index(fields=["environment", "message_id"], name="registry_message_named"),
                models.Index(fields=["correlation_id"], name="registry_message_traced"),
                django.contrib.postgres.indexes.BrinIndex(
                    fields=["received_at"], name="registry_message_time"
                ),
                models.Index(
                    condition=models.Q(("taken", False)),
                    fields=["environment", "id"],
                    name="registry_message_refused",
                ),
                models.Index(
                    condition=models.Q(
                        ("changed", True), models.Q(("request", b""), _negated=True)
                    ),
                    fields=["received_at"],
                    name="registry_message_to_be_emptied",
                ),
                models.Index(
                    condition=models.Q(("changed", False)),
                    fields=["received_at"],
                    name="registry_message_to_be_gone",
                ),
            ]
        },
    ),
)
