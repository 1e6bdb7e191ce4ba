"""Doing again what had been given up on a study, whichever case it stands under (SD-3)."""

from django.db import transaction

from archive import ledger
from archive.actors import Actor
from archive.models import Case, Study
from archive.queries import desk
from archive.services import error_desk


def retry_study(actor: Actor, study: Study) -> int:
    """Set going what failed on this study and can be done here. How many."""
    with transaction.atomic():
        owed = desk.retryable_of(study)
        cases = Case.objects.in_bulk(list(owed))
        count = sum(
            error_desk.retry(actor, cases[case_id], event_ids=event_ids)
            for case_id, event_ids in owed.items()
        )
        about = ledger.About(environment=study.environment, subject_id=study.id, study_id=study.id)
        facts = {"what": "failed work", "events": count}
        ledger.record(ledger.Kind.STUDY_RETRIED, about, facts, actor=actor)
        return count
