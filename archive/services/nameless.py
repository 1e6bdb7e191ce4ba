"""Bytes of the vault that no row names are taken in as what they are (AR-10)."""

from archive import locks
from archive.models import Study
from archive.rules.admission import Policy
from archive.services import indexing, rejections, replaying
from archive.services.indexing import File, Indexed, Places


def take_in(file: File, places: Places, policy: Policy) -> Indexed:
    """In the caller's transaction. A new object's study goes its road again, and a note that waits
    for the object hides it. Raises DatasetUnreadable, RelationalMismatch, BytesDamaged.
    """
    outcome = indexing.index(file, places, policy)
    if outcome is Indexed.ADDED:
        uid = file.header.study_instance_uid
        study = Study.objects.get(environment=file.environment, study_instance_uid=uid)
        locks.hold(study.id)
        rejections.wake(study)
        replaying.hide_awaited(file.environment, file.meta.sop_instance_uid, places)
    return outcome
