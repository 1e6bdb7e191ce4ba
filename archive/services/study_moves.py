"""A study that is of another patient or order than it was: row, manifest and log (AR-7)."""

from collections.abc import Sequence

from archive import ledger
from archive.actors import SYSTEM, Actor
from archive.models import Correction, Patient, Study
from archive.objects.study_facts import StudyFacts
from archive.services import filing, publishing, rejections
from archive.values import PatientIdentifier, StudyCode, dicom_instant


def facts_of(study: Study) -> StudyFacts:
    """What the archive goes by: the row, which began as the first object's header."""
    patient = study.patient
    return StudyFacts(
        PatientID=patient.identifier,
        IssuerOfPatientID=patient.issuer,
        PatientName=patient.name,
        PatientBirthDate=patient.birth_date,
        PatientSex=patient.sex,
        AccessionNumber=study.accession_number,
        StudyDescription=study.description,
        StudyID=study.study_id,
        StudyDate=study.study_date,
        StudyTime=study.study_time,
    )


def move(study: Study, after: StudyFacts) -> None:
    """Make the study's row say this, in the caller's transaction, which holds its lock.

    The manifest in force would name the old patient or order: it is withdrawn, and registration
    makes another.
    """
    if facts_of(study) == after:
        return
    patient = _patient(study, after)
    Study.objects.filter(id=study.id).update(
        patient=patient,
        accession_number=after.AccessionNumber[:64],
        study_code=StudyCode.leading(after.StudyDescription) or "",
        description=after.StudyDescription[:64],
        study_id=after.StudyID[:16],
        study_date=after.StudyDate[:10],
        study_time=after.StudyTime[:16],
        started_at=dicom_instant(after.StudyDate, after.StudyTime, study.timezone_offset),
        registered_at=None,
    )
    publishing.withdraw(study, why="corrected")
    rejections.wake(study)


def _patient(study: Study, after: StudyFacts) -> Patient:
    """The patient that is meant. Of the same one name, birth date and sex are corrected; those of
    another, known already, stay.
    """
    identifier = PatientIdentifier.parse(after.PatientID, after.IssuerOfPatientID)
    demographics = {
        "name": after.PatientName[:324],
        "birth_date": after.PatientBirthDate[:8],
        "sex": after.PatientSex[:16],
    }
    patient = filing.file_patient(study.environment, identifier, **demographics)
    if patient.id == study.patient_id:
        Patient.objects.filter(id=patient.id).update(**demographics)
    return patient


def tell(correction: Correction, *, changed: Sequence[str], actor: Actor | None = None) -> None:
    """On the study's timeline: which attributes, never their values."""
    study = Study.objects.select_related("register").get(id=correction.study_id)
    about = ledger.About.of_study(study, subject_id=correction.id, patient_id=study.patient_id)
    facts = {
        "origin": correction.origin,
        "changed": list(changed),
        "by": correction.actor_name,
        "reason": correction.reason,
    }
    ledger.record(ledger.Kind.STUDY_CORRECTED, about, facts, actor=actor or SYSTEM)
