"""The ledger's rows. Migration 0002 makes their tables by SQL: partitioned, append-only."""

from django.db import models

from archive.models.choices import Environment


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
