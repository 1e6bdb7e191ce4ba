"""The review reads the ledger by itself: what is sealed, once, from where it stood (LG-5)."""

from archive import tasks
from archive.models import AuditCursor, LedgerSeal, Suspicion
from tests import builders, reviewing
from tests.test_ledger import seal_all


def test_sealed_emergencies_come_to_review_once(fresh_database: str) -> None:
    seal_all()
    tasks.review()
    reviewing.emergency(builders.patient())
    tasks.review()
    assert not Suspicion.objects.exists()
    seal_all()
    tasks.review()
    tasks.review()
    row = Suspicion.objects.get()
    assert (row.kind, row.event_count) == ("emergency", 1)
    position = LedgerSeal.objects.order_by("position").last()
    seal_all()
    tasks.review()  # what it wrote itself raises nothing more
    assert Suspicion.objects.count() == 1
    cursor = AuditCursor.objects.get(name=AuditCursor.REVIEW)
    assert position is not None and cursor.position > position.position
