"""The tables of `archive.models.organisations`, as they are after 0220."""

import django.contrib.auth.models
import django.contrib.auth.validators
import django.contrib.postgres.indexes
import django.contrib.postgres.search
import django.db.models.deletion
import django.utils.timezone
from django.conf import settings
from django.db import models
from django.db.migrations import CreateModel

from archive.migrations.squashed_0220.fields import environment, key

MODELS = (
    CreateModel(
        name="Organisation",
        fields=[
            key(),
            ("business_id", models.CharField(max_length=9, unique=True)),
            ("oid", models.CharField(max_length=64, unique=True)),
            ("name_fi", models.CharField(max_length=200)),
            ("name_sv", models.CharField(blank=True, max_length=200)),
            ("name_en", models.CharField(blank=True, max_length=200)),
            ("sector", models.CharField(choices=[("1", "public"), ("2", "private")], max_length=1)),
            ("is_operator", models.BooleanField(default=False)),
            ("is_demo", models.BooleanField(default=False)),
            (
                "state",
                models.CharField(
                    choices=[
                        ("joining", "joining"),
                        ("in_production", "in production"),
                        ("ended", "ended"),
                    ],
                    default="joining",
                    max_length=20,
                ),
            ),
            ("joined_on", models.DateField(blank=True, null=True)),
            ("ended_on", models.DateField(blank=True, null=True)),
        ],
        options={
            "ordering": ("name_fi",),
            "indexes": [
                django.contrib.postgres.indexes.GinIndex(
                    django.contrib.postgres.search.SearchVector(
                        "name_fi", "name_sv", "name_en", config="simple"
                    ),
                    name="organisation_words",
                )
            ],
        },
    ),
    CreateModel(
        name="Register",
        fields=[
            key(),
            (
                "organisation",
                models.ForeignKey(
                    on_delete=django.db.models.deletion.PROTECT,
                    related_name="registers",
                    to="archive.organisation",
                ),
            ),
            ("controller_oid", models.CharField(max_length=64)),
            (
                "type",
                models.CharField(
                    choices=[
                        ("2", "public health care"),
                        ("3", "private health care"),
                        ("4", "occupational health care"),
                    ],
                    max_length=1,
                ),
            ),
            ("specifier", models.CharField(blank=True, max_length=64)),
            ("is_default", models.BooleanField(default=False)),
        ],
        options={
            "constraints": [
                models.UniqueConstraint(
                    fields=("controller_oid", "type", "specifier"), name="register_identity"
                ),
                models.UniqueConstraint(
                    condition=models.Q(("is_default", True)),
                    fields=("controller_oid",),
                    name="register_one_default",
                ),
            ]
        },
    ),
    CreateModel(
        name="RegisterHolding",
        fields=[
            key(),
            (
                "register",
                models.ForeignKey(
                    on_delete=django.db.models.deletion.PROTECT,
                    related_name="former_holdings",
                    to="archive.register",
                ),
            ),
            (
                "organisation",
                models.ForeignKey(
                    on_delete=django.db.models.deletion.PROTECT,
                    related_name="former_registers",
                    to="archive.organisation",
                ),
            ),
            ("until", models.DateField()),
        ],
        options={
            "ordering": ("until",),
            "constraints": [
                models.UniqueConstraint(fields=("register", "until"), name="holding_one_until")
            ],
        },
    ),
    CreateModel(
        name="Connection",
        fields=[
            key(),
            (
                "organisation",
                models.ForeignKey(
                    on_delete=django.db.models.deletion.PROTECT,
                    related_name="connections",
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
            (
                "xds_role",
                models.CharField(
                    blank=True,
                    choices=[
                        ("consumer", "document consumer"),
                        ("pdr", "Patient Data Repository"),
                        ("operator", "operator’s own tools"),
                        ("source", "document source"),
                    ],
                    max_length=10,
                ),
            ),
            ("xds_user", models.CharField(blank=True, max_length=64)),
            ("xds_secret_sha256", models.BinaryField(blank=True, max_length=32, null=True)),
            ("xua_required", models.BooleanField(default=False)),
            ("hl7_application", models.CharField(blank=True, max_length=100)),
            ("hl7_facility", models.CharField(blank=True, max_length=100)),
            ("certificate_sha256", models.CharField(blank=True, max_length=64)),
            ("valid_from", models.DateField()),
            ("valid_until", models.DateField(blank=True, null=True)),
        ],
        options={
            "indexes": [models.Index(fields=["aet", "environment"], name="connection_title")],
            "constraints": [
                models.UniqueConstraint(
                    condition=models.Q(("kind", "dicom"), ("valid_until", None)),
                    fields=("environment", "aet"),
                    name="connection_one_live_title",
                ),
                models.UniqueConstraint(
                    condition=models.Q(("xds_user", ""), _negated=True),
                    fields=("xds_user",),
                    name="connection_one_xds_user",
                ),
                models.UniqueConstraint(
                    condition=models.Q(("kind", "hl7"), ("valid_until", None)),
                    fields=("environment", "hl7_application", "hl7_facility"),
                    name="connection_one_live_sender",
                ),
                models.CheckConstraint(
                    condition=models.Q(
                        ("tls", False),
                        models.Q(("certificate_sha256", ""), _negated=True),
                        _connector="OR",
                    ),
                    name="connection_tls_has_certificate",
                ),
            ],
        },
    ),
    CreateModel(
        name="User",
        fields=[
            ("password", models.CharField(max_length=128, verbose_name="password")),
            ("last_login", models.DateTimeField(blank=True, null=True, verbose_name="last login")),
            (
                "is_superuser",
                models.BooleanField(
                    default=False,
                    help_text="Designates that this user has all permissions without explicitly assigning them.",
                    verbose_name="superuser status",
                ),
            ),
            (
                "username",
                models.CharField(
                    error_messages={"unique": "A user with that username already exists."},
                    help_text="Required. 150 characters or fewer. Letters, digits and @/./+/-/_ only.",
                    max_length=150,
                    unique=True,
                    validators=[django.contrib.auth.validators.UnicodeUsernameValidator()],
                    verbose_name="username",
                ),
            ),
            ("first_name", models.CharField(blank=True, max_length=150, verbose_name="first name")),
            ("last_name", models.CharField(blank=True, max_length=150, verbose_name="last name")),
            ("email", models.EmailField(blank=True, max_length=254, verbose_name="email address")),
            (
                "is_staff",
                models.BooleanField(
                    default=False,
                    help_text="Designates whether the user can log into this admin site.",
                    verbose_name="staff status",
                ),
            ),
            (
                "is_active",
                models.BooleanField(
                    default=True,
                    help_text="Designates whether this user should be treated as active. Unselect this instead of deleting accounts.",
                    verbose_name="active",
                ),
            ),
            (
                "date_joined",
                models.DateTimeField(default=django.utils.timezone.now, verbose_name="date joined"),
            ),
            key(),
            (
                "language",
                models.CharField(
                    blank=True,
                    choices=[("fi", "Suomi"), ("sv", "Svenska"), ("en", "English")],
                    max_length=2,
                ),
            ),
            ("is_demo", models.BooleanField(default=False)),
            (
                "groups",
                models.ManyToManyField(
                    blank=True,
                    help_text="The groups this user belongs to. A user will get all permissions granted to each of their groups.",
                    related_name="user_set",
                    related_query_name="user",
                    to="auth.group",
                    verbose_name="groups",
                ),
            ),
            (
                "user_permissions",
                models.ManyToManyField(
                    blank=True,
                    help_text="Specific permissions for this user.",
                    related_name="user_set",
                    related_query_name="user",
                    to="auth.permission",
                    verbose_name="user permissions",
                ),
            ),
        ],
        options={"verbose_name": "user", "verbose_name_plural": "users", "abstract": False},
        managers=[("objects", django.contrib.auth.models.UserManager())],
    ),
    CreateModel(
        name="Membership",
        fields=[
            key(),
            (
                "user",
                models.ForeignKey(
                    on_delete=django.db.models.deletion.CASCADE,
                    related_name="memberships",
                    to=settings.AUTH_USER_MODEL,
                ),
            ),
            (
                "organisation",
                models.ForeignKey(
                    on_delete=django.db.models.deletion.PROTECT,
                    related_name="memberships",
                    to="archive.organisation",
                ),
            ),
            (
                "role",
                models.CharField(
                    choices=[
                        ("admin", "administrator"),
                        ("onboarding", "onboarding officer"),
                        ("archivist", "archivist"),
                        ("support", "support desk"),
                        ("logreview", "log reviewer"),
                        ("customer_admin", "customer's administrator"),
                        ("customer_technical", "customer's technical contact"),
                    ],
                    max_length=20,
                ),
            ),
        ],
        options={
            "constraints": [
                models.UniqueConstraint(
                    fields=("user", "organisation", "role"), name="membership_identity"
                )
            ]
        },
    ),
)
