"""The registry as the staff look at it: entries by filters, one entry with its versions, what
replaced it, its associations and the messages it came by.
"""

from collections.abc import Iterable, Sequence
from dataclasses import dataclass
from datetime import datetime
from uuid import UUID

from django.db.models import Q, QuerySet

from archive.errors import NotFound
from archive.models import (
    Document,
    DocumentLink,
    DocumentVersion,
    Folder,
    RegistryMessage,
    Submission,
)
from archive.objects.registry import CHANGES, is_entry_uuid
from archive.queries import keyset

ORDER = (keyset.Key("id", UUID, falling=True),)  # the newest first: ids are in order of time
REPLACING = ("RPLC", "XFRM_RPLC")
MEMBERSHIP = "HasMember"
MOST = 50  # links, versions or messages that one page shows


@dataclass(frozen=True, slots=True)
class Filters:
    """What a list is narrowed by; empty means any. `named` is an accession number, an entryUUID, a
    uniqueId or a Study Instance UID.
    """

    environment: str = "production"
    organisation_id: UUID | None = None
    kind: str = ""
    status: str = ""
    named: str = ""
    since: datetime | None = None


def narrowed(filters: Filters) -> QuerySet[Document]:
    rows = Document.objects.filter(environment=filters.environment)
    exact = {
        "register__organisation_id": filters.organisation_id,
        "kind": filters.kind,
        "status": filters.status,
    }
    rows = rows.filter(**{name: value for name, value in exact.items() if value})
    if filters.named:
        rows = rows.filter(_named(filters.named))
    if filters.since is not None:
        rows = rows.filter(registered_at__gte=filters.since)
    return rows.defer("metadata").select_related("register__organisation")


def _named(text: str) -> Q:
    if is_entry_uuid(text):
        return Q(entry_uuid=text.lower())
    oid = text.removeprefix("urn:oid:")
    by_study = Q(study_instance_uid=oid) | Q(study__study_instance_uid=oid)
    return Q(accession_number=text) | Q(unique_id=oid) | by_study


def one(document_id: UUID) -> Document:
    """Raises NotFound."""
    related = ("register__organisation", "patient__survivor", "study", "submission")
    found = Document.objects.select_related(*related).filter(id=document_id).first()
    if found is None:
        raise NotFound()
    return found


def versions(document: Document) -> list[DocumentVersion]:
    """The metadata as it was before, the latest first."""
    return list(DocumentVersion.objects.filter(document=document).order_by("-version")[:MOST])


@dataclass(frozen=True, slots=True)
class End:
    """What stands at the other end of an association; where both are None it is not known here."""

    uuid: str
    document: Document | None = None
    package: Submission | Folder | None = None


@dataclass(frozen=True, slots=True)
class Association:
    link: DocumentLink
    outward: bool  # from the document to the other end
    other: End


def associations(document: Document) -> list[Association]:
    uuids = _own_uuids(document)
    ends = Q(source_uuid__in=uuids) | Q(target_uuid__in=uuids)
    rows = list(_links(document.environment).filter(ends).order_by("id")[:MOST])
    others = {_other(row, uuids) for row in rows}
    known = _ends(document.environment, others)
    return [
        Association(row, row.source_uuid in uuids, known.get(each, End(each)))
        for row in rows
        for each in [_other(row, uuids)]
    ]


def _own_uuids(document: Document) -> list[str]:
    """Of an entry that was updated each version has its own."""
    earlier = DocumentVersion.objects.filter(document=document)
    return [document.entry_uuid, *earlier.values_list("entry_uuid", flat=True)[:MOST]]


def _links(environment: str) -> QuerySet[DocumentLink]:
    return DocumentLink.objects.filter(environment=environment)


def _other(link: DocumentLink, uuids: Sequence[str]) -> str:
    return link.target_uuid if link.source_uuid in uuids else link.source_uuid


def _ends(environment: str, uuids: Iterable[str]) -> dict[str, End]:
    asked = {"environment": environment, "entry_uuid__in": list(uuids)}
    found: dict[str, End] = {}
    packages: list[Submission | Folder] = [*Submission.objects.filter(**asked)]
    packages += Folder.objects.filter(**asked)
    for package in packages:
        found[package.entry_uuid] = End(package.entry_uuid, package=package)
    for document in Document.objects.filter(**asked):
        found[document.entry_uuid] = End(document.entry_uuid, document=document)
    return found


def chain(document: Document) -> list[Document]:
    """The documents that replaced one another, this one among them, the earliest first."""
    seen = {document.entry_uuid}
    reached = {document.entry_uuid}
    replaced = _links(document.environment).filter(kind__in=REPLACING)
    while reached and len(seen) < MOST:
        rows = replaced.filter(Q(source_uuid__in=reached) | Q(target_uuid__in=reached))
        ends = {end for row in rows[:MOST] for end in (row.source_uuid, row.target_uuid)}
        reached = ends - seen
        seen |= reached
    found = Document.objects.filter(environment=document.environment, entry_uuid__in=seen)
    return list(found.order_by("registered_at", "id"))


def messages(document: Document) -> list[RegistryMessage]:
    """By which the entry came and was changed, the earliest first."""
    holders = _links(document.environment).filter(
        kind=MEMBERSHIP, target_uuid__in=_own_uuids(document)
    )
    sets = Submission.objects.filter(
        Q(entry_uuid__in=holders.values("source_uuid")) | Q(id=document.submission_id),
        environment=document.environment,
    ).exclude(message_id="")
    named = RegistryMessage.objects.filter(
        environment=document.environment, message_id__in=sets.values("message_id")
    )
    accepted = named.filter(changed=True)
    # A MessageID may be another's too: what was refused is told of the system that was accepted.
    refused = Q(taken=False, action__in=CHANGES, connection__in=accepted.values("connection"))
    rows = named.filter(Q(changed=True) | refused)
    return list(rows.select_related("organisation", "connection").order_by("id")[:MOST])
