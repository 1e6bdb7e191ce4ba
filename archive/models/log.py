"""The ledger's rows, and what goes with the log: notices of disclosure, dated rules, how far the
security monitor has come. Migration 0002 makes the ledger's tables: partitioned, append-only.
"""

from typing import ClassVar

from django.db import models

from archive.models.choices import Environment, LogRuleKey
from archive.models.fields import environment_field, uuid_key
from archive.models.organisations import Connection, Organisation


class LedgerEvent(models.Model):
    """One thing that happened. Only `archive.ledger.record` writes it; nothing changes it; nothing
    points at it.
    """

    pk = models.CompositePrimaryKey("at", "id")
    at = models.DateTimeField()
    id = models.UUIDField()
    kind = models.CharField(max_length=40)
    environment = models.CharField(max_length=10, choices=Environment, blank=True)
    actor_kind = models.CharField(max_length=16)
    actor_id = models.UUIDField(null=True)
    actor_name = models.CharField(max_length=200)
    organisation_id = models.UUIDField(null=True)
    subject_id = models.UUIDField(null=True)
    study_id = models.UUIDField(null=True)
    patient_id = models.UUIDField(null=True)
    correlation_id = models.UUIDField(null=True)
    facts = models.JSONField()

    class Meta:
        db_table = "archive_ledgerevent"

    def __str__(self) -> str:
        return f"{self.kind} {self.id}"


class LedgerSeal(models.Model):
    """The chain: each seal's digest covers the event and the seal before it."""

    position = models.BigIntegerField(primary_key=True)
    event_at = models.DateTimeField()
    event_id = models.UUIDField()
    digest = models.BinaryField(max_length=32)
    sealed_at = models.DateTimeField()

    class Meta:
        db_table = "archive_ledgerseal"

    def __str__(self) -> str:
        return str(self.position)


class LedgerRetired(models.Model):
    """Where the chain begins since a retirement: the last retired seal, and the positions behind it
    whose events went with their month.
    """

    id = models.BigAutoField(primary_key=True)
    before = models.DateField()  # the first day that is kept
    position = models.BigIntegerField()
    digest = models.BinaryField(max_length=32)
    strays = models.JSONField(default=list)
    events = models.BigIntegerField()
    files = models.JSONField()  # name: SHA-256 of what was exported
    retired_at = models.DateTimeField()

    class Meta:
        db_table = "archive_ledgerretired"

    def __str__(self) -> str:
        return f"before {self.before}"


class DisclosureNotice(models.Model):
    """A notice of disclosure as it was taken in (LG-2); what it tells stands in the ledger."""

    id = uuid_key()
    environment = environment_field()
    sender = models.ForeignKey(Organisation, models.PROTECT, related_name="disclosure_notices")
    connection = models.ForeignKey(Connection, models.PROTECT, related_name="disclosure_notices")
    notice_id = models.CharField(max_length=64)
    content_digest = models.BinaryField(max_length=32)
    entries = models.PositiveIntegerField()
    disclosed_at = models.DateTimeField()
    received_at = models.DateTimeField()

    class Meta:
        constraints = (
            models.UniqueConstraint(
                fields=("environment", "sender", "notice_id"), name="disclosure_notice_identity"
            ),
        )

    def __str__(self) -> str:
        return str(self.id)


class LogRule(models.Model):
    """A dated number of the law on logs: how long they are kept, how far back a report goes."""

    id = uuid_key()
    key = models.CharField(max_length=20, choices=LogRuleKey)
    value = models.PositiveIntegerField()
    valid_from = models.DateField()
    source = models.CharField(max_length=200, blank=True)

    class Meta:
        constraints = (
            models.UniqueConstraint(fields=("key", "valid_from"), name="log_rule_identity"),
        )
        ordering = ("key", "valid_from")

    def __str__(self) -> str:
        return f"{self.key} {self.value}"


class AuditCursor(models.Model):
    """How far a reader of the ledger has come: the sender to the security monitor, which holds its
    row as a lease, and the review.
    """

    MONITOR: ClassVar[str] = "atna"
    REVIEW: ClassVar[str] = "review"

    name = models.CharField(max_length=16, primary_key=True)
    position = models.BigIntegerField()
    sent_at = models.DateTimeField(null=True, blank=True)
    tries = models.PositiveIntegerField(default=0)  # in vain, since the last that succeeded
    not_before = models.DateTimeField()
    lease_until = models.DateTimeField(null=True, blank=True)
    lease_holder = models.UUIDField(null=True, blank=True)
    last_error = models.CharField(max_length=200, blank=True)

    def __str__(self) -> str:
        return f"{self.name} at {self.position}"
