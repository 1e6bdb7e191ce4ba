"""The tables of `archive.models.api_tokens`, as they are after 0220."""

import django.contrib.postgres.fields
import django.db.models.deletion
from django.conf import settings
from django.db import models
from django.db.migrations import CreateModel

from archive.migrations.squashed_0220.fields import key

MODELS = (
    CreateModel(
        name="ApiToken",
        fields=[
            key(),
            ("name", models.CharField(max_length=100)),
            ("hint", models.CharField(max_length=12)),
            ("secret_sha256", models.BinaryField(max_length=32, unique=True)),
            (
                "user",
                models.ForeignKey(
                    blank=True,
                    null=True,
                    on_delete=django.db.models.deletion.CASCADE,
                    related_name="api_tokens",
                    to=settings.AUTH_USER_MODEL,
                ),
            ),
            (
                "organisation",
                models.ForeignKey(
                    blank=True,
                    null=True,
                    on_delete=django.db.models.deletion.PROTECT,
                    related_name="api_tokens",
                    to="archive.organisation",
                ),
            ),
            ("external_id", models.CharField(blank=True, max_length=200)),
            (
                "role",
                models.CharField(
                    blank=True,
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
            (
                "environment",
                models.CharField(
                    blank=True,
                    choices=[("production", "production"), ("test", "test")],
                    max_length=10,
                ),
            ),
            (
                "scopes",
                django.contrib.postgres.fields.ArrayField(
                    base_field=models.CharField(
                        choices=[
                            ("studies:read", "read studies and traces"),
                            ("studies:act", "register and send again"),
                            ("cases:read", "read cases and batches"),
                            ("cases:act", "work on cases and batches"),
                            ("customers:read", "read customers, connections and rollout tests"),
                            ("rollouts:act", "run rollout tests"),
                            ("corrections:read", "read corrections and rejections"),
                            ("corrections:act", "correct and reject"),
                            ("retention:read", "read holds and destruction lists"),
                            ("retention:act", "hold, propose and decide on destruction"),
                            ("statements:read", "read what patients have said"),
                            ("statements:act", "correct what patients have said"),
                            ("persons:read", "read HL7 messages and merges"),
                            ("persons:act", "process messages again, merge and undo"),
                            ("queues:read", "read queues and processes"),
                            ("queues:act", "pause and drain queues"),
                            (
                                "watching:read",
                                "read interfaces, alarms and the state of the service",
                            ),
                            ("watching:act", "acknowledge alarms and notices"),
                            ("webhooks:act", "make and end webhooks"),
                            ("joining:read", "read joining, checklists and terms"),
                            ("joining:act", "take steps of joining, accept and publish terms"),
                            ("integrity:read", "read rounds, damaged objects and findings"),
                            ("integrity:act", "begin rounds, restore and repair"),
                            ("rules:read", "read content policies, study codes and dated rules"),
                            ("rules:act", "change content policies, study codes and dated rules"),
                            ("takeovers:read", "read take-overs and duties to archive"),
                            ("takeovers:act", "start take-overs and compare again"),
                            ("people:read", "read people and invitations"),
                            ("people:act", "invite people, give roles and take them away"),
                            ("logs:read", "read logs and log review"),
                            ("logs:act", "work on suspicions and review cases"),
                            ("metrics:read", "scrape metrics"),
                            ("orders:read", "read orders of purchased services"),
                            ("orders:act", "order purchased services and answer orders"),
                            (
                                "patients:read",
                                "see whose it is and why it may be seen, for a reason",
                            ),
                            ("credentials:read", "read tokens and clients of the API"),
                            ("credentials:act", "make and end tokens, clients and passwords"),
                        ],
                        max_length=20,
                    ),
                    size=None,
                ),
            ),
            ("made_at", models.DateTimeField()),
            ("made_by_name", models.CharField(max_length=200)),
            (
                "made_with",
                models.ForeignKey(
                    blank=True,
                    null=True,
                    on_delete=django.db.models.deletion.CASCADE,
                    related_name="made_tokens",
                    to="archive.apitoken",
                ),
            ),
            (
                "within",
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
            ("expires_at", models.DateTimeField()),
            ("last_used_at", models.DateTimeField(blank=True, null=True)),
            ("revoked_at", models.DateTimeField(blank=True, null=True)),
        ],
        options={
            "ordering": ("-made_at",),
            "constraints": [
                models.CheckConstraint(
                    condition=models.Q(
                        models.Q(
                            ("environment", ""),
                            ("organisation", None),
                            ("role", ""),
                            ("user__isnull", False),
                        ),
                        models.Q(
                            ("organisation__isnull", False),
                            ("user", None),
                            models.Q(("role", ""), _negated=True),
                            models.Q(("environment", ""), _negated=True),
                        ),
                        _connector="OR",
                    ),
                    name="api_token_of_one",
                ),
                models.UniqueConstraint(
                    condition=models.Q(
                        ("revoked_at", None),
                        ("user", None),
                        models.Q(("external_id", ""), _negated=True),
                    ),
                    fields=("external_id",),
                    name="api_token_of_one_subject",
                ),
                models.UniqueConstraint(
                    condition=models.Q(
                        ("user__isnull", False), models.Q(("external_id", ""), _negated=True)
                    ),
                    fields=("user", "external_id"),
                    name="api_token_of_one_client",
                ),
            ],
        },
    ),
    CreateModel(
        name="IdempotentCall",
        fields=[
            key(),
            (
                "token",
                models.ForeignKey(
                    on_delete=django.db.models.deletion.CASCADE,
                    related_name="+",
                    to="archive.apitoken",
                ),
            ),
            ("key", models.CharField(max_length=100)),
            ("digest", models.BinaryField(max_length=32)),
            ("status", models.PositiveSmallIntegerField(default=0)),
            ("body", models.JSONField(null=True)),
            ("at", models.DateTimeField()),
        ],
        options={
            "indexes": [models.Index(fields=["at"], name="idempotent_call_age")],
            "constraints": [
                models.UniqueConstraint(fields=("token", "key"), name="idempotent_call_identity")
            ],
        },
    ),
)
