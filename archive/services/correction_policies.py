"""Who may correct by sending, and from when: dated rows, changed by people (AR-7)."""

from datetime import date
from uuid import UUID

from django.db import transaction

from archive import ledger
from archive.actors import Actor
from archive.models import CorrectionPolicy
from archive.values import now


def allow(
    actor: Actor,
    organisation_id: UUID | None,
    *,
    metadata: bool,
    note_first: bool,
    retention: bool,
    valid_from: date,
    source: str,
) -> CorrectionPolicy:
    """A new row; it holds from its day on, from the next association, until a newer one does."""
    with transaction.atomic():
        row = CorrectionPolicy.objects.create(
            organisation_id=organisation_id,
            metadata=metadata,
            note_first=note_first,
            retention=retention,
            valid_from=valid_from,
            source=source[:200],
            made_at=now(),
        )
        about = ledger.About(organisation_id=organisation_id, subject_id=row.id)
        facts = {
            "what": {"metadata": metadata, "note_first": note_first, "retention": retention},
            "valid_from": valid_from.isoformat(),
            "source": row.source,
        }
        ledger.record(ledger.Kind.CORRECTION_ALLOWED, about, facts, actor=actor)
        return row
