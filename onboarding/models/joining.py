"""A customer's road: where it stands, how it came there, who speaks for it, what it has shown."""

from __future__ import annotations

from typing import TYPE_CHECKING

from django.conf import settings
from django.contrib.postgres.fields import ArrayField
from django.db import models
from django.db.models import Q

from archive.models import Connection, ConnectionKind, Environment, Organisation
from archive.models.fields import uuid_key
from onboarding.models.choices import (
    ContactKind,
    EvidenceState,
    JoiningState,
    Precondition,
    RequestState,
)

if TYPE_CHECKING:
    from onboarding.models.mails import OutgoingMail


class Joining(models.Model):
    """One for each organisation; made when it registers (ON-1)."""

    id = uuid_key()
    organisation = models.OneToOneField(Organisation, models.PROTECT, related_name="joining")
    state = models.CharField(
        max_length=24, choices=JoiningState, default=JoiningState.DRAFT, db_index=True
    )
    state_since = models.DateTimeField()
    roles = ArrayField(models.CharField(max_length=16), default=list)  # ActivityRole
    content_types = ArrayField(models.CharField(max_length=32), default=list)  # ContentPolicy
    services_used = ArrayField(models.CharField(max_length=40), default=list)  # KantaService codes
    step = models.CharField(max_length=24, blank=True)  # of the registration that was left off at
    notice_given_on = models.DateField(null=True, blank=True)
    ends_on = models.DateField(null=True, blank=True)

    def __str__(self) -> str:
        return str(self.id)


class Transition(models.Model):
    """A step on the road: from where to where, who, when and why."""

    id = uuid_key()
    joining = models.ForeignKey(Joining, models.PROTECT, related_name="transitions", db_index=False)
    from_state = models.CharField(max_length=24, choices=JoiningState)
    to_state = models.CharField(max_length=24, choices=JoiningState)
    at = models.DateTimeField()
    actor_name = models.CharField(max_length=200)
    reason = models.TextField(blank=True)

    class Meta:
        indexes = (models.Index(fields=("joining", "-at"), name="transition_newest"),)

    def __str__(self) -> str:
        return f"{self.from_state} {self.to_state}"


class Contact(models.Model):
    """A person who speaks for a customer in one matter; mails go out in that person's language."""

    id = uuid_key()
    organisation = models.ForeignKey(
        Organisation, models.PROTECT, related_name="contacts", db_index=False
    )
    kind = models.CharField(max_length=16, choices=ContactKind)
    name = models.CharField(max_length=200)
    email = models.EmailField()
    phone = models.CharField(max_length=40, blank=True)
    language = models.CharField(max_length=2, choices=settings.LANGUAGES, default="fi")

    class Meta:
        constraints = (
            models.UniqueConstraint(fields=("organisation", "kind"), name="contact_one_a_kind"),
        )

    def __str__(self) -> str:
        return self.name


class Evidence(models.Model):
    """What shows that a precondition holds: a file, a number, a date, a note (ON-2)."""

    id = uuid_key()
    joining = models.ForeignKey(Joining, models.PROTECT, related_name="evidence", db_index=False)
    precondition = models.CharField(max_length=24, choices=Precondition)
    state = models.CharField(max_length=10, choices=EvidenceState, default=EvidenceState.MISSING)
    number = models.CharField(max_length=100, blank=True)
    dated = models.DateField(null=True, blank=True)
    note = models.TextField(blank=True)
    file_name = models.CharField(max_length=200, blank=True)
    file_type = models.CharField(max_length=100, blank=True)
    file_digest = models.CharField(max_length=64, blank=True)  # SHA-256; names the kept file
    given_by = models.CharField(max_length=200, blank=True)
    given_at = models.DateTimeField(null=True, blank=True)
    judged_by = models.CharField(max_length=200, blank=True)
    judged_at = models.DateTimeField(null=True, blank=True)
    judgement = models.TextField(blank=True)  # why it was not accepted, or what was looked at

    class Meta:
        constraints = (
            models.UniqueConstraint(fields=("joining", "precondition"), name="evidence_one_each"),
        )

    def __str__(self) -> str:
        return f"{self.precondition} {self.state}"


class PlannedConnection(models.Model):
    """A connection as the customer has filled it in; it becomes real when its environment opens."""

    id = uuid_key()
    organisation = models.ForeignKey(
        Organisation, models.PROTECT, related_name="planned_connections"
    )
    environment = models.CharField(max_length=10, choices=Environment)
    kind = models.CharField(max_length=10, choices=ConnectionKind)
    name = models.CharField(max_length=100, blank=True)
    aet = models.CharField(max_length=16, blank=True)
    host = models.CharField(max_length=255, blank=True)
    port = models.PositiveIntegerField(null=True, blank=True)
    ian_on = models.BooleanField(default=False)
    may_store = models.BooleanField(default=True)  # and commit, and correct
    may_fetch = models.BooleanField(default=True)  # and query
    retrieve_destination = models.BooleanField(default=True)  # of a C-MOVE
    tls = models.BooleanField(default=False)  # and never without it
    certificate = models.TextField(blank=True)  # PEM
    certificate_subject = models.CharField(max_length=300, blank=True)
    certificate_issuer = models.CharField(max_length=300, blank=True)
    certificate_sha256 = models.CharField(max_length=64, blank=True)
    certificate_until = models.DateTimeField(null=True, blank=True)
    hl7_application = models.CharField(max_length=100, blank=True)
    hl7_facility = models.CharField(max_length=100, blank=True)
    opened_at = models.DateTimeField(null=True, blank=True)  # emptied when the plan is changed
    connection = models.OneToOneField(
        Connection, models.PROTECT, null=True, blank=True, related_name="planned"
    )

    class Meta:
        constraints = (
            models.UniqueConstraint(
                fields=("environment", "aet"), condition=~Q(aet=""), name="planned_one_title"
            ),
            models.UniqueConstraint(
                fields=("environment", "hl7_application", "hl7_facility"),
                condition=Q(kind="hl7"),
                name="planned_one_sender",
            ),
        )

    def __str__(self) -> str:
        sender = f"{self.hl7_application}|{self.hl7_facility}" if self.hl7_application else ""
        return self.aet or sender or self.name


class FourEyes(models.Model):
    """Something one officer asks for and another must do: a waived test, a succession (NF-3)."""

    id = uuid_key()
    kind = models.CharField(max_length=24)  # waiver, succession
    joining = models.ForeignKey(Joining, models.PROTECT, related_name="four_eyes")
    details = models.JSONField(default=dict)
    reason = models.TextField()
    state = models.CharField(max_length=10, choices=RequestState, default=RequestState.OPEN)
    asked_by = models.ForeignKey(
        settings.AUTH_USER_MODEL, models.PROTECT, related_name="four_eyes_asked"
    )
    asked_at = models.DateTimeField()
    decided_by = models.ForeignKey(
        settings.AUTH_USER_MODEL,
        models.PROTECT,
        null=True,
        blank=True,
        related_name="four_eyes_decided",
    )
    decided_at = models.DateTimeField(null=True, blank=True)

    class Meta:
        constraints = (
            models.UniqueConstraint(
                fields=("kind", "joining"), condition=Q(state="open"), name="four_eyes_one_open"
            ),
        )

    def __str__(self) -> str:
        return f"{self.kind} {self.state}"


class AccessRequest(models.Model):
    """A person has registered an organisation that is here already, and waits to be let in."""

    id = uuid_key()
    organisation = models.ForeignKey(Organisation, models.PROTECT, related_name="access_requests")
    user = models.ForeignKey(
        settings.AUTH_USER_MODEL, models.CASCADE, related_name="access_requests"
    )
    state = models.CharField(max_length=10, choices=RequestState, default=RequestState.OPEN)
    asked_at = models.DateTimeField()
    decided_by = models.CharField(max_length=200, blank=True)
    decided_at = models.DateTimeField(null=True, blank=True)

    class Meta:
        constraints = (
            models.UniqueConstraint(
                fields=("organisation", "user"),
                condition=Q(state="open"),
                name="access_request_one_open",
            ),
        )

    def __str__(self) -> str:
        return str(self.id)


class Invitation(models.Model):
    """A person is asked to sign in for an organisation; the secret is in the mail only."""

    id = uuid_key()
    organisation = models.ForeignKey(Organisation, models.PROTECT, related_name="invitations")
    email = models.EmailField()
    role = models.CharField(max_length=20)
    secret_sha256 = models.BinaryField(max_length=32)
    invited_by = models.CharField(max_length=200)
    invited_at = models.DateTimeField()
    expires_at = models.DateTimeField()
    accepted_at = models.DateTimeField(null=True, blank=True)

    def __str__(self) -> str:
        return str(self.id)

    @property
    def mail(self) -> OutgoingMail | None:
        """Of one that was made before mails were kept there is none."""
        return next(iter(self.mails.all()), None)
