"""Whom objects name as they are given out, beside whose their study is (AR-7)."""

from uuid import UUID

from django.db.models import Q, QuerySet

from archive.errors import DatasetUnreadable, InstanceUnknown
from archive.errors.corrections import OthersObjects
from archive.models import Instance, PatientMerge, Study
from archive.objects.study_facts import OF_ID, StudyFacts
from archive.queries import standing
from archive.services import filing
from archive.services.correction_likeness import facts_in
from archive.values import PatientIdentifier


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


def were_parted(study: Study) -> bool:
    """Whether a merge of the study's person was undone once."""
    ids = filing.related_patients(study.patient)
    of_them = Q(retired__in=ids) | Q(into__in=ids)
    return PatientMerge.objects.filter(of_them, undone_at__isnull=False).exists()


def names_another(study: Study) -> bool:
    """Whether any object in use names somebody else who is known."""
    named = _named(study, Instance.objects.available().filter(study=study))
    return bool(named - {standing.person_id(study.patient), None})


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
        known = filing.find_patient(environment, PatientIdentifier.parse(value, issuer))
    except ValueError:
        return None
    return standing.person_id(known) if known is not None else None
