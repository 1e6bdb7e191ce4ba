"""Tokens of persons and of systems for the HTTP API, and the writes made with them."""

from datetime import datetime

from django.conf import settings
from django.contrib.postgres.fields import ArrayField
from django.db import models
from django.db.models import Q, TextChoices
from django.utils.translation import gettext_lazy as _

from archive.models.choices import Environment, Role
from archive.models.fields import uuid_key
from archive.models.organisations import Organisation


class ApiScope(TextChoices):
    """What a token may be used for, within what its role may."""

    STUDIES_READ = "studies:read", _("read studies and traces")
    STUDIES_ACT = "studies:act", _("register and send again")
    CASES_READ = "cases:read", _("read cases and batches")
    CASES_ACT = "cases:act", _("work on cases and batches")
    CUSTOMERS_READ = "customers:read", _("read customers, connections and rollout tests")
    ROLLOUTS_ACT = "rollouts:act", _("run rollout tests")
    CORRECTIONS_READ = "corrections:read", _("read corrections and rejections")
    CORRECTIONS_ACT = "corrections:act", _("correct and reject")
    RETENTION_READ = "retention:read", _("read holds and destruction lists")
    RETENTION_ACT = "retention:act", _("hold, propose and decide on destruction")
    STATEMENTS_READ = "statements:read", _("read what patients have said")
    STATEMENTS_ACT = "statements:act", _("correct what patients have said")
    PERSONS_READ = "persons:read", _("read HL7 messages and merges")
    PERSONS_ACT = "persons:act", _("process messages again, merge and undo")
    QUEUES_READ = "queues:read", _("read queues and processes")
    QUEUES_ACT = "queues:act", _("pause and drain queues")
    WATCHING_READ = "watching:read", _("read interfaces, alarms and the state of the service")
    WATCHING_ACT = "watching:act", _("acknowledge alarms and notices")
    WEBHOOKS_ACT = "webhooks:act", _("make and end webhooks")
    JOINING_READ = "joining:read", _("read joining, checklists and terms")
    JOINING_ACT = "joining:act", _("take steps of joining, accept and publish terms")
    INTEGRITY_READ = "integrity:read", _("read rounds, damaged objects and findings")
    INTEGRITY_ACT = "integrity:act", _("begin rounds, restore and repair")
    RULES_READ = "rules:read", _("read content policies, study codes and dated rules")
    RULES_ACT = "rules:act", _("change content policies, study codes and dated rules")
    TAKEOVERS_READ = "takeovers:read", _("read take-overs and duties to archive")
    TAKEOVERS_ACT = "takeovers:act", _("start take-overs and compare again")
    PEOPLE_READ = "people:read", _("read people and invitations")
    PEOPLE_ACT = "people:act", _("invite people, give roles and take them away")
    LOGS_READ = "logs:read", _("read logs and log review")
    LOGS_ACT = "logs:act", _("work on suspicions and review cases")
    METRICS_READ = "metrics:read", _("scrape metrics")
    ORDERS_READ = "orders:read", _("read orders of purchased services")
    ORDERS_ACT = "orders:act", _("order purchased services and answer orders")
    PATIENTS_READ = "patients:read", _("see whose it is and why it may be seen, for a reason")
    CREDENTIALS_READ = "credentials:read", _("read tokens and clients of the API")
    CREDENTIALS_ACT = "credentials:act", _("make and end tokens, clients and passwords")


class ApiToken(models.Model):
    """A secret that stands for a person, with the roles the person has at each call, or for a
    system of an organisation, with one role. The secret itself is not kept.
    """

    id = uuid_key()
    name = models.CharField(max_length=100)
    hint = models.CharField(max_length=12)  # its beginning, by which people tell tokens apart
    secret_sha256 = models.BinaryField(max_length=32, unique=True)
    user = models.ForeignKey(
        settings.AUTH_USER_MODEL, models.CASCADE, null=True, blank=True, related_name="api_tokens"
    )
    organisation = models.ForeignKey(
        Organisation, models.PROTECT, null=True, blank=True, related_name="api_tokens"
    )
    # At the OpenID provider: the subject of a system's tokens; the client a person calls through.
    external_id = models.CharField(max_length=200, blank=True)
    role = models.CharField(max_length=20, choices=Role, blank=True)  # of a system
    environment = models.CharField(max_length=10, choices=Environment, blank=True)  # of a system
    scopes = ArrayField(models.CharField(max_length=20, choices=ApiScope))
    made_at = models.DateTimeField()
    made_by_name = models.CharField(max_length=200)
    # The token it was made with, and the roles that one had then: it can never do more.
    made_with = models.ForeignKey(
        "self", models.CASCADE, null=True, blank=True, related_name="made_tokens"
    )
    within = ArrayField(
        models.CharField(max_length=20, choices=Role), default=list, db_default=[], blank=True
    )
    expires_at = models.DateTimeField()
    last_used_at = models.DateTimeField(null=True, blank=True)  # to the minute
    revoked_at = models.DateTimeField(null=True, blank=True)

    class Meta:
        constraints = (
            models.CheckConstraint(
                condition=Q(user__isnull=False, organisation=None, role="", environment="")
                | (Q(user=None, organisation__isnull=False) & ~Q(role="") & ~Q(environment="")),
                name="api_token_of_one",
            ),
            models.UniqueConstraint(
                fields=("external_id",),
                condition=Q(user=None, revoked_at=None) & ~Q(external_id=""),
                name="api_token_of_one_subject",
            ),
            models.UniqueConstraint(
                fields=("user", "external_id"),
                condition=Q(user__isnull=False) & ~Q(external_id=""),
                name="api_token_of_one_client",
            ),
        )
        ordering = ("-made_at",)

    def __str__(self) -> str:
        return self.name

    def is_live_at(self, at: datetime) -> bool:
        return self.revoked_at is None and at < self.expires_at


class IdempotentCall(models.Model):
    """A write that was done under a key of the caller's, with its answer: sent again, the answer is
    given again and nothing more is done. Where looks are recorded, no answer is kept.
    """

    id = uuid_key()
    token = models.ForeignKey(ApiToken, models.CASCADE, related_name="+", db_index=False)
    key = models.CharField(max_length=100)
    digest = models.BinaryField(max_length=32)  # keyed, of method, address and body
    status = models.PositiveSmallIntegerField(default=0)
    body = models.JSONField(null=True)
    at = models.DateTimeField()

    class Meta:
        constraints = (
            models.UniqueConstraint(fields=("token", "key"), name="idempotent_call_identity"),
        )
        indexes = (models.Index(fields=("at",), name="idempotent_call_age"),)

    def __str__(self) -> str:
        return self.key
