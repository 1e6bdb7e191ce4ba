"""What the file of an object says of itself, held to what the index knows (AR-10).

Its digest covers the data set alone. The head in front of that is what rows are made again from:
whose the object is, who sent it and when. Damage there would show to nobody until the index is
lost.
"""

import logging
from dataclasses import replace
from datetime import datetime

from archive import vault
from archive.config import settings
from archive.errors import DatasetUnreadable, InstanceUnknown
from archive.models import Connection, Instance, InstanceVersion, Register, Rejection
from archive.objects import key_objects
from archive.objects.part10 import FileMeta

log = logging.getLogger(__name__)


def keep(row: Instance) -> None:
    """Of bytes in force that are whole: as the index has it, else written anew. `row` with its
    study, and that with its register and sender. Raises StorageGone.
    """
    known = _known(row, row.transfer_syntax_uid, row.digest_algorithm, _came(row))
    _keep(known, bytes(row.digest), row.store, row.study.connection)


def _came(row: Instance) -> datetime:
    """The first version's time is the object's."""
    if row.version == 1:
        return row.received_at
    versions = InstanceVersion.objects.filter(instance=row.id, number=row.version)
    return versions.values_list("received_at", flat=True).first() or row.received_at


def keep_version(version: InstanceVersion) -> None:
    """The same of bytes that are in force no more, or not yet."""
    row, syntax = version.instance, version.transfer_syntax_uid
    known = _known(row, syntax, version.digest_algorithm, version.received_at)
    _keep(known, bytes(version.digest), version.store, row.study.connection)


def keep_note(note: Rejection) -> None:
    """The same of a rejection note, which the index does not know as exactly."""
    digest = bytes(note.digest)
    try:
        said = _said(note.environment, digest)
    except InstanceUnknown:  # its study was destroyed
        return
    register = Register.objects.filter(organisation=note.organisation_id, is_default=True).first()
    if said is None and register is None:
        return
    known = FileMeta(
        sop_class_uid=key_objects.SOP_CLASS_UID,
        sop_instance_uid=note.note_uid,
        transfer_syntax_uid=note.transfer_syntax_uid,
        source_aet="",
        receiving_aet=settings().ae_title(note.environment),
        environment=note.environment,
        controller_oid=register.controller_oid if register else "",
        received_at=said.received_at if said else note.made_at,
        digest_algorithm=said.digest_algorithm if said else vault.ALGORITHM,
    )
    _keep(known, digest, "", note.connection)


def _known(row: Instance, syntax: str, algorithm: str, at: datetime) -> FileMeta:
    return FileMeta(
        sop_class_uid=row.sop_class_uid,
        sop_instance_uid=row.sop_instance_uid,
        transfer_syntax_uid=syntax,
        source_aet="",
        receiving_aet=settings().ae_title(row.environment),
        environment=row.environment,
        controller_oid=row.study.register.controller_oid,
        received_at=at,
        digest_algorithm=algorithm,
    )


def _keep(known: FileMeta, digest: bytes, store: str, sender: Connection | None) -> None:
    """Nobody is told: the object was whole all the time."""
    try:
        said = _said(known.environment, digest, store)
    except InstanceUnknown:  # moved a moment ago
        return
    wanted = replace(known, source_aet=sender.aet[:16] if sender is not None else "")
    if said is not None:
        wanted = _believed(wanted, said)
    if said != wanted and vault.write_head(wanted, digest):
        log.warning("head of %s was not as the index has it, and was written anew", digest.hex())


def _said(environment: str, digest: bytes, store: str = "") -> FileMeta | None:
    """None when it cannot be read. Raises InstanceUnknown."""
    try:
        return vault.read_meta(environment, digest, store)
    except DatasetUnreadable:
        return None


def _believed(wanted: FileMeta, said: FileMeta) -> FileMeta:
    """The index does not know who sent each object of a study, nor which of its controller's
    registers an object names that is not the first.
    """
    of_register = said.controller_oid
    if said.controller_oid != wanted.controller_oid:
        known = Register.objects.filter(controller_oid=said.controller_oid).exists()
        of_register = said.controller_oid if known else wanted.controller_oid
    return replace(
        wanted,
        source_aet=said.source_aet,
        receiving_aet=said.receiving_aet,
        controller_oid=of_register,
    )
