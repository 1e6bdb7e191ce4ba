"""SOAP messages, as they came and as they were answered (XD-1)."""

from django.contrib.postgres.indexes import BrinIndex
from django.db import models
from django.db.models import Q

from archive.models.fields import environment_field, uuid_key
from archive.models.organisations import Connection, Organisation


class RegistryMessage(models.Model):
    """One message of a known system. Both texts of one that changed the registry are emptied when
    their time is over; the row of any other goes. Values of signatures and passwords are left out:
    what is kept serves nobody as an assertion.
    """

    id = uuid_key()
    environment = environment_field()
    connection = models.ForeignKey(Connection, models.PROTECT, related_name="registry_messages")
    organisation = models.ForeignKey(Organisation, models.PROTECT, related_name="registry_messages")
    received_at = models.DateTimeField()
    action = models.CharField(max_length=100)  # empty: it could not be read
    message_id = models.CharField(max_length=128)
    correlation_id = models.UUIDField(null=True, blank=True)
    taken = models.BooleanField()  # as it was answered
    changed = models.BooleanField(db_default=True, default=True)  # the registry
    http_status = models.PositiveSmallIntegerField(db_default=200, default=200)
    is_whole = models.BooleanField(db_default=True, default=True)  # nothing was cut off
    request = models.BinaryField()
    answer = models.BinaryField()
    ms = models.PositiveIntegerField(null=True, blank=True)  # until the answer was ready

    class Meta:
        indexes = (
            models.Index(fields=("environment", "message_id"), name="registry_message_named"),
            models.Index(fields=("correlation_id",), name="registry_message_traced"),
            BrinIndex(fields=("received_at",), name="registry_message_time"),
            models.Index(
                fields=("environment", "id"),
                name="registry_message_refused",
                condition=Q(taken=False),
            ),
            models.Index(
                fields=("received_at",),
                condition=Q(changed=True) & ~Q(request=b""),
                name="registry_message_to_be_emptied",
            ),
            models.Index(
                fields=("received_at",),
                condition=Q(changed=False),
                name="registry_message_to_be_gone",
            ),
        )

    def __str__(self) -> str:
        return str(self.id)
