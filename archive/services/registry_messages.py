"""SOAP messages are kept for those who must see what was sent and answered (XD-1, SD-4).

What changed the registry is kept long and leaves its row; queries, retrievals and what was refused
are kept for some weeks, then they are gone. A query's answer holds what was given, so nothing of
what the gate kept from the asker.
"""

import re
from collections.abc import Callable
from dataclasses import dataclass
from datetime import timedelta
from uuid import UUID

from django.db.models import QuerySet

from archive import conversation
from archive.actors import Actor
from archive.config import settings
from archive.models import RegistryMessage
from archive.values import now

KEPT_BYTES = 256 << 10  # of a request or an answer, whichever came to nothing or changed nothing
EMPTIED_AT_ONCE = 1_000
ROUNDS = 100  # of that many, one run at most
# A start tag, whole or cut, that does not end itself; behind it all up to its end tag, which does
# not stand in a CDATA section, a comment or an instruction, or up to the end of what there is.
_SECRETS = re.compile(
    rb"""
    ( < ( (?: [^\s<>/:]+ : )? (?: SignatureValue | Password ) ) (?= [\s/>] | \Z )
      (?! (?: [^<>"'] | "[^"<]*" | '[^'<]*' )* /> )
      [^<>]* >? )
    (?: <!\[CDATA\[ .*? (?: \]\]> | \Z ) | <!-- .*? (?: --> | \Z ) | <\? .*? (?: \?> | \Z )
      | [^<]+ | < )*?
    (?= </ \2 \s* > | \Z )
    """,
    re.DOTALL | re.VERBOSE,
)


@dataclass(frozen=True, slots=True)
class Exchanged:
    """One message with its answer. `changed`: it did what it asked of the registry. `is_whole`:
    nothing of the request was left away before.
    """

    action: str
    message_id: str
    request: bytes
    answer: bytes
    taken: bool
    changed: bool = True
    http_status: int = 200
    is_whole: bool = True


def keep(actor: Actor, exchanged: Exchanged, correlation_id: UUID) -> None:
    request, answer = exchanged.request, exchanged.answer
    if not exchanged.changed:
        # Behind a NUL stands another encoding, or what is binary: secrets would not be found there.
        request, answer = request.partition(b"\0")[0][:KEPT_BYTES], answer[:KEPT_BYTES]
    is_cut = (len(request), len(answer)) != (len(exchanged.request), len(exchanged.answer))
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
        request=_SECRETS.sub(rb"\1", request),
        answer=answer,
        ms=conversation.lasted(),
        is_whole=exchanged.is_whole and not is_cut,
    )


def expire() -> int:
    """Empty the changes whose time is over, and forget all else whose time is; how many."""
    changes = RegistryMessage.objects.filter(changed=True).exclude(request=b"")
    others = RegistryMessage.objects.filter(changed=False)
    return _end(changes, settings().soap_messages_kept_days, _empty) + _end(
        others, settings().soap_queries_kept_days, _forget
    )


def _empty(rows: QuerySet[RegistryMessage]) -> int:
    return rows.update(request=b"", answer=b"")


def _forget(rows: QuerySet[RegistryMessage]) -> int:
    return rows.delete()[0]


def _end(
    rows: QuerySet[RegistryMessage], days: int, act: Callable[[QuerySet[RegistryMessage]], int]
) -> int:
    """Those of these that are older, the oldest first, some at a time. How many."""
    old = rows.filter(received_at__lt=now() - timedelta(days=days)).order_by("received_at")
    count = 0
    for _ in range(ROUNDS):
        ids = list(old.values_list("id", flat=True)[:EMPTIED_AT_ONCE])
        count += act(RegistryMessage.objects.filter(id__in=ids))
        if len(ids) < EMPTIED_AT_ONCE:
            break
    return count
