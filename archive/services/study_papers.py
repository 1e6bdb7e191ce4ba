"""The request, examination note and report of a study, and what it takes from them: its service
event and its register (AR-4, AC-1).
"""

from django.db import transaction
from django.db.models import QuerySet

from archive.models import Document, DocumentKind, DocumentStatus, Study
from archive.services import filing


def tied(study: Study) -> QuerySet[Document]:
    """Documents in force with the study's accession number, of its patient and its controller."""
    patients = filing.related_patients(study.patient)
    return (
        Document.objects.filter(
            environment=study.environment,
            register__controller_oid=study.register.controller_oid,
            accession_number=study.accession_number,
            patient_id__in=patients,
            status=DocumentStatus.APPROVED,
        )
        .exclude(kind=DocumentKind.MANIFEST)
        .order_by("registered_at")
    )


def take_service_event(study: Study) -> None:
    """Images name none: theirs is the one of their examination note, else of their request. With it
    a prohibition of one service event covers the images and their manifest too (AC-1).
    """
    own = ("", study.study_instance_uid)
    named = tied(study).filter(study_instance_uid__in=own).exclude(service_event="")
    events = dict(named.values_list("kind", "service_event"))
    event = events.get(DocumentKind.STUDY_ENTRY) or events.get(DocumentKind.REQUEST, "")
    if not event or event == study.service_event:
        return
    order = {
        each: getattr(study, each) for each in ("accession_number", "patient_id", "register_id")
    }
    with transaction.atomic():
        if not Study.objects.filter(id=study.id, **order).update(service_event=event):
            return  # it was corrected a moment ago, and is walked again with its new order
        _manifests(study).update(service_event=event)
    study.service_event = event


def _manifests(study: Study) -> QuerySet[Document]:
    """Its manifests but those of before a correction, which are of another order or another's."""
    patients = filing.related_patients(study.patient)
    return Document.objects.filter(
        study=study, accession_number=study.accession_number, patient_id__in=patients
    )


def stand_with_them(study: Study) -> bool:
    """A study goes to the register of its documents: occupational health care has one for each
    employer, which images cannot name. Whether it has moved.
    """
    own = ("", study.study_instance_uid)
    documents = tied(study).filter(study_instance_uid__in=own)
    registers = {row.register for row in documents.select_related("register__organisation")}
    if len(registers) != 1 or study.register in registers:
        return False
    study.register = registers.pop()
    study.save(update_fields=["register"])
    _manifests(study).update(register=study.register)
    return True
