"""Objects whose row is there and whose bytes may not be (AR-10, NF-4).

A row is written while its bytes are being synced, and the sender is answered after both. Who sends
such an object again, or asks for its commitment, has its bytes read and synced first; here is what
becomes of those that nobody asks about.
"""

import logging
import time
from datetime import datetime, timedelta
from pathlib import Path
from uuid import UUID

from archive.config import settings
from archive.models import Instance
from archive.services import integrity
from archive.services.rows import Said
from archive.values import now

log = logging.getLogger(__name__)

LAST = 5000  # rows: more than come while one of them waits for the disk that they all wait for
BOOT = Path("/proc/sys/kernel/random/boot_id")


def bytes_failed(instance_id: UUID, said: Said) -> None:
    """Its bytes could not be kept: the sender is refused, and if the row is written, the object is
    damaged until it comes again. Raises nothing, so that the sender is told why.
    """
    try:
        if said.is_sent and said.is_added():
            integrity.found_damaged(instance_id)
    except Exception as error:
        log.error("object %s may have a row without bytes: %s", instance_id, error)


def look_after_boot() -> int:
    """Once after the machine has started; how many were read. Raises DatabaseError."""
    boot, looked = BOOT.read_text(), settings().data_dir / "looked-at-after-boot"
    if looked.exists() and looked.read_text() == boot:
        return 0
    found = look(now() - timedelta(seconds=time.clock_gettime(time.CLOCK_BOOTTIME)))
    looked.write_text(boot)
    return found


def look(before: datetime) -> int:
    """Read the digest of each association's last object again, of the last rows before that time:
    what a power cut left of them. What is not whole is damaged, and on the desk. Returns how many
    were read; what cannot be looked at is left to verification. Raises DatabaseError.
    """
    end = UUID(int=int(before.timestamp() * 1000) << 80)
    rows = Instance.objects.filter(id__lt=end).order_by("-id")[:LAST]
    last: dict[UUID, Instance] = {}
    for row in rows.iterator(chunk_size=500):
        last.setdefault(row.association_id, row)
    for row in last.values():
        try:
            integrity.is_whole(row)
        except Exception as error:
            log.error("object %s could not be looked at: %s", row.id, error)
    return len(last)
