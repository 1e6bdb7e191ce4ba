"""The tables of `archive.models.takeovers`, as they are after 0220."""

import django.db.models.deletion
from django.db import models
from django.db.migrations import CreateModel

from archive.migrations.squashed_0220.fields import environment, key

MODELS = (
    CreateModel(
        name="Takeover",
        fields=[
            key(),
            environment(),
            (
                "organisation",
                models.ForeignKey(
                    on_delete=django.db.models.deletion.PROTECT,
                    related_name="takeovers",
                    to="archive.organisation",
                ),
            ),
            ("name", models.CharField(max_length=200)),
            (
                "source",
                models.CharField(
                    choices=[
                        ("list", "list as a file"),
                        ("query", "query to the customer’s system"),
                    ],
                    max_length=8,
                ),
            ),
            (
                "connection",
                models.ForeignKey(
                    blank=True,
                    null=True,
                    on_delete=django.db.models.deletion.PROTECT,
                    to="archive.connection",
                ),
            ),
            ("first_day", models.DateField(blank=True, null=True)),
            ("last_day", models.DateField(blank=True, null=True)),
            ("asked_until", models.DateField(blank=True, null=True)),
            ("span_days", models.PositiveIntegerField(default=7)),
            (
                "state",
                models.CharField(
                    choices=[
                        ("asking", "asking"),
                        ("comparing", "comparing"),
                        ("compared", "compared"),
                        ("failed", "failed"),
                    ],
                    max_length=10,
                ),
            ),
            ("listed", models.PositiveIntegerField(default=0)),
            ("faulty", models.PositiveIntegerField(default=0)),
            ("uncounted", models.PositiveIntegerField(default=0)),
            ("faults", models.JSONField(blank=True, default=list)),
            ("compared", models.PositiveIntegerField(default=0)),
            ("compared_at", models.DateTimeField(blank=True, null=True)),
            ("outcome", models.JSONField(blank=True, default=dict)),
            ("sha256", models.CharField(blank=True, max_length=64)),
            ("error", models.CharField(blank=True, max_length=200)),
            ("made_by", models.CharField(max_length=200)),
            ("made_at", models.DateTimeField()),
        ],
        options={
            "indexes": [
                models.Index(fields=["environment", "-made_at", "-id"], name="takeover_newest")
            ]
        },
    ),
    CreateModel(
        name="TakeoverLine",
        fields=[
            ("id", models.BigAutoField(primary_key=True, serialize=False)),
            (
                "takeover",
                models.ForeignKey(
                    db_index=False,
                    on_delete=django.db.models.deletion.CASCADE,
                    related_name="lines",
                    to="archive.takeover",
                ),
            ),
            ("number", models.PositiveIntegerField()),
            ("study_instance_uid", models.CharField(blank=True, max_length=64)),
            ("accession_number", models.CharField(blank=True, max_length=64)),
            ("study_date", models.DateField(blank=True, null=True)),
            ("instances", models.PositiveIntegerField(blank=True, null=True)),
            ("held", models.PositiveIntegerField(default=0)),
            (
                "outcome",
                models.CharField(
                    blank=True,
                    choices=[
                        ("missing", "not stored"),
                        ("destroyed", "destroyed"),
                        ("damaged", "damaged"),
                        ("rejected", "rejected"),
                        ("fewer", "fewer objects"),
                        ("uncommitted", "not committed"),
                        ("unregistered", "not registered"),
                        ("here", "in order"),
                        ("repeated", "repeated in the list"),
                    ],
                    max_length=14,
                ),
            ),
        ],
        options={
            "indexes": [
                models.Index(
                    condition=models.Q(("outcome", "here"), _negated=True),
                    fields=["takeover", "outcome", "number"],
                    name="takeover_lacking",
                ),
                models.Index(fields=["takeover", "study_instance_uid"], name="takeover_line_uid"),
            ],
            "constraints": [
                models.UniqueConstraint(fields=("takeover", "number"), name="takeover_line")
            ],
        },
    ),
)
