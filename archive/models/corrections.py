"""Corrections: rejections of objects, corrected metadata, and whose customers may send which."""

from django.db import models

from archive.models.choices import CorrectionOrigin, CorrectionState, RejectionTitle
from archive.models.fields import environment_field, oid_field, uuid_key
from archive.models.organisations import Connection, Organisation
from archive.models.studies import Instance, Study


class CorrectionPolicy(models.Model):
    """What a customer may correct by sending, from a day on; without a customer: all others."""

    id = uuid_key()
    organisation = models.ForeignKey(
        Organisation,
        models.PROTECT,
        null=True,
        blank=True,
        related_name="correction_policies",
        db_index=False,
    )
    metadata = models.BooleanField(default=False)  # the same objects with other patient or study
    note_first = models.BooleanField(default=True)  # a rejection note before its objects
    retention = models.BooleanField(default=False)  # rejection of what need not be kept any longer
    valid_from = models.DateField()
    valid_until = models.DateField(null=True, blank=True)
    source = models.CharField(max_length=200)  # service version or agreement it follows from
    made_at = models.DateTimeField()

    class Meta:
        indexes = (
            models.Index(fields=("organisation", "-valid_from"), name="correction_policy_newest"),
        )
        ordering = ("organisation", "-valid_from", "-made_at")
        verbose_name_plural = "correction policies"

    def __str__(self) -> str:
        return f"{self.organisation_id or 'all'} {self.valid_from}"


class Rejection(models.Model):
    """A rejection note, sent by a customer or made here for an archivist (IHE RAD TF-3 4.66)."""

    id = uuid_key()
    environment = environment_field()
    organisation = models.ForeignKey(Organisation, models.PROTECT, related_name="rejections")
    connection = models.ForeignKey(
        Connection, models.PROTECT, null=True, blank=True, related_name="rejections"
    )
    study = models.ForeignKey(
        Study, models.PROTECT, null=True, blank=True, related_name="rejections", db_index=False
    )
    title = models.CharField(max_length=6, choices=RejectionTitle)
    note_uid = oid_field()
    transfer_syntax_uid = oid_field()
    digest = models.BinaryField(max_length=32)  # of the note's own bytes in the vault
    size = models.BigIntegerField()
    reason = models.CharField(max_length=200, blank=True)
    actor_kind = models.CharField(max_length=16)
    actor_id = models.UUIDField(null=True, blank=True)
    actor_name = models.CharField(max_length=200)
    made_at = models.DateTimeField()

    class Meta:
        constraints = (
            models.UniqueConstraint(fields=("environment", "note_uid"), name="rejection_note"),
        )
        indexes = (
            models.Index(fields=("environment", "-made_at", "-id"), name="rejection_newest"),
            models.Index(fields=("study", "-made_at"), name="rejection_study"),
        )

    def __str__(self) -> str:
        return self.note_uid


class RejectedObject(models.Model):
    """One object that a note names. Without `instance` it has not come yet; with `ended_at` the
    rejection holds no more: revoked, or gone over to a stricter one.
    """

    id = uuid_key()
    rejection = models.ForeignKey(
        Rejection, models.PROTECT, related_name="rejected", db_index=False
    )
    environment = environment_field()
    study_instance_uid = oid_field()
    series_instance_uid = oid_field()
    sop_class_uid = oid_field()
    sop_instance_uid = oid_field()
    instance = models.ForeignKey(
        Instance, models.PROTECT, null=True, blank=True, related_name="rejections"
    )
    ended_at = models.DateTimeField(null=True, blank=True)
    ended_by = models.CharField(max_length=200, blank=True)
    ended_why = models.CharField(max_length=200, blank=True)

    class Meta:
        constraints = (
            models.UniqueConstraint(
                fields=("rejection", "sop_instance_uid"), name="rejected_once_a_note"
            ),
        )
        indexes = (
            models.Index(
                fields=("environment", "sop_instance_uid"),
                condition=models.Q(ended_at=None),
                name="rejected_object_live",
            ),
            models.Index(
                fields=("environment", "study_instance_uid"),
                condition=models.Q(ended_at=None, instance=None),
                name="rejected_object_awaited",
            ),
        )

    def __str__(self) -> str:
        return self.sop_instance_uid


class Correction(models.Model):
    """Corrected metadata of one study. Sent again by the customer: each object has a version of its
    own. Made in the portal: `values` are laid over the bytes of all its objects.
    """

    id = uuid_key()
    environment = environment_field()
    study = models.ForeignKey(Study, models.PROTECT, related_name="corrections", db_index=False)
    batch_id = models.UUIDField()  # what was corrected in one go: an association, or a form
    origin = models.CharField(max_length=8, choices=CorrectionOrigin)
    state = models.CharField(max_length=12, choices=CorrectionState)
    mark = models.CharField(max_length=64)  # of `after`: objects with one mark belong together
    before = models.JSONField(default=dict)  # what patient and study were, by DICOM keyword
    after = models.JSONField(default=dict)
    values = models.JSONField(default=dict)  # what is laid over the bytes, by DICOM keyword
    previous = models.ForeignKey(
        "self", models.PROTECT, null=True, blank=True, related_name="followers"
    )  # the overlay that was in force before
    reason = models.CharField(max_length=200, blank=True)
    connection = models.ForeignKey(
        Connection, models.PROTECT, null=True, blank=True, related_name="corrections"
    )
    actor_kind = models.CharField(max_length=16)
    actor_id = models.UUIDField(null=True, blank=True)
    actor_name = models.CharField(max_length=200)
    made_at = models.DateTimeField()
    in_force_at = models.DateTimeField(null=True, blank=True)
    undone_at = models.DateTimeField(null=True, blank=True)
    undone_by = models.CharField(max_length=200, blank=True)
    undone_why = models.CharField(max_length=200, blank=True)

    class Meta:
        constraints = (
            models.UniqueConstraint(
                fields=("study", "mark"),
                condition=models.Q(state="gathering"),
                name="correction_gathered_once",
            ),
        )
        indexes = (
            models.Index(fields=("environment", "-made_at", "-id"), name="correction_newest"),
            models.Index(fields=("study", "-made_at"), name="correction_study"),
            models.Index(fields=("batch_id",), name="correction_batch"),
        )

    def __str__(self) -> str:
        return str(self.id)


class InstanceVersion(models.Model):
    """An object's bytes as they were sent once. Version 1 is what was archived first.

    An object that was never corrected has no row here.
    """

    id = uuid_key()
    instance = models.ForeignKey(Instance, models.PROTECT, related_name="versions", db_index=False)
    number = models.PositiveSmallIntegerField()
    correction = models.ForeignKey(
        Correction, models.PROTECT, null=True, blank=True, related_name="versions"
    )  # none: the first
    transfer_syntax_uid = oid_field()
    digest = models.BinaryField(max_length=32)
    digest_algorithm = models.CharField(max_length=10)
    size = models.BigIntegerField()
    store = models.CharField(max_length=8, default="files")  # archive.stores
    association_id = models.UUIDField()
    received_at = models.DateTimeField()
    # What the version before had: a data set in explicit VR little endian.
    originals = models.BinaryField(default=bytes, blank=True)
    damaged_at = models.DateTimeField(null=True, blank=True)

    class Meta:
        constraints = (
            models.UniqueConstraint(fields=("instance", "number"), name="instance_version_number"),
        )
        ordering = ("instance", "number")

    def __str__(self) -> str:
        return f"{self.instance_id} {self.number}"
