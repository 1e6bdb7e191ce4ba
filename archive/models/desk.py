"""The error desk's rows: cases, and the events that fell into them."""

from django.db import models
from django.db.models import Q

from archive.models.choices import CaseState, EventOutcome
from archive.models.fields import environment_field, oid_field, uuid_key
from archive.models.organisations import Connection, Organisation
from archive.models.studies import Study


class Case(models.Model):
    """Failures with one cause, of one customer, at one place (SD-2)."""

    id = uuid_key()
    number = models.BigIntegerField(unique=True)  # what people quote on the telephone: E-1042
    environment = environment_field()
    reason = models.CharField(max_length=40)  # archive.errors, as a word
    code = models.CharField(max_length=40)  # what the peer got
    edge = models.CharField(max_length=16)
    place = models.CharField(max_length=40)
    organisation = models.ForeignKey(
        Organisation, models.PROTECT, null=True, blank=True, related_name="cases"
    )
    connection = models.ForeignKey(
        Connection, models.PROTECT, null=True, blank=True, related_name="cases"
    )
    fingerprint = models.CharField(max_length=64)
    state = models.CharField(max_length=12, choices=CaseState, default=CaseState.OPEN)
    first_at = models.DateTimeField()
    last_at = models.DateTimeField()
    event_count = models.PositiveIntegerField(default=0)
    open_count = models.PositiveIntegerField(default=0)
    reopened_count = models.PositiveIntegerField(default=0)
    resolved_at = models.DateTimeField(null=True, blank=True)

    class Meta:
        constraints = (
            models.UniqueConstraint(
                fields=("fingerprint",), condition=Q(state="open"), name="case_one_open"
            ),
        )
        indexes = (
            models.Index(fields=("environment", "state", "-last_at", "-id"), name="case_newest"),
            models.Index(
                fields=("organisation", "environment", "state", "-last_at"), name="case_customer"
            ),
        )

    def __str__(self) -> str:
        return f"E-{self.number}"


class CaseEvent(models.Model):
    """One failure. `facts` explain it and hold no patient's name or code."""

    id = uuid_key()
    case = models.ForeignKey(Case, models.PROTECT, related_name="events")
    at = models.DateTimeField()
    detail = models.CharField(max_length=400, blank=True)
    facts = models.JSONField(default=dict)
    study = models.ForeignKey(
        Study, models.SET_NULL, null=True, blank=True, related_name="case_events"
    )
    subject_id = models.UUIDField(
        null=True, blank=True
    )  # document, notice or commitment it is about
    job_id = models.UUIDField(null=True, blank=True)
    accession_number = models.CharField(max_length=64, blank=True)
    study_instance_uid = oid_field(blank=True)
    sop_instance_uid = oid_field(blank=True)
    correlation_id = models.UUIDField(null=True, blank=True)
    outcome = models.CharField(max_length=8, choices=EventOutcome, default=EventOutcome.OPEN)
    outcome_at = models.DateTimeField(null=True, blank=True)

    class Meta:
        indexes = (
            models.Index(fields=("case", "-at", "-id"), name="case_event_newest"),
            models.Index(fields=("accession_number",), name="case_event_accession"),
            models.Index(fields=("study_instance_uid",), name="case_event_study_uid"),
            models.Index(fields=("study", "-at"), name="case_event_study"),
            models.Index(fields=("job_id",), name="case_event_job"),
            models.Index(fields=("subject_id",), name="case_event_subject"),
        )

    def __str__(self) -> str:
        return str(self.id)
