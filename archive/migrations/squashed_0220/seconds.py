"""The tables of `archive.models.seconds`, as they are after 0220."""

import django.db.models.deletion
from django.conf import settings
from django.db import models
from django.db.migrations import CreateModel

from archive.migrations.squashed_0220.fields import environment, key

MODELS = (
    CreateModel(
        name="SecondPerson",
        fields=[
            key(),
            ("kind", models.CharField(max_length=24)),
            environment(),
            ("subject_id", models.UUIDField()),
            ("reason", models.CharField(max_length=200)),
            ("details", models.JSONField(blank=True, default=dict)),
            (
                "state",
                models.CharField(
                    choices=[
                        ("open", "waits for a second person"),
                        ("done", "done"),
                        ("refused", "refused"),
                    ],
                    default="open",
                    max_length=10,
                ),
            ),
            (
                "asked_by",
                models.ForeignKey(
                    on_delete=django.db.models.deletion.PROTECT,
                    related_name="seconds_asked",
                    to=settings.AUTH_USER_MODEL,
                ),
            ),
            ("asked_at", models.DateTimeField()),
            (
                "decided_by",
                models.ForeignKey(
                    blank=True,
                    null=True,
                    on_delete=django.db.models.deletion.PROTECT,
                    related_name="seconds_decided",
                    to=settings.AUTH_USER_MODEL,
                ),
            ),
            ("decided_at", models.DateTimeField(blank=True, null=True)),
        ],
        options={
            "indexes": [
                models.Index(fields=["environment", "state", "-asked_at"], name="second_newest")
            ],
            "constraints": [
                models.UniqueConstraint(
                    condition=models.Q(("state", "open")),
                    fields=("kind", "subject_id"),
                    name="second_one_open",
                )
            ],
        },
    ),
)
