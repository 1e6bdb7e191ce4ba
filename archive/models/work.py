"""What must happen later (jobs) and who is alive (heartbeats)."""

from django.db import models
from django.db.models import Q

from archive.models.choices import JobKind, JobState
from archive.models.fields import environment_field, uuid_key


class Job(models.Model):
    """Work owed, written in the transaction of the fact that owes it. One live job per kind and
    subject.
    """

    id = uuid_key()
    kind = models.CharField(max_length=24, choices=JobKind)
    environment = environment_field()
    subject_id = models.UUIDField()
    organisation_id = models.UUIDField(null=True, blank=True)
    study_id = models.UUIDField(null=True, blank=True)
    peer_id = models.UUIDField(null=True, blank=True)  # the system it calls: one call at a time
    state = models.CharField(max_length=8, choices=JobState, default=JobState.WAITING)
    tries = models.PositiveIntegerField(default=0)
    again = models.BooleanField(default=False)  # woken while it ran
    not_before = models.DateTimeField()
    sent_at = models.DateTimeField(null=True, blank=True)  # last handed to the broker
    lease_until = models.DateTimeField(null=True, blank=True)
    lease_holder = models.UUIDField(null=True, blank=True)
    last_error = models.CharField(max_length=400, blank=True)
    last_reason = models.CharField(
        max_length=40, blank=True, default="", db_default=""
    )  # archive.errors
    # Of the conversation that owed it last, and its span there.
    correlation_id = models.UUIDField(null=True, blank=True)
    traceparent = models.CharField(max_length=55, blank=True)
    made_at = models.DateTimeField()
    ended_at = models.DateTimeField(null=True, blank=True)

    class Meta:
        constraints = (
            models.UniqueConstraint(
                fields=("kind", "subject_id"),
                condition=Q(state__in=("waiting", "running")),
                name="job_one_live",
            ),
        )
        indexes = (
            models.Index(fields=("not_before",), condition=Q(state="waiting"), name="job_due"),
            models.Index(fields=("lease_until",), condition=Q(state="running"), name="job_leased"),
            models.Index(
                fields=("peer_id",), condition=Q(state__in=("waiting", "running")), name="job_peer"
            ),
            models.Index(fields=("kind", "state", "-made_at"), name="job_by_kind"),
            models.Index(fields=("study_id",), name="job_study"),
            models.Index(fields=("ended_at",), condition=Q(state="dead"), name="job_dead"),
        )

    def __str__(self) -> str:
        return f"{self.kind} {self.id}"


class Heartbeat(models.Model):
    """A process says that it lives; health asks no more than this row."""

    # A listener's fact: the database had not broken down since then when what landed was looked at.
    LOOKED_AFTER = "looked_after"

    kind = models.CharField(max_length=16)
    instance = models.CharField(max_length=64)
    started_at = models.DateTimeField()
    at = models.DateTimeField()
    facts = models.JSONField(default=dict)

    class Meta:
        constraints = (
            models.UniqueConstraint(fields=("kind", "instance"), name="heartbeat_identity"),
        )

    def __str__(self) -> str:
        return f"{self.kind} {self.instance}"
