"""Whose assertions are believed, and which messages have been used up (XD-4)."""

from django.db import models

from archive.models.dated import Dated
from archive.models.fields import environment_field, uuid_key


class TrustedIssuer(Dated, models.Model):
    """A certificate with which an issuer signs assertions for one environment. Two may overlap, so
    that an issuer can change its key.
    """

    id = uuid_key()
    environment = environment_field()
    entity_id = models.CharField(max_length=256)  # as in Assertion/Issuer
    certificate = models.TextField()  # PEM
    certificate_subject = models.CharField(max_length=300)
    certificate_sha256 = models.CharField(max_length=64)
    certificate_until = models.DateTimeField()
    valid_from = models.DateField()
    valid_until = models.DateField(null=True, blank=True)  # the last day

    class Meta:
        constraints = (
            models.UniqueConstraint(
                fields=("environment", "entity_id", "certificate_sha256"),
                name="trusted_issuer_identity",
            ),
        )
        ordering = ("environment", "entity_id", "valid_from")

    def __str__(self) -> str:
        return self.entity_id


class SpentMessage(models.Model):
    """A message that came with an assertion, so that it cannot come again; kept until the assertion
    has expired.
    """

    digest = models.BinaryField(primary_key=True, max_length=32)
    expires_at = models.DateTimeField()

    class Meta:
        indexes = (models.Index(fields=("expires_at",), name="spent_message_expiry"),)

    def __str__(self) -> str:
        return bytes(self.digest).hex()


class SeenCertificate(models.Model):
    """A certificate that a customer's system showed when it was let in, or that was loaded for it
    before; connections name theirs by the digest.
    """

    sha256 = models.CharField(primary_key=True, max_length=64)
    subject = models.CharField(max_length=300)
    until = models.DateTimeField()

    def __str__(self) -> str:
        return self.subject
