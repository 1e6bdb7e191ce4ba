"""Reading the ledger for review (LG-5): sealed events in the chain's order, a batch in one
transaction with the place that was reached, so that nothing is judged twice or passed over.
"""

from collections.abc import Sequence
from uuid import UUID

from django.db import transaction

from archive.errors import ArchiveError
from archive.models import AuditCursor, Environment, LedgerEvent, LedgerSeal
from archive.queries.review_facts import REVIEWED
from archive.services import error_desk, review_judging
from archive.services.error_desk import Place, What
from archive.values import now

BATCH = 500
READ = Place("job", "review")
READER = UUID("0a7a0000-0000-7000-8000-000000000002")  # the one reader, as a case's subject


def advance() -> int:
    """Judge the next batch; how many events it had. Returns 0 at once while another process reads,
    or when nothing is new.
    """
    with transaction.atomic():
        rows = AuditCursor.objects.select_for_update(skip_locked=True)
        cursor = rows.filter(name=AuditCursor.REVIEW).first()
        if cursor is None:
            return 0
        seals = LedgerSeal.objects.filter(position__gt=cursor.position).order_by("position")
        batch = list(seals[:BATCH])
        if not batch:
            return 0
        review_judging.judge(_events(batch))
        cursor.position, cursor.sent_at = batch[-1].position, now()
        cursor.save(update_fields=["position", "sent_at"])
        return len(batch)


def _events(seals: Sequence[LedgerSeal]) -> list[LedgerEvent]:
    """Those that are reviewed, in the chain's order."""
    places = {(seal.event_at, seal.event_id): seal.position for seal in seals}
    rows = LedgerEvent.objects.filter(
        at__in={at for at, _ in places},
        id__in=[event_id for _, event_id in places],
        kind__in=REVIEWED,
    )
    found = [row for row in rows if (row.at, row.id) in places]
    return sorted(found, key=lambda row: places[row.at, row.id])


def look_again() -> int:
    with transaction.atomic():
        return review_judging.look_again()


def failed(error: ArchiveError) -> None:
    """The desk hears of it once; the batch is read again."""
    error_desk.report(
        error,
        environment=Environment.PRODUCTION.value,
        place=READ,
        what=What(subject_id=READER),
        once=True,
    )


def recovered() -> None:
    with transaction.atomic():
        error_desk.settle(READER, READ.step)
