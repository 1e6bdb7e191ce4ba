"""SOAP messages are kept for those who must see what was sent and answered (XD-1, SD-4).

What changed the registry is kept long and leaves its row; queries, retrievals and what was refused
are kept for some weeks, then they are gone. A query's answer holds what was given, so nothing of
what the gate kept from the asker.
"""

import re
from dataclasses import dataclass
from datetime import timedelta
from uuid import UUID

from django.db.models import QuerySet

from archive.actors import Actor
from archive.config import settings
from archive.models import RegistryMessage
from archive.values import now

KEPT_BYTES = 256 << 10  # of a request or an answer, whichever came to nothing or changed nothing
EMPTIED_AT_ONCE = 1_000
ROUNDS = 100  # of that many, one run at most
_SECRETS = re.compile(rb"(<(?:[\w.-]+:)?(?:SignatureValue|Password)\b[^>]*>)[^<]*")


@dataclass(frozen=True, slots=True)
class Exchanged:
    """One message with its answer. `changed`: it did what it asked of the registry."""

    action: str
    message_id: str
    request: bytes
    answer: bytes
    taken: bool
    changed: bool = True
    http_status: int = 200


def keep(actor: Actor, exchanged: Exchanged, correlation_id: UUID) -> None:
    request = _SECRETS.sub(rb"\1", exchanged.request)
    answer = exchanged.answer
    if not exchanged.changed:
        # Of another encoding, or binary: signatures would not be found there.
        request = request.partition(b"\0")[0][:KEPT_BYTES]
        answer = answer[:KEPT_BYTES]
    RegistryMessage.objects.create(
        environment=actor.environment,
        connection_id=actor.connection_id,
        organisation_id=actor.customer_id,
        received_at=now(),
        action=exchanged.action[:100].replace("\0", ""),
        message_id=exchanged.message_id[:128].replace("\0", ""),
        correlation_id=correlation_id,
        taken=exchanged.taken,
        changed=exchanged.changed,
        http_status=exchanged.http_status,
        request=request,
        answer=answer,
        is_whole=max(len(exchanged.request), len(exchanged.answer)) <= KEPT_BYTES
        or exchanged.changed,
    )


def expire() -> int:
    """Empty the changes whose time is over, and forget all else whose time is; how many."""
    days = settings().soap_messages_kept_days
    changes = RegistryMessage.objects.filter(changed=True).exclude(request=b"")
    ids = list(_before(changes, days)[:EMPTIED_AT_ONCE])
    emptied = RegistryMessage.objects.filter(id__in=ids).update(request=b"", answer=b"")
    return emptied + _forgotten(settings().soap_queries_kept_days)


def _forgotten(days: int) -> int:
    count = 0
    for _ in range(ROUNDS):
        others = RegistryMessage.objects.filter(changed=False)
        ids = list(_before(others, days)[:EMPTIED_AT_ONCE])
        count += RegistryMessage.objects.filter(id__in=ids).delete()[0]
        if len(ids) < EMPTIED_AT_ONCE:
            break
    return count


def _before(rows: QuerySet[RegistryMessage], days: int) -> QuerySet[RegistryMessage, UUID]:
    old = rows.filter(received_at__lt=now() - timedelta(days=days))
    return old.order_by("received_at").values_list("id", flat=True)
