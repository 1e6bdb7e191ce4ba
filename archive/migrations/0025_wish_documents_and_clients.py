"""Mistaken informings, form documents already recorded, clients of the citizen API; the rule by which
consents count as permissions.
"""

from datetime import date

import django.db.models.deletion
from django.db import migrations, models
from django.db.backends.base.schema import BaseDatabaseSchemaEditor
from django.db.migrations.state import StateApps

import archive.values

TABLES = ("archive_informingend", "archive_wishdocument")
# The function is migration 0004's.
REFUSE = "".join(
    f"""
CREATE TRIGGER statement_append_only BEFORE UPDATE OR DELETE ON {table}
    FOR EACH ROW EXECUTE FUNCTION archive_statement_refuse();
CREATE TRIGGER statement_no_truncate BEFORE TRUNCATE ON {table}
    FOR EACH STATEMENT EXECUTE FUNCTION archive_statement_refuse();
"""
    for table in TABLES
)
ALLOW = "".join(
    f"DROP TRIGGER statement_append_only ON {table}; DROP TRIGGER statement_no_truncate ON {table};"
    for table in TABLES
)
CONSENTS = {
    "kind": "consent",
    "name_fi": "Suostumus, muutettu luovutusluvaksi",
    "name_sv": "Samtycke, omvandlat till tillstånd för utlämnande",
    "name_en": "Consent, converted to a disclosure permission",
    "valid_from": date(2007, 7, 1),
    "valid_until": date(2021, 10, 31),
    "source": "Act 159/2007; Act 784/2021 from 1.11.2021; not checked against the acts",
}


def load_policies(apps: StateApps, schema_editor: BaseDatabaseSchemaEditor) -> None:
    # In this transaction's connection: the table is not there for any other yet.
    rows = apps.get_model("archive", "AccessPolicy").objects.using(schema_editor.connection.alias)
    rows.get_or_create(**CONSENTS)


class Migration(migrations.Migration):
    dependencies = [
        ("archive", "0020_authorisations_exchanged"),
    ]

    operations = [
        migrations.AlterField(
            model_name="accesspolicy",
            name="kind",
            field=models.CharField(
                choices=[
                    ("area", "disclosure without permission within an area"),
                    ("role", "professional roles that may see"),
                    ("consent", "consents count as disclosure permissions"),
                ],
                max_length=10,
            ),
        ),
        migrations.CreateModel(
            name="ApiClient",
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
                (
                    "kind",
                    models.CharField(
                        choices=[("citizen_service", "citizen service")], max_length=20
                    ),
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
        migrations.CreateModel(
            name="InformingEnd",
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
                ("effective_at", models.DateTimeField()),
                ("recorded_at", models.DateTimeField()),
                (
                    "source",
                    models.CharField(
                        choices=[
                            ("citizen", "citizen service"),
                            ("desk", "care provider’s desk"),
                            ("repository", "Patient Data Repository"),
                            ("correction", "correction by staff"),
                        ],
                        max_length=12,
                    ),
                ),
                ("document_oid", models.CharField(blank=True, max_length=128)),
                ("recorded_by", models.CharField(max_length=200)),
                ("acting_ground", models.CharField(blank=True, max_length=64)),
                ("reason", models.CharField(blank=True, max_length=400)),
                (
                    "informing",
                    models.OneToOneField(
                        on_delete=django.db.models.deletion.PROTECT,
                        related_name="end",
                        to="archive.informing",
                    ),
                ),
                (
                    "patient",
                    models.ForeignKey(
                        on_delete=django.db.models.deletion.PROTECT,
                        related_name="+",
                        to="archive.patient",
                    ),
                ),
            ],
            options={
                "abstract": False,
            },
        ),
        migrations.CreateModel(
            name="WishDocument",
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
                ("document_oid", models.CharField(max_length=128)),
                ("content_digest", models.BinaryField(max_length=32)),
                ("statement_id", models.UUIDField()),
                ("received_at", models.DateTimeField()),
            ],
            options={
                "constraints": [
                    models.UniqueConstraint(
                        fields=("environment", "document_oid"), name="wish_document_identity"
                    )
                ],
            },
        ),
        migrations.CreateModel(
            name="SpentAssertion",
            fields=[
                ("digest", models.BinaryField(max_length=32, primary_key=True, serialize=False)),
                ("spent_at", models.DateTimeField()),
                ("expires_at", models.DateTimeField()),
                (
                    "client",
                    models.ForeignKey(
                        on_delete=django.db.models.deletion.CASCADE,
                        related_name="+",
                        to="archive.apiclient",
                    ),
                ),
            ],
            options={
                "indexes": [
                    models.Index(fields=["client", "spent_at"], name="spent_assertion_client"),
                    models.Index(fields=["expires_at"], name="spent_assertion_expiry"),
                ],
            },
        ),
        migrations.RunSQL(REFUSE, ALLOW),
        migrations.RunPython(load_policies, migrations.RunPython.noop),
    ]
