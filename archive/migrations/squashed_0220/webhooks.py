"""The tables of `archive.models.webhooks`, as they are after 0220."""

import django.contrib.postgres.fields
import django.db.models.deletion
from django.db import models
from django.db.migrations import CreateModel

from archive.migrations.squashed_0220.fields import environment, key

MODELS = (
    CreateModel(
        name="Webhook",
        fields=[
            key(),
            (
                "organisation",
                models.ForeignKey(
                    on_delete=django.db.models.deletion.PROTECT,
                    related_name="webhooks",
                    to="archive.organisation",
                ),
            ),
            environment(),
            ("name", models.CharField(max_length=100)),
            ("url", models.URLField(max_length=400)),
            (
                "events",
                django.contrib.postgres.fields.ArrayField(
                    base_field=models.CharField(
                        choices=[
                            ("case.opened", "a case opened or came back"),
                            ("case.commented", "something was written on a case"),
                            ("case.resolved", "a case was resolved"),
                            ("study.waiting", "a study waits for documents"),
                            ("study.registered", "a study was registered"),
                        ],
                        max_length=20,
                    ),
                    size=None,
                ),
            ),
            ("is_on", models.BooleanField(default=True)),
            ("made_at", models.DateTimeField()),
            ("made_by_name", models.CharField(max_length=200)),
            ("given_up_at", models.DateTimeField(blank=True, null=True)),
            ("ended_at", models.DateTimeField(blank=True, null=True)),
        ],
        options={
            "ordering": ("-made_at",),
            "indexes": [
                models.Index(
                    condition=models.Q(("ended_at", None), ("is_on", True)),
                    fields=["organisation", "environment"],
                    name="webhook_live",
                )
            ],
        },
    ),
    CreateModel(
        name="WebhookDelivery",
        fields=[
            key(),
            (
                "webhook",
                models.ForeignKey(
                    on_delete=django.db.models.deletion.CASCADE,
                    related_name="deliveries",
                    to="archive.webhook",
                ),
            ),
            (
                "event",
                models.CharField(
                    choices=[
                        ("case.opened", "a case opened or came back"),
                        ("case.commented", "something was written on a case"),
                        ("case.resolved", "a case was resolved"),
                        ("study.waiting", "a study waits for documents"),
                        ("study.registered", "a study was registered"),
                    ],
                    max_length=20,
                ),
            ),
            ("at", models.DateTimeField()),
            ("data", models.JSONField()),
            ("tries", models.PositiveIntegerField(default=0)),
            ("delivered_at", models.DateTimeField(blank=True, null=True)),
            ("last_error", models.CharField(blank=True, max_length=200)),
        ],
        options={
            "indexes": [
                models.Index(fields=["webhook", "-at"], name="webhook_delivery_newest"),
                models.Index(
                    condition=models.Q(("delivered_at__isnull", False)),
                    fields=["delivered_at"],
                    name="webhook_delivery_arrived",
                ),
            ]
        },
    ),
    CreateModel(
        name="QueueHold",
        fields=[
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
                    primary_key=True,
                    serialize=False,
                ),
            ),
            ("is_draining", models.BooleanField(default=False)),
            ("since", models.DateTimeField()),
            ("by_name", models.CharField(max_length=200)),
            ("reason", models.CharField(max_length=200)),
        ],
    ),
)
