"""What is kept of an exchange with a known system, for those who must see it (XD-1, SD-4)."""

import logging
import re
from dataclasses import dataclass, field
from uuid import UUID

from django.db import DatabaseError

from archive.actors import Actor
from archive.edges.xds import codec
from archive.objects.multipart import Read
from archive.objects.registry import CHANGES
from archive.services import registry_messages
from archive.services.registry_messages import KEPT_BYTES, Exchanged

log = logging.getLogger(__name__)

# Of a part in another encoding than its own bytes, RFC 2045 section 6.
_ENCODED_PART = re.compile(
    rb"^content-transfer-encoding[ \t]*:\s*(?!\s|(?:binary|8bit|7bit)\s)",
    re.IGNORECASE | re.MULTILINE,
)


@dataclass(slots=True)
class Heard:
    """The beginning of a body, as it is read: of a message that cannot be taken apart it is all
    there is to show. One byte more than is kept says that there was more.
    """

    read: Read
    head: bytearray = field(default_factory=bytearray)

    def __call__(self, size: int) -> bytes:
        piece = self.read(size)
        self.head += piece[: max(KEPT_BYTES + 1 - len(self.head), 0)]
        return piece

    def shown(self, content_encoding: str) -> bytes | None:
        """What may be kept of it; None where secrets would not be found in it."""
        is_encoded = content_encoding.strip().lower() not in ("", "identity")
        if is_encoded or _ENCODED_PART.search(self.head):
            return None
        return bytes(self.head)


@dataclass(slots=True)
class Talk:
    """One request and its answer, filled in as far as they come."""

    action: str = ""
    message_id: str = ""
    request: bytes = b""
    answer: bytes = b""
    status: str = ""  # of the registry's or repository's response; a fault has none
    is_whole: bool = True  # nothing of the request was left away

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
            self.is_whole,
        )
        try:
            registry_messages.keep(actor, exchanged, correlation_id)
        except DatabaseError:
            log.exception("a message cannot be kept, exchange %s", correlation_id)
