"""Files of an object that came after its original: versions of it, or losers of a race (AR-7,
AR-10).
"""

from collections.abc import Iterator
from dataclasses import dataclass
from datetime import datetime
from uuid import UUID

from django.db import transaction
from django.db.models import Q

from archive import locks, vault
from archive.errors import ArchiveError, StorageGone
from archive.models import Instance, InstanceVersion, RejectedObject, Study
from archive.services import corrections, indexing, policies, rows
from archive.services.associations import Peer
from archive.services.correction_likeness import overtaken
from archive.services.corrections import Sent
from archive.services.indexing import File, Places
from archive.services.rows import Archived
from archive.values import uuid7


@dataclass(frozen=True, slots=True)
class Later:
    """`superseded`: it came before the newest that is known."""

    file: File
    study_id: UUID
    instance_id: UUID
    superseded: bool

    @property
    def came(self) -> datetime:
        return _came(self.file)


def of_object(files: list[File], places: Places) -> Iterator[Later]:
    """The first that came is the original, where the row was made from a file; the later ones
    corrected it, or lost a race. What came before the newest that is known must not come into force
    over it, and what came before the original corrected nothing.
    """
    with transaction.atomic():
        instance = _held(files[0])
        known = {
            bytes(digest): at
            for digest, at in InstanceVersion.objects.filter(instance=instance).values_list(
                "digest", "received_at"
            )
        }
        if not known and indexing.is_made_again(instance.association_id):
            files = _after_first(instance, files, places)
            instance.refresh_from_db(fields=["received_at"])
    original = min(known.values(), default=instance.received_at)
    newest = max(known.values(), default=instance.received_at)
    for file in files:
        if file.digest not in known and _came(file) > original:
            superseded = _came(file) <= newest
            yield Later(file, instance.study_id, instance.id, superseded)


def _held(file: File) -> Instance:
    """Its object, in the caller's transaction: its sender corrects it before or after, not between
    what is read of it here and what is written.
    """
    named = Instance.objects.filter(
        environment=file.environment, sop_instance_uid=file.meta.sop_instance_uid
    )
    locks.hold(named.values_list("study_id", flat=True).get())
    return named.get()


def _came(file: File) -> datetime:
    return file.meta.received_at


def _after_first(instance: Instance, files: list[File], places: Places) -> list[File]:
    """Those that came after the original; the row gets the original's bytes."""
    held = indexing.open_file(instance.environment, bytes(instance.digest), instance.store)
    first, *later = sorted([held, *files], key=_came)
    Instance.objects.filter(id=instance.id).update(
        digest=first.digest,
        digest_algorithm=first.meta.digest_algorithm,
        transfer_syntax_uid=first.meta.transfer_syntax_uid,
        size=vault.size_of(first.environment, first.digest, first.store),
        store=first.store,
        received_at=first.meta.received_at,
    )
    register = places.registers[first.meta.controller_oid]
    sender = places.sender(first.meta, register)
    if sender is not None:
        indexing.file_study(first, register, sender)  # it may have begun with a later file
    return later


def offer(later: Later, places: Places) -> bool:
    """As it was offered when it came; whether it is a version of the object. Raises StorageGone."""
    file = later.file
    archived = rows.find(file.environment, file.meta.sop_instance_uid)
    register = places.registers.get(file.meta.controller_oid)
    sender = places.sender(file.meta, register) if register else None
    if archived is None or sender is None:
        return False
    if _was_refused(archived, file, sender.organisation_id):
        return False
    peer = Peer(
        association_id=uuid7(),
        connection_id=sender.id,
        organisation_id=sender.organisation_id,
        organisation_name="",
        environment=file.environment,
        calling=file.meta.source_aet,
        called=file.meta.receiving_aet,
        address="rebuilt from the vault",
    )
    try:
        size = vault.size_of(file.environment, file.digest, file.store)
        with (
            vault.hold(
                file.environment, archived.digest, archived.size, archived.store
            ) as bytes_held,
            bytes_held.view() as held,
            vault.hold(file.environment, file.digest, size, file.store) as other,
            vault.Incoming(file.environment) as incoming,
        ):
            for piece in other.pieces():
                incoming.write(piece)
            sent = Sent(file.header, incoming, file.meta.transfer_syntax_uid, file.meta)
            corrections.offer(peer, archived, held, sent, superseded=_is_superseded(later))
    except StorageGone:
        if overtaken(archived) is None:
            raise
        return offer(later, places)  # its sender has corrected it meanwhile: against that one
    except ArchiveError:
        return False
    return True


def _is_superseded(later: Later) -> bool:
    """Also by what its sender has brought since it was looked at."""
    versions = InstanceVersion.objects.filter(instance_id=later.instance_id)
    return later.superseded or versions.filter(received_at__gt=later.came).exists()


def _was_refused(archived: Archived, file: File, organisation_id: UUID) -> bool:
    """Nothing is taken of an object that is rejected, nor of whom may not correct it; what was
    refused then may stand there still. What has been sent again and taken since has the head of
    when it was refused.
    """
    if not vault.is_doubted(file.environment, file.digest):
        return False
    at = file.meta.received_at
    notes = RejectedObject.objects.filter(instance_id=archived.id, rejection__made_at__lte=at)
    was_rejected = notes.filter(Q(ended_at=None) | Q(ended_at__gt=at)).exists()
    return was_rejected or not _may_correct(organisation_id, archived.study_id)


def _may_correct(organisation_id: UUID, study_id: UUID) -> bool:
    """As things are today: bytes are doubted for minutes."""
    agreed = policies.correction_in_force(organisation_id)
    theirs = Study.objects.filter(
        Q(register__organisation=organisation_id) | Q(connection__organisation=organisation_id)
    )
    return agreed is not None and agreed.metadata and theirs.filter(id=study_id).exists()
