"""The tables of `archive.models.review`, as they are after 0220."""

import django.db.models.deletion
from django.conf import settings
from django.db import models
from django.db.migrations import CreateModel

from archive.migrations.squashed_0220.fields import environment, key

MODELS = (
    CreateModel(
        name="ReviewRule",
        fields=[
            key(),
            (
                "kind",
                models.CharField(
                    choices=[
                        ("emergency", "emergency use"),
                        ("emergency_without_care", "emergency use without later care"),
                        ("family_name", "shared family name"),
                        ("own_record", "one’s own record"),
                        ("many_patients", "many patients in a short time"),
                        ("outside_hours", "outside hours"),
                        ("no_care_relation", "patient without care relation"),
                        ("watched", "person on the watch list"),
                        ("log_reading", "mass reading of logs"),
                        ("without_case", "looks without a case"),
                        ("manual", "a reviewer’s own finding"),
                    ],
                    max_length=24,
                ),
            ),
            (
                "scope",
                models.CharField(
                    choices=[
                        ("professionals", "customers’ professionals"),
                        ("staff", "operator’s staff"),
                    ],
                    max_length=16,
                ),
            ),
            ("version", models.PositiveIntegerField(default=1)),
            ("is_on", models.BooleanField(default=True)),
            ("threshold", models.PositiveIntegerField(default=1)),
            ("window_minutes", models.PositiveIntegerField(default=0)),
            ("opens", models.TimeField(blank=True, null=True)),
            ("closes", models.TimeField(blank=True, null=True)),
            ("weekdays_only", models.BooleanField(default=False)),
            ("valid_from", models.DateTimeField()),
            ("valid_until", models.DateTimeField(blank=True, null=True)),
            ("source", models.CharField(blank=True, max_length=200)),
        ],
        options={
            "ordering": ("scope", "kind", "-version"),
            "constraints": [
                models.UniqueConstraint(
                    condition=models.Q(("valid_until", None)),
                    fields=("kind", "scope"),
                    name="review_rule_one_last",
                ),
                models.UniqueConstraint(
                    fields=("kind", "scope", "version"), name="review_rule_identity"
                ),
            ],
        },
    ),
    CreateModel(
        name="WatchedPerson",
        fields=[
            key(),
            environment(),
            (
                "patient",
                models.ForeignKey(
                    on_delete=django.db.models.deletion.PROTECT,
                    related_name="watches",
                    to="archive.patient",
                ),
            ),
            ("reason", models.CharField(max_length=200)),
            ("valid_from", models.DateField()),
            ("valid_until", models.DateField(blank=True, null=True)),
            ("added_by", models.CharField(max_length=200)),
            ("added_at", models.DateTimeField()),
        ],
        options={
            "indexes": [
                models.Index(fields=["environment", "-added_at", "-id"], name="watched_newest"),
                models.Index(fields=["patient"], name="watched_patient"),
            ]
        },
    ),
    CreateModel(
        name="ReviewCase",
        fields=[
            key(),
            ("number", models.BigIntegerField(unique=True)),
            environment(),
            ("title", models.CharField(max_length=200)),
            (
                "state",
                models.CharField(
                    choices=[("open", "open"), ("closed", "closed")], default="open", max_length=8
                ),
            ),
            (
                "owner",
                models.ForeignKey(
                    blank=True,
                    null=True,
                    on_delete=django.db.models.deletion.PROTECT,
                    related_name="review_cases",
                    to=settings.AUTH_USER_MODEL,
                ),
            ),
            ("opened_at", models.DateTimeField()),
            ("opened_by", models.CharField(max_length=200)),
            (
                "finding",
                models.CharField(
                    blank=True,
                    choices=[
                        ("justified", "justified"),
                        ("not_justified", "not justified"),
                        ("unclear", "unclear"),
                    ],
                    max_length=16,
                ),
            ),
            ("finding_text", models.TextField(blank=True)),
            ("found_by", models.CharField(blank=True, max_length=200)),
            ("found_at", models.DateTimeField(blank=True, null=True)),
            ("decision", models.TextField(blank=True)),
            ("closed_at", models.DateTimeField(blank=True, null=True)),
            ("closed_by", models.CharField(blank=True, max_length=200)),
            ("reopened_count", models.PositiveIntegerField(default=0)),
        ],
        options={
            "indexes": [
                models.Index(
                    fields=["environment", "state", "-opened_at", "-id"], name="review_case_newest"
                ),
                models.Index(fields=["owner", "state"], name="review_case_owner"),
            ]
        },
    ),
    CreateModel(
        name="Suspicion",
        fields=[
            key(),
            environment(),
            (
                "kind",
                models.CharField(
                    choices=[
                        ("emergency", "emergency use"),
                        ("emergency_without_care", "emergency use without later care"),
                        ("family_name", "shared family name"),
                        ("own_record", "one’s own record"),
                        ("many_patients", "many patients in a short time"),
                        ("outside_hours", "outside hours"),
                        ("no_care_relation", "patient without care relation"),
                        ("watched", "person on the watch list"),
                        ("log_reading", "mass reading of logs"),
                        ("without_case", "looks without a case"),
                        ("manual", "a reviewer’s own finding"),
                    ],
                    max_length=24,
                ),
            ),
            (
                "scope",
                models.CharField(
                    choices=[
                        ("professionals", "customers’ professionals"),
                        ("staff", "operator’s staff"),
                    ],
                    max_length=16,
                ),
            ),
            (
                "rule",
                models.ForeignKey(
                    blank=True,
                    null=True,
                    on_delete=django.db.models.deletion.PROTECT,
                    related_name="suspicions",
                    to="archive.reviewrule",
                ),
            ),
            ("fingerprint", models.CharField(max_length=64)),
            (
                "state",
                models.CharField(
                    choices=[
                        ("open", "to be looked at"),
                        ("in_case", "in a case"),
                        ("settled", "settled"),
                    ],
                    default="open",
                    max_length=8,
                ),
            ),
            (
                "case",
                models.ForeignKey(
                    blank=True,
                    null=True,
                    on_delete=django.db.models.deletion.PROTECT,
                    related_name="suspicions",
                    to="archive.reviewcase",
                ),
            ),
            (
                "organisation",
                models.ForeignKey(
                    blank=True,
                    null=True,
                    on_delete=django.db.models.deletion.PROTECT,
                    related_name="suspicions",
                    to="archive.organisation",
                ),
            ),
            ("user", models.CharField(blank=True, max_length=200)),
            ("user_name", models.CharField(blank=True, max_length=200)),
            (
                "person",
                models.ForeignKey(
                    blank=True,
                    null=True,
                    on_delete=django.db.models.deletion.PROTECT,
                    related_name="suspicions",
                    to=settings.AUTH_USER_MODEL,
                ),
            ),
            (
                "patient",
                models.ForeignKey(
                    blank=True,
                    null=True,
                    on_delete=django.db.models.deletion.PROTECT,
                    related_name="suspicions",
                    to="archive.patient",
                ),
            ),
            ("facts", models.JSONField(blank=True, default=dict)),
            ("event_count", models.PositiveIntegerField(default=0)),
            ("first_at", models.DateTimeField()),
            ("last_at", models.DateTimeField()),
            ("raised_at", models.DateTimeField()),
            ("settled_at", models.DateTimeField(blank=True, null=True)),
            ("settled_by", models.CharField(blank=True, max_length=200)),
            ("settled_reason", models.CharField(blank=True, max_length=200)),
        ],
        options={
            "indexes": [
                models.Index(
                    fields=["environment", "state", "-last_at", "-id"], name="suspicion_newest"
                )
            ],
            "constraints": [
                models.UniqueConstraint(
                    condition=models.Q(("state", "settled"), _negated=True),
                    fields=("fingerprint",),
                    name="suspicion_one_live",
                )
            ],
        },
    ),
    CreateModel(
        name="SuspicionEvent",
        fields=[
            ("id", models.BigAutoField(primary_key=True, serialize=False)),
            (
                "suspicion",
                models.ForeignKey(
                    on_delete=django.db.models.deletion.PROTECT,
                    related_name="events",
                    to="archive.suspicion",
                ),
            ),
            ("event_at", models.DateTimeField()),
            ("event_id", models.UUIDField()),
        ],
        options={
            "indexes": [models.Index(fields=["event_id"], name="suspicion_event")],
            "constraints": [
                models.UniqueConstraint(
                    fields=("suspicion", "event_id"), name="suspicion_event_identity"
                )
            ],
        },
    ),
    CreateModel(
        name="ReviewCheck",
        fields=[
            ("id", models.BigAutoField(primary_key=True, serialize=False)),
            (
                "rule",
                models.ForeignKey(
                    on_delete=django.db.models.deletion.PROTECT,
                    related_name="checks",
                    to="archive.reviewrule",
                ),
            ),
            ("event_at", models.DateTimeField()),
            ("event_id", models.UUIDField(unique=True)),
            ("due_at", models.DateTimeField()),
            ("done_at", models.DateTimeField(blank=True, null=True)),
        ],
        options={
            "indexes": [
                models.Index(
                    condition=models.Q(("done_at", None)),
                    fields=["due_at"],
                    name="review_check_due",
                )
            ]
        },
    ),
    CreateModel(
        name="ReviewNote",
        fields=[
            key(),
            (
                "case",
                models.ForeignKey(
                    on_delete=django.db.models.deletion.PROTECT,
                    related_name="notes",
                    to="archive.reviewcase",
                ),
            ),
            ("at", models.DateTimeField()),
            ("by", models.CharField(max_length=200)),
            ("text", models.TextField()),
        ],
        options={"indexes": [models.Index(fields=["case", "at"], name="review_note_case")]},
    ),
    CreateModel(
        name="ExplanationRequest",
        fields=[
            key(),
            (
                "case",
                models.ForeignKey(
                    on_delete=django.db.models.deletion.PROTECT,
                    related_name="explanations",
                    to="archive.reviewcase",
                ),
            ),
            (
                "organisation",
                models.ForeignKey(
                    on_delete=django.db.models.deletion.PROTECT,
                    related_name="explanation_requests",
                    to="archive.organisation",
                ),
            ),
            ("question", models.TextField()),
            ("events", models.JSONField()),
            ("asked_at", models.DateTimeField()),
            ("asked_by", models.CharField(max_length=200)),
            ("due_on", models.DateField()),
            (
                "state",
                models.CharField(
                    choices=[
                        ("asked", "waits for an answer"),
                        ("answered", "answered"),
                        ("withdrawn", "withdrawn"),
                    ],
                    default="asked",
                    max_length=10,
                ),
            ),
            ("answer", models.TextField(blank=True)),
            ("answered_at", models.DateTimeField(blank=True, null=True)),
            ("answered_by", models.CharField(blank=True, max_length=200)),
        ],
        options={
            "indexes": [
                models.Index(
                    fields=["organisation", "state", "-asked_at", "-id"], name="explanation_newest"
                )
            ]
        },
    ),
)
