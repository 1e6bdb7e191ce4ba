"""The case that an event is filed in: counted on, opened again, or opened (SD-2).

A system that is set up wrongly is refused with each of its objects, so what counts on is worded
once: the ORM cost more than all the rest of a refusal.
"""

from datetime import datetime
from typing import Any, NamedTuple
from uuid import UUID

from django.db import connection
from django.db.models import F

from archive.errors import ArchiveError
from archive.models import Case, CaseEvent, CaseState, WebhookEvent
from archive.services import case_work, webhook_events
from archive.statements import execute
from archive.values import now

# Held from the moment it is read: else one that is resolved meanwhile would have an open event.
_NEWEST = """
SELECT id, code, state = %s FROM archive_case WHERE fingerprint = %s
ORDER BY last_at DESC LIMIT 1 FOR NO KEY UPDATE
"""
_COUNT = """
UPDATE archive_case SET last_at = %s, event_count = event_count + 1, open_count = open_count + 1
WHERE id = %s
"""


class Filed(NamedTuple):
    """Where an event belongs, and when it was."""

    id: UUID
    code: str
    at: datetime


def kept(text: str) -> str:
    """What a peer told may hold the one character that no column takes."""
    return str(text).replace("\0", "\N{REPLACEMENT CHARACTER}")


def held(event_id: UUID) -> CaseEvent:
    """An event with its case, both held; it may be led to another case meanwhile."""
    events = CaseEvent.objects.filter(id=event_id)
    while True:
        case_id = events.values_list("case_id", flat=True).get()
        case_work.hold(case_id)
        event = events.select_for_update(of=("self",)).select_related("case").get()
        if event.case_id == case_id:
            return event


def counted(mark: str) -> Filed | None:
    """One event more in the newest case of the fingerprint, if that is open; it stays held."""
    found = execute(_NEWEST, (CaseState.OPEN, mark)).fetchone()
    if found is None or not found[2]:
        return None
    filed = Filed(found[0], found[1], now())
    execute(_COUNT, (filed.at, filed.id))
    return filed


def opened_again(mark: str) -> Filed | None:
    """The newest of them comes back."""
    rows = Case.objects.select_for_update(no_key=True).filter(fingerprint=mark)
    case = rows.order_by("-last_at").first()
    if case is None:
        return None
    at = now()
    changed = {
        "last_at": at,
        "event_count": F("event_count") + 1,
        "open_count": F("open_count") + 1,
        **case_work.come_back(case),
    }
    Case.objects.filter(id=case.id).update(**changed)
    webhook_events.of_case(WebhookEvent.CASE_OPENED, case)
    return Filed(case.id, case.code, at)


def opened(mark: str, error: ArchiveError, **columns: Any) -> Filed:
    at = now()
    severity = case_work.severity_of(error.reason())
    time = case_work.time_for(severity)
    case = Case.objects.create(
        number=next_number(),
        reason=error.reason(),
        code=error.code,
        fingerprint=mark,
        severity=severity,
        due_at=at + time if time is not None else None,
        first_at=at,
        opened_at=at,
        last_at=at,
        event_count=1,
        open_count=1,
        **columns,
    )
    webhook_events.of_case(WebhookEvent.CASE_OPENED, case)
    return Filed(case.id, case.code, at)


def next_number() -> int:
    """Of a case that is about to be made."""
    with connection.cursor() as cursor:
        cursor.execute("SELECT nextval('archive_case_number')")
        return int(cursor.fetchone()[0])
