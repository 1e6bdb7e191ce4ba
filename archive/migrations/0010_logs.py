"""Notices of disclosure, dated rules of the log, what was retired, the place of the security monitor."""

import django.db.models.deletion
from django.db import migrations, models

import archive.values


class Migration(migrations.Migration):
    dependencies = (("archive", "0005_register_holding"),)
    operations = (
        migrations.CreateModel(
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
        migrations.CreateModel(
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
            options={
                "db_table": "archive_ledgerretired",
            },
        ),
        migrations.CreateModel(
            name="LogRule",
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
                    "key",
                    models.CharField(
                        choices=[
                            ("retention-years", "years a log is kept"),
                            ("report-years", "years a report goes back without a special reason"),
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
        migrations.CreateModel(
            name="DisclosureNotice",
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
                ("notice_id", models.CharField(max_length=64)),
                ("content_digest", models.BinaryField(max_length=32)),
                ("entries", models.PositiveIntegerField()),
                ("disclosed_at", models.DateTimeField()),
                ("received_at", models.DateTimeField()),
                (
                    "connection",
                    models.ForeignKey(
                        on_delete=django.db.models.deletion.PROTECT,
                        related_name="disclosure_notices",
                        to="archive.connection",
                    ),
                ),
                (
                    "sender",
                    models.ForeignKey(
                        on_delete=django.db.models.deletion.PROTECT,
                        related_name="disclosure_notices",
                        to="archive.organisation",
                    ),
                ),
            ],
            options={
                "constraints": [
                    models.UniqueConstraint(
                        fields=("environment", "sender", "notice_id"),
                        name="disclosure_notice_identity",
                    )
                ],
            },
        ),
    )
