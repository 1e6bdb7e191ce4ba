"""The tables of `archive.models.desk`, as they are after 0220."""

import django.contrib.postgres.indexes
import django.contrib.postgres.search
import django.db.models.deletion
from django.conf import settings
from django.db import models
from django.db.migrations import CreateModel

from archive.migrations.squashed_0220.fields import environment, key

MODELS = (
    CreateModel(
        name="Case",
        fields=[
            key(),
            ("number", models.BigIntegerField(unique=True)),
            environment(),
            ("reason", models.CharField(max_length=40)),
            ("code", models.CharField(max_length=40)),
            ("edge", models.CharField(max_length=16)),
            ("place", models.CharField(max_length=40)),
            (
                "organisation",
                models.ForeignKey(
                    blank=True,
                    null=True,
                    on_delete=django.db.models.deletion.PROTECT,
                    related_name="cases",
                    to="archive.organisation",
                ),
            ),
            (
                "connection",
                models.ForeignKey(
                    blank=True,
                    null=True,
                    on_delete=django.db.models.deletion.PROTECT,
                    related_name="cases",
                    to="archive.connection",
                ),
            ),
            ("caller", models.CharField(blank=True, max_length=64)),
            ("fingerprint", models.CharField(max_length=64)),
            (
                "state",
                models.CharField(
                    choices=[("open", "open"), ("resolved", "resolved")],
                    default="open",
                    max_length=12,
                ),
            ),
            ("first_at", models.DateTimeField()),
            ("opened_at", models.DateTimeField(null=True)),
            ("last_at", models.DateTimeField()),
            ("event_count", models.PositiveIntegerField(default=0)),
            ("open_count", models.PositiveIntegerField(default=0)),
            ("reopened_count", models.PositiveIntegerField(default=0)),
            ("resolved_at", models.DateTimeField(blank=True, null=True)),
            ("resolution", models.CharField(blank=True, max_length=200)),
            (
                "handling",
                models.CharField(
                    choices=[
                        ("new", "new"),
                        ("assigned", "assigned"),
                        ("waiting", "waits for the customer"),
                        ("recurring", "has come back"),
                    ],
                    default="new",
                    max_length=10,
                ),
            ),
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
            ("due_at", models.DateTimeField(blank=True, null=True)),
            (
                "owner",
                models.ForeignKey(
                    blank=True,
                    null=True,
                    on_delete=django.db.models.deletion.PROTECT,
                    related_name="cases",
                    to=settings.AUTH_USER_MODEL,
                ),
            ),
            (
                "watchers",
                models.ManyToManyField(
                    blank=True, related_name="watched_cases", to=settings.AUTH_USER_MODEL
                ),
            ),
        ],
        options={
            "indexes": [
                models.Index(
                    fields=["environment", "state", "-last_at", "-id"], name="case_newest"
                ),
                models.Index(
                    fields=["organisation", "environment", "state", "-last_at"],
                    name="case_customer",
                ),
                models.Index(fields=["fingerprint", "-last_at"], name="case_fingerprint"),
                models.Index(fields=["opened_at"], name="case_opened"),
                models.Index(fields=["resolved_at"], name="case_resolved"),
                models.Index(fields=["reason", "environment", "-last_at"], name="case_reason"),
                models.Index(fields=["code", "environment", "-last_at"], name="case_code"),
                models.Index(fields=["connection", "-last_at"], name="case_connection"),
                models.Index(fields=["caller", "-last_at"], name="case_caller"),
            ],
            "constraints": [
                models.UniqueConstraint(
                    condition=models.Q(("state", "open")),
                    fields=("fingerprint",),
                    name="case_one_open",
                )
            ],
        },
    ),
    CreateModel(
        name="CaseEvent",
        fields=[
            key(),
            (
                "case",
                models.ForeignKey(
                    on_delete=django.db.models.deletion.PROTECT,
                    related_name="events",
                    to="archive.case",
                ),
            ),
            ("mark", models.CharField(blank=True, max_length=64)),
            ("at", models.DateTimeField()),
            ("detail", models.CharField(blank=True, max_length=400)),
            ("facts", models.JSONField(default=dict)),
            (
                "study",
                models.ForeignKey(
                    blank=True,
                    null=True,
                    on_delete=django.db.models.deletion.SET_NULL,
                    related_name="case_events",
                    to="archive.study",
                ),
            ),
            ("subject_id", models.UUIDField(blank=True, null=True)),
            ("job_id", models.UUIDField(blank=True, null=True)),
            ("accession_number", models.CharField(blank=True, max_length=64)),
            ("study_instance_uid", models.CharField(blank=True, max_length=64)),
            ("sop_instance_uid", models.CharField(blank=True, max_length=64)),
            ("correlation_id", models.UUIDField(blank=True, null=True)),
            (
                "outcome",
                models.CharField(
                    choices=[
                        ("open", "open"),
                        ("retried", "tried again"),
                        ("solved", "solved"),
                        ("ignored", "ignored"),
                    ],
                    default="open",
                    max_length=8,
                ),
            ),
            ("outcome_at", models.DateTimeField(blank=True, null=True)),
        ],
        options={
            "indexes": [
                models.Index(fields=["case", "-at", "-id"], name="case_event_newest"),
                models.Index(fields=["accession_number"], name="case_event_accession"),
                models.Index(fields=["study_instance_uid"], name="case_event_study_uid"),
                models.Index(fields=["study", "-at"], name="case_event_study"),
                models.Index(fields=["job_id"], name="case_event_job"),
                models.Index(fields=["subject_id"], name="case_event_subject"),
                models.Index(
                    condition=models.Q(("correlation_id__isnull", False)),
                    fields=["correlation_id"],
                    name="case_event_correlation",
                ),
                django.contrib.postgres.indexes.GinIndex(
                    django.contrib.postgres.search.SearchVector("detail", config="simple"),
                    name="case_event_words",
                ),
            ]
        },
    ),
    CreateModel(
        name="CaseRoute",
        fields=[
            key(),
            ("fingerprint", models.CharField(max_length=64)),
            ("fact", models.CharField(blank=True, max_length=64)),
            ("value", models.CharField(blank=True, max_length=400)),
            ("leads_to", models.CharField(max_length=64)),
            (
                "origin",
                models.ForeignKey(
                    on_delete=django.db.models.deletion.PROTECT,
                    related_name="routes",
                    to="archive.case",
                ),
            ),
            (
                "into",
                models.ForeignKey(
                    on_delete=django.db.models.deletion.PROTECT,
                    related_name="routes_in",
                    to="archive.case",
                ),
            ),
            ("made_at", models.DateTimeField()),
            ("made_by", models.CharField(max_length=200)),
            ("ended_at", models.DateTimeField(blank=True, null=True)),
        ],
        options={
            "indexes": [
                models.Index(
                    condition=models.Q(("ended_at", None)),
                    fields=["leads_to"],
                    name="case_route_leads_to",
                )
            ],
            "constraints": [
                models.UniqueConstraint(
                    condition=models.Q(("ended_at", None)),
                    fields=("fingerprint", "fact", "value"),
                    name="case_route_one_live",
                )
            ],
        },
    ),
    CreateModel(
        name="CaseComment",
        fields=[
            key(),
            (
                "case",
                models.ForeignKey(
                    on_delete=django.db.models.deletion.PROTECT,
                    related_name="comments",
                    to="archive.case",
                ),
            ),
            ("at", models.DateTimeField()),
            (
                "author",
                models.ForeignKey(
                    null=True,
                    on_delete=django.db.models.deletion.PROTECT,
                    related_name="case_comments",
                    to=settings.AUTH_USER_MODEL,
                ),
            ),
            ("author_name", models.CharField(max_length=200)),
            ("is_customers", models.BooleanField(default=False)),
            ("is_shared", models.BooleanField(default=False)),
            ("text", models.TextField(max_length=2000)),
        ],
        options={
            "indexes": [
                models.Index(fields=["case", "at"], name="case_comment_order"),
                models.Index(fields=["at"], name="case_comment_newest"),
            ]
        },
    ),
    CreateModel(
        name="SeverityRule",
        fields=[
            key(),
            ("reason", models.CharField(blank=True, max_length=40)),
            (
                "severity",
                models.CharField(
                    choices=[
                        ("critical", "critical"),
                        ("high", "high"),
                        ("normal", "normal"),
                        ("low", "low"),
                    ],
                    max_length=10,
                ),
            ),
            ("valid_from", models.DateField()),
            ("source", models.CharField(blank=True, max_length=200)),
        ],
        options={
            "constraints": [
                models.UniqueConstraint(fields=("reason", "valid_from"), name="severity_identity")
            ]
        },
    ),
    CreateModel(
        name="SeverityTime",
        fields=[
            key(),
            (
                "severity",
                models.CharField(
                    choices=[
                        ("critical", "critical"),
                        ("high", "high"),
                        ("normal", "normal"),
                        ("low", "low"),
                    ],
                    max_length=10,
                ),
            ),
            ("hours", models.PositiveIntegerField()),
            ("valid_from", models.DateField()),
            ("source", models.CharField(blank=True, max_length=200)),
        ],
        options={
            "constraints": [
                models.UniqueConstraint(
                    fields=("severity", "valid_from"), name="severity_time_identity"
                )
            ]
        },
    ),
)
