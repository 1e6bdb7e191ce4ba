"""The error desk's rows: cases, the events that fell into them, and what leads events elsewhere."""

from django.conf import settings
from django.contrib.postgres.indexes import GinIndex
from django.contrib.postgres.search import SearchVector
from django.db import models
from django.db.models import Q

from archive.models.choices import CaseState, EventOutcome, Handling, Severity
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
        Organisation, models.PROTECT, null=True, blank=True, related_name="cases", db_index=False
    )
    connection = models.ForeignKey(
        Connection, models.PROTECT, null=True, blank=True, related_name="cases", db_index=False
    )
    caller = models.CharField(max_length=64, blank=True)  # the AE title of one who is nobody's
    fingerprint = models.CharField(max_length=64)
    state = models.CharField(max_length=12, choices=CaseState, default=CaseState.OPEN)
    first_at = models.DateTimeField()
    opened_at = models.DateTimeField(null=True)  # the first time, or when it last came back
    last_at = models.DateTimeField()
    event_count = models.PositiveIntegerField(default=0)
    open_count = models.PositiveIntegerField(default=0)
    reopened_count = models.PositiveIntegerField(default=0)
    resolved_at = models.DateTimeField(null=True, blank=True)
    resolution = models.CharField(max_length=200, blank=True)  # empty: everything went through
    handling = models.CharField(max_length=10, choices=Handling, default=Handling.NEW)
    severity = models.CharField(max_length=10, choices=Severity, default=Severity.NORMAL)
    due_at = models.DateTimeField(null=True, blank=True)
    owner = models.ForeignKey(
        settings.AUTH_USER_MODEL, models.PROTECT, null=True, blank=True, related_name="cases"
    )
    given_at = models.DateTimeField(null=True, blank=True)  # to its owner, by somebody else
    watchers = models.ManyToManyField(
        settings.AUTH_USER_MODEL, blank=True, related_name="watched_cases"
    )

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
            models.Index(fields=("fingerprint", "-last_at"), name="case_fingerprint"),
            models.Index(fields=("opened_at",), name="case_opened"),
            models.Index(fields=("resolved_at",), name="case_resolved"),
            models.Index(fields=("reason", "environment", "-last_at"), name="case_reason"),
            models.Index(fields=("code", "environment", "-last_at"), name="case_code"),
            models.Index(fields=("connection", "-last_at"), name="case_connection"),
            models.Index(fields=("caller", "-last_at"), name="case_caller"),
        )

    def __str__(self) -> str:
        return f"E-{self.number}"


class CaseEvent(models.Model):
    """One failure. `facts` explain it and hold no patient's name or code."""

    id = uuid_key()
    case = models.ForeignKey(Case, models.PROTECT, related_name="events", db_index=False)
    mark = models.CharField(max_length=64, blank=True)  # the fingerprint it came with
    at = models.DateTimeField()
    detail = models.CharField(max_length=400, blank=True)
    facts = models.JSONField(default=dict)
    study = models.ForeignKey(
        Study, models.SET_NULL, null=True, blank=True, related_name="case_events", db_index=False
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
            models.Index(
                fields=("correlation_id",),
                condition=Q(correlation_id__isnull=False),
                name="case_event_correlation",
            ),
            GinIndex(SearchVector("detail", config="simple"), name="case_event_words"),
        )

    def __str__(self) -> str:
        return str(self.id)


class CaseRoute(models.Model):
    """What people laid down about a fingerprint: events of it, or those with one fact, belong to
    another case. Ended, never deleted.
    """

    id = uuid_key()
    fingerprint = models.CharField(max_length=64)
    fact = models.CharField(max_length=64, blank=True)  # empty: every event (cases joined)
    value = models.CharField(max_length=400, blank=True)
    leads_to = models.CharField(max_length=64)  # the fingerprint of `into`
    origin = models.ForeignKey(Case, models.PROTECT, related_name="routes")
    into = models.ForeignKey(Case, models.PROTECT, related_name="routes_in")
    made_at = models.DateTimeField()
    made_by = models.CharField(max_length=200)
    ended_at = models.DateTimeField(null=True, blank=True)

    class Meta:
        constraints = (
            models.UniqueConstraint(
                fields=("fingerprint", "fact", "value"),
                condition=Q(ended_at=None),
                name="case_route_one_live",
            ),
        )
        indexes = (
            models.Index(
                fields=("leads_to",), condition=Q(ended_at=None), name="case_route_leads_to"
            ),
        )

    def __str__(self) -> str:
        return f"{self.origin} → {self.into}"


class CaseComment(models.Model):
    """What people wrote on a case. `is_shared`: both the desk and the customer read it."""

    id = uuid_key()
    case = models.ForeignKey(Case, models.PROTECT, related_name="comments", db_index=False)
    at = models.DateTimeField()
    author = models.ForeignKey(
        settings.AUTH_USER_MODEL, models.PROTECT, null=True, related_name="case_comments"
    )
    author_name = models.CharField(max_length=200)
    is_customers = models.BooleanField(default=False)
    is_shared = models.BooleanField(default=False)
    text = models.TextField(max_length=2000)

    class Meta:
        indexes = (
            models.Index(fields=("case", "at"), name="case_comment_order"),
            models.Index(fields=("at",), name="case_comment_newest"),
        )

    def __str__(self) -> str:
        return str(self.id)


class SeverityRule(models.Model):
    """How grave a cause is from a day on; an empty reason is every other cause."""

    id = uuid_key()
    reason = models.CharField(max_length=40, blank=True)
    severity = models.CharField(max_length=10, choices=Severity)
    valid_from = models.DateField()
    source = models.CharField(max_length=200, blank=True)

    class Meta:
        constraints = (
            models.UniqueConstraint(fields=("reason", "valid_from"), name="severity_identity"),
        )

    def __str__(self) -> str:
        return f"{self.reason} {self.severity}"


class SeverityTime(models.Model):
    """How soon a case of a severity is to be solved, from a day on."""

    id = uuid_key()
    severity = models.CharField(max_length=10, choices=Severity)
    hours = models.PositiveIntegerField()
    valid_from = models.DateField()
    source = models.CharField(max_length=200, blank=True)

    class Meta:
        constraints = (
            models.UniqueConstraint(
                fields=("severity", "valid_from"), name="severity_time_identity"
            ),
        )

    def __str__(self) -> str:
        return f"{self.severity} {self.hours} h"
