"""The review of the logs (LG-5): rules, suspicions, cases, requests to customers, searches."""

from django.conf import settings
from django.db import models
from django.db.models import Q

from archive.models.fields import environment_field, uuid_key
from archive.models.organisations import Organisation
from archive.models.review_choices import (
    ExplanationState,
    ReviewFinding,
    ReviewKind,
    ReviewScope,
    ReviewState,
    SuspicionState,
)
from archive.models.studies import Patient


class ReviewRule(models.Model):
    """What raises a suspicion, from one moment to another. A row is never rewritten: a change
    closes it and begins the next version.
    """

    id = uuid_key()
    kind = models.CharField(max_length=24, choices=ReviewKind)
    scope = models.CharField(max_length=16, choices=ReviewScope)
    version = models.PositiveIntegerField(default=1)
    is_on = models.BooleanField(default=True)
    threshold = models.PositiveIntegerField(default=1)  # from how many on
    window_minutes = models.PositiveIntegerField(default=0)  # within which they are counted
    opens = models.TimeField(null=True, blank=True)  # of the ordinary hours, in Finland
    closes = models.TimeField(null=True, blank=True)
    weekdays_only = models.BooleanField(default=False)  # the weekend is outside the hours
    valid_from = models.DateTimeField()
    valid_until = models.DateTimeField(null=True, blank=True)
    source = models.CharField(max_length=200, blank=True)

    class Meta:
        constraints = (
            models.UniqueConstraint(
                fields=("kind", "scope"), condition=Q(valid_until=None), name="review_rule_one_last"
            ),
            models.UniqueConstraint(
                fields=("kind", "scope", "version"), name="review_rule_identity"
            ),
        )
        ordering = ("scope", "kind", "-version")

    def __str__(self) -> str:
        return f"{self.kind} {self.scope} {self.version}"


class WatchedPerson(models.Model):
    """A person in whom many may be curious: every look is reviewed while it is watched for."""

    id = uuid_key()
    environment = environment_field()
    patient = models.ForeignKey(Patient, models.PROTECT, related_name="watches")
    reason = models.CharField(max_length=200)
    valid_from = models.DateField()
    valid_until = models.DateField(null=True, blank=True)
    added_by = models.CharField(max_length=200)
    added_at = models.DateTimeField()

    class Meta:
        indexes = (models.Index(fields=("environment", "-added_at", "-id"), name="watched_newest"),)

    def __str__(self) -> str:
        return str(self.id)


class ReviewCase(models.Model):
    """What a reviewer looks into, up to the closing decision."""

    id = uuid_key()
    number = models.BigIntegerField(unique=True)  # what people quote: R-101
    environment = environment_field()
    title = models.CharField(max_length=200)
    state = models.CharField(max_length=8, choices=ReviewState, default=ReviewState.OPEN)
    owner = models.ForeignKey(
        settings.AUTH_USER_MODEL,
        models.PROTECT,
        null=True,
        blank=True,
        related_name="review_cases",
        db_index=False,
    )
    opened_at = models.DateTimeField()
    opened_by = models.CharField(max_length=200)
    finding = models.CharField(max_length=16, choices=ReviewFinding, blank=True)
    finding_text = models.TextField(blank=True)
    found_by = models.CharField(max_length=200, blank=True)
    found_at = models.DateTimeField(null=True, blank=True)
    decision = models.TextField(blank=True)
    closed_at = models.DateTimeField(null=True, blank=True)
    closed_by = models.CharField(max_length=200, blank=True)
    reopened_count = models.PositiveIntegerField(default=0)

    class Meta:
        indexes = (
            models.Index(
                fields=("environment", "state", "-opened_at", "-id"), name="review_case_newest"
            ),
            models.Index(fields=("owner", "state"), name="review_case_owner"),
        )

    def __str__(self) -> str:
        return f"R-{self.number}"

    @property
    def is_open(self) -> bool:
        return self.state == ReviewState.OPEN


class Suspicion(models.Model):
    """Looks with one cause by one person; further ones join it until it is settled."""

    id = uuid_key()
    environment = environment_field()
    kind = models.CharField(max_length=24, choices=ReviewKind)
    scope = models.CharField(max_length=16, choices=ReviewScope)
    rule = models.ForeignKey(
        ReviewRule, models.PROTECT, null=True, blank=True, related_name="suspicions"
    )  # the version that raised it; none: a reviewer
    fingerprint = models.CharField(max_length=64)
    state = models.CharField(max_length=8, choices=SuspicionState, default=SuspicionState.OPEN)
    case = models.ForeignKey(
        ReviewCase, models.PROTECT, null=True, blank=True, related_name="suspicions"
    )
    organisation = models.ForeignKey(
        Organisation, models.PROTECT, null=True, blank=True, related_name="suspicions"
    )  # who looked works for it
    user = models.CharField(max_length=200, blank=True)  # the professional's id, as told
    user_name = models.CharField(max_length=200, blank=True)
    person = models.ForeignKey(
        settings.AUTH_USER_MODEL, models.PROTECT, null=True, blank=True, related_name="suspicions"
    )  # of the staff
    patient = models.ForeignKey(
        Patient, models.PROTECT, null=True, blank=True, related_name="suspicions"
    )  # none where it is about many
    facts = models.JSONField(default=dict, blank=True)  # what was measured; no code of anybody
    event_count = models.PositiveIntegerField(default=0)
    first_at = models.DateTimeField()
    last_at = models.DateTimeField()
    raised_at = models.DateTimeField()
    settled_at = models.DateTimeField(null=True, blank=True)
    settled_by = models.CharField(max_length=200, blank=True)
    settled_reason = models.CharField(max_length=200, blank=True)

    class Meta:
        constraints = (
            models.UniqueConstraint(
                fields=("fingerprint",), condition=~Q(state="settled"), name="suspicion_one_live"
            ),
        )
        indexes = (
            models.Index(
                fields=("environment", "state", "-last_at", "-id"), name="suspicion_newest"
            ),
        )

    def __str__(self) -> str:
        return f"{self.kind} {self.id}"

    @property
    def who(self) -> str:
        """Whoever looked, in words; a system without a professional behind it by its name."""
        if self.user and self.user_name:
            return f"{self.user_name} ({self.user})"
        return self.user_name or self.user


class SuspicionEvent(models.Model):
    """An entry of the ledger that a suspicion rests on. Nothing points at the ledger itself."""

    id = models.BigAutoField(primary_key=True)
    suspicion = models.ForeignKey(Suspicion, models.PROTECT, related_name="events", db_index=False)
    event_at = models.DateTimeField()
    event_id = models.UUIDField()

    class Meta:
        constraints = (
            models.UniqueConstraint(
                fields=("suspicion", "event_id"), name="suspicion_event_identity"
            ),
        )
        indexes = (models.Index(fields=("event_id",), name="suspicion_event"),)

    def __str__(self) -> str:
        return str(self.event_id)


class ReviewCheck(models.Model):
    """An emergency use that is looked at again, when care has had time to follow."""

    id = models.BigAutoField(primary_key=True)
    rule = models.ForeignKey(ReviewRule, models.PROTECT, related_name="checks")
    event_at = models.DateTimeField()
    event_id = models.UUIDField(unique=True)
    due_at = models.DateTimeField()
    done_at = models.DateTimeField(null=True, blank=True)

    class Meta:
        indexes = (
            models.Index(fields=("due_at",), condition=Q(done_at=None), name="review_check_due"),
        )

    def __str__(self) -> str:
        return str(self.event_id)


class ReviewNote(models.Model):
    """What a reviewer wrote down in a case."""

    id = uuid_key()
    case = models.ForeignKey(ReviewCase, models.PROTECT, related_name="notes", db_index=False)
    at = models.DateTimeField()
    by = models.CharField(max_length=200)
    text = models.TextField()

    class Meta:
        indexes = (models.Index(fields=("case", "at"), name="review_note_case"),)

    def __str__(self) -> str:
        return str(self.id)


class ExplanationRequest(models.Model):
    """What a customer is asked about looks of its people, and what it answers."""

    id = uuid_key()
    case = models.ForeignKey(ReviewCase, models.PROTECT, related_name="explanations")
    organisation = models.ForeignKey(
        Organisation, models.PROTECT, related_name="explanation_requests", db_index=False
    )
    question = models.TextField()
    events = models.JSONField()  # [time, id] of each entry of the ledger that is shown
    asked_at = models.DateTimeField()
    asked_by = models.CharField(max_length=200)
    due_on = models.DateField()
    state = models.CharField(
        max_length=10, choices=ExplanationState, default=ExplanationState.ASKED
    )
    answer = models.TextField(blank=True)
    answered_at = models.DateTimeField(null=True, blank=True)
    answered_by = models.CharField(max_length=200, blank=True)

    class Meta:
        indexes = (
            models.Index(
                fields=("organisation", "state", "-asked_at", "-id"), name="explanation_newest"
            ),
        )

    def __str__(self) -> str:
        return str(self.id)
