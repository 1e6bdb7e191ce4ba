"""Rounds over what is kept, and what they found: verification, reconciliation (AR-10)."""

from django.db import models
from django.db.models import Q

from archive.models.choices import FindingKind, RoundKind
from archive.models.fields import environment_field, uuid_key
from archive.models.studies import Study


class Round(models.Model):
    """One walk over everything, a slice at a time; the next begins where all has been seen."""

    id = uuid_key()
    kind = models.CharField(max_length=16, choices=RoundKind)
    number = models.PositiveIntegerField()
    part = models.CharField(max_length=24)  # of the walk: what is looked at
    position = models.CharField(max_length=100, blank=True)  # the last that was seen of the part
    checked = models.BigIntegerField(default=0)
    byte_count = models.BigIntegerField(default=0)
    found = models.PositiveIntegerField(default=0)
    # Objects of studies whose destruction was put into force again: nobody is asked for these.
    destroyed_again = models.PositiveIntegerField(default=0, db_default=0)
    started_at = models.DateTimeField()
    ended_at = models.DateTimeField(null=True, blank=True)
    not_before = models.DateTimeField()  # by the rate limit

    class Meta:
        constraints = (
            models.UniqueConstraint(
                fields=("kind",), condition=Q(ended_at=None), name="round_one_open"
            ),
            models.UniqueConstraint(fields=("kind", "number"), name="round_number"),
        )

    def __str__(self) -> str:
        return f"{self.kind} {self.number}"


class Finding(models.Model):
    """Something that register and archive do not agree on. It is settled when they do again."""

    id = uuid_key()
    kind = models.CharField(max_length=24, choices=FindingKind)
    environment = environment_field()
    key = models.CharField(max_length=128)  # document, study or instance id, or a digest
    study = models.ForeignKey(Study, models.CASCADE, null=True, blank=True, related_name="findings")
    facts = models.JSONField(default=dict)
    found_at = models.DateTimeField()
    seen_at = models.DateTimeField()
    settled_at = models.DateTimeField(null=True, blank=True)

    class Meta:
        constraints = (
            models.UniqueConstraint(
                fields=("kind", "environment", "key"),
                condition=Q(settled_at=None),
                name="finding_one_open",
            ),
        )
        indexes = (
            models.Index(
                fields=("environment", "kind", "id"),
                condition=Q(settled_at=None),
                name="finding_open",
            ),
        )

    def __str__(self) -> str:
        return f"{self.kind} {self.key}"
