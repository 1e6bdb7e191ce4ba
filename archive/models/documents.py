"""The XDS registry's rows: submissions, document entries, folders, links, and notices of
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
    patient = models.ForeignKey(
        Patient, models.PROTECT, null=True, blank=True, related_name="submissions"
    )
    submission_time = models.DateTimeField(null=True, blank=True)
    metadata = models.JSONField(default=dict)
    received_at = models.DateTimeField()

    class Meta:
        constraints = (
            models.UniqueConstraint(fields=("environment", "unique_id"), name="submission_uid"),
            models.UniqueConstraint(
                fields=("environment", "entry_uuid"), name="submission_entry_uuid"
            ),
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
    version = models.PositiveIntegerField(default=1)  # of the metadata; earlier ones are kept
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


class ProvidedDocument(models.Model):
    """The content of a document that a source brought to the repository (ITI-41, RAD-68)."""

    id = uuid_key()
    environment = environment_field()
    unique_id = models.CharField(max_length=128)
    content = models.BinaryField()
    connection = models.ForeignKey(Connection, models.PROTECT, related_name="provided")
    provided_at = models.DateTimeField()

    class Meta:
        constraints = (
            models.UniqueConstraint(
                fields=("environment", "unique_id"), name="provided_document_unique_id"
            ),
        )

    def __str__(self) -> str:
        return str(self.id)


class DocumentVersion(models.Model):
    """An entry as it was before its metadata was updated (ITI-57)."""

    id = uuid_key()
    environment = environment_field()
    document = models.ForeignKey(Document, models.PROTECT, related_name="versions")
    entry_uuid = models.CharField(max_length=64)
    version = models.PositiveIntegerField()
    metadata = models.JSONField(default=dict)
    replaced_at = models.DateTimeField()

    class Meta:
        constraints = (
            models.UniqueConstraint(
                fields=("environment", "entry_uuid"), name="document_version_entry_uuid"
            ),
        )

    def __str__(self) -> str:
        return f"{self.entry_uuid} {self.version}"


class Folder(models.Model):
    """A folder, ITI TF-3 4.2.3.4. What is in it say its links."""

    id = uuid_key()
    environment = environment_field()
    submission = models.ForeignKey(Submission, models.PROTECT, related_name="folders")
    entry_uuid = models.CharField(max_length=64)
    unique_id = oid_field()
    status = models.CharField(
        max_length=12, choices=DocumentStatus, default=DocumentStatus.APPROVED
    )
    patient = models.ForeignKey(Patient, models.PROTECT, related_name="folders")
    updated_at = models.DateTimeField()
    metadata = models.JSONField(default=dict)

    class Meta:
        constraints = (
            models.UniqueConstraint(fields=("environment", "entry_uuid"), name="folder_entry_uuid"),
            models.UniqueConstraint(fields=("environment", "unique_id"), name="folder_unique_id"),
        )

    def __str__(self) -> str:
        return self.entry_uuid


class DocumentLink(models.Model):
    """An association between two registry objects, ITI TF-3 4.2.2: HasMember, RPLC, APND and the
    like. The target may be unknown here: messages come in any order.
    """

    id = uuid_key()
    environment = environment_field()
    entry_uuid = models.CharField(max_length=64)
    kind = models.CharField(max_length=64)
    source_uuid = models.CharField(max_length=64)
    target_uuid = models.CharField(max_length=64)
    slots = models.JSONField(default=list, blank=True)

    class Meta:
        constraints = (
            models.UniqueConstraint(
                fields=("environment", "kind", "source_uuid", "target_uuid"), name="document_link"
            ),
            models.UniqueConstraint(
                fields=("environment", "entry_uuid"), name="document_link_entry_uuid"
            ),
        )
        indexes = (
            models.Index(fields=("environment", "target_uuid"), name="document_link_target"),
            models.Index(fields=("environment", "source_uuid"), name="document_link_source"),
        )

    def __str__(self) -> str:
        return f"{self.source_uuid} {self.kind} {self.target_uuid}"


class AvailabilityNotice(models.Model):
    """An Instance Availability Notification owed to a customer, and its deliveries (AR-5)."""

    id = uuid_key()
    environment = environment_field()
    study = models.ForeignKey(Study, models.PROTECT, related_name="notices")
    manifest = models.ForeignKey(Document, models.PROTECT, related_name="notices", db_index=False)
    connection = models.ForeignKey(Connection, models.PROTECT, related_name="notices")
    withdraws = models.BooleanField(default=False)  # tells that the manifest is in force no more
    state = models.CharField(max_length=12, choices=NoticeState, default=NoticeState.PENDING)
    tries = models.PositiveIntegerField(default=0)
    last_error = models.CharField(max_length=200, blank=True)
    last_reason = models.CharField(
        max_length=40, blank=True, default="", db_default=""
    )  # archive.errors
    made_at = models.DateTimeField()
    delivered_at = models.DateTimeField(null=True, blank=True)

    class Meta:
        constraints = (
            models.UniqueConstraint(
                fields=("manifest", "connection", "withdraws"), name="notice_of_manifest"
            ),
        )

    def __str__(self) -> str:
        return str(self.id)
