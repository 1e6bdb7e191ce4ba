"""The XDS registry's rows: submissions, document entries, links between entries, and notices of
registration.
"""

from django.db import models
from django.db.models import Q

from archive.models.choices import DocumentKind, DocumentStatus, NoticeState
from archive.models.fields import environment_field, oid_field, uuid_key
from archive.models.organisations import Connection, Register
from archive.models.studies import Patient, Study


class Submission(models.Model):
    """A submission set as it was accepted, ITI TF-3 4.2.3.3."""

    id = uuid_key()
    environment = environment_field()
    entry_uuid = models.CharField(max_length=64)
    unique_id = oid_field()
    source_id = oid_field()
    message_id = models.CharField(max_length=128, blank=True)
    content_digest = models.BinaryField(max_length=32)
    metadata = models.JSONField(default=dict)
    received_at = models.DateTimeField()

    class Meta:
        constraints = (
            models.UniqueConstraint(fields=("environment", "unique_id"), name="submission_uid"),
        )

    def __str__(self) -> str:
        return self.entry_uuid


class Document(models.Model):
    """A document entry, ITI TF-3 4.2.3.2. `metadata` holds it whole, columns what is searched."""

    id = uuid_key()
    environment = environment_field()
    submission = models.ForeignKey(
        Submission, models.PROTECT, null=True, blank=True, related_name="documents"
    )
    entry_uuid = models.CharField(max_length=64)
    unique_id = models.CharField(max_length=128)
    kind = models.CharField(max_length=16, choices=DocumentKind)
    status = models.CharField(
        max_length=12, choices=DocumentStatus, default=DocumentStatus.APPROVED
    )
    patient = models.ForeignKey(Patient, models.PROTECT, related_name="documents")
    register = models.ForeignKey(Register, models.PROTECT, related_name="documents")
    study = models.ForeignKey(
        Study, models.PROTECT, null=True, blank=True, related_name="manifests"
    )
    accession_number = models.CharField(max_length=64, blank=True)
    study_instance_uid = oid_field(blank=True)
    service_event = oid_field(blank=True)
    repository_unique_id = oid_field()
    mime_type = models.CharField(max_length=64)
    hash = models.CharField(max_length=128)
    size = models.BigIntegerField(default=0)
    creation_time = models.DateTimeField(null=True, blank=True)
    service_start_time = models.DateTimeField(null=True, blank=True)
    service_stop_time = models.DateTimeField(null=True, blank=True)
    metadata = models.JSONField(default=dict)
    vault_key = models.CharField(max_length=128, blank=True)  # of a manifest: where its bytes stand
    registered_at = models.DateTimeField()

    class Meta:
        constraints = (
            models.UniqueConstraint(
                fields=("environment", "entry_uuid"), name="document_entry_uuid"
            ),
            models.UniqueConstraint(fields=("environment", "unique_id"), name="document_unique_id"),
            models.UniqueConstraint(
                fields=("study",),
                condition=Q(kind="manifest", status="approved"),
                name="document_one_manifest",
            ),
        )
        indexes = (
            models.Index(
                fields=("environment", "register", "accession_number", "patient"),
                name="document_tie",
            ),
            models.Index(fields=("environment", "patient", "status"), name="document_patient"),
            models.Index(fields=("accession_number",), name="document_accession"),
        )

    def __str__(self) -> str:
        return self.entry_uuid


class DocumentLink(models.Model):
    """A relationship between two entries (RPLC, APND, XFRM); the target may be unknown here."""

    id = uuid_key()
    environment = environment_field()
    kind = models.CharField(max_length=64)
    source_uuid = models.CharField(max_length=64)
    target_uuid = models.CharField(max_length=64)

    class Meta:
        constraints = (
            models.UniqueConstraint(
                fields=("environment", "kind", "source_uuid", "target_uuid"), name="document_link"
            ),
        )
        indexes = (
            models.Index(fields=("environment", "target_uuid"), name="document_link_target"),
        )

    def __str__(self) -> str:
        return f"{self.source_uuid} {self.kind} {self.target_uuid}"


class AvailabilityNotice(models.Model):
    """An Instance Availability Notification owed to a customer, and its deliveries (AR-5)."""

    id = uuid_key()
    environment = environment_field()
    study = models.ForeignKey(Study, models.PROTECT, related_name="notices")
    manifest = models.ForeignKey(Document, models.PROTECT, related_name="notices")
    connection = models.ForeignKey(Connection, models.PROTECT, related_name="notices")
    state = models.CharField(max_length=12, choices=NoticeState, default=NoticeState.PENDING)
    tries = models.PositiveIntegerField(default=0)
    last_error = models.CharField(max_length=200, blank=True)
    made_at = models.DateTimeField()
    delivered_at = models.DateTimeField(null=True, blank=True)

    class Meta:
        constraints = (
            models.UniqueConstraint(fields=("manifest", "connection"), name="notice_of_manifest"),
        )

    def __str__(self) -> str:
        return str(self.id)
