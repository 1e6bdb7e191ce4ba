"""Remove Metadata by the operator: registry objects go, the ledger keeps that they were (ITI TF-2
3.62).
"""

from uuid import UUID

from django.db import transaction
from django.db.models import Q

from archive import ledger
from archive.actors import Actor
from archive.errors import MetadataFixed, ObjectUnknown, StillReferenced
from archive.models import (
    Document,
    DocumentKind,
    DocumentLink,
    DocumentVersion,
    Folder,
    Submission,
)
from archive.queries import standing
from archive.services import links, registration
from archive.services.metadata_update import require_operator


def remove(
    actor: Actor, uuids: tuple[str, ...], *, environment: str, correlation_id: UUID | None
) -> None:
    """All of them or none. Raises Refused, ObjectUnknown, StillReferenced, MetadataFixed."""
    require_operator(actor, environment)
    with transaction.atomic():
        documents = Document.objects.select_related("patient", "register").select_for_update(
            of=("self",)
        )
        held = list(documents.filter(environment=environment, entry_uuid__in=uuids))
        _require_known(actor, environment, uuids)
        _require_unreferenced(environment, uuids)
        if any(row.kind == DocumentKind.MANIFEST for row in held):
            raise MetadataFixed("manifests are the archive's own")
        for row in held:
            about = ledger.About(
                environment=environment,
                organisation_id=row.register.organisation_id,
                subject_id=row.id,
                patient_id=standing.person_id(row.patient),
                correlation_id=correlation_id,
            )
            facts = {
                "kind": row.kind,
                "unique_id": row.unique_id,
                "accession": row.accession_number,
            }
            ledger.record(ledger.Kind.DOCUMENT_REMOVED, about, facts, actor=actor)
        _delete(environment, uuids)
        for row in held:  # what it was registered by has gone
            person = standing.person_id(row.patient)
            controller = row.register.controller_oid
            registration.documents_arrived(environment, controller, row.accession_number, person)


def _require_known(actor: Actor, environment: str, uuids: tuple[str, ...]) -> None:
    """All are here, and of the person whom an assertion is for. Raises ObjectUnknown."""
    known: set[str] = set()
    for model in (Document, Submission, Folder, DocumentLink):
        rows = model.objects.filter(environment=environment, entry_uuid__in=uuids)
        known |= set(rows.values_list("entry_uuid", flat=True))
    person = actor.requester.patient_id if actor.requester else None
    persons = links.persons_of(environment, uuids).values()
    if len(known) < len(uuids) or (person and any(each != person for each in persons)):
        raise ObjectUnknown()


def _require_unreferenced(environment: str, uuids: tuple[str, ...]) -> None:
    """No association that stays leads to or from what goes. Raises StillReferenced."""
    touching = DocumentLink.objects.filter(
        Q(source_uuid__in=uuids) | Q(target_uuid__in=uuids), environment=environment
    )
    if touching.exclude(entry_uuid__in=uuids).exists():
        raise StillReferenced()


def _delete(environment: str, uuids: tuple[str, ...]) -> None:
    here = Q(environment=environment, entry_uuid__in=uuids)
    DocumentLink.objects.filter(here).delete()
    documents = Document.objects.filter(here)
    DocumentVersion.objects.filter(document__in=documents).delete()
    documents.delete()
    Folder.objects.filter(here).delete()
    sets = Submission.objects.filter(here)
    Document.objects.filter(submission__in=sets).update(submission=None)
    sets.delete()
