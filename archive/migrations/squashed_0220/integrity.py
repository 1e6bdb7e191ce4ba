"""The tables of `archive.models.integrity`, as they are after 0220."""

import django.db.models.deletion
from django.db import models
from django.db.migrations import CreateModel

from archive.migrations.squashed_0220.fields import environment, key

MODELS = (
    CreateModel(
        name="Round",
        fields=[
            key(),
            (
                "kind",
                models.CharField(
                    choices=[
                        ("verification", "verification of stored bytes"),
                        ("reconciliation", "reconciliation of register and archive"),
                    ],
                    max_length=16,
                ),
            ),
            ("number", models.PositiveIntegerField()),
            ("part", models.CharField(max_length=24)),
            ("position", models.CharField(blank=True, max_length=100)),
            ("checked", models.BigIntegerField(default=0)),
            ("byte_count", models.BigIntegerField(default=0)),
            ("found", models.PositiveIntegerField(default=0)),
            ("destroyed_again", models.PositiveIntegerField(db_default=0, default=0)),
            ("started_at", models.DateTimeField()),
            ("ended_at", models.DateTimeField(blank=True, null=True)),
            ("not_before", models.DateTimeField()),
        ],
        options={
            "constraints": [
                models.UniqueConstraint(
                    condition=models.Q(("ended_at", None)), fields=("kind",), name="round_one_open"
                ),
                models.UniqueConstraint(fields=("kind", "number"), name="round_number"),
            ]
        },
    ),
    CreateModel(
        name="Finding",
        fields=[
            key(),
            (
                "kind",
                models.CharField(
                    choices=[
                        ("manifest-without-images", "manifest without its images"),
                        ("images-without-entry", "images without an entry in the registry"),
                        ("images-before-entry", "images before their examination note"),
                        ("row-without-bytes", "object whose bytes are missing"),
                        ("destroyed-yet-live", "destroyed study that is live in the registry"),
                        ("bytes-without-row", "stored bytes that no object names"),
                    ],
                    max_length=24,
                ),
            ),
            environment(),
            ("key", models.CharField(max_length=128)),
            (
                "study",
                models.ForeignKey(
                    blank=True,
                    null=True,
                    on_delete=django.db.models.deletion.CASCADE,
                    related_name="findings",
                    to="archive.study",
                ),
            ),
            ("facts", models.JSONField(default=dict)),
            ("found_at", models.DateTimeField()),
            ("seen_at", models.DateTimeField()),
            ("settled_at", models.DateTimeField(blank=True, null=True)),
        ],
        options={
            "indexes": [
                models.Index(
                    condition=models.Q(("settled_at", None)),
                    fields=["environment", "kind", "id"],
                    name="finding_open",
                )
            ],
            "constraints": [
                models.UniqueConstraint(
                    condition=models.Q(("settled_at", None)),
                    fields=("kind", "environment", "key"),
                    name="finding_one_open",
                )
            ],
        },
    ),
)
