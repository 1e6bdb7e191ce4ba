"""Purchased-service authorisations (ostopalvelun valtuutus 2.0; AC-3)."""

from django.db import models
from django.db.models import Q

from archive.models.choices import AuthorisationLevel, AuthorisationState, Urgency
from archive.models.fields import environment_field, oid_field, uuid_key
from archive.models.organisations import Organisation, Register
from archive.models.studies import Patient
from archive.values import now


class Authorisation(models.Model):
    """One version of an authorisation by which a producer works in the organiser's register.

    An amendment is a new row of the same `series`, and closes the one before. Rights exist from
    `granted_at` to `closed_at` within the validity, and only while there is a producer.
    """

    id = uuid_key()
    environment = environment_field()
    series = models.UUIDField()
    version = models.PositiveIntegerField(default=1)
    document_oid = models.CharField(max_length=128)  # the form document in the repository
    level = models.CharField(max_length=10, choices=AuthorisationLevel)
    state = models.CharField(max_length=20, choices=AuthorisationState)
    organiser = models.ForeignKey(
        Organisation, models.PROTECT, related_name="authorisations_ordered", db_index=False
    )
    register = models.ForeignKey(
        Register, models.PROTECT, related_name="authorisations", db_index=False
    )
    producer = models.ForeignKey(
        Organisation,
        models.PROTECT,
        null=True,
        blank=True,
        related_name="authorisations_granted",
        db_index=False,
    )
    patient = models.ForeignKey(
        Patient, models.PROTECT, null=True, blank=True, related_name="authorisations"
    )
    valid_from = models.DateField()
    valid_until = models.DateField(null=True, blank=True)
    may_read = models.BooleanField(default=True)
    may_write = models.BooleanField(default=True)
    service_code = models.CharField(max_length=20, blank=True)
    service_text = models.CharField(max_length=200, blank=True)
    order_text = models.TextField(blank=True)
    urgency = models.CharField(max_length=10, choices=Urgency, default=Urgency.ROUTINE)
    due_on = models.DateField(null=True, blank=True)  # by when the organiser wants it done
    voucher_number = models.CharField(max_length=40, blank=True)
    voucher_value = models.DecimalField(max_digits=9, decimal_places=2, null=True, blank=True)
    voucher_expires_on = models.DateField(null=True, blank=True)
    service_event = oid_field(blank=True)
    made_by = models.CharField(max_length=200)
    made_at = models.DateTimeField()
    changed_at = models.DateTimeField(default=now)  # made, or moved to another state
    granted_at = models.DateTimeField(null=True, blank=True)  # when a producer was named
    accepted_at = models.DateTimeField(null=True, blank=True)
    closed_at = models.DateTimeField(null=True, blank=True)
    closing_reason = models.CharField(max_length=400, blank=True)
    done_at = models.DateTimeField(null=True, blank=True)  # when the organiser said it is done
    # When the Patient Data Repository came to know the present state; from where it came, at once.
    delivered_at = models.DateTimeField(null=True, blank=True)

    class Meta:
        constraints = (
            models.UniqueConstraint(
                fields=("environment", "series", "version"), name="authorisation_version"
            ),
            models.UniqueConstraint(
                fields=("environment", "document_oid", "version"), name="authorisation_document"
            ),
            models.UniqueConstraint(
                fields=("environment", "series"),
                condition=Q(closed_at=None),
                name="authorisation_one_live",
            ),
            models.CheckConstraint(
                condition=Q(level="patient", patient__isnull=False)
                | Q(level="population", patient__isnull=True),
                name="authorisation_level",
            ),
            models.CheckConstraint(
                condition=Q(granted_at=None) | Q(producer__isnull=False),
                name="authorisation_granted_to_one",
            ),
            models.CheckConstraint(
                condition=Q(closed_at=None)
                ^ Q(state__in=("declined", "ended", "revoked", "replaced")),
                name="authorisation_closed_state",
            ),
        )
        indexes = (
            models.Index(fields=("producer", "environment", "-made_at"), name="auth_producer"),
            models.Index(fields=("organiser", "environment", "-made_at"), name="auth_organiser"),
            models.Index(fields=("register", "producer"), name="auth_register"),
            models.Index(
                fields=("valid_until",), condition=Q(closed_at=None), name="auth_running_out"
            ),
        )

    def __str__(self) -> str:
        return f"{self.document_oid} v{self.version}"


class AuthorisationDraft(models.Model):
    """An order that is being filled in, step by step. Gives no rights; goes when the order is made.

    `values` hold what the steps were told, by field; the patient is a row, never a code.
    """

    id = uuid_key()
    environment = environment_field()
    register = models.ForeignKey(
        Register, models.CASCADE, related_name="authorisation_drafts", db_index=False
    )
    patient = models.ForeignKey(
        Patient, models.PROTECT, null=True, blank=True, related_name="authorisation_drafts"
    )
    values = models.JSONField(default=dict)
    made_by = models.CharField(max_length=200)
    changed_at = models.DateTimeField()

    class Meta:
        indexes = (models.Index(fields=("register", "environment"), name="auth_draft_register"),)

    def __str__(self) -> str:
        return str(self.id)
