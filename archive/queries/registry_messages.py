"""SOAP messages as the staff look for them: lists by filters, one message, whom it names."""

import re
from collections.abc import Iterator
from dataclasses import dataclass
from datetime import datetime
from html import unescape
from uuid import UUID

from django.db.models import Q, QuerySet

from archive.errors import NotFound
from archive.models import CaseEvent, Patient, RegistryMessage
from archive.objects.registry import PatientId
from archive.queries import keyset

ORDER = (keyset.Key("id", UUID, falling=True),)  # the newest first: ids are in order of time
TAKEN, REFUSED = "taken", "refused"
MOST = 20  # failures of one message that are shown
_CX = re.compile(r"[^\s'\"<>()]{1,64}\^\^\^&(?:amp;)?[0-9.]{1,64}&(?:amp;)?ISO")
_REFERENCE = re.compile(r"[0-9a-f]{8}(-[0-9a-f]{4}){3}-[0-9a-f]{12}")


@dataclass(frozen=True, slots=True)
class Filters:
    """What a list is narrowed by; empty means any. `named` is a MessageID or our reference."""

    environment: str = "production"
    organisation_id: UUID | None = None
    action: str = ""
    outcome: str = ""
    named: str = ""
    since: datetime | None = None


def narrowed(filters: Filters) -> QuerySet[RegistryMessage]:
    rows = RegistryMessage.objects.filter(environment=filters.environment)
    exact = {"organisation_id": filters.organisation_id, "action": filters.action}
    rows = rows.filter(**{name: value for name, value in exact.items() if value})
    if filters.outcome:
        rows = rows.filter(taken=filters.outcome == TAKEN)
    if filters.named:
        rows = rows.filter(named(filters.named))
    if filters.since is not None:
        rows = rows.filter(received_at__gte=filters.since)
    return rows.defer("request", "answer").select_related("organisation", "connection")


def named(text: str) -> Q:
    found = Q(message_id=text)
    return found | Q(correlation_id=text) if _REFERENCE.fullmatch(text) else found


def page(
    rows: QuerySet[RegistryMessage], *, after: str = "", before: str = ""
) -> keyset.Page[RegistryMessage]:
    """Newest first. Raises ValueError when a cursor is none."""
    return keyset.page(rows, ORDER, after=after, before=before)


def one(message_id: UUID) -> RegistryMessage:
    """Raises NotFound."""
    rows = RegistryMessage.objects.select_related("organisation", "connection")
    found = rows.filter(id=message_id).first()
    if found is None:
        raise NotFound()
    return found


def failures(message: RegistryMessage) -> list[CaseEvent]:
    """What the desk was told of it."""
    if message.correlation_id is None:
        return []
    rows = CaseEvent.objects.filter(correlation_id=message.correlation_id)
    return list(rows.select_related("case").order_by("at")[:MOST])


def patients(message: RegistryMessage) -> list[Patient]:
    """All whom the message or its answer names, as far as they are known here: whoever is shown it
    has seen them.
    """
    known = {
        (row.identifier, row.issuer): row
        for row in Patient.objects.filter(
            environment=message.environment,
            identifier__in=[each.value for each in _named(message)],
        )
    }
    found = (known.get((each.value, each.issuer)) for each in _named(message))
    return [each for each in dict.fromkeys(found) if each is not None]


def _named(message: RegistryMessage) -> Iterator[PatientId]:
    text = (bytes(message.request) + bytes(message.answer)).decode("utf-8", "replace")
    for match in dict.fromkeys(_CX.findall(text)):
        named = PatientId.read(unescape(match))
        if named is not None:
            yield named
