"""Whose assertions are believed, messages used up, and which connections need an assertion."""

from django.db import migrations, models

import archive.values


class Migration(migrations.Migration):
    dependencies = [
        ("archive", "0012_log_rules"),
    ]

    operations = [
        migrations.AddField(
            model_name="connection",
            name="xua_required",
            field=models.BooleanField(default=False),
        ),
        migrations.CreateModel(
            name="SpentMessage",
            fields=[
                ("digest", models.BinaryField(max_length=32, primary_key=True, serialize=False)),
                ("expires_at", models.DateTimeField()),
            ],
            options={
                "indexes": [models.Index(fields=["expires_at"], name="spent_message_expiry")],
            },
        ),
        migrations.CreateModel(
            name="TrustedIssuer",
            fields=[
                (
                    "id",
                    models.UUIDField(
                        default=archive.values.uuid7,
                        editable=False,
                        primary_key=True,
                        serialize=False,
                    ),
                ),
                (
                    "environment",
                    models.CharField(
                        choices=[("production", "production"), ("test", "test")], max_length=10
                    ),
                ),
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
    ]
