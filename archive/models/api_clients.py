"""Services that ask over the HTTP API with signed assertions, and the assertions already spent."""

from django.db import models

from archive.models.choices import ApiClientKind
from archive.models.dated import Dated
from archive.models.fields import environment_field, uuid_key


class ApiClient(Dated, models.Model):
    """A key with which a service signs its assertions (RFC 7523) for one environment. Two may
    overlap, so that a service can change its key.
    """

    id = uuid_key()
    environment = environment_field()
    kind = models.CharField(max_length=20, choices=ApiClientKind)
    name = models.CharField(max_length=100)
    issuer = models.CharField(max_length=100)  # the claim iss
    public_key = models.TextField()  # PEM
    key_id = models.CharField(max_length=64)  # RFC 7638 thumbprint, the header kid
    calls_a_minute = models.PositiveIntegerField(default=600)
    is_demo = models.BooleanField(default=False)
    valid_from = models.DateField()
    valid_until = models.DateField(null=True, blank=True)  # the last day

    class Meta:
        constraints = (
            models.UniqueConstraint(fields=("issuer", "key_id"), name="api_client_identity"),
        )
        ordering = ("environment", "name", "valid_from")

    def __str__(self) -> str:
        return self.name


class SpentAssertion(models.Model):
    """An assertion that has been used, so that it is not used again; its client's calls are counted
    by these rows.
    """

    digest = models.BinaryField(primary_key=True, max_length=32)  # of issuer and jti
    client = models.ForeignKey(ApiClient, models.CASCADE, related_name="+", db_index=False)
    spent_at = models.DateTimeField()
    expires_at = models.DateTimeField()

    class Meta:
        indexes = (
            models.Index(fields=("client", "spent_at"), name="spent_assertion_client"),
            models.Index(fields=("expires_at",), name="spent_assertion_expiry"),
        )

    def __str__(self) -> str:
        return bytes(self.digest).hex()
