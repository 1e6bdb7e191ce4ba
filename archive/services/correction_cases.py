"""Corrections on the error desk: those of which a part is missing, and those that failed (AR-7)."""

from uuid import UUID

from archive.errors import ArchiveError
from archive.errors.corrections import CorrectionIncomplete
from archive.models import Correction, Study
from archive.services import error_desk
from archive.services.error_desk import Place, What, Who

CORRECT = Place("job", "correction")


def settle(study_id: UUID) -> None:
    error_desk.settle(study_id, CORRECT.step)


def incomplete(correction: Correction, *, here: int, missing: int) -> None:
    """A part of the study's objects came corrected, and no more; a case, once."""
    study = Study.objects.select_related("register").get(id=correction.study_id)
    error_desk.report(
        CorrectionIncomplete(),
        environment=study.environment,
        place=CORRECT,
        who=Who(study.register.organisation_id, correction.connection_id),
        what=What(
            study_id=study.id,
            subject_id=study.id,
            accession_number=study.accession_number,
            study_instance_uid=study.study_instance_uid,
        ),
        facts={"corrected": str(here), "not corrected": str(missing)},
        once=True,
    )


def give_up(study_id: UUID, job_id: UUID, error: ArchiveError) -> None:
    study = Study.objects.select_related("register").get(id=study_id)
    error_desk.report(
        error,
        environment=study.environment,
        place=CORRECT,
        who=Who(study.register.organisation_id, None),
        what=What(study_id=study_id, subject_id=study_id, job_id=job_id),
        once=True,
    )
