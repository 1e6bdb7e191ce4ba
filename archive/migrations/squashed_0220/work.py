"""The tables of `archive.models.work`, as they are after 0220."""

from django.db import models
from django.db.migrations import CreateModel

from archive.migrations.squashed_0220.fields import environment, key

MODELS = (
    CreateModel(
        name="Job",
        fields=[
            key(),
            (
                "kind",
                models.CharField(
                    choices=[
                        ("registration", "registration of a study"),
                        ("notice", "confirmation of registration (IAN)"),
                        ("commitment_report", "storage commitment report"),
                        ("authorisation_form", "authorisation to the Patient Data Repository"),
                        ("authorisation_letter", "mail about an authorisation"),
                        ("correction", "correction of a study"),
                        ("batch", "batch of the support desk"),
                        ("takeover_query", "query for a take-over"),
                        ("takeover_compare", "comparison of a take-over"),
                        ("retention_survey", "working out of retention"),
                        ("destruction", "destruction of studies"),
                        ("review_letter", "mail about a log review"),
                        ("webhook", "call of a webhook"),
                    ],
                    max_length=24,
                ),
            ),
            environment(),
            ("subject_id", models.UUIDField()),
            ("organisation_id", models.UUIDField(blank=True, null=True)),
            ("study_id", models.UUIDField(blank=True, null=True)),
            ("peer_id", models.UUIDField(blank=True, null=True)),
            (
                "state",
                models.CharField(
                    choices=[
                        ("waiting", "waiting"),
                        ("running", "running"),
                        ("done", "done"),
                        ("dead", "given up"),
                    ],
                    default="waiting",
                    max_length=8,
                ),
            ),
            ("tries", models.PositiveIntegerField(default=0)),
            ("again", models.BooleanField(default=False)),
            ("not_before", models.DateTimeField()),
            ("sent_at", models.DateTimeField(blank=True, null=True)),
            ("lease_until", models.DateTimeField(blank=True, null=True)),
            ("lease_holder", models.UUIDField(blank=True, null=True)),
            ("last_error", models.CharField(blank=True, max_length=400)),
            ("correlation_id", models.UUIDField(blank=True, null=True)),
            ("traceparent", models.CharField(blank=True, max_length=55)),
            ("made_at", models.DateTimeField()),
            ("ended_at", models.DateTimeField(blank=True, null=True)),
        ],
        options={
            "indexes": [
                models.Index(
                    condition=models.Q(("state", "waiting")), fields=["not_before"], name="job_due"
                ),
                models.Index(
                    condition=models.Q(("state", "running")),
                    fields=["lease_until"],
                    name="job_leased",
                ),
                models.Index(
                    condition=models.Q(("state__in", ("waiting", "running"))),
                    fields=["peer_id"],
                    name="job_peer",
                ),
                models.Index(fields=["kind", "state", "-made_at"], name="job_by_kind"),
                models.Index(fields=["study_id"], name="job_study"),
                models.Index(
                    condition=models.Q(("state", "dead")), fields=["ended_at"], name="job_dead"
                ),
            ],
            "constraints": [
                models.UniqueConstraint(
                    condition=models.Q(("state__in", ("waiting", "running"))),
                    fields=("kind", "subject_id"),
                    name="job_one_live",
                )
            ],
        },
    ),
    CreateModel(
        name="Heartbeat",
        fields=[
            (
                "id",
                models.BigAutoField(
                    auto_created=True, primary_key=True, serialize=False, verbose_name="ID"
                ),
            ),
            ("kind", models.CharField(max_length=16)),
            ("instance", models.CharField(max_length=64)),
            ("started_at", models.DateTimeField()),
            ("at", models.DateTimeField()),
            ("facts", models.JSONField(default=dict)),
        ],
        options={
            "constraints": [
                models.UniqueConstraint(fields=("kind", "instance"), name="heartbeat_identity")
            ]
        },
    ),
)
