"""Objects whose row is there and whose bytes may not be (AR-10, NF-4).

A row is written while its bytes are being synced, and the sender is answered after both. Who sends
such an object again, or asks for its commitment, has its bytes read and synced first; here is what
becomes of those that nobody asks about.
"""

import logging
import os
import time
from contextlib import suppress
from datetime import UTC, datetime, timedelta
from pathlib import Path
from typing import NamedTuple
from uuid import UUID

from django.db import transaction

from archive import locks, vault
from archive.config import settings
from archive.errors import ArchiveError
from archive.models import Instance, Study, StudyState
from archive.services import integrity, rejections
from archive.services.rows import Said
from archive.values import now

log = logging.getLogger(__name__)

# More than an object waits for a disk that all others wait for as well.
WAITING, LAST = timedelta(minutes=5), 5000  # rows
# For which a machine may have lived when its disk has no word of it.
UNTOLD = timedelta(seconds=20)
BOOT = Path("/proc/sys/kernel/random/boot_id")


class Looked(NamedTuple):
    """How many were read, and of how many that failed."""

    read: int = 0
    failed: int = 0


def bytes_failed(instance_id: UUID, said: Said) -> None:
    """Its bytes could not be kept: the sender is refused, so the object was never archived, and a
    row that was written already is taken back. Where somebody has dealt with it meanwhile, and
    nothing whole stands, it is damaged until it comes again. Raises nothing, so that the sender is
    told why.
    """
    try:
        if said.was_added() and not _is_taken_back(instance_id):
            integrity.found_damaged(instance_id)
    except Exception:  # whatever it is, the sender gets its own reason
        log.exception("object %s may have a row without bytes", instance_id)


def _is_taken_back(instance_id: UUID) -> bool:
    """Nobody was told success of it: who finds its bytes waits for who writes them, before saying
    that they are durable. Its study may have gone on with it, and goes its road again.
    """
    study = Study.objects.get(instances=instance_id)
    with transaction.atomic():
        locks.hold(study.id)
        study.refresh_from_db()
        rows = Instance.objects.select_for_update().filter(damaged_at=None, committed_at=None)
        row = rows.filter(id=instance_id).first()
        if row is None or study.state == StudyState.DESTROYED or row.versions.exists():
            return False
        if vault.is_whole(row.environment, bytes(row.digest), row.store):
            return False
        row.rejections.update(instance=None)  # the notes that named it await it
        row.delete()
        if study.state != StudyState.RECEIVING:
            rejections.wake(study)
    return True


def look_after_boot() -> Looked:
    """Once after the machine has started, until all could be looked at: of the time when it lived
    last, since receivers of other machines went on. Raises DatabaseError.
    """
    if _has_looked():
        return Looked()
    cut = now() - timedelta(seconds=time.clock_gettime(time.CLOCK_BOOTTIME))
    with suppress(FileNotFoundError):
        lived = datetime.fromtimestamp(_looked().stat().st_mtime, UTC)
        cut = min(cut, lived + UNTOLD)
    found = look(cut)
    if not found.failed:
        _looked().write_text(BOOT.read_text())
    return found


def live() -> None:
    """The listener lives at this time."""
    with suppress(OSError):
        if _has_looked():
            os.utime(_looked())


def _has_looked() -> bool:
    return _looked().exists() and _looked().read_text() == BOOT.read_text()


def _looked() -> Path:
    return settings().data_dir / "looked-at-after-boot"


def look(before: datetime) -> Looked:
    """Read the digest of each association's last object again, of the last rows before that time:
    what a power cut left of them. What is not whole is damaged, and on the desk; what cannot be
    looked at is left to verification. Raises DatabaseError.
    """
    earlier = Instance.objects.filter(id__lt=_first_id(before)).order_by("-id")
    newest = earlier.values_list("received_at", flat=True).first()
    if newest is None:
        return Looked()
    last: dict[UUID, Instance] = {}
    rows = earlier.filter(id__gte=_first_id(newest - WAITING))[:LAST]
    for row in rows.iterator(chunk_size=500):
        last.setdefault(row.association_id, row)
    failed = 0
    for row in last.values():
        try:
            integrity.is_whole(row)
        except (ArchiveError, OSError) as error:
            failed += 1
            log.error("object %s could not be looked at: %s", row.id, error)
    return Looked(len(last), failed)


def _first_id(at: datetime) -> UUID:
    """Before all of that millisecond, RFC 9562 section 5.7."""
    return UUID(int=int(at.timestamp() * 1000) << 80)
