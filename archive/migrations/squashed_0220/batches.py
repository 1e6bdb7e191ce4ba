"""The tables of `archive.models.batches`, as they are after 0220."""

import django.db.models.deletion
from django.conf import settings
from django.db import models
from django.db.migrations import CreateModel

from archive.migrations.squashed_0220.fields import environment, key

MODELS = (
    CreateModel(
        name="Batch",
        fields=[
            key(),
            environment(),
            (
                "kind",
                models.CharField(
                    choices=[
                        ("retry", "try again"),
                        ("redirect", "send to another system"),
                        ("ignore", "ignore"),
                    ],
                    max_length=10,
                ),
            ),
            (
                "state",
                models.CharField(
                    choices=[
                        ("running", "running"),
                        ("paused", "paused"),
                        ("cancelled", "cancelled"),
                        ("done", "ended"),
                    ],
                    default="running",
                    max_length=10,
                ),
            ),
            (
                "case",
                models.ForeignKey(
                    blank=True,
                    null=True,
                    on_delete=django.db.models.deletion.PROTECT,
                    related_name="batches",
                    to="archive.case",
                ),
            ),
            (
                "connection",
                models.ForeignKey(
                    blank=True,
                    null=True,
                    on_delete=django.db.models.deletion.PROTECT,
                    related_name="batches",
                    to="archive.connection",
                ),
            ),
            ("reason", models.CharField(blank=True, max_length=200)),
            ("item_count", models.PositiveIntegerField(default=0)),
            ("made_at", models.DateTimeField()),
            (
                "made_by",
                models.ForeignKey(
                    null=True,
                    on_delete=django.db.models.deletion.PROTECT,
                    related_name="batches",
                    to=settings.AUTH_USER_MODEL,
                ),
            ),
            ("made_by_name", models.CharField(max_length=200)),
            ("ended_at", models.DateTimeField(blank=True, null=True)),
            ("undone_at", models.DateTimeField(blank=True, null=True)),
        ],
        options={
            "verbose_name_plural": "batches",
            "indexes": [
                models.Index(fields=["environment", "-made_at"], name="batch_newest"),
                models.Index(fields=["case", "-made_at"], name="batch_of_case"),
            ],
        },
    ),
    CreateModel(
        name="BatchItem",
        fields=[
            key(),
            (
                "batch",
                models.ForeignKey(
                    on_delete=django.db.models.deletion.CASCADE,
                    related_name="items",
                    to="archive.batch",
                ),
            ),
            ("place", models.PositiveIntegerField()),
            (
                "event",
                models.ForeignKey(
                    on_delete=django.db.models.deletion.PROTECT,
                    related_name="batch_items",
                    to="archive.caseevent",
                ),
            ),
            (
                "state",
                models.CharField(
                    choices=[
                        ("waiting", "waits its turn"),
                        ("going", "being done"),
                        ("done", "went through"),
                        ("put_off", "done, and waits for what is missing"),
                        ("failed", "failed again"),
                        ("already", "had gone through already"),
                        ("impossible", "cannot be done again here"),
                        ("cancelled", "left undone"),
                    ],
                    default="waiting",
                    max_length=10,
                ),
            ),
            ("job_id", models.UUIDField(blank=True, null=True)),
            ("detail", models.CharField(blank=True, max_length=400)),
            ("at", models.DateTimeField(blank=True, null=True)),
        ],
        options={
            "indexes": [models.Index(fields=["batch", "state", "place"], name="batch_item_next")],
            "constraints": [
                models.UniqueConstraint(fields=("batch", "place"), name="batch_item_place"),
                models.UniqueConstraint(fields=("batch", "event"), name="batch_item_event"),
            ],
        },
    ),
)
