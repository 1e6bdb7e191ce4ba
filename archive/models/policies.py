"""Law and money as dated rows: what may be archived, which codes are in force, how admission
judges.
"""

from django.contrib.postgres.fields import ArrayField
from django.db import models

from archive.models.choices import AccessPolicyKind
from archive.models.fields import oid_field, uuid_key
from archive.models.organisations import Organisation


class StudyCodeEntry(models.Model):
    """A code of the procedure and examination nomenclature, with its validity."""

    id = uuid_key()
    code = models.CharField(max_length=5)
    system_oid = oid_field()
    name_fi = models.CharField(max_length=200)
    name_sv = models.CharField(max_length=200, blank=True)
    name_en = models.CharField(max_length=200, blank=True)
    valid_from = models.DateField()
    valid_until = models.DateField(null=True, blank=True)

    class Meta:
        constraints = (
            models.UniqueConstraint(
                fields=("system_oid", "code", "valid_from"), name="study_code_identity"
            ),
        )
        ordering = ("code", "valid_from")

    def __str__(self) -> str:
        return f"{self.code} {self.name_fi}"


class CodeImport(models.Model):
    """A list of study codes that was read and waits to be applied. What it changes is
    found anew each time, against the codes that are there then.
    """

    id = uuid_key()
    file_name = models.CharField(max_length=200)
    sha256 = models.CharField(max_length=64)
    content = models.TextField()  # empty once it was applied
    is_whole = models.BooleanField(default=False)  # what it does not name is closed
    last_day = models.DateField(null=True, blank=True)  # of what is closed so
    made_by = models.CharField(max_length=200)
    made_at = models.DateTimeField()
    applied_at = models.DateTimeField(null=True, blank=True)
    outcome = models.JSONField(default=dict, blank=True)  # how many were added, closed, ...

    def __str__(self) -> str:
        return self.file_name


class ContentPolicy(models.Model):
    """A content type: which SOP classes with which modalities may be archived, and from when
    (AR-2). A row is a version: what changes from a day on is a row of its own.
    """

    id = uuid_key()
    content_type = models.CharField(max_length=32)
    name_fi = models.CharField(max_length=100)
    name_sv = models.CharField(max_length=100)
    name_en = models.CharField(max_length=100)
    sop_classes = ArrayField(models.CharField(max_length=64))
    modalities = ArrayField(models.CharField(max_length=16), blank=True)  # empty: any
    code_demanded = models.BooleanField(default=True)
    allowed_from = models.DateField()
    allowed_until = models.DateField(null=True, blank=True)
    duty_from = models.DateField(null=True, blank=True)
    source = models.CharField(max_length=200, blank=True)
    contradiction = models.TextField(blank=True)  # where the sources differ

    class Meta:
        constraints = (
            models.UniqueConstraint(
                fields=("content_type", "allowed_from"), name="content_policy_identity"
            ),
        )
        ordering = ("content_type", "allowed_from")
        verbose_name_plural = "content policies"

    def __str__(self) -> str:
        return self.content_type


class AccessPolicy(models.Model):
    """A dated rule of access that the law or the operator sets beside the patient's wishes.

    `area`: its members may disclose to each other without permission unless prohibited (as
    HE 94/2024 lays down for Uusimaa). `role`: professional roles that may see what another
    controls; while no such row is in force, every role may. `consent`: what a patient gives on a
    day within the row is a consent, which counts as a permission.
    """

    id = uuid_key()
    kind = models.CharField(max_length=10, choices=AccessPolicyKind)
    name_fi = models.CharField(max_length=200)
    name_sv = models.CharField(max_length=200)
    name_en = models.CharField(max_length=200)
    members = models.ManyToManyField(Organisation, blank=True, related_name="access_policies")
    roles = ArrayField(models.CharField(max_length=40), default=list, blank=True)
    informing_needed = models.BooleanField(default=True)
    valid_from = models.DateField()
    valid_until = models.DateField(null=True, blank=True)
    source = models.CharField(max_length=200)

    class Meta:
        verbose_name_plural = "access policies"

    def __str__(self) -> str:
        return self.name_fi
