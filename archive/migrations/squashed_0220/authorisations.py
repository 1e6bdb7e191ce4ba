"""The tables of `archive.models.authorisations`, as they are after 0220."""

import django.db.models.deletion
from django.db import models
from django.db.migrations import CreateModel

import archive.values
from archive.migrations.squashed_0220.fields import environment, key

MODELS = (
    CreateModel(
        name="Authorisation",
        fields=[
            key(),
            environment(),
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
            (
                "organiser",
                models.ForeignKey(
                    on_delete=django.db.models.deletion.PROTECT,
                    related_name="authorisations_ordered",
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
                "patient",
                models.ForeignKey(
                    blank=True,
                    null=True,
                    on_delete=django.db.models.deletion.PROTECT,
                    related_name="authorisations",
                    to="archive.patient",
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
            ("changed_at", models.DateTimeField(default=archive.values.now)),
            ("granted_at", models.DateTimeField(blank=True, null=True)),
            ("accepted_at", models.DateTimeField(blank=True, null=True)),
            ("closed_at", models.DateTimeField(blank=True, null=True)),
            ("closing_reason", models.CharField(blank=True, max_length=400)),
            ("done_at", models.DateTimeField(blank=True, null=True)),
            ("delivered_at", models.DateTimeField(blank=True, null=True)),
        ],
        options={
            "indexes": [
                models.Index(fields=["producer", "environment", "-made_at"], name="auth_producer"),
                models.Index(
                    fields=["organiser", "environment", "-made_at"], name="auth_organiser"
                ),
                models.Index(fields=["register", "producer"], name="auth_register"),
                models.Index(fields=["patient"], name="auth_patient"),
                models.Index(
                    condition=models.Q(("closed_at", None)),
                    fields=["valid_until"],
                    name="auth_running_out",
                ),
            ],
            "constraints": [
                models.UniqueConstraint(
                    fields=("environment", "series", "version"), name="authorisation_version"
                ),
                models.UniqueConstraint(
                    fields=("environment", "document_oid", "version"), name="authorisation_document"
                ),
                models.UniqueConstraint(
                    condition=models.Q(("closed_at", None)),
                    fields=("environment", "series"),
                    name="authorisation_one_live",
                ),
                models.CheckConstraint(
                    condition=models.Q(
                        models.Q(("level", "patient"), ("patient__isnull", False)),
                        models.Q(("level", "population"), ("patient__isnull", True)),
                        _connector="OR",
                    ),
                    name="authorisation_level",
                ),
                models.CheckConstraint(
                    condition=models.Q(
                        ("granted_at", None), ("producer__isnull", False), _connector="OR"
                    ),
                    name="authorisation_granted_to_one",
                ),
                models.CheckConstraint(
                    condition=models.Q(
                        ("closed_at", None),
                        ("state__in", ("declined", "ended", "revoked", "replaced")),
                        _connector="XOR",
                    ),
                    name="authorisation_closed_state",
                ),
            ],
        },
    ),
    CreateModel(
        name="AuthorisationDraft",
        fields=[
            key(),
            environment(),
            (
                "register",
                models.ForeignKey(
                    on_delete=django.db.models.deletion.CASCADE,
                    related_name="authorisation_drafts",
                    to="archive.register",
                ),
            ),
            (
                "patient",
                models.ForeignKey(
                    blank=True,
                    null=True,
                    on_delete=django.db.models.deletion.PROTECT,
                    related_name="authorisation_drafts",
                    to="archive.patient",
                ),
            ),
            ("values", models.JSONField(default=dict)),
            ("made_by", models.CharField(max_length=200)),
            ("changed_at", models.DateTimeField()),
        ],
        options={
            "indexes": [
                models.Index(fields=["register", "environment"], name="auth_draft_register")
            ]
        },
    ),
)
