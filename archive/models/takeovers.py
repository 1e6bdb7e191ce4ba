"""Take-over of a customer's local archive: its list of studies against what is here (AR-12)."""

from django.db import models
from django.db.models import Q

from archive.models.fields import environment_field, oid_field, uuid_key
from archive.models.keeping_choices import LineOutcome, TakeoverSource, TakeoverState
from archive.models.organisations import Connection, Organisation


class Takeover(models.Model):
    """A list of studies and how far it has been read and compared."""

    id = uuid_key()
    environment = environment_field()
    organisation = models.ForeignKey(Organisation, models.PROTECT, related_name="takeovers")
    name = models.CharField(max_length=200)
    source = models.CharField(max_length=8, choices=TakeoverSource)
    connection = models.ForeignKey(Connection, models.PROTECT, null=True, blank=True)  # asked
    first_day = models.DateField(null=True, blank=True)  # of the studies asked for
    last_day = models.DateField(null=True, blank=True)
    asked_until = models.DateField(null=True, blank=True)  # the last day that has been answered
    span_days = models.PositiveIntegerField(default=7)  # of the next question
    state = models.CharField(max_length=10, choices=TakeoverState)
    listed = models.PositiveIntegerField(default=0)
    faulty = models.PositiveIntegerField(default=0)
    uncounted = models.PositiveIntegerField(default=0)  # lines that say no number of objects
    faults = models.JSONField(default=list, blank=True)  # [[line, problem], ...], the first ones
    compared = models.PositiveIntegerField(default=0)  # lines, of the comparison under way
    compared_at = models.DateTimeField(null=True, blank=True)
    outcome = models.JSONField(default=dict, blank=True)  # lines by LineOutcome
    sha256 = models.CharField(max_length=64, blank=True)  # over every line and its outcome
    error = models.CharField(max_length=200, blank=True)
    last_reason = models.CharField(
        max_length=40, blank=True, default="", db_default=""
    )  # archive.errors
    made_by = models.CharField(max_length=200)
    made_at = models.DateTimeField()

    class Meta:
        indexes = (models.Index(fields=("environment", "-made_at", "-id"), name="takeover_newest"),)

    def __str__(self) -> str:
        return self.name


class TakeoverLine(models.Model):
    """A study of the list; of the person nothing."""

    id = models.BigAutoField(primary_key=True)
    takeover = models.ForeignKey(Takeover, models.CASCADE, related_name="lines", db_index=False)
    number = models.PositiveIntegerField()  # in the list, from 1
    study_instance_uid = oid_field(blank=True)
    accession_number = models.CharField(max_length=64, blank=True)
    study_date = models.DateField(null=True, blank=True)
    instances = models.PositiveIntegerField(null=True, blank=True)  # as the list says
    held = models.PositiveIntegerField(default=0)  # objects here
    outcome = models.CharField(max_length=14, choices=LineOutcome, blank=True)

    class Meta:
        constraints = (
            models.UniqueConstraint(fields=("takeover", "number"), name="takeover_line"),
        )
        indexes = (
            models.Index(
                fields=("takeover", "outcome", "number"),
                condition=~Q(outcome="here"),
                name="takeover_lacking",
            ),
            models.Index(fields=("takeover", "study_instance_uid"), name="takeover_line_uid"),
        )

    def __str__(self) -> str:
        return str(self.number)
