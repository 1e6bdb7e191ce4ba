"""Associations between what is registered: kept, and what follows from them (ITI TF-3 4.2.2)."""

from collections.abc import Iterable, Sequence
from datetime import datetime
from uuid import UUID

from django.db.models import Q

from archive.models import (
    Document,
    DocumentLink,
    DocumentStatus,
    DocumentVersion,
    Folder,
    Submission,
)
from archive.objects.registry import (
    APPENDS,
    HAS_MEMBER,
    REPLACES,
    SIGNS,
    SNAPSHOT,
    TRANSFORMS,
    TRANSFORMS_AND_REPLACES,
    Link,
)
from archive.values import uuid7

SHORT_NAMES = {  # of association types, ITI TF-3 Table 4.2.2-1; what rows say
    HAS_MEMBER: "HasMember",
    REPLACES: "RPLC",
    APPENDS: "APND",
    TRANSFORMS: "XFRM",
    TRANSFORMS_AND_REPLACES: "XFRM_RPLC",
    SIGNS: "signs",
    SNAPSHOT: "IsSnapshotOf",
}
LONG_NAMES = {short: name for name, short in SHORT_NAMES.items()}
MEMBERSHIP = SHORT_NAMES[HAS_MEMBER]
REPLACING = ("RPLC", "XFRM_RPLC")
DERIVING = ("APND", "XFRM")  # these fall with what they are of


def keep(environment: str, links: Iterable[Link]) -> None:
    """A link known already is no second link."""
    DocumentLink.objects.bulk_create(
        (
            DocumentLink(
                environment=environment,
                entry_uuid=link.id or uuid7().urn,
                kind=SHORT_NAMES.get(link.type, link.type)[:64],
                source_uuid=link.source,
                target_uuid=link.target,
                slots=[[name, list(values)] for name, values in link.slots],
            )
            for link in links
        ),
        ignore_conflicts=True,
    )


def as_link(row: DocumentLink) -> Link:
    return Link(
        LONG_NAMES.get(row.kind, row.kind),
        row.source_uuid,
        row.target_uuid,
        id=row.entry_uuid,
        slots=tuple((name, tuple(values)) for name, values in row.slots),
    )


def ids_taken(environment: str, links: Sequence[Link]) -> bool:
    """Whether the id of one of these is another registry object's."""
    given = {link.id: link for link in links if link.id}
    for row in DocumentLink.objects.filter(environment=environment, entry_uuid__in=given):
        link = given[row.entry_uuid]
        same = (SHORT_NAMES.get(link.type), link.source, link.target)
        if same != (row.kind, row.source_uuid, row.target_uuid):
            return True
    return is_object(environment, given)


def is_object(environment: str, ids: Iterable[str]) -> bool:
    """Whether one of these is the id of a document, submission set or folder."""
    wanted = list(ids)
    return any(
        model.objects.filter(environment=environment, entry_uuid__in=wanted).exists()
        for model in (Document, Submission, Folder)
    )


def replaced(environment: str, uuids: Iterable[str]) -> set[str]:
    """Entries that have a successor here, also one that came before them."""
    return set(
        DocumentLink.objects.filter(
            environment=environment, kind__in=REPLACING, target_uuid__in=list(uuids)
        ).values_list("target_uuid", flat=True)
    )


def deprecate(environment: str, uuids: Iterable[str]) -> None:
    """What was replaced, and what was appended to it or transformed from it, however far."""
    fallen, front = set[str](), set(uuids)
    while front:
        fallen |= front
        rows = DocumentLink.objects.filter(
            environment=environment, kind__in=DERIVING, target_uuid__in=front
        )
        front = set(rows.values_list("source_uuid", flat=True)) - fallen
    Document.objects.filter(
        environment=environment, entry_uuid__in=fallen, status=DocumentStatus.APPROVED
    ).update(status=DocumentStatus.DEPRECATED)


def follow_into_folders(environment: str, successors: dict[str, str], at: datetime) -> None:
    """A replacement stands in the folders of what it replaces; folders that got members are newer.

    `successors` are new entries by the one they replace.
    """
    rows = DocumentLink.objects.filter(
        environment=environment, kind=MEMBERSHIP, target_uuid__in=successors
    )
    folders = _folders(environment, rows)
    keep(
        environment,
        [
            Link(HAS_MEMBER, row.source_uuid, successors[row.target_uuid])
            for row in rows
            if row.source_uuid in folders
        ],
    )
    touch(environment, folders, at)


def _folders(environment: str, rows: Iterable[DocumentLink]) -> set[str]:
    sources = {row.source_uuid for row in rows}
    known = Folder.objects.filter(environment=environment, entry_uuid__in=sources)
    return set(known.values_list("entry_uuid", flat=True))


def touch(environment: str, folders: Iterable[str], at: datetime) -> None:
    """They have changed."""
    rows = Folder.objects.filter(environment=environment, entry_uuid__in=list(folders))
    rows.update(updated_at=at)


def of_documents(uuids: Iterable[str]) -> Q:
    """Documents by their ids; that of an earlier version still finds its document."""
    wanted = list(uuids)
    versions = DocumentVersion.objects.filter(entry_uuid__in=wanted)
    return Q(entry_uuid__in=wanted) | Q(id__in=versions.values("document_id"))


def persons_of(environment: str, uuids: Iterable[str]) -> dict[str, UUID]:
    """Whose document or folder each is, the survivor of a merge; what is unknown is left out."""
    wanted, found = list(uuids), dict[str, UUID]()
    for model in (Document, Folder):
        rows = model.objects.filter(Q(environment=environment) & Q(entry_uuid__in=wanted))
        for uuid, person, survivor in rows.values_list(
            "entry_uuid", "patient_id", "patient__survivor_id"
        ):
            found[uuid] = survivor or person
    return found


def inside(environment: str, packages: Iterable[str]) -> dict[str, set[str]]:
    """What stands in each of these sets and folders, and at the ends of associations in them."""
    rows = DocumentLink.objects.filter(environment=environment)
    members = list(
        rows.filter(kind=MEMBERSHIP, source_uuid__in=list(packages)).values_list(
            "source_uuid", "target_uuid"
        )
    )
    ends = {
        uuid: (source, target)
        for uuid, source, target in rows.filter(
            entry_uuid__in=[target for _, target in members]
        ).values_list("entry_uuid", "source_uuid", "target_uuid")
    }
    found: dict[str, set[str]] = {}
    for package, member in members:
        found.setdefault(package, set()).update((member, *ends.get(member, ())))
    return found
