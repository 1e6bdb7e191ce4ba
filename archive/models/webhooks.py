"""Webhooks: where events are sent to, what is owed to whom, and queues that stand still."""

from django.contrib.postgres.fields import ArrayField
from django.db import models
from django.db.models import Q, TextChoices
from django.utils.translation import gettext_lazy as _

from archive.models.choices import JobKind
from archive.models.fields import environment_field, uuid_key
from archive.models.organisations import Organisation


class WebhookEvent(TextChoices):
    """What a webhook may tell of."""

    CASE_OPENED = "case.opened", _("a case opened or came back")
    CASE_COMMENTED = "case.commented", _("something was written on a case")
    CASE_RESOLVED = "case.resolved", _("a case was resolved")
    STUDY_WAITING = "study.waiting", _("a study waits for documents")
    STUDY_REGISTERED = "study.registered", _("a study was registered")


class Webhook(models.Model):
    """An address of an organisation's that wants to be told of its events in one environment; the
    operator's is told of everybody's. Its secret follows from its id and the system's key.
    """

    id = uuid_key()
    organisation = models.ForeignKey(Organisation, models.PROTECT, related_name="webhooks")
    environment = environment_field()
    name = models.CharField(max_length=100)
    url = models.URLField(max_length=400)
    events = ArrayField(models.CharField(max_length=20, choices=WebhookEvent))
    is_on = models.BooleanField(default=True)
    made_at = models.DateTimeField()
    made_by_name = models.CharField(max_length=200)
    given_up_at = models.DateTimeField(null=True, blank=True)
    ended_at = models.DateTimeField(null=True, blank=True)

    class Meta:
        indexes = (
            models.Index(
                fields=("organisation", "environment"),
                condition=Q(is_on=True, ended_at=None),
                name="webhook_live",
            ),
        )
        ordering = ("-made_at",)

    def __str__(self) -> str:
        return self.name


class WebhookDelivery(models.Model):
    """One event owed to one webhook. What is said names no patient."""

    id = uuid_key()
    webhook = models.ForeignKey(Webhook, models.CASCADE, related_name="deliveries", db_index=False)
    event = models.CharField(max_length=20, choices=WebhookEvent)
    at = models.DateTimeField()
    data = models.JSONField()
    tries = models.PositiveIntegerField(default=0)
    delivered_at = models.DateTimeField(null=True, blank=True)
    last_error = models.CharField(max_length=200, blank=True)
    last_reason = models.CharField(
        max_length=40, blank=True, default="", db_default=""
    )  # archive.errors

    class Meta:
        indexes = (
            models.Index(fields=("webhook", "-at"), name="webhook_delivery_newest"),
            models.Index(
                fields=("delivered_at",),
                condition=Q(delivered_at__isnull=False),
                name="webhook_delivery_arrived",
            ),
        )

    def __str__(self) -> str:
        return f"{self.event} {self.id}"


class QueueHold(models.Model):
    """A kind of job of which nothing more is begun; draining, what was owed before still is."""

    kind = models.CharField(max_length=24, choices=JobKind, primary_key=True)
    is_draining = models.BooleanField(default=False)
    since = models.DateTimeField()
    by_name = models.CharField(max_length=200)
    reason = models.CharField(max_length=200)

    def __str__(self) -> str:
        return self.kind
