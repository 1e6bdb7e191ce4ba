"""Document rows, and the engine's own registration of a study's manifest (XD-2)."""

from datetime import datetime
from uuid import UUID

from archive.errors import HashDiffers
from archive.models import Document, DocumentKind, DocumentLink, DocumentStatus, Study
from archive.objects.registry import REPLACES, DocumentEntry, parse_time
from archive.values import now

SHORT_NAMES = {  # of association types, ITI TF-3 Table 4.2.2-1; others are kept as they came
    "urn:oasis:names:tc:ebxml-regrep:AssociationType:HasMember": "HasMember",
    "urn:ihe:iti:2007:AssociationType:RPLC": "RPLC",
    "urn:ihe:iti:2007:AssociationType:APND": "APND",
    "urn:ihe:iti:2007:AssociationType:XFRM": "XFRM",
    "urn:ihe:iti:2007:AssociationType:XFRM_RPLC": "XFRM_RPLC",
    "urn:ihe:iti:2007:AssociationType:signs": "signs",
}
REPLACING = ("RPLC", "XFRM_RPLC")


def row(entry: DocumentEntry, *, environment: str, at: datetime, **columns: object) -> Document:
    """An unsaved row: the entry whole, and the columns that are searched."""
    accession = entry.accession
    return Document(
        environment=environment,
        entry_uuid=entry.uuid,
        unique_id=entry.unique_id,
        kind=entry.kind,
        accession_number=accession.value if accession else "",
        study_instance_uid=entry.study_instance_uid,
        repository_unique_id=entry.repository,
        mime_type=entry.mime_type,
        hash=entry.hash,
        size=entry.size or 0,
        creation_time=_instant(entry.creation_time),
        service_start_time=_instant(entry.service_start),
        service_stop_time=_instant(entry.service_stop),
        metadata=entry.to_json(),
        registered_at=at,
        **columns,
    )


def _instant(text: str) -> datetime | None:
    return parse_time(text) if text else None


def register_manifest(
    entry: DocumentEntry,
    *,
    study_id: UUID,
    environment: str,
    replaces: str | None = None,
    vault_key: str = "",
) -> Document:
    """Register a study's manifest in the caller's transaction, deprecating the one before it.

    The same entry again is no second entry. Raises HashDiffers when its uniqueId has other bytes.
    """
    known = Document.objects.filter(environment=environment, unique_id=entry.unique_id).first()
    if known is not None:
        if known.hash != entry.hash:
            raise HashDiffers()
        return known
    study = Study.objects.only("patient_id", "register_id").get(id=study_id)
    # The unique constraint allows one manifest in force: the old one yields first.
    Document.objects.filter(
        study_id=study_id, kind=DocumentKind.MANIFEST, status=DocumentStatus.APPROVED
    ).update(status=DocumentStatus.DEPRECATED)
    if replaces:
        add_links(environment, [(REPLACES, entry.uuid, replaces)])
    document = row(
        entry,
        environment=environment,
        at=now(),
        study_id=study_id,
        patient_id=study.patient_id,
        register_id=study.register_id,
        vault_key=vault_key,
    )
    document.save(force_insert=True)
    return document


def add_links(environment: str, links: list[tuple[str, str, str]]) -> None:
    """Keep (type, source, target); a link known already is no second link."""
    DocumentLink.objects.bulk_create(
        (
            DocumentLink(
                environment=environment,
                kind=SHORT_NAMES.get(kind, kind)[:64],
                source_uuid=source,
                target_uuid=target,
            )
            for kind, source, target in links
        ),
        ignore_conflicts=True,
    )
