"""Rejection notes that were obeyed once, to be obeyed again by an index that has forgotten them."""

from dataclasses import dataclass

from archive import locks, vault
from archive.models import Rejection
from archive.objects import key_objects
from archive.objects.key_objects import KeyObjects
from archive.vault import Kept


@dataclass(frozen=True, slots=True)
class Past:
    """A note that was obeyed once: by its bytes, or by the record of what it did."""

    environment: str
    note_uid: str
    transfer_syntax_uid: str
    kept: Kept
    content: KeyObjects


def past(environment: str, digest: bytes) -> Past | None:
    """By its bytes; None when the index knows it. In a transaction. Raises InstanceUnknown,
    BytesDamaged, DatasetUnreadable.
    """
    meta = vault.read_meta(environment, digest)
    locks.hold(meta.sop_instance_uid)  # its sender may send it again in this moment
    known = Rejection.objects.filter(environment=environment, note_uid=meta.sop_instance_uid)
    if known.exists():
        return None
    kept = Kept(digest, meta.digest_algorithm, vault.size_of(environment, digest))
    with vault.hold(environment, digest, kept.size) as held, held.view() as data:
        content = key_objects.read(data, meta.transfer_syntax_uid)
    uid, syntax = meta.sop_instance_uid, meta.transfer_syntax_uid
    return Past(environment, uid, syntax, kept, content)
