"""What a customer agrees to and runs: versioned documents, acceptances, certified systems."""

from django.db import models

from archive.models import Organisation
from archive.models.fields import uuid_key
from onboarding.models.choices import TermsKind


class TermsDocument(models.Model):
    """A version of the delivery terms or of the service description; a new one asks anew."""

    id = uuid_key()
    kind = models.CharField(max_length=24, choices=TermsKind)
    version = models.CharField(max_length=40)
    valid_from = models.DateField()
    text_fi = models.TextField()
    text_sv = models.TextField()
    text_en = models.TextField()

    class Meta:
        constraints = (models.UniqueConstraint(fields=("kind", "version"), name="terms_identity"),)
        ordering = ("kind", "-valid_from")

    def __str__(self) -> str:
        return f"{self.kind} {self.version}"


class Acceptance(models.Model):
    """Who accepted a version for an organisation, with what authority."""

    id = uuid_key()
    document = models.ForeignKey(
        TermsDocument, models.PROTECT, related_name="acceptances", db_index=False
    )
    organisation = models.ForeignKey(Organisation, models.PROTECT, related_name="acceptances")
    accepted_by = models.CharField(max_length=200)
    authority = models.CharField(max_length=200)
    accepted_at = models.DateTimeField()

    class Meta:
        constraints = (
            models.UniqueConstraint(fields=("document", "organisation"), name="acceptance_once"),
        )

    def __str__(self) -> str:
        return f"{self.organisation_id} {self.document_id}"


class SpecificationVersion(models.Model):
    """A version of the technical specification, with its two windows."""

    id = uuid_key()
    name = models.CharField(max_length=20, unique=True)
    certification_from = models.DateField(null=True, blank=True)
    certification_until = models.DateField(null=True, blank=True)
    production_from = models.DateField(null=True, blank=True)
    production_until = models.DateField(null=True, blank=True)
    source = models.CharField(max_length=200, blank=True)

    class Meta:
        ordering = ("name",)

    def __str__(self) -> str:
        return self.name


class CertifiedSystem(models.Model):
    """A product version that a customer runs, with its certificate."""

    id = uuid_key()
    organisation = models.ForeignKey(Organisation, models.PROTECT, related_name="certified_systems")
    product = models.CharField(max_length=200)
    version = models.CharField(max_length=60)
    certificate_number = models.CharField(max_length=100)
    regulation = models.CharField(max_length=200)  # e.g. THL regulation 5/2021 annex 3e
    specification = models.ForeignKey(SpecificationVersion, models.PROTECT, related_name="systems")
    valid_from = models.DateField()
    valid_until = models.DateField(null=True, blank=True)
    taken_off_at = models.DateTimeField(null=True, blank=True)  # of one that is run no more
    taken_off_by = models.CharField(max_length=200, blank=True)

    def __str__(self) -> str:
        return f"{self.product} {self.version}"
