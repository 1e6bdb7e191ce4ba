"""SOAP messages that change the registry are kept for those who must see what was sent (XD-1)."""

import re
from dataclasses import dataclass
from datetime import timedelta
from uuid import UUID

from archive.actors import Actor
from archive.config import settings
from archive.models import RegistryMessage
from archive.values import now

EMPTIED_AT_ONCE = 1_000
_SIGNED = re.compile(rb"(<(?:[\w.-]+:)?SignatureValue\b[^>]*>)[^<]*")


@dataclass(frozen=True, slots=True)
class Exchanged:
    """One message with its answer."""

    action: str
    message_id: str
    request: bytes
    answer: bytes
    taken: bool


def keep(actor: Actor, exchanged: Exchanged, correlation_id: UUID) -> None:
    RegistryMessage.objects.create(
        environment=actor.environment,
        connection_id=actor.connection_id,
        organisation_id=actor.customer_id,
        received_at=now(),
        action=exchanged.action[:100],
        message_id=exchanged.message_id[:128],
        correlation_id=correlation_id,
        taken=exchanged.taken,
        request=_SIGNED.sub(rb"\1", exchanged.request),
        answer=exchanged.answer,
    )


def expire() -> int:
    """Empty the messages whose time is over; how many."""
    before = now() - timedelta(days=settings().soap_messages_kept_days)
    rows = RegistryMessage.objects.filter(received_at__lt=before).exclude(request=b"")
    ids = list(rows.order_by("received_at").values_list("id", flat=True)[:EMPTIED_AT_ONCE])
    return RegistryMessage.objects.filter(id__in=ids).update(request=b"", answer=b"")
