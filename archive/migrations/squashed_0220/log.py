"""The tables of `archive.models.log`, as they are after 0220."""

import django.db.models.deletion
from django.db import models
from django.db.migrations import CreateModel

from archive.migrations.squashed_0220.fields import environment, key

MODELS = (
    CreateModel(
        name="LedgerRetired",
        fields=[
            ("id", models.BigAutoField(primary_key=True, serialize=False)),
            ("before", models.DateField()),
            ("position", models.BigIntegerField()),
            ("digest", models.BinaryField(max_length=32)),
            ("strays", models.JSONField(default=list)),
            ("events", models.BigIntegerField()),
            ("files", models.JSONField()),
            ("retired_at", models.DateTimeField()),
        ],
        options={"db_table": "archive_ledgerretired"},
    ),
    CreateModel(
        name="DisclosureNotice",
        fields=[
            key(),
            environment(),
            (
                "sender",
                models.ForeignKey(
                    on_delete=django.db.models.deletion.PROTECT,
                    related_name="disclosure_notices",
                    to="archive.organisation",
                ),
            ),
            (
                "connection",
                models.ForeignKey(
                    on_delete=django.db.models.deletion.PROTECT,
                    related_name="disclosure_notices",
                    to="archive.connection",
                ),
            ),
            ("notice_id", models.CharField(max_length=64)),
            ("content_digest", models.BinaryField(max_length=32)),
            ("entries", models.PositiveIntegerField()),
            ("disclosed_at", models.DateTimeField()),
            ("received_at", models.DateTimeField()),
        ],
        options={
            "constraints": [
                models.UniqueConstraint(
                    fields=("environment", "sender", "notice_id"), name="disclosure_notice_identity"
                )
            ]
        },
    ),
    CreateModel(
        name="LogRule",
        fields=[
            key(),
            (
                "key",
                models.CharField(
                    choices=[
                        ("retention-years", "years a log is kept"),
                        ("report-years", "years a report goes back without a special reason"),
                        ("answer-days", "days a customer has for an explanation"),
                    ],
                    max_length=20,
                ),
            ),
            ("value", models.PositiveIntegerField()),
            ("valid_from", models.DateField()),
            ("source", models.CharField(blank=True, max_length=200)),
        ],
        options={
            "ordering": ("key", "valid_from"),
            "constraints": [
                models.UniqueConstraint(fields=("key", "valid_from"), name="log_rule_identity")
            ],
        },
    ),
    CreateModel(
        name="AuditCursor",
        fields=[
            ("name", models.CharField(max_length=16, primary_key=True, serialize=False)),
            ("position", models.BigIntegerField()),
            ("sent_at", models.DateTimeField(blank=True, null=True)),
            ("tries", models.PositiveIntegerField(default=0)),
            ("not_before", models.DateTimeField()),
            ("lease_until", models.DateTimeField(blank=True, null=True)),
            ("lease_holder", models.UUIDField(blank=True, null=True)),
            ("last_error", models.CharField(blank=True, max_length=200)),
        ],
    ),
)
LEDGER = (
    CreateModel(
        name="LedgerEvent",
        fields=[
            (
                "pk",
                models.CompositePrimaryKey(
                    "at", "id", blank=True, editable=False, primary_key=True, serialize=False
                ),
            ),
            ("at", models.DateTimeField()),
            ("id", models.UUIDField()),
            ("kind", models.CharField(max_length=40)),
            (
                "environment",
                models.CharField(
                    blank=True,
                    choices=[("production", "production"), ("test", "test")],
                    max_length=10,
                ),
            ),
            ("actor_kind", models.CharField(max_length=16)),
            ("actor_id", models.UUIDField(null=True)),
            ("actor_name", models.CharField(max_length=200)),
            ("organisation_id", models.UUIDField(null=True)),
            ("subject_id", models.UUIDField(null=True)),
            ("study_id", models.UUIDField(null=True)),
            ("patient_id", models.UUIDField(null=True)),
            ("correlation_id", models.UUIDField(null=True)),
            ("facts", models.JSONField()),
        ],
        options={"db_table": "archive_ledgerevent"},
    ),
    CreateModel(
        name="LedgerSeal",
        fields=[
            ("position", models.BigIntegerField(primary_key=True, serialize=False)),
            ("event_at", models.DateTimeField()),
            ("event_id", models.UUIDField()),
            ("digest", models.BinaryField(max_length=32)),
            ("sealed_at", models.DateTimeField()),
        ],
        options={"db_table": "archive_ledgerseal"},
    ),
)
