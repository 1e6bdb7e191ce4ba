"""The tables of `onboarding.models.rollout`, as they are after 0051."""

import django.db.models.deletion
from django.db import models
from django.db.migrations import CreateModel

from archive.migrations.squashed_0220.fields import key

MODELS = (
    CreateModel(
        name="RolloutRun",
        fields=[
            key(),
            ("number", models.PositiveIntegerField()),
            (
                "organisation",
                models.ForeignKey(
                    on_delete=django.db.models.deletion.PROTECT,
                    related_name="rollout_runs",
                    to="archive.organisation",
                ),
            ),
            (
                "state",
                models.CharField(
                    choices=[
                        ("running", "running"),
                        ("passed", "passed"),
                        ("failed", "not passed"),
                        ("abandoned", "abandoned"),
                    ],
                    default="running",
                    max_length=10,
                ),
            ),
            ("purpose", models.CharField(blank=True, max_length=200)),
            ("systems", models.JSONField(default=list)),
            ("patients", models.JSONField(default=list)),
            ("started_by", models.CharField(max_length=200)),
            ("started_at", models.DateTimeField()),
            ("ended_at", models.DateTimeField(blank=True, null=True)),
            ("report_sha256", models.CharField(blank=True, max_length=64)),
        ],
        options={
            "constraints": [
                models.UniqueConstraint(fields=("organisation", "number"), name="rollout_number"),
                models.UniqueConstraint(
                    condition=models.Q(("state", "running")),
                    fields=("organisation",),
                    name="rollout_one_running",
                ),
            ]
        },
    ),
    CreateModel(
        name="RolloutStep",
        fields=[
            key(),
            (
                "run",
                models.ForeignKey(
                    on_delete=django.db.models.deletion.CASCADE,
                    related_name="steps",
                    to="onboarding.rolloutrun",
                ),
            ),
            ("place", models.PositiveIntegerField()),
            ("kind", models.CharField(max_length=24)),
            ("content_type", models.CharField(blank=True, max_length=32)),
            (
                "state",
                models.CharField(
                    choices=[
                        ("waiting", "waiting for your system"),
                        ("passed", "passed"),
                        ("failed", "not as expected"),
                        ("inactive", "its interface is not there yet"),
                        ("not_asked", "not asked for"),
                    ],
                    default="waiting",
                    max_length=10,
                ),
            ),
            ("observed", models.JSONField(default=dict)),
            ("cause", models.CharField(blank=True, max_length=40)),
            ("at", models.DateTimeField(blank=True, null=True)),
        ],
        options={
            "ordering": ("run", "place"),
            "constraints": [models.UniqueConstraint(fields=("run", "place"), name="rollout_place")],
        },
    ),
)
