"""A study that is of another patient or order than it was: row, manifest and log (AR-7)."""

from collections.abc import Collection, Sequence
from dataclasses import replace

from archive import ledger
from archive.actors import SYSTEM, Actor
from archive.models import Correction, Patient, Study
from archive.objects.study_facts import OF_ID, StudyFacts
from archive.queries import persons, standing
from archive.services import filing, publishing, rejections
from archive.values import PatientIdentifier, StudyCode, dicom_instant

# Of the person, whichever of its ids a study stands under: where they are kept, with their room.
DEMOGRAPHICS = {
    "PatientName": ("name", 324),
    "PatientBirthDate": ("birth_date", 8),
    "PatientSex": ("sex", 16),
}


def facts_of(study: Study) -> StudyFacts:
    """What the archive goes by: the row, which began as the first object's header."""
    person = persons.current(study.patient)
    return StudyFacts(
        PatientID=study.patient.identifier,
        IssuerOfPatientID=study.patient.issuer,
        PatientName=person.name,
        PatientBirthDate=person.birth_date,
        PatientSex=person.sex,
        AccessionNumber=study.accession_number,
        StudyDescription=study.description,
        StudyID=study.study_id,
        StudyDate=study.study_date,
        StudyTime=study.study_time,
    )


def of_person(held: StudyFacts, told: StudyFacts, changed: Collection[str]) -> StudyFacts:
    """What is told of the study, of the same person with the demographics that are held, save what
    was `changed`: messages about the person may have come since the rest was said.
    """
    if any(getattr(held, each) != getattr(told, each) for each in OF_ID):
        return told
    kept = DEMOGRAPHICS.keys() - set(changed)
    return replace(told, **{name: getattr(held, name) for name in kept})


def known_of(study: Study, after: StudyFacts) -> dict[str, str]:
    """The demographics that the archive has of whose the study becomes, where that is another."""
    identifier = PatientIdentifier.parse(after.PatientID, after.IssuerOfPatientID)
    if (identifier.value, identifier.issuer) == (study.patient.identifier, study.patient.issuer):
        return {}
    patient = persons.find(study.environment, identifier)
    if patient is None or standing.person_id(patient) == standing.person_id(study.patient):
        return {}
    person = persons.current(patient)
    held = {name: getattr(person, column) for name, (column, _room) in DEMOGRAPHICS.items()}
    return {name: value for name, value in held.items() if value}


def move(study: Study, after: StudyFacts) -> None:
    """Make the study's row say this, in the caller's transaction, which holds its lock.

    The manifest in force would name the old patient or order: it is withdrawn, and registration
    makes another.
    """
    before = facts_of(study)
    if before == after:
        return
    filing.share_persons(study.environment)  # who makes ids one writes the same rows
    patient = _patient(study, after, before.changes(after))
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
        **_event_of(study, patient, after),
    )
    publishing.withdraw(study, why="corrected")
    rejections.wake(study)


def _event_of(study: Study, patient: Patient, after: StudyFacts) -> dict[str, str]:
    """Of another order, or of another's, the service event is another: registration takes it from
    the documents that are now its own, before anybody is told of the study again.
    """
    same = standing.person_id(patient) == standing.person_id(study.patient)
    return {} if same and study.accession_number == after.AccessionNumber else {"service_event": ""}


def _patient(study: Study, after: StudyFacts, changed: Collection[str]) -> Patient:
    """The patient that is meant. Of the same one name, birth date and sex are corrected, of a
    merged id also the survivor's, which are given out; those of another, known already, stay.
    """
    identifier = PatientIdentifier.parse(after.PatientID, after.IssuerOfPatientID)
    demographics = {
        column: getattr(after, name)[:room] for name, (column, room) in DEMOGRAPHICS.items()
    }
    patient = filing.file_patient(study.environment, identifier, **demographics)
    columns = {DEMOGRAPHICS[name][0] for name in DEMOGRAPHICS if name in changed}
    if patient.id == study.patient_id and columns:
        rows = Patient.objects.filter(id__in=(patient.id, persons.current(patient).id))
        rows.update(**{column: demographics[column] for column in columns})
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
