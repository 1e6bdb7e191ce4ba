"""The tables of `archive.models.api_clients`, as they are after 0220."""

import django.db.models.deletion
from django.db import models
from django.db.migrations import CreateModel

from archive.migrations.squashed_0220.fields import environment, key

MODELS = (
    CreateModel(
        name="ApiClient",
        fields=[
            key(),
            environment(),
            (
                "kind",
                models.CharField(choices=[("citizen_service", "citizen service")], max_length=20),
            ),
            ("name", models.CharField(max_length=100)),
            ("issuer", models.CharField(max_length=100)),
            ("public_key", models.TextField()),
            ("key_id", models.CharField(max_length=64)),
            ("calls_a_minute", models.PositiveIntegerField(default=600)),
            ("is_demo", models.BooleanField(default=False)),
            ("valid_from", models.DateField()),
            ("valid_until", models.DateField(blank=True, null=True)),
        ],
        options={
            "ordering": ("environment", "name", "valid_from"),
            "constraints": [
                models.UniqueConstraint(fields=("issuer", "key_id"), name="api_client_identity")
            ],
        },
    ),
    CreateModel(
        name="SpentAssertion",
        fields=[
            ("digest", models.BinaryField(max_length=32, primary_key=True, serialize=False)),
            (
                "client",
                models.ForeignKey(
                    on_delete=django.db.models.deletion.CASCADE,
                    related_name="+",
                    to="archive.apiclient",
                ),
            ),
            ("spent_at", models.DateTimeField()),
            ("expires_at", models.DateTimeField()),
        ],
        options={
            "indexes": [
                models.Index(fields=["client", "spent_at"], name="spent_assertion_client"),
                models.Index(fields=["expires_at"], name="spent_assertion_expiry"),
            ]
        },
    ),
)
