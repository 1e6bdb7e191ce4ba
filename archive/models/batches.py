"""Batches: one act of the support desk on many events, item by item."""

from django.conf import settings
from django.db import models

from archive.models.choices import BatchItemState, BatchKind, BatchState
from archive.models.desk import Case, CaseEvent
from archive.models.fields import environment_field, uuid_key
from archive.models.organisations import Connection


class Batch(models.Model):
    """What is done, by whom and why. `case` is empty when it goes over several."""

    id = uuid_key()
    environment = environment_field()
    kind = models.CharField(max_length=10, choices=BatchKind)
    state = models.CharField(max_length=10, choices=BatchState, default=BatchState.RUNNING)
    case = models.ForeignKey(
        Case, models.PROTECT, null=True, blank=True, related_name="batches", db_index=False
    )
    connection = models.ForeignKey(  # where a redirected one sends to
        Connection, models.PROTECT, null=True, blank=True, related_name="batches"
    )
    reason = models.CharField(max_length=200, blank=True)
    item_count = models.PositiveIntegerField(default=0)
    made_at = models.DateTimeField()
    made_by = models.ForeignKey(
        settings.AUTH_USER_MODEL, models.PROTECT, null=True, related_name="batches"
    )
    made_by_name = models.CharField(max_length=200)
    ended_at = models.DateTimeField(null=True, blank=True)
    undone_at = models.DateTimeField(null=True, blank=True)

    class Meta:
        indexes = (
            models.Index(fields=("environment", "-made_at"), name="batch_newest"),
            models.Index(fields=("case", "-made_at"), name="batch_of_case"),
        )
        verbose_name_plural = "batches"

    def __str__(self) -> str:
        return str(self.id)


class BatchItem(models.Model):
    """One event of a batch, in its place, oldest first."""

    id = uuid_key()
    batch = models.ForeignKey(Batch, models.CASCADE, related_name="items", db_index=False)
    place = models.PositiveIntegerField()
    event = models.ForeignKey(CaseEvent, models.PROTECT, related_name="batch_items")
    state = models.CharField(max_length=10, choices=BatchItemState, default=BatchItemState.WAITING)
    job_id = models.UUIDField(null=True, blank=True)  # the work that was owed for it
    detail = models.CharField(max_length=400, blank=True)
    at = models.DateTimeField(null=True, blank=True)

    class Meta:
        constraints = (
            models.UniqueConstraint(fields=("batch", "place"), name="batch_item_place"),
            models.UniqueConstraint(fields=("batch", "event"), name="batch_item_event"),
        )
        indexes = (models.Index(fields=("batch", "state", "place"), name="batch_item_next"),)

    def __str__(self) -> str:
        return f"{self.place} {self.state}"
