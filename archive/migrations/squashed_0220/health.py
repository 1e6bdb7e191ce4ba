"""The tables of `archive.models.health`, as they are after 0220."""

import django.contrib.postgres.fields
import django.db.models.deletion
from django.conf import settings
from django.db import models
from django.db.migrations import CreateModel

from archive.migrations.squashed_0220.fields import environment, key

MODELS = (
    CreateModel(
        name="Channel",
        fields=[
            key(),
            environment(),
            (
                "organisation",
                models.ForeignKey(
                    on_delete=django.db.models.deletion.PROTECT,
                    related_name="channels",
                    to="archive.organisation",
                ),
            ),
            (
                "connection",
                models.ForeignKey(
                    blank=True,
                    null=True,
                    on_delete=django.db.models.deletion.PROTECT,
                    related_name="channels",
                    to="archive.connection",
                ),
            ),
            (
                "interface",
                models.CharField(
                    choices=[
                        ("store", "DICOM, storing"),
                        ("retrieve", "DICOM, asking and fetching"),
                        ("xds", "XDS"),
                        ("hl7", "HL7"),
                        ("dicomweb", "DICOMweb"),
                        ("fhir", "FHIR"),
                        ("notice", "confirmations of registration (IAN)"),
                        ("commitment", "storage commitment reports"),
                        ("webhook", "webhooks"),
                    ],
                    max_length=10,
                ),
            ),
            ("first_at", models.DateTimeField()),
            ("good_at", models.DateTimeField(blank=True, null=True)),
            ("failed_at", models.DateTimeField(blank=True, null=True)),
            ("expected_on", models.DateField(blank=True, null=True)),
            ("expected_by", models.DateTimeField(blank=True, null=True)),
        ],
        options={
            "constraints": [
                models.UniqueConstraint(
                    fields=("environment", "organisation", "connection", "interface"),
                    name="channel_identity",
                    nulls_distinct=False,
                )
            ]
        },
    ),
    CreateModel(
        name="ChannelHour",
        fields=[
            (
                "id",
                models.BigAutoField(
                    auto_created=True, primary_key=True, serialize=False, verbose_name="ID"
                ),
            ),
            (
                "channel",
                models.ForeignKey(
                    on_delete=django.db.models.deletion.CASCADE,
                    related_name="hours",
                    to="archive.channel",
                ),
            ),
            ("hour", models.DateTimeField()),
            ("good", models.PositiveIntegerField(default=0)),
            ("failed", models.PositiveIntegerField(default=0)),
            ("ms", models.BigIntegerField(default=0)),
            ("timed", models.BigIntegerField(default=0)),
        ],
        options={
            "indexes": [models.Index(fields=["hour"], name="channel_hour_order")],
            "constraints": [
                models.UniqueConstraint(fields=("channel", "hour"), name="channel_hour_identity")
            ],
        },
    ),
    CreateModel(
        name="SilenceLearning",
        fields=[
            key(),
            ("weeks", models.PositiveSmallIntegerField()),
            ("least_days", models.PositiveSmallIntegerField()),
            ("most_silent", models.PositiveSmallIntegerField()),
            ("valid_from", models.DateField(unique=True)),
            ("source", models.CharField(blank=True, max_length=200)),
        ],
    ),
    CreateModel(
        name="SilenceRule",
        fields=[
            key(),
            (
                "channel",
                models.ForeignKey(
                    on_delete=django.db.models.deletion.CASCADE,
                    related_name="silence_rules",
                    to="archive.channel",
                ),
            ),
            (
                "weekdays",
                django.contrib.postgres.fields.ArrayField(
                    base_field=models.PositiveSmallIntegerField(),
                    blank=True,
                    default=list,
                    size=None,
                ),
            ),
            ("by", models.TimeField(blank=True, null=True)),
            ("reason", models.CharField(max_length=200)),
            ("made_by_name", models.CharField(max_length=200)),
            ("since", models.DateTimeField()),
            ("until", models.DateTimeField(blank=True, null=True)),
        ],
        options={
            "constraints": [
                models.UniqueConstraint(
                    condition=models.Q(("until", None)),
                    fields=("channel",),
                    name="silence_rule_one_live",
                ),
                models.CheckConstraint(
                    condition=models.Q(("weekdays", []), ("by__isnull", False), _connector="OR"),
                    name="silence_rule_has_time",
                ),
            ]
        },
    ),
    CreateModel(
        name="AlarmRule",
        fields=[
            key(),
            ("name_fi", models.CharField(max_length=200)),
            ("name_sv", models.CharField(max_length=200)),
            ("name_en", models.CharField(max_length=200)),
            (
                "measure",
                models.CharField(
                    choices=[
                        ("failures", "failed exchanges, %"),
                        ("latency", "mean time, ms"),
                        ("backlog", "jobs that are due and not done"),
                        ("silence", "minutes over the time by which it always sends"),
                        ("certificate", "days until a certificate expires"),
                        ("part", "part that does not answer (1)"),
                    ],
                    max_length=12,
                ),
            ),
            (
                "environment",
                models.CharField(
                    blank=True,
                    choices=[("production", "production"), ("test", "test")],
                    max_length=10,
                ),
            ),
            (
                "interface",
                models.CharField(
                    blank=True,
                    choices=[
                        ("store", "DICOM, storing"),
                        ("retrieve", "DICOM, asking and fetching"),
                        ("xds", "XDS"),
                        ("hl7", "HL7"),
                        ("dicomweb", "DICOMweb"),
                        ("fhir", "FHIR"),
                        ("notice", "confirmations of registration (IAN)"),
                        ("commitment", "storage commitment reports"),
                        ("webhook", "webhooks"),
                    ],
                    max_length=10,
                ),
            ),
            (
                "organisation",
                models.ForeignKey(
                    blank=True,
                    null=True,
                    on_delete=django.db.models.deletion.PROTECT,
                    related_name="alarm_rules",
                    to="archive.organisation",
                ),
            ),
            ("threshold", models.FloatField()),
            ("clear_at", models.FloatField()),
            ("minutes", models.PositiveIntegerField(default=0)),
            ("hours", models.PositiveSmallIntegerField(default=1)),
            ("least", models.PositiveIntegerField(default=0)),
            ("cool_down_minutes", models.PositiveIntegerField(default=0)),
            (
                "severity",
                models.CharField(
                    choices=[
                        ("critical", "critical"),
                        ("high", "high"),
                        ("normal", "normal"),
                        ("low", "low"),
                    ],
                    default="normal",
                    max_length=10,
                ),
            ),
            (
                "recipients",
                django.contrib.postgres.fields.ArrayField(
                    base_field=models.EmailField(max_length=254),
                    blank=True,
                    default=list,
                    size=None,
                ),
            ),
            (
                "roles",
                django.contrib.postgres.fields.ArrayField(
                    base_field=models.CharField(
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
                    blank=True,
                    db_default=[],
                    default=list,
                    size=None,
                ),
            ),
            ("made_by_name", models.CharField(max_length=200)),
            ("since", models.DateTimeField()),
            ("until", models.DateTimeField(blank=True, null=True)),
        ],
        options={
            "ordering": ("measure", "name_fi"),
            "constraints": [
                models.CheckConstraint(
                    condition=models.Q(
                        models.Q(
                            ("clear_at__gt", models.F("threshold")), ("measure", "certificate")
                        ),
                        models.Q(
                            models.Q(("measure", "certificate"), _negated=True),
                            ("clear_at__lt", models.F("threshold")),
                        ),
                        _connector="OR",
                    ),
                    name="alarm_rule_clears_on_the_good_side",
                )
            ],
        },
    ),
    CreateModel(
        name="Alarm",
        fields=[
            key(),
            (
                "rule",
                models.ForeignKey(
                    on_delete=django.db.models.deletion.PROTECT,
                    related_name="alarms",
                    to="archive.alarmrule",
                ),
            ),
            ("key", models.CharField(max_length=120)),
            ("about", models.CharField(max_length=200)),
            (
                "environment",
                models.CharField(
                    blank=True,
                    choices=[("production", "production"), ("test", "test")],
                    max_length=10,
                ),
            ),
            (
                "organisation",
                models.ForeignKey(
                    blank=True,
                    null=True,
                    on_delete=django.db.models.deletion.PROTECT,
                    related_name="alarms",
                    to="archive.organisation",
                ),
            ),
            (
                "channel",
                models.ForeignKey(
                    blank=True,
                    null=True,
                    on_delete=django.db.models.deletion.SET_NULL,
                    related_name="alarms",
                    to="archive.channel",
                ),
            ),
            ("value", models.FloatField()),
            ("worst", models.FloatField()),
            ("since", models.DateTimeField()),
            ("raised_at", models.DateTimeField(blank=True, null=True)),
            ("cleared_at", models.DateTimeField(blank=True, null=True)),
            ("is_quiet", models.BooleanField(default=False)),
            ("told_at", models.DateTimeField(blank=True, null=True)),
            (
                "told_to",
                django.contrib.postgres.fields.ArrayField(
                    base_field=models.EmailField(max_length=254),
                    blank=True,
                    db_default=[],
                    default=list,
                    size=None,
                ),
            ),
            ("claimed_at", models.DateTimeField(blank=True, null=True)),
            ("acknowledged_at", models.DateTimeField(blank=True, null=True)),
            (
                "acknowledged_by",
                models.ForeignKey(
                    blank=True,
                    null=True,
                    on_delete=django.db.models.deletion.PROTECT,
                    related_name="alarms",
                    to=settings.AUTH_USER_MODEL,
                ),
            ),
            ("note", models.CharField(blank=True, max_length=200)),
        ],
        options={
            "indexes": [
                models.Index(fields=["-cleared_at"], name="alarm_cleared"),
                models.Index(fields=["rule", "key", "-cleared_at"], name="alarm_before"),
            ],
            "constraints": [
                models.UniqueConstraint(
                    condition=models.Q(("cleared_at", None)),
                    fields=("rule", "key"),
                    name="alarm_one_open",
                )
            ],
        },
    ),
)
