"""SOAP messages that changed the registry, as they came and as they were answered (XD-1)."""

from django.db import models
from django.db.models import Q

from archive.models.fields import environment_field, uuid_key
from archive.models.organisations import Connection, Organisation


class RegistryMessage(models.Model):
    """A registration, update, removal or delivery. Both texts are emptied when their time is over.
    Values of signatures are left out: what is kept serves nobody as an assertion.
    """

    id = uuid_key()
    environment = environment_field()
    connection = models.ForeignKey(Connection, models.PROTECT, related_name="registry_messages")
    organisation = models.ForeignKey(Organisation, models.PROTECT, related_name="registry_messages")
    received_at = models.DateTimeField()
    action = models.CharField(max_length=100)
    message_id = models.CharField(max_length=128)
    correlation_id = models.UUIDField(null=True, blank=True)
    taken = models.BooleanField()  # as it was answered
    request = models.BinaryField()
    answer = models.BinaryField()

    class Meta:
        indexes = (
            models.Index(fields=("environment", "message_id"), name="registry_message_named"),
            models.Index(
                fields=("received_at",),
                condition=~Q(request=b""),
                name="registry_message_to_be_emptied",
            ),
        )

    def __str__(self) -> str:
        return str(self.id)
