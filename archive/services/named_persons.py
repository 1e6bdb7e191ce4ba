"""Whom objects name as they are given out, beside whose their study is (AR-7)."""

from uuid import UUID

from django.db.models import Q, QuerySet

from archive import vault
from archive.errors import DatasetUnreadable, InstanceUnknown
from archive.errors.corrections import OthersObjects
from archive.models import Correction, Instance, PatientMerge, Rejection, Study
from archive.objects.study_facts import OF_ID, StudyFacts
from archive.queries import standing
from archive.rules.admission import identified
from archive.rules.identity import contradicts_code
from archive.services import filing
from archive.services.correction_likeness import facts_in
from archive.values import PatientIdentifier

MOST_SERIES = 10  # of a study are looked at


def require_of_its_person(study: Study, given_back: QuerySet[Instance]) -> None:
    """What was rejected while the study was corrected to somebody else still names the former
    patient. Raises OthersObjects.
    """
    if _named(study, given_back) - {standing.person_id(study.patient)}:
        raise OthersObjects()


def require_none_of(person_id: UUID, study_id: UUID) -> None:
    """What came since a correction names whom the study was corrected to, and would go on to do so
    in the study of somebody else. Raises OthersObjects.
    """
    study = Study.objects.select_related("patient", "overlay").get(id=study_id)
    if standing.person_id(study.patient) == person_id:
        return
    if person_id in _named(study, Instance.objects.available().filter(study=study)):
        raise OthersObjects()


def is_meant(patient: PatientIdentifier, study: Study, objects: QuerySet[Instance]) -> bool:
    """Whether who names this patient may mean these objects of the study: it is the study's person,
    whom the study was corrected from or to, or whom all of these objects name themselves.
    """
    person = _person_of(study.environment, patient)
    if person == standing.person_id(study.patient):
        return True
    said = Correction.objects.filter(study=study).values_list("before", "after")
    if any(
        _is_same(study.environment, each, patient, person)
        for each in {_id_of(facts) for both in said for facts in both}
    ):
        return True
    for row in objects.iterator():
        try:
            each = _id_in(facts_in(study.environment, row), {})
        except (InstanceUnknown, DatasetUnreadable):  # damaged: it does not say so
            return False
        if not _is_same(study.environment, each, patient, person):
            return False
    return True


def patient_of(note: Rejection) -> PatientIdentifier | None:
    """Whom a note that was taken names; None when that cannot be told any more."""
    digest = bytes(note.digest)
    try:
        header = vault.read_header(note.environment, digest, note.transfer_syntax_uid)
        return identified(header)
    except (InstanceUnknown, DatasetUnreadable, ValueError):
        return None


def _id_of(facts: dict[str, str]) -> tuple[str, str]:
    value, issuer = (str(facts.get(name, "")) for name in OF_ID)
    return value, issuer


def _is_same(
    environment: str, said: tuple[str, str], patient: PatientIdentifier, person: UUID | None
) -> bool:
    """`person`: who the patient is, if anybody is known by that id."""
    try:
        found = PatientIdentifier.parse(*said)
    except ValueError:
        return False
    return found == patient or (person is not None and _person_of(environment, found) == person)


def were_parted(study: Study) -> bool:
    """Whether a merge of the study's person was undone once."""
    ids = filing.related_patients(study.patient)
    of_them = Q(retired__in=ids) | Q(into__in=ids)
    return PatientMerge.objects.filter(of_them, undone_at__isnull=False).exists()


def names_another(study: Study) -> bool:
    """Whether any object in use names somebody else who is known."""
    named = _named(study, Instance.objects.available().filter(study=study))
    return bool(named - {standing.person_id(study.patient), None})


def tells_other_birth(study: Study) -> bool:
    """Whether objects in use, as they are given out, tell another day of birth than the code of
    whom their study is. One is asked of each series, since systems fill in series alike.
    """
    patient = PatientIdentifier(study.patient.identifier, study.patient.issuer)
    laid_over = study.overlay.values if study.overlay is not None else {}
    rows = Instance.objects.available().filter(study=study).order_by("series_id", "id")
    for row in rows.distinct("series_id")[:MOST_SERIES]:
        try:
            said = facts_in(study.environment, row).PatientBirthDate
        except (InstanceUnknown, DatasetUnreadable):  # damaged: it is given to nobody
            continue
        if contradicts_code(patient, laid_over.get("PatientBirthDate", said)):
            return True
    return False


def _named(study: Study, rows: QuerySet[Instance]) -> set[UUID | None]:
    """Persons by what these say and what is laid over it; None: nobody who is known."""
    laid_over = study.overlay.values if study.overlay is not None else {}
    ids = set()
    for row in rows.iterator():
        try:
            said = facts_in(study.environment, row)
        except (InstanceUnknown, DatasetUnreadable):  # damaged: it is given to nobody
            continue
        ids.add(_id_in(said, laid_over))
    return {_person(study.environment, *each) for each in ids}


def _id_in(said: StudyFacts, laid_over: dict[str, str]) -> tuple[str, str]:
    value, issuer = (laid_over.get(name, getattr(said, name)) for name in OF_ID)
    return value, issuer


def _person(environment: str, value: str, issuer: str) -> UUID | None:
    try:
        return _person_of(environment, PatientIdentifier.parse(value, issuer))
    except ValueError:
        return None


def _person_of(environment: str, patient: PatientIdentifier) -> UUID | None:
    known = filing.find_patient(environment, patient)
    return standing.person_id(known) if known is not None else None
