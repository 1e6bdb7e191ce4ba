"""What is kept of an exchange with a known system, for those who must see it (XD-1, SD-4)."""

import logging
from dataclasses import dataclass, field
from uuid import UUID

from django.db import DatabaseError

from archive.actors import Actor
from archive.edges.xds import codec, soap
from archive.objects.multipart import Read
from archive.services import registry_messages
from archive.services.registry_messages import KEPT_BYTES, Exchanged

log = logging.getLogger(__name__)

CHANGES = frozenset({soap.REGISTER, soap.UPDATE, soap.REMOVE, soap.PROVIDE, soap.REMOVE_DOCUMENTS})


@dataclass(slots=True)
class Heard:
    """The beginning of a body, as it is read: of a message that cannot be taken apart it is all
    there is to show.
    """

    read: Read
    head: bytearray = field(default_factory=bytearray)

    def __call__(self, size: int) -> bytes:
        piece = self.read(size)
        self.head += piece[: max(KEPT_BYTES - len(self.head), 0)]
        return piece


@dataclass(slots=True)
class Talk:
    """One request and its answer, filled in as far as they come."""

    action: str = ""
    message_id: str = ""
    request: bytes = b""
    answer: bytes = b""
    status: str = ""  # of the registry's or repository's response; a fault has none

    def keep(self, actor: Actor, http_status: int, correlation_id: UUID) -> None:
        """What was done stands; the answer goes out anyhow."""
        taken = bool(self.status) and self.status != codec.FAILURE
        exchanged = Exchanged(
            self.action,
            self.message_id,
            self.request,
            self.answer,
            taken,
            taken and self.action in CHANGES,
            http_status,
        )
        try:
            registry_messages.keep(actor, exchanged, correlation_id)
        except DatabaseError:
            log.exception("a message cannot be kept, exchange %s", correlation_id)
