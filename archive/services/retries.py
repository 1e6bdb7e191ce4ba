"""Doing again what had been given up, whichever case it stands under (SD-3)."""

from django.db import transaction

from archive import ledger
from archive.actors import Actor
from archive.models import (
    Authorisation,
    AvailabilityNotice,
    Case,
    CommitmentState,
    Job,
    JobKind,
    NoticeState,
    StorageCommitment,
    Study,
)
from archive.queries import desk
from archive.services import case_work, error_desk


def retry_study(actor: Actor, study: Study) -> int:
    """Set going what failed on this study and can be done here. How many."""
    with transaction.atomic():
        owed = desk.retryable_of(study)
        case_work.hold(*owed)  # all in the one order, as by who settles them
        cases = Case.objects.in_bulk(list(owed))
        count = sum(
            error_desk.retry(actor, cases[case_id], event_ids=event_ids)
            for case_id, event_ids in owed.items()
        )
        about = ledger.About(environment=study.environment, subject_id=study.id, study_id=study.id)
        facts = {"what": "failed work", "events": count}
        ledger.record(ledger.Kind.STUDY_RETRIED, about, facts, actor=actor)
        return count


def has_arrived(job: Job) -> bool:
    """Whether what the job would deliver is where it should be already: it is not sent twice."""
    if job.kind == JobKind.NOTICE:
        arrived = (NoticeState.DELIVERED, NoticeState.SUPERSEDED)
        return AvailabilityNotice.objects.filter(id=job.subject_id, state__in=arrived).exists()
    if job.kind == JobKind.COMMITMENT_REPORT:
        told = StorageCommitment.objects.filter(id=job.subject_id)
        return told.filter(state=CommitmentState.REPORTED).exists()
    if job.kind == JobKind.AUTHORISATION_FORM:
        rows = Authorisation.objects.filter(id=job.subject_id)
        return rows.filter(delivered_at__isnull=False).exists()
    return False
