"""Objects that were set aside and that no row names: a rebuilt study lacks them (AR-10)."""

from collections.abc import Collection, Mapping
from typing import Any
from uuid import NAMESPACE_OID, UUID, uuid5

from archive import vault
from archive.errors import DatasetUnreadable, InstanceUnknown
from archive.models import Document, Instance, InstanceVersion, Organisation, Rejection, Study
from archive.objects import header, part10
from archive.services import error_desk, indexing, integrity, reconciliation
from archive.services.error_desk import What
from archive.services.indexing import Indexed, Places
from archive.services.rounds import VERIFY


def tell_missing(environment: str, places: Places) -> int:
    """A case for each, once, as far as its file says what it was; how many there are."""
    nameless = {
        digest: head
        for digest, head in vault.set_aside_files(environment)
        if not _is_named_by_uid(environment, digest, head) and not _is_manifest(head)
    }
    missing = nameless.keys() - _named(environment, nameless)
    for digest in sorted(missing):
        organisation_id, what = _said(environment, digest, nameless[digest], places)
        integrity.report_damaged(environment, digest, organisation_id, what)
    return len(missing)


def tell_lost_note(environment: str, record: Mapping[str, Any]) -> None:
    """The same of a note that a record speaks of: whoever sent it is to send it again."""
    digest = bytes.fromhex(record["note"])
    owner = Organisation.objects.filter(business_id=record["business_id"]).first()
    what = What(subject_id=_subject(digest))
    integrity.report_damaged(environment, digest, owner.id if owner else None, what)


def settle(environment: str, study: Study | None = None) -> None:
    """Objects that have come again, or were put back, are missed no more."""
    told = error_desk.open_events(environment, VERIFY, "digest")
    if study is not None:
        told = told.filter(study_instance_uid=study.study_instance_uid)
    for subject_id, name in told.values_list("subject_id", "facts__digest"):
        digest = bytes.fromhex(name)
        if subject_id == _subject(digest) and _is_back(environment, digest):
            error_desk.settle(subject_id, VERIFY.step)


def _is_back(environment: str, digest: bytes) -> bool:
    try:
        uid = vault.read_meta(environment, digest).sop_instance_uid
    except (DatasetUnreadable, InstanceUnknown):
        return False
    return reconciliation.is_named(environment, digest, uid)


def _is_named_by_uid(environment: str, digest: bytes, head: bytes) -> bool:
    """Found by an index, where the file still says whose it is."""
    try:
        uid = part10.read_prefix(head[: vault.DATA_OFFSET]).sop_instance_uid
    except (DatasetUnreadable, ValueError):
        return False
    return reconciliation.is_named(environment, digest, uid)


def _named(environment: str, nameless: Collection[bytes]) -> set[bytes]:
    """Those that a row names after all. No index knows digests: each table is read once."""
    if not nameless:
        return set()
    instances = Instance.objects.filter(environment=environment, digest__in=nameless)
    versions = InstanceVersion.objects.filter(
        instance__environment=environment, digest__in=nameless
    )
    notes = Rejection.objects.filter(environment=environment, digest__in=nameless)
    keys = [digest.hex() for digest in nameless]
    manifests = Document.objects.filter(environment=environment, vault_key__in=keys)
    return {
        *(bytes(digest) for digest in instances.values_list("digest", flat=True)),
        *(bytes(digest) for digest in versions.values_list("digest", flat=True)),
        *(bytes(digest) for digest in notes.values_list("digest", flat=True)),
        *(bytes.fromhex(key) for key in manifests.values_list("vault_key", flat=True)),
    }


def _subject(digest: bytes) -> UUID:
    return uuid5(NAMESPACE_OID, digest.hex())


def _is_manifest(head: bytes) -> bool:
    """Ours is made anew; nobody misses it."""
    try:
        meta = part10.read_prefix(head[: vault.DATA_OFFSET])
        return indexing.kind_of_data(meta, head[vault.DATA_OFFSET :]) is Indexed.OURS
    except (DatasetUnreadable, ValueError):
        return False


def _said(environment: str, digest: bytes, head: bytes, places: Places) -> tuple[UUID | None, What]:
    """Whose it is and what, from bytes that may be damaged."""
    subject_id = _subject(digest)
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
