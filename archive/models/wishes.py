"""What a patient has been told, has allowed and has forbidden (AC-1): statements that are added and
never changed. Migration 0004 has the database refuse anything else.
"""

from django.db import models
from django.db.models import Q

from archive.models.choices import (
    ConsentForm,
    ProhibitionScope,
    RegisterType,
    WillSubject,
    WishSource,
)
from archive.models.fields import environment_field, oid_field, uuid_key
from archive.models.organisations import Organisation
from archive.models.studies import Patient


class Statement(models.Model):
    """When it takes effect, when and by whom it became known here. What a later statement says
    holds from its own moment on; the earlier one stays.
    """

    id = uuid_key()
    # Each kind has its own index that begins with it.
    patient = models.ForeignKey(Patient, models.PROTECT, related_name="+", db_index=False)
    effective_at = models.DateTimeField()
    recorded_at = models.DateTimeField()
    source = models.CharField(max_length=12, choices=WishSource)
    document_oid = models.CharField(max_length=128, blank=True)  # the form in the repository
    recorded_by = models.CharField(max_length=200)  # as in the ledger: a value, no key
    acting_ground = models.CharField(max_length=64, blank=True)  # when another acted for the person
    reason = models.CharField(max_length=400, blank=True)  # of a correction

    class Meta:
        abstract = True

    def __str__(self) -> str:
        return str(self.id)


class Informing(Statement):
    """The patient has been told of the Kanta services; nothing may be permitted before."""

    text_version = models.CharField(max_length=40, blank=True)

    class Meta:
        indexes = (models.Index(fields=("patient", "effective_at"), name="informing_patient"),)


class InformingEnd(Statement):
    """The informing was recorded by mistake: it ends when it began."""

    informing = models.OneToOneField(Informing, models.PROTECT, related_name="end")

    class Meta:
        indexes = (models.Index(fields=("patient",), name="informing_end_patient"),)


class DisclosurePermission(Statement):
    """Given or withdrawn; the latest one holds. Consents from before 1.11.2021 count as given."""

    given = models.BooleanField()
    form = models.CharField(max_length=12, choices=ConsentForm, default=ConsentForm.PERMISSION)

    class Meta:
        indexes = (
            models.Index(
                fields=("patient", "-effective_at", "-recorded_at"), name="permission_patient"
            ),
        )


class Prohibition(Statement):
    """A prohibition of disclosure. It ends by a `ProhibitionEnd`, or with its own validity."""

    scope = models.CharField(max_length=20, choices=ProhibitionScope)
    # Whose material is meant, for the scopes of a provider: the organisation, and the controller
    # identifier it had then, which its registers keep when they pass to a successor.
    provider = models.ForeignKey(
        Organisation, models.PROTECT, null=True, blank=True, related_name="prohibitions"
    )
    controller_oid = oid_field(blank=True)
    register_type = models.CharField(max_length=1, choices=RegisterType, blank=True)
    service_event = oid_field(blank=True)
    emergency_exception = models.BooleanField(default=False)
    effective_until = models.DateTimeField(null=True, blank=True)

    class Meta:
        indexes = (models.Index(fields=("patient", "effective_at"), name="prohibition_patient"),)
        constraints = (
            models.CheckConstraint(
                condition=~Q(scope="service_event") | ~Q(service_event=""),
                name="prohibition_names_event",
            ),
            models.CheckConstraint(
                condition=~Q(scope__in=("provider", "register")) | Q(provider__isnull=False),
                name="prohibition_names_provider",
            ),
            models.CheckConstraint(
                condition=~Q(scope="register") | ~Q(register_type=""),
                name="prohibition_names_register",
            ),
        )


class ProhibitionEnd(Statement):
    """The patient has taken a prohibition back, or it was recorded by mistake (then it ends when it
    began).
    """

    prohibition = models.OneToOneField(Prohibition, models.PROTECT, related_name="end")

    class Meta:
        indexes = (models.Index(fields=("patient",), name="prohibition_end_patient"),)


class ExpressionOfWill(Statement):
    """Another expression of will, such as on organ donation: kept and shown, opens nothing."""

    subject = models.CharField(max_length=20, choices=WillSubject)
    given = models.BooleanField()
    text = models.TextField(blank=True)

    class Meta:
        indexes = (models.Index(fields=("patient", "subject"), name="will_patient"),)
        verbose_name_plural = "expressions of will"


class WishDocument(models.Model):
    """A form document of the Patient Data Repository that has been recorded as a statement. The
    same document again changes nothing; its id with other content is refused.
    """

    id = uuid_key()
    environment = environment_field()
    document_oid = models.CharField(max_length=128)
    content_digest = models.BinaryField(max_length=32)
    statement_id = models.UUIDField()
    received_at = models.DateTimeField()

    class Meta:
        constraints = (
            models.UniqueConstraint(
                fields=("environment", "document_oid"), name="wish_document_identity"
            ),
        )

    def __str__(self) -> str:
        return self.document_oid
