"""The tables of `archive.models.wishes`, as they are after 0220."""

import django.db.models.deletion
from django.db import models
from django.db.migrations import CreateModel

from archive.migrations.squashed_0220.fields import environment, key

MODELS = (
    CreateModel(
        name="Informing",
        fields=[
            key(),
            (
                "patient",
                models.ForeignKey(
                    on_delete=django.db.models.deletion.PROTECT,
                    related_name="+",
                    to="archive.patient",
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
        ],
        options={
            "indexes": [models.Index(fields=["patient", "effective_at"], name="informing_patient")]
        },
    ),
    CreateModel(
        name="InformingEnd",
        fields=[
            key(),
            (
                "patient",
                models.ForeignKey(
                    on_delete=django.db.models.deletion.PROTECT,
                    related_name="+",
                    to="archive.patient",
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
        ],
        options={"abstract": False},
    ),
    CreateModel(
        name="DisclosurePermission",
        fields=[
            key(),
            (
                "patient",
                models.ForeignKey(
                    on_delete=django.db.models.deletion.PROTECT,
                    related_name="+",
                    to="archive.patient",
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
        ],
        options={
            "indexes": [
                models.Index(
                    fields=["patient", "-effective_at", "-recorded_at"], name="permission_patient"
                )
            ]
        },
    ),
    CreateModel(
        name="Prohibition",
        fields=[
            key(),
            (
                "patient",
                models.ForeignKey(
                    on_delete=django.db.models.deletion.PROTECT,
                    related_name="+",
                    to="archive.patient",
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
        ],
        options={
            "indexes": [
                models.Index(fields=["patient", "effective_at"], name="prohibition_patient")
            ],
            "constraints": [
                models.CheckConstraint(
                    condition=models.Q(
                        models.Q(("scope", "service_event"), _negated=True),
                        models.Q(("service_event", ""), _negated=True),
                        _connector="OR",
                    ),
                    name="prohibition_names_event",
                ),
                models.CheckConstraint(
                    condition=models.Q(
                        models.Q(("scope__in", ("provider", "register")), _negated=True),
                        ("provider__isnull", False),
                        _connector="OR",
                    ),
                    name="prohibition_names_provider",
                ),
                models.CheckConstraint(
                    condition=models.Q(
                        models.Q(("scope", "register"), _negated=True),
                        models.Q(("register_type", ""), _negated=True),
                        _connector="OR",
                    ),
                    name="prohibition_names_register",
                ),
            ],
        },
    ),
    CreateModel(
        name="ProhibitionEnd",
        fields=[
            key(),
            (
                "patient",
                models.ForeignKey(
                    on_delete=django.db.models.deletion.PROTECT,
                    related_name="+",
                    to="archive.patient",
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
                "prohibition",
                models.OneToOneField(
                    on_delete=django.db.models.deletion.PROTECT,
                    related_name="end",
                    to="archive.prohibition",
                ),
            ),
        ],
        options={"abstract": False},
    ),
    CreateModel(
        name="ExpressionOfWill",
        fields=[
            key(),
            (
                "patient",
                models.ForeignKey(
                    on_delete=django.db.models.deletion.PROTECT,
                    related_name="+",
                    to="archive.patient",
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
        ],
        options={
            "verbose_name_plural": "expressions of will",
            "indexes": [models.Index(fields=["patient", "subject"], name="will_patient")],
        },
    ),
    CreateModel(
        name="WishDocument",
        fields=[
            key(),
            environment(),
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
            ]
        },
    ),
)
