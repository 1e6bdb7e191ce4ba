"""The tables of `onboarding.models.joining`, as they are after 0051."""

import django.contrib.postgres.fields
import django.db.models.deletion
from django.conf import settings
from django.db import models
from django.db.migrations import CreateModel

from archive.migrations.squashed_0220.fields import environment, key

MODELS = (
    CreateModel(
        name="Joining",
        fields=[
            key(),
            (
                "organisation",
                models.OneToOneField(
                    on_delete=django.db.models.deletion.PROTECT,
                    related_name="joining",
                    to="archive.organisation",
                ),
            ),
            (
                "state",
                models.CharField(
                    choices=[
                        ("draft", "draft"),
                        ("submitted", "submitted"),
                        ("in_review", "in review"),
                        ("returned", "returned"),
                        ("accepted_for_testing", "accepted for testing"),
                        ("test_passed", "test passed"),
                        ("test_waived", "test waived"),
                        ("in_production", "in production"),
                        ("notice_given", "notice given"),
                        ("ended", "ended"),
                        ("rejected", "rejected"),
                    ],
                    db_index=True,
                    default="draft",
                    max_length=24,
                ),
            ),
            ("state_since", models.DateTimeField()),
            (
                "roles",
                django.contrib.postgres.fields.ArrayField(
                    base_field=models.CharField(max_length=16), default=list, size=None
                ),
            ),
            (
                "content_types",
                django.contrib.postgres.fields.ArrayField(
                    base_field=models.CharField(max_length=32), default=list, size=None
                ),
            ),
            (
                "services_used",
                django.contrib.postgres.fields.ArrayField(
                    base_field=models.CharField(max_length=40), default=list, size=None
                ),
            ),
            ("step", models.CharField(blank=True, max_length=24)),
            ("notice_given_on", models.DateField(blank=True, null=True)),
            ("ends_on", models.DateField(blank=True, null=True)),
        ],
    ),
    CreateModel(
        name="Transition",
        fields=[
            key(),
            (
                "joining",
                models.ForeignKey(
                    on_delete=django.db.models.deletion.PROTECT,
                    related_name="transitions",
                    to="onboarding.joining",
                ),
            ),
            (
                "from_state",
                models.CharField(
                    choices=[
                        ("draft", "draft"),
                        ("submitted", "submitted"),
                        ("in_review", "in review"),
                        ("returned", "returned"),
                        ("accepted_for_testing", "accepted for testing"),
                        ("test_passed", "test passed"),
                        ("test_waived", "test waived"),
                        ("in_production", "in production"),
                        ("notice_given", "notice given"),
                        ("ended", "ended"),
                        ("rejected", "rejected"),
                    ],
                    max_length=24,
                ),
            ),
            (
                "to_state",
                models.CharField(
                    choices=[
                        ("draft", "draft"),
                        ("submitted", "submitted"),
                        ("in_review", "in review"),
                        ("returned", "returned"),
                        ("accepted_for_testing", "accepted for testing"),
                        ("test_passed", "test passed"),
                        ("test_waived", "test waived"),
                        ("in_production", "in production"),
                        ("notice_given", "notice given"),
                        ("ended", "ended"),
                        ("rejected", "rejected"),
                    ],
                    max_length=24,
                ),
            ),
            ("at", models.DateTimeField()),
            ("actor_name", models.CharField(max_length=200)),
            ("reason", models.TextField(blank=True)),
        ],
        options={"indexes": [models.Index(fields=["joining", "-at"], name="transition_newest")]},
    ),
    CreateModel(
        name="Contact",
        fields=[
            key(),
            (
                "organisation",
                models.ForeignKey(
                    on_delete=django.db.models.deletion.PROTECT,
                    related_name="contacts",
                    to="archive.organisation",
                ),
            ),
            (
                "kind",
                models.CharField(
                    choices=[
                        ("administrative", "administrative contact"),
                        ("technical", "technical contact"),
                        ("data_protection", "data protection contact"),
                    ],
                    max_length=16,
                ),
            ),
            ("name", models.CharField(max_length=200)),
            ("email", models.EmailField(max_length=254)),
            ("phone", models.CharField(blank=True, max_length=40)),
            (
                "language",
                models.CharField(
                    choices=[("fi", "Suomi"), ("sv", "Svenska"), ("en", "English")],
                    default="fi",
                    max_length=2,
                ),
            ),
        ],
        options={
            "constraints": [
                models.UniqueConstraint(fields=("organisation", "kind"), name="contact_one_a_kind")
            ]
        },
    ),
    CreateModel(
        name="Evidence",
        fields=[
            key(),
            (
                "joining",
                models.ForeignKey(
                    on_delete=django.db.models.deletion.PROTECT,
                    related_name="evidence",
                    to="onboarding.joining",
                ),
            ),
            (
                "precondition",
                models.CharField(
                    choices=[
                        ("certified", "certified systems"),
                        ("patient_data", "Patient Data Repository in use"),
                        ("delivery_terms", "general delivery terms accepted"),
                        ("service_description", "service description accepted"),
                        ("deployment_data", "deployment data given"),
                        ("rollout_test", "rollout test passed"),
                    ],
                    max_length=24,
                ),
            ),
            (
                "state",
                models.CharField(
                    choices=[
                        ("missing", "missing"),
                        ("given", "given"),
                        ("accepted", "accepted"),
                        ("waived", "waived"),
                    ],
                    default="missing",
                    max_length=10,
                ),
            ),
            ("number", models.CharField(blank=True, max_length=100)),
            ("dated", models.DateField(blank=True, null=True)),
            ("note", models.TextField(blank=True)),
            ("file_name", models.CharField(blank=True, max_length=200)),
            ("file_type", models.CharField(blank=True, max_length=100)),
            ("file_digest", models.CharField(blank=True, max_length=64)),
            ("given_by", models.CharField(blank=True, max_length=200)),
            ("given_at", models.DateTimeField(blank=True, null=True)),
            ("judged_by", models.CharField(blank=True, max_length=200)),
            ("judged_at", models.DateTimeField(blank=True, null=True)),
            ("judgement", models.TextField(blank=True)),
        ],
        options={
            "constraints": [
                models.UniqueConstraint(
                    fields=("joining", "precondition"), name="evidence_one_each"
                )
            ]
        },
    ),
    CreateModel(
        name="PlannedConnection",
        fields=[
            key(),
            (
                "organisation",
                models.ForeignKey(
                    on_delete=django.db.models.deletion.PROTECT,
                    related_name="planned_connections",
                    to="archive.organisation",
                ),
            ),
            environment(),
            (
                "kind",
                models.CharField(
                    choices=[("dicom", "DICOM"), ("xds", "XDS"), ("hl7", "HL7")], max_length=10
                ),
            ),
            ("name", models.CharField(blank=True, max_length=100)),
            ("aet", models.CharField(blank=True, max_length=16)),
            ("host", models.CharField(blank=True, max_length=255)),
            ("port", models.PositiveIntegerField(blank=True, null=True)),
            ("ian_on", models.BooleanField(default=False)),
            ("retrieve_destination", models.BooleanField(default=True)),
            ("tls", models.BooleanField(default=False)),
            ("certificate", models.TextField(blank=True)),
            ("certificate_subject", models.CharField(blank=True, max_length=300)),
            ("certificate_issuer", models.CharField(blank=True, max_length=300)),
            ("certificate_sha256", models.CharField(blank=True, max_length=64)),
            ("certificate_until", models.DateTimeField(blank=True, null=True)),
            ("hl7_application", models.CharField(blank=True, max_length=100)),
            ("hl7_facility", models.CharField(blank=True, max_length=100)),
            ("opened_at", models.DateTimeField(blank=True, null=True)),
            (
                "connection",
                models.OneToOneField(
                    blank=True,
                    null=True,
                    on_delete=django.db.models.deletion.PROTECT,
                    related_name="planned",
                    to="archive.connection",
                ),
            ),
        ],
        options={
            "constraints": [
                models.UniqueConstraint(
                    condition=models.Q(("aet", ""), _negated=True),
                    fields=("environment", "aet"),
                    name="planned_one_title",
                ),
                models.UniqueConstraint(
                    condition=models.Q(("kind", "hl7")),
                    fields=("environment", "hl7_application", "hl7_facility"),
                    name="planned_one_sender",
                ),
            ]
        },
    ),
    CreateModel(
        name="FourEyes",
        fields=[
            key(),
            ("kind", models.CharField(max_length=24)),
            (
                "joining",
                models.ForeignKey(
                    on_delete=django.db.models.deletion.PROTECT,
                    related_name="four_eyes",
                    to="onboarding.joining",
                ),
            ),
            ("details", models.JSONField(default=dict)),
            ("reason", models.TextField()),
            (
                "state",
                models.CharField(
                    choices=[
                        ("open", "waits for a second person"),
                        ("done", "done"),
                        ("refused", "refused"),
                    ],
                    default="open",
                    max_length=10,
                ),
            ),
            (
                "asked_by",
                models.ForeignKey(
                    on_delete=django.db.models.deletion.PROTECT,
                    related_name="four_eyes_asked",
                    to=settings.AUTH_USER_MODEL,
                ),
            ),
            ("asked_at", models.DateTimeField()),
            (
                "decided_by",
                models.ForeignKey(
                    blank=True,
                    null=True,
                    on_delete=django.db.models.deletion.PROTECT,
                    related_name="four_eyes_decided",
                    to=settings.AUTH_USER_MODEL,
                ),
            ),
            ("decided_at", models.DateTimeField(blank=True, null=True)),
        ],
        options={
            "constraints": [
                models.UniqueConstraint(
                    condition=models.Q(("state", "open")),
                    fields=("kind", "joining"),
                    name="four_eyes_one_open",
                )
            ]
        },
    ),
    CreateModel(
        name="AccessRequest",
        fields=[
            key(),
            (
                "organisation",
                models.ForeignKey(
                    on_delete=django.db.models.deletion.PROTECT,
                    related_name="access_requests",
                    to="archive.organisation",
                ),
            ),
            (
                "user",
                models.ForeignKey(
                    on_delete=django.db.models.deletion.CASCADE,
                    related_name="access_requests",
                    to=settings.AUTH_USER_MODEL,
                ),
            ),
            (
                "state",
                models.CharField(
                    choices=[
                        ("open", "waits for a second person"),
                        ("done", "done"),
                        ("refused", "refused"),
                    ],
                    default="open",
                    max_length=10,
                ),
            ),
            ("asked_at", models.DateTimeField()),
            ("decided_by", models.CharField(blank=True, max_length=200)),
            ("decided_at", models.DateTimeField(blank=True, null=True)),
        ],
        options={
            "constraints": [
                models.UniqueConstraint(
                    condition=models.Q(("state", "open")),
                    fields=("organisation", "user"),
                    name="access_request_one_open",
                )
            ]
        },
    ),
    CreateModel(
        name="Invitation",
        fields=[
            key(),
            (
                "organisation",
                models.ForeignKey(
                    on_delete=django.db.models.deletion.PROTECT,
                    related_name="invitations",
                    to="archive.organisation",
                ),
            ),
            ("email", models.EmailField(max_length=254)),
            ("role", models.CharField(max_length=20)),
            ("secret_sha256", models.BinaryField(max_length=32)),
            ("invited_by", models.CharField(max_length=200)),
            ("invited_at", models.DateTimeField()),
            ("expires_at", models.DateTimeField()),
            ("accepted_at", models.DateTimeField(blank=True, null=True)),
        ],
    ),
)
