"""An object whose UID is archived already: the same again, corrected, healing, or refused (AR-1,
AR-7, AR-10).
"""

from collections.abc import Callable, Collection
from dataclasses import replace
from enum import Enum, auto

from archive import vault
from archive.errors import BytesDamaged, InstanceUnknown, OtherContent
from archive.errors.corrections import RejectedBefore
from archive.errors.retention import StudyDestroyed
from archive.objects.header import Header, read_header
from archive.objects.sameness import same_content
from archive.rules import correction
from archive.rules.correction import Terms
from archive.services import corrections, integrity
from archive.services.associations import Peer
from archive.services.corrections import Sent
from archive.services.rows import Archived


class Again(Enum):
    """What became of it; all are successes to the sender."""

    REPEATED = auto()
    CORRECTED = auto()
    HEALED = auto()


def take(
    peer: Peer, terms: Terms, archived: Archived, sent: Sent, require: Callable[[Header], None]
) -> Again:
    """`require` is told what the object says by now, and raises what forbids a correction as it
    does a new object.

    Raises RejectedBefore, OtherContent, BytesDamaged, StudyDestroyed, StorageFull, StorageGone.
    """
    if correction.is_refused_again(archived.rejection):
        raise RejectedBefore()
    same_bytes = archived.digest == sent.incoming.digest(archived.digest_algorithm)
    if same_bytes:
        return _same(archived, sent)
    digests = sent.incoming.digests()
    _require_no_earlier(archived, sent, digests)
    with _hold(sent.meta.environment, archived) as bytes_held, bytes_held.view() as held:
        return _compared(peer, terms, archived, held, sent, digests, require)


def _compared(
    peer: Peer,
    terms: Terms,
    archived: Archived,
    held: memoryview,
    sent: Sent,
    digests: Collection[bytes],
    require: Callable[[Header], None],
) -> Again:
    """With the bytes in force. Raises the same."""
    with sent.incoming.view() as data:
        is_same = same_content(held, archived.transfer_syntax_uid, data, sent.transfer_syntax_uid)
    if is_same:
        if not vault.make_durable(sent.meta.environment, archived.digest, archived.store):
            raise BytesDamaged("its bytes were withdrawn a moment ago")
        return Again.REPEATED
    gathered = corrections.gathered_version(archived, digests)
    if gathered is not None:
        integrity.heal_version(sent.incoming, sent.meta, gathered)
        return Again.REPEATED
    if not terms.metadata or archived.rejection:
        raise OtherContent()
    require(read_header(held, archived.transfer_syntax_uid))
    corrections.offer(peer, archived, held, sent)
    return Again.CORRECTED


def _same(archived: Archived, sent: Sent) -> Again:
    """Success lets the sender delete its copy, so it is for what stands on the disk, not for a row
    that says so. Raises StudyDestroyed, StorageFull, StorageGone.
    """
    stands = sent.meta.environment, archived.digest, archived.store
    if not archived.is_damaged:
        if vault.is_whole(*stands) and vault.make_durable(*stands):
            return Again.REPEATED
        if not integrity.found_damaged(archived.id) and vault.make_durable(*stands):
            return Again.REPEATED
        if integrity.is_destroyed(archived.id):
            raise StudyDestroyed()
    meta = replace(sent.meta, digest_algorithm=archived.digest_algorithm)
    integrity.heal_from(sent.incoming, meta, archived.id)
    return Again.HEALED


def _require_no_earlier(archived: Archived, sent: Sent, digests: Collection[bytes]) -> None:
    """The corrected object stays; what was damaged of the earlier one is whole again by it. Raises
    OtherContent, StudyDestroyed, StorageFull, StorageGone.
    """
    earlier = corrections.earlier_version(archived, digests)
    if earlier is not None:
        integrity.heal_version(sent.incoming, sent.meta, earlier)
        raise OtherContent("an earlier version of the object; the corrected one stays")


def _hold(environment: str, archived: Archived) -> vault.Held:
    """The bytes in force. Damage that shows here is dealt with as anywhere."""
    try:
        return vault.hold(environment, archived.digest, archived.size, archived.store)
    except (BytesDamaged, InstanceUnknown):
        integrity.found_damaged(archived.id)
        raise BytesDamaged() from None
