"""What patients have said, purchased-service authorisations, and dated rules of access; statements
of patients are append-only.
"""

from datetime import date

import django.contrib.postgres.fields
import django.db.models.deletion
from django.db import migrations, models
from django.db.backends.base.schema import BaseDatabaseSchemaEditor
from django.db.migrations.state import StateApps

import archive.values

STATEMENTS = (
    "archive_informing",
    "archive_disclosurepermission",
    "archive_prohibition",
    "archive_prohibitionend",
    "archive_expressionofwill",
)
REFUSE = """
CREATE FUNCTION archive_statement_refuse() RETURNS trigger LANGUAGE plpgsql AS $$
BEGIN
    RAISE EXCEPTION 'statements of patients are append-only: % refused on %', TG_OP, TG_TABLE_NAME
        USING ERRCODE = 'insufficient_privilege';
END $$;
""" + "".join(
    f"""
CREATE TRIGGER statement_append_only BEFORE UPDATE OR DELETE ON {table}
    FOR EACH ROW EXECUTE FUNCTION archive_statement_refuse();
CREATE TRIGGER statement_no_truncate BEFORE TRUNCATE ON {table}
    FOR EACH STATEMENT EXECUTE FUNCTION archive_statement_refuse();
"""
    for table in STATEMENTS
)
ALLOW = (
    "".join(
        f"DROP TRIGGER statement_append_only ON {table}; DROP TRIGGER statement_no_truncate ON {table};"
        for table in STATEMENTS
    )
    + "DROP FUNCTION archive_statement_refuse();"
)
# HE 94/2024, as proposed; its members are named by staff when they are customers here.
UUSIMAA = {
    "kind": "area",
    "name_fi": "Uudenmaan julkiset palvelunantajat",
    "name_sv": "De offentliga tjänstetillhandahållarna i Nyland",
    "name_en": "Public providers of Uusimaa",
    "valid_from": date(2026, 1, 1),
    "source": "HE 94/2024, as proposed; not checked against the act in force",
}


def load_policies(apps: StateApps, schema_editor: BaseDatabaseSchemaEditor) -> None:
    # In this transaction's connection: the table is not there for any other yet.
    rows = apps.get_model("archive", "AccessPolicy").objects.using(schema_editor.connection.alias)
    rows.get_or_create(**UUSIMAA)


class Migration(migrations.Migration):
    dependencies = [
        ("archive", "0003_reference"),
    ]

    operations = [
        migrations.AddField(
            model_name="document",
            name="service_event",
            field=models.CharField(blank=True, max_length=64),
        ),
        migrations.AddField(
            model_name="study",
            name="service_event",
            field=models.CharField(blank=True, max_length=64),
        ),
        migrations.CreateModel(
            name="AccessPolicy",
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
                    "kind",
                    models.CharField(
                        choices=[
                            ("area", "disclosure without permission within an area"),
                            ("role", "professional roles that may see"),
                        ],
                        max_length=10,
                    ),
                ),
                ("name_fi", models.CharField(max_length=200)),
                ("name_sv", models.CharField(max_length=200)),
                ("name_en", models.CharField(max_length=200)),
                (
                    "roles",
                    django.contrib.postgres.fields.ArrayField(
                        base_field=models.CharField(max_length=40),
                        blank=True,
                        default=list,
                        size=None,
                    ),
                ),
                ("informing_needed", models.BooleanField(default=True)),
                ("valid_from", models.DateField()),
                ("valid_until", models.DateField(blank=True, null=True)),
                ("source", models.CharField(max_length=200)),
                (
                    "members",
                    models.ManyToManyField(
                        blank=True, related_name="access_policies", to="archive.organisation"
                    ),
                ),
            ],
            options={
                "verbose_name_plural": "access policies",
            },
        ),
        migrations.CreateModel(
            name="Authorisation",
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
                ("series", models.UUIDField()),
                ("version", models.PositiveIntegerField(default=1)),
                ("document_oid", models.CharField(max_length=128)),
                (
                    "level",
                    models.CharField(
                        choices=[("patient", "one patient"), ("population", "population level")],
                        max_length=10,
                    ),
                ),
                (
                    "state",
                    models.CharField(
                        choices=[
                            ("without_producer", "without producer"),
                            ("granted", "granted"),
                            ("accepted", "accepted"),
                            ("declined", "declined"),
                            ("ended", "ended"),
                            ("revoked", "revoked"),
                            ("replaced", "replaced by a new version"),
                        ],
                        max_length=20,
                    ),
                ),
                ("valid_from", models.DateField()),
                ("valid_until", models.DateField(blank=True, null=True)),
                ("may_read", models.BooleanField(default=True)),
                ("may_write", models.BooleanField(default=True)),
                ("service_code", models.CharField(blank=True, max_length=20)),
                ("service_text", models.CharField(blank=True, max_length=200)),
                ("order_text", models.TextField(blank=True)),
                (
                    "urgency",
                    models.CharField(
                        choices=[
                            ("routine", "routine"),
                            ("urgent", "urgent"),
                            ("emergency", "emergency"),
                        ],
                        default="routine",
                        max_length=10,
                    ),
                ),
                ("due_on", models.DateField(blank=True, null=True)),
                ("voucher_number", models.CharField(blank=True, max_length=40)),
                (
                    "voucher_value",
                    models.DecimalField(blank=True, decimal_places=2, max_digits=9, null=True),
                ),
                ("voucher_expires_on", models.DateField(blank=True, null=True)),
                ("service_event", models.CharField(blank=True, max_length=64)),
                ("made_by", models.CharField(max_length=200)),
                ("made_at", models.DateTimeField()),
                ("granted_at", models.DateTimeField(blank=True, null=True)),
                ("accepted_at", models.DateTimeField(blank=True, null=True)),
                ("closed_at", models.DateTimeField(blank=True, null=True)),
                ("closing_reason", models.CharField(blank=True, max_length=400)),
                (
                    "organiser",
                    models.ForeignKey(
                        on_delete=django.db.models.deletion.PROTECT,
                        related_name="authorisations_ordered",
                        to="archive.organisation",
                    ),
                ),
                (
                    "patient",
                    models.ForeignKey(
                        blank=True,
                        null=True,
                        on_delete=django.db.models.deletion.PROTECT,
                        related_name="authorisations",
                        to="archive.patient",
                    ),
                ),
                (
                    "producer",
                    models.ForeignKey(
                        blank=True,
                        null=True,
                        on_delete=django.db.models.deletion.PROTECT,
                        related_name="authorisations_granted",
                        to="archive.organisation",
                    ),
                ),
                (
                    "register",
                    models.ForeignKey(
                        on_delete=django.db.models.deletion.PROTECT,
                        related_name="authorisations",
                        to="archive.register",
                    ),
                ),
            ],
        ),
        migrations.AddField(
            model_name="study",
            name="authorisation",
            field=models.ForeignKey(
                blank=True,
                null=True,
                on_delete=django.db.models.deletion.PROTECT,
                related_name="studies",
                to="archive.authorisation",
            ),
        ),
        migrations.CreateModel(
            name="DisclosurePermission",
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
                ("given", models.BooleanField()),
                (
                    "form",
                    models.CharField(
                        choices=[
                            ("permission", "disclosure permission"),
                            ("consent", "consent, converted to a permission"),
                        ],
                        default="permission",
                        max_length=12,
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
        ),
        migrations.CreateModel(
            name="ExpressionOfWill",
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
                    "subject",
                    models.CharField(
                        choices=[
                            ("organ_donation", "organ donation"),
                            ("living_will", "living will"),
                            ("other", "other expression of will"),
                        ],
                        max_length=20,
                    ),
                ),
                ("given", models.BooleanField()),
                ("text", models.TextField(blank=True)),
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
                "verbose_name_plural": "expressions of will",
            },
        ),
        migrations.CreateModel(
            name="Informing",
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
                ("text_version", models.CharField(blank=True, max_length=40)),
                (
                    "patient",
                    models.ForeignKey(
                        on_delete=django.db.models.deletion.PROTECT,
                        related_name="+",
                        to="archive.patient",
                    ),
                ),
            ],
        ),
        migrations.CreateModel(
            name="Prohibition",
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
                    "scope",
                    models.CharField(
                        choices=[
                            ("service_event", "one service event"),
                            ("provider", "a public provider"),
                            ("register", "a register of a public provider"),
                            ("private_occupational", "private occupational health care"),
                            ("everything", "everything"),
                        ],
                        max_length=20,
                    ),
                ),
                ("controller_oid", models.CharField(blank=True, max_length=64)),
                (
                    "register_type",
                    models.CharField(
                        blank=True,
                        choices=[
                            ("2", "public health care"),
                            ("3", "private health care"),
                            ("4", "occupational health care"),
                        ],
                        max_length=1,
                    ),
                ),
                ("service_event", models.CharField(blank=True, max_length=64)),
                ("emergency_exception", models.BooleanField(default=False)),
                ("effective_until", models.DateTimeField(blank=True, null=True)),
                (
                    "patient",
                    models.ForeignKey(
                        on_delete=django.db.models.deletion.PROTECT,
                        related_name="+",
                        to="archive.patient",
                    ),
                ),
                (
                    "provider",
                    models.ForeignKey(
                        blank=True,
                        null=True,
                        on_delete=django.db.models.deletion.PROTECT,
                        related_name="prohibitions",
                        to="archive.organisation",
                    ),
                ),
            ],
        ),
        migrations.CreateModel(
            name="ProhibitionEnd",
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
                    "patient",
                    models.ForeignKey(
                        on_delete=django.db.models.deletion.PROTECT,
                        related_name="+",
                        to="archive.patient",
                    ),
                ),
                (
                    "prohibition",
                    models.OneToOneField(
                        on_delete=django.db.models.deletion.PROTECT,
                        related_name="end",
                        to="archive.prohibition",
                    ),
                ),
            ],
            options={
                "abstract": False,
            },
        ),
        migrations.AddIndex(
            model_name="authorisation",
            index=models.Index(
                fields=["producer", "environment", "-made_at"], name="auth_producer"
            ),
        ),
        migrations.AddIndex(
            model_name="authorisation",
            index=models.Index(
                fields=["organiser", "environment", "-made_at"], name="auth_organiser"
            ),
        ),
        migrations.AddIndex(
            model_name="authorisation",
            index=models.Index(fields=["register", "producer"], name="auth_register"),
        ),
        migrations.AddIndex(
            model_name="authorisation",
            index=models.Index(fields=["patient"], name="auth_patient"),
        ),
        migrations.AddConstraint(
            model_name="authorisation",
            constraint=models.UniqueConstraint(
                fields=("environment", "series", "version"), name="authorisation_version"
            ),
        ),
        migrations.AddConstraint(
            model_name="authorisation",
            constraint=models.UniqueConstraint(
                fields=("environment", "document_oid", "version"), name="authorisation_document"
            ),
        ),
        migrations.AddConstraint(
            model_name="authorisation",
            constraint=models.UniqueConstraint(
                condition=models.Q(("closed_at", None)),
                fields=("environment", "series"),
                name="authorisation_one_live",
            ),
        ),
        migrations.AddConstraint(
            model_name="authorisation",
            constraint=models.CheckConstraint(
                condition=models.Q(
                    models.Q(("level", "patient"), ("patient__isnull", False)),
                    models.Q(("level", "population"), ("patient__isnull", True)),
                    _connector="OR",
                ),
                name="authorisation_level",
            ),
        ),
        migrations.AddConstraint(
            model_name="authorisation",
            constraint=models.CheckConstraint(
                condition=models.Q(
                    ("granted_at", None), ("producer__isnull", False), _connector="OR"
                ),
                name="authorisation_granted_to_one",
            ),
        ),
        migrations.AddConstraint(
            model_name="authorisation",
            constraint=models.CheckConstraint(
                condition=models.Q(
                    ("closed_at", None),
                    ("state__in", ("declined", "ended", "revoked", "replaced")),
                    _connector="XOR",
                ),
                name="authorisation_closed_state",
            ),
        ),
        migrations.AddIndex(
            model_name="disclosurepermission",
            index=models.Index(
                fields=["patient", "-effective_at", "-recorded_at"], name="permission_patient"
            ),
        ),
        migrations.AddIndex(
            model_name="expressionofwill",
            index=models.Index(fields=["patient", "subject"], name="will_patient"),
        ),
        migrations.AddIndex(
            model_name="informing",
            index=models.Index(fields=["patient", "effective_at"], name="informing_patient"),
        ),
        migrations.AddIndex(
            model_name="prohibition",
            index=models.Index(fields=["patient", "effective_at"], name="prohibition_patient"),
        ),
        migrations.AddConstraint(
            model_name="prohibition",
            constraint=models.CheckConstraint(
                condition=models.Q(
                    models.Q(("scope", "service_event"), _negated=True),
                    models.Q(("service_event", ""), _negated=True),
                    _connector="OR",
                ),
                name="prohibition_names_event",
            ),
        ),
        migrations.AddConstraint(
            model_name="prohibition",
            constraint=models.CheckConstraint(
                condition=models.Q(
                    models.Q(("scope__in", ("provider", "register")), _negated=True),
                    ("provider__isnull", False),
                    _connector="OR",
                ),
                name="prohibition_names_provider",
            ),
        ),
        migrations.AddConstraint(
            model_name="prohibition",
            constraint=models.CheckConstraint(
                condition=models.Q(
                    models.Q(("scope", "register"), _negated=True),
                    models.Q(("register_type", ""), _negated=True),
                    _connector="OR",
                ),
                name="prohibition_names_register",
            ),
        ),
        migrations.RunSQL(REFUSE, ALLOW),
        migrations.RunPython(load_policies, migrations.RunPython.noop),
    ]
