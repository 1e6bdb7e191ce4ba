"""Objects that were set aside and that no row names: a rebuilt study lacks them (AR-10)."""

from uuid import NAMESPACE_OID, UUID, uuid5

from archive import vault
from archive.errors import DatasetUnreadable
from archive.models import Document, Instance, InstanceVersion, Rejection, Study
from archive.objects import header, part10
from archive.services import indexing, integrity
from archive.services.error_desk import What
from archive.services.indexing import Indexed, Places


def tell_missing(environment: str, places: Places) -> int:
    """A case for each, once, as far as its file says what it was; how many there are."""
    missing = {
        digest: head
        for digest, head in vault.set_aside_files(environment)
        if not _is_named(environment, digest) and not _is_manifest(head)
    }
    for digest, head in missing.items():
        organisation_id, what = _said(environment, digest, head, places)
        integrity.report_damaged(environment, digest, organisation_id, what)
    return len(missing)


def _is_named(environment: str, digest: bytes) -> bool:
    versions = InstanceVersion.objects.filter(instance__environment=environment, digest=digest)
    manifests = Document.objects.filter(environment=environment, vault_key=digest.hex())
    return (
        Instance.objects.filter(environment=environment, digest=digest).exists()
        or versions.exists()
        or Rejection.objects.filter(environment=environment, digest=digest).exists()
        or manifests.exists()
    )


def _is_manifest(head: bytes) -> bool:
    """Ours is made anew; nobody misses it."""
    try:
        meta = part10.read_prefix(head[: vault.DATA_OFFSET])
        return indexing.kind_of_data(meta, head[vault.DATA_OFFSET :]) is Indexed.OURS
    except (DatasetUnreadable, ValueError):
        return False


def _said(environment: str, digest: bytes, head: bytes, places: Places) -> tuple[UUID | None, What]:
    """Whose it is and what, from bytes that may be damaged."""
    subject_id = uuid5(NAMESPACE_OID, digest.hex())
    try:
        meta = part10.read_prefix(head[: vault.DATA_OFFSET])
    except (DatasetUnreadable, ValueError):
        return None, What(subject_id=subject_id)
    register = places.registers.get(meta.controller_oid)
    try:
        data = head[vault.DATA_OFFSET :]
        found = header.read_header(data, meta.transfer_syntax_uid, whole=False)
        study_uid = found.study_instance_uid
    except (DatasetUnreadable, ValueError):
        study_uid = ""
    study = Study.objects.filter(environment=environment, study_instance_uid=study_uid).first()
    what = What(
        study_id=study.id if study else None,
        subject_id=subject_id,
        accession_number=study.accession_number if study else "",
        study_instance_uid=study_uid,
        sop_instance_uid=meta.sop_instance_uid,
    )
    return register.organisation_id if register else None, what
