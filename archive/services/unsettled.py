"""Objects whose row and whose bytes did not become durable together (AR-10, NF-4).

A row is written while its bytes are being synced, and the sender is answered after both. So at most
one object of an association stands between them: its last, which nobody was told success of.
"""

import logging
from datetime import timedelta
from uuid import UUID

from django.db import DatabaseError

from archive.errors import ArchiveError
from archive.models import Instance
from archive.services import integrity
from archive.services.rows import Said

log = logging.getLogger(__name__)

LOOKED_BACK = timedelta(minutes=10)  # from the newest row: no sync takes as long
_MILLISECOND = timedelta(milliseconds=1)


def bytes_failed(instance_id: UUID, said: Said) -> None:
    """Its row was said, and its bytes could not be kept: the sender is refused, and the object is
    damaged until it comes again. Raises nothing of the database's.
    """
    try:
        if said():
            # Read first: another association may have brought the same bytes meanwhile.
            integrity.is_whole(Instance.objects.get(id=instance_id))
    except (ArchiveError, DatabaseError) as error:
        log.error("object %s may have a row without bytes: %s", instance_id, error)


def look() -> int:
    """After a power cut: read the digest of each association's last object again, of those minutes.
    What is not whole is damaged, and on the desk. Returns how many were read. Raises StorageGone.
    """
    newest = Instance.objects.order_by("-id").values_list("id", flat=True).first()
    if newest is None:
        return 0
    since = UUID(int=max(newest.int - (LOOKED_BACK // _MILLISECOND << 80), 0))
    last = Instance.objects.filter(id__gte=since).order_by("association_id", "-id")
    found = list(last.distinct("association_id"))
    for each in found:
        integrity.is_whole(each)
    return len(found)
