"""The tables of `archive.models.trust`, as they are after 0220."""

from django.db import models
from django.db.migrations import CreateModel

from archive.migrations.squashed_0220.fields import environment, key

MODELS = (
    CreateModel(
        name="TrustedIssuer",
        fields=[
            key(),
            environment(),
            ("entity_id", models.CharField(max_length=256)),
            ("certificate", models.TextField()),
            ("certificate_subject", models.CharField(max_length=300)),
            ("certificate_sha256", models.CharField(max_length=64)),
            ("certificate_until", models.DateTimeField()),
            ("valid_from", models.DateField()),
            ("valid_until", models.DateField(blank=True, null=True)),
        ],
        options={
            "ordering": ("environment", "entity_id", "valid_from"),
            "constraints": [
                models.UniqueConstraint(
                    fields=("environment", "entity_id", "certificate_sha256"),
                    name="trusted_issuer_identity",
                )
            ],
        },
    ),
    CreateModel(
        name="SpentMessage",
        fields=[
            ("digest", models.BinaryField(max_length=32, primary_key=True, serialize=False)),
            ("expires_at", models.DateTimeField()),
        ],
        options={"indexes": [models.Index(fields=["expires_at"], name="spent_message_expiry")]},
    ),
    CreateModel(
        name="SeenCertificate",
        fields=[
            ("sha256", models.CharField(max_length=64, primary_key=True, serialize=False)),
            ("subject", models.CharField(max_length=300)),
            ("until", models.DateTimeField()),
        ],
    ),
)
