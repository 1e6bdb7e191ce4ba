"""The review of the logs: rules, suspicions, cases, what customers are asked, saved searches."""

import django.db.models.deletion
import django.db.models.functions.text
from django.conf import settings
from django.db import migrations, models

import archive.values


class Migration(migrations.Migration):
    dependencies = [
        ("archive", "0032_use_limits"),
    ]

    operations = [
        migrations.AlterField(
            model_name="job",
            name="kind",
            field=models.CharField(
                choices=[
                    ("registration", "registration of a study"),
                    ("notice", "confirmation of registration (IAN)"),
                    ("commitment_report", "storage commitment report"),
                    ("authorisation_form", "authorisation to the Patient Data Repository"),
                    ("authorisation_letter", "mail about an authorisation"),
                    ("correction", "correction of a study"),
                    ("review_letter", "mail about a log review"),
                ],
                max_length=24,
            ),
        ),
        migrations.AlterField(
            model_name="logrule",
            name="key",
            field=models.CharField(
                choices=[
                    ("retention-years", "years a log is kept"),
                    ("report-years", "years a report goes back without a special reason"),
                    ("answer-days", "days a customer has for an explanation"),
                ],
                max_length=20,
            ),
        ),
        migrations.CreateModel(
            name="ReviewCase",
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
                ("number", models.BigIntegerField(unique=True)),
                (
                    "environment",
                    models.CharField(
                        choices=[("production", "production"), ("test", "test")], max_length=10
                    ),
                ),
                ("title", models.CharField(max_length=200)),
                (
                    "state",
                    models.CharField(
                        choices=[("open", "open"), ("closed", "closed")],
                        default="open",
                        max_length=8,
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
            ],
        ),
        migrations.CreateModel(
            name="ExplanationRequest",
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
                (
                    "organisation",
                    models.ForeignKey(
                        on_delete=django.db.models.deletion.PROTECT,
                        related_name="explanation_requests",
                        to="archive.organisation",
                    ),
                ),
                (
                    "case",
                    models.ForeignKey(
                        on_delete=django.db.models.deletion.PROTECT,
                        related_name="explanations",
                        to="archive.reviewcase",
                    ),
                ),
            ],
        ),
        migrations.CreateModel(
            name="ReviewNote",
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
                ("at", models.DateTimeField()),
                ("by", models.CharField(max_length=200)),
                ("text", models.TextField()),
                (
                    "case",
                    models.ForeignKey(
                        on_delete=django.db.models.deletion.PROTECT,
                        related_name="notes",
                        to="archive.reviewcase",
                    ),
                ),
            ],
        ),
        migrations.CreateModel(
            name="ReviewRule",
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
        migrations.CreateModel(
            name="ReviewCheck",
            fields=[
                ("id", models.BigAutoField(primary_key=True, serialize=False)),
                ("event_at", models.DateTimeField()),
                ("event_id", models.UUIDField(unique=True)),
                ("due_at", models.DateTimeField()),
                ("done_at", models.DateTimeField(blank=True, null=True)),
                (
                    "rule",
                    models.ForeignKey(
                        on_delete=django.db.models.deletion.PROTECT,
                        related_name="checks",
                        to="archive.reviewrule",
                    ),
                ),
            ],
        ),
        migrations.CreateModel(
            name="SavedSearch",
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
                ("log", models.CharField(max_length=16)),
                ("name", models.CharField(max_length=60)),
                ("query", models.CharField(max_length=1000)),
                ("is_shared", models.BooleanField(default=False)),
                ("made_at", models.DateTimeField()),
                (
                    "owner",
                    models.ForeignKey(
                        on_delete=django.db.models.deletion.CASCADE,
                        related_name="saved_searches",
                        to=settings.AUTH_USER_MODEL,
                    ),
                ),
            ],
            options={
                "verbose_name_plural": "saved searches",
            },
        ),
        migrations.CreateModel(
            name="Suspicion",
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
                ("user", models.CharField(blank=True, max_length=200)),
                ("user_name", models.CharField(blank=True, max_length=200)),
                ("facts", models.JSONField(blank=True, default=dict)),
                ("event_count", models.PositiveIntegerField(default=0)),
                ("first_at", models.DateTimeField()),
                ("last_at", models.DateTimeField()),
                ("raised_at", models.DateTimeField()),
                ("settled_at", models.DateTimeField(blank=True, null=True)),
                ("settled_by", models.CharField(blank=True, max_length=200)),
                ("settled_reason", models.CharField(blank=True, max_length=200)),
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
                    "rule",
                    models.ForeignKey(
                        blank=True,
                        null=True,
                        on_delete=django.db.models.deletion.PROTECT,
                        related_name="suspicions",
                        to="archive.reviewrule",
                    ),
                ),
            ],
        ),
        migrations.CreateModel(
            name="SuspicionEvent",
            fields=[
                ("id", models.BigAutoField(primary_key=True, serialize=False)),
                ("event_at", models.DateTimeField()),
                ("event_id", models.UUIDField()),
                (
                    "suspicion",
                    models.ForeignKey(
                        on_delete=django.db.models.deletion.PROTECT,
                        related_name="events",
                        to="archive.suspicion",
                    ),
                ),
            ],
        ),
        migrations.CreateModel(
            name="WatchedPerson",
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
                ("reason", models.CharField(max_length=200)),
                ("valid_from", models.DateField()),
                ("valid_until", models.DateField(blank=True, null=True)),
                ("added_by", models.CharField(max_length=200)),
                ("added_at", models.DateTimeField()),
                (
                    "patient",
                    models.ForeignKey(
                        on_delete=django.db.models.deletion.PROTECT,
                        related_name="watches",
                        to="archive.patient",
                    ),
                ),
            ],
        ),
        migrations.AddIndex(
            model_name="reviewcase",
            index=models.Index(
                fields=["environment", "state", "-opened_at", "-id"], name="review_case_newest"
            ),
        ),
        migrations.AddIndex(
            model_name="reviewcase",
            index=models.Index(fields=["owner", "state"], name="review_case_owner"),
        ),
        migrations.AddIndex(
            model_name="explanationrequest",
            index=models.Index(
                fields=["organisation", "state", "-asked_at", "-id"], name="explanation_newest"
            ),
        ),
        migrations.AddIndex(
            model_name="reviewnote",
            index=models.Index(fields=["case", "at"], name="review_note_case"),
        ),
        migrations.AddIndex(
            model_name="reviewcheck",
            index=models.Index(
                condition=models.Q(("done_at", None)), fields=["due_at"], name="review_check_due"
            ),
        ),
        migrations.AddConstraint(
            model_name="savedsearch",
            constraint=models.UniqueConstraint(
                models.F("owner"),
                models.F("log"),
                django.db.models.functions.text.Lower("name"),
                name="saved_search_identity",
            ),
        ),
        migrations.AddIndex(
            model_name="suspicion",
            index=models.Index(
                fields=["environment", "state", "-last_at", "-id"], name="suspicion_newest"
            ),
        ),
        migrations.AddConstraint(
            model_name="suspicion",
            constraint=models.UniqueConstraint(
                condition=models.Q(("state", "settled"), _negated=True),
                fields=("fingerprint",),
                name="suspicion_one_live",
            ),
        ),
        migrations.AddIndex(
            model_name="suspicionevent",
            index=models.Index(fields=["event_id"], name="suspicion_event"),
        ),
        migrations.AddConstraint(
            model_name="suspicionevent",
            constraint=models.UniqueConstraint(
                fields=("suspicion", "event_id"), name="suspicion_event_identity"
            ),
        ),
        migrations.AddIndex(
            model_name="watchedperson",
            index=models.Index(fields=["environment", "-added_at", "-id"], name="watched_newest"),
        ),
        migrations.AddIndex(
            model_name="watchedperson",
            index=models.Index(fields=["patient"], name="watched_patient"),
        ),
    ]
